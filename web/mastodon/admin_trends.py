"""Hashtags as IT sees them, and trends, of which there are none. The rule kept here: IT sees the hashtags of what it may read, no others."""

from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.fold import folded
from instance.storage import tags
from instance.storage.database import Tx
from instance.storage.tags import TagRow
from instance.storage.window import LIMIT_MAX
from web.doors import NODE, administer, caller
from web.errors import Forbidden, NotFound
from web.i18n import phrase, translate
from web.mastodon import params
from web.mastodon.admin_domains import get_missing, get_none
from web.mastodon.entities import Json
from web.mastodon.params import of_query
from web.mastodon.reply import reply
from web.mastodon.tags import shown

NO_REVIEW = phrase("Hashtags are not reviewed here: nothing trends, and all of them can be used.")


def _as_reviewed(shown_tag: Json) -> Json:
    """Admin::Tag."""
    return shown_tag | {"trendable": False, "usable": True, "requires_review": False, "listable": True}


async def get_tags(request: Request) -> Response:
    """Hashtags in what the caller may read, by name."""
    me, asked = caller(request), of_query(request)
    limit = min(max(asked.number("limit", 100), 1), LIMIT_MAX)
    offset = max(asked.number("offset", 0), 0)

    def read(tx: Tx) -> list[Json]:
        return shown(tx, me.id, tags.beginning(tx, me.id, "", limit=limit, offset=offset))

    return reply([_as_reviewed(one) for one in await request.app[NODE].read(read)])


async def get_tag(request: Request) -> Response:
    """One of them. Raises NotFound."""
    return reply(_as_reviewed(await _found(request)))


async def update(request: Request) -> Response:
    """A hashtag as it is; it is never otherwise. Raises NotFound, Forbidden."""
    found, sent = _as_reviewed(await _found(request)), await params.of_body(request)
    wanted = {name: sent.flag(name) for name in ("trendable", "usable", "listable") if name in sent}
    if any(found[name] != value for name, value in wanted.items()):
        raise Forbidden(translate(caller(request).locale, NO_REVIEW))
    return reply(found)


async def _found(request: Request) -> Json:
    me, name = caller(request), folded(request.match_info["id"])

    def read(tx: Tx) -> list[Json]:
        rows: list[TagRow] = [row for row in tags.beginning(tx, me.id, name, limit=1) if row.name == name]
        return shown(tx, me.id, rows)

    found = await request.app[NODE].read(read)
    if not found:
        raise NotFound
    return found[0]


def _judging(what: str) -> tuple[Route, ...]:
    """Let something trend or not: there is nothing of the kind."""
    return tuple(
        administer("POST", f"/api/v1/admin/trends/{what}/{{id}}/{verb}", get_missing, "admin:write")
        for verb in ("approve", "reject")
    )


_READ = partial(administer, scope="admin:read")

ROUTES: tuple[Route, ...] = (
    _READ("GET", "/api/v1/admin/tags", get_tags),
    _READ("GET", "/api/v1/admin/tags/{id}", get_tag),
    administer("PUT", "/api/v1/admin/tags/{id}", update, "admin:write"),
    _READ("GET", "/api/v1/admin/trends/links", get_none),
    _READ("GET", "/api/v1/admin/trends/links/publishers", get_none),
    _READ("GET", "/api/v1/admin/trends/statuses", get_none),
    _READ("GET", "/api/v1/admin/trends/tags", get_none),
    *_judging("links"),
    *_judging("links/publishers"),
    *_judging("statuses"),
    *_judging("tags"),
)
