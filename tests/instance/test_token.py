"""Access tokens: told once, kept as a hash, good until revoked."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from instance.domain import token
from instance.events import Event, TokenChanged
from instance.home import Home
from instance.storage.database import Database
from tests import databases


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "node.sqlite"
    databases.write(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO actor (id, iri, kind, username, host, display_name, summary, inbox, state, title, posts_count,"
            " created_at_ms, updated_at_ms) VALUES (7, 'i', 'person', 'alice', 'h', 'Alice', '', '', 'active', '', 0, 0, 0)"
        )
    database = await Database.open(str(path), Home("https://acme.example", "Acme"))
    yield database
    await database.close()


async def issue(database: Database, scopes: str = "read write") -> str:
    return (await database.write(lambda tx: token.issue(tx, actor_id=7, scopes=scopes))).value


async def test_a_token_is_found_by_its_text(database: Database):
    made = await issue(database)
    row = await database.read(lambda tx: token.find(tx, made))
    assert row is not None
    assert (row.actor_id, row.scopes) == (7, "read write")


async def test_another_text_finds_nothing(database: Database):
    made = await issue(database)
    assert await database.read(lambda tx: token.find(tx, made + "x")) is None


async def test_the_database_does_not_hold_the_token_itself(database: Database, tmp_path: Path):
    made = await issue(database)
    await database.close()
    assert made.encode() not in (tmp_path / "node.sqlite").read_bytes()


async def test_a_revoked_token_is_found_by_nobody(database: Database):
    made = await issue(database)
    assert (await database.write(lambda tx: token.revoke(tx, made))).value
    assert await database.read(lambda tx: token.find(tx, made)) is None


async def test_a_token_is_revoked_once(database: Database):
    made = await issue(database)
    await database.write(lambda tx: token.revoke(tx, made))
    assert not (await database.write(lambda tx: token.revoke(tx, made))).value


async def test_who_caches_tokens_hears_of_a_new_one(database: Database):
    heard: list[Event] = []
    database.listen(heard.append)
    await issue(database)
    assert heard == [TokenChanged(7)]
