"""Migrations: they make exactly the declared tables, all or nothing, and never touch what a newer program made."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from instance.errors import ConfigError
from instance.storage import migrate
from instance.storage.ledger import TRIGGERS
from instance.storage.tables import Meta


def master(path: Path, kind: str) -> dict[str, list[str]]:
    """What SQLite holds of tables, indexes or triggers; the order of columns, the spacing and the closing bracket do not count."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = ?", (kind,)).fetchall()
    connection.close()
    return {
        name: sorted(" ".join(part.split()).rstrip(" )") for part in sql.split(","))
        for name, sql in rows
        if sql and name != "alembic_version"
    }


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = tmp_path / "migrated.sqlite"
    migrate.upgrade(path)
    return path


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    path = tmp_path / "declared.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    Meta.metadata.create_all(engine)
    engine.dispose()
    return path


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    with connection:
        rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def test_alembic_finds_no_difference_to_the_declared_tables(migrated: Path):
    assert migrate.differences(migrated) == []


@pytest.mark.parametrize("kind", ["table", "index"])
def test_the_file_is_to_the_letter_what_the_declarations_would_make(
    migrated: Path, declared: Path, kind: str
):
    assert master(migrated, kind) == master(declared, kind)


def test_the_triggers_of_the_ledger_are_those_it_declares(migrated: Path):
    rows = execute(migrated, "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
    assert [sql for (sql,) in rows] == list(TRIGGERS)


def test_a_line_of_the_ledger_cannot_be_changed_or_taken_out(migrated: Path):
    columns = "seq, at_ms, verdict, letter, rule, host, space, what, names, label, size_bytes, digest, hash"
    execute(
        migrated,
        f"INSERT INTO ledger ({columns}) VALUES (1, 0, 'released', 'outbound', '', '', '', '', '[]', 1, 0, '', '')",
    )
    for statement in ("UPDATE ledger SET host = 'x'", "DELETE FROM ledger"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            execute(migrated, statement)


def test_a_difference_would_be_found(migrated: Path):
    execute(migrated, "ALTER TABLE lane DROP COLUMN failures")
    assert "failures" in str(migrate.differences(migrated))


def test_a_second_upgrade_changes_nothing(migrated: Path):
    execute(migrated, "INSERT INTO meta VALUES ('kept', 'yes')")
    assert migrate.upgrade(migrated) == (migrate.head(), migrate.head())
    assert execute(migrated, "SELECT value FROM meta") == [("yes",)]


def test_a_new_file_has_no_revision(tmp_path: Path):
    assert migrate.revision(tmp_path / "none.sqlite") is None


def test_a_failed_upgrade_leaves_the_file_as_it_was(tmp_path: Path):
    path = tmp_path / "taken.sqlite"
    execute(path, "CREATE TABLE post (mine)")
    with pytest.raises(ConfigError, match="post"):
        migrate.upgrade(path)
    assert execute(path, "SELECT name FROM sqlite_master") == [("post",)]


def test_a_database_of_a_newer_program_is_refused_by_name(migrated: Path):
    execute(migrated, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match=r"newer Cordée .revision 9999"):
        migrate.upgrade(migrated)


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Globex, " * 100)
    with pytest.raises(ConfigError, match=r"letter\.txt"):
        migrate.upgrade(path)
