"""Which other hosts are let in, and which are shut out. The rule kept here: nobody keeps a list; it follows from the charters, and from the guests that IT let in."""

from typing import NamedTuple

from sqlalchemy import Integer, bindparam, func, or_, select
from sqlalchemy import cast as sql_cast

from instance.storage import charters, guests
from instance.storage.database import Query, Tx
from instance.storage.sql import columns, table
from instance.storage.tables import Charter, CharterParty


class Neighbour(NamedTuple):
    """Another host, and since when we have to do with it."""

    host: str
    since_ms: int


class _Standing(NamedTuple):
    host: str
    since_ms: int
    is_suspended: int


_c, _party = columns(Charter), columns(CharterParty)
_STANDINGS = Query(
    select(_party.host, func.min(_c.created_at_ms), func.max(sql_cast(_c.state == "suspended", Integer)))
    .join_from(table(CharterParty), table(Charter), _c.id == _party.charter_id)
    .where(
        or_(_c.state == "live", _c.state == "suspended"),
        _party.left_at_ms.is_(None),
        _party.host != bindparam("home"),
    )
    .group_by(_party.host)
    .order_by(_party.host),
    _Standing,
)


def let_in(tx: Tx) -> list[Neighbour]:
    """Companies that we share a live project with, and guest hosts, by name."""
    live, guest_hosts = charters.live_peers(tx), guests.open_hosts(tx)
    found = {row.host: row.since_ms for row in _standings(tx) if row.host in live}
    for row in guests.all_guests(tx):
        if row.host in guest_hosts:
            found.setdefault(row.host, row.allowed_at_ms)
    return [Neighbour(host, found[host]) for host in sorted(found)]


def shut_out(tx: Tx) -> list[Neighbour]:
    """Companies all of whose projects with us are suspended, by name."""
    live = charters.live_peers(tx)
    return [
        Neighbour(row.host, row.since_ms)
        for row in _standings(tx)
        if row.is_suspended and row.host not in live
    ]


def _standings(tx: Tx) -> list[_Standing]:
    return tx.all(_STANDINGS, home=tx.home.host)
