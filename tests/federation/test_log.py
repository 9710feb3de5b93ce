"""The project log: any order of arrival ends the same, a fork is always noticed, a redaction never breaks the chain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import log
from federation.collection import (
    followers_digest,
    items_of,
    next_of,
    render_collection,
    render_items,
    render_page,
)
from federation.errors import Malformed
from federation.log import Head, Heads, Place

PROJECT = "https://acme.example/projects/apollo"
PARTY = "globex.example"
HASH = "0" * 64


def an_activity(number: int, head: Head | None, *, text: str = "", party: str = PARTY) -> dict[str, Any]:
    return {
        "id": f"https://globex.example/activities/{number}",
        "type": "Create",
        "actor": "https://globex.example/people/bob",
        "published": "2026-11-25T08:00:00Z",
        "object": {
            "id": f"https://globex.example/posts/{number}",
            "type": "Note",
            "content": text or f"text {number}",
        },
        "log": log.log_fields(project=PROJECT, party=party, head=head),
    }


def a_chain(length: int) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    head: Head | None = None
    for number in range(1, length + 1):
        documents.append(an_activity(number, head))
        head = Head(number, log.entry_hash(documents[-1]))
    return documents


def entry(document: dict[str, Any]) -> log.Entry:
    found = log.entry_of(document)
    assert found is not None
    return found


def receive(order: list[dict[str, Any]]) -> Head | None:
    """Take entries in the given order: append what fits, hold what comes early."""
    head: Head | None = None
    held: dict[int, log.Entry] = {}
    for document in order:
        held[entry(document).seq] = entry(document)
        while (following := held.get((head.seq if head else 0) + 1)) and log.check_next(
            head, following
        ).place is Place.APPEND:
            head = Head(following.seq, following.hash)
    return head


@given(st.permutations(range(7)))
def test_any_order_of_arrival_ends_in_the_same_head(order: list[int]):
    chain = a_chain(7)
    assert receive([chain[n] for n in order]) == log.check_chain(map(entry, chain))


@given(st.integers(1, 6), st.integers(1, 6))
def test_a_second_entry_with_a_number_taken_is_a_fork(length: int, number: int):
    chain = a_chain(max(length, number))
    before = Head(number - 1, entry(chain[number - 2]).hash) if number > 1 else None
    other = entry(an_activity(number, before, text="another text"))
    end = log.check_chain(map(entry, chain))
    assert log.check_next(end, other, held_hash=entry(chain[number - 1]).hash).place is Place.FORK


def test_the_same_entry_again_is_a_duplicate():
    chain = a_chain(3)
    head = log.check_chain(map(entry, chain))
    assert log.check_next(head, entry(chain[2])).place is Place.DUPLICATE
    assert log.check_next(head, entry(chain[0]), held_hash=entry(chain[0]).hash).place is Place.DUPLICATE


def test_an_entry_that_came_early_says_what_is_missing():
    chain = a_chain(7)
    head = log.check_chain(map(entry, chain[:3]))
    assert log.check_next(head, entry(chain[6])) == (Place.GAP, 4, 6)


def test_an_entry_that_names_another_predecessor_is_a_fork():
    chain = a_chain(2)
    assert log.check_next(Head(1, HASH), entry(chain[1])).place is Place.FORK


@given(st.sets(st.integers(0, 5)))
def test_redaction_of_any_entries_but_the_last_keeps_the_chain(which: set[int]):
    chain = a_chain(7)
    thinned = [log.redacted(document) if n in which else document for n, document in enumerate(chain)]
    assert log.check_chain(map(entry, thinned)) == log.check_chain(map(entry, chain))


def test_a_redacted_entry_says_nothing_of_its_content():
    kept = log.redacted(an_activity(1, None, text="a secret"))
    assert "a secret" not in str(kept)
    assert kept["object"] == "https://globex.example/posts/1"


def test_redacting_twice_changes_nothing():
    once = log.redacted(an_activity(1, None))
    assert log.redacted(once) == once


def test_a_chain_with_an_entry_changed_does_not_verify():
    chain = a_chain(4)
    chain[1] = {**chain[1], "published": "2026-11-25T09:00:00Z"}
    with pytest.raises(Malformed, match="broken_chain"):
        log.check_chain(map(entry, chain))


def test_an_activity_outside_any_log_has_no_place():
    assert log.entry_of({"id": "https://globex.example/activities/1"}) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seq": 0}, "log.seq"),
        ({"seq": True}, "log.seq"),
        ({"seq": "1"}, "log.seq"),
        ({"seq": 2}, "log.prev"),
        ({"prev": HASH}, "log.prev"),
        ({"seq": 2, "prev": "A" * 64}, "log.prev"),
        ({"project": None}, "log.project"),
        ({"party": 3}, "log.party"),
    ],
)
def test_a_log_property_that_cannot_be_read_names_the_field(change: dict[str, Any], field: str):
    document = an_activity(1, None)
    document["log"] |= change
    with pytest.raises(Malformed) as caught:
        log.entry_of(document)
    assert caught.value.detail == field


def test_a_party_writes_its_own_sequence_only():
    with pytest.raises(Malformed, match="log_party"):
        log.entry_of(an_activity(1, None, party="acme.example"))


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}\.example(:[1-9][0-9]{3})?", fullmatch=True),
        st.integers(1, 10**9),
        max_size=5,
    )
)
def test_heads_come_back_from_their_header(seqs: dict[str, int]):
    heads: Heads = {party: Head(seq, f"{seq:064x}") for party, seq in seqs.items()}
    assert log.parse_heads(log.heads_header(PROJECT, heads)) == (PROJECT, heads)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "<p>; a",
        "<p>; a=1",
        f"<p>; a=x:{HASH}",
        f"<p>; =1:{HASH}",
        f"<p>; a=1:{HASH[1:]}",
        "<p>" + "; a=1:" * 99,
    ],
)
def test_heads_that_cannot_be_read_are_refused(value: str):
    with pytest.raises(Malformed):
        log.parse_heads(value)


def test_gaps_are_what_the_other_has_and_we_lack():
    ours, theirs = {"a": Head(3, HASH)}, {"a": Head(5, HASH), "b": Head(2, HASH)}
    assert log.gaps(ours, theirs) == {"a": (4, 5), "b": (1, 2)}
    assert log.gaps(theirs, ours) == {}


def test_a_collection_leads_to_its_first_page_and_a_page_to_the_next():
    page = render_page("https://a/c?page=1", ["x"], part_of="https://a/c", following="https://a/c?page=2")
    assert (items_of(page), next_of(page)) == (["x"], "https://a/c?page=2")
    assert (
        next_of(render_collection("https://a/c", total=9, first="https://a/c?page=1")) == "https://a/c?page=1"
    )
    assert items_of(render_items("https://a/c", ["x", "y"])) == ["x", "y"]


def test_a_followers_digest_does_not_depend_on_order():
    assert followers_digest(["https://a/1", "https://b/2"]) == followers_digest(
        ["https://b/2", "https://a/1"]
    )
    assert followers_digest([]) == "0" * 64
