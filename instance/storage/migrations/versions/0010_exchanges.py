"""Requests that were turned away at the door. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "turned_away",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
    )
    op.create_index("ix_turned_away_host", "turned_away", ["host", "id"])
