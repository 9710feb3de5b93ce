"""What apps ask for when they start: settings and markers. The rule kept here: a marker is what its owner said last."""

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain.about import about_of
from instance.storage import marks
from instance.storage.database import Tx
from instance.storage.marks import MarkerRow
from web.doors import NODE, api, caller
from web.mastodon import entities, params
from web.mastodon.entities import Json
from web.mastodon.params import Params, of_query
from web.mastodon.reply import reply

TIMELINES = ("home", "notifications")


async def get_preferences(request: Request) -> Response:
    """How the caller's apps should behave."""
    me = caller(request)
    return reply(entities.preferences(about_of(me.actor), me.locale))


async def get_markers(request: Request) -> Response:
    """How far the caller has read."""
    me, wanted = caller(request), of_query(request).texts("timeline")
    known = [name for name in wanted if name in TIMELINES]
    return reply(_shown(await request.app[NODE].read(lambda tx: marks.markers(tx, me.id, known))))


async def post_markers(request: Request) -> Response:
    """Note how far the caller has read."""
    me, sent = caller(request), await params.of_body(request)
    return reply(_shown(await request.app[NODE].write(lambda tx: _moved(tx, me.id, sent))))


def _moved(tx: Tx, owner_id: int, sent: Params) -> list[MarkerRow]:
    wanted = {name: sent.inside(name).row_id("last_read_id") for name in TIMELINES if name in sent}
    return [
        marks.set_marker(tx, owner_id, name, str(row_id))
        for name, row_id in wanted.items()
        if row_id is not None
    ]


def _shown(rows: list[MarkerRow]) -> Json:
    return {row.timeline: entities.marker(row) for row in rows}


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/preferences", get_preferences, "read:accounts"),
    api("GET", "/api/v1/markers", get_markers, "read:statuses"),
    api("POST", "/api/v1/markers", post_markers, "write:statuses"),
)
