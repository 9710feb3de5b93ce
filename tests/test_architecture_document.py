"""ARCHITECTURE.md is tested: every symbol it names is where it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| (`[^|]+`) \| ([\w/]+\.py) \|$", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE
)


@pytest.mark.parametrize(("symbols", "file"), ROWS, ids=[file for _, file in ROWS])
def test_the_symbols_are_in_the_file(symbols: str, file: str):
    text = (ROOT / file).read_text("utf-8")
    missing = [
        name
        for name in re.findall(r"`(\w+)`", symbols)
        if not re.search(
            rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}(?::[^=]+)? =|import .*\b{name}\b",
            text,
            re.MULTILINE,
        )
    ]
    assert missing == []


def test_every_symbol_of_the_three_paths_stands_in_the_table():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    paths = text[text.index("## Three paths") : text.index("## What holds it together")]
    listed = {name for symbols, _ in ROWS for name in re.findall(r"`(\w+)`", symbols)}
    told = {
        name.rpartition(".")[2].partition("(")[0]
        for name in re.findall(r"`([A-Za-z_.]+)(?:\([^`]*\))?`", paths)
    }
    methods = {
        "perform",
        "receive",
        "find",
        "prove",
        "party_known",
        "release",
        "still_open",
        "not_found",
        "post",
        "verify",
        "apply",
        "create",
        "enqueue",
        "parse",
    }
    assert told - listed - methods == set()
