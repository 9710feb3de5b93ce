"""Figures of the node for IT's dashboards. The rule kept here: they are numbers, of what is there; what is not noted (who reads, from where) is in none."""

import platform
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aiohttp.web import Request, Response

from federation.activity import moment_ms
from federation.doors import Route
from instance.fold import folded
from instance.storage import figures
from instance.storage.database import Tx
from instance.storage.figures import DAY_MS, Asked, Share, Span
from web.doors import NODE, administer, caller
from web.errors import Invalid
from web.mastodon import params
from web.mastodon.entities import Json, timestamp
from web.mastodon.instance_entities import VERSION
from web.mastodon.params import Params
from web.mastodon.reply import reply

DAYS_LIMIT = 400
SHARES_USUAL, SHARES_MOST = 10, 100
BYTES = "instance_media_attachments"
_UNITS = ("Bytes", "KB", "MB", "GB", "TB")


def span_of(sent: Params) -> Span | None:
    """The days that are asked for, both named ones in it; None when one is missing. Raises Invalid when they are too many."""
    first, last = (moment_ms(sent.text(name)) for name in ("start_at", "end_at"))
    if first is None or last is None:
        return None
    span = Span(first - first % DAY_MS, last - last % DAY_MS + DAY_MS)
    if not 0 < span.end_ms - span.start_ms <= DAYS_LIMIT * DAY_MS:
        raise Invalid(f"At most {DAYS_LIMIT} days, the first one first")
    return span


async def get_measures(request: Request) -> Response:
    """Numbers by day, with their totals and those of as many days before."""
    me, sent = caller(request), await params.of_body(request)
    wanted = [key for key in sent.texts("keys") if key in figures.MEASURES]
    span = _needed(span_of(sent))

    def read(tx: Tx) -> list[Json]:
        return [_measure(tx, key, span, _asked(me.id, sent, key)) for key in wanted]

    return reply(await request.app[NODE].read(read))


def _needed(span: Span | None) -> Span:
    if span is None:
        raise Invalid("Start at and end at are dates")
    return span


def _asked(viewer_id: int, sent: Params, key: str) -> Asked:
    """What a figure is about, as `tag_uses[id]` or `instance_statuses[domain]` says. Raises Invalid when that is missing."""
    inside = sent.inside(key)
    host, tag = inside.text("domain").strip().lower(), folded(inside.text("id"))
    if key.startswith("instance_") and not host:
        raise Invalid(f"{key}[domain] is missing")
    if key.startswith("tag_") and not tag:
        raise Invalid(f"{key}[id] is missing")
    return Asked(viewer_id, host=host, tag=tag)


def _measure(tx: Tx, key: str, span: Span, asked: Asked) -> Json:
    """Admin::Measure."""
    total, by_day = figures.series(tx, key, span, asked)
    shown: Json = {
        "key": key,
        "unit": "bytes" if key == BYTES else None,
        "total": str(total),
        "data": [{"date": timestamp(day), "value": str(by_day.get(day, 0))} for day in span.days()],
    }
    if key == BYTES:
        return shown | {"human_value": in_words(total)}
    if key.startswith("instance_"):
        return shown
    before, _ = figures.series(tx, key, span.before(), asked)
    return shown | {"previous_total": str(before)}


async def get_dimensions(request: Request) -> Response:
    """What has the largest shares."""
    me, sent, node = caller(request), await params.of_body(request), request.app[NODE]
    limit = min(max(sent.number("limit", SHARES_USUAL), 1), SHARES_MOST)
    wanted = [key for key in sent.texts("keys") if key in figures.DIMENSIONS or key in _OF_THE_NODE]
    span = _needed(span_of(sent)) if figures.DIMENSIONS.intersection(wanted) else Span(0, DAY_MS)
    database_bytes = node.config.database.stat().st_size

    def read(tx: Tx) -> list[Json]:
        return [
            {
                "key": key,
                "data": _OF_THE_NODE[key](tx, database_bytes)
                if key in _OF_THE_NODE
                else [
                    _share(row)
                    for row in figures.shares(tx, key, span, _asked(me.id, sent, key), limit=limit)
                ],
            }
            for key in wanted
        ]

    return reply(await node.read(read))


def _share(row: Share) -> Json:
    return {"key": row.key, "human_key": row.key, "value": str(row.value)}


def _space_usage(tx: Tx, database_bytes: int) -> list[Json]:
    taken = {
        "sqlite": ("SQLite", database_bytes),
        "media": ("Media storage", figures.media_bytes(tx)),
    }
    return [
        {
            "key": key,
            "human_key": name,
            "value": str(size),
            "unit": "bytes",
            "human_value": in_words(size),
        }
        for key, (name, size) in taken.items()
    ]


def _software_versions(_: Tx, __: int) -> list[Json]:
    versions = {
        "mastodon": ("Mastodon", VERSION),
        "python": ("Python", platform.python_version()),
        "sqlite": ("SQLite", sqlite3.sqlite_version),
    }
    return [
        {"key": key, "human_key": name, "value": found, "human_value": found}
        for key, (name, found) in versions.items()
    ]


_OF_THE_NODE: dict[str, Callable[[Tx, int], list[Json]]] = {
    "space_usage": _space_usage,
    "software_versions": _software_versions,
}


def in_words(size_bytes: int) -> str:
    """A size as people read it: 46.2 GB."""
    size, unit = float(size_bytes), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.3g} {_UNITS[unit]}" if unit else f"{size_bytes} {_UNITS[0]}"


class Cohort(NamedTuple):
    """Those who came in one period, and how many of them were active in it and in each one after."""

    starts_ms: int
    size: int
    active: dict[int, int]


async def get_retention(request: Request) -> Response:
    """Of those who came in a day or month, how many are active still."""
    sent = await params.of_body(request)
    span, frequency = span_of(sent), "month" if sent.text("frequency") == "month" else "day"
    if span is None or "frequency" not in sent:
        return reply([])
    found = await request.app[NODE].read(
        lambda tx: (figures.joined(tx, span), [(row.value, row.day_ms) for row in figures.active(tx, span)])
    )
    return reply([_cohort(one, frequency) for one in cohorts(*found, span=span, frequency=frequency)])


def cohorts(
    joined: dict[int, int], acts: list[tuple[int, int]], *, span: Span, frequency: str
) -> list[Cohort]:
    """Count: `joined` says when each came, `acts` who was active on which day."""
    periods = list(dict.fromkeys(period_of(day, frequency) for day in span.days()))
    came = {actor_id: period_of(at_ms, frequency) for actor_id, at_ms in joined.items()}
    were = {(actor_id, period_of(day, frequency)) for actor_id, day in acts if actor_id in came}
    return [
        Cohort(
            start,
            sum(period == start for period in came.values()),
            {
                later: sum(came[actor_id] == start and period == later for actor_id, period in were)
                for later in periods
                if later >= start
            },
        )
        for start in periods
    ]


def period_of(at_ms: int, frequency: str) -> int:
    """The first millisecond of the day or month of a time."""
    day_ms = at_ms - at_ms % DAY_MS
    if frequency == "day":
        return day_ms
    day = datetime.fromtimestamp(day_ms // 1000, UTC)
    return day_ms - timedelta(days=day.day - 1) // timedelta(milliseconds=1)


def _cohort(found: Cohort, frequency: str) -> Json:
    """Admin::Cohort."""
    data: list[dict[str, Any]] = [
        {"date": timestamp(at_ms), "rate": count / found.size if found.size else 0, "value": str(count)}
        for at_ms, count in found.active.items()
    ]
    return {"period": timestamp(found.starts_ms), "frequency": frequency, "data": data}


ROUTES: tuple[Route, ...] = (
    administer("POST", "/api/v1/admin/measures", get_measures, "admin:read"),
    administer("POST", "/api/v1/admin/dimensions", get_dimensions, "admin:read"),
    administer("POST", "/api/v1/admin/retention", get_retention, "admin:read"),
)
