"""Who is in which project, as rows. The rule kept here: a membership counts only while its project's charter is live."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from instance.storage import charters
from instance.storage.charters import is_open
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, table, upsert
from instance.storage.tables import Member


class MemberRow(NamedTuple):
    """A person in a project. All columns of the table, in order. `role` is lead, member or follower."""

    project_iri: str
    actor_id: int
    host: str
    role: str
    state: str
    since_ms: int
    until_ms: int | None


class Role(NamedTuple):
    """What a person is in a project: lead, member or follower."""

    project_iri: str
    actor_id: int
    role: str


class _ActorId(NamedTuple):
    actor_id: int


_c = columns(Member)
_PROJECT = _c.project_iri == bindparam("project_iri")
_ACTOR = _c.actor_id == bindparam("actor_id")
_ACTIVE = _c.state == "active"

_ONE = Query(select(*_c).where(_PROJECT, _ACTOR), MemberRow)
_OF_PROJECT = Query(select(*_c).where(_PROJECT, _ACTIVE).order_by(_c.since_ms, _c.actor_id), MemberRow)
_ROLES = Query(
    select(_c.project_iri, _c.actor_id, _c.role).where(
        in_list(_c.project_iri, "projects"), in_list(_c.actor_id, "actor_ids"), _ACTIVE
    ),
    Role,
)
_REQUESTS = Query(
    select(*_c).where(_PROJECT, _c.state == "requested").order_by(_c.since_ms, _c.actor_id), MemberRow
)
_STANDINGS_OF = Query(select(*_c).where(_ACTOR, _c.state != "left").order_by(_c.project_iri), MemberRow)
_PROJECTS_OF = Query(
    select(*_c).where(_ACTOR, _ACTIVE, is_open(_c.project_iri)).order_by(_c.project_iri), MemberRow
)
_IS_ACTIVE = Query(select(_c.actor_id).where(_PROJECT, _ACTOR, _ACTIVE, is_open(_c.project_iri)), _ActorId)
_LOCAL = Query(
    select(_c.actor_id).where(_PROJECT, _ACTIVE, _c.host == bindparam("host")).order_by(_c.actor_id), _ActorId
)
_OF_HOST = Query(
    select(*_c).where(_PROJECT, _c.host == bindparam("host"), _c.state != "left").order_by(_c.actor_id),
    MemberRow,
)
_LEFT_SINCE = Query(
    select(*_c)
    .where(_PROJECT, _c.host == bindparam("host"), _c.state == "left", _c.until_ms >= bindparam("since_ms"))
    .order_by(_c.actor_id),
    MemberRow,
)
_PUT = Command(upsert(Member, ["project_iri", "actor_id"], ("role", "state", "since_ms", "until_ms")))
_DROP = Command(delete(table(Member)).where(_PROJECT, _ACTOR))
_LEAVE = Command(
    update(table(Member))
    .where(_PROJECT, _ACTOR, _c.state != "left")
    .values(state="left", until_ms=bindparam("at_ms"))
)


def one(tx: Tx, project_iri: str, actor_id: int) -> MemberRow | None:
    """How a person stands with a project: requested, active or left."""
    return tx.first(_ONE, project_iri=project_iri, actor_id=actor_id)


def of_project(tx: Tx, project_iri: str) -> list[MemberRow]:
    """The active people of a project, of all companies, first come first."""
    return tx.all(_OF_PROJECT, project_iri=project_iri)


def roles(tx: Tx, project_iris: Iterable[str], actor_ids: Iterable[int]) -> dict[tuple[str, int], str]:
    """What these people are in these projects, by project and person."""
    rows = tx.all(_ROLES, projects=array(project_iris), actor_ids=array(actor_ids))
    return {(row.project_iri, row.actor_id): row.role for row in rows}


def spoke_for_project(tx: Tx, row: MemberRow) -> bool:
    """Whether the person is in the project, or was until the company left, whose earlier words may arrive later."""
    if row.state != "left":
        return row.state == "active"
    company = charters.last_party(tx, row.project_iri, row.host)
    return company is not None and company.left_at_ms is not None and company.left_at_ms == row.until_ms


def requests(tx: Tx, project_iri: str) -> list[MemberRow]:
    """Those who asked to be let in and have no answer yet."""
    return tx.all(_REQUESTS, project_iri=project_iri)


def standings_of(tx: Tx, actor_id: int) -> list[MemberRow]:
    """The projects a person is in or asked to be let into, whatever became of their charters."""
    return tx.all(_STANDINGS_OF, actor_id=actor_id)


def projects_of(tx: Tx, actor_id: int) -> list[MemberRow]:
    """The projects a person is in whose charter is live or suspended."""
    return tx.all(_PROJECTS_OF, actor_id=actor_id)


def is_active(tx: Tx, project_iri: str, actor_id: int) -> bool:
    """Whether the person is in the project and its charter is live or suspended."""
    return tx.first(_IS_ACTIVE, project_iri=project_iri, actor_id=actor_id) is not None


def local_active_ids(tx: Tx, project_iri: str) -> list[int]:
    """Ids of our own people in a project."""
    return [row.actor_id for row in tx.all(_LOCAL, project_iri=project_iri, host=tx.home.host)]


def of_host(tx: Tx, project_iri: str, host: str) -> list[MemberRow]:
    """One company's people in a project, and those who asked to be."""
    return tx.all(_OF_HOST, project_iri=project_iri, host=host)


def left_since(tx: Tx, project_iri: str, host: str, since_ms: int) -> list[MemberRow]:
    """One company's people who left a project since then."""
    return tx.all(_LEFT_SINCE, project_iri=project_iri, host=host, since_ms=since_ms)


def put(tx: Tx, row: MemberRow) -> None:
    """Write how a person stands with a project, in place of what stood there."""
    tx.run(_PUT, **row._asdict())


def leave(tx: Tx, project_iri: str, actor_id: int) -> bool:
    """Write that a person left; False when there was nothing to leave."""
    return tx.run(_LEAVE, project_iri=project_iri, actor_id=actor_id, at_ms=tx.now_ms) == 1


def drop(tx: Tx, project_iri: str, actor_id: int) -> None:
    """Forget that a person asked to be let in."""
    tx.run(_DROP, project_iri=project_iri, actor_id=actor_id)
