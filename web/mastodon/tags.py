"""Hashtags: their posts, how often they are used, who follows or features them. The rule kept here: what is counted is what the caller may read."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import tag as hashtags
from instance.domain import text
from instance.domain.outcome import Outcome
from instance.fold import folded
from instance.storage import actors, tag_timelines, tags
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.tag_timelines import DAY_MS, TagFilter, Use
from instance.storage.tags import Featured, TagRow
from web.doors import CACHE, NODE, api, caller
from web.errors import NotFound
from web.mastodon import params, tag_entities
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import reply, reply_list
from web.mastodon.tag_entities import HISTORY_DAYS, Json

SUGGESTED = 10
NAMES_LIMIT = 20
FOLLOWED_USUAL, FOLLOWED_MOST = 100, 200

Verb = Callable[[Tx, ActorRow, str], Outcome[TagRow]]


def shown(tx: Tx, viewer_id: int, rows: Sequence[TagRow]) -> list[Json]:
    """Tags, with their history of the last days, in three queries."""
    wanted = [row.id for row in rows]
    since_ms = tx.now_ms - tx.now_ms % DAY_MS - (HISTORY_DAYS - 1) * DAY_MS
    by_tag: dict[int, dict[int, Use]] = {}
    for use in tag_timelines.uses(tx, viewer_id, wanted, since_ms=since_ms):
        by_tag.setdefault(use.tag_id, {})[use.day_ms] = use
    marks = tags.marks_of(tx, viewer_id, wanted)
    return [
        tag_entities.tag(row, tx.home, marks, tag_entities.history(by_tag.get(row.id, {}), tx.now_ms))
        for row in rows
    ]


async def get_timeline(request: Request) -> Response:
    """Posts with a hashtag that the caller may read: public ones of the company, all of the caller's projects."""
    me, asked, name = caller(request), of_query(request), _name(request)
    window = window_of(asked)

    def read(tx: Tx) -> list[int]:
        wanted = _filter(tx, name, asked)
        return tag_timelines.tagged(tx, me.id, wanted, window) if wanted else []

    ids = await request.app[NODE].read(read)
    headers = links(request, request.app[NODE].home.base, ids, window)
    return reply_list(await request.app[CACHE].shown(ids, me.id), headers=headers)


class _Asked(NamedTuple):
    one_of: list[str]
    all_of: list[str]
    none_of: list[str]


def _filter(tx: Tx, name: str, asked: Params) -> TagFilter | None:
    """None when a hashtag that must be there was never used: no post can have it."""
    more = _Asked(*(_names(asked.texts(which)) for which in ("any", "all", "none")))
    found = tags.known(tx, [name, *more.one_of, *more.all_of, *more.none_of])

    def ids_of(names: Iterable[str]) -> tuple[int, ...]:
        return tuple(found[one] for one in map(folded, names) if one in found)

    if any(folded(one) not in found for one in more.all_of):
        return None
    return TagFilter(
        one_of=tuple(dict.fromkeys(ids_of([name, *more.one_of]))),
        all_of=ids_of(more.all_of),
        none_of=ids_of(more.none_of),
        local=asked.flag("local"),
        remote=asked.flag("remote"),
        only_media=asked.flag("only_media"),
    )


def _names(said: list[str]) -> list[str]:
    return [one.strip().removeprefix("#") for one in said[:NAMES_LIMIT]]


async def get_tag(request: Request) -> Response:
    """One hashtag; of one that nobody has used, that it was not."""
    me, name = caller(request), _name(request)

    def read(tx: Tx) -> Json:
        row = TagRow(tags.known(tx, [name]).get(folded(name), 0), folded(name), name)
        return shown(tx, me.id, [row])[0]

    return reply(await request.app[NODE].read(read))


def _doing(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    """A handler that does something with a hashtag, and shows it."""

    async def handle(request: Request) -> Response:
        me, name, node = caller(request), _name(request), request.app[NODE]
        row = await node.perform(lambda tx: verb(tx, me.actor, name))
        return reply((await node.read(lambda tx: shown(tx, me.id, [row])))[0])

    return handle


async def get_followed(request: Request) -> Response:
    """The hashtags that the caller follows."""
    me = caller(request)
    window = window_of(of_query(request), usual=FOLLOWED_USUAL, most=FOLLOWED_MOST)

    def read(tx: Tx) -> tuple[list[int], list[Json]]:
        rows = tags.followed(tx, me.id, window)
        return [row.follow_id for row in rows], shown(tx, me.id, [TagRow(*row[1:]) for row in rows])

    ids, found = await request.app[NODE].read(read)
    return reply(found, headers=links(request, request.app[NODE].home.base, ids, window))


async def get_featured(request: Request) -> Response:
    """The hashtags on the caller's profile."""
    return await _on_profile(request, caller(request).id)


async def get_featured_of(request: Request) -> Response:
    """The hashtags on somebody's profile, counted as far as the caller may read."""
    return await _on_profile(request, path_id(request))


async def _on_profile(request: Request, owner_id: int) -> Response:
    me, node = caller(request), request.app[NODE]

    def read(tx: Tx) -> list[Featured]:
        owner = actors.by_id(tx, owner_id)
        if owner is None or owner.kind == "node":
            raise NotFound
        return tags.featured(tx, me.id, owner_id)

    return reply([tag_entities.featured_tag(row, node.home) for row in await node.read(read)])


async def post_featured(request: Request) -> Response:
    """Put a hashtag on the caller's profile."""
    me, sent, node = caller(request), await params.of_body(request), request.app[NODE]
    row = await node.perform(lambda tx: hashtags.add_featured(tx, me.actor, sent.text("name")))
    found = await node.read(lambda tx: tags.featured(tx, me.id, me.id))
    return reply(next(tag_entities.featured_tag(one, node.home) for one in found if one.name == row.name))


async def delete_featured(request: Request) -> Response:
    """Take a hashtag off the caller's profile."""
    me, featured_id = caller(request), path_id(request)
    await request.app[NODE].perform(lambda tx: hashtags.remove_featured(tx, me.actor, featured_id))
    return reply({})


async def get_suggestions(request: Request) -> Response:
    """What the caller writes most and does not show yet."""
    me = caller(request)
    rows = await request.app[NODE].read(
        lambda tx: shown(tx, me.id, tags.most_used(tx, me.id, limit=SUGGESTED))
    )
    return reply(rows)


def _name(request: Request) -> str:
    """The hashtag in the path. Raises NotFound for what can be none."""
    name = text.as_tag(request.match_info["name"])
    if name is None:
        raise NotFound
    return name


_TAG = "/api/v1/tags/{name}"
_FEATURED = "/api/v1/featured_tags"

ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/timelines/tag/{name}", get_timeline, "read:statuses"),
    api("GET", _TAG, get_tag, ""),
    api("POST", f"{_TAG}/follow", _doing(hashtags.follow), "write:follows"),
    api("POST", f"{_TAG}/unfollow", _doing(hashtags.unfollow), "write:follows"),
    api("POST", f"{_TAG}/feature", _doing(hashtags.feature), "write:accounts"),
    api("POST", f"{_TAG}/unfeature", _doing(hashtags.unfeature), "write:accounts"),
    api("GET", "/api/v1/followed_tags", get_followed, "read:follows"),
    api("GET", _FEATURED, get_featured, "read:accounts"),
    api("POST", _FEATURED, post_featured, "write:accounts"),
    api("DELETE", f"{_FEATURED}/{{id}}", delete_featured, "write:accounts"),
    api("GET", f"{_FEATURED}/suggestions", get_suggestions, "read:accounts"),
    api("GET", "/api/v1/accounts/{id}/featured_tags", get_featured_of, "read:accounts"),
)
