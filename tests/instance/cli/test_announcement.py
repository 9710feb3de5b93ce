"""`cordee announcement`: written, listed, taken back."""

import json

import pytest

from tests.instance.cli.console import Console


def test_an_announcement_is_written_listed_and_taken_back(cordee: Console):
    said = cordee.good(
        'announcement add "Closed, **all** of it" --starts 2040-12-01 --ends 2040-12-02T08:30 --all-day'
    )
    (row,) = json.loads(cordee.good("announcement list --json"))
    assert (row["id"], row["text"]) == (said.strip(), "Closed, all of it")
    assert (row["starts"], row["ends"]) == ("2040-12-01T00:00:00Z", "2040-12-02T08:30:00Z")
    assert "no longer" in cordee.good(f"announcement remove {row['id']}")
    assert json.loads(cordee.good("announcement list --json")) == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('add " "', "text: Write what is to be announced."),
        ("add x --ends 2001-01-01", "ends: It would end"),
        ("add x --starts 2040-01-02 --ends 2040-01-01", "ends: It would end"),
        (f"add {'x' * 5001}", "text: 5000 characters"),
        ("remove 17", "There is no such announcement."),
    ],
)
def test_what_cannot_be_announced_is_refused_in_a_line(cordee: Console, line: str, error: str):
    assert error in cordee.bad(f"announcement {line}")
