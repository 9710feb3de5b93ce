"""Builders of small worlds: a node in memory, and things, people, projects and charters in it, as plain rows.

Each takes a transaction, fills in what a test does not care about, and gives back the IRI of what it made.
"""

import itertools
from typing import Any

import orjson
from sqlalchemy import insert

from instance import ids
from instance.home import Home
from instance.policy import INTERNAL
from instance.storage.database import Command, SqliteTx
from instance.storage.sql import table
from instance.storage.tables import Actor, Charter, CharterParty, Member
from tests import databases

NOW_MS = 1_790_000_000_000
ACME, GLOBEX, INITECH = "acme.example", "globex.example", "initech.example"

_numbers = itertools.count(1)
_INSERT = {model: Command(insert(table(model))) for model in (Actor, Charter, CharterParty, Member)}


def a_tx(base: str = f"https://{ACME}", *, now_ms: int = NOW_MS) -> SqliteTx:
    """A transaction on an empty node in memory, triggers included."""
    return SqliteTx(databases.in_memory(), Home(base, "Acme"), now_ms)


def a_thing(
    tx: SqliteTx, path: str = "", *, space: str = INTERNAL, kind: str = "post", label: int = 1
) -> str:
    """A thing of ours at `path` ("posts/17"), or a partner's whose IRI is `path`, in a space."""
    path = path or f"posts/{next(_numbers)}"
    iri = path if "://" in path else f"{tx.home.base}/{path}"
    ids.mint(tx, iri, kind=kind, space=space, label=label)
    return iri


def a_person(
    tx: SqliteTx,
    username: str,
    *projects: str,
    host: str | None = None,
    state: str = "active",
    membership: str = "active",
) -> str:
    """A person, ours unless a host is named, in these projects."""
    person_id = next(_numbers)
    iri = _an_actor(tx, person_id, "person", username, host or tx.home.host, state=state)
    for project in projects:
        a_member(tx, project, person_id, host=host or tx.home.host, state=membership)
    return iri


def a_member(tx: SqliteTx, project_iri: str, actor_id: int, *, host: str, state: str = "active") -> None:
    """An actor's membership of a project."""
    tx.run(
        _INSERT[Member],
        project_iri=project_iri,
        actor_id=actor_id,
        host=host,
        role="member",
        state=state,
        since_ms=tx.now_ms,
    )


def a_project(tx: SqliteTx, username: str, *parties: str, **charter: Any) -> str:
    """A project of ours, with a charter between us and the parties (none: no charter). For `charter` see a_charter."""
    iri = _an_actor(tx, next(_numbers), "project", username, tx.home.host)
    ids.mint(tx, iri, kind="project", space=iri)
    if parties:
        a_charter(tx, iri, *parties, **charter)
    return iri


def a_charter(
    tx: SqliteTx,
    project_iri: str,
    *parties: str,
    version: int = 1,
    state: str = "live",
    ceiling: int = 1,
    starts_at_ms: int = 0,
    ends_at_ms: int | None = None,
    left: tuple[str, ...] = (),
    suspended: tuple[str, ...] = (),
    inboxes: dict[str, str] | None = None,
    guests: str = "none",
) -> str:
    """A version of a project's charter between us and `parties`; those in `left` and `suspended` have left or suspended it."""
    charter_id = next(_numbers)
    iri = f"{tx.home.base}/charters/{charter_id}"
    tx.run(
        _INSERT[Charter],
        id=charter_id,
        iri=iri,
        project_iri=project_iri,
        version=version,
        state=state,
        ceiling=ceiling,
        starts_at_ms=starts_at_ms,
        ends_at_ms=ends_at_ms,
        offered_by=tx.home.host,
        document=orjson.dumps({"guests": guests}).decode(),
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
    )
    ids.mint(tx, iri, kind="charter", space=project_iri)
    for host in (tx.home.host, *parties):
        tx.run(
            _INSERT[CharterParty],
            charter_id=charter_id,
            host=host,
            node_iri=f"https://{host}/actor",
            inbox=(inboxes or {}).get(host, f"https://{host}/inbox"),
            company=host,
            role="supplier",
            left_at_ms=tx.now_ms if host in left else None,
            suspended_at_ms=tx.now_ms if host in suspended else None,
        )
    return iri


def a_node_actor(tx: SqliteTx, username: str = "acme") -> str:
    """The actor of our own node."""
    return _an_actor(tx, next(_numbers), "node", username, tx.home.host, iri=tx.home.node)


def _an_actor(
    tx: SqliteTx, actor_id: int, kind: str, username: str, host: str, *, state: str = "active", iri: str = ""
) -> str:
    base = tx.home.base if host == tx.home.host else f"https://{host}"
    iri = iri or f"{base}/{'projects' if kind == 'project' else 'people'}/{username}"
    tx.run(
        _INSERT[Actor],
        id=actor_id,
        iri=iri,
        kind=kind,
        username=username,
        host=host,
        display_name=username.title(),
        inbox=f"{base}/inbox",
        state=state,
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
    )
    return iri
