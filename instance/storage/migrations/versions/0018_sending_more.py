"""When a host was found to take the form of signature that it takes, and when it showed us a key. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("peer", sa.Column("form_at_ms", whole, nullable=False, server_default="0"))
    op.add_column("actor_key", sa.Column("asked_at_ms", whole))
