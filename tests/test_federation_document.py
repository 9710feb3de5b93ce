"""FEDERATION.md is tested: it lists exactly what is understood, and its worked example holds to the last byte."""

import json
import re
from pathlib import Path
from typing import Any

from federation import log
from federation.keys import from_multikey
from federation.proof import check_proof
from instance.activities import ANY, GUEST_RULES, RULES

TEXT = (Path(__file__).parents[1] / "FEDERATION.md").read_text("utf-8")
EXAMPLE: list[dict[str, Any]] = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
]


def test_the_table_of_activities_is_the_table_of_rules():
    rows = re.findall(r"^\| `(\w+)` \| (`\w+`|any) \| (yes|no) \|", TEXT, re.MULTILINE)
    documented = {
        (kind, ANY if carried == "any" else carried.strip("`")): in_log == "yes"
        for kind, carried, in_log in rows
    }
    assert documented == {key: rule.in_log for key, rule in RULES.items()}


def test_what_guests_may_bring_is_documented():
    rows = re.findall(r"^\| guest: `(\w+)` \| (`\w+`|any) \|", TEXT, re.MULTILINE)
    assert {(kind, ANY if carried == "any" else carried.strip("`")) for kind, carried in rows} == set(
        GUEST_RULES
    )
    assert not any(rule.in_log for rule in GUEST_RULES.values())


def test_the_proofs_of_the_example_hold():
    (multikey,) = re.findall(r"`(z6Mk\w+)`", TEXT)
    for document in EXAMPLE[:2]:
        assert check_proof(document, find_key=lambda _: from_multikey(multikey)) == [
            "https://globex.example/people/bob#ed25519-key"
        ]


def test_the_hashes_of_the_example_are_its_entries():
    assert re.findall(r"(?:SHA-256|is) `([0-9a-f]{64})`", TEXT) == [
        log.entry_hash(document) for document in EXAMPLE[:2]
    ]


def test_the_redacted_entry_of_the_example_is_the_first_one_redacted_and_keeps_the_chain():
    first, second, kept = EXAMPLE
    assert log.redacted(first) == kept
    entries = [log.entry_of(document) for document in (kept, second)]
    assert log.check_chain(entry for entry in entries if entry) == (2, log.entry_hash(second))
