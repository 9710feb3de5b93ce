"""IT and what people report: what is open, what was done. The rule kept here: a reported post is shown to IT only where IT may read it anyway."""

from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp.web import HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from instance.domain import report, report_forward
from instance.domain.outcome import Outcome
from instance.errors import NotFound, Refusal
from instance.storage import actors, posts, reports
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from instance.storage.reports import ReportRow
from instance.storage.window import Window
from web.doors import NODE, session_of
from web.i18n import Locale, phrase, translate
from web.pages.frame import in_words, locale_of, number, refused, respond
from web.pages.post_view import excerpt
from web.session import page

LIMIT = 100
CATEGORIES = {
    "spam": phrase("unwanted messages"),
    "legal": phrase("against the law"),
    "violation": phrase("against the rules of the house"),
    "other": phrase("something else"),
}
Verb = Callable[[Tx, int, int], Outcome[ReportRow]]
VERBS: dict[str, Verb] = {
    "take": lambda tx, report_id, me: report.assign(tx, report_id, admin_id=me),
    "release": lambda tx, report_id, _: report.assign(tx, report_id, admin_id=None),
    "resolve": lambda tx, report_id, me: report.resolve(tx, report_id, admin_id=me),
    "reopen": lambda tx, report_id, _: report.reopen(tx, report_id),
}


class _Facts(NamedTuple):
    """Reports, the people in them, and the posts meant: how many, and those that the viewer may read."""

    rows: list[ReportRow]
    people: dict[int, ActorRow]
    meant: dict[int, list[int]]
    readable: dict[int, PostRow]


async def get_reports(request: Request) -> Response:
    """What is open, then what was closed."""
    me, locale = session_of(request).actor, locale_of(request)

    def read(tx: Tx) -> tuple[_Facts, _Facts]:
        found = (reports.page(tx, Window(limit=LIMIT), resolved=resolved) for resolved in (False, True))
        waiting, closed = (_facts(tx, rows, me.id) for rows in found)
        return waiting, closed

    own = request.app[NODE].home.host
    waiting, closed = await request.app[NODE].read(read)
    return await respond(
        request,
        "reports.html",
        here="reports",
        waiting=[_view(row, waiting, locale, own=own) for row in waiting.rows],
        closed=[_view(row, closed, locale, own=own) for row in closed.rows],
    )


async def get_report(request: Request) -> Response:
    """One report, and what can be done with it."""
    me, locale = session_of(request).actor, locale_of(request)
    report_id = number(request.match_info["report_id"]) or 0

    def read(tx: Tx) -> _Facts:
        row = reports.by_id(tx, report_id)
        return _facts(tx, [row] if row else [], me.id)

    facts = await request.app[NODE].read(read)
    if not facts.rows:
        raise HTTPNotFound
    view = _view(facts.rows[0], facts, locale, own=request.app[NODE].home.host)
    return await respond(
        request, "report.html", here="reports", report=view, is_mine=view["assigned_id"] == me.id
    )


async def decide(request: Request) -> Response:
    """Carry out what a form says: take it on, leave it to others, close it, open it again."""
    me, report_id = session_of(request).actor, number(request.match_info["report_id"]) or 0
    verb = VERBS.get(request.match_info["verb"])
    if verb is None:
        raise HTTPNotFound
    try:
        await request.app[NODE].perform(lambda tx: verb(tx, report_id, me.id))
    except NotFound as error:
        raise HTTPNotFound from error
    raise HTTPSeeOther(f"/app/reports/{report_id}")


async def forward(request: Request) -> Response:
    """Tell the company of the person that a report is about."""
    node, report_id = request.app[NODE], number(request.match_info["report_id"]) or 0
    try:
        await node.perform(lambda tx: report_forward.forward(tx, node.gate, report_id))
    except NotFound as error:
        raise HTTPNotFound from error
    except Refusal as refusal:
        return await refused(request, refusal.status, problem=in_words(refusal, locale_of(request)))
    raise HTTPSeeOther(f"/app/reports/{report_id}")


def _facts(tx: Tx, rows: list[ReportRow], viewer_id: int) -> _Facts:
    meant = reports.posts_of(tx, [row.id for row in rows])
    readable = reports.readable(tx, viewer_id, {one for ids in meant.values() for one in ids})
    people = {
        actor_id
        for row in rows
        for actor_id in (row.reporter_id, row.target_id, row.assigned_id, row.resolved_by_id)
        if actor_id is not None
    }
    return _Facts(rows, actors.by_ids(tx, people), meant, posts.by_ids(tx, readable))


def _view(row: ReportRow, facts: _Facts, locale: Locale, *, own: str) -> dict[str, Any]:
    meant = facts.meant.get(row.id, [])
    seen = [facts.readable[one] for one in meant if one in facts.readable]
    return {
        **row._asdict(),
        "reporter": _handle(facts.people[row.reporter_id], own),
        "target": _handle(facts.people[row.target_id], own),
        "assigned": _handle(facts.people.get(row.assigned_id or 0), own),
        "resolved_by": _handle(facts.people.get(row.resolved_by_id or 0), own),
        "category": translate(locale, CATEGORIES[row.category]),
        "posts": [
            {"id": post.id, "created_at_ms": post.created_at_ms, "excerpt": excerpt(post)} for post in seen
        ],
        "hidden": len(meant) - len(seen),
        "may_forward": _may_forward(row, facts, own),
    }


def _may_forward(row: ReportRow, facts: _Facts, own: str) -> bool:
    """Whether another company can be told: the person's it is about, of what our own people reported."""
    reporter, target = facts.people[row.reporter_id], facts.people[row.target_id]
    is_partners = target.kind == "person" and target.host != own
    return row.forwarded_at_ms is None and reporter.host == own and is_partners


def _handle(row: ActorRow | None, own_host: str) -> str:
    """A colleague by the bare name; the host says of others whose they are."""
    if row is None:
        return ""
    return f"@{row.username}" if row.host == own_host else f"@{row.username}@{row.host}"


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/reports", get_reports, admin=True),
    page("GET", "/app/reports/{report_id}", get_report, admin=True),
    page("POST", "/app/reports/{report_id}/forward", forward, admin=True),
    page("POST", "/app/reports/{report_id}/{verb}", decide, admin=True),
)
