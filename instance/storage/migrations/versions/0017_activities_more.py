"""Emojis under posts, who takes part in milestones, and reports that went to another company. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables and the column."""
    op.create_table(
        "emoji_reaction",
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("iri", sa.String, nullable=False, unique=True),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.add_column("report", sa.Column("forwarded_at_ms", BIG, nullable=True))
    op.create_table(
        "attendance",
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
        sa.Column("iri", sa.String, nullable=False, unique=True),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
