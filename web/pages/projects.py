"""The pages of who works in a project: my projects, one project, writing, answering, deleting.

The rule kept here: what cannot be published is explained in words, and the draft comes back in the form.
"""

from aiohttp.web import HTTPFound, HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from instance.domain import post
from instance.domain.compose import PostDraft
from instance.errors import Refusal
from instance.storage import actors
from instance.storage.media import MediaRow
from web.doors import NODE, PICTURES
from web.pages.frame import is_admin, locale_of, number, respond
from web.pages.project_view import ProjectFacts, my_projects, project_cards, project_facts, project_page
from web.session import page, session_of

APPLICATION = "Cordée"


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
    return await _project(request, answer_to=number(request.query.get("answer")))


async def post_in_project(request: Request) -> Response:
    """Publish what the form says, in this project or in answer to one of its posts."""
    node, author = request.app[NODE], session_of(request).actor
    form = await request.post()
    text, answer_to = str(form.get("text", "")), number(str(form.get("in_reply_to", "")))
    facts = await _facts(request)
    draft = PostDraft(
        text,
        in_reply_to_id=answer_to,
        project=None if answer_to else facts.actor.iri,
        language=session_of(request).login.locale,
        application=APPLICATION,
    )
    try:
        made = await node.perform(lambda tx: post.publish(tx, node.gate, author, draft))
    except Refusal as refusal:
        return await _project(
            request, answer_to=answer_to, problem=refusal.text, draft=text, status=refusal.status
        )
    raise HTTPSeeOther(f"/app/projects/{facts.actor.id}#p{made.id}")


async def delete_post(request: Request) -> Response:
    """Delete a post of one's own, here and at the partners."""
    node, author = request.app[NODE], session_of(request).actor
    post_id = number(request.match_info["post_id"]) or 0
    try:
        gone = await node.perform(lambda tx: post.delete(tx, author, post_id))
    except Refusal as refusal:
        raise HTTPNotFound(text=refusal.text) from refusal
    project = await node.read(lambda tx: actors.by_iri(tx, gone.space))
    raise HTTPSeeOther(f"/app/projects/{project.id}" if project else "/app/projects")


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


async def _project(
    request: Request, *, answer_to: int | None, problem: str = "", draft: str = "", status: int = 200
) -> Response:
    facts, viewer, node = await _facts(request), session_of(request).actor, request.app[NODE]

    def picture_url(media: MediaRow) -> str:
        return request.app[PICTURES].links(media.id, node.now()).url

    shown = project_page(
        facts,
        viewer_id=viewer.id,
        own_host=node.home.host,
        locale=locale_of(request),
        picture_url=picture_url,
    )
    answering = next((view for view in shown["posts"] if view["id"] == answer_to), None)
    return await respond(
        request,
        "project.html",
        here="projects",
        status=status,
        **shown,
        answering=answering,
        problem=problem,
        draft=draft,
    )


ROUTES: tuple[Route, ...] = (
    page("GET", "/", to_projects),
    page("GET", "/app", to_projects),
    page("GET", "/app/projects", get_projects),
    page("GET", "/app/projects/{project_id}", get_project),
    page("POST", "/app/projects/{project_id}/posts", post_in_project),
    page("POST", "/app/posts/{post_id}/delete", delete_post),
)
