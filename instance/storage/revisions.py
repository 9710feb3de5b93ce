"""Alembic at work: runs revisions, compares, drafts. The rule kept here: imported by storage.migrate alone, and only when there is work.

It costs 120 ms and 15 MiB, which a server that finds its database current does without.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from instance.storage.search_tables import is_comparable

SCRIPTS = "instance.storage:migrations"
# Every module of tables, imported and so declared to SQLModel: one that were left out would be taken for tables to drop.
DECLARED = tuple(
    import_module(f"instance.storage.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("*tables.py"))
)


def known() -> set[str]:
    """Every revision there is."""
    return {script.revision for script in ScriptDirectory.from_config(_settings()).walk_revisions()}


def run(connection: Connection) -> None:
    """Bring the database to the newest revision."""
    command.upgrade(_settings(connection=connection), "head")


def compare(connection: Connection) -> list[Any]:
    """What the declared tables have that the database has not, and the other way round."""
    return list(
        compare_metadata(
            MigrationContext.configure(connection, opts={"include_object": is_comparable}), SQLModel.metadata
        )
    )


def draft(connection: Connection, message: str) -> None:
    """Write a revision from the database to the declared tables."""
    number = len(known()) + 1
    command.revision(_settings(connection=connection), message, autogenerate=True, rev_id=f"{number:04}")


def _settings(**attributes: object) -> AlembicConfig:
    settings = AlembicConfig(attributes=attributes)
    settings.set_main_option("script_location", SCRIPTS)
    return settings
