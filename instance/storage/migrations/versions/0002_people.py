"""What people decide for themselves: pins, mutes, blocks, notes. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, and to a follow how it is meant."""
    _table("pin", _person("actor_id"), sa.Column("post_id", BIG, sa.ForeignKey("post.id"), nullable=False))
    op.create_index("ix_pin", "pin", ["actor_id", "post_id"], unique=True)
    op.create_index("ix_pin_post_id", "pin", ["post_id"])
    op.create_table(
        "thread_mute",
        sa.Column("owner_id", BIG, primary_key=True),
        sa.Column("thread_id", BIG, primary_key=True),
    )
    op.create_index("ix_thread_mute_thread_id", "thread_mute", ["thread_id"])
    _between("mute", sa.Column("notifications", sa.Integer, nullable=False), sa.Column("until_ms", BIG))
    op.create_index("ix_mute_until", "mute", ["until_ms"])
    _between("block")
    _between("endorsement")
    _table("domain_block", _person("owner_id"), sa.Column("host", sa.String, nullable=False))
    op.create_index("ix_domain_block", "domain_block", ["owner_id", "host"], unique=True)
    op.create_index("ix_domain_block_host", "domain_block", ["host"])
    op.create_table(
        "account_note",
        sa.Column("owner_id", BIG, primary_key=True),
        sa.Column("actor_id", BIG, primary_key=True),
        sa.Column("words", sa.String, nullable=False),
    )
    op.add_column("follow", sa.Column("boosts", sa.Integer, nullable=False, server_default="1"))
    op.add_column("follow", sa.Column("notify", sa.Integer, nullable=False, server_default="0"))
    op.add_column("follow", sa.Column("languages", sa.String, nullable=False, server_default=""))


def _between(name: str, *columns: "sa.Column[object]") -> None:
    """A table of what one person decides about another."""
    _table(name, _person("owner_id"), _person("actor_id"), *columns)
    op.create_index(f"ix_{name}", name, ["owner_id", "actor_id"], unique=True)
    op.create_index(f"ix_{name}_actor_id", name, ["actor_id"])


def _table(name: str, *columns: "sa.Column[object]") -> None:
    op.create_table(name, sa.Column("id", BIG, primary_key=True), *columns)


def _person(name: str) -> "sa.Column[object]":
    return sa.Column(name, BIG, sa.ForeignKey("actor.id"), nullable=False)
