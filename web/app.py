"""The web of a node, put together: every route with its door, and the memory that listens to the node. The rule kept here: one table of routes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress

from aiohttp.web import Application, Request, StreamResponse

from federation import endpoints
from federation.doors import Route
from federation.letters import ANYONE, Disclosure
from instance.node import Cordee
from web import doors, oauth, sign_in, static
from web.admin import charters, guests, ledger, partners
from web.admin import reports as reports_admin
from web.doors import CACHE, CORS, LIMITS, NODE, PICTURES, anyone, disclose, mount
from web.files import PictureKeys
from web.limits import Limits
from web.mastodon import (
    absent,
    accounts,
    admin_accounts,
    admin_domains,
    admin_figures,
    admin_reports,
    admin_trends,
    announcements,
    apps,
    collections,
    conversations,
    discovery,
    emojis,
    filters,
    grouped,
    instance,
    lists,
    manners,
    media,
    misc,
    notifications,
    polls,
    profile,
    push,
    quotes,
    refreshes,
    relations,
    reports,
    requests,
    scheduled,
    search,
    socket,
    statuses,
    tags,
    timelines,
)
from web.mastodon.cache import Cache
from web.mastodon.deprecated import deprecation
from web.mastodon.instance import DISCLOSED
from web.mastodon.streaming import STREAMS, Streams
from web.pages import account, company, conversation, hashtag, projects

_FAMILIES = (
    conversations,
    apps,
    profile,
    discovery,
    accounts,
    relations,
    statuses,
    quotes,
    timelines,
    tags,
    lists,
    notifications,
    manners,
    grouped,
    collections,
    filters,
    push,
    polls,
    scheduled,
    requests,
    reports,
    media,
    emojis,
    announcements,
    search,
    instance,
    misc,
    refreshes,
    absent,
    admin_accounts,
    admin_domains,
    admin_figures,
    admin_reports,
    admin_trends,
    socket,
    oauth,
    sign_in,
    projects,
    company,
    hashtag,
    conversation,
    account,
    charters,
    ledger,
    partners,
    guests,
    reports_admin,
)
_PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    # "*" is whatever else a library sends along; it does not stand for Authorization.
    "Access-Control-Allow-Headers": "*, Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}


def build_app(node: Cordee, *, limits: Limits | None = None) -> Application:
    """The application of an open node. The node is not closed with it."""
    app = Application()
    pictures = PictureKeys.from_seal_key(node.seal_key, node.home.base)
    cache = Cache(node, pictures, clock=node.now)
    app[NODE], app[PICTURES], app[CACHE] = node, pictures, cache
    app[STREAMS], app[LIMITS] = Streams(node, cache), limits or Limits()
    app[doors.ROUTES], app[DISCLOSED] = [], {}
    app[media.DECODING], app[media.PREPARING] = asyncio.Semaphore(2), set()
    mount(app, endpoints.routes(node, node.seal_key))
    mount(app, _routes())
    app.on_response_prepare.extend((_open_to_browsers, _say_what_is_old))
    app.cleanup_ctx.append(_listening)
    app.on_shutdown.append(_close_sockets)
    app.on_shutdown.append(media.stop_preparing)
    return app


def _routes() -> Iterator[Route]:
    for family in _FAMILIES:
        yield from family.ROUTES
    yield from static.routes()
    for path in ("/api/{tail:.*}", "/oauth/token", "/oauth/revoke", "/oauth/userinfo"):
        yield anyone("OPTIONS", path, _saying(204), headers=_PREFLIGHT)
    yield anyone("*", "/api/{tail:.*}", _nothing, headers=CORS)
    yield anyone("*", "/{tail:.*}", _nothing)


async def _open_to_browsers(request: Request, response: StreamResponse) -> None:
    """Apps in browsers read in NodeInfo what a server is; it says no more than the instance's own document."""
    if request.path == "/.well-known/nodeinfo" or request.path.startswith("/nodeinfo/"):
        response.headers.update(CORS)


async def _say_what_is_old(request: Request, response: StreamResponse) -> None:
    response.headers.update(deprecation(request))


def _saying(status: int) -> Callable[[Request], Awaitable[Disclosure]]:
    async def handle(request: Request) -> Disclosure:
        return await disclose(request, b"", status=status)

    return handle


async def _nothing(request: Request) -> Disclosure:
    """The one answer for what is not there."""
    return request.app[NODE].gate.not_found(ANYONE)


async def _listening(app: Application) -> AsyncIterator[None]:
    """Memory first, then streams: what is pushed is read after the memory has forgotten what was."""
    bus, streams = app[NODE].bus, app[STREAMS]
    stops = [bus.subscribe(app[CACHE].hear), bus.subscribe(streams.hear)]
    telling = asyncio.create_task(streams.run(), name="streams")
    yield
    for stop in stops:
        stop()
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling


async def _close_sockets(app: Application) -> None:
    await app[STREAMS].close()
