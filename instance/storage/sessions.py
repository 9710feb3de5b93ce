"""Signed-in browsers as rows. The rule kept here: a session is stored by the SHA-256 of its cookie, and an expired one is found by nobody."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from instance.storage.access_tables import Session
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table


class SessionRow(NamedTuple):
    """A signed-in browser; `csrf` is the token that its forms carry."""

    token_hash: str
    actor_id: int
    csrf: str
    created_at_ms: int
    expires_at_ms: int


_c = columns(Session)
_BY_HASH = Query(
    select(*(_c[name] for name in SessionRow._fields)).where(
        _c.token_hash == bindparam("token_hash"), _c.expires_at_ms > bindparam("now_ms")
    ),
    SessionRow,
)
_INSERT = Command(insert(table(Session)))
_DROP = Command(delete(table(Session)).where(_c.token_hash == bindparam("this_hash")))
_FORGET = Command(delete(table(Session)).where(_c.expires_at_ms <= bindparam("now_ms")))


def by_hash(tx: Tx, token_hash: str) -> SessionRow | None:
    """The session with this hash that has not expired."""
    return tx.first(_BY_HASH, token_hash=token_hash, now_ms=tx.now_ms)


def add(tx: Tx, row: SessionRow) -> None:
    """Write a new session."""
    tx.run(_INSERT, **row._asdict())


def drop(tx: Tx, token_hash: str) -> None:
    """End a session."""
    tx.run(_DROP, this_hash=token_hash)


def forget(tx: Tx) -> int:
    """Drop the sessions that have expired; how many."""
    return tx.run(_FORGET, now_ms=tx.now_ms)
