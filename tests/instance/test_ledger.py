"""The ledger: lines are added and never changed, and whoever changes one is found out."""

import sqlite3
from typing import Any

import pytest

from instance.egress import Gate, LedgerProof
from instance.storage import ledger, migrate
from instance.storage.database import SqliteTx
from instance.storage.ledger import Entry
from tests.builders import NOW_MS, a_tx

GATE = Gate(b"k" * 32)


def an_entry(**fields: Any) -> Entry:
    entry = Entry(
        NOW_MS,
        "released",
        "outbound",
        "released_project",
        "globex.example",
        "p",
        "https://a/1",
        "[]",
        1,
        9,
        "00",
    )
    return entry._replace(**fields)


@pytest.fixture
def tx() -> SqliteTx:
    tx = a_tx()
    ledger.append(tx, [an_entry(), an_entry(host="initech.example")])
    ledger.append(tx, [an_entry(verdict="withheld", rule="withheld_internal", host="*")])
    return tx


def tampered(tx: SqliteTx, statement: str) -> SqliteTx:
    """What somebody with the file and an editor can do."""
    for trigger in ("ledger_no_update", "ledger_no_delete", "ledger_in_order"):
        tx._connection.execute(f"DROP TRIGGER {trigger}")
    assert tx._connection.execute(statement).rowcount
    return tx


def test_lines_are_numbered_without_a_hole(tx: SqliteTx):
    assert [line.seq for line in ledger.in_order(tx)] == [1, 2, 3]


def test_an_untouched_ledger_is_whole(tx: SqliteTx):
    assert GATE.verify_ledger(tx) == LedgerProof(ok=True, lines=3, broken_at=None)


def test_an_empty_ledger_is_whole():
    assert GATE.verify_ledger(a_tx()) == LedgerProof(ok=True, lines=0, broken_at=None)


@pytest.mark.parametrize("column", Entry._fields)
def test_a_changed_column_is_found(tx: SqliteTx, column: str):
    value = "'released'" if column == "verdict" else "'inquiry'" if column == "letter" else "777"
    line = 3 if column == "verdict" else 2
    assert (
        GATE.verify_ledger(tampered(tx, f"UPDATE ledger SET {column} = {value} WHERE seq = {line}")).broken_at
        == line
    )


def test_a_line_taken_out_is_found(tx: SqliteTx):
    assert GATE.verify_ledger(tampered(tx, "DELETE FROM ledger WHERE seq = 2")).broken_at == 2


def test_a_line_put_back_with_its_own_hash_made_new_breaks_the_next_one(tx: SqliteTx):
    first = next(ledger.in_order(tx))
    fields = {**first._asdict(), "what": "https://a/2"}
    del fields["hash"]
    forged = ledger.hash_of(fields, ledger.GENESIS)
    assert (
        GATE.verify_ledger(
            tampered(tx, f"UPDATE ledger SET what = 'https://a/2', hash = '{forged}' WHERE seq = 1")
        ).broken_at
        == 2
    )


def test_the_end_kept_elsewhere_shows_what_was_cut_off(tx: SqliteTx):
    kept = ledger.last(tx)
    tampered(tx, "DELETE FROM ledger WHERE seq = 3")
    assert GATE.verify_ledger(tx).ok
    assert ledger.last(tx) != kept


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET rule = 'x' WHERE seq = 1",
        "DELETE FROM ledger WHERE seq = 3",
        "INSERT OR REPLACE INTO ledger SELECT seq, at_ms, verdict, letter, 'x', host, space, what, names, label, size_bytes, digest, hash FROM ledger WHERE seq = 3",
        "INSERT INTO ledger SELECT 9, at_ms, verdict, letter, rule, host, space, what, names, label, size_bytes, digest, hash FROM ledger WHERE seq = 3",
    ],
)
def test_the_database_refuses_to_change_a_line_or_to_leave_a_hole(tx: SqliteTx, statement: str):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        tx._connection.execute(statement)


def test_a_migrated_database_has_these_triggers(tmp_path):
    migrate.upgrade(tmp_path / "node.sqlite")
    connection = sqlite3.connect(tmp_path / "node.sqlite")
    found = {
        sql
        for (sql,) in connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'"
        )
    }
    connection.close()
    assert found == set(ledger.TRIGGERS)


@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        ({}, [3, 2, 1]),
        ({"limit": 2}, [3, 2]),
        ({"before": 3}, [2, 1]),
        ({"host": "initech.example"}, [2]),
        ({"verdict": "withheld"}, [3]),
        ({"space": "p", "verdict": "released", "before": 2}, [1]),
        ({"host": "nobody.example"}, []),
    ],
)
def test_lines_are_read_newest_first_by_host_verdict_and_space(
    tx: SqliteTx, wanted: dict[str, Any], seqs: list[int]
):
    assert [line.seq for line in ledger.lines(tx, **wanted)] == seqs


def test_a_long_ledger_is_verified_a_page_at_a_time(tx: SqliteTx):
    ledger.append(tx, [an_entry(label=number % 3) for number in range(ledger.PAGE + 1)])
    assert GATE.verify_ledger(tx) == LedgerProof(ok=True, lines=ledger.PAGE + 4, broken_at=None)
