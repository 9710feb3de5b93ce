"""The database: units of work are whole or not at all, share a commit, and tell the world only afterwards."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import bindparam, insert, select, text

from instance.errors import NotNow
from instance.ids import Home
from instance.storage.database import Command, Database, Query, Tx
from instance.storage.tables import Meta
from tests import databases

HOME = Home("https://acme.example", "Acme")
PUT = Command(insert(Meta))


class Value(NamedTuple):
    value: str


GET = Query(select(Meta.value).where(Meta.key == bindparam("key")), Value)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "node.sqlite"
    databases.write(path)
    database = await Database.open(str(path), HOME)
    yield database
    await database.close()


def put(key: str, value: str = "1"):
    def work(tx: Tx) -> str:
        tx.run(PUT, key=key, value=value)
        tx.emit(key)
        return value

    return work


def get(key: str):
    return lambda tx: tx.first(GET, key=key)


async def test_what_one_unit_wrote_the_next_reader_sees(database: Database):
    await database.write(put("a", "x"))
    assert await database.read(get("a")) == Value("x")


async def test_a_failing_unit_leaves_no_trace_and_its_neighbours_stay(database: Database):
    def fails(tx: Tx) -> None:
        put("lost")(tx)
        raise ValueError("no")

    results = await asyncio.gather(
        database.write(put("a")), database.write(fails), database.write(put("b")), return_exceptions=True
    )
    assert isinstance(results[1], ValueError)
    assert [await database.read(get(k)) for k in ("a", "lost", "b")] == [Value("1"), None, Value("1")]


async def test_listeners_hear_only_of_what_was_committed_and_in_order(database: Database):
    heard: list[str] = []
    database.listen(heard.append)

    def fails(tx: Tx) -> None:
        tx.emit("never")
        raise ValueError("no")

    await asyncio.gather(
        database.write(put("a")), database.write(fails), database.write(put("b")), return_exceptions=True
    )
    assert heard == ["a", "b"]


async def test_another_processs_commit_is_noticed_once(database: Database, tmp_path: Path):
    assert not await database.changed_elsewhere()
    other = await Database.open(str(tmp_path / "node.sqlite"), HOME)
    await other.write(put("elsewhere"))
    await other.close()
    assert [await database.changed_elsewhere(), await database.changed_elsewhere()] == [True, False]


async def test_our_own_commits_do_not_count_as_changes_from_elsewhere(database: Database):
    await database.write(put("own"))
    assert not await database.changed_elsewhere()


async def test_closing_commits_what_is_still_waiting(tmp_path: Path, database: Database):
    second = await Database.open(str(tmp_path / "node.sqlite"), HOME)
    waiting = asyncio.gather(*(second.write(put(str(n))) for n in range(20)))
    await asyncio.sleep(0)
    await second.close()
    await waiting
    assert await database.read(get("19")) == Value("1")


@asynccontextmanager
async def no_room(database: Database) -> AsyncIterator[None]:
    """While this lasts, the file may not grow: as if the disk were full."""
    await database.write(lambda tx: tx.run(Command(text("PRAGMA max_page_count=1"))))
    yield
    await database.write(lambda tx: tx.run(Command(text("PRAGMA max_page_count=1000000"))))


async def test_what_a_full_disk_does_not_take_is_not_now_and_leaves_no_trace(database: Database):
    heard: list[str] = []
    database.listen(heard.append)
    async with no_room(database):
        results = await asyncio.gather(
            *(database.write(put(str(number), "x" * 100_000)) for number in range(3)), return_exceptions=True
        )
    assert [error.rule for error in results if isinstance(error, NotNow)] == ["disk_full"] * 3
    assert [await database.read(get(str(number))) for number in range(3)] == [None] * 3
    assert heard == []
    await database.write(put("0", "x" * 100_000))
    assert heard == ["0"]


async def test_what_another_process_holds_up_is_not_now(database: Database, tmp_path: Path):
    await database.write(lambda tx: tx.run(Command(text("PRAGMA busy_timeout=20"))))
    other = sqlite3.connect(tmp_path / "node.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(NotNow, match="database_busy"):
        await database.write(put("a"))
    other.execute("ROLLBACK")
    other.close()
    await database.write(put("a"))
    assert await database.read(get("a")) == Value("1")


async def test_a_disk_that_may_only_be_read_is_not_now(database: Database):
    await database.write(lambda tx: tx.run(Command(text("PRAGMA query_only=ON"))))
    with pytest.raises(NotNow, match="disk_error"):
        await database.write(put("a"))
    assert await database.read(get("a")) is None
