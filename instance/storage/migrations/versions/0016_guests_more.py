"""For what guest hosts have and have yet to be told, and whom of their people IT keeps out. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# A note is about the post that it stands for, a boost about the post that was boosted.
_ABOUT = """
UPDATE guest_note SET about_iri = CASE kind WHEN 'note' THEN source_iri ELSE coalesce(
    (SELECT boosted.iri FROM post AS boost JOIN post AS boosted ON boosted.id = boost.boost_of_id
     WHERE boost.iri = guest_note.source_iri), '') END
"""


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column("guest_note", sa.Column("about_iri", sa.String(), nullable=False, server_default=""))
    op.add_column("guest_note", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("guest_note", sa.Column("digest", sa.String(), nullable=False, server_default=""))
    op.add_column("guest_note", sa.Column("reworded_at_ms", BIG))
    op.create_index("ix_guest_note_about", "guest_note", ["about_iri"])
    op.create_table(
        "guest_owed",
        sa.Column("host", sa.String, primary_key=True),
        sa.Column("note_id", BIG, primary_key=True),
    )
    op.create_table(
        "guest_blocked",
        sa.Column("iri", sa.String, primary_key=True),
        sa.Column("at_ms", BIG, nullable=False),
    )
    op.execute(_ABOUT)
