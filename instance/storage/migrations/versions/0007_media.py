"""What people say of themselves, and what media need. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("actor", sa.Column("about", sa.String, nullable=False, server_default=""))
    op.add_column("media", sa.Column("purpose", sa.String, nullable=False, server_default="post"))
    op.add_column("media", sa.Column("link_key", sa.String, nullable=False, server_default=""))
    op.add_column("media", sa.Column("thumbnail", sa.String, nullable=False, server_default=""))
    op.add_column("media", sa.Column("thumbnail_size", sa.String, nullable=False, server_default=""))
    op.add_column("media", sa.Column("duration_ms", sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_media_thumbnail", "media", ["thumbnail"])
    op.create_table(
        "emoji",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("shortcode", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("space", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("is_listed", sa.Integer, nullable=False),
        sa.Column("media_id", BIG, sa.ForeignKey("media.id"), nullable=False),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_emoji_shortcode", "emoji", ["shortcode", "host", "space"], unique=True)
    op.create_table(
        "announcement",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("mentions", sa.String, nullable=False),
        sa.Column("starts_at_ms", BIG, nullable=True),
        sa.Column("ends_at_ms", BIG, nullable=True),
        sa.Column("all_day", sa.Integer, nullable=False),
        sa.Column("published_at_ms", BIG, nullable=False),
        sa.Column("updated_at_ms", BIG, nullable=False),
    )
    op.create_table(
        "announcement_read",
        sa.Column("announcement_id", BIG, sa.ForeignKey("announcement.id"), primary_key=True),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    )
    op.create_table(
        "announcement_reaction",
        sa.Column("announcement_id", BIG, sa.ForeignKey("announcement.id"), primary_key=True),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.create_table(
        "follow_request",
        sa.Column("followee_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
        sa.Column("follower_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
        sa.Column("created_at_ms", BIG, nullable=False),
        sa.Column("boosts", sa.Integer, nullable=False),
        sa.Column("notify", sa.Integer, nullable=False),
        sa.Column("languages", sa.String, nullable=False),
    )
    op.create_index("ix_follow_request_follower_id", "follow_request", ["follower_id"])
