"""The page of one's own company. The rule kept here: what is written on it stays inside, whatever it names."""

from dataclasses import replace

from aiohttp.web import HTTPSeeOther, Request, Response

from federation.doors import Route
from instance.errors import Refusal
from instance.policy import INTERNAL
from instance.storage import announcements, emojis, timelines
from instance.storage.database import Tx
from instance.storage.window import Window
from web.doors import NODE, session_of
from web.pages.compose import Draft, draft_of, kept, manner_of, publish, typed
from web.pages.emoji_view import emoji_urls, with_emojis
from web.pages.frame import locale_of, number, respond
from web.pages.place import Place, place_view
from web.pages.post_view import PostFacts, post_facts, post_views
from web.session import page

PAGE = 30


async def get_company(request: Request) -> Response:
    """What people of this company say to all of their colleagues."""
    return await _show(request, Draft())


async def post_in_company(request: Request) -> Response:
    """Publish what the form says, for the company alone."""
    text = await typed(request)
    try:
        made = await publish(request, replace(draft_of(request, text), project=INTERNAL))
    except Refusal as refusal:
        return await _show(request, kept(request, text, refusal))
    raise HTTPSeeOther(f"/app/company#p{made.id}")


async def _show(request: Request, draft: Draft) -> Response:
    node, viewer, before = request.app[NODE], session_of(request).actor, number(request.query.get("before"))

    def load(tx: Tx) -> tuple[PostFacts, list[str]]:
        ids = timelines.company(tx, viewer.id, Window(max_id=before, limit=PAGE))
        return post_facts(tx, ids, viewer.id), _announced(tx)

    facts, announced = await node.read(load)
    return await respond(
        request,
        "company.html",
        here="company",
        status=draft.status,
        at="/app/company" if draft.problem else "",
        place=place_view(Place(), home=node.home, locale=locale_of(request)),
        announced=announced,
        posts=post_views(facts, manner_of(request, Place())),
        older=facts.ids[-1] if len(facts.ids) == PAGE else None,
        later=before is not None,
        problem=draft.problem,
        draft=draft.text,
        limit=node.config.text_limit_chars,
    )


def _announced(tx: Tx) -> list[str]:
    """What IT announces, as cleaned HTML with the company's emojis."""
    rows = announcements.shown(tx)
    urls = emoji_urls(emojis.own(tx)) if any(":" in row.content for row in rows) else {}
    return [with_emojis(row.content, urls) for row in rows]


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/company", get_company),
    page("POST", "/app/company/posts", post_in_company),
)
