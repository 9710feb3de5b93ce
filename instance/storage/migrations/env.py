"""Called by Alembic: runs the revisions on the connection that storage.migrate opened, inside its transaction."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import BigInteger
from sqlmodel import AutoString

from instance.storage.search_tables import is_comparable
from instance.storage.tables import Meta


def _render(kind: str, thing: Any, _: AutogenContext) -> str | Literal[False]:
    """How a draft writes types: a revision should not depend on SQLModel; BIG stands in its template."""
    if kind == "type" and isinstance(thing, AutoString):
        return "sa.String()"
    return "BIG" if kind == "type" and isinstance(thing, BigInteger) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Meta.metadata,
    include_object=is_comparable,
    render_as_batch=True,
    render_item=_render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
