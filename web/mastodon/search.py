"""Search: people and projects, and words in what the caller may read. The rule kept here: nothing is fetched for a search."""

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.storage import actors, posts, search
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.window import Window
from web.doors import CACHE, NODE, api, caller
from web.mastodon import show
from web.mastodon.entities import Json
from web.mastodon.params import Params, of_query
from web.mastodon.reply import array, fragment, reply

LIMIT, OFFSET_LIMIT = 20, 200


async def get_search(request: Request) -> Response:
    """Accounts and statuses; hashtags are not followed here, so none is found."""
    me, asked = caller(request), of_query(request)
    accounts, ids = await request.app[NODE].read(lambda tx: _found(tx, me.id, asked))
    statuses = array(await request.app[CACHE].shown(ids, me.id))
    return reply({"accounts": accounts, "statuses": fragment(statuses), "hashtags": []})


def _found(tx: Tx, viewer_id: int, asked: Params) -> tuple[list[Json], list[int]]:
    query, kind = asked.text("q").strip(), asked.text("type")
    limit = min(max(asked.number("limit", LIMIT), 1), LIMIT * 2)
    offset = min(max(asked.number("offset", 0), 0), OFFSET_LIMIT)
    if not query:
        return [], []
    if query.startswith(("https://", "http://")):
        return _by_address(tx, query)
    rows = actors.find(tx, query, offset + limit)[offset:] if kind in {"", "accounts"} else []
    ids = (
        _statuses(tx, viewer_id, query, asked, upto=offset + limit)[offset:]
        if kind in {"", "statuses"}
        else []
    )
    return [show.account(tx, row) for row in rows], ids


def _statuses(tx: Tx, viewer_id: int, query: str, asked: Params, *, upto: int) -> list[int]:
    window = Window(max_id=asked.row_id("max_id"), min_id=asked.row_id("min_id"), limit=upto)
    return search.posts_with(tx, viewer_id, query, window, author_id=asked.row_id("account_id"))


def _by_address(tx: Tx, address: str) -> tuple[list[Json], list[int]]:
    """What stands at an address, when we know it already. Whether the caller may read a post is asked when it is shown."""
    row = actors.by_iri(tx, address) or _of_page(tx, address)
    if row is not None and row.kind != "node":
        return [show.account(tx, row)], []
    post = posts.by_iri(tx, address)
    return [], [post.id] if post else []


def _of_page(tx: Tx, address: str) -> ActorRow | None:
    """The project of a page of ours."""
    place = f"{tx.home.base}/app/projects/"
    number = address.removeprefix(place).partition("#")[0]
    return actors.by_id(tx, int(number)) if address.startswith(place) and number.isdecimal() else None


ROUTES: tuple[Route, ...] = (api("GET", "/api/v2/search", get_search, "read:search"),)
