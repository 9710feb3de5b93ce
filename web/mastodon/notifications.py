"""Notifications. The rule kept here: the list is the owner's alone, and a notification about a post shows only while the owner may read it."""

from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import report
from instance.storage import actors, logins, marks, notifications, reports
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.notifications import NotificationRow, Wanted
from web.doors import CACHE, NODE, api, caller
from web.errors import NotFound
from web.mastodon import entities, params, show
from web.mastodon import reports as reports_shown
from web.mastodon.cache import Cache
from web.mastodon.entities import Json
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import fragment, reply

UNREAD_LIMIT = 1000
REPORT = report.KIND

NodeRead = tuple[list[NotificationRow], dict[int, Json], dict[int, Json]]


async def get_all(request: Request) -> Response:
    """The caller's notifications, newest first."""
    me, asked = caller(request), of_query(request)
    window = window_of(asked, usual=40, most=80)
    found = await request.app[NODE].read(lambda tx: with_accounts(tx, _rows(tx, me.id, asked)))
    headers = links(request, request.app[NODE].home.base, [row.id for row in found[0]], window)
    return reply(await rendered(request.app[CACHE], me.id, found), headers=headers)


def _rows(tx: Tx, owner_id: int, asked: Params) -> list[NotificationRow]:
    window = window_of(asked, usual=40, most=80)
    return notifications.of_owner(tx, owner_id, window, wanted=wanted_of(asked))


def wanted_of(asked: Params) -> Wanted:
    """Which notifications a request asks for."""
    return Wanted(
        kinds=tuple(asked.texts("types")),
        exclude_kinds=tuple(asked.texts("exclude_types")),
        actor_id=asked.row_id("account_id"),
        include_filtered=asked.flag("include_filtered"),
    )


async def get_one(request: Request) -> Response:
    """One of the caller's notifications."""
    me, notification_id = caller(request), path_id(request)
    found = await request.app[NODE].read(lambda tx: one(tx, me.id, notification_id))
    shown = await rendered(request.app[CACHE], me.id, found)
    if not shown:
        raise NotFound
    return reply(shown[0])


def one(tx: Tx, owner_id: int, notification_id: int) -> NodeRead:
    """The rows to show one notification from, for `rendered`."""
    row = notifications.by_id(tx, owner_id, notification_id)
    return with_accounts(tx, [row] if row else [])


def with_accounts(tx: Tx, rows: list[NotificationRow]) -> NodeRead:
    """The rows with what they are shown from, for `rendered`."""
    found: dict[int, ActorRow] = actors.by_ids(tx, {row.actor_id for row in rows})
    return rows, show.account_of_each(tx, found.values()), _reports(tx, rows)


def _reports(tx: Tx, rows: list[NotificationRow]) -> dict[int, Json]:
    """What was reported, by the notification's id; to those alone who administer the node still."""
    told = [row for row in rows if row.kind == report.KIND]
    if not told or told[0].owner_id not in {admin.actor_id for admin in logins.admins(tx)}:
        return {}
    found = reports.of_notifications(tx, [row.id for row in told])
    shown = reports_shown.shown(tx, list(found.values()), told[0].owner_id)
    return {notification_id: {"report": shown[row.id]} for notification_id, row in found.items()}


async def rendered(cache: Cache, owner_id: int, found: NodeRead) -> list[Json]:
    """Notification entities; one whose status has gone meanwhile is left out."""
    rows, accounts, reported = found
    statuses = await cache.found([row.post_id for row in rows if row.post_id is not None], owner_id)
    return [
        entities.notification(row, accounts[row.actor_id], _status(row, statuses)) | reported.get(row.id, {})
        for row in rows
        if row.actor_id in accounts
        and (row.post_id is None or row.post_id in statuses)
        and (row.kind != report.KIND or row.id in reported)
    ]


def _status(row: NotificationRow, statuses: dict[int, bytes]) -> object:
    return None if row.post_id is None else fragment(statuses[row.post_id])


def key_of(row: NotificationRow) -> str:
    """The key that a notification shares with its like, or one of its own."""
    return row.group_key or f"ungrouped-{row.id}"


async def post_clear(request: Request) -> Response:
    """Remove all of the caller's notifications."""
    me = caller(request)
    await request.app[NODE].write(lambda tx: notifications.clear(tx, me.id))
    return reply({})


async def post_dismiss(request: Request) -> Response:
    """Remove one of the caller's notifications."""
    me, notification_id = caller(request), path_id(request)
    gone = await request.app[NODE].write(lambda tx: notifications.dismiss(tx, me.id, [notification_id]))
    if not gone:
        raise NotFound
    return reply({})


async def post_dismiss_several(request: Request) -> Response:
    """Remove several of the caller's notifications."""
    me, sent = caller(request), await params.of_body(request)
    await request.app[NODE].write(lambda tx: notifications.dismiss(tx, me.id, sent.ids("ids")))
    return reply({})


async def get_unread_count(request: Request) -> Response:
    """How many notifications came since the caller's marker."""
    me, asked = caller(request), of_query(request)
    limit = min(max(asked.number("limit", notifications.UNREAD_MAX), 1), UNREAD_LIMIT)

    def read(tx: Tx) -> int:
        since = last_read(tx, me.id)
        return notifications.unread_count(tx, me.id, since, wanted=wanted_of(asked), limit=limit)

    return reply({"count": await request.app[NODE].read(read)})


def last_read(tx: Tx, owner_id: int) -> int:
    """The id of the notification up to which the owner has read."""
    marker = next(iter(marks.markers(tx, owner_id, ["notifications"])), None)
    return int(marker.last_read_id) if marker and marker.last_read_id.isdecimal() else 0


_READ = partial(api, scope="read:notifications")
_WRITE = partial(api, scope="write:notifications")

ROUTES: tuple[Route, ...] = (
    _READ("GET", "/api/v1/notifications", get_all),
    _READ("GET", "/api/v1/notifications/unread_count", get_unread_count),
    _WRITE("POST", "/api/v1/notifications/clear", post_clear),
    _WRITE("POST", "/api/v2/notifications/clear", post_clear),
    _WRITE("DELETE", "/api/v1/notifications/destroy_multiple", post_dismiss_several),
    _READ("GET", "/api/v1/notifications/{id}", get_one),
    _WRITE("POST", "/api/v1/notifications/{id}/dismiss", post_dismiss),
    _WRITE("DELETE", "/api/v1/notifications/{id}", post_dismiss),
)
