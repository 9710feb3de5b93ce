"""The project log: any order of arrival ends the same, a fork is always noticed, a redaction never breaks the chain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import log
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


@given(st.permutations(range(6)), st.integers(1, 5), st.integers(0, 6))
def test_whenever_a_rival_arrives_the_fork_is_noticed(order: list[int], number: int, at: int):
    """Whichever of two entries with one number comes first: the other is a fork, or what follows the first does not chain."""
    chain = a_chain(6)
    rival = an_activity(
        number, Head(number - 1, log.entry_hash(chain[number - 2])) if number > 1 else None, text="other"
    )
    arrivals = [chain[n] for n in order]
    arrivals.insert(at, rival)
    assert Place.FORK in places(arrivals)
    assert Place.FORK not in places([chain[n] for n in order])


def places(order: list[dict[str, Any]]) -> set[Place]:
    """What a receiver finds that holds what comes early, appends what fits, and knows the hash at every number it has taken."""
    taken: dict[int, Head] = {}
    waiting: list[log.Entry] = []
    found: set[Place] = set()
    for document in order:
        waiting.append(entry(document))
        moved = True
        while moved:
            moved = False
            for item in list(waiting):
                head, held = taken.get(len(taken)), taken.get(item.seq)
                place = log.check_next(head, item, held_hash=held.hash if held else None).place
                if place is Place.GAP:
                    continue
                found.add(place)
                waiting.remove(item)
                if place is Place.APPEND:
                    taken[item.seq], moved = Head(item.seq, item.hash), True
    return found


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


def test_an_activity_id_of_another_host_is_in_no_partys_sequence():
    with pytest.raises(Malformed, match="log_party"):
        log.entry_of({**an_activity(1, None), "id": "https://acme.example/activities/1"})


def test_a_redacted_entry_needs_the_hash_it_had():
    kept = log.redacted(an_activity(1, None))
    with pytest.raises(Malformed, match="entryHash"):
        log.entry_of({**kept, "entryHash": "x"})


def test_a_redacted_entry_with_another_hash_breaks_the_chain():
    chain = a_chain(3)
    chain[1] = {**log.redacted(chain[1]), "entryHash": HASH}
    with pytest.raises(Malformed, match=r"broken_chain: globex\.example 3"):
        log.check_chain(map(entry, chain))


def test_the_hash_of_an_entry_covers_its_proof():
    document = an_activity(1, None)
    assert log.entry_hash(document) != log.entry_hash({**document, "proof": {"proofValue": "z1"}})


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
    for project in (PROJECT, f"{PROJECT};v=1?a=b,c", "https://[::1]:8000/projects/apollo"):
        assert log.parse_heads(log.heads_header(project, heads)) == (project, heads)


@given(st.text(max_size=80))
def test_any_text_as_heads_is_read_or_refused_by_our_own_error(text: str):
    for value in (text, f"<{PROJECT}>{text}", f"<{PROJECT}>; {text}:{HASH}"):
        try:
            assert all(head.seq > 0 for head in log.parse_heads(value)[1].values())
        except Malformed as error:
            assert error.rule == "bad_heads"


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
        f"<p>; a=0:{HASH}",
        f"<p>; a=01:{HASH}",
        f"<p>; a=1:{HASH.upper().replace('0', 'A')}",
        f"<p>; a=1:{HASH}; a=2:{HASH}",
        f"<p>; a b=1:{HASH}",
        f"<p>;; a=1:{HASH}",
        f"<p> a=1:{HASH}",
        "<>",
        f"<p>{''.join(f'; h{n}=1:{HASH}' for n in range(65))}",
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
