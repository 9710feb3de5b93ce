"""The page of a hashtag: the posts of the company and of one's projects that have it. The rule kept here: it shows what an app shows of the same hashtag."""

from typing import NamedTuple
from urllib.parse import quote

from aiohttp.web import HTTPNotFound, Request, Response

from federation.doors import Route
from instance.domain import text
from instance.storage import tag_timelines, tags
from instance.storage.database import Tx
from instance.storage.tag_timelines import TagFilter
from instance.storage.window import Window
from web.doors import NODE, session_of
from web.pages.compose import manner_of
from web.pages.frame import number, respond
from web.pages.place import Place
from web.pages.post_view import PostFacts, post_facts, post_views
from web.session import page

PAGE = 30


class _Frame(NamedTuple):
    """What the macros of posts ask of a place; nothing is written on this page."""

    path: str
    may_post: bool = False
    may_pin: bool = False
    pinned: tuple[int, ...] = ()


async def get_tag(request: Request) -> Response:
    """Posts with a hashtag, the newest first."""
    name = text.as_tag(request.match_info["name"])
    if name is None:
        raise HTTPNotFound
    node, viewer, before = request.app[NODE], session_of(request).actor, number(request.query.get("before"))

    def load(tx: Tx) -> PostFacts:
        wanted = TagFilter(tuple(tags.known(tx, [name]).values()))
        ids = tag_timelines.tagged(tx, viewer.id, wanted, Window(max_id=before, limit=PAGE))
        return post_facts(tx, ids, viewer.id)

    facts = await node.read(load)
    return await respond(
        request,
        "hashtag.html",
        here="",
        name=name,
        place=_Frame(f"/app/tags/{quote(name)}"),
        posts=post_views(facts, manner_of(request, Place())),
        older=facts.ids[-1] if len(facts.ids) == PAGE else None,
        later=before is not None,
    )


ROUTES: tuple[Route, ...] = (page("GET", "/app/tags/{name}", get_tag),)
