"""Posts for later: seen, moved, cancelled. The rule kept here: only who wrote one knows of it."""

from collections.abc import Iterable

from aiohttp.web import Request, Response

from federation.activity import moment_ms
from federation.doors import Route
from instance.domain import schedule
from instance.domain.compose import PostDraft
from instance.domain.poll import PollDraft
from instance.storage import media, scheduled
from instance.storage.database import Tx
from instance.storage.scheduled import ScheduledRow
from web.doors import NODE, PICTURES, api, caller
from web.errors import Invalid, NotFound
from web.files import PictureKeys
from web.mastodon import params, show
from web.mastodon.entities import Json, timestamp
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import reply


def due_of(sent: Params) -> int:
    """When an app wants something published, in ms. Raises Invalid."""
    at_ms = moment_ms(sent.text("scheduled_at"))
    if at_ms is None:
        raise Invalid("Scheduled at The scheduled date must be in the future")
    return at_ms


def scheduled_status(tx: Tx, row: ScheduledRow, pictures: PictureKeys) -> Json:
    """ScheduledStatus of one."""
    return scheduled_statuses(tx, row.owner_id, [row], pictures)[0]


def scheduled_statuses(
    tx: Tx, owner_id: int, rows: Iterable[ScheduledRow], pictures: PictureKeys
) -> list[Json]:
    """ScheduledStatus of each, their pictures in one query."""
    drafts = [(row, schedule.draft_of(row)) for row in rows]
    found = media.owned(tx, owner_id, [media_id for _, draft in drafts for media_id in draft.media_ids])
    shown = {row.id: each for row, each in zip(found, show.attachments(tx, found, pictures), strict=True)}
    return [
        _shown(row, draft, [shown[one] for one in draft.media_ids if one in shown]) for row, draft in drafts
    ]


def _shown(row: ScheduledRow, draft: PostDraft, attached: list[Json]) -> Json:
    """`refused` is ours, and there only when its time has come in vain: why, in words."""
    shown: Json = {
        "id": str(row.id),
        "scheduled_at": timestamp(row.due_at_ms),
        "params": {
            "text": draft.text,
            "poll": _poll(draft.poll) if draft.poll else None,
            "media_ids": [str(media_id) for media_id in draft.media_ids] or None,
            "sensitive": draft.sensitive,
            "spoiler_text": draft.spoiler or None,
            "visibility": draft.visibility,
            "language": draft.language,
            "in_reply_to_id": draft.in_reply_to_id,
            "application_id": None,
            "scheduled_at": None,
            "idempotency": row.idempotency or None,
            "with_rate_limit": False,
            "quoted_status_id": None if draft.quoted_id is None else str(draft.quoted_id),
            "quote_approval_policy": draft.quote_policy or None,
        },
        "media_attachments": attached,
    }
    return shown | ({"refused": row.refused} if row.refused else {})


def _poll(draft: PollDraft) -> Json:
    return {
        "options": list(draft.options),
        "expires_in": draft.expires_in_s,
        "multiple": draft.multiple,
        "hide_totals": draft.hide_totals,
    }


async def get_all(request: Request) -> Response:
    """What the caller has written for later, the latest first."""
    me, window, pictures = caller(request), window_of(of_query(request)), request.app[PICTURES]

    def read(tx: Tx) -> tuple[list[int], list[Json]]:
        rows = scheduled.of_owner(tx, me.id, window)
        return [row.id for row in rows], scheduled_statuses(tx, me.id, rows, pictures)

    ids, shown = await request.app[NODE].read(read)
    return reply(shown, headers=links(request, request.app[NODE].home.base, ids, window))


async def get_one(request: Request) -> Response:
    """One of these."""
    me, row_id, pictures = caller(request), path_id(request), request.app[PICTURES]

    def read(tx: Tx) -> Json:
        row = scheduled.one(tx, me.id, row_id)
        if row is None:
            raise NotFound
        return scheduled_status(tx, row, pictures)

    return reply(await request.app[NODE].read(read))


async def update(request: Request) -> Response:
    """Give one another time."""
    me, row_id, pictures = caller(request), path_id(request), request.app[PICTURES]
    due_at_ms = due_of(await params.of_body(request))

    def write(tx: Tx) -> Json:
        return scheduled_status(tx, schedule.move(tx, me.actor, row_id, due_at_ms=due_at_ms), pictures)

    return reply(await request.app[NODE].write(write))


async def cancel(request: Request) -> Response:
    """Throw one away."""
    me, row_id = caller(request), path_id(request)
    await request.app[NODE].write(lambda tx: schedule.cancel(tx, me.actor, row_id))
    return reply({})


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/scheduled_statuses", get_all, "read:statuses"),
    api("GET", "/api/v1/scheduled_statuses/{id}", get_one, "read:statuses"),
    api("PUT", "/api/v1/scheduled_statuses/{id}", update, "write:statuses"),
    api("DELETE", "/api/v1/scheduled_statuses/{id}", cancel, "write:statuses"),
)
