"""What IT does with reports, from an app. The rule kept here: of a reported post IT reads what IT may read anyway; the rest is not there."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import report
from instance.domain.outcome import Outcome
from instance.storage import actors, reports
from instance.storage.database import Tx
from instance.storage.reports import ReportRow
from instance.storage.window import LIMIT_MAX
from web.doors import CACHE, NODE, administer, caller
from web.errors import NotFound
from web.mastodon import params
from web.mastodon.admin_accounts import people
from web.mastodon.entities import Json
from web.mastodon.instance_entities import RULES
from web.mastodon.paging import links, window_of
from web.mastodon.params import of_query, path_id
from web.mastodon.reply import fragment, reply
from web.mastodon.report_entities import ReportShown, admin_report
from web.mastodon.reports import rules_of

Verb = Callable[[Tx, int, int], Outcome[ReportRow]]


class _Facts(NamedTuple):
    """Reports with everybody in them, and the posts that they mean."""

    rows: list[ReportRow]
    people: dict[int, Json]
    meant: dict[int, list[int]]


async def get_reports(request: Request) -> Response:
    """Reports that are open, or resolved."""
    asked, node = of_query(request), request.app[NODE]
    window = window_of(asked, usual=100, most=LIMIT_MAX)

    def read(tx: Tx) -> _Facts:
        rows = reports.page(
            tx,
            window,
            resolved=asked.flag("resolved"),
            reporter_id=asked.row_id("account_id") or 0,
            target_id=asked.row_id("target_account_id") or 0,
        )
        return _facts(tx, rows)

    facts = await node.read(read)
    headers = links(request, node.home.base, [row.id for row in facts.rows], window)
    return reply(await _shown(request, facts), headers=headers)


async def get_report(request: Request) -> Response:
    """One report."""
    return await _one(request, path_id(request))


async def update(request: Request) -> Response:
    """Say otherwise what a report is about."""
    report_id, sent = path_id(request), await params.of_body(request)
    category = sent.text("category") or None
    rules = rules_of(sent) if "rule_ids" in sent else None
    await request.app[NODE].perform(lambda tx: report.classify(tx, report_id, category=category, rules=rules))
    return await _one(request, report_id)


def _doing(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    """A handler that does something with a report as the caller, and shows what came of it."""

    async def handle(request: Request) -> Response:
        me, report_id = caller(request), path_id(request)
        await request.app[NODE].perform(lambda tx: verb(tx, report_id, me.id))
        return await _one(request, report_id)

    return handle


async def _one(request: Request, report_id: int) -> Response:
    def read(tx: Tx) -> _Facts:
        row = reports.by_id(tx, report_id)
        return _facts(tx, [row] if row else [])

    shown = await _shown(request, await request.app[NODE].read(read))
    if not shown:
        raise NotFound
    return reply(shown[0])


def _facts(tx: Tx, rows: list[ReportRow]) -> _Facts:
    named = {
        actor_id
        for row in rows
        for actor_id in (row.reporter_id, row.target_id, row.assigned_id, row.resolved_by_id)
        if actor_id is not None
    }
    shown = people(tx, actors.by_ids(tx, named).values())
    return _Facts(
        rows, {int(one["id"]): one for one in shown}, reports.posts_of(tx, [row.id for row in rows])
    )


async def _shown(request: Request, facts: _Facts) -> list[Json]:
    every = [post_id for post_ids in facts.meant.values() for post_id in post_ids]
    statuses = await request.app[CACHE].found(every, caller(request).id)
    return [
        admin_report(
            ReportShown(
                row,
                facts.people,
                [fragment(statuses[one]) for one in facts.meant.get(row.id, ()) if one in statuses],
                [rule for rule in RULES if rule["id"] in row.rules.split()],
            )
        )
        for row in facts.rows
    ]


_READ = partial(administer, scope="admin:read:reports")
_WRITE = partial(administer, scope="admin:write:reports")
_ONE = "/api/v1/admin/reports/{id}"

ROUTES: tuple[Route, ...] = (
    _READ("GET", "/api/v1/admin/reports", get_reports),
    _READ("GET", _ONE, get_report),
    _WRITE("PUT", _ONE, update),
    _WRITE(
        "POST",
        f"{_ONE}/assign_to_self",
        _doing(lambda tx, report_id, me: report.assign(tx, report_id, admin_id=me)),
    ),
    _WRITE("POST", f"{_ONE}/unassign", _doing(lambda tx, one, _: report.assign(tx, one, admin_id=None))),
    _WRITE("POST", f"{_ONE}/resolve", _doing(lambda tx, one, me: report.resolve(tx, one, admin_id=me))),
    _WRITE("POST", f"{_ONE}/reopen", _doing(lambda tx, one, _: report.reopen(tx, one))),
)
