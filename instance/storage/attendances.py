"""Who takes part in a milestone, as rows. The rule kept here: a page of posts costs one query; the caller shows only posts that its viewer may read."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from instance.storage.database import Command, Query, Tx
from instance.storage.reaction_tables import Attendance
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Actor


class AttendanceRow(NamedTuple):
    """Somebody takes part. All columns of the table, in order."""

    post_id: int
    actor_id: int
    iri: str
    created_at_ms: int


class Attending(NamedTuple):
    """Somebody who takes part, by name."""

    post_id: int
    actor_id: int
    name: str
    host: str


_row, _actor = columns(Attendance), columns(Actor)
_THIS = (_row.post_id == bindparam("post_id"), _row.actor_id == bindparam("actor_id"))
_ONE = Query(select(*_row).where(*_THIS), AttendanceRow)
_BY_IRI = Query(select(*_row).where(_row.iri == bindparam("iri")), AttendanceRow)
_OF_POSTS = Query(
    select(_row.post_id, _row.actor_id, _actor.display_name, _actor.host)
    .join_from(table(Attendance), table(Actor), _actor.id == _row.actor_id)
    .where(in_list(_row.post_id, "post_ids"))
    .order_by(_row.created_at_ms, _row.actor_id),
    Attending,
)
_ADD = Command(insert_or_ignore(Attendance))
_DROP = Command(delete(Attendance).where(*_THIS))
_FORGET = Command(delete(Attendance).where(_row.post_id == bindparam("post_id")))


def one(tx: Tx, post_id: int, actor_id: int) -> AttendanceRow | None:
    """That person's part in a milestone, when there is one."""
    return tx.first(_ONE, post_id=post_id, actor_id=actor_id)


def by_iri(tx: Tx, iri: str) -> AttendanceRow | None:
    """The part whose Join has that IRI."""
    return tx.first(_BY_IRI, iri=iri)


def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[Attending]]:
    """Who takes part in each of these, by the post's id, first come first."""
    found: dict[int, list[Attending]] = {}
    for row in tx.all(_OF_POSTS, post_ids=array(post_ids)):
        found.setdefault(row.post_id, []).append(row)
    return found


def add(tx: Tx, row: AttendanceRow) -> bool:
    """Write that somebody takes part; False when that is written already."""
    return tx.run(_ADD, **row._asdict()) == 1


def drop(tx: Tx, post_id: int, actor_id: int) -> bool:
    """Write that somebody does not; False when they did not anyway."""
    return tx.run(_DROP, post_id=post_id, actor_id=actor_id) == 1


def forget(tx: Tx, post_id: int) -> None:
    """Remove all that is about a deleted post."""
    tx.run(_FORGET, post_id=post_id)
