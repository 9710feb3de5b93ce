"""Hashtags, the index of words, and suggestions turned down. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "tag",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "post_tag",
        sa.Column("tag_id", BIG, sa.ForeignKey("tag.id"), primary_key=True),
        sa.Column("space", sa.String, primary_key=True),
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("written", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_post_tag_post", "post_tag", ["post_id"])
    _kept("tag_follow", "ix_tag_follow_owner")
    op.create_index("ix_tag_follow_tag", "tag_follow", ["tag_id"])
    _kept("featured_tag", "ix_featured_tag_owner")
    op.create_table(
        "dismissed_suggestion",
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
        sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    )
    op.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS post_words "
        "USING fts5(facts, words, columnsize=0, tokenize='unicode61 remove_diacritics 0')"
    )
    # The node reads what is there already when it runs.
    op.execute(
        "INSERT INTO meta (key, value) SELECT 'unindexed_below', max(id) + 1 FROM post HAVING max(id) IS NOT NULL"
    )


def _kept(name: str, index: str) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, primary_key=True),
        sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("tag_id", BIG, sa.ForeignKey("tag.id"), nullable=False),
        sa.Column("written", sa.String, nullable=False),
    )
    op.create_index(index, name, ["owner_id", "tag_id"], unique=True)
