"""Guest hosts: who they are, who follows from there, what they have and what they said. A snapshot, as all revisions are."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "guest",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("project_iri", sa.String, nullable=False),
        sa.Column("label", sa.Integer, nullable=False),
        sa.Column("allowed_at_ms", BIG, nullable=False),
        sa.Column("ends_at_ms", BIG),
        sa.Column("revoked_at_ms", BIG),
        sa.Column("taken_back_to", BIG, nullable=False),
    )
    op.create_index("ix_guest_host", "guest", ["host"])
    op.create_index("ix_guest_place", "guest", ["project_iri", "host"], unique=True)
    op.create_table(
        "guest_actor",
        sa.Column("iri", sa.String, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("username", sa.String, nullable=False),
        sa.Column("display_name", sa.String, nullable=False),
        sa.Column("inbox", sa.String, nullable=False),
        sa.Column("shared_inbox", sa.String, nullable=False),
        sa.Column("seen_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_guest_actor_host", "guest_actor", ["host"])
    op.create_table(
        "guest_follower",
        sa.Column("project_iri", sa.String, primary_key=True),
        sa.Column("actor_iri", sa.String, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("inbox", sa.String, nullable=False),
        sa.Column("follow_iri", sa.String, nullable=False),
        sa.Column("since_ms", BIG, nullable=False),
        sa.Column("ended_at_ms", BIG),
    )
    op.create_index(
        "ix_guest_follower_inbox", "guest_follower", ["project_iri", "host", "inbox", "ended_at_ms"]
    )
    op.create_table(
        "guest_note",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("iri", sa.String, nullable=False, unique=True),
        sa.Column("project_iri", sa.String, nullable=False),
        sa.Column("source_iri", sa.String, nullable=False, unique=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("created_at_ms", BIG, nullable=False),
        sa.Column("deleted_at_ms", BIG),
        sa.CheckConstraint("kind IN ('note', 'boost')"),
    )
    op.create_index("ix_guest_note_project", "guest_note", ["project_iri", "id"])
    op.create_table(
        "guest_reply",
        sa.Column("note_iri", sa.String, primary_key=True),
        sa.Column("post_iri", sa.String, nullable=False, unique=True),
        sa.Column("project_iri", sa.String, nullable=False),
        sa.Column("actor_iri", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("created_at_ms", BIG, nullable=False),
    )
    op.create_index("ix_guest_reply_lately", "guest_reply", ["host", "created_at_ms"])
