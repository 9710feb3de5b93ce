"""Posts and reactions as ActivityStreams documents. The rule kept here: pure; what a document names is what its facts name."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from federation.vocabulary import POST_CONTEXT, PUBLIC
from instance.domain import text
from instance.policy import INTERNAL
from instance.storage.actors import ActorRow
from instance.storage.emojis import EmojiRow
from instance.storage.media import MediaRow
from instance.storage.polls import PollRow
from instance.storage.posts import PostRow
from instance.storage.quotes import QuoteRow

Json = dict[str, Any]

_KINDS = {"image": "Image", "video": "Video", "audio": "Audio"}
# sha2-256, 32 bytes, as a multihash in base16 (FEP-1311)
_MULTIHASH = "f1220"


class Context(NamedTuple):
    """The collection of a conversation's posts, and that of its activities (empty: its host has none)."""

    iri: str
    history_iri: str = ""


class NoteFacts(NamedTuple):
    """What a Note is made of."""

    post: PostRow
    author: ActorRow
    mentions: tuple[ActorRow, ...] = ()
    media: tuple[MediaRow, ...] = ()
    poll: PollRow | None = None
    emojis: tuple[EmojiRow, ...] = ()
    quote: QuoteRow | None = None
    thread: Context | None = None


class Audience(NamedTuple):
    """Whom a document says it is for: IRIs."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()


def timestamp(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds, so that every node orders by the same time."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def audience(post: PostRow, author: ActorRow, mentions: Iterable[ActorRow] = ()) -> Audience:
    """A project's post is for the project; an internal one names its author's followers, or those mentioned in a direct one."""
    named = tuple(actor.iri for actor in mentions if actor.iri != post.space)
    if post.space != INTERNAL:
        return Audience((post.space,), named)
    return Audience(named) if post.visibility == "direct" else Audience((f"{author.iri}/followers",), named)


def note(facts: NoteFacts) -> Json:
    """The Note of a post; a Question when it has a poll."""
    post, author = facts.post, facts.author
    to, cc = audience(post, author, facts.mentions)
    document: Json = {
        "id": post.iri,
        "type": "Note",
        "attributedTo": author.iri,
        "to": list(to),
        "cc": list(cc),
        "published": timestamp(post.created_at_ms),
        "content": post.content,
        "sensitive": bool(post.sensitive),
        "tag": [_mention(actor) for actor in facts.mentions]
        + [{"type": "Hashtag", "name": f"#{tag}"} for tag in text.tags_in(post.source)]
        + [_emoji(row) for row in facts.emojis],
        "attachment": [_attached(picture) for picture in facts.media],
    }
    asked = _question(facts.poll) if facts.poll else {}
    return document | _optional(post) | _threaded(facts.thread) | asked | _quoting(post, author, facts.quote)


def vote(voter: ActorRow, *, name: str, question_iri: str, to: str, iri: str, at_ms: int) -> Json:
    """Create of a Note that names an answer of a Question, for its author alone: its IRI has no page, it is the voter's."""
    answer = {
        "id": f"{voter.iri}#votes/{iri.rpartition('/')[2]}",
        "type": "Note",
        "attributedTo": voter.iri,
        "to": [to],
        "name": name,
        "inReplyTo": question_iri,
    }
    return _activity("Create", iri, voter.iri, answer, at_ms=at_ms) | {"to": [to]}


def create(facts: NoteFacts, *, iri: str) -> Json:
    """Create of a post."""
    inner = note(facts)
    said = _activity("Create", iri, facts.author.iri, inner, at_ms=facts.post.created_at_ms)
    return said | _same_audience(inner) | _historic(facts.thread)


def update(facts: NoteFacts, *, iri: str, at_ms: int) -> Json:
    """Update of a post."""
    inner = note(facts)
    said = _activity("Update", iri, facts.author.iri, inner, at_ms=at_ms)
    return said | _same_audience(inner) | _historic(facts.thread)


def delete(post: PostRow, author: ActorRow, *, iri: str, at_ms: int) -> Json:
    """Delete of a post, which leaves a Tombstone."""
    tombstone = {"id": post.iri, "type": "Tombstone"}
    to, cc = audience(post, author)
    return _activity("Delete", iri, author.iri, tombstone, at_ms=at_ms) | {"to": list(to), "cc": list(cc)}


def announce(boost: PostRow, booster: ActorRow, *, boosted_iri: str) -> Json:
    """Announce of a post: the boost's own IRI is the activity's."""
    to, cc = audience(boost, booster)
    activity = _activity("Announce", boost.iri, booster.iri, boosted_iri, at_ms=boost.created_at_ms)
    return activity | {"to": list(to), "cc": list(cc)}


def like(post: PostRow, actor: ActorRow, *, iri: str, at_ms: int) -> Json:
    """Like of a post."""
    to, cc = audience(post, actor)
    return _activity("Like", iri, actor.iri, post.iri, at_ms=at_ms) | {"to": list(to), "cc": list(cc)}


def feature(kind: str, post: PostRow, actor: ActorRow, *, owner_iri: str, iri: str, at_ms: int) -> Json:
    """Add of a post to what its author, or its project, shows first, or Remove."""
    to, cc = audience(post, actor)
    activity = _activity(kind, iri, actor.iri, post.iri, at_ms=at_ms)
    return activity | {"target": f"{owner_iri}/featured", "to": list(to), "cc": list(cc)}


def take_part(kind: str, post: PostRow, actor: ActorRow, *, iri: str, at_ms: int) -> Json:
    """Join of a milestone, or Leave."""
    to, cc = audience(post, actor)
    return _activity(kind, iri, actor.iri, post.iri, at_ms=at_ms) | {"to": list(to), "cc": list(cc)}


def emoji_react(
    post: PostRow, actor: ActorRow, *, content: str, drawn: EmojiRow | None, iri: str, at_ms: int
) -> Json:
    """EmojiReact to a post; a drawn emoji is told with its picture (FEP-9098)."""
    to, cc = audience(post, actor)
    activity = _activity("EmojiReact", iri, actor.iri, post.iri, at_ms=at_ms)
    told = {"tag": [_emoji(drawn)]} if drawn is not None else {}
    return activity | {"content": content, **told, "to": list(to), "cc": list(cc)}


def undo(inner: Json, *, iri: str, at_ms: int) -> Json:
    """Undo of one of the actor's own activities, which it carries."""
    bare = {key: value for key, value in inner.items() if key != "@context"}
    return _activity("Undo", iri, inner["actor"], bare, at_ms=at_ms) | _same_audience(inner)


def _activity(kind: str, iri: str, actor: str, inner: Any, *, at_ms: int) -> Json:
    return {
        "@context": POST_CONTEXT,
        "id": iri,
        "type": kind,
        "actor": actor,
        "published": timestamp(at_ms),
        "object": inner,
    }


def _same_audience(inner: Mapping[str, Any]) -> Json:
    return {key: inner[key] for key in ("to", "cc", "audience") if key in inner}


def _optional(post: PostRow) -> Json:
    """What a Note says only when it has it to say."""
    found: Json = {
        "summary": post.spoiler or None,
        "inReplyTo": post.in_reply_to_iri,
        "audience": post.space if post.space != INTERNAL else None,
        "contentMap": {post.language: post.content} if post.language else None,
        "updated": timestamp(post.edited_at_ms) if post.edited_at_ms else None,
        "work": {"kind": post.work_kind} if post.work_kind else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _threaded(thread: Context | None) -> Json:
    """The conversation that a Note is in (FEP-7888), and where its activities are (FEP-f228)."""
    if thread is None:
        return {}
    return {"context": thread.iri} | ({"contextHistory": thread.history_iri} if thread.history_iri else {})


def _historic(thread: Context | None) -> Json:
    """The context of an activity is a collection of activities (FEP-f228)."""
    return {"context": thread.history_iri} if thread is not None and thread.history_iri else {}


def _quoting(post: PostRow, author: ActorRow, quote: QuoteRow | None) -> Json:
    """Who may quote it, and what it quotes (FEP-044f). To say nobody is to name the author alone."""
    may = {"public": PUBLIC, "followers": f"{author.iri}/followers"}.get(post.quote_policy, author.iri)
    found: Json = {"interactionPolicy": {"canQuote": {"automaticApproval": [may]}}}
    if quote is not None and quote.state in {"pending", "accepted"}:
        found["quote"] = quote.quoted_iri
        found |= {"quoteAuthorization": quote.stamp_iri} if quote.stamp_iri else {}
    return found


def _question(poll: PollRow) -> Json:
    """What makes a Note a Question. Totals that its author keeps back until the end are not in it."""
    hidden = bool(poll.hide_totals and not poll.ended)
    options = [
        {"type": "Note", "name": title}
        | ({} if hidden or count is None else {"replies": {"type": "Collection", "totalItems": count}})
        for title, count in poll.options()
    ]
    found: Json = {
        "type": "Question",
        "anyOf" if poll.multiple else "oneOf": options,
        "votersCount": poll.voters_count,
    }
    if poll.ends_at_ms is not None:
        found["endTime"] = timestamp(poll.ends_at_ms)
        found |= {"closed": timestamp(poll.ends_at_ms)} if poll.ended else {}
    return found


def _mention(actor: ActorRow) -> Json:
    return {"type": "Mention", "href": actor.iri, "name": f"@{actor.username}@{actor.host}"}


def _emoji(row: EmojiRow) -> Json:
    """FEP-9098, with the digest by which a partner's node knows the picture for the one that was meant."""
    icon = {
        "type": "Image",
        "url": row.iri,
        "mediaType": row.media_type,
        "size": row.size_bytes,
        "digestMultibase": _MULTIHASH + row.sha256,
    }
    return {"type": "Emoji", "name": f":{row.shortcode}:", "icon": icon}


def _attached(picture: MediaRow) -> Json:
    document: Json = {
        "type": _KINDS[picture.media_type.partition("/")[0]],
        "url": picture.iri,
        "mediaType": picture.media_type,
        "name": picture.description,
        "width": picture.width,
        "height": picture.height,
        "size": picture.size_bytes,
        "digestMultibase": _MULTIHASH + picture.sha256,
    }
    if picture.blurhash:
        document["blurhash"] = picture.blurhash
    if picture.focus:
        document["focalPoint"] = [float(part) for part in picture.focus.split(",")]
    return document
