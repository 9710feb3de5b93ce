"""What people report to their own IT, or IT of a partner to ours. The rule kept here: a report says which posts are meant, not what stands in them."""

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from instance.storage.tables import big


class Report(SQLModel, table=True):
    """What one of our people, or a partner's node, told IT of somebody; `rules` the ids of the rules meant, words. Open until `resolved_at_ms`.

    `forwarded_at_ms` is when the company of the person it is about was told.
    """

    __table_args__ = (
        CheckConstraint("category IN ('spam', 'legal', 'violation', 'other')"),
        Index("ix_report_target", "target_id", "id"),
    )
    id: int = big(primary_key=True)
    reporter_id: int = big(foreign_key="actor.id")
    target_id: int = big(foreign_key="actor.id")
    category: str
    comment: str
    rules: str = ""
    assigned_id: int | None = big(default=None)
    resolved_by_id: int | None = big(default=None)
    resolved_at_ms: int | None = big(default=None)
    created_at_ms: int = big()
    updated_at_ms: int = big()
    forwarded_at_ms: int | None = big(default=None)


class ReportPost(SQLModel, table=True):
    """A post that a report means."""

    __tablename__ = "report_post"
    report_id: int = big(primary_key=True, foreign_key="report.id")
    post_id: int = big(primary_key=True)


class ReportNotice(SQLModel, table=True):
    """The notification by which an administrator heard of a report."""

    __tablename__ = "report_notice"
    notification_id: int = big(primary_key=True)
    report_id: int = big(foreign_key="report.id", index=True)
