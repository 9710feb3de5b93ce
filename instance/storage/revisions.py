"""Alembic at work: runs revisions, compares, drafts. The rule kept here: imported by storage.migrate alone, and only when there is work.

It costs 120 ms and 15 MiB, which a server that finds its database current does without.
"""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from instance.storage import (
    access_tables,
    announcement_tables,
    collection_tables,
    emoji_tables,
    exchange_tables,
    follow_request_tables,
    guest_tables,
    hearing_tables,
    list_tables,
    people_tables,
    poll_tables,
    push_tables,
    scheduled_tables,
    suggestion_tables,
    tables,
    tag_tables,
    talk_tables,
)
from instance.storage.search_tables import is_comparable

SCRIPTS = "instance.storage:migrations"
DECLARED = (  # imported, and so declared to SQLModel
    tables,
    access_tables,
    collection_tables,
    announcement_tables,
    emoji_tables,
    exchange_tables,
    follow_request_tables,
    guest_tables,
    hearing_tables,
    people_tables,
    poll_tables,
    push_tables,
    suggestion_tables,
    tag_tables,
    talk_tables,
    scheduled_tables,
    list_tables,
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
