"""Persons, projects and nodes as rows, ours and partners'. The rule kept here: an actor is never deleted, it changes its state."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, insert, null, or_, select, update

from instance.storage import other_names
from instance.storage.database import Command, Query, Tx
from instance.storage.keys import KeyRow as KeyRow
from instance.storage.keys import key_by_iri as key_by_iri
from instance.storage.keys import keys_of as keys_of
from instance.storage.logins import LoginRow as LoginRow
from instance.storage.logins import login_by_name as login_by_name
from instance.storage.logins import login_of as login_of
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table, upsert
from instance.storage.tables import Actor, Follow, Project


class ActorRow(NamedTuple):
    """A person, project or node. All columns of the table, in order."""

    id: int
    iri: str
    kind: str
    username: str
    host: str
    display_name: str
    summary: str
    inbox: str
    state: str
    title: str
    posts_count: int
    last_post_at_ms: int | None
    created_at_ms: int
    updated_at_ms: int
    document: str | None
    about: str = ""


class ProjectRow(NamedTuple):
    """A project we know of; its actor has the same id and IRI."""

    id: int
    iri: str
    host: str
    created_at_ms: int


_c, _project = columns(Actor), columns(Project)
_ALL = select(*(_c[name] for name in ActorRow._fields))
_KNOWN = ("username", "display_name", "summary", "inbox", "state", "title", "updated_at_ms", "document")

_BY_ID = Query(_ALL.where(_c.id == bindparam("actor_id")), ActorRow)
_BY_IRI = Query(_ALL.where(_c.iri == bindparam("iri")), ActorRow)
_BY_IDS = Query(_ALL.where(in_list(_c.id, "actor_ids")), ActorRow)
_BY_IRIS = Query(_ALL.where(in_list(_c.iri, "iris")), ActorRow)
_BY_USERNAME = Query(_ALL.where(_c.username == bindparam("username"), _c.host == bindparam("host")), ActorRow)
_PERSONS = Query(
    _ALL.where(_c.kind == "person", _c.host == bindparam("host"), _c.id > bindparam("after_id"))
    .order_by(_c.id)
    .limit(bindparam("limit")),
    ActorRow,
)
_follow = columns(Follow)
_FIND = Query(
    _ALL.where(
        _c.kind != "node",
        _c.state == "active",
        or_(
            func.lower(_c.username).like(bindparam("start"), escape="\\"),
            func.lower(_c.display_name).like(bindparam("start"), escape="\\"),
            func.lower(_c.display_name).like(bindparam("word"), escape="\\"),
        ),
        _c.host.like(bindparam("at"), escape="\\"),
        or_(
            bindparam("follower_id") == 0,
            exists().where(_follow.followee_id == _c.id, _follow.follower_id == bindparam("follower_id")),
        ),
    )
    .order_by(_c.host != bindparam("home"), _c.username, _c.host)
    .limit(bindparam("limit"))
    .offset(bindparam("offset")),
    ActorRow,
)
_PROJECTS = Query(select(*_project).order_by(_project.id), ProjectRow)
_PROJECT = Query(select(*_project).where(_project.iri == bindparam("iri")), ProjectRow)

_INSERT = Command(insert(table(Actor)))
_REPLACE = Command(upsert(Actor, ["iri"], _KNOWN))
_SET_STATE = Command(
    update(table(Actor))
    .where(_c.id == bindparam("actor_id"))
    .values(state=bindparam("new_state"), updated_at_ms=bindparam("at_ms"))
)
_SET_PROFILE = Command(
    update(table(Actor))
    .where(_c.id == bindparam("actor_id"))
    .values(
        display_name=bindparam("new_name"),
        summary=bindparam("new_summary"),
        title=bindparam("new_title"),
        updated_at_ms=bindparam("at_ms"),
    )
)
_SET_ABOUT = Command(
    update(table(Actor)).where(_c.id == bindparam("actor_id")).values(about=bindparam("new_about"))
)
_FORGET_DOCUMENT = Command(update(table(Actor)).where(_c.id == bindparam("actor_id")).values(document=null()))
_INSERT_PROJECT = Command(insert_or_ignore(Project))


def by_id(tx: Tx, actor_id: int) -> ActorRow | None:
    """The actor with this row id."""
    return tx.first(_BY_ID, actor_id=actor_id)


def by_iri(tx: Tx, iri: str) -> ActorRow | None:
    """The actor with this IRI."""
    return tx.first(_BY_IRI, iri=iri)


def by_ids(tx: Tx, actor_ids: Iterable[int]) -> dict[int, ActorRow]:
    """The actors that exist, by id."""
    return {row.id: row for row in tx.all(_BY_IDS, actor_ids=array(actor_ids))}


def by_iris(tx: Tx, iris: Iterable[str]) -> dict[str, ActorRow]:
    """The actors that exist, by IRI."""
    return {row.iri: row for row in tx.all(_BY_IRIS, iris=array(iris))}


def by_username(tx: Tx, username: str, host: str) -> ActorRow | None:
    """The actor with the handle @username@host, in lower or upper case; under the host that it had before for as long as both answer."""
    found = tx.first(_BY_USERNAME, username=username.lower(), host=host.lower())
    other = other_names.by_host(tx, host.lower()) if found is None else None
    if other is None or other.is_coming or other.until_ms <= tx.now_ms:
        return found
    return tx.first(_BY_USERNAME, username=username.lower(), host=other.to_host)


def persons(tx: Tx, *, host: str | None = None, after_id: int = 0, limit: int = 1000) -> list[ActorRow]:
    """Persons of one company (ours without `host`), in every state, oldest first, from `after_id` on."""
    return tx.all(_PERSONS, host=host or tx.home.host, after_id=after_id, limit=limit)


def find(tx: Tx, query: str, limit: int, *, offset: int = 0, follower_id: int = 0) -> list[ActorRow]:
    """Active persons and projects whose username or a word of whose name starts like "bo" or "@bo@glob"; our own first. With `follower_id`, of those whom that one follows."""
    if not query.strip():
        return []
    name, _, host = query.strip().removeprefix("@").lower().partition("@")
    start = f"{_literal(name)}%"
    words = {"start": start, "word": f"% {start}", "at": f"{_literal(host)}%"}
    params = {"home": tx.home.host, "limit": limit, "offset": offset, "follower_id": follower_id}
    return tx.all(_FIND, **words, **params)


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def add(tx: Tx, row: ActorRow) -> None:
    """Write a new actor."""
    tx.run(_INSERT, **row._asdict())


def put(tx: Tx, row: ActorRow) -> ActorRow:
    """Write a partner's actor, or replace what we know of it; its row as it now is (an id once given stays)."""
    tx.run(_REPLACE, **row._asdict())
    found = by_iri(tx, row.iri)
    assert found is not None
    return found


def set_state(tx: Tx, actor_id: int, state: str) -> None:
    """Write an actor's state: active, disabled or gone."""
    tx.run(_SET_STATE, actor_id=actor_id, new_state=state, at_ms=tx.now_ms)


def forget_document(tx: Tx, actor_id: int) -> None:
    """Drop what a partner's actor said of itself in its own document."""
    tx.run(_FORGET_DOCUMENT, actor_id=actor_id)


def set_profile(tx: Tx, actor_id: int, *, display_name: str, summary: str, title: str) -> None:
    """Write what an actor says of itself."""
    tx.run(
        _SET_PROFILE,
        actor_id=actor_id,
        new_name=display_name,
        new_summary=summary,
        new_title=title,
        at_ms=tx.now_ms,
    )


def set_about(tx: Tx, actor_id: int, about: str) -> None:
    """Write what one of our people says of themselves to colleagues, JSON."""
    tx.run(_SET_ABOUT, actor_id=actor_id, new_about=about)


def projects(tx: Tx) -> list[ProjectRow]:
    """Every project we know of, oldest first."""
    return tx.all(_PROJECTS)


def project_by_iri(tx: Tx, iri: str) -> ProjectRow | None:
    """The project with this IRI."""
    return tx.first(_PROJECT, iri=iri)


def add_project(tx: Tx, row: ProjectRow) -> None:
    """Write a project, whose actor is there already; one that is known stays as it is."""
    tx.run(_INSERT_PROJECT, **row._asdict())
