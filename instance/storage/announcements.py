"""Announcements as rows. The rule kept here: all that are shown, with everybody's reactions, cost a fixed number of queries."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, case, delete, func, insert, or_, select

from instance.storage.announcement_tables import Announcement, AnnouncementReaction, AnnouncementRead
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table


class AnnouncementRow(NamedTuple):
    """An announcement. All columns of the table, in order."""

    id: int
    content: str
    mentions: str
    starts_at_ms: int | None
    ends_at_ms: int | None
    all_day: int
    published_at_ms: int
    updated_at_ms: int


class ReactionCount(NamedTuple):
    """How many think so of an announcement, and whether the viewer does."""

    announcement_id: int
    name: str
    people: int
    is_mine: int


class _Id(NamedTuple):
    id: int


_row, _read, _reaction = columns(Announcement), columns(AnnouncementRead), columns(AnnouncementReaction)
_THIS = _row.id == bindparam("announcement_id")
_BY_ID = Query(select(*_row).where(_THIS), AnnouncementRow)
_SHOWN = Query(
    select(*_row)
    .where(or_(_row.ends_at_ms.is_(None), _row.ends_at_ms > bindparam("now_ms")))
    .order_by(func.coalesce(_row.starts_at_ms, _row.published_at_ms), _row.id),
    AnnouncementRow,
)
_ALL = Query(select(*_row).order_by(_row.id), AnnouncementRow)
_READ_BY = Query(
    select(_read.announcement_id).where(
        _read.actor_id == bindparam("actor_id"), in_list(_read.announcement_id, "announcement_ids")
    ),
    _Id,
)
_COUNTS = Query(
    select(
        _reaction.announcement_id,
        _reaction.name,
        func.count(),
        func.max(case((_reaction.actor_id == bindparam("actor_id"), 1), else_=0)),
    )
    .where(in_list(_reaction.announcement_id, "announcement_ids"))
    .group_by(_reaction.announcement_id, _reaction.name)
    .order_by(func.min(_reaction.created_at_ms), _reaction.name),
    ReactionCount,
)
_INSERT = Command(insert(table(Announcement)))
_MARK_READ = Command(insert_or_ignore(AnnouncementRead))
_REACT = Command(insert_or_ignore(AnnouncementReaction))
_UNREACT = Command(
    delete(table(AnnouncementReaction)).where(
        _reaction.announcement_id == bindparam("announcement_id"),
        _reaction.actor_id == bindparam("actor_id"),
        _reaction.name == bindparam("name"),
    )
)
_DELETE_READ = Command(
    delete(table(AnnouncementRead)).where(_read.announcement_id == bindparam("announcement_id"))
)
_DELETE_REACTIONS = Command(
    delete(table(AnnouncementReaction)).where(_reaction.announcement_id == bindparam("announcement_id"))
)
_DELETE = Command(delete(table(Announcement)).where(_THIS))


def by_id(tx: Tx, announcement_id: int) -> AnnouncementRow | None:
    """The announcement, whether it is still shown or not."""
    return tx.first(_BY_ID, announcement_id=announcement_id)


def shown(tx: Tx) -> list[AnnouncementRow]:
    """Those that have not ended, in the order of their beginning."""
    return tx.all(_SHOWN, now_ms=tx.now_ms)


def all_of(tx: Tx) -> list[AnnouncementRow]:
    """Those that have ended as well, oldest first."""
    return tx.all(_ALL)


def read_by(tx: Tx, actor_id: int, announcement_ids: Iterable[int]) -> frozenset[int]:
    """Which of these somebody has read."""
    rows = tx.all(_READ_BY, actor_id=actor_id, announcement_ids=array(announcement_ids))
    return frozenset(row.id for row in rows)


def reactions(tx: Tx, announcement_ids: Iterable[int], viewer_id: int) -> list[ReactionCount]:
    """What everybody thinks of these, the first reaction first."""
    return tx.all(_COUNTS, announcement_ids=array(announcement_ids), actor_id=viewer_id)


def insert_one(tx: Tx, row: AnnouncementRow) -> None:
    """Write a new announcement."""
    tx.run(_INSERT, **row._asdict())


def mark_read(tx: Tx, announcement_id: int, actor_id: int) -> None:
    """Note that somebody has read it."""
    tx.run(_MARK_READ, announcement_id=announcement_id, actor_id=actor_id)


def react(tx: Tx, announcement_id: int, actor_id: int, name: str) -> bool:
    """Write a reaction; False when it is there already."""
    facts = {"announcement_id": announcement_id, "actor_id": actor_id, "name": name}
    return tx.run(_REACT, **facts, created_at_ms=tx.now_ms) == 1


def unreact(tx: Tx, announcement_id: int, actor_id: int, name: str) -> bool:
    """Take a reaction back; False when there is none."""
    return tx.run(_UNREACT, announcement_id=announcement_id, actor_id=actor_id, name=name) == 1


def remove(tx: Tx, announcement_id: int) -> None:
    """Remove an announcement with all that hangs on it."""
    for command in (_DELETE_READ, _DELETE_REACTIONS, _DELETE):
        tx.run(command, announcement_id=announcement_id)
