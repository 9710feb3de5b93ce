"""Reports as rows. The rule kept here: which posts a report means is told as ids; whoever looks reads those posts as far as they may read them anyway."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from instance.storage.care_tables import Report, ReportNotice, ReportPost
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Post
from instance.storage.visible import visible_to
from instance.storage.window import Window, paged


class ReportRow(NamedTuple):
    """A report. All columns of the table, in order."""

    id: int
    reporter_id: int
    target_id: int
    category: str
    comment: str
    rules: str
    assigned_id: int | None
    resolved_by_id: int | None
    resolved_at_ms: int | None
    created_at_ms: int
    updated_at_ms: int
    forwarded_at_ms: int | None


class _Id(NamedTuple):
    id: int


class _Meant(NamedTuple):
    report_id: int
    post_id: int


class _Notice(NamedTuple):
    notification_id: int
    report_id: int


_CHANGED = (
    "category",
    "rules",
    "assigned_id",
    "resolved_by_id",
    "resolved_at_ms",
    "updated_at_ms",
    "forwarded_at_ms",
)
_r, _meant, _notice, _post = columns(Report), columns(ReportPost), columns(ReportNotice), columns(Post)
_posts = table(Post)
_MAY_READ = Query(
    select(_post.id)
    .where(
        in_list(_post.id, "post_ids"),
        visible_to(_posts),
        or_(bindparam("author_id") == 0, _post.author_id == bindparam("author_id")),
    )
    .order_by(_post.id),
    _Id,
)
_BY_ID = Query(select(*_r).where(_r.id == bindparam("report_id")), ReportRow)
_BY_IDS = Query(select(*_r).where(in_list(_r.id, "report_ids")), ReportRow)
_LIST = paged(
    select(*_r).where(
        or_(
            and_(bindparam("resolved") == 0, _r.resolved_at_ms.is_(None)),
            and_(bindparam("resolved") == 1, _r.resolved_at_ms.is_not(None)),
        ),
        or_(bindparam("reporter_id") == 0, _r.reporter_id == bindparam("reporter_id")),
        or_(bindparam("target_id") == 0, _r.target_id == bindparam("target_id")),
    ),
    _r.id,
    ReportRow,
)
_OPEN_ABOUT = Query(
    select(_r.id).where(_r.target_id == bindparam("target_id"), _r.resolved_at_ms.is_(None)), _Id
)
_OPEN = Query(select(func.count()).where(_r.resolved_at_ms.is_(None)), _Id)
_MEANT = Query(
    select(*_meant).where(in_list(_meant.report_id, "report_ids")).order_by(_meant.post_id), _Meant
)
_NOTICES = Query(select(*_notice).where(in_list(_notice.notification_id, "notification_ids")), _Notice)
_ADD = Command(insert(table(Report)))
_ADD_POST = Command(insert_or_ignore(ReportPost))
_ADD_NOTICE = Command(insert_or_ignore(ReportNotice))
_PUT = Command(
    update(table(Report))
    .where(_r.id == bindparam("report_id"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)


def readable(tx: Tx, viewer_id: int, post_ids: Iterable[int], *, author_id: int = 0) -> list[int]:
    """Which of these posts the viewer may read, perhaps of one author only; oldest first."""
    found = tx.all(_MAY_READ, viewer_id=viewer_id, post_ids=array(post_ids), author_id=author_id)
    return [row.id for row in found]


def by_id(tx: Tx, report_id: int) -> ReportRow | None:
    """The report of that id."""
    return tx.first(_BY_ID, report_id=report_id)


def page(
    tx: Tx, window: Window, *, resolved: bool = False, reporter_id: int = 0, target_id: int = 0
) -> list[ReportRow]:
    """Reports that are open, or resolved, newest first; perhaps by one person, perhaps about one."""
    return _LIST.rows(tx, window, resolved=int(resolved), reporter_id=reporter_id, target_id=target_id)


def open_about(tx: Tx, target_id: int) -> list[int]:
    """Ids of the open reports about a person."""
    return [row.id for row in tx.all(_OPEN_ABOUT, target_id=target_id)]


def open_count(tx: Tx) -> int:
    """How many reports wait."""
    found = tx.first(_OPEN)
    return found.id if found else 0


def posts_of(tx: Tx, report_ids: Iterable[int]) -> dict[int, list[int]]:
    """Ids of the posts that each of these reports means, whoever asks."""
    meant: dict[int, list[int]] = {}
    for row in tx.all(_MEANT, report_ids=array(report_ids)):
        meant.setdefault(row.report_id, []).append(row.post_id)
    return meant


def of_notifications(tx: Tx, notification_ids: Iterable[int]) -> dict[int, ReportRow]:
    """The reports of which these notifications tell, by the notification's id."""
    told = {
        row.notification_id: row.report_id
        for row in tx.all(_NOTICES, notification_ids=array(notification_ids))
    }
    if not told:
        return {}
    found = {row.id: row for row in tx.all(_BY_IDS, report_ids=array(set(told.values())))}
    return {notification_id: found[report_id] for notification_id, report_id in told.items()}


def add(tx: Tx, row: ReportRow, post_ids: Iterable[int]) -> None:
    """Write a new report."""
    tx.run(_ADD, **row._asdict())
    tx.run_many(_ADD_POST, [{"report_id": row.id, "post_id": post_id} for post_id in post_ids])


def add_notices(tx: Tx, report_id: int, notification_ids: Iterable[int]) -> None:
    """Write which notifications tell of a report."""
    tx.run_many(_ADD_NOTICE, [{"notification_id": one, "report_id": report_id} for one in notification_ids])


def put(tx: Tx, row: ReportRow) -> None:
    """Write what IT has changed of a report."""
    tx.run(_PUT, report_id=row.id, **{f"new_{name}": getattr(row, name) for name in _CHANGED})
