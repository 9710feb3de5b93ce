"""Where partners' conversations have their collections, and what is missing of them. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "post_context",
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("context_iri", sa.String, nullable=False),
        sa.Column("history_iri", sa.String, nullable=False),
    )
    op.create_table(
        "missing_parent",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("parent_iri", sa.String, nullable=False, unique=True),
        sa.Column("project_iri", sa.String, nullable=False),
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), nullable=False),
        sa.Column("context_iri", sa.String, nullable=False),
        sa.Column("history_iri", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at_ms", BIG, nullable=False),
        sa.Column("noticed_at_ms", BIG, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'found', 'given_up')"),
    )
    op.create_index("ix_missing_parent_due", "missing_parent", ["state", "due_at_ms"])
    op.create_index("ix_missing_parent_post_id", "missing_parent", ["post_id"])
