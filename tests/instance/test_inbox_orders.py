"""Several companies' entries in any order, doubled, lost and repaired: the log and what people see end the same, and nothing counts twice.

There is an order within each company's entries and none between two companies': so whatever arrives when, one end is reached.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import log
from federation.activity import Activity
from federation.document import Document
from instance import inbox, outbox
from instance.domain import emoji_reaction, member, post, reaction
from instance.domain.compose import PostDraft
from instance.domain.outcome import Outcome
from instance.domain.poll import PollDraft
from instance.inbox import Arrival
from instance.storage import log as entries
from instance.storage import posts
from instance.storage.actors import ActorRow
from instance.storage.database import SqliteTx
from tests.instance.companies import ACME, APOLLO, GATE, GLOBEX, INITECH, Companies, bring, copy_of, in_force

T = TypeVar("T")
SPEAKERS = (ACME, GLOBEX)
MINUTE_MS = 60_000


class Story(NamedTuple):
    """What Acme and Globex said, in the order in which they said it, and their own nodes at the end."""

    said: tuple[Document, ...]
    net: Companies


@cache
def story() -> Story:
    """Two companies at work: posts, answers, edits, favourites, boosts, things taken back and things deleted. Initech has heard nothing yet."""
    net = in_force(ACME, GLOBEX, INITECH)
    told: list[Document] = []
    alice, bob = net.person(ACME), net.person(GLOBEX)

    def tell(host: str, verb: Callable[[SqliteTx], Outcome[T]]) -> T:
        net.pass_ms(MINUTE_MS)
        return _tell(net, told, host, verb)

    def here(host: str, iri: str) -> int:
        found = posts.by_iri(net[host], iri)
        assert found is not None
        return found.id

    def say(host: str, author: ActorRow, text: str, **draft: Any) -> str:
        asked = PostDraft(text, project=None if "in_reply_to_id" in draft else APOLLO, **draft)
        return tell(host, lambda tx: post.publish(tx, GATE, author, asked)).iri

    for host, person in ((ACME, alice), (GLOBEX, bob)):
        tell(host, lambda tx, person=person: member.add(tx, APOLLO, actor_id=person.id, role="member"))
    frame = say(ACME, alice, "The frame is ready #deliverable")
    bolts = say(GLOBEX, bob, "Which bolts?")
    answer = say(GLOBEX, bob, "It fits", in_reply_to_id=here(GLOBEX, frame))
    tell(ACME, lambda tx: reaction.favourite(tx, GATE, alice, here(ACME, answer)))
    tell(GLOBEX, lambda tx: reaction.favourite(tx, GATE, bob, here(GLOBEX, frame)))
    tell(
        ACME,
        lambda tx: post.edit(
            tx, GATE, alice, here(ACME, frame), PostDraft("The frame is ready, and painted")
        ),
    )
    tell(ACME, lambda tx: post.boost(tx, GATE, alice, here(ACME, answer)))
    slip = say(ACME, alice, "A slip of the pen")
    say(ACME, alice, "M8", in_reply_to_id=here(ACME, bolts))
    tell(GLOBEX, lambda tx: post.boost(tx, GATE, bob, here(GLOBEX, frame)))
    tell(GLOBEX, lambda tx: reaction.favourite(tx, GATE, bob, here(GLOBEX, slip)))
    tell(ACME, lambda tx: post.delete(tx, alice, here(ACME, slip)))
    tell(GLOBEX, lambda tx: post.edit(tx, GATE, bob, here(GLOBEX, answer), PostDraft("It fits well")))
    tell(GLOBEX, lambda tx: post.unboost(tx, GATE, bob, here(GLOBEX, frame)))
    tell(ACME, lambda tx: reaction.unfavourite(tx, GATE, alice, here(ACME, answer)))
    say(GLOBEX, bob, "M8 or M10?", poll=PollDraft(("M8", "M10"), 3600))
    quote = say(GLOBEX, bob, "See the frame", quoted_id=here(GLOBEX, frame))
    say(ACME, alice, "And this", quoted_id=here(ACME, answer))
    tell(ACME, lambda tx: post.revoke_quote(tx, alice, here(ACME, frame), here(ACME, quote)))
    for host, person, emoji in ((ACME, alice, "🔩"), (GLOBEX, bob, "🔩"), (GLOBEX, bob, "👍")):
        tell(host, partial(_react, person=person, post_id=here(host, frame), emoji=emoji))
    tell(GLOBEX, lambda tx: emoji_reaction.unreact(tx, GATE, bob, here(GLOBEX, frame), "🔩"))
    return Story(tuple(told), net)


def _react(tx: SqliteTx, *, person: ActorRow, post_id: int, emoji: str) -> Outcome[Any]:
    return emoji_reaction.react(tx, GATE, person, post_id, emoji)


def _tell(net: Companies, told: list[Document], host: str, verb: Callable[[SqliteTx], Outcome[T]]) -> T:
    """Let a company do something; what it says of it is told, the other speaker has heard it at once, and what that one answers is told as well."""
    outcome = verb(net[host])
    outbox.send(net[host], outcome.drafts, gate=GATE)
    heard = {party: sum(_party(document) == party for document in told) for party in SPEAKERS}
    while fresh := [document for party in SPEAKERS for document in _said_since(net, party, heard[party])]:
        for document in fresh:
            party = _party(document)
            told.append(document)
            heard[party] += 1
            for other in set(SPEAKERS) - {party}:
                assert bring(net[other], document).status == 202
    return outcome.value


def _party(document: Document) -> str:
    entry = log.entry_of(document)
    assert entry is not None
    return entry.party


def _said_since(net: Companies, party: str, seq: int) -> list[Document]:
    rows = entries.after(net[party], APOLLO, party, seq=seq, upto=2**53, limit=10)
    return [orjson.loads(row.document) for row in rows]


def repair(tx: SqliteTx) -> None:
    """What is missing in the end is taken from the logs of its authors, as they serve it today: what was deleted is an envelope."""
    for host in SPEAKERS:
        head = entries.head(tx, APOLLO, host)
        rows = entries.after(
            story().net[host], APOLLO, host, seq=head.seq if head else 0, upto=2**53, limit=100
        )
        for row in rows:
            document = orjson.loads(row.document)
            activity, entry = Activity.parse(document), log.entry_of(document)
            proven = None if log.is_redacted(document) else activity.actor
            arrival = Arrival(activity, host, "", proven, entry, is_named=proven is None)
            assert inbox.receive(tx, arrival, gate=GATE).status == 202


def initech(order: Iterable[Document]) -> SqliteTx:
    """Initech, after these came in and what was missing then was fetched."""
    tx = copy_of(story().net[INITECH])
    for document in order:
        tx.now_ms += 1
        assert bring(tx, document).status == 202
    repair(tx)
    return tx


def table(tx: SqliteTx, statement: str) -> list[tuple[Any, ...]]:
    return tx._connection.execute(statement).fetchall()


def log_of(tx: SqliteTx) -> list[tuple[Any, ...]]:
    """The log: numbers, hashes and content."""
    return table(tx, "SELECT party, seq, hash, document FROM log_entry ORDER BY party, seq")


def seen(tx: SqliteTx) -> dict[str, list[tuple[Any, ...]]]:
    """What people see, by names that are the same on every node."""
    return {
        "posts": table(
            tx,
            "SELECT p.iri, a.iri, p.content, p.work_kind, p.in_reply_to_iri, parent.iri, thread.iri, boosted.iri, p.replies_count,"
            " p.boosts_count, p.favourites_count, p.created_at_ms, p.edited_at_ms FROM post p JOIN actor a ON a.id = p.author_id"
            " LEFT JOIN post parent ON parent.id = p.in_reply_to_id LEFT JOIN post thread ON thread.id = p.thread_id"
            " LEFT JOIN post boosted ON boosted.id = p.boost_of_id WHERE p.deleted_at_ms IS NULL ORDER BY p.iri",
        ),
        "favourites": table(
            tx,
            "SELECT f.iri, a.iri, p.iri FROM favourite f JOIN actor a ON a.id = f.actor_id JOIN post p ON p.id = f.post_id ORDER BY 1",
        ),
        "quotes": table(
            tx,
            "SELECT p.iri, q.quoted_iri, quoted.iri, q.state FROM quote q JOIN post p ON p.id = q.post_id"
            " LEFT JOIN post quoted ON quoted.id = q.quoted_id ORDER BY 1",
        ),
        "emojis": table(
            tx,
            "SELECT p.iri, a.iri, e.name FROM emoji_reaction e JOIN post p ON p.id = e.post_id"
            " JOIN actor a ON a.id = e.actor_id ORDER BY 1, 2, 3",
        ),
        "polls": table(
            tx,
            "SELECT p.iri, q.titles, q.counts, q.ended FROM poll q JOIN post p ON p.id = q.post_id ORDER BY 1",
        ),
        "members": table(
            tx, "SELECT a.iri, m.role, m.state FROM member m JOIN actor a ON a.id = m.actor_id ORDER BY 1"
        ),
        "authors": table(tx, "SELECT iri, posts_count FROM actor WHERE kind = 'person' ORDER BY 1"),
        "edits": table(
            tx, "SELECT p.iri, e.content FROM post_edit e JOIN post p ON p.id = e.post_id ORDER BY 1, e.at_ms"
        ),
    }


@cache
def as_it_was_said() -> tuple[dict[str, list[tuple[Any, ...]]], list[tuple[Any, ...]]]:
    tx = initech(story().said)
    return seen(tx), log_of(tx)


def orders() -> st.SearchStrategy[Sequence[int]]:
    """Which entry arrives when: each any number of times, some of them never."""
    numbers = range(len(story().said))
    return st.one_of(
        st.permutations(numbers),
        st.lists(st.sampled_from(numbers), max_size=2 * len(numbers)),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_arrives_when_one_end_is_reached(data: st.DataObject):
    said = story().said
    tx = initech(said[number] for number in data.draw(orders()))
    what_is_seen, whole_log = as_it_was_said()
    assert log_of(tx) == whole_log
    assert seen(tx) == what_is_seen
    assert entries.forks(tx, APOLLO) == []


def test_the_listener_ends_with_what_the_speakers_have():
    what_is_seen, whole_log = as_it_was_said()
    for host in SPEAKERS:
        assert log_of(story().net[host]) == whole_log
        assert seen(story().net[host])["posts"] == what_is_seen["posts"]
        for what in ("favourites", "quotes", "emojis", "polls"):
            assert seen(story().net[host])[what] == what_is_seen[what]


def test_the_story_has_something_of_everything():
    """So that the property above says something of it."""
    kinds = {Activity.parse(document).type for document in story().said}
    said = {
        "Add",
        "Create",
        "Update",
        "Delete",
        "Announce",
        "Like",
        "Undo",
        "QuoteRequest",
        "Accept",
        "EmojiReact",
    }
    assert kinds == said
    what_is_seen, _ = as_it_was_said()
    assert all(what_is_seen.values())
