"""For the move of a company to another domain, and of a guest's person to another server. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and the table."""
    op.create_table(
        "other_name",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("to_host", sa.String(), nullable=False),
        sa.Column("to_base", sa.String(), nullable=False),
        sa.Column("is_coming", sa.Integer(), nullable=False),
        sa.Column("since_ms", BIG, nullable=False),
        sa.Column("until_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("host"),
    )
    op.create_index("ix_other_name_to_host", "other_name", ["to_host"])
    op.add_column("guest_actor", sa.Column("also_known_as", sa.String(), nullable=False, server_default="[]"))
    op.add_column("guest_actor", sa.Column("moved_to", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_guest_actor_moved_to", "guest_actor", ["moved_to"])
