"""The kinds of software, each as it differs from the others. Written after what they send and say of themselves; no byte is copied from them."""

from typing import Any

from tests.foreign.server import LD, PUBLIC, Foreign, Json, Kind, Shape, Signs
from tests.foreign.shapes import (
    accepted_by_actor,
    accepted_by_id,
    accepted_whole,
    blocked,
    deleted,
    feels,
    followed,
    noted,
    undone,
    undone_by_id,
)

MFM, BBCODE, MARKDOWN = "text/x.misskeymarkdown", "text/bbcode", "text/markdown"


def _kind(name: str, agent: str, **more: Any) -> Kind:
    plain: dict[str, Any] = {
        "follow": followed(),
        "unfollow": undone(),
        "note": noted(),
        "gone": deleted(),
        "understands": accepted_by_id,
        "block": blocked,
        "reactions": (feels("Like"),),
    }
    return Kind(name, agent, **plain | more)


def _with_actor(shape: Shape) -> Shape:
    """Hubzilla writes the whole actor into what somebody says."""

    def made(foreign: Foreign, who: str, what: str) -> Json:
        return shape(foreign, who, what) | {
            "actor": {"id": who, "type": "Person", "preferredUsername": "ann"}
        }

    return made


MASTODON = _kind(
    "mastodon",
    "Mastodon/4.5.0 (http.rb/5.3.1; +{base}/)",
    note=noted(
        summary=None, inReplyTo=None, sensitive=False, contentMap={"en": "…"}, replies={"type": "Collection"}
    ),
    gone=deleted(id="{actor}#delete", to=[PUBLIC]),
    reactions=(feels("Like", id="{actor}#likes/7"), feels("Announce", to=[PUBLIC])),
)
MASTODON_LOCKED = _kind(
    "secure",
    "Mastodon/4.4.0 (http.rb/5.3.1; +{base}/)",
    people="{base}/ap/users/{name}",
    is_locked=True,
    follow=followed(id="{base}/6c1b-{serial}"),
)
GOTOSOCIAL = _kind(
    "gotosocial",
    "gotosocial/0.19.1 (+{base})",
    key="{actor}/main-key",
    at_key="part",
    server="{base}/users/gotosocial",
    is_locked=True,
    follow=followed(id="{actor}/follow/01J{serial}", to="{project}"),
    unfollow=undone(to="{project}"),
    note=noted(to=PUBLIC, cc="{project}", tag="one", interactionPolicy={"canLike": {"always": [PUBLIC]}}),
    gone=deleted(to=PUBLIC, cc="{actor}/followers"),
    reactions=(feels("Like", to="{what}"), feels("Announce", to=PUBLIC)),
    buries=False,
)
AKKOMA = _kind(
    "akkoma",
    "Akkoma 3.15.2; {base} <admin@akkoma.example>",
    server="{base}/internal/fetch",
    signs=Signs(covered=("(request-target)", "content-length", "date", "digest", "host")),
    asks_meta=True,
    follow=followed(to=["{project}"], cc=[], state="pending", context="{base}/contexts/1"),
    note=noted(
        context="{base}/contexts/1",
        conversation="{base}/contexts/1",
        source={"content": "x", "mediaType": MARKDOWN},
    ),
    reactions=(feels("Like"), feels("EmojiReact", content="🎉"), feels("Announce")),
)
PLEROMA = _kind(
    "pleroma",
    "Pleroma 2.9.1; {base} <admin@pleroma.example>",
    server="{base}/internal/fetch",
    signs=Signs(covered=("(request-target)", "content-length", "date", "digest", "host")),
    note=noted(source="x", actor="{actor}", **{"@context": ["{base}/schemas/litepub-0.1.jsonld"]}),
    unfollow=undone_by_id(),
    reactions=(feels("EmojiReact", content=":blob:", tag=[{"type": "Emoji", "name": ":blob:"}]),),
)
MISSKEY = _kind(
    "misskey",
    "Misskey/2026.9.0 ({base})",
    server="{base}/users/9instance",
    signs=Signs(covered=("(request-target)", "date", "host", "digest")),
    follow=followed(id="{base}/follows/9ann/9apollo"),  # the same each time
    unfollow=undone(id="{base}/follows/9ann/9apollo/undo"),
    note=noted(
        _misskey_content="x",
        _misskey_summary=None,
        source={"content": "x", "mediaType": MFM},
        quoteUrl="{base}/notes/8",
    ),
    reactions=(feels("Like", content="👍", _misskey_reaction="👍"), feels("Announce")),
    gone=deleted(id="{base}/{serial}", published="2026-11-26T01:00:00.000Z"),
    buries=False,
)
SHARKEY = _kind(
    "sharkey",
    "Sharkey/2025.4 ({base})",
    server="{base}/users/9instance",
    signs=Signs(covered=("(request-target)", "host", "date", "digest"), prefix="Signature "),
    understands=accepted_whole,
)
HOLLO = _kind(
    "hollo",
    "Fedify/2.0.0 (Hollo/0.6.0; Node.js/v24.0.0; +{base}/)",
    people="{base}/@{name}",
    key="{actor}#main-key",
    server="{base}/@hollo",
    signs=Signs(
        covered=("@method", "@target-uri", "@authority", "host", "date", "content-digest"),
        algorithm="rsa-v1_5-sha256",
        is_rfc9421=True,
    ),
    understands=accepted_whole,
    unfollow=undone(actor="{actor}", to="{project}"),
)
MITRA = _kind(
    "mitra",
    "Mitra 4.0.0; {base}",
    signs=Signs(covered=("@method", "@target-uri", "content-digest"), algorithm=None, is_rfc9421=True),
    understands=accepted_whole,
    note=noted(quote="{base}/objects/8", to=[PUBLIC]),
)
TAKAHE = _kind(
    "takahe",
    "python-httpx/0.28 (Takahe/0.12; +{base}/)",
    people="{base}/@{name}@takahe.example/",
    server="{base}/actor/",
    signs=Signs(covered=("date", "host", "(request-target)", "content-type", "digest")),
    media_type=LD,
    follow=followed(id="{actor}follow/{serial}/"),
    note=noted(to="as:Public"),
)
LEMMY = _kind(
    "lemmy",
    "Lemmy/0.19.12; +{base}",
    people="{base}/u/{name}",
    server="{base}/",
    names_its_server=False,
    signs=Signs(covered=("(request-target)", "content-type", "date", "digest", "host"), algorithm="hs2019"),
    follow=followed(to=["{project}"], id="{base}/activities/follow/{serial}"),
    unfollow=undone(to=["{project}"], id="{base}/activities/undo/{serial}"),
    understands=accepted_whole,
    note=noted(source={"content": "x", "mediaType": MARKDOWN}, distinguished=False, audience="{project}"),
    gone=deleted(to=[PUBLIC], removeData=True),
    reactions=(feels("Like", audience="{what}"), feels("Dislike", audience="{what}")),
    block=None,
    buries=False,
)
PEERTUBE = _kind(
    "peertube",
    "PeerTube/7.2.0 (+{base})",
    people="{base}/accounts/{name}",
    server="{base}/accounts/peertube",
    signs=Signs(covered=("(request-target)", "host", "date", "digest"), key_id="{actor}"),
    shared="{base}/inbox",
    follow=followed(id="{actor}/follows/{serial}"),
    understands=accepted_by_actor,
    note=noted(tag="two", inReplyTo="{base}/videos/watch/1"),
    reactions=(feels("Like", to=[PUBLIC]), feels("Dislike"), feels("Announce", to=[PUBLIC])),
    block=None,
    buries=False,
)
FRIENDICA = _kind(
    "friendica",
    "Friendica 'Interrupted Fern' 2025.02-1576; {base}",
    people="{base}/profile/{name}",
    server="{base}/friendica",
    signs=Signs(covered=("(request-target)", "date", "digest", "content-length", "host")),
    media_type=LD,
    asks=("acct:{handle}", "{project}"),
    follow=followed(
        id="{base}/activity/{serial}", to=["{project}"], instrument={"type": "Service", "name": "Friendica"}
    ),
    unfollow=undone(signature={"type": "RsaSignature2017", "creator": "{actor}#main-key"}),
    note=noted(source={"content": "x", "mediaType": BBCODE}, conversation="x", **{"diaspora:guid": "1f"}),
    understands=accepted_whole,
)
HUBZILLA = _kind(
    "hubzilla",
    "Hubzilla ({base})",
    people="{base}/channel/{name}",
    server="{base}/channel/sys",
    key="{actor}",
    signs=Signs(covered=("(request-target)", "date", "digest", "host", "content-type")),
    media_type=LD,
    shared="{base}/inbox",
    asks=("acct:{handle}",),
    follow=_with_actor(followed(id="{base}/follow/{serial}", to=["{project}"])),
    unfollow=_with_actor(undone()),
    note=noted(source={"content": "x", "mediaType": BBCODE}, commentPolicy="authenticated"),
)
WORDPRESS = _kind(
    "wordpress",
    "WordPress/6.8; {base}; ActivityPub",
    people="{base}/?author={name}",
    server="{base}/?author=0",
    signs=Signs(covered=("(request-target)", "host", "date", "digest")),
    inbox="{base}/wp-json/activitypub/1.0/actors/1/inbox",
    shared="{base}/wp-json/activitypub/1.0/inbox",
    follow=followed(id="{actor}#follow-{serial}", to=["{project}"]),
)
PIXELFED = _kind(
    "pixelfed",
    "(Pixelfed/0.12.5; +{base})",
    server="{base}/i/actor",
    shared="{base}/f/inbox",
    signs=Signs(covered=("(request-target)", "date", "digest", "content-type", "user-agent", "host")),
    follow=followed(id="{actor}#follow/595731146082391369"),  # the id of who is followed
    unfollow=undone(id="{actor}#follow/595731146082391369/undo"),
    note=noted(
        attachment=[{"type": "Image", "mediaType": "image/jpeg", "url": "{base}/1.jpg", "name": "A rail"}]
    ),
)
BOOKWYRM = _kind(
    "bookwyrm",
    "BookWyrm (BookWyrm/0.8.2; +{base})",
    people="{base}/user/{name}",
    server="{base}/user/bookwyrm.instance.actor",
    key="{actor}/#main-key",
    signs=Signs(covered=("(request-target)", "host", "date", "digest")),
    follow=followed(id="{base}/user/ann#follows/{serial}"),
    gone=deleted(id="{actor}/activity/delete", to=["{actor}/followers"]),
)
NODEBB = _kind(
    "nodebb",
    "NodeBB/4.x ({base})",
    people="{base}/uid/{name}",
    server="{base}/actor",
    key="{actor}#key",
    signs=Signs(covered=("(request-target)", "host", "date", "digest"), algorithm="hs2019"),
    follow=followed(id="{base}/uid/1#activity/follow/{serial}"),
    unfollow=undone(id="{base}/uid/1#activity/undo/{serial}"),
    note=noted(name=None, audience="{base}/category/1", source={"content": "x", "mediaType": MARKDOWN}),
    buries=False,
)
DISCOURSE = _kind(
    "discourse",
    "Discourse/3.5; +{base}",
    people="{base}/ap/actor/{name}",
    server="{base}/ap/actor/0",
    kind_of_person="Group",
    signs=Signs(covered=("(request-target)", "date", "host", "digest")),
    note=noted(updated="2026-11-26T01:00:00Z", audience="{base}/ap/actor/2"),
    block=None,
)
GNUSOCIAL = _kind(
    "gnusocial",
    "GNU social ActivityPub/2.0 ({base})",
    people="{base}/actor/{name}",
    server="{base}/actor/1",
    key="{actor}#public-key",
    signs=Signs(
        covered=("(request-target)", "date", "host", "content-type", "accept", "user-agent", "digest")
    ),
    asks=("acct:{handle}", "{handle}"),
    asks_meta=True,
    note=noted(conversation=12, cc=["{project}", "{actor}/subscribers"]),
)
SMITHEREEN = _kind(
    "smithereen",
    "Smithereen/0.10 (+{base})",
    server="{base}/activitypub/serviceActor",
    shared="{base}/activitypub/sharedInbox",
    follow=followed(id="{base}/users/1#follow{serial}"),
    unfollow=undone_by_id(),
    note=noted(replies={"type": "Collection", "first": {"type": "CollectionPage", "items": []}}),
)
BRIDGY = _kind(
    "bridgy",
    "Bridgy Fed ({base}/)",
    people="{base}/ap/did:plc:{name}",
    server="{base}/bsky.brid.gy",
    key="{actor}#key",
    shared="{base}/ap/sharedInbox",
    kind_of_person="Service",
    signs=Signs(covered=("date", "host", "digest", "(request-target)"), algorithm="rsa-sha256"),
    follow=followed(id="{base}/convert/ap/at://did:plc:ann/app.bsky.graph.follow/{serial}"),
    note=noted(url=["{base}/r/1", "{base}/r/2"], contentMap={"en": "…"}),
    understands=accepted_whole,
)
SNAC = _kind(
    "snac",
    "snac/2.80; +{base}",
    people="{base}/{name}",
    server="{base}/snac",
    shared="{base}/shared-inbox",
    signs=Signs(covered=("(request-target)", "host", "digest", "(created)"), algorithm="hs2019"),
    follow=followed(id="{actor}/d/{serial}/Follow"),
)
MBIN = _kind(
    "mbin",
    "Mbin/1.9 (+{base}/agent)",
    people="{base}/u/{name}",
    server="{base}/i/actor",
    shared="{base}/f/inbox",
    signs=Signs(covered=("(request-target)", "date", "host", "accept", "content-type", "digest")),
    follow=followed(to=["{project}"]),
    unfollow=undone(to=["{project}"], cc=[]),
    understands=accepted_whole,
)
OWNCAST = _kind(
    "owncast",
    "Owncast v0.2 ({base})",
    people="{base}/federation/user/{name}",
    server="{base}/federation/user/live",
    kind_of_person="Service",
    inbox="{actor}/inbox",
    shared="",
    at_key="key",
    key="{base}/keys?of={actor}",
    signs=Signs(covered=("(request-target)", "host", "date", "digest", "content-type")),
)
ALL = tuple(value for value in dict(globals()).values() if isinstance(value, Kind))
