"""`cordee report`: what people reported to IT, on one node."""

import json

import pytest

from tests.instance.cli.console import Console

ROW = (1, "spam", "Third time today")


@pytest.fixture
def reported(cordee: Console) -> Console:
    """A node on which alice has reported zoe."""
    cordee.good('person add zoe --name "Zoe"')
    number, category, comment = ROW
    cordee.execute(
        "INSERT INTO report (id, reporter_id, target_id, category, comment, rules, created_at_ms, updated_at_ms)"
        f" SELECT {number}, alice.id, zoe.id, '{category}', '{comment}', '', 0, 0 FROM actor alice, actor zoe"
        " WHERE alice.username = 'alice' AND zoe.username = 'zoe'"
    )
    return cordee


def test_an_open_report_is_listed_and_shown_with_what_was_said(reported: Console):
    (row,) = json.loads(reported.good("report list --json"))
    assert (row["target"], row["reporter"]) == ("@zoe@acme.example", "@alice@acme.example")
    assert ROW[2] in reported.good("report show 1")


def test_a_report_that_is_resolved_is_listed_among_the_resolved(reported: Console):
    reported.good("report resolve 1")
    assert json.loads(reported.good("report list --json")) == []
    (row,) = json.loads(reported.good("report list --resolved --json"))
    assert row["resolved"] is not None


def test_a_report_that_is_none_is_named(reported: Console):
    assert reported.bad("report show 2") == "cordee: There is no such report: 2."
    assert reported.bad("report resolve 2") == "cordee: There is no such report."


def test_a_report_about_a_colleague_goes_to_no_other_company(reported: Console):
    assert "about nobody of another company" in reported.bad("report forward 1")
