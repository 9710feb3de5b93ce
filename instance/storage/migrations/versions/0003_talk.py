"""Polls and their votes; posts for later; lists; conversations. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, and the conversations of the direct posts that are there, as read."""
    op.create_table(
        "poll",
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("multiple", sa.Integer, nullable=False),
        sa.Column("hide_totals", sa.Integer, nullable=False),
        sa.Column("ends_at_ms", BIG, nullable=True),
        sa.Column("titles", sa.String, nullable=False),
        sa.Column("counts", sa.String, nullable=False),
        sa.Column("voters_count", sa.Integer, nullable=False),
        sa.Column("ended", sa.Integer, nullable=False),
    )
    op.create_index("ix_poll_due", "poll", ["ended", "ends_at_ms"])
    op.create_table(
        "poll_vote",
        sa.Column("post_id", BIG, sa.ForeignKey("poll.post_id"), primary_key=True),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
        sa.Column("choice", sa.Integer, primary_key=True),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.create_table(
        "scheduled",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("due_at_ms", BIG, nullable=False),
        sa.Column("draft", sa.String, nullable=False),
        sa.Column("idempotency", sa.String, nullable=False),
        sa.Column("refused", sa.String, nullable=False),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_scheduled_owner", "scheduled", ["owner_id", "id"])
    op.create_index("ix_scheduled_due", "scheduled", ["due_at_ms"])
    op.create_table(
        "scheduled_media",
        sa.Column("scheduled_id", BIG, sa.ForeignKey("scheduled.id"), primary_key=True),
        sa.Column("media_id", BIG, sa.ForeignKey("media.id"), primary_key=True),
    )
    op.create_index("ix_scheduled_media_media_id", "scheduled_media", ["media_id"])
    op.create_table(
        "own_list",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("replies_policy", sa.String, nullable=False),
        sa.Column("exclusive", sa.Integer, nullable=False),
        sa.CheckConstraint("replies_policy IN ('followed', 'list', 'none')"),
    )
    op.create_index("ix_own_list_owner_id", "own_list", ["owner_id"])
    op.create_table(
        "listed_actor",
        sa.Column("list_id", BIG, sa.ForeignKey("own_list.id"), primary_key=True),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    )
    op.create_index("ix_listed_actor_actor_id", "listed_actor", ["actor_id"])
    op.create_table(
        "conversation",
        sa.Column("owner_id", BIG, primary_key=True),
        sa.Column("thread_id", BIG, primary_key=True),
        sa.Column("last_post_id", BIG, sa.ForeignKey("post.id"), nullable=False),
        sa.Column("unread", sa.Integer, nullable=False),
    )
    op.create_index("ix_conversation_owner", "conversation", ["owner_id", "last_post_id"])
    op.create_index("ix_conversation_last", "conversation", ["last_post_id"])
    op.execute(GATHER)


GATHER = """
    INSERT INTO conversation (owner_id, thread_id, last_post_id, unread)
    SELECT party.actor_id, post.thread_id, MAX(post.id), 0
    FROM post
    JOIN (
        SELECT id AS post_id, author_id AS actor_id FROM post
        UNION SELECT post_id, actor_id FROM mention
    ) AS party ON party.post_id = post.id
    JOIN timeline_entry ON timeline_entry.post_id = post.id AND timeline_entry.owner_id = party.actor_id
    WHERE post.space = 'internal' AND post.visibility = 'direct' AND post.deleted_at_ms IS NULL
    GROUP BY party.actor_id, post.thread_id
"""
