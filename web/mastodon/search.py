"""Search: people and projects, hashtags, and words in what the caller may read. The rule kept here: nothing is fetched for a search."""

from typing import NamedTuple

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import finding, text
from instance.storage import actors, posts, search, tags
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.tags import TagRow
from instance.storage.window import Window
from web.doors import CACHE, NODE, Caller, api, caller
from web.mastodon import show
from web.mastodon import tags as hashtags
from web.mastodon.entities import Json
from web.mastodon.paging import window_of
from web.mastodon.params import Params, of_query
from web.mastodon.reply import array, fragment, reply

LIMIT, LIMIT_MOST, OFFSET_LIMIT = 20, 40, 1000
KINDS = ("accounts", "statuses", "hashtags")


class _Found(NamedTuple):
    accounts: list[Json]
    statuses: list[int]
    hashtags: list[Json]


async def get_search(request: Request) -> Response:
    """Accounts, hashtags, and statuses by their words and what they are (see domain.finding)."""
    return await _answer(request, tags_as_names=False)


async def get_search_v1(request: Request) -> Response:
    """The same as old apps read it: hashtags are names alone."""
    return await _answer(request, tags_as_names=True)


async def _answer(request: Request, *, tags_as_names: bool) -> Response:
    me, asked = caller(request), of_query(request)
    found = await request.app[NODE].read(lambda tx: _found(tx, me, asked))
    statuses = array(await request.app[CACHE].shown(found.statuses, me.id))
    shown = [tag["name"] for tag in found.hashtags] if tags_as_names else found.hashtags
    return reply({"accounts": found.accounts, "statuses": fragment(statuses), "hashtags": shown})


def _found(tx: Tx, me: Caller, asked: Params) -> _Found:
    query, kind = asked.text("q").strip(), asked.text("type")
    wanted = {kind} if kind in KINDS else set(KINDS)
    if not query:
        return _Found([], [], [])
    if query.startswith(("https://", "http://")) and " " not in query:
        at = _by_address(tx, query)
        return _Found(
            at.accounts if "accounts" in wanted else [], at.statuses if "statuses" in wanted else [], []
        )
    window = window_of(asked, usual=LIMIT, most=LIMIT_MOST)
    offset = min(max(asked.number("offset", 0), 0), OFFSET_LIMIT)
    rows = _accounts(tx, me, asked, window, offset) if "accounts" in wanted else []
    return _Found(
        list(show.account_of_each(tx, rows).values()),
        _statuses(tx, me, asked, window, offset) if "statuses" in wanted else [],
        hashtags.shown(tx, me.id, _tags(tx, me, query, window, offset)) if "hashtags" in wanted else [],
    )


def _accounts(tx: Tx, me: Caller, asked: Params, window: Window, offset: int) -> list[ActorRow]:
    follower_id = me.id if asked.flag("following") else 0
    return actors.find(tx, asked.text("q"), window.limit, offset=offset, follower_id=follower_id)


def _statuses(tx: Tx, me: Caller, asked: Params, window: Window, offset: int) -> list[int]:
    author_id = asked.row_id("account_id")
    sought = finding.sought(tx, me.actor, finding.parse(asked.text("q")), author_id=author_id)
    return search.find(tx, me.id, sought, window, offset=offset) if sought else []


def _tags(tx: Tx, me: Caller, query: str, window: Window, offset: int) -> list[TagRow]:
    name = text.as_tag(query)
    return tags.beginning(tx, me.id, name, limit=window.limit, offset=offset) if name else []


def _by_address(tx: Tx, address: str) -> _Found:
    """What stands at an address, when we know it already. Whether the caller may read a post is asked when it is shown."""
    row = actors.by_iri(tx, address) or _of_page(tx, address)
    if row is not None and row.kind != "node" and "#p" not in address:
        return _Found([show.account(tx, row)], [], [])
    post = posts.by_iri(tx, address)
    number = address.partition("#p")[2]
    post_id = post.id if post else int(number) if row and number.isdecimal() and len(number) < 19 else None
    return _Found([], [post_id] if post_id else [], [])


def _of_page(tx: Tx, address: str) -> ActorRow | None:
    """The project of a page of ours."""
    place = f"{tx.home.base}/app/projects/"
    number = address.removeprefix(place).partition("#")[0]
    is_one = address.startswith(place) and number.isdecimal() and len(number) < 19
    return actors.by_id(tx, int(number)) if is_one else None


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v2/search", get_search, "read:search"),
    api("GET", "/api/v1/search", get_search_v1, "read:search"),
)
