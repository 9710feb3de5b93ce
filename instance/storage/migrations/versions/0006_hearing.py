"""What people filter, of posts and of notifications. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables of filters, and what a policy about notifications needs."""
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
    op.add_column("notification", sa.Column("group_key", sa.String, nullable=False, server_default=""))
    op.add_column("notification", sa.Column("is_filtered", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "notification_policy",
        sa.Column("owner_id", BIG, primary_key=True),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in (
                "not_following",
                "not_followers",
                "new_accounts",
                "private_mentions",
                "limited_accounts",
            )
        ),
    )
    op.create_table(
        "notification_permission",
        sa.Column("owner_id", BIG, primary_key=True),
        sa.Column("actor_id", BIG, primary_key=True),
    )
    op.create_table(
        "notification_request",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("last_post_id", BIG),
        sa.Column("updated_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_notification_request", "notification_request", ["owner_id", "actor_id"], unique=True)
