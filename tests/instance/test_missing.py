"""What is missing is noted once, within limits, and not where it never comes; a host is asked within limits as well."""

import orjson
import pytest

from instance import backfill
from instance.backfill import Patience
from instance.domain import missing, post_inbound
from instance.events import ParentMissed
from instance.storage import log as entries
from instance.storage import missing as rows
from instance.storage.log import EntryRow
from instance.storage.missing import MissingRow
from tests.instance.posting import (
    GLOBEX,
    HOME,
    NOW_MS,
    a_note,
    an_activity,
    incoming,
    publish,
    take,
)

CREATE = (post_inbound.verify_create, post_inbound.apply_create)
NEVER_WAS = f"https://{GLOBEX}/posts/never-was"


def answers(tx, bob, apollo, iri: str = NEVER_WAS, **note) -> str:
    """An answer of bob's to something comes in; its id."""
    document = a_note(bob, inReplyTo=iri, **note)
    assert take(tx, CREATE, incoming(an_activity("Create", bob, document), apollo)).taken
    return document["id"]


def known(tx, iri: str = NEVER_WAS) -> MissingRow | None:
    return rows.by_iri(tx, iri)


def missed(tx, iri: str = NEVER_WAS) -> MissingRow:
    row = known(tx, iri)
    assert row is not None
    return row


def test_a_parent_is_noted_once_however_many_answer_it(tx, bob, apollo):
    answers(tx, bob, apollo, contextHistory=f"https://{GLOBEX}/threads/9")
    first = missed(tx)
    answers(tx, bob, apollo)
    assert missed(tx) == first
    assert (first.state, first.tries, first.history_iri) == ("waiting", 0, f"https://{GLOBEX}/threads/9")
    assert first.due_at_ms == NOW_MS + missing.FIRST_WAIT_MS
    assert len([event for event in tx.events if isinstance(event, ParentMissed)]) == 1


def test_an_answer_to_what_is_here_notes_nothing(tx, alice, bob, apollo):
    root = publish(tx, alice, "Which bolts?", project=apollo.iri)
    answers(tx, bob, apollo, root.iri)
    assert known(tx, root.iri) is None


def test_a_parent_that_comes_is_looked_for_no_more(tx, bob, apollo):
    iri = f"https://{GLOBEX}/posts/late"
    answers(tx, bob, apollo, iri)
    take(tx, CREATE, incoming(an_activity("Create", bob, a_note(bob, id=iri)), apollo))
    assert missed(tx, iri).state == "found"
    tx.now_ms += missing.FIRST_WAIT_MS
    assert rows.due(tx, 10) == []


def test_a_parent_of_a_host_that_was_never_in_the_project_is_not_noted(tx, bob, apollo):
    answers(tx, bob, apollo, "https://hooli.example/posts/1")
    assert known(tx, "https://hooli.example/posts/1") is None


@pytest.mark.parametrize(
    ("kind", "state", "is_noted"),
    [
        ("Create", entries.REDACTED, False),
        ("Create", entries.IGNORED, False),
        ("Create", entries.HELD, True),
        ("Like", entries.IGNORED, True),
    ],
)
def test_what_never_comes_is_not_looked_for(tx, bob, apollo, kind: str, state: str, is_noted: bool):
    document = an_activity(kind, bob, NEVER_WAS)
    body = orjson.dumps(document).decode()
    entries.append(
        tx, EntryRow(apollo.iri, GLOBEX, 1, "0" * 64, None, document["id"], NEVER_WAS, state, "", body, 1)
    )
    answers(tx, bob, apollo)
    assert (known(tx) is not None) == is_noted


def test_so_many_are_looked_for_and_no_more(tx, bob, apollo):
    answers(tx, bob, apollo)
    first = missed(tx)
    for number in range(1, missing.WAITING_LIMIT - 1):
        rows.put(tx, first._replace(id=first.id - number, parent_iri=f"{NEVER_WAS}-{number}"))
    for name, is_noted in (("last", True), ("one-more", False)):
        answers(tx, bob, apollo, f"{NEVER_WAS}-{name}")
        assert (known(tx, f"{NEVER_WAS}-{name}") is not None) == is_noted


def given_up(tx, bob, apollo) -> None:
    answers(tx, bob, apollo)
    for _ in range(len(missing.WAITS_MS) + 1):
        assert missing.begin(tx, missed(tx))
        missing.end(tx, missed(tx))


def test_after_the_last_try_it_is_given_up_and_remembered_for_a_day(tx, bob, apollo):
    given_up(tx, bob, apollo)
    assert missed(tx).state == "given_up"
    answers(tx, bob, apollo)
    assert missed(tx).state == "given_up"
    tx.now_ms += missing.AGAIN_MS
    answers(tx, bob, apollo)
    assert (missed(tx).state, missed(tx).tries) == ("waiting", 0)


def test_a_try_that_broke_us_every_time_is_not_made_for_ever(tx, bob, apollo):
    answers(tx, bob, apollo)
    tries = 0
    while missing.begin(tx, missed(tx)):  # and never the end of it
        tries += 1
    assert (tries, missed(tx).state) == (len(missing.WAITS_MS) + 1, "given_up")


def test_what_is_waited_for_by_an_answer_that_was_deleted_is_given_up(tx, bob, apollo):
    iri = answers(tx, bob, apollo)
    delete = an_activity("Delete", bob, {"id": iri, "type": "Tombstone"})
    take(tx, (post_inbound.verify_delete, post_inbound.apply_delete), incoming(delete, apollo))
    assert not missing.begin(tx, missed(tx))
    assert missed(tx).state == "given_up"


def test_what_is_over_is_forgotten_and_what_waits_is_not(tx, bob, apollo):
    given_up(tx, bob, apollo)
    answers(tx, bob, apollo, f"{NEVER_WAS}-either")
    rows.forget(tx, before_ms=NOW_MS + 1)
    assert (known(tx), known(tx, f"{NEVER_WAS}-either") is not None) == (None, True)


def test_an_answer_of_our_own_is_never_without_its_parent(tx, bob, apollo):
    """A parent of our own host that we lost is looked for with those who have it."""
    iri = f"{HOME.base}/posts/lost"
    answers(tx, bob, apollo, iri)
    assert missed(tx, iri).state == "waiting"


# Whom to ask


class _Clock:
    now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


def test_a_host_is_asked_so_often_in_an_hour_and_no_more():
    clock = _Clock()
    pace = Patience(clock)
    assert [pace.may_ask(GLOBEX) for _ in range(backfill.HOST_AN_HOUR + 1)] == [
        True
    ] * backfill.HOST_AN_HOUR + [False]
    assert pace.may_ask("initech.example")
    clock.now_ms += backfill.HOUR_MS
    assert pace.may_ask(GLOBEX)


def test_a_host_that_fails_is_left_alone_longer_each_time_until_it_answers():
    clock = _Clock()
    pace = Patience(clock)
    rests = []
    for _ in range(4):
        pace.failed(GLOBEX)
        began = clock.now_ms
        while not pace.may_ask(GLOBEX):
            clock.now_ms += 1000
        rests.append(clock.now_ms - began)
    assert rests == sorted(set(rests))
    pace.worked(GLOBEX)
    pace.failed(GLOBEX)
    clock.now_ms += rests[0]
    assert pace.may_ask(GLOBEX)


def test_that_a_resting_host_is_not_asked_does_not_count_as_a_failure():
    clock = _Clock()
    pace = Patience(clock)
    pace.failed(GLOBEX)
    for _ in range(20):
        pace.failed(GLOBEX)
    clock.now_ms += 10_000
    assert pace.may_ask(GLOBEX)
