"""What people filter. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables of filters."""
    op.create_table(
        "filter",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("contexts", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("ends_at_ms", BIG),
        sa.Column("is_over", sa.Integer, nullable=False),
    )
    op.create_index("ix_filter_owner_id", "filter", ["owner_id"])
    op.create_table(
        "filter_keyword",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("filter_id", BIG, sa.ForeignKey("filter.id"), nullable=False),
        sa.Column("keyword", sa.String, nullable=False),
        sa.Column("whole_word", sa.Integer, nullable=False),
    )
    op.create_index("ix_filter_keyword_filter_id", "filter_keyword", ["filter_id"])
    op.create_table(
        "filter_post",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("filter_id", BIG, sa.ForeignKey("filter.id"), nullable=False),
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), nullable=False),
    )
    op.create_index("ix_filter_post_filter_id", "filter_post", ["filter_id"])
    op.create_index("ix_filter_post_post_id", "filter_post", ["post_id"])
