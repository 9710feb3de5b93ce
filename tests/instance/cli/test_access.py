"""`cordee token`, `backup` and `egress`."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from instance.domain import token
from tests.instance.cli.console import ROOT, Console, read


def test_a_token_is_printed_alone_and_works(cordee: Console):
    made = cordee.good('token --person alice --scopes "read write follow push"').strip()
    row = read(cordee, lambda tx: token.find(tx, made))
    assert row.scopes == "read write follow push"


def test_an_unknown_scope_is_named(cordee: Console):
    assert 'scopes: "everything" is no scope' in cordee.bad('token --person alice --scopes "read everything"')


def test_a_backup_holds_what_the_node_holds(cordee: Console):
    target = cordee.directory / "copy.sqlite"
    cordee.good(f"backup {target}")
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT username FROM actor WHERE kind = 'person'").fetchall() == [("alice",)]
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_backup_overwrites_nothing(cordee: Console):
    (cordee.directory / "copy.sqlite").write_text("precious")
    assert "exists already" in cordee.bad(f"backup {cordee.directory / 'copy.sqlite'}", status=2)
    assert (cordee.directory / "copy.sqlite").read_text() == "precious"


def test_the_nightly_backup_holds_all_that_a_node_needs_to_come_back(cordee: Console):
    (cordee.data / "media").mkdir(exist_ok=True)
    (cordee.data / "media" / "picture").write_text("pixels")
    tools = cordee.directory / "tools"
    tools.mkdir()
    (tools / "cordee").write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m web.serve "$@"\n')
    (tools / "cordee").chmod(0o755)
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CORDEE_CONFIG": str(cordee.toml),
        "CORDEE_DATA_DIR": str(cordee.data),
    }
    subprocess.run([ROOT / "deploy/backup.sh", cordee.directory / "copies"], env=environment, check=True)
    (copy,) = (cordee.directory / "copies").iterdir()
    assert {path.name for path in copy.iterdir()} == {"cordee.sqlite", "seal.key", "cordee.toml", "media"}
    assert (copy / "media" / "picture").read_text() == "pixels"
    assert copy.stat().st_mode & 0o077 == 0


@pytest.fixture
def asked(apollo: Console) -> Console:
    """A node with two lines in its ledger: it asked a host that does not answer."""
    for _ in range(2):
        apollo.bad("charter offer apollo --party globex.localhost --purpose x")
    return apollo


def test_what_a_command_asked_of_another_host_is_in_the_ledger(asked: Console):
    rows = json.loads(asked.good("egress log --json"))
    assert [(row["seq"], row["letter"], row["host"]) for row in rows] == [
        (1, "inquiry", "globex.localhost"),
        (2, "inquiry", "globex.localhost"),
    ]


def test_the_ledger_can_be_asked_for_one_verdict_or_host(asked: Console):
    assert json.loads(asked.good("egress log --json --verdict withheld")) == []
    assert json.loads(asked.good("egress log --json --host initech.example")) == []
    assert len(json.loads(asked.good("egress log --json --limit 1"))) == 1


def test_a_whole_ledger_is_proven(asked: Console):
    proof = json.loads(asked.good("egress verify --json"))
    assert (proof["ok"], proof["lines"]) == (True, 2)
    assert f"2 lines, whole. Head: {proof['head']}" in asked.good("egress verify")


def test_a_changed_line_is_found(asked: Console):
    asked.execute("DROP TRIGGER ledger_no_update; UPDATE ledger SET host = 'nobody.example' WHERE seq = 2")
    assert "does not fit from line 2 on" in asked.bad("egress verify")
