"""IT and charters: what waits for an answer, what is in force, and the decisions. The rule kept here: a decision is a form with its meaning beside it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp.web import HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from instance.domain import charter
from instance.domain.outcome import Outcome
from instance.errors import Refusal
from instance.storage import charters
from instance.storage.charters import CharterRow, EventRow, PartyRow
from instance.storage.database import Tx
from web.doors import NODE
from web.pages.charter_view import acts_on, charter_view, event_words
from web.pages.frame import locale_of, number, respond
from web.session import page, session_of

Decision = Callable[[Tx, CharterRow, str, str], Outcome[CharterRow]]

# The verb of a form → what it does; `by` is who decided, `reason` what the form says.
DECISIONS: dict[str, Decision] = {
    "approve": lambda tx, row, by, _reason: charter.approve(tx, row.iri, by=by),
    "decline": lambda tx, row, _by, reason: charter.decline(tx, row.iri, reason=reason),
    "suspend": lambda tx, row, _by, _reason: charter.suspend(tx, row.project_iri),
    "resume": lambda tx, row, _by, _reason: charter.resume(tx, row.project_iri),
    "leave": lambda tx, row, _by, reason: charter.leave(tx, row.project_iri, reason=reason),
}


class CharterFacts(NamedTuple):
    """A charter version with its companies and what happened to it."""

    row: CharterRow
    parties: list[PartyRow]
    events: list[EventRow]


async def get_charters(request: Request) -> Response:
    """All charters; those that wait for our answer first."""
    node, locale = request.app[NODE], locale_of(request)
    found = await node.read(_all)
    views = [
        (row, charter_view(row, parties, own_host=node.home.host, locale=locale)) for row, parties in found
    ]
    waiting = [view for row, view in views if row.state == "offered"]
    others = [view for row, view in views if row.state != "offered"]
    return await respond(request, "charters.html", here="charters", waiting=waiting, others=others)


def _all(tx: Tx) -> list[tuple[CharterRow, list[PartyRow]]]:
    return [(row, charters.parties(tx, row.id)) for row in charters.all_charters(tx)]


async def get_charter(request: Request) -> Response:
    """One version: its terms, its companies, what happened, what can be done."""
    return await _show(request, await _facts(request))


async def decide(request: Request) -> Response:
    """Carry out the decision of a form."""
    node, facts = request.app[NODE], await _facts(request)
    decision = DECISIONS.get(request.match_info["verb"])
    if decision is None:
        raise HTTPNotFound
    form, by = await request.post(), session_of(request).actor.username
    reason = str(form.get("reason", ""))
    try:
        await node.perform(lambda tx: decision(tx, facts.row, by, reason))
    except Refusal as refusal:
        return await _show(request, facts, problem=refusal.text, status=refusal.status)
    raise HTTPSeeOther(f"/app/charters/{facts.row.id}")


async def _facts(request: Request) -> CharterFacts:
    charter_id = number(request.match_info["charter_id"]) or 0
    facts = await request.app[NODE].read(lambda tx: _load(tx, charter_id))
    if facts is None:
        raise HTTPNotFound
    return facts


def _load(tx: Tx, charter_id: int) -> CharterFacts | None:
    row = charters.by_id(tx, charter_id)
    return CharterFacts(row, charters.parties(tx, row.id), charters.events(tx, row.iri)) if row else None


async def _show(request: Request, facts: CharterFacts, *, problem: str = "", status: int = 200) -> Response:
    locale, own_host = locale_of(request), request.app[NODE].home.host
    ours = next((party for party in facts.parties if party.host == own_host), None)
    acts = acts_on(
        facts.row,
        suspended_by_us=ours is not None and ours.suspended_at_ms is not None,
        has_left=ours is None or ours.left_at_ms is not None,
        locale=locale,
    )
    shown: dict[str, Any] = {
        "charter": charter_view(facts.row, facts.parties, own_host=own_host, locale=locale),
        "events": event_words(facts.events, locale),
        "actions": acts,
    }
    return await respond(request, "charter.html", here="charters", status=status, problem=problem, **shown)


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/charters", get_charters, admin=True),
    page("GET", "/app/charters/{charter_id}", get_charter, admin=True),
    page("POST", "/app/charters/{charter_id}/{verb}", decide, admin=True),
)
