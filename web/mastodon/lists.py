"""Lists. The rule kept here: every project of mine is a list, there are no others, and who is in it is not changed here."""

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.errors import NotAllowed
from instance.storage import actors, members
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from web.doors import NODE, api, caller
from web.errors import NotFound
from web.mastodon import entities, show
from web.mastodon.entities import Json
from web.mastodon.params import path_id
from web.mastodon.reply import reply

ARE_PROJECTS = "Lists are your projects. Who is in a project is decided there, not in a list."


def project_of(tx: Tx, viewer_id: int, list_id: int) -> ActorRow:
    """The project that a list stands for, when the viewer is in it. Raises NotFound."""
    row = actors.by_id(tx, list_id)
    if row is None or row.kind != "project" or not members.is_active(tx, row.iri, viewer_id):
        raise NotFound
    return row


async def get_lists(request: Request) -> Response:
    """The caller's projects."""
    me = caller(request)

    def read(tx: Tx) -> list[Json]:
        iris = [row.project_iri for row in members.projects_of(tx, me.id)]
        found = sorted(actors.by_iris(tx, iris).values(), key=lambda row: row.display_name.casefold())
        return [entities.project_list(row) for row in found]

    return reply(await request.app[NODE].read(read))


async def get_list(request: Request) -> Response:
    """One of the caller's projects."""
    me, list_id = caller(request), path_id(request)
    project = await request.app[NODE].read(lambda tx: project_of(tx, me.id, list_id))
    return reply(entities.project_list(project))


async def get_accounts(request: Request) -> Response:
    """The people in one of the caller's projects, of all companies."""
    me, list_id = caller(request), path_id(request)

    def read(tx: Tx) -> list[Json]:
        project = project_of(tx, me.id, list_id)
        return show.accounts(tx, [row.actor_id for row in members.of_project(tx, project.iri)])

    return reply(await request.app[NODE].read(read))


async def refuse(request: Request) -> Response:
    """Lists are not made, changed or removed here."""
    caller(request)
    raise NotAllowed("lists_are_projects", ARE_PROJECTS)


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/lists", get_lists, "read:lists"),
    api("POST", "/api/v1/lists", refuse, "write:lists"),
    api("GET", "/api/v1/lists/{id}", get_list, "read:lists"),
    api("PUT", "/api/v1/lists/{id}", refuse, "write:lists"),
    api("DELETE", "/api/v1/lists/{id}", refuse, "write:lists"),
    api("GET", "/api/v1/lists/{id}/accounts", get_accounts, "read:lists"),
    api("POST", "/api/v1/lists/{id}/accounts", refuse, "write:lists"),
    api("DELETE", "/api/v1/lists/{id}/accounts", refuse, "write:lists"),
)
