"""`cordee keys`: new keys are made, listed and shown with the end of the old ones."""

import json

from tests.instance.cli.console import Console


def test_new_keys_stand_beside_the_old_ones_with_their_end(apollo: Console):
    before = json.loads(apollo.good("keys list --node --json"))
    assert {row["until"] for row in before} == {""}
    made = json.loads(apollo.good("keys rotate --node --overlap-hours 1 --json"))
    assert sorted(row["kind"] for row in made) == ["ed25519", "rsa"]
    after = json.loads(apollo.good("keys list --node --json"))
    assert {row["key"] for row in after if not row["until"]} == {row["key"] for row in made}
    assert len(after) == 4


def test_a_persons_keys_are_made_anew(apollo: Console):
    made = json.loads(apollo.good("keys rotate --person alice --json"))
    assert {row["actor"] for row in made} == {"alice"}


def test_whose_keys_must_be_said(apollo: Console):
    assert "--node, --person, --project or --all" in apollo.bad("keys rotate")


def test_everybodys_keys_are_listed_without_a_name(apollo: Console):
    listed = json.loads(apollo.good("keys list --json"))
    assert len({row["actor"] for row in listed}) > 2
