"""The index of words is kept in order beside all else: what is written costs the same however much there is, and is found all the same."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from instance.domain import finding, post
from instance.storage import search
from instance.storage.database import SqliteTx, Tx
from instance.storage.window import Window
from tests.nodes import Company, a_company, running, until

from .posting import a_person, a_tx, publish

PIECES = "SELECT count(DISTINCT segid) FROM post_words_idx"


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Company]:
    async with running(a_company(tmp_path, "acme")) as (company,):
        yield company


def pieces(tx: Tx) -> int:
    return cast("SqliteTx", tx)._connection.execute(PIECES).fetchone()[0]


def written(tx: SqliteTx, author, number: int) -> int:
    """How many rows publishing a post changes, with those of the index; the index is merged behind it as a node does it."""
    tx._connection.execute("BEGIN")
    before = tx._connection.total_changes
    publish(tx, author, f"frame part{number} ready with wheel{number % 7}")
    tx._connection.execute("COMMIT")
    changed = tx._connection.total_changes - before
    if number % 4 == 3:
        search.merge(tx)
    return changed


def test_a_post_changes_no_more_of_the_index_for_the_posts_that_came_before():
    tx = a_tx()
    search.merge_apart(tx)
    alice = a_person(tx, "alice")
    changed = [written(tx, alice, number) for number in range(400)]
    assert max(changed) <= 2 * min(changed)


def test_the_pieces_of_the_index_stay_few():
    tx = a_tx()
    search.merge_apart(tx)
    alice = a_person(tx, "alice")
    for number in range(400):
        written(tx, alice, number)
    assert pieces(tx) <= 24


def test_what_was_merged_is_found_and_what_was_deleted_is_not():
    tx = a_tx()
    search.merge_apart(tx)
    alice = a_person(tx, "alice")
    rows = [publish(tx, alice, f"frame part{number}") for number in range(40)]
    post.delete(tx, alice, rows[7].id)
    for _ in range(40):
        search.merge(tx)
    assert found(tx, alice, "part8") == [rows[8].id]
    assert found(tx, alice, "part7") == []
    assert len(found(tx, alice, "frame")) == 39


def found(tx: SqliteTx, viewer, words: str) -> list[int]:
    sought = finding.sought(tx, viewer, finding.parse(words))
    assert sought is not None
    return search.find(tx, viewer.id, sought, Window(limit=80))


async def test_a_node_merges_what_is_written(acme: Company):
    await acme.hire("alice")
    for number in range(12):
        await acme.post("alice", f"frame {number}", project=None)

    async def few() -> bool:
        return await acme.node.read(pieces) < 8

    await until(few)
