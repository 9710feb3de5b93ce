"""Posts that quote posts, and who may. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table and the columns. What was written before may be quoted by nobody: its authors were not asked."""
    op.add_column("post", sa.Column("quotes_count", sa.Integer, nullable=False, server_default="0"))
    op.add_column("post", sa.Column("quote_policy", sa.String, nullable=False, server_default="nobody"))
    op.create_table(
        "quote",
        sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("quoted_id", BIG, nullable=True),
        sa.Column("quoted_iri", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("stamp_iri", sa.String, nullable=False),
        sa.CheckConstraint("state IN ('pending', 'accepted', 'rejected', 'revoked')"),
    )
    op.create_index("ix_quote_quoted", "quote", ["quoted_id", "post_id"])
    op.create_index("ix_quote_quoted_iri", "quote", ["quoted_iri"])
