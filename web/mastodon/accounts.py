"""Accounts: oneself, colleagues, partners' people, projects. The rule kept here: an account is shown to every employee, its posts are not."""

from collections.abc import Callable

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain.about import about_of
from instance.storage import actors, follows, members, pins, timelines
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.window import Placed, Window
from web.doors import CACHE, NODE, api, caller
from web.errors import NotFound
from web.mastodon import lists, show
from web.mastodon.entities import Json
from web.mastodon.paging import links, window_of, within
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import reply, reply_list

IDS_LIMIT = 40
SEARCH_LIMIT, SEARCH_OFFSET_LIMIT = 40, 1000


async def get_account(request: Request) -> Response:
    """One account."""
    actor_id = path_id(request)
    return reply(await request.app[NODE].read(lambda tx: show.account(tx, _found(tx, actor_id))))


async def get_accounts(request: Request) -> Response:
    """Several accounts by id."""
    actor_ids = of_query(request).ids("id")[:IDS_LIMIT]
    return reply(await request.app[NODE].read(lambda tx: show.accounts(tx, actor_ids)))


async def lookup(request: Request) -> Response:
    """The account of a handle."""
    handle = of_query(request).text("acct")
    return reply(await request.app[NODE].read(lambda tx: show.account(tx, _by_handle(tx, handle))))


async def search(request: Request) -> Response:
    """Accounts whose handle or name begins like the query; of `following`, those that one follows."""
    me, asked = caller(request), of_query(request)
    limit = min(max(asked.number("limit", SEARCH_LIMIT), 1), SEARCH_LIMIT * 2)
    offset = min(max(asked.number("offset", 0), 0), SEARCH_OFFSET_LIMIT)
    follower_id = me.id if asked.flag("following") else 0

    def read(tx: Tx) -> list[Json]:
        rows = actors.find(tx, asked.text("q"), limit, offset=offset, follower_id=follower_id)
        return list(show.account_of_each(tx, rows).values())

    return reply(await request.app[NODE].read(read))


async def get_statuses(request: Request) -> Response:
    """What the caller may read of an account; of a project, what is said in it."""
    me, actor_id, asked = caller(request), path_id(request), of_query(request)
    if asked.flag("pinned"):
        pinned = await request.app[NODE].read(
            lambda tx: pins.of(tx, _found(tx, actor_id).id, viewer_id=me.id)
        )
        return reply_list(await request.app[CACHE].shown(pinned, me.id))
    window = window_of(asked)
    ids = await request.app[NODE].read(lambda tx: _posts_of(tx, me.id, _found(tx, actor_id), asked))
    headers = links(request, request.app[NODE].home.base, ids, window)
    return reply_list(await request.app[CACHE].shown(ids, me.id), headers=headers)


def _posts_of(tx: Tx, viewer_id: int, row: ActorRow, asked: Params) -> list[int]:
    window = window_of(asked)
    if row.kind == "project":
        return timelines.project(tx, viewer_id, row.iri, window)
    return timelines.account(
        tx,
        viewer_id,
        row.id,
        window,
        exclude_replies=asked.flag("exclude_replies"),
        exclude_reblogs=asked.flag("exclude_reblogs"),
        only_media=asked.flag("only_media"),
    )


async def get_followers(request: Request) -> Response:
    """Our people who follow an account, unless it hides that; of a project, the people in it."""
    return await _people(request, follows.followers)


async def get_following(request: Request) -> Response:
    """Whom an account follows, unless it hides that."""
    return await _people(request, follows.followees)


async def _people(request: Request, who: Callable[[Tx, int, Window], list[Placed]]) -> Response:
    me, actor_id, window = caller(request), path_id(request), window_of(of_query(request), usual=40, most=80)

    def read(tx: Tx) -> tuple[list[int], list[Json]]:
        row = _found(tx, actor_id)
        if row.kind == "project":
            found = _in_project(tx, row, window)
        elif row.id != me.id and about_of(row).hide_collections:
            found = []
        else:
            found = who(tx, row.id, window)
        return [one.place for one in found], show.accounts(tx, [one.actor_id for one in found])

    places, shown = await request.app[NODE].read(read)
    return reply(shown, headers=links(request, request.app[NODE].home.base, places, window))


def _in_project(tx: Tx, row: ActorRow, window: Window) -> list[Placed]:
    """The people of a project: not so many that they could not be cut here."""
    ids = within(
        sorted((member.actor_id for member in members.of_project(tx, row.iri)), reverse=True), window
    )
    return [Placed(actor_id, actor_id) for actor_id in ids]


async def get_lists(request: Request) -> Response:
    """The caller's lists and projects in which the account is."""
    me, actor_id = caller(request), path_id(request)
    return reply(
        await request.app[NODE].read(lambda tx: lists.with_account(tx, me.id, _found(tx, actor_id).id))
    )


def _found(tx: Tx, actor_id: int) -> ActorRow:
    row = actors.by_id(tx, actor_id)
    if row is None or row.kind == "node":
        raise NotFound
    return row


def _by_handle(tx: Tx, handle: str) -> ActorRow:
    name, _, host = handle.strip().removeprefix("@").partition("@")
    row = actors.by_username(tx, name, host or tx.home.host)
    if row is None or row.kind == "node":
        raise NotFound
    return row


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/accounts", get_accounts, "read:accounts"),
    api("GET", "/api/v1/accounts/lookup", lookup, "read:accounts"),
    api("GET", "/api/v1/accounts/search", search, "read:accounts"),
    api("GET", "/api/v1/accounts/{id}", get_account, "read:accounts"),
    api("GET", "/api/v1/accounts/{id}/statuses", get_statuses, "read:statuses"),
    api("GET", "/api/v1/accounts/{id}/followers", get_followers, "read:accounts"),
    api("GET", "/api/v1/accounts/{id}/following", get_following, "read:accounts"),
    api("GET", "/api/v1/accounts/{id}/lists", get_lists, "read:lists"),
)
