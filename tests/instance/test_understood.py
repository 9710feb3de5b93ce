"""Every row of the table means the same in whatever shape it is written: made up by chance, compared by what it leaves in the database."""

from functools import cache
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.activity import Activity
from instance.activities import rule_for
from instance.domain.note import read_note
from instance.storage import emoji_reactions, posts
from instance.storage.actors import ActorRow
from instance.storage.database import SqliteTx
from instance.storage.posts import PostRow
from tests.instance.companies import copy_of
from tests.instance.posting import GLOBEX, NOW_MS, a_person, a_project, a_tx, incoming, publish, take

AS = "https://www.w3.org/ns/activitystreams#"
FEW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
THE_POST = "https://acme.example/THE-POST"
PUBLIC = ("as:Public", "Public", f"{AS}Public")
BASE = f"https://{GLOBEX}"
BOB, APOLLO = f"{BASE}/people/bob", "https://acme.example/projects/apollo"
# What is a word of ActivityStreams, and may be written long.
TERMS = frozenset(
    [
        "object",
        "actor",
        "target",
        "content",
        "name",
        "summary",
        "attributedTo",
        "inReplyTo",
        "published",
        "updated",
        "tag",
        "attachment",
        "to",
        "cc",
        "oneOf",
        "anyOf",
        "replies",
        "totalItems",
        "endTime",
        "startTime",
        "location",
        "instrument",
        "result",
        "url",
        "mediaType",
        "href",
        "icon",
    ]
)
TYPES = frozenset(
    [
        "Create",
        "Update",
        "Delete",
        "Announce",
        "Like",
        "Undo",
        "Follow",
        "Flag",
        "Note",
        "Article",
        "Page",
        "Event",
        "Image",
        "Audio",
        "Video",
        "Document",
        "Question",
        "Tombstone",
        "Mention",
        "Block",
        "Add",
        "Invite",
        "Join",
        "Dislike",
        "Accept",
        "Reject",
        "Place",
        "Collection",
    ]
)


def note(**more: Any) -> dict[str, Any]:
    """A Note with something of everything."""
    return {
        "id": f"{BASE}/posts/1",
        "type": "Note",
        "attributedTo": BOB,
        "to": [APOLLO],
        "published": "2026-01-02T03:04:05Z",
        "content": "<p>Words <b>here</b></p>",
        "summary": "Careful",
        "interactionPolicy": {"canQuote": {"automaticApproval": ["as:Public"]}},
        "tag": [
            {"type": "Hashtag", "name": "#Rail", "href": f"{BASE}/tags/rail"},
            {"type": "Mention", "href": "https://acme.example/people/alice", "name": "@alice@acme.example"},
        ],
        **more,
    }


def said(kind: str, carried: Any, **more: Any) -> dict[str, Any]:
    """An activity of bob's."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{BASE}/activities/1",
        "type": kind,
        "actor": BOB,
        "to": [APOLLO],
        "object": carried,
        **more,
    }


ROWS: dict[str, Any] = {
    "note": lambda post: said("Create", note()),
    "answer": lambda post: said("Create", note(inReplyTo=post)),
    "question": lambda post: said(
        "Create",
        note(
            type="Question",
            oneOf=[
                {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 2}}
                for name in "ab"
            ],
            endTime="2027-01-01T00:00:00Z",
        ),
    ),
    "article": lambda post: said("Create", note(type="Article", name="Title")),
    "event": lambda post: said(
        "Create",
        note(
            type="Event",
            name="Test",
            startTime="2026-12-01T10:00:00Z",
            location={"type": "Place", "name": "Hall"},
        ),
    ),
    "boost": lambda post: said("Announce", post),
    "like": lambda post: said("Like", post),
    "emoji": lambda post: said("EmojiReact", post, content="🎉"),
    "misskey": lambda post: said("Like", post, _misskey_reaction="🎉"),
    "delete": lambda post: said("Delete", {"id": f"{BASE}/posts/0", "type": "Tombstone"}),
    "undo": lambda post: said(
        "Undo", {"id": f"{BASE}/activities/0", "type": "Like", "actor": BOB, "object": post}
    ),
    "follow": lambda post: said("Follow", APOLLO),
    "block": lambda post: said("Block", "https://acme.example/people/alice"),
    "join": lambda post: said("Join", APOLLO),
}


class Spelling:
    """Writes a document in another shape that means the same; `draw` makes the choices."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def _one_of(self, *choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def activity(self, document: dict[str, Any]) -> dict[str, Any]:
        context = self._one_of(
            None, "https://www.w3.org/ns/activitystreams", [AS[:-1], {"x": "https://x.example/#"}], {"as": AS}
        )
        found = {name: value for name, value in self.thing(document).items() if name != "@context"}
        return found if context is None else {"@context": context, **found}

    def thing(self, thing: dict[str, Any]) -> dict[str, Any]:
        written = {self._key(name): self._value(name, value) for name, value in thing.items()}
        extras = {"unheardOf": {"type": "Thing", "id": 7}, "x:more": [None, {}], "conversation": "tag:x"}
        return written | {
            name: extras[name] for name in self._draw(st.lists(st.sampled_from(sorted(extras)), max_size=2))
        }

    def _key(self, name: str) -> str:
        if name in {"id", "type"}:
            return self._one_of(name, f"@{name}")
        return self._one_of(name, f"as:{name}", AS + name) if name in TERMS else name

    def _value(self, name: str, value: Any) -> Any:
        if name == "@context":
            return value
        if name == "type":
            return self._type(value)
        if isinstance(value, list):
            items = [self._item(name, item) for item in value]
            return items[0] if len(items) == 1 and self._one_of(True, False) else items
        found = self._item(name, value)
        return self._one_of(found, [found]) if name != "id" else found

    def _type(self, name: str) -> Any:
        full = self._one_of(name, f"as:{name}", AS + name) if name in TYPES else name
        return self._one_of(full, [full], [full, "https://x.example/#Thing"])

    def _item(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self.thing(value)
        if value in PUBLIC:
            return self._one_of(*PUBLIC)
        is_id = isinstance(value, str) and value.startswith("https://") and name not in {"href", "url"}
        if is_id and name != "id":
            return self._one_of(value, {"id": value}, {"@id": value}, {"id": value, "type": "Thing"})
        return value


class World(NamedTuple):
    """A node on which bob has said something, and alice something that he likes."""

    tx: SqliteTx
    apollo: ActorRow
    post: PostRow


@cache
def a_world() -> World:
    """Made once: every example works on a copy."""
    tx = a_tx()
    alice, bob = a_person(tx, "alice"), a_person(tx, "bob", GLOBEX)
    world = World(tx, a_project(tx, "apollo", alice, bob), publish(tx, alice, "@apollo go"))
    decide(world, said("Create", note(id=f"{BASE}/posts/0"), id=f"{BASE}/activities/00"))
    return world


def left_by(document: dict[str, Any]) -> Any:
    """What a node makes of an activity: the ruling, and all that can be seen of it afterwards."""
    world = a_world()._replace(tx=copy_of(a_world().tx))
    document = _about(document, world.post.iri)
    if f"{BASE}/activities/0" in str(document):
        decide(world, said("Like", world.post.iri, id=f"{BASE}/activities/0"))
    ruling = decide(world, document)
    found = [posts.by_iri(world.tx, f"{BASE}/posts/{number}") for number in (0, 1)]
    counted = posts.by_id(world.tx, world.post.id)
    assert counted is not None
    return (
        ruling,
        [one._replace(id=0, thread_id=0) if one else None for one in found],
        (counted.favourites_count, counted.boosts_count, counted.replies_count),
        [
            (one.name, one.people)
            for one in emoji_reactions.counts(world.tx, [counted.id], 0).get(counted.id, [])
        ],
    )


def _about(value: Any, iri: str) -> Any:
    if isinstance(value, dict):
        return {key: _about(item, iri) for key, item in value.items()}
    if isinstance(value, list):
        return [_about(item, iri) for item in value]
    return iri if value == THE_POST else value


def decide(world: World, document: dict[str, Any]) -> Any:
    activity = Activity.parse(document)
    rule = rule_for(activity)
    arrived = incoming(document, world.apollo)
    return "ignored" if rule is None else take(world.tx, (rule.verify, rule.apply), arrived)


@cache
def plainly(row: str) -> Any:
    """What the plain shape of a row leaves."""
    return left_by(ROWS[row](THE_POST))


@pytest.mark.parametrize("row", ROWS)
@FEW
@given(data=st.data())
def test_an_activity_means_the_same_in_every_shape(row: str, data):
    written = data.draw(st.composite(lambda draw: Spelling(draw).activity(ROWS[row](THE_POST)))())
    assert left_by(written) == plainly(row)


@pytest.mark.parametrize("row", [row for row in ROWS if row not in {"follow", "block", "join"}])
def test_the_plain_shape_is_taken(row: str):
    assert plainly(row)[0].taken


@pytest.mark.parametrize(
    "missing", ["published", "summary", "tag", "to", "attributedTo", "interactionPolicy"]
)
def test_what_is_not_told_is_done_without(missing: str):
    carried = {name: value for name, value in note().items() if name != missing}
    assert left_by(said("Create", carried))[0].taken


@pytest.mark.parametrize(
    "words",
    [
        {"content": "<p>mot</p>", "contentMap": {"en": "<p>word</p>", "fr": "<p>mot</p>"}},
        {"content": None, "contentMap": {"fr": "<p>mot</p>"}},
        {"content": {"fr": "<p>mot</p>"}},
        {"as:content": {"@value": "<p>mot</p>"}, "content": None, "contentMap": {"fr": "<p>mot</p>"}},
    ],
)
def test_a_language_is_read_from_a_map_beside_the_words_or_in_their_place(words):
    carried = {name: value for name, value in (note() | words).items() if value is not None}
    activity = Activity.parse(said("Create", carried))
    found = read_note(activity.object, now_ms=NOW_MS)
    assert (found.language, found.content) == ("fr", "<p>mot</p>")


def test_warnings_and_names_are_read_from_maps_in_the_language_of_the_words():
    maps = {"summaryMap": {"en": "Careful", "fr": "Attention"}, "contentMap": {"fr": "<p>mot</p>"}}
    carried = {name: value for name, value in note().items() if name not in {"summary", "content"}} | maps
    assert read_note(carried, now_ms=NOW_MS).spoiler == "Attention"
    named = carried | {"type": "Page", "nameMap": {"en": "Title", "fr": "Titre"}}
    assert read_note(named, now_ms=NOW_MS).content == "<p>Titre</p><p>mot</p>"


def test_an_event_says_when_and_where_it_is_and_is_a_milestone():
    event = note(
        type="Event", name="Test", startTime="2026-12-01T10:00:00+01:00", endTime="2026-12-01T12:00:00Z"
    )
    found = read_note(event | {"location": [{"type": "Place", "name": "Hall <3>"}]}, now_ms=NOW_MS)
    assert "2026-12-01 09:00 UTC – 2026-12-01 12:00 UTC" in found.content
    assert "Hall &lt;3&gt;" in found.content
    assert found.work_kind == "milestone"
    assert read_note(note(type="Event"), now_ms=NOW_MS).content.count("UTC") == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://globex.example/a.png",
        {"type": "Link", "href": "https://globex.example/a.png"},
        [{"type": "Link", "href": "https://globex.example/a.png", "mediaType": "image/png"}],
    ],
)
def test_a_picture_that_is_not_fetched_is_a_link_with_its_words(url):
    carried = note(attachment={"type": "Document", "url": url, "name": 'A "rail" <b>'})
    found = read_note(carried, now_ms=NOW_MS)
    assert found.pictures == ()
    assert 'href="https://globex.example/a.png"' in found.content
    assert "A &#34;rail&#34;" in found.content or 'A "rail"' in found.content


def test_a_picture_at_no_address_of_the_web_is_no_link():
    carried = note(attachment={"type": "Image", "url": "javascript:alert(1)", "name": "x"})
    assert "javascript" not in read_note(carried, now_ms=NOW_MS).content


def test_the_beginning_of_an_article_is_no_warning():
    article = note(type="Article", name="Long", summary="What it is about")
    assert read_note(article, now_ms=NOW_MS).spoiler == ""
    assert read_note(article | {"sensitive": True}, now_ms=NOW_MS).spoiler == "What it is about"
    assert "What it is about" in read_note(article | {"content": ""}, now_ms=NOW_MS).content
