"""Every rule that decides has its words in both languages, and no words are left of a rule that is gone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from instance.domain.charter_states import STATES
from instance.policy import RULES
from instance.reasons import explain, reasons

ROOT = Path(__file__).parents[2]
RAISED = {
    "Malformed",
    "Unauthentic",
    "Refused",
    "Gone",
    "Unreachable",
    "TooFast",
    "Unavailable",
    "NotNow",
    "refusal",
    "refusing",
    "noting",
}
SAID = {"Ruling": "rule", "Receipt": "rule", "_standing": "taken", "_in_time": "taken", "Result": "error"}
# Not said as a literal where it is raised: by a table, an enumeration, or for each state of a charter.
OTHERS = {
    "dns",
    "connect",
    "tls",
    "timeout",
    "disconnected",
    "protocol",
    "redacted",
    "ignored_unknown",
    "deleted",
    *(f"charter_is_{state}" for state in STATES),
    *(rule for rule in reasons() if rule.startswith("status_")),
}


def calls() -> Iterator[ast.Call]:
    for package in ("federation", "instance"):
        for path in (ROOT / package).rglob("*.py"):
            yield from (
                node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
            )


def rule_of(call: ast.Call) -> ast.expr | None:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in RAISED and call.args:
        return call.args[0]
    if name not in SAID:
        return None
    named = [keyword.value for keyword in call.keywords if keyword.arg == SAID[name]]
    places = {"Receipt": 1, "Result": 2}
    place = places.get(name, len(call.args))
    return named[0] if named else (call.args[place] if place < len(call.args) else None)


def rules() -> set[str]:
    """Every rule that is written where it is raised or said."""
    found = {
        part.value
        for call in calls()
        if (rule := rule_of(call)) is not None and not isinstance(rule, ast.JoinedStr)
        for part in ast.walk(rule)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.islower()
    }
    return {rule for rule in found if not rule.startswith("invalid_") and rule != "unauthorized_client"}


def test_every_rule_that_decides_has_its_words():
    assert rules() - set(reasons()) == set()


def test_no_words_are_left_of_a_rule_that_is_gone():
    assert set(reasons()) - rules() - OTHERS - set(RULES) == set()


@pytest.mark.parametrize("rule", sorted(reasons()))
def test_the_words_are_there_in_both_languages(rule: str):
    english, french = reasons()[rule]
    assert english
    assert french
    assert english != french


@pytest.mark.parametrize(
    ("told", "rule"),
    [("403 closed: Forbidden", "closed"), ("401 clock: Unauthorized", "clock"), ("closed", "closed")],
)
def test_what_another_node_answered_is_explained_by_the_rule_in_it(told: str, rule: str):
    assert explain(told) == reasons()[rule][0]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("502 Bad Gateway", "status_5xx"),
        ("503", "status_5xx"),
        ("404 <html>not found</html>", "status_404"),
        ("401 Request not signed", "status_401"),
        ("413", "status_413"),
        ("404 host not found", "status_404"),
        ("422 Unprocessable", "status_4xx"),
    ],
)
def test_an_answer_without_a_rule_is_explained_by_its_status(told: str, words: str):
    assert explain(told) == reasons()[words][0]


@pytest.mark.parametrize("told", ["", "something"])
def test_what_has_no_rule_has_no_words(told: str):
    assert explain(told) == ""


def test_french_is_spoken_to_who_asks_for_it():
    assert explain("closed", "fr") == reasons()["closed"][1]
