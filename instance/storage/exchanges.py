"""The last exchanges with a host, both ways, from the tables that keep them. The rule kept here: read only, but for what was turned away at the door."""

from heapq import nlargest
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, case, delete, func, insert, literal, null, select

from instance import ids
from instance.storage.database import Command, Query, Tx
from instance.storage.exchange_tables import TurnedAway
from instance.storage.sql import columns, table
from instance.storage.tables import Delivery, LedgerLine, Outgoing, Received

TURNED_AWAY_KEPT = 100  # for each host
CAME, WENT, ASKED, SHOWN = "came", "went", "asked", "shown"


class Exchange(NamedTuple):
    """One exchange. `way` is seen from here: an activity CAME or WENT; we ASKED for something, or something was SHOWN to the host.

    `what` is the IRI that it was about, `outcome` what became of it, `rule` the one that decided, or what the other side said.
    """

    at_ms: int
    way: str
    kind: str
    what: str
    outcome: str
    rule: str


_received, _delivery, _outgoing = columns(Received), columns(Delivery), columns(Outgoing)
_line, _turned = columns(LedgerLine), columns(TurnedAway)
_HOST: BindParameter[str] = bindparam("of_host")
_LIMIT: BindParameter[int] = bindparam("limit")
_TAKEN = case((_received.status < 300, "taken"), else_="refused")
_CAME = Query(
    select(_received.at_ms, literal(CAME), _received.type, _received.iri, _TAKEN, _received.rule)
    .where(_received.host == _HOST)
    .order_by(_received.at_ms.desc())
    .limit(_LIMIT),
    Exchange,
)
_TURNED_AWAY = Query(
    select(_turned.at_ms, literal(CAME), literal(""), _turned.detail, literal("refused"), _turned.rule)
    .where(_turned.host == _HOST)
    .order_by(_turned.id.desc())
    .limit(_LIMIT),
    Exchange,
)
_SENT_AT = func.coalesce(_delivery.settled_at_ms, _delivery.created_at_ms)
_WENT = Query(
    select(
        _SENT_AT, literal(WENT), literal(""), _outgoing.activity_iri, _delivery.state, _delivery.last_error
    )
    .join_from(table(Delivery), table(Outgoing), _delivery.outgoing_id == _outgoing.id)
    .where(_delivery.host == _HOST)
    .order_by(_delivery.id.desc())
    .limit(_LIMIT),
    Exchange,
)
_LETTER = case((_line.letter == "inquiry", ASKED), else_=SHOWN)
_QUESTIONS = Query(
    select(_line.at_ms, _LETTER, literal(""), _line.what, _line.verdict, _line.rule)
    .where(_line.host == _HOST, _line.letter != "outbound")
    .order_by(_line.seq.desc())
    .limit(_LIMIT),
    Exchange,
)
_WHY_RECEIVED = Query(
    select(_received.at_ms, literal(CAME), _received.type, _received.host, _TAKEN, _received.rule).where(
        _received.iri == bindparam("iri")
    ),
    Exchange,
)
_WHY_SENT = Query(
    select(_SENT_AT, literal(WENT), literal(""), _delivery.host, _delivery.state, _delivery.last_error)
    .join_from(table(Delivery), table(Outgoing), _delivery.outgoing_id == _outgoing.id)
    .where(_outgoing.activity_iri == bindparam("iri"))
    .order_by(_delivery.id),
    Exchange,
)
_WHY_DECIDED = Query(
    select(_line.at_ms, _line.letter, null(), _line.host, _line.verdict, _line.rule)
    .where(_line.what == bindparam("iri"))
    .order_by(_line.seq.desc())
    .limit(_LIMIT),
    Exchange,
)
_ADD = Command(insert(table(TurnedAway)))
_KEEP_LAST = Command(
    delete(table(TurnedAway)).where(
        _turned.host == _HOST,
        _turned.id.not_in(
            select(_turned.id)
            .where(_turned.host == _HOST)
            .order_by(_turned.id.desc())
            .limit(literal(TURNED_AWAY_KEPT))
        ),
    )
)


def with_host(tx: Tx, host: str, limit: int) -> list[Exchange]:
    """The last exchanges with a host, newest first."""
    found = [
        row
        for query in (_CAME, _TURNED_AWAY, _WENT, _QUESTIONS)
        for row in tx.all(query, of_host=host, limit=limit)
    ]
    return nlargest(limit, found, key=lambda row: row.at_ms)


def about(tx: Tx, iri: str, limit: int = 100) -> list[Exchange]:
    """What was decided about this activity or thing, in order; `what` is the host it came from or went to."""
    found = [*tx.all(_WHY_RECEIVED, iri=iri), *tx.all(_WHY_DECIDED, iri=iri, limit=limit)]
    return sorted([*found, *tx.all(_WHY_SENT, iri=iri)], key=lambda row: row.at_ms)


def turn_away(tx: Tx, host: str, *, status: int, rule: str, detail: str) -> None:
    """Keep that a request in this host's name was refused at the door; the oldest beyond the host's share go."""
    row = {"id": ids.snowflake(tx.now_ms), "host": host, "at_ms": tx.now_ms}
    tx.run(_ADD, **row, status=status, rule=rule, detail=detail)
    tx.run(_KEEP_LAST, of_host=host)
