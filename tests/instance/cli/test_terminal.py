"""How every command says no, and works beside the running server."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from instance import config
from instance.cli import app
from instance.storage.database import Database
from tests.commands import commands
from tests.instance.cli.console import Console


def test_without_settings_one_line_says_what_to_do(bare: Console):
    result = bare("person list")
    assert result.exit_code == 2
    assert result.output == (
        f"cordee: {bare.toml}: No such file or directory. Make one with: cordee init --config {bare.toml}\n"
    )


def test_without_a_database_one_line_says_what_to_do(cordee: Console):
    (cordee.data / "cordee.sqlite").unlink()
    assert "missing, or of another version of Cordée. Run: cordee init" in cordee.bad("person list", status=2)


def test_a_seal_key_that_others_can_read_is_not_used(cordee: Console):
    (cordee.data / "seal.key").chmod(0o644)
    assert "Run: chmod 600" in cordee.bad("person add bob --name Bob", status=2)


@pytest.mark.parametrize(
    "place", ["--config {} person list", "person list --config {}", "person list --config={}"]
)
def test_the_settings_may_be_named_anywhere_on_the_line(cordee: Console, place: str):
    assert "alice" in cordee.good(place.format(cordee.toml), CORDEE_CONFIG="/nowhere")


def test_a_command_works_while_another_process_holds_the_database_open(cordee: Console):
    with closing(sqlite3.connect(cordee.data / "cordee.sqlite")) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM actor").fetchall()
        cordee.good("person add bob --name Bob")


async def test_a_running_server_notices_what_a_command_wrote(cordee: Console):
    found = config.load(cordee.toml)
    database = await Database.open(str(found.database), found.home)
    try:
        before = await database.changed_elsewhere()
        await database.read(lambda tx: None)
        await asyncio.to_thread(cordee.good, "person add bob --name Bob")
        assert (before, await database.changed_elsewhere()) == (False, True)
    finally:
        await database.close()


COMMANDS = commands(app)


def test_every_command_of_the_house_is_there():
    assert {line.split()[0] for line in COMMANDS} >= {
        "init", "person", "project", "charter", "member", "egress", "check", "token", "backup",
    }  # fmt: skip


@pytest.mark.parametrize("line", COMMANDS)
def test_every_commands_help_ends_its_words_with_an_example_of_itself(line: str):
    assert f"Example: cordee {line}" in COMMANDS[line]


@pytest.mark.parametrize(
    "line", [line for line in COMMANDS if line.split()[-1] in {"list", "show", "log", "verify", "check"}]
)
def test_every_command_that_reads_can_speak_json(line: str):
    assert "--json" in COMMANDS[line]
