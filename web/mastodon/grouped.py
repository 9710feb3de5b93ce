"""Notifications in groups: who liked the same thing within some hours makes one. The rule kept here: a group stands on the page of its latest notification, and on no other."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.storage import notifications
from instance.storage.database import Tx
from instance.storage.notifications import ROWS_MAX, Group, NotificationRow, Wanted
from instance.storage.window import Window
from web.doors import CACHE, NODE, api, caller
from web.errors import NotFound
from web.mastodon import notifications as single
from web.mastodon import show
from web.mastodon.entities import Json, partial_account, timestamp
from web.mastodon.notifications import NodeRead, key_of, wanted_of
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query
from web.mastodon.reply import fragment, reply

GROUPED_KINDS = ("favourite", "follow", "reblog", "admin.sign_up")
SAMPLE = 8


class Bundle(NamedTuple):
    """What of one group stands on a page, newest first, and what there is of it on all pages."""

    key: str
    rows: tuple[NotificationRow, ...]
    total: int
    latest_id: int


def bundles(
    rows: Sequence[NotificationRow], known: dict[str, Group], window: Window, grouped_kinds: Iterable[str]
) -> list[Bundle]:
    """Rows of a window as groups, in the order of the rows, no more than the window's limit; a group of a newer page is left out."""
    kinds, found = set(grouped_kinds), dict[str, list[NotificationRow]]()
    for row in rows:
        key = key_of(row) if row.kind in kinds else f"ungrouped-{row.id}"
        if key in known and window.max_id is not None and known[key].latest_id >= window.max_id:
            continue
        if key not in found and len(found) == window.limit:
            break
        found.setdefault(key, []).append(row)
    return [_bundle(key, tuple(members), known.get(key)) for key, members in found.items()]


def _bundle(key: str, rows: tuple[NotificationRow, ...], known: Group | None) -> Bundle:
    newest_first = tuple(sorted(rows, reverse=True))
    total, latest_id = (known.total, known.latest_id) if known else (len(rows), newest_first[0].id)
    return Bundle(key, newest_first, total, latest_id)


def group(bundle: Bundle) -> Json:
    """NotificationGroup."""
    first = bundle.rows[0]
    shown: Json = {
        "group_key": bundle.key,
        "notifications_count": bundle.total,
        "type": first.kind,
        "most_recent_notification_id": str(bundle.latest_id),
        "page_min_id": str(bundle.rows[-1].id),
        "page_max_id": str(first.id),
        "latest_page_notification_at": timestamp(first.created_at_ms),
        "sample_account_ids": [str(actor_id) for actor_id in _sample(bundle)],
    }
    return shown if first.post_id is None else {**shown, "status_id": str(first.post_id)}


def _sample(bundle: Bundle) -> list[int]:
    return list(dict.fromkeys(row.actor_id for row in bundle.rows))[:SAMPLE]


async def get_all(request: Request) -> Response:
    """The caller's notifications in groups, newest first, with the accounts and statuses that they name."""
    me, asked = caller(request), of_query(request)
    window = window_of(asked, usual=40, most=80)
    page = await request.app[NODE].read(lambda tx: _page(tx, me.id, window, asked))
    headers = links(request, request.app[NODE].home.base, page.edges(window), window)
    is_partial = asked.text("expand_accounts") == "partial_avatars"
    return reply(await _results(request, page.bundles, is_partial=is_partial), headers=headers)


class Page(NamedTuple):
    """The groups of a window; `is_full` when there may be more behind them."""

    bundles: list[Bundle]
    is_full: bool

    def edges(self, window: Window) -> list[int]:
        """The ids that the links to other pages are made from: as many as make a full page look full."""
        ids = [row.id for bundle in self.bundles for row in bundle.rows]
        if not ids:
            return []
        return [max(ids)] * (window.limit - 1) + [min(ids)] if self.is_full else [max(ids)]


def _page(tx: Tx, owner_id: int, window: Window, asked: Params) -> Page:
    wanted, kinds = wanted_of(asked), asked.texts("grouped_types") or GROUPED_KINDS
    rows = notifications.of_owner(tx, owner_id, window._replace(limit=ROWS_MAX), wanted=wanted)
    ordered = rows if window.min_id is None else rows[::-1]  # of what follows it, the oldest are the page
    found = bundles(ordered, _known(tx, owner_id, rows, wanted), window, kinds)
    is_full = len(found) == window.limit or len(rows) == ROWS_MAX
    return Page(sorted(found, key=lambda bundle: bundle.rows[0].id, reverse=True), is_full)


def _known(tx: Tx, owner_id: int, rows: Iterable[NotificationRow], wanted: Wanted) -> dict[str, Group]:
    keys = {row.group_key for row in rows if row.group_key}
    return notifications.groups(tx, owner_id, keys, wanted=wanted) if keys else {}


async def get_one(request: Request) -> Response:
    """One group."""
    me, key = caller(request), request.match_info["key"]
    rows = await request.app[NODE].read(lambda tx: notifications.of_key(tx, me.id, key))
    if not rows:
        raise NotFound
    bundle = Bundle(key, tuple(rows), len(rows), rows[0].id)
    return reply(await _results(request, [bundle], is_partial=False))


async def get_accounts(request: Request) -> Response:
    """Who is behind a group, the latest first."""
    me, key = caller(request), request.match_info["key"]

    def read(tx: Tx) -> list[Json]:
        rows = notifications.of_key(tx, me.id, key)
        return show.accounts(tx, dict.fromkeys(row.actor_id for row in rows))

    return reply(await request.app[NODE].read(read))


async def dismiss(request: Request) -> Response:
    """Remove a group."""
    me, key = caller(request), request.match_info["key"]
    await request.app[NODE].write(lambda tx: notifications.dismiss_key(tx, me.id, key))
    return reply({})


async def get_unread_count(request: Request) -> Response:
    """How many groups came since the caller's marker."""
    me, asked = caller(request), of_query(request)
    limit = min(max(asked.number("limit", 100), 1), 1000)

    def read(tx: Tx) -> int:
        window = Window(since_id=single.last_read(tx, me.id), limit=limit)
        return len(_page(tx, me.id, window, asked).bundles)

    return reply({"count": await request.app[NODE].read(read)})


async def _results(request: Request, found: list[Bundle], *, is_partial: bool) -> Json:
    """GroupedNotificationsResults; a group whose status has gone meanwhile is left out."""
    me = caller(request)
    firsts = [bundle.rows[0] for bundle in found]
    statuses = await request.app[CACHE].found([row.post_id for row in firsts if row.post_id], me.id)
    reported = await _reported(request, firsts)
    kept = [
        bundle
        for bundle in found
        if (bundle.rows[0].post_id is None or bundle.rows[0].post_id in statuses)
        and (bundle.rows[0].kind != single.REPORT or bundle.rows[0].id in reported)
    ]
    sampled = dict.fromkeys(actor_id for bundle in kept for actor_id in _sample(bundle))
    accounts = await request.app[NODE].read(lambda tx: show.accounts(tx, sampled))
    shown: Json = {
        "accounts": accounts,
        "statuses": [fragment(status) for status in statuses.values()],
        "notification_groups": [group(bundle) | reported.get(bundle.rows[0].id, {}) for bundle in kept],
    }
    if is_partial:
        latest = {str(bundle.rows[0].actor_id) for bundle in kept}
        shown["accounts"] = [one for one in accounts if one["id"] in latest]
        shown["partial_accounts"] = [partial_account(one) for one in accounts if one["id"] not in latest]
    return shown


async def _reported(request: Request, rows: list[NotificationRow]) -> dict[int, Json]:
    if not any(row.kind == single.REPORT for row in rows):
        return {}
    found: NodeRead = await request.app[NODE].read(lambda tx: single.with_accounts(tx, rows))
    return found[2]


_READ = partial(api, scope="read:notifications")
_WRITE = partial(api, scope="write:notifications")

ROUTES: tuple[Route, ...] = (
    _READ("GET", "/api/v2/notifications", get_all),
    _READ("GET", "/api/v2/notifications/unread_count", get_unread_count),
    _READ("GET", "/api/v2/notifications/{key}", get_one),
    _WRITE("POST", "/api/v2/notifications/{key}/dismiss", dismiss),
    _READ("GET", "/api/v2/notifications/{key}/accounts", get_accounts),
)
