"""Brings a database file to the form this version of the program knows, or says why it cannot.

The rule kept here: all or nothing. Every revision between here and there runs in one transaction, so a failed upgrade leaves the
file as it was.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from instance.errors import ConfigError

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


class Upgrade(NamedTuple):
    """From which revision (None: a new file) to which."""

    before: str | None
    after: str


def head() -> str:
    """The revision this version of the program works with."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def revision(path: Path) -> str | None:
    """The revision of the database at `path`; None where there is no file, or nothing in it yet. Raises ConfigError."""
    if not path.exists():
        return None
    # Not through Alembic: every command asks this, and must neither lock nor create anything.
    with _named(path), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def upgrade(path: Path) -> Upgrade:
    """Create the database at `path`, or bring it to the newest revision. Raises ConfigError, the file being as it was."""
    before = revision(path)
    if before is not None and before not in _revisions().known():
        raise ConfigError(
            f"{path}: made by a newer Cordée (revision {before}). Install that version, or restore a backup."
        )
    with _connected(path) as connection:
        _revisions().run(connection)
    return Upgrade(before, head())


def differences(path: Path) -> list[Any]:
    """What the declared tables have that the database at `path` has not, and the other way round."""
    with _connected(path) as connection:
        return list(_revisions().compare(connection))


def draft(message: str) -> None:
    """Write a revision from the revisions so far to the declared tables. For `make migration`; read it before you keep it."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        _revisions().run(connection)
        _revisions().draft(connection, message)
    engine.dispose()


def _revisions() -> Any:
    """The half that needs Alembic, loaded when there is work for it."""
    return import_module("instance.storage.revisions")


@contextmanager
def _connected(path: Path) -> Iterator[Connection]:
    """One transaction of our own: the driver's would commit at every CREATE TABLE."""
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, isolation_level=None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with _named(path), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say which file is the one that SQLite complains about."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        raise ConfigError(f"{path}: {getattr(error, 'orig', error)}") from error
