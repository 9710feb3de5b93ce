"""What came in, once each, with the rule that decided about it. The rule kept here: an activity's id is taken in once, whoever brings it."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, insert_or_ignore, table
from instance.storage.tables import Received


class ReceivedRow(NamedTuple):
    """An activity that came in: from which host, of what type, and the rule that decided."""

    iri: str
    host: str
    type: str
    rule: str
    at_ms: int


_c = columns(Received)
_ALL = select(*(_c[name] for name in ReceivedRow._fields))
_BY_IRI = Query(_ALL.where(_c.iri == bindparam("iri")), ReceivedRow)
_LATEST = Query(_ALL.order_by(_c.at_ms.desc(), _c.iri).limit(bindparam("limit")), ReceivedRow)
_TAKE = Command(insert_or_ignore(Received))
_DECIDE = Command(
    update(table(Received)).where(_c.iri == bindparam("activity_iri")).values(rule=bindparam("new_rule"))
)
_FORGET = Command(delete(table(Received)).where(_c.at_ms < bindparam("before_ms")))


def by_iri(tx: Tx, iri: str) -> ReceivedRow | None:
    """What was decided about this activity, if it came in."""
    return tx.first(_BY_IRI, iri=iri)


def take(tx: Tx, *, iri: str, host: str, type_: str, rule: str) -> bool:
    """Note that an activity came in and what was decided; False when it had come in before, and nothing is written."""
    return tx.run(_TAKE, iri=iri, host=host, type=type_, rule=rule, at_ms=tx.now_ms) == 1


def decide(tx: Tx, iri: str, *, rule: str) -> None:
    """Note another decision about an activity that came in earlier (a held entry that had its turn)."""
    tx.run(_DECIDE, activity_iri=iri, new_rule=rule)


def latest(tx: Tx, limit: int) -> list[ReceivedRow]:
    """What came in last, newest first."""
    return tx.all(_LATEST, limit=limit)


def forget(tx: Tx, *, before_ms: int) -> int:
    """Drop what came in before a time: by then the log, and the signature's clock, tell a repetition."""
    return tx.run(_FORGET, before_ms=before_ms)
