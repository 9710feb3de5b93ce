"""How guest hosts stand: who follows, who is kept out, what waits. The rule kept here: reads, but for whom IT keeps out."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, func, select

from instance.storage.database import Command, Query, Tx
from instance.storage.delivery import DONE, QUEUED
from instance.storage.guest_tables import NOTE, Guest, GuestActor, GuestBlocked, GuestFollower, GuestNote
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Delivery


class _Letters(NamedTuple):
    """The letters in a space: how many."""

    space: str
    letters: int


class Unsaid(NamedTuple):
    """Of a revoked guest: how many notes it has yet to be told to delete."""

    guest_id: int
    notes: int


class PersonRow(NamedTuple):
    """Somebody at a guest host who follows a project or did, or whom IT keeps out."""

    iri: str
    host: str
    username: str
    display_name: str
    project_iri: str | None
    since_ms: int | None
    ended_at_ms: int | None
    blocked_at_ms: int | None


class _Iri(NamedTuple):
    iri: str


_g, _a, _f, _n = columns(Guest), columns(GuestActor), columns(GuestFollower), columns(GuestNote)
_b, _d = columns(GuestBlocked), columns(Delivery)

_WAITING = Query(
    select(_d.space, func.count()).where(in_list(_d.host, "hosts"), _d.state == QUEUED).group_by(_d.space),
    _Letters,
)
_TAKEN_BACK = Query(
    select(_d.space, func.count())
    .where(in_list(_d.host, "hosts"), _d.state == DONE, _d.rule == "released_takeback")
    .group_by(_d.space),
    _Letters,
)
_UNSAID = Query(
    select(_g.id, func.count())
    .join_from(
        table(Guest),
        table(GuestNote),
        and_(_n.project_iri == _g.project_iri, _n.id > _g.taken_back_to, _n.kind == NOTE),
    )
    .where(_g.revoked_at_ms.is_not(None), _n.deleted_at_ms.is_(None))
    .group_by(_g.id),
    Unsaid,
)
_PEOPLE = Query(
    select(
        _a.iri,
        _a.host,
        _a.username,
        _a.display_name,
        _f.project_iri,
        _f.since_ms,
        _f.ended_at_ms,
        _b.at_ms,
    )
    .outerjoin_from(table(GuestActor), table(GuestFollower), _f.actor_iri == _a.iri)
    .outerjoin(table(GuestBlocked), _b.iri == _a.iri)
    .where(_f.actor_iri.is_not(None) | _b.iri.is_not(None))
    .order_by(_a.host, _a.username, _f.project_iri),
    PersonRow,
)
_BLOCK = Command(insert_or_ignore(GuestBlocked))
_UNBLOCK = Command(delete(table(GuestBlocked)).where(_b.iri == bindparam("of_iri")))
_IS_BLOCKED = Query(select(_b.iri).where(_b.iri == bindparam("of_iri")), _Iri)


def waiting(tx: Tx, hosts: Collection[str]) -> dict[str, int]:
    """How many letters to these hosts are on their way, by space."""
    return {row.space: row.letters for row in tx.all(_WAITING, hosts=array(hosts))}


def taken_back(tx: Tx, hosts: Collection[str]) -> dict[str, int]:
    """How many letters that take something back arrived at these hosts, by space."""
    return {row.space: row.letters for row in tx.all(_TAKEN_BACK, hosts=array(hosts))}


def unsaid(tx: Tx) -> dict[int, int]:
    """How many notes revoked guests have yet to be told to delete, by the guest's id; those that were told of all are not in it."""
    return {row.guest_id: row.notes for row in tx.all(_UNSAID)}


def people(tx: Tx) -> list[PersonRow]:
    """Who follows from guest hosts or did, and whom IT keeps out; by host and name."""
    return tx.all(_PEOPLE)


def block(tx: Tx, iri: str) -> bool:
    """Keep somebody out; False when they are already."""
    return tx.run(_BLOCK, iri=iri, at_ms=tx.now_ms) == 1


def unblock(tx: Tx, iri: str) -> bool:
    """Keep somebody out no longer; False when they were not."""
    return tx.run(_UNBLOCK, of_iri=iri) == 1


def is_blocked(tx: Tx, iri: str) -> bool:
    """Whether IT keeps somebody out."""
    return tx.first(_IS_BLOCKED, of_iri=iri) is not None
