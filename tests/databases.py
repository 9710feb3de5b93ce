"""Databases of empty nodes, made once in a process and copied: to declare the tables takes 30 ms, to migrate a file 150, to copy either 2."""

import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from instance.storage import migrate, other_names, search_tables
from instance.storage.ledger import TRIGGERS

tuple(other_names.texts())  # imports every module of tables: a rename goes through all of them


def in_memory() -> sqlite3.Connection:
    """A node's database in memory as the tables are declared, triggers included."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_declared(len(SQLModel.metadata.tables)))
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def write(path: Path) -> None:
    """Write the database that `migrate.upgrade` makes of nothing."""
    path.write_bytes(_migrated())


@cache
def _declared(tables_count: int) -> bytes:
    """Made anew when another module of tables has been imported."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(search_tables.CREATE)
    for each in SQLModel.metadata.sorted_tables:
        connection.execute(str(CreateTable(each).compile(dialect=dialect())))
        for index in sorted(each.indexes, key=lambda index: str(index.name)):
            connection.execute(str(CreateIndex(index).compile(dialect=dialect())))
    for trigger in TRIGGERS:
        connection.execute(trigger)
    return connection.serialize()


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "node.sqlite"
        migrate.upgrade(path)
        return path.read_bytes()
