"""`cordee project`, `member` and `charter` on one node, before anybody else is there."""

import json

import pytest

from tests.instance.cli.console import Console


def test_a_project_is_listed_with_its_handle(apollo: Console):
    (row,) = json.loads(apollo.good("project list --json"))
    assert (row["handle"], row["title"], row["charter"]) == ("@apollo@acme.example", "Apollo", "none")


@pytest.mark.parametrize(
    "name", ["apollo", "@apollo", "Apollo", "@apollo@acme.example", "https://acme.example/projects/apollo"]
)
def test_a_project_answers_to_each_of_its_names(apollo: Console, name: str):
    assert json.loads(apollo.good(f"project show {name} --json"))["purpose"] == "New braking unit"


def test_an_unknown_project_is_named(apollo: Console):
    assert apollo.bad("project show gemini") == "cordee: There is no such project: gemini."


def test_a_person_is_no_project(apollo: Console):
    assert (
        apollo.bad("project show @alice@acme.example")
        == "cordee: There is no such project: @alice@acme.example."
    )


def test_nobody_joins_a_project_without_a_charter(apollo: Console):
    assert "charter" in apollo.bad("member add apollo alice")


def test_there_is_nothing_to_approve_without_an_offer(apollo: Console):
    assert apollo.bad("charter approve apollo") == (
        "cordee: There is no such charter that waits for an answer: apollo."
    )


@pytest.mark.parametrize("command", ["suspend", "resume", "leave --yes"])
def test_there_is_nothing_to_close_without_a_charter(apollo: Console, command: str):
    assert "no charter in force" in apollo.bad(f"charter {command} apollo")


def test_leaving_asks_first(apollo: Console):
    result = apollo("charter leave apollo", text="n\n")
    assert result.exit_code == 1
    assert "Leave apollo for good?" in result.stdout


def test_an_unknown_label_is_refused_with_those_there_are(apollo: Console):
    said = apollo.bad("charter offer apollo --party globex.localhost --purpose x --ceiling C9")
    assert said == "cordee: ceiling: C9: write one of C0, C1, C2, C3"
