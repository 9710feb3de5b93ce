"""Whose notifications come at once, wait or never come. The rule kept here: who waits is told only to the person who let them wait."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import manners
from instance.domain.outcome import Outcome
from instance.ids import snowflake_ms
from instance.storage import manners as rows_of
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.manners import PolicyRow, RequestRow
from web.doors import CACHE, NODE, api, caller
from web.errors import NotFound
from web.mastodon import params, show
from web.mastodon.entities import Json, timestamp
from web.mastodon.paging import links, window_of
from web.mastodon.params import of_query, path_id
from web.mastodon.reply import fragment, reply

KINDS = PolicyRow._fields[1:]

Verb = Callable[[Tx, ActorRow, Sequence[int]], Outcome[None]]


async def get_policy(request: Request) -> Response:
    """Whom the caller wants to hear at once, and how many wait."""
    me = caller(request)
    return reply(await request.app[NODE].read(lambda tx: _policy(tx, me.id)))


async def set_policy(request: Request) -> Response:
    """Say whom to hear at once, after a look, or never."""
    me, sent = caller(request), await params.of_body(request)
    said = {kind: sent.text(f"for_{kind}") for kind in KINDS if f"for_{kind}" in sent}
    await request.app[NODE].perform(lambda tx: manners.set_policy(tx, me.actor, said))
    return reply(await request.app[NODE].read(lambda tx: _policy(tx, me.id)))


def _policy(tx: Tx, owner_id: int) -> Json:
    """NotificationPolicy."""
    row = rows_of.policies(tx, [owner_id]).get(owner_id, PolicyRow(owner_id))
    waiting = rows_of.waiting(tx, owner_id)
    summary = {
        "pending_requests_count": waiting.requests,
        "pending_notifications_count": waiting.notifications,
    }
    return {**{f"for_{kind}": getattr(row, kind) for kind in KINDS}, "summary": summary}


async def get_requests(request: Request) -> Response:
    """Whose notifications wait for the caller's decision."""
    me, window = caller(request), window_of(of_query(request), usual=40, most=80)
    rows = await request.app[NODE].read(lambda tx: rows_of.requests(tx, me.id, window))
    headers = links(request, request.app[NODE].home.base, [row.id for row in rows], window)
    return reply(await _shown(request, rows), headers=headers)


async def get_request(request: Request) -> Response:
    """One whose notifications wait."""
    me, request_id = caller(request), path_id(request)
    rows = await request.app[NODE].read(lambda tx: rows_of.requests_of(tx, me.id, [request_id]))
    shown = await _shown(request, rows)
    if not shown:
        raise NotFound
    return reply(shown[0])


async def _shown(request: Request, rows: list[RequestRow]) -> list[Json]:
    """NotificationRequests."""
    me = caller(request)
    accounts = await request.app[NODE].read(lambda tx: show.accounts(tx, [row.actor_id for row in rows]))
    by_id = {one["id"]: one for one in accounts}
    statuses = await request.app[CACHE].found([row.last_post_id for row in rows if row.last_post_id], me.id)
    return [
        {
            "id": str(row.id),
            "created_at": timestamp(snowflake_ms(row.id)),
            "updated_at": timestamp(row.updated_at_ms),
            "notifications_count": str(row.total),
            "account": by_id[str(row.actor_id)],
            "last_status": fragment(statuses[row.last_post_id]) if row.last_post_id in statuses else None,
        }
        for row in rows
        if str(row.actor_id) in by_id
    ]


def _decide(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    """A handler that decides about one request (in the path) or several (`id[]`)."""

    async def handle(request: Request) -> Response:
        me, sent = caller(request), await params.of_body(request)
        wanted = [path_id(request)] if "id" in request.match_info else sent.ids("id")
        is_one = "id" in request.match_info
        await request.app[NODE].perform(lambda tx: _decided(tx, me.actor, wanted, verb, is_one=is_one))
        return reply({})

    return handle


def _decided(tx: Tx, owner: ActorRow, wanted: Sequence[int], verb: Verb, *, is_one: bool) -> Outcome[None]:
    """Of several, those that wait no longer count as decided; one that does not wait is not found."""
    if not is_one and not rows_of.requests_of(tx, owner.id, wanted):
        return Outcome(None)
    return verb(tx, owner, wanted)


async def get_merged(request: Request) -> Response:
    """Whether what was let through stands in the list: it does from the moment of the decision."""
    caller(request)
    return reply({"merged": True})


_READ = partial(api, scope="read:notifications")
_WRITE = partial(api, scope="write:notifications")

ROUTES: tuple[Route, ...] = (
    _READ("GET", "/api/v2/notifications/policy", get_policy),
    _WRITE("PATCH", "/api/v2/notifications/policy", set_policy),
    _READ("GET", "/api/v1/notifications/requests", get_requests),
    _READ("GET", "/api/v1/notifications/requests/merged", get_merged),
    _WRITE("POST", "/api/v1/notifications/requests/accept", _decide(manners.accept)),
    _WRITE("POST", "/api/v1/notifications/requests/dismiss", _decide(manners.dismiss)),
    _READ("GET", "/api/v1/notifications/requests/{id}", get_request),
    _WRITE("POST", "/api/v1/notifications/requests/{id}/accept", _decide(manners.accept)),
    _WRITE("POST", "/api/v1/notifications/requests/{id}/dismiss", _decide(manners.dismiss)),
)
