"""Where a person stands: read markers and idempotency keys. The rule kept here: both are private to their owner."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table, upsert
from instance.storage.tables import Idempotency, Marker

_marker, _key = columns(Marker), columns(Idempotency)


class MarkerRow(NamedTuple):
    """How far an employee has read a timeline ("home", "notifications")."""

    owner_id: int
    timeline: str
    last_read_id: str
    version: int
    updated_at_ms: int


class _PostId(NamedTuple):
    post_id: int


_MARKERS = Query(
    select(*_marker).where(_marker.owner_id == bindparam("owner_id"), in_list(_marker.timeline, "timelines")),
    MarkerRow,
)
_SET = Command(upsert(Marker, ["owner_id", "timeline"], ["last_read_id", "version", "updated_at_ms"]))
_POST = Query(
    select(_key.post_id).where(_key.owner_id == bindparam("owner_id"), _key.key == bindparam("key")), _PostId
)
_REMEMBER = Command(insert_or_ignore(Idempotency))
_FORGET = Command(delete(table(Idempotency)).where(_key.created_at_ms < bindparam("before_ms")))


def markers(tx: Tx, owner_id: int, timelines: Iterable[str]) -> list[MarkerRow]:
    """The owner's markers of these timelines, as far as they are set."""
    return tx.all(_MARKERS, owner_id=owner_id, timelines=array(timelines))


def set_marker(tx: Tx, owner_id: int, timeline: str, last_read_id: str) -> MarkerRow:
    """Move a marker and count its version up."""
    before = next(iter(markers(tx, owner_id, [timeline])), None)
    row = MarkerRow(owner_id, timeline, last_read_id, before.version + 1 if before else 1, tx.now_ms)
    tx.run(_SET, **row._asdict())
    return row


def post_for_key(tx: Tx, owner_id: int, key: str) -> int | None:
    """Id of the post that this Idempotency-Key made."""
    found = tx.first(_POST, owner_id=owner_id, key=key)
    return found.post_id if found else None


def remember_key(tx: Tx, owner_id: int, key: str, post_id: int) -> None:
    """Keep which post this Idempotency-Key made."""
    tx.run(_REMEMBER, owner_id=owner_id, key=key, post_id=post_id, created_at_ms=tx.now_ms)


def forget_keys(tx: Tx, *, before_ms: int) -> int:
    """Drop the Idempotency-Keys that came before a time; how many."""
    return tx.run(_FORGET, before_ms=before_ms)
