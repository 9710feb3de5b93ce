"""What is fetched behind a request (AsyncRefresh, Mastodon 4.4): the post that a conversation waits for. The rule kept here: only who may read the answer hears that its parent is missing."""

from collections.abc import Mapping
from typing import Final

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain.missing import is_awaited
from instance.storage import missing, posts
from instance.storage.database import Tx
from instance.storage.missing import MissingRow
from web.doors import NODE, api, caller
from web.errors import NotFound
from web.mastodon.entities import Json
from web.mastodon.params import path_id
from web.mastodon.reply import reply

HEADER: Final = "Mastodon-Async-Refresh"
RETRY_S: Final = 3


def header(row: MissingRow | None) -> Mapping[str, str]:
    """The header of an answer that may soon be more than it is; none when nothing is awaited."""
    return {} if row is None else {HEADER: f'id="{row.id}", retry={RETRY_S}, result_count=0'}


async def get_one(request: Request) -> Response:
    """Whether what a conversation waits for has come, or is still looked for."""
    me, row_id = caller(request), path_id(request)
    return reply(await request.app[NODE].read(lambda tx: _shown(tx, row_id, me.id)))


def _shown(tx: Tx, row_id: int, viewer_id: int) -> Json:
    row = missing.by_id(tx, row_id)
    if row is None or posts.seen_by(tx, viewer_id, row.post_id) is None:
        raise NotFound
    status = "running" if is_awaited(tx, row) else "finished"
    return {
        "async_refresh": {
            "id": str(row.id),
            "status": status,
            "result_count": int(row.state == missing.FOUND),
        }
    }


ROUTES: tuple[Route, ...] = (api("GET", "/api/v1_alpha/async_refreshes/{id}", get_one, "read"),)
