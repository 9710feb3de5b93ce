"""What came in, with the rule that decided about it. The rule kept here: what was taken in once is never taken in again, whoever brings it."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table, upsert
from instance.storage.tables import Received

_TAKEN_BELOW = 300


class ReceivedRow(NamedTuple):
    """An activity that came in: from which host, of what type, what we answered (an HTTP status), and the rule that decided."""

    iri: str
    host: str
    type: str
    status: int
    rule: str
    at_ms: int


_c = columns(Received)
_ALL = select(*(_c[name] for name in ReceivedRow._fields))
_BY_IRI = Query(_ALL.where(_c.iri == bindparam("iri")), ReceivedRow)
_LATEST = Query(_ALL.order_by(_c.at_ms.desc(), _c.iri).limit(bindparam("limit")), ReceivedRow)
_RECORD = Command(upsert(Received, ["iri"], ["host", "type", "status", "rule", "at_ms"]))
_FORGET = Command(delete(table(Received)).where(_c.at_ms < bindparam("before_ms")))


def by_iri(tx: Tx, iri: str) -> ReceivedRow | None:
    """What was decided about this activity, if it came in."""
    return tx.first(_BY_IRI, iri=iri)


def is_taken(tx: Tx, iri: str) -> bool:
    """Whether this activity was taken in (ignoring it is a way of taking it in; refusing it is not)."""
    found = by_iri(tx, iri)
    return found is not None and found.status < _TAKEN_BELOW


def record(tx: Tx, row: ReceivedRow) -> None:
    """Write what was decided about an activity, in place of an earlier decision. The caller has asked `is_taken`."""
    tx.run(_RECORD, **row._asdict())


def latest(tx: Tx, limit: int) -> list[ReceivedRow]:
    """What came in last, newest first."""
    return tx.all(_LATEST, limit=limit)


def forget(tx: Tx, *, before_ms: int) -> int:
    """Drop what came in before a time; the log still knows its entries, and a signature of that age is refused by the clock."""
    return tx.run(_FORGET, before_ms=before_ms)
