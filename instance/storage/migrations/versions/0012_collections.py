"""Collections of accounts. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "collection",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("language", sa.String),
        sa.Column("tag", sa.String, nullable=False),
        sa.Column("sensitive", sa.Integer, nullable=False),
        sa.Column("discoverable", sa.Integer, nullable=False),
        sa.Column("created_at_ms", BIG, nullable=False),
        sa.Column("updated_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_collection_owner_id", "collection", ["owner_id"])
    op.create_table(
        "collection_item",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("collection_id", BIG, sa.ForeignKey("collection.id"), nullable=False),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("has_left", sa.Integer, nullable=False),
    )
    op.create_index("ix_collection_item", "collection_item", ["collection_id", "actor_id"], unique=True)
    op.create_index("ix_collection_item_actor_id", "collection_item", ["actor_id"])
