"""Timelines: home, the company (Mastodon's local one), all one's projects (its federated one), one project (a list).

The rule kept here: a page is ids from the database or from memory, then statuses that are bytes already.
"""

from collections.abc import Callable

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.storage import reactions, timelines
from instance.storage.database import Tx
from instance.storage.reactions import MarkedPost
from instance.storage.window import Window
from web.doors import CACHE, NODE, api, caller
from web.mastodon import lists
from web.mastodon.paging import links, window_of
from web.mastodon.params import of_query, path_id
from web.mastodon.reply import reply_list


async def get_home(request: Request) -> Response:
    """Posts of those the caller follows, and of the caller's projects."""
    me, window = caller(request), window_of(of_query(request))
    ids = await request.app[CACHE].home(me.id, window)
    return await _page(request, ids, window, me.id)


async def get_public(request: Request) -> Response:
    """With `local` the company's posts, else those of all the caller's projects."""
    me, asked = caller(request), of_query(request)
    window = window_of(asked)
    if asked.flag("local"):
        return await _read(request, window, lambda tx: timelines.company(tx, me.id, window))
    return await _read(request, window, lambda tx: timelines.projects(tx, me.id, window))


async def get_list(request: Request) -> Response:
    """Posts of the people in a list, or of one project."""
    me, list_id, window = caller(request), path_id(request), window_of(of_query(request))
    return await _read(request, window, lambda tx: lists.timeline(tx, me.id, list_id, window))


async def get_favourites(request: Request) -> Response:
    """What the caller has favourited."""
    return await _marked(request, reactions.favourites)


async def get_bookmarks(request: Request) -> Response:
    """What the caller has bookmarked."""
    return await _marked(request, reactions.bookmarks)


async def _marked(request: Request, rows: Callable[[Tx, int, Window], list[MarkedPost]]) -> Response:
    """These lists are paged by when the mark was made, which is not the post's id."""
    me, window = caller(request), window_of(of_query(request))
    marked = await request.app[NODE].read(lambda tx: rows(tx, me.id, window))
    headers = links(request, request.app[NODE].home.base, [row.mark_id for row in marked], window)
    shown = await request.app[CACHE].shown([row.post_id for row in marked], me.id)
    return reply_list(shown, headers=headers)


async def _read(request: Request, window: Window, query: Callable[[Tx], list[int]]) -> Response:
    ids = await request.app[NODE].read(query)
    return await _page(request, ids, window, caller(request).id)


async def _page(request: Request, ids: list[int], window: Window, viewer_id: int) -> Response:
    shown = await request.app[CACHE].shown(ids, viewer_id)
    return reply_list(shown, headers=links(request, request.app[NODE].home.base, ids, window))


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/timelines/home", get_home, "read:statuses"),
    api("GET", "/api/v1/timelines/public", get_public, "read:statuses"),
    api("GET", "/api/v1/timelines/list/{id}", get_list, "read:lists"),
    api("GET", "/api/v1/favourites", get_favourites, "read:favourites"),
    api("GET", "/api/v1/bookmarks", get_bookmarks, "read:bookmarks"),
)
