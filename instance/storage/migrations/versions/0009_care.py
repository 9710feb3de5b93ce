"""Reports to the company's own IT. A snapshot: it stays as it was when the declared tables move on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "report",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("reporter_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("target_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("comment", sa.String, nullable=False),
        sa.Column("rules", sa.String, nullable=False),
        sa.Column("assigned_id", BIG, nullable=True),
        sa.Column("resolved_by_id", BIG, nullable=True),
        sa.Column("resolved_at_ms", BIG, nullable=True),
        sa.Column("created_at_ms", BIG, nullable=False),
        sa.Column("updated_at_ms", BIG, nullable=False),
        sa.CheckConstraint("category IN ('spam', 'legal', 'violation', 'other')"),
    )
    op.create_index("ix_report_target", "report", ["target_id", "id"])
    op.create_table(
        "report_post",
        sa.Column("report_id", BIG, sa.ForeignKey("report.id"), primary_key=True),
        sa.Column("post_id", BIG, primary_key=True),
    )
    op.create_table(
        "report_notice",
        sa.Column("notification_id", BIG, primary_key=True),
        sa.Column("report_id", BIG, sa.ForeignKey("report.id"), nullable=False),
    )
    op.create_index("ix_report_notice_report_id", "report_notice", ["report_id"])
