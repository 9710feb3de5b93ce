"""What IT tells everybody. The rule kept here: what has ended is not shown, and what one has read only when asked for."""

from collections.abc import Iterable, Sequence

import orjson
from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import announcement
from instance.domain.emoji import shortcodes_in
from instance.storage import actors, announcements, emojis
from instance.storage.announcements import AnnouncementRow
from instance.storage.database import Tx
from instance.storage.emojis import EmojiRow
from web.doors import NODE, api, caller
from web.mastodon import announcement_entities as shown
from web.mastodon.entities import Json
from web.mastodon.params import of_query, path_id
from web.mastodon.reply import reply


async def get_announcements(request: Request) -> Response:
    """What is announced; what the caller has dismissed only `with_dismissed`."""
    me, with_dismissed = caller(request), of_query(request).flag("with_dismissed")
    found = await request.app[NODE].read(lambda tx: rendered(tx, announcements.shown(tx), viewer_id=me.id))
    return reply([one for one in found if with_dismissed or not one["read"]])


async def dismiss(request: Request) -> Response:
    """Note that the caller has read an announcement."""
    me, announcement_id = caller(request), path_id(request)
    await request.app[NODE].write(lambda tx: announcement.dismiss(tx, me.actor, announcement_id))
    return reply({})


async def put_reaction(request: Request) -> Response:
    """Put an emoji under an announcement."""
    me, announcement_id, name = caller(request), path_id(request), request.match_info["name"]
    await request.app[NODE].write(lambda tx: announcement.react(tx, me.actor, announcement_id, name))
    return reply({})


async def delete_reaction(request: Request) -> Response:
    """Take one's emoji back."""
    me, announcement_id, name = caller(request), path_id(request), request.match_info["name"]
    await request.app[NODE].write(lambda tx: announcement.unreact(tx, me.actor, announcement_id, name))
    return reply({})


def rendered(tx: Tx, rows: Sequence[AnnouncementRow], *, viewer_id: int | None = None) -> list[Json]:
    """Announcements as this viewer sees them; without a viewer as anybody does."""
    row_ids = [row.id for row in rows]
    people = actors.by_ids(tx, {one for row in rows for one in orjson.loads(row.mentions)})
    counts = announcements.reactions(tx, row_ids, viewer_id or 0)
    read = announcements.read_by(tx, viewer_id, row_ids) if viewer_id is not None else frozenset()
    drawn = _drawn(tx, [*(row.content for row in rows), *(f":{one.name}:" for one in counts)])
    return [
        shown.announcement(
            row,
            [people[one] for one in orjson.loads(row.mentions) if one in people],
            shown.reactions([one for one in counts if one.announcement_id == row.id], drawn, tx.home),
            drawn,
            tx.home,
        )
        | ({} if viewer_id is None else {"read": row.id in read})
        for row in rows
    ]


def reaction_told(tx: Tx, announcement_id: int, name: str) -> Json:
    """How many think so now, for who listens."""
    counts = [one for one in announcements.reactions(tx, [announcement_id], 0) if one.name == name]
    drawn = _drawn(tx, [f":{name}:"])
    return shown.reaction_told(announcement_id, name, counts[0].people if counts else 0, drawn, tx.home)


def _drawn(tx: Tx, words: Iterable[str]) -> dict[str, EmojiRow]:
    """The company's emojis that stand in these words, by name."""
    names = shortcodes_in(*words)
    return {row.shortcode: row for row in emojis.own(tx) if row.shortcode in names} if names else {}


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/announcements", get_announcements, ""),
    api("POST", "/api/v1/announcements/{id}/dismiss", dismiss, "write:accounts"),
    api("PUT", "/api/v1/announcements/{id}/reactions/{name}", put_reaction, "write:favourites"),
    api("DELETE", "/api/v1/announcements/{id}/reactions/{name}", delete_reaction, "write:favourites"),
)
