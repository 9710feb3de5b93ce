"""Posts that were answered and are not here, as rows. The rule kept here: one row for a post, however many answer it, and it says how often it was looked for."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table, upsert
from instance.storage.tables import Post
from instance.storage.thread_tables import MissingParent

WAITING, FOUND, GIVEN_UP = "waiting", "found", "given_up"


class MissingRow(NamedTuple):
    """A post that is not here. All columns of the table, in order."""

    id: int
    parent_iri: str
    project_iri: str
    post_id: int
    context_iri: str
    history_iri: str
    state: str
    tries: int
    due_at_ms: int
    noticed_at_ms: int


class _Count(NamedTuple):
    number: int


class _Due(NamedTuple):
    at_ms: int | None


_c, _post = columns(MissingParent), columns(Post)
_BY_IRI = Query(select(*_c).where(_c.parent_iri == bindparam("iri")), MissingRow)
_BY_ID = Query(select(*_c).where(_c.id == bindparam("row_id")), MissingRow)
_WAITS = _c.state == WAITING
_DUE = Query(
    select(*_c)
    .where(_WAITS, _c.due_at_ms <= bindparam("now_ms"))
    .order_by(_c.due_at_ms, _c.id)
    .limit(bindparam("limit")),
    MissingRow,
)
_NEXT = Query(select(func.min(_c.due_at_ms)).where(_WAITS), _Due)
_WAITING = Query(
    select(func.count())
    .select_from(table(MissingParent))
    .where(_WAITS, _c.project_iri == bindparam("of_project")),
    _Count,
)
_OF_THREAD = Query(
    select(*_c)
    .join_from(table(Post), table(MissingParent), _c.parent_iri == _post.in_reply_to_iri)
    .where(_post.thread_id == bindparam("of_thread"), _WAITS, _c.noticed_at_ms > bindparam("since_ms"))
    .limit(1),
    MissingRow,
)
_PUT = Command(
    upsert(
        MissingParent,
        ["parent_iri"],
        ["post_id", "context_iri", "history_iri", "state", "tries", "due_at_ms", "noticed_at_ms"],
    )
)
_TRY = Command(
    update(table(MissingParent))
    .where(_c.id == bindparam("row_id"))
    .values(tries=_c.tries + 1, due_at_ms=bindparam("next_at_ms"))
)
_SETTLE = Command(
    update(table(MissingParent))
    .where(_c.parent_iri == bindparam("iri"), _WAITS)
    .values(state=bindparam("new_state"))
)
_FORGET = Command(delete(table(MissingParent)).where(~_WAITS, _c.noticed_at_ms < bindparam("before_ms")))


def by_iri(tx: Tx, parent_iri: str) -> MissingRow | None:
    """What is known of a post as one that is missing."""
    return tx.first(_BY_IRI, iri=parent_iri)


def by_id(tx: Tx, row_id: int) -> MissingRow | None:
    """The row with this id."""
    return tx.first(_BY_ID, row_id=row_id)


def due(tx: Tx, limit: int) -> list[MissingRow]:
    """Those that are to be looked for now, longest due first."""
    return tx.all(_DUE, now_ms=tx.now_ms, limit=limit)


def next_due_ms(tx: Tx) -> int | None:
    """When the next is to be looked for; None when there is none."""
    found = tx.first(_NEXT)
    return None if found is None else found.at_ms


def waiting(tx: Tx, project_iri: str) -> int:
    """How many of a project are looked for."""
    found = tx.first(_WAITING, of_project=project_iri)
    return 0 if found is None else found.number


def of_thread(tx: Tx, thread_id: int, *, since_ms: int) -> MissingRow | None:
    """The post that a conversation waits for since then, if it waits for one."""
    return tx.first(_OF_THREAD, of_thread=thread_id, since_ms=since_ms)


def put(tx: Tx, row: MissingRow) -> None:
    """Write that a post is missing, in place of what was written of it before."""
    tx.run(_PUT, **row._asdict())


def count_try(tx: Tx, row_id: int, *, next_at_ms: int) -> None:
    """Write that a post is looked for now, and when it is again."""
    tx.run(_TRY, row_id=row_id, next_at_ms=next_at_ms)


def settle(tx: Tx, parent_iri: str, state: str) -> None:
    """Write that a post is looked for no more, since it was found or given up."""
    tx.run(_SETTLE, iri=parent_iri, new_state=state)


def forget(tx: Tx, *, before_ms: int) -> int:
    """Drop what was noticed before a time and is looked for no more."""
    return tx.run(_FORGET, before_ms=before_ms)
