"""For the move of a company to another domain, and of a guest's person to another server. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("guest_actor", sa.Column("also_known_as", sa.String(), nullable=False, server_default="[]"))
    op.add_column("guest_actor", sa.Column("moved_to", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_guest_actor_moved_to", "guest_actor", ["moved_to"])
