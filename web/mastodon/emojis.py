"""The company's own emojis. The rule kept here: they are shown to its people alone; strangers learn nothing of what a company draws."""

import orjson
from aiohttp.web import Request, Response

from federation.doors import Route
from instance.storage import emojis
from web.doors import NODE, api, caller, unless_known
from web.mastodon.emoji_entities import custom_emoji
from web.mastodon.reply import reply_bytes


async def get_emojis(request: Request) -> Response:
    """The emojis that IT made, by category and name."""
    caller(request)
    node = request.app[NODE]
    rows = await node.read(emojis.own)
    body = orjson.dumps([custom_emoji(row, node.home) for row in rows])
    return unless_known(request, reply_bytes(body), body)


ROUTES: tuple[Route, ...] = (api("GET", "/api/v1/custom_emojis", get_emojis, ""),)
