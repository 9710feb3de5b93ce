"""Scheduled posts as rows. The rule kept here: a row is its owner's alone, and every question names the owner or is the clock's."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.scheduled_tables import Scheduled, ScheduledMedia
from instance.storage.sql import columns, table
from instance.storage.window import Window, paged

DUE_LIMIT = 100


class ScheduledRow(NamedTuple):
    """A draft (JSON) with the time at which it is published. `refused` is the reason in words why it was not, then."""

    id: int
    owner_id: int
    due_at_ms: int
    draft: str
    idempotency: str
    refused: str
    created_at_ms: int


class _Number(NamedTuple):
    number: int


_scheduled, _kept = columns(Scheduled), columns(ScheduledMedia)
_MINE = _scheduled.owner_id == bindparam("owner_id")
_THIS = _scheduled.id == bindparam("scheduled_id")

_OF_OWNER = paged(select(*_scheduled).where(_MINE), _scheduled.id, ScheduledRow)
_ONE = Query(select(*_scheduled).where(_MINE, _THIS), ScheduledRow)
_BY_KEY = Query(
    select(*_scheduled).where(_MINE, _scheduled.idempotency == bindparam("idempotency")), ScheduledRow
)
_COUNT = Query(
    select(func.count()).where(
        _MINE, _scheduled.due_at_ms >= bindparam("from_ms"), _scheduled.due_at_ms < bindparam("until_ms")
    ),
    _Number,
)
_DUE = Query(
    select(*_scheduled)
    .where(_scheduled.due_at_ms <= bindparam("now_ms"), _scheduled.refused == "")
    .order_by(_scheduled.due_at_ms)
    .limit(DUE_LIMIT),
    ScheduledRow,
)
_INSERT = Command(insert(Scheduled))
_INSERT_MEDIA = Command(insert(ScheduledMedia))
_MOVE = Command(
    update(table(Scheduled)).where(_MINE, _THIS).values(due_at_ms=bindparam("new_due_at_ms"), refused="")
)
_REFUSE = Command(update(table(Scheduled)).where(_THIS).values(refused=bindparam("why")))
_DELETE_MEDIA = Command(delete(ScheduledMedia).where(_kept.scheduled_id == bindparam("scheduled_id")))
_DELETE = Command(delete(Scheduled).where(_THIS))


def of_owner(tx: Tx, owner_id: int, window: Window) -> list[ScheduledRow]:
    """What a person has scheduled, the latest written first."""
    return _OF_OWNER.rows(tx, window, owner_id=owner_id)


def one(tx: Tx, owner_id: int, scheduled_id: int) -> ScheduledRow | None:
    """One of a person's scheduled posts."""
    return tx.first(_ONE, owner_id=owner_id, scheduled_id=scheduled_id)


def by_key(tx: Tx, owner_id: int, key: str) -> ScheduledRow | None:
    """The one that an Idempotency-Key made."""
    return tx.first(_BY_KEY, owner_id=owner_id, idempotency=key)


def count(tx: Tx, owner_id: int, *, from_ms: int, until_ms: int) -> int:
    """How many a person has scheduled for a span of time."""
    found = tx.first(_COUNT, owner_id=owner_id, from_ms=from_ms, until_ms=until_ms)
    return found.number if found else 0


def due(tx: Tx) -> list[ScheduledRow]:
    """Those whose time has come, in that order, DUE_LIMIT at most; what was refused waits for its author."""
    return tx.all(_DUE, now_ms=tx.now_ms)


def add(tx: Tx, row: ScheduledRow, media_ids: Iterable[int]) -> None:
    """Write a new one, and keep its pictures."""
    tx.run(_INSERT, **row._asdict())
    kept: list[Mapping[str, Any]] = [
        {"scheduled_id": row.id, "media_id": media_id} for media_id in dict.fromkeys(media_ids)
    ]
    tx.run_many(_INSERT_MEDIA, kept)


def move(tx: Tx, row: ScheduledRow, *, due_at_ms: int) -> None:
    """Give it another time, and another chance."""
    tx.run(_MOVE, owner_id=row.owner_id, scheduled_id=row.id, new_due_at_ms=due_at_ms)


def refuse(tx: Tx, scheduled_id: int, why: str) -> None:
    """Note why it could not be published at its time."""
    tx.run(_REFUSE, scheduled_id=scheduled_id, why=why)


def remove(tx: Tx, scheduled_id: int) -> None:
    """Remove it; its pictures are free, or in the post."""
    tx.run(_DELETE_MEDIA, scheduled_id=scheduled_id)
    tx.run(_DELETE, scheduled_id=scheduled_id)
