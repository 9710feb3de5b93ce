"""Charters, their parties and their history as rows.

The rule kept here: `open_hosts` is the only answer to "which companies may this project's things reach", and it is empty when in
doubt: before the start, past the end, while anyone has suspended, and once we have left.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, insert, null, or_, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table
from instance.storage.tables import Charter, CharterEvent, CharterParty


class CharterRow(NamedTuple):
    """One version of a charter. All columns of the table, in order. `document` is JSON, with the proofs that we hold."""

    id: int
    iri: str
    project_iri: str
    version: int
    state: str
    purpose: str
    ceiling: int
    retention: str
    starts_at_ms: int
    ends_at_ms: int | None
    offered_by: str
    document: str
    reason: str
    created_at_ms: int
    updated_at_ms: int


class PartyRow(NamedTuple):
    """A company in a charter version. All columns of the table, in order. `proof` is JSON."""

    charter_id: int
    host: str
    node_iri: str
    inbox: str
    company: str
    role: str
    proof: str | None
    signed_at_ms: int | None
    left_at_ms: int | None
    suspended_at_ms: int | None


class EventRow(NamedTuple):
    """Something that happened to a charter, by which host. All columns of the table, in order."""

    id: int
    charter_iri: str
    at_ms: int
    host: str
    what: str
    detail: str


class _Host(NamedTuple):
    host: str


_c, _party, _event = columns(Charter), columns(CharterParty), columns(CharterEvent)
_charters, _parties = table(Charter), table(CharterParty)
_ours = _parties.alias("ours")
_PROJECT = _c.project_iri == bindparam("project_iri")
_THIS = _c.id == bindparam("charter_id")


def _is_one_of(state: ColumnElement[Any], *states: str) -> ColumnElement[bool]:
    return or_(*(state == name for name in states))  # an IN list would be rendered anew at each execution


def is_open(project_iri: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a project's charter is live or suspended, for statements about other tables."""
    charter = _charters.alias("in_force")
    return exists().where(
        charter.c.project_iri == project_iri, _is_one_of(charter.c.state, "live", "suspended")
    )


def _passes() -> ColumnElement[bool]:
    """The charter is live now, we are in it, and the party of the row is another one that has not left."""
    now: ColumnElement[int] = bindparam("now_ms")
    return and_(
        _c.state == "live",
        _c.starts_at_ms <= now,
        or_(_c.ends_at_ms.is_(None), _c.ends_at_ms > now),
        exists().where(
            _ours.c.charter_id == _c.id,
            _ours.c.host == bindparam("home"),
            _ours.c.left_at_ms.is_(None),
            _ours.c.suspended_at_ms.is_(None),
        ),
        _party.host != bindparam("home"),
        _party.left_at_ms.is_(None),
        _party.suspended_at_ms.is_(None),
    )


_IS_IN_FORCE = _is_one_of(_c.state, "live", "suspended")
_IS_NOT_OVER = _is_one_of(_c.state, "offered", "approved", "live", "suspended")
_JOINED = select(_party.host).distinct().join(_charters, _c.id == _party.charter_id)
_BY_IRI = Query(select(*_c).where(_c.iri == bindparam("iri")), CharterRow)
_BY_ID = Query(select(*_c).where(_THIS), CharterRow)
_IN_FORCE = Query(
    select(*_c).where(_PROJECT, _IS_IN_FORCE).order_by(_c.version.desc()).limit(1),
    CharterRow,
)
_OF_PROJECT = Query(select(*_c).where(_PROJECT).order_by(_c.version.desc()), CharterRow)
_ALL = Query(select(*_c).order_by(_c.project_iri, _c.version.desc()), CharterRow)
_WAITING = Query(select(*_c).where(_c.state == "offered").order_by(_c.created_at_ms), CharterRow)
_DUE = Query(
    select(*_c).where(_IS_NOT_OVER, _c.ends_at_ms <= bindparam("now_ms")).order_by(_c.id),
    CharterRow,
)
_PARTIES = Query(
    select(*_party).where(_party.charter_id == bindparam("charter_id")).order_by(_party.host), PartyRow
)
_STANDINGS = Query(
    select(*_party)
    .join(_charters, _c.id == _party.charter_id)
    .where(_PROJECT, _IS_NOT_OVER, _party.host == bindparam("of_host"))
    .order_by(_c.version),
    PartyRow,
)
_LAST_PARTY = Query(
    select(*_party)
    .join(_charters, _c.id == _party.charter_id)
    .where(
        _PROJECT,
        _is_one_of(_c.state, "live", "suspended", "superseded", "ended"),
        _party.host == bindparam("of_host"),
    )
    .order_by(_c.version.desc())
    .limit(1),
    PartyRow,
)
_OPEN_HOSTS = Query(_JOINED.where(_PROJECT, _passes()), _Host)
_LIVE_PEERS = Query(_JOINED.where(_passes()), _Host)
_LAST_EVENT = Query(
    select(*_event)
    .where(
        _event.charter_iri == bindparam("charter_iri"),
        _event.host == bindparam("of_host"),
        _event.what == bindparam("of_what"),
    )
    .order_by(_event.id.desc())
    .limit(1),
    EventRow,
)
_EVENTS = Query(
    select(*_event).where(_event.charter_iri == bindparam("charter_iri")).order_by(_event.id), EventRow
)

_INSERT = Command(insert(_charters))
_INSERT_PARTY = Command(insert(_parties))
_INSERT_EVENT = Command(insert(table(CharterEvent)))
_SET_STATE = Command(
    update(_charters)
    .where(_THIS)
    .values(state=bindparam("new_state"), reason=bindparam("new_reason"), updated_at_ms=bindparam("at_ms"))
)
_SET_DOCUMENT = Command(
    update(_charters)
    .where(_THIS)
    .values(document=bindparam("new_document"), updated_at_ms=bindparam("at_ms"))
)
_THIS_PARTY = and_(_party.charter_id == bindparam("of_charter_id"), _party.host == bindparam("of_host"))
_SIGN = Command(
    update(_parties)
    .where(_THIS_PARTY, _party.proof.is_(None))
    .values(proof=bindparam("new_proof"), signed_at_ms=bindparam("at_ms"))
)
_IN_OPEN_VERSIONS = and_(
    _party.host == bindparam("of_host"),
    _party.charter_id.in_(select(_c.id).where(_PROJECT, _IS_NOT_OVER)),
)
_LEAVE = Command(
    update(_parties)
    .where(_IN_OPEN_VERSIONS, _party.left_at_ms.is_(None))
    .values(left_at_ms=bindparam("at_ms"))
)
_SUSPEND = Command(
    update(_parties)
    .where(_IN_OPEN_VERSIONS, _party.suspended_at_ms.is_(None))
    .values(suspended_at_ms=bindparam("at_ms"))
)
_RESUME = Command(
    update(_parties)
    .where(_IN_OPEN_VERSIONS, _party.suspended_at_ms.is_not(None))
    .values(suspended_at_ms=null())
)


def by_iri(tx: Tx, iri: str) -> CharterRow | None:
    """The charter version with this IRI."""
    return tx.first(_BY_IRI, iri=iri)


def by_id(tx: Tx, charter_id: int) -> CharterRow | None:
    """The charter version with this row id."""
    return tx.first(_BY_ID, charter_id=charter_id)


def in_force(tx: Tx, project_iri: str) -> CharterRow | None:
    """The version of a project's charter that is live or suspended."""
    return tx.first(_IN_FORCE, project_iri=project_iri)


def of_project(tx: Tx, project_iri: str) -> list[CharterRow]:
    """Every version of a project's charter, latest first."""
    return tx.all(_OF_PROJECT, project_iri=project_iri)


def all_charters(tx: Tx) -> list[CharterRow]:
    """Every version of every charter, by project, latest first."""
    return tx.all(_ALL)


def waiting(tx: Tx) -> list[CharterRow]:
    """Those offered to us that have no answer of ours yet, oldest first."""
    return tx.all(_WAITING)


def due(tx: Tx) -> list[CharterRow]:
    """Those past their end date that have not been ended yet."""
    return tx.all(_DUE, now_ms=tx.now_ms)


def parties(tx: Tx, charter_id: int) -> list[PartyRow]:
    """The companies of a charter version, those that left included."""
    return tx.all(_PARTIES, charter_id=charter_id)


def standings(tx: Tx, project_iri: str, host: str) -> list[PartyRow]:
    """How a company stands in each version of a project's charter that is not over: waiting for signatures, live or suspended."""
    return tx.all(_STANDINGS, project_iri=project_iri, of_host=host)


def last_party(tx: Tx, project_iri: str, host: str) -> PartyRow | None:
    """How a company stands in the last version that all signed and that names it; who left is there with the time."""
    return tx.first(_LAST_PARTY, project_iri=project_iri, of_host=host)


def open_hosts(tx: Tx, project_iri: str) -> frozenset[str]:
    """The other companies that a project's things may reach at this moment."""
    found = tx.all(_OPEN_HOSTS, project_iri=project_iri, home=tx.home.host, now_ms=tx.now_ms)
    return frozenset(row.host for row in found)


def live_peers(tx: Tx) -> frozenset[str]:
    """The companies that we share a live project with at this moment."""
    return frozenset(row.host for row in tx.all(_LIVE_PEERS, home=tx.home.host, now_ms=tx.now_ms))


def events(tx: Tx, charter_iri: str) -> list[EventRow]:
    """What happened to a charter version, in order, refusals included."""
    return tx.all(_EVENTS, charter_iri=charter_iri)


def last_event(tx: Tx, charter_iri: str, *, host: str, what: str) -> EventRow | None:
    """The last time that a host did this to a charter version."""
    return tx.first(_LAST_EVENT, charter_iri=charter_iri, of_host=host, of_what=what)


def add(tx: Tx, row: CharterRow, party_rows: list[PartyRow]) -> None:
    """Write a new version with its parties."""
    tx.run(_INSERT, **row._asdict())
    rows: list[Mapping[str, Any]] = [party._asdict() for party in party_rows]
    tx.run_many(_INSERT_PARTY, rows)


def set_state(tx: Tx, charter_id: int, state: str, *, reason: str = "") -> None:
    """Write a state. Only `domain.charter_states.move` calls this: it knows which moves there are."""
    tx.run(_SET_STATE, charter_id=charter_id, new_state=state, new_reason=reason, at_ms=tx.now_ms)


def set_document(tx: Tx, charter_id: int, document: str) -> None:
    """Write the document with the proofs that we hold."""
    tx.run(_SET_DOCUMENT, charter_id=charter_id, new_document=document, at_ms=tx.now_ms)


def sign(tx: Tx, charter_id: int, host: str, proof: str) -> bool:
    """Write a party's proof; False when we hold one already."""
    return tx.run(_SIGN, of_charter_id=charter_id, of_host=host, new_proof=proof, at_ms=tx.now_ms) == 1


def set_left(tx: Tx, project_iri: str, host: str) -> bool:
    """Write in every version that is not over that a party left; False when it had already."""
    return tx.run(_LEAVE, project_iri=project_iri, of_host=host, at_ms=tx.now_ms) > 0


def set_suspended(tx: Tx, project_iri: str, host: str) -> bool:
    """Write in every version that is not over that a party suspends; False when it did already."""
    return tx.run(_SUSPEND, project_iri=project_iri, of_host=host, at_ms=tx.now_ms) > 0


def set_resumed(tx: Tx, project_iri: str, host: str) -> bool:
    """Write in every version that is not over that a party suspends no more; False when it did not."""
    return tx.run(_RESUME, project_iri=project_iri, of_host=host) > 0


def log_event(tx: Tx, charter_iri: str, *, event_id: int, host: str, what: str, detail: str = "") -> None:
    """Write what happened to a charter; `event_id` is a snowflake."""
    tx.run(
        _INSERT_EVENT,
        id=event_id,
        charter_iri=charter_iri,
        at_ms=tx.now_ms,
        host=host,
        what=what,
        detail=detail,
    )
