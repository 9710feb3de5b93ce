"""When a key ceases to sign. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column."""
    op.add_column("actor_key", sa.Column("ends_at_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
