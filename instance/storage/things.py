"""Where things belong, whom names mean, to whom spaces are open. The rule kept here: one query per question, however many names."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, literal, or_, select, update

from federation.errors import Malformed
from federation.origin import host_of
from instance import names, renaming
from instance.policy import (
    INTERNAL,
    PUBLIC,
    Fact,
    Terms,
    charter_of,
    guest_of,
    handshake,
    is_project,
    is_public_path,
)
from instance.storage import guest_spaces, other_names
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore
from instance.storage.sql import table as table_of
from instance.storage.tables import Actor, Charter, CharterParty, Member, Thing

NO_CEILING = 1_000


class ThingRow(NamedTuple):
    """Where a thing belongs. `name` is the canonical name (see instance/names.py)."""

    iri: str
    name: str
    kind: str
    space: str
    label: int


class _Role(NamedTuple):
    """An actor, and one project it is or was in (None: none)."""

    iri: str
    kind: str
    username: str
    host: str
    state: str
    project_iri: str | None
    member_state: str | None


class _Version(NamedTuple):
    """A version of a project's charter."""

    iri: str
    project_iri: str


class _Party(NamedTuple):
    """A company in a version of a project's charter; `out` when it left or suspends."""

    charter_iri: str
    project_iri: str
    version: int
    state: str
    ceiling: int
    starts_at_ms: int
    ends_at_ms: int | None
    host: str
    inbox: str
    left: int
    out: int


class _Host(NamedTuple):
    host: str


class Opening(NamedTuple):
    """The terms of a space, and the inboxes of every host that may be written to in it: of a company one."""

    terms: Terms
    inboxes: Mapping[str, tuple[str, ...]]


_thing, _actor, _member = columns(Thing), columns(Actor), columns(Member)
_charter, _party = columns(Charter), columns(CharterParty)
_THING = (_thing.iri, _thing.name, _thing.kind, _thing.space, _thing.label)

_INSERT = Command(insert_or_ignore(Thing))
_SET_SPACE = Command(
    update(table_of(Thing)).where(_thing.iri == bindparam("the_iri")).values(space=bindparam("to_space"))
)
_BY_IRI = Query(select(*_THING).where(_thing.iri == bindparam("iri")), ThingRow)
_BY_NAMES = Query(select(*_THING).where(in_list(_thing.name, "names")), ThingRow)
_ROLES = Query(
    select(
        _actor.iri,
        _actor.kind,
        _actor.username,
        _actor.host,
        _actor.state,
        _member.project_iri,
        _member.state,
    )
    .select_from(table_of(Actor))
    .outerjoin(
        table_of(Member),
        and_(_member.actor_id == _actor.id, _member.state.in_([literal("active"), literal("left")])),
    )
    .where(or_(in_list(_actor.iri, "iris"), in_list(_actor.username, "usernames"))),
    _Role,
)
_VERSIONS = Query(
    select(_charter.iri, _charter.project_iri).where(
        or_(in_list(_charter.project_iri, "projects"), in_list(_charter.iri, "charters"))
    ),
    _Version,
)
_PARTIES = (
    select(
        _charter.iri,
        _charter.project_iri,
        _charter.version,
        _charter.state,
        _charter.ceiling,
        _charter.starts_at_ms,
        _charter.ends_at_ms,
        _party.host,
        _party.inbox,
        _party.left_at_ms.is_not(None).label("left"),
        (_party.left_at_ms.is_not(None) | _party.suspended_at_ms.is_not(None)).label("out"),
    )
    .join_from(table_of(Charter), table_of(CharterParty), _party.charter_id == _charter.id)
    .order_by(_charter.project_iri, _charter.version)
)
_OF_PROJECTS = Query(_PARTIES.where(in_list(_charter.project_iri, "projects")), _Party)
_OF_CHARTERS = Query(_PARTIES.where(in_list(_charter.iri, "charters")), _Party)
_NAMED = Query(select(_party.host).where(_party.host == bindparam("host")).limit(1), _Host)


def named_in(tx: Tx, content: Any) -> frozenset[str]:
    """Every name in a document (`names.names_in`), as things are called now; of our own other names as of the one that we have."""
    others = other_names.every(tx)
    own = {tx.home.host} | {row.host for row in others if row.to_host == tx.home.host}
    found = frozenset().union(*(names.names_in(content, own_host=host) for host in own))
    known = tuple(row.renaming for row in others)
    return frozenset(renaming.name(known, name) for name in found) if known else found


def insert(tx: Tx, row: ThingRow) -> bool:
    """Write where a thing belongs; False, and nothing changed, when that is written already."""
    return tx.run(_INSERT, **row._asdict()) == 1


def by_iri(tx: Tx, iri: str) -> ThingRow | None:
    """Where a thing belongs."""
    return tx.first(_BY_IRI, iri=iri)


def set_space(tx: Tx, iri: str, space: str) -> None:
    """Move a thing. Whether it may be moved is decided in instance/ids.py."""
    tx.run(_SET_SPACE, the_iri=iri, to_space=space)


def facts(tx: Tx, named: Collection[str]) -> list[Fact]:
    """What is known of each of these names. A name of a partner's host that is not known narrows nothing and is left out."""
    if not named:
        return []
    rows = tx.all(_BY_NAMES, names=array(named))
    found = [_fact(row) for row in rows if row.kind != "person"]
    found += _actors(tx, {row.iri: row.name for row in rows if row.kind == "person"}, named)
    found = guest_spaces.admitted(tx, _with_handshakes(tx, found))
    known = {fact.name for fact in found}
    own = names.host_name(tx.home.host)
    return found + [_unknown(name, own) for name in named if name not in known and names.is_own(name, own)]


def terms(tx: Tx, spaces: Collection[str]) -> dict[str, Opening]:
    """To whom each of these spaces is open now. A space without an opening has no charter."""
    projects = [space for space in spaces if is_project(space)]
    charters = [iri for space in spaces if (iri := charter_of(space)) is not None]
    openings: dict[str, Opening] = {}
    of_projects = tx.all(_OF_PROJECTS, projects=array(projects)) if projects else []
    for iri, parties in groupby(of_projects, key=lambda row: row.project_iri):
        openings[iri] = _project_opening(tx, iri, list(parties))
    of_charters = tx.all(_OF_CHARTERS, charters=array(charters)) if charters else []
    for iri, parties in groupby(of_charters, key=lambda row: row.charter_iri):
        openings[handshake(iri)] = _handshake_opening(tx, list(parties))
    if guests := [space for space in spaces if guest_of(space) is not None]:
        openings |= _guest_openings(tx, guests)
    return openings


def _guest_openings(tx: Tx, spaces: list[str]) -> dict[str, Opening]:
    """What is open to guests, as far as the charter of the project lets anything leave for it."""
    projects = {found[1] for space in spaces if (found := guest_of(space)) is not None}
    openings = terms(tx, projects)
    known = {iri: opening.terms for iri, opening in openings.items()}
    return {
        space: Opening(said, inboxes) for space, said, inboxes in guest_spaces.openings(tx, spaces, known)
    }


def is_named(tx: Tx, host: str) -> bool:
    """True when any charter that we know names this host."""
    return tx.first(_NAMED, host=host) is not None


def _fact(row: ThingRow) -> Fact:
    label = 0 if row.kind in {"project", "charter"} else row.label
    return Fact(row.name, row.iri, row.kind, frozenset({row.space}), label)


def _with_handshakes(tx: Tx, found: list[Fact]) -> list[Fact]:
    """A charter may be named in its project and in its own handshake; a project in the handshakes of all its charters."""
    named = {kind: [fact.iri for fact in found if fact.kind == kind] for kind in ("project", "charter")}
    if not any(named.values()):
        return found
    more: dict[str, set[str]] = defaultdict(set)
    for row in tx.all(_VERSIONS, projects=array(named["project"]), charters=array(named["charter"])):
        more[row.project_iri].add(handshake(row.iri))
        more[row.iri] |= {row.project_iri, handshake(row.iri)}
    return [
        fact._replace(spaces=fact.spaces | more[fact.iri]) if fact.iri in more and _is_narrow(fact) else fact
        for fact in found
    ]


def _is_narrow(fact: Fact) -> bool:
    return not fact.spaces & {INTERNAL, PUBLIC}


def _unknown(name: str, own: str) -> Fact:
    public = name[0] != "@" and is_public_path(name[len(own) + 1 :])
    return Fact(name, name, "unknown", frozenset({PUBLIC if public else INTERNAL}))


def _actors(tx: Tx, by_iri: Mapping[str, str], named: Collection[str]) -> Iterator[Fact]:
    """Facts of the actors with these IRIs (to their names), and of those whose handles are among the names."""
    usernames = {name[1:].partition("@")[0] for name in named if name[0] == "@"}
    if not by_iri and not usernames:
        return
    roles: dict[tuple[str, str], list[_Role]] = defaultdict(list)
    for role in tx.all(_ROLES, iris=array(by_iri), usernames=array(usernames)):
        name = by_iri.get(role.iri) or f"@{role.username.casefold()}@{names.host_name(role.host)}"
        if name in named:
            roles[name, role.iri].append(role)
    for (name, _), found in roles.items():
        yield _actor_fact(name, found, tx.home.host)


def _actor_fact(name: str, roles: list[_Role], own_host: str) -> Fact:
    actor = roles[0]
    if actor.kind == "node":
        return Fact(name, actor.iri, actor.kind, frozenset({PUBLIC}))
    if actor.kind == "project":
        return Fact(name, actor.iri, actor.kind, frozenset({actor.iri}))
    inside = frozenset({INTERNAL}) if actor.host == own_host else frozenset()
    ever = frozenset(role.project_iri for role in roles if role.project_iri)
    now = frozenset(role.project_iri for role in roles if role.project_iri and _takes_part(role))
    return Fact(name, actor.iri, actor.kind, ever or inside, shown=now or inside)


def _takes_part(role: _Role) -> bool:
    return role.state == "active" and role.member_state == "active"


def _project_opening(tx: Tx, iri: str, parties: list[_Party]) -> Opening:
    """Open to the parties of the charter in force that neither left nor suspended, as long as we did not either."""
    force = [party for party in parties if party.state in {"live", "suspended"}]
    present = {
        party.host
        for party in force
        if party.state == "live" and not party.out and _is_in_time(party, tx.now_ms)
    }
    live = tx.home.host in present
    named, inboxes = _named(parties, tx.home.host), _inboxes(parties)
    hosts = named & present & inboxes.keys() if live else frozenset()
    return Opening(Terms(iri, hosts, force[0].ceiling if force else 0, named, live), inboxes)


def _handshake_opening(tx: Tx, parties: list[_Party]) -> Opening:
    """Open to the companies that this version names and that did not leave, in whatever state it is."""
    named, inboxes = _named(parties, tx.home.host), _inboxes(parties)
    present = frozenset(party.host for party in parties if not party.left)
    return Opening(
        Terms(parties[0].project_iri, named & present & inboxes.keys(), NO_CEILING, named), inboxes
    )


def _is_in_time(party: _Party, now_ms: int) -> bool:
    return party.starts_at_ms <= now_ms and (party.ends_at_ms is None or party.ends_at_ms > now_ms)


def _named(parties: list[_Party], own_host: str) -> frozenset[str]:
    return frozenset(party.host for party in parties) - {own_host}


def _inboxes(parties: list[_Party]) -> dict[str, tuple[str, ...]]:
    """The inbox of each host: as the charter in force says it, else the newest version. Only one on that very host counts."""
    ordered = sorted(parties, key=lambda party: (party.state in {"live", "suspended"}, party.version))
    return {party.host: (party.inbox,) for party in ordered if _is_on(party.inbox, party.host)}


def _is_on(inbox: str, host: str) -> bool:
    try:
        return host_of(inbox) == host
    except Malformed:
        return False
