"""Lists: one's own, and every project of mine. The rule kept here: who is in a project is not changed here; who is in a list of mine is my affair."""

from collections.abc import Iterable

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import own_list
from instance.domain.own_list import ListDraft
from instance.errors import NotAllowed
from instance.storage import actors, members, own_lists, timelines
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.own_lists import ListRow
from instance.storage.window import Window
from web.doors import NODE, Caller, api, caller
from web.errors import NotFound
from web.mastodon import entities, params, show
from web.mastodon.entities import Json
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import reply

ARE_PROJECTS = "Lists are your projects. Who is in a project is decided there, not in a list."


def list_entity(row: ListRow) -> Json:
    """List: one of the viewer's own."""
    return {
        "id": str(row.id),
        "title": row.title,
        "replies_policy": row.replies_policy,
        "exclusive": bool(row.exclusive),
    }


def project_of(tx: Tx, viewer_id: int, list_id: int) -> ActorRow:
    """The project that a list stands for, when the viewer is in it. Raises NotFound."""
    row = actors.by_id(tx, list_id)
    if row is None or row.kind != "project" or not members.is_active(tx, row.iri, viewer_id):
        raise NotFound
    return row


def check_list(tx: Tx, viewer_id: int, list_id: int) -> None:
    """Raise NotFound unless there is such a list of the viewer's, or such a project."""
    if own_lists.one(tx, viewer_id, list_id) is None:
        project_of(tx, viewer_id, list_id)


def timeline(tx: Tx, viewer_id: int, list_id: int, window: Window) -> list[int]:
    """Ids of the posts that a list shows. Raises NotFound."""
    if own_lists.one(tx, viewer_id, list_id) is not None:
        return own_lists.timeline(tx, viewer_id, list_id, window)
    return timelines.project(tx, viewer_id, project_of(tx, viewer_id, list_id).iri, window)


def with_account(tx: Tx, viewer_id: int, actor_id: int) -> list[Json]:
    """The viewer's lists that an account is in, and the projects that both are in."""
    theirs = {row.project_iri for row in members.projects_of(tx, actor_id)}
    shared = [row.project_iri for row in members.projects_of(tx, viewer_id) if row.project_iri in theirs]
    return [*map(list_entity, own_lists.with_actor(tx, viewer_id, actor_id)), *_projects(tx, shared)]


def _projects(tx: Tx, iris: Iterable[str]) -> list[Json]:
    found = sorted(actors.by_iris(tx, iris).values(), key=lambda row: row.display_name.casefold())
    return [entities.project_list(row) for row in found]


async def get_lists(request: Request) -> Response:
    """The caller's lists, then the caller's projects."""
    me = caller(request)

    def read(tx: Tx) -> list[Json]:
        projects = _projects(tx, [row.project_iri for row in members.projects_of(tx, me.id)])
        return [*map(list_entity, own_lists.of_owner(tx, me.id)), *projects]

    return reply(await request.app[NODE].read(read))


async def get_list(request: Request) -> Response:
    """One of the caller's lists or projects."""
    me, list_id = caller(request), path_id(request)

    def read(tx: Tx) -> Json:
        row = own_lists.one(tx, me.id, list_id)
        return list_entity(row) if row else entities.project_list(project_of(tx, me.id, list_id))

    return reply(await request.app[NODE].read(read))


async def create(request: Request) -> Response:
    """Make a list."""
    me, draft = caller(request), _new(await params.of_body(request))
    row = await request.app[NODE].write(lambda tx: own_list.make(tx, me.actor, draft))
    return reply(list_entity(row))


async def update(request: Request) -> Response:
    """Rename a list, or change what it shows."""
    me, list_id, draft = caller(request), path_id(request), _draft(await params.of_body(request))

    def write(tx: Tx) -> ListRow:
        _check_own(tx, me, list_id)
        return own_list.change(tx, me.actor, list_id, draft)

    return reply(list_entity(await request.app[NODE].write(write)))


async def delete(request: Request) -> Response:
    """Remove a list."""
    me, list_id = caller(request), path_id(request)

    def write(tx: Tx) -> None:
        _check_own(tx, me, list_id)
        own_list.remove(tx, me.actor, list_id)

    await request.app[NODE].write(write)
    return reply({})


async def get_accounts(request: Request) -> Response:
    """The people in a list; of a project those of all companies."""
    me, list_id, asked = caller(request), path_id(request), of_query(request)
    window = None if asked.text("limit") == "0" else window_of(asked, usual=40, most=80)

    def read(tx: Tx) -> tuple[list[int], list[Json]]:
        if own_lists.one(tx, me.id, list_id) is not None:
            ids = own_lists.actors_in(tx, list_id, window)
            return ids if window else [], show.accounts(tx, ids)
        project = project_of(tx, me.id, list_id)
        return [], show.accounts(tx, [row.actor_id for row in members.of_project(tx, project.iri)])

    ids, shown = await request.app[NODE].read(read)
    headers = links(request, request.app[NODE].home.base, ids, window) if window else {}
    return reply(shown, headers=headers)


async def add_accounts(request: Request) -> Response:
    """Add people whom the caller follows to a list."""
    me, list_id, actor_ids = caller(request), path_id(request), _actor_ids(await params.of_body(request))

    def write(tx: Tx) -> None:
        _check_own(tx, me, list_id)
        own_list.put(tx, me.actor, list_id, actor_ids)

    await request.app[NODE].write(write)
    return reply({})


async def remove_accounts(request: Request) -> Response:
    """Remove people from a list."""
    me, list_id, actor_ids = caller(request), path_id(request), _actor_ids(await params.of_body(request))

    def write(tx: Tx) -> None:
        _check_own(tx, me, list_id)
        own_list.take(tx, me.actor, list_id, actor_ids)

    await request.app[NODE].write(write)
    return reply({})


def _check_own(tx: Tx, me: Caller, list_id: int) -> None:
    """Raise NotAllowed for a project of the caller's, NotFound for what is no list of theirs at all."""
    if own_lists.one(tx, me.id, list_id) is None:
        project_of(tx, me.id, list_id)
        raise NotAllowed("lists_are_projects", ARE_PROJECTS)


def _new(sent: Params) -> ListDraft:
    return _draft(sent)._replace(title=sent.text("title"))


def _draft(sent: Params) -> ListDraft:
    return ListDraft(
        title=sent.text("title") if "title" in sent else None,
        replies_policy=sent.text("replies_policy") or None,
        exclusive=sent.flag("exclusive") if "exclusive" in sent else None,
    )


def _actor_ids(sent: Params) -> list[int]:
    """The accounts named. Raises NotFound for what cannot be one."""
    return [params.as_id(text) for text in sent.texts("account_ids")]


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/lists", get_lists, "read:lists"),
    api("POST", "/api/v1/lists", create, "write:lists"),
    api("GET", "/api/v1/lists/{id}", get_list, "read:lists"),
    api("PUT", "/api/v1/lists/{id}", update, "write:lists"),
    api("DELETE", "/api/v1/lists/{id}", delete, "write:lists"),
    api("GET", "/api/v1/lists/{id}/accounts", get_accounts, "read:lists"),
    api("POST", "/api/v1/lists/{id}/accounts", add_accounts, "write:lists"),
    api("DELETE", "/api/v1/lists/{id}/accounts", remove_accounts, "write:lists"),
)
