"""The company's own emojis. The rule kept here: they are shown to its people alone; strangers learn nothing of what a company draws."""

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.storage import emojis
from web.doors import NODE, api, caller
from web.mastodon.emoji_entities import custom_emoji
from web.mastodon.reply import reply


async def get_emojis(request: Request) -> Response:
    """The emojis that IT made, by category and name."""
    caller(request)
    node = request.app[NODE]
    rows = await node.read(emojis.own)
    return reply([custom_emoji(row, node.home) for row in rows])


ROUTES: tuple[Route, ...] = (api("GET", "/api/v1/custom_emojis", get_emojis, ""),)
