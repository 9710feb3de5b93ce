"""What people type to find posts: understood, and never a wrong query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import finding
from instance.domain.finding import Fact
from instance.storage import search
from instance.storage.window import Window

from .posting import a_person, a_project, a_tx, publish


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("frame wheel", [["frame"], ["wheel"]]),
        ('"frame wheel"', [["frame", "wheel"]]),
        ("« le châssis »", [["le", "chassis"]]),
        ("“frame wheel", [["frame", "wheel"]]),
        ("+frame", [["frame"]]),
        ("foo:bar", [["foo", "bar"]]),
        ("10:30", [["10", "30"]]),
        ("frame_1", [["frame", "1"]]),
        ('% "', []),
    ],
)
def test_words_and_phrases_are_read(query: str, phrases: list[list[str]]):
    asked = finding.parse(query)
    assert (asked.phrases, asked.refused, asked.facts) == (phrases, [], [])


def test_what_must_not_be_there_is_read():
    asked = finding.parse('-frame -"big wheel" -has:poll')
    assert asked.refused == [["frame"], ["big", "wheel"]]
    assert asked.facts == [Fact("has", "poll", wanted=False)]


def test_facts_are_read_in_either_case_and_in_quotes():
    asked = finding.parse('From:Alice before:"2026-01-02"')
    assert asked.facts == [Fact("from", "Alice", wanted=True), Fact("before", "2026-01-02", wanted=True)]


PIECES = [
    *[
        '"',
        "-",
        "frame",
        "NOT",
        "AND",
        "(",
        ")",
        "*",
        "^",
        "words:",
        "from:",
        "me",
        "has:media",
        "before:9999-12-31",
        "after:0001-01-01",
        "«",
        "NEAR(",
    ],
    " ",
]


@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(PIECES),
        max_size=12,
    ).map("".join)
)
def test_no_text_makes_a_wrong_query(query: str):
    sought = finding.sought(TX, ALICE, finding.parse(query))
    assert sought is None or isinstance(search.find(TX, ALICE.id, sought, Window()), list)


def test_more_is_asked_than_anybody_reads():
    sought = finding.sought(TX, ALICE, finding.parse("a -b " * 500))
    assert sought is not None
    assert search.find(TX, ALICE.id, sought, Window()) == []


TX = a_tx()
ALICE = a_person(TX, "alice")
a_project(TX, "apollo", ALICE)
publish(TX, ALICE, "frame")
