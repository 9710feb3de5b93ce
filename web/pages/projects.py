"""The pages of who works in a project: my projects, one project, writing in it. The rule kept here: who is not in a project learns nothing of it."""

from dataclasses import replace

from aiohttp.web import HTTPFound, HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from instance.errors import Refusal
from web.doors import NODE, session_of
from web.pages.compose import Draft, draft_of, kept, manner_of, publish, typed
from web.pages.frame import is_admin, locale_of, number, respond
from web.pages.project_view import ProjectFacts, my_projects, project_cards, project_facts, project_page
from web.session import page


async def to_projects(_: Request) -> Response:
    """The front door leads to my projects."""
    raise HTTPFound("/app/projects")


async def get_projects(request: Request) -> Response:
    """My projects; for IT all of them."""
    node, viewer = request.app[NODE], session_of(request).actor
    found = await node.read(lambda tx: my_projects(tx, viewer.id, everything=is_admin(request)))
    cards = project_cards(found, own_host=node.home.host, locale=locale_of(request))
    return await respond(request, "projects.html", here="projects", projects=cards)


async def get_project(request: Request) -> Response:
    """One project: its timeline, its people, its charter."""
    return await _show(request, await _facts(request), Draft())


async def post_in_project(request: Request) -> Response:
    """Publish what the form says in this project."""
    facts, text = await _facts(request), await typed(request)
    try:
        made = await publish(request, replace(draft_of(request, text), project=facts.actor.iri))
    except Refusal as refusal:
        return await _show(request, facts, kept(request, text, refusal))
    raise HTTPSeeOther(f"/app/projects/{facts.actor.id}#p{made.id}")


async def _facts(request: Request) -> ProjectFacts:
    node, viewer = request.app[NODE], session_of(request).actor
    project_id, before = number(request.match_info["project_id"]) or 0, number(request.query.get("before"))
    admin = is_admin(request)
    facts = await node.read(
        lambda tx: project_facts(tx, viewer.id, project_id, before=before, is_admin=admin)
    )
    if facts is None:
        raise HTTPNotFound
    return facts


async def _show(request: Request, facts: ProjectFacts, draft: Draft) -> Response:
    node = request.app[NODE]
    shown = project_page(facts, home=node.home, manner=manner_of(request, facts.place))
    return await respond(
        request,
        "project.html",
        here="projects",
        status=draft.status,
        at=shown["place"]["path"] if draft.problem else "",
        **shown,
        problem=draft.problem,
        draft=draft.text,
        limit=node.config.text_limit_chars,
        later="before" in request.query,
    )


ROUTES: tuple[Route, ...] = (
    page("GET", "/", to_projects),
    page("GET", "/app", to_projects),
    page("GET", "/app/projects", get_projects),
    page("GET", "/app/projects/{project_id}", get_project),
    page("POST", "/app/projects/{project_id}/posts", post_in_project),
)
