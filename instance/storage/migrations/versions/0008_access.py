"""Where apps want to be told that something happened. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "push_subscription",
        sa.Column("id", BIG, primary_key=True),
        sa.Column(
            "token_id",
            BIG,
            sa.ForeignKey("oauth_token.id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("endpoint", sa.String, nullable=False),
        sa.Column("p256dh", sa.String, nullable=False),
        sa.Column("auth", sa.String, nullable=False),
        sa.Column("standard", sa.Integer, nullable=False),
        sa.Column("alerts", sa.String, nullable=False),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("token", sa.String, nullable=False),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_push_subscription_owner_id", "push_subscription", ["owner_id"])
    op.create_table(
        "push_waiting",
        sa.Column(
            "notification_id", BIG, sa.ForeignKey("notification.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "subscription_id",
            BIG,
            sa.ForeignKey("push_subscription.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at_ms", BIG, nullable=False),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_push_waiting_due_at_ms", "push_waiting", ["due_at_ms"])
    op.create_index("ix_push_waiting_subscription_id", "push_waiting", ["subscription_id"])
