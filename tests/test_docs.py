"""Documents are tested: what is not documented, or no longer exists, fails the build."""

import re
from pathlib import Path

import pytest

from instance.config import Config, parse
from tests.commands import commands
from web.command import app

ROOT = Path(__file__).parents[1]
COMMANDS = (ROOT / "docs/commands.md").read_text("utf-8")
CONFIGURATION = (ROOT / "docs/configuration.md").read_text("utf-8")


def first_cells(text: str) -> set[str]:
    """The words in backticks that open a row of a table."""
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


def test_every_setting_is_documented_and_every_documented_setting_exists():
    assert first_cells(CONFIGURATION) == set(Config.model_fields)


@pytest.mark.parametrize("key", Config.model_fields)
def test_the_default_of_a_setting_is_the_documented_one(key: str):
    default = Config.model_fields[key].default
    row = re.search(rf"^\| `{key}` \| ([^|]+) \|", CONFIGURATION, re.MULTILINE)
    assert row is not None
    if Config.model_fields[key].default_factory or Config.model_fields[key].is_required():
        return
    assert row[1] == ("none" if default == () else f"`{default}`")


def test_the_whole_file_of_the_document_is_a_valid_one():
    (example,) = re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    assert parse(example).locale == "fr"


def test_every_command_is_documented_and_every_documented_command_exists():
    assert first_cells(COMMANDS) == set(commands(app))


def test_every_link_between_documents_leads_somewhere():
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text("utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_the_decisions_are_numbered_without_a_hole_and_each_says_what_would_change_our_mind():
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text("utf-8")
        assert re.match(rf"# {int(path.name[:4])}\. ", text), path.name
        for part in ("**Question.**", "**Decision.**", "**What would change our mind.**"):
            assert part in text, (path.name, part)
