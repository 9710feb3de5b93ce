"""IT and charters: what waits for an answer, what is in force, and the decisions. The rule kept here: a decision is a form with its meaning beside it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from aiohttp.web import HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from federation.errors import FederationError
from instance.domain import charter
from instance.domain.outcome import Outcome
from instance.errors import Refusal
from instance.storage import charters, guests
from instance.storage.charters import CharterRow, EventRow, PartyRow
from instance.storage.database import Tx
from web.doors import NODE, session_of
from web.i18n import phrase, translate
from web.pages.charter_view import acts_on, charter_view, event_words, guests_view
from web.pages.frame import in_words, locale_of, number, respond
from web.session import page


class Said(NamedTuple):
    """What a form says: who decided, the reason given, and whether to sign without having met every company."""

    by: str
    reason: str
    unmet_ok: bool


Decision = Callable[[Tx, CharterRow, Said], Outcome[CharterRow]]

# The verb of a form → what it does.
DECISIONS: dict[str, Decision] = {
    "approve": lambda tx, row, said: charter.approve(tx, row.iri, by=said.by, unmet_ok=said.unmet_ok),
    "decline": lambda tx, row, said: charter.decline(tx, row.iri, reason=said.reason),
    "suspend": lambda tx, row, _: charter.suspend(tx, row.project_iri),
    "resume": lambda tx, row, _: charter.resume(tx, row.project_iri),
    "leave": lambda tx, row, said: charter.leave(tx, row.project_iri, reason=said.reason),
}
FOR_GOOD = frozenset({"leave"})
UNSURE = phrase("Leaving is for good. Tick the box when you mean it.")
SILENT = phrase(
    "The node of {company} did not show us its key ({why}), so we cannot know who signs. Nothing was signed; try again later, or tick the box."
)
SILENT_STATUS = 503
MOVED_ON = phrase("The charter is in another state by now. This page shows it as it is.")


class CharterFacts(NamedTuple):
    """A charter version with its companies, what happened to it, and the guest hosts of its project."""

    row: CharterRow
    parties: list[PartyRow]
    events: list[EventRow]
    guests: list[dict[str, Any]]


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
    facts, verb = await _facts(request), request.match_info["verb"]
    if verb not in DECISIONS:
        raise HTTPNotFound
    problem, status = await _done(request, facts.row, verb)
    if problem:
        return await _show(request, await _facts(request), problem=problem, status=status)
    raise HTTPSeeOther(f"/app/charters/{facts.row.id}")


async def _done(request: Request, row: CharterRow, verb: str) -> tuple[str, int]:
    """Do it; or what is in the way, in words, with the status."""
    node, locale, form = request.app[NODE], locale_of(request), await request.post()
    said = Said(
        by=session_of(request).actor.username,
        reason=str(form.get("reason", "")),
        unmet_ok=form.get("unmet") == "yes",
    )
    if verb in FOR_GOOD and form.get("sure") != "yes":
        return translate(locale, UNSURE), 422
    if verb == "approve" and (problem := await _meet(request, row)) and not said.unmet_ok:
        return problem, SILENT_STATUS
    try:
        if verb == "approve":
            await node.meeting.check_given_up(await node.read(lambda tx: charter.unheard(tx, row.iri)))
        await node.perform(lambda tx: DECISIONS[verb](tx, row, said))
    except Refusal as refusal:
        moved = refusal.rule == "charter_state"
        return translate(locale, MOVED_ON) if moved else in_words(refusal, locale), refusal.status
    return "", 200


async def _meet(request: Request, row: CharterRow) -> str:
    """Ask every company's node for its own key before we sign: so far the company that offers has vouched for it. What failed, in words."""
    node = request.app[NODE]
    for party in await node.read(lambda tx: charter.unmet(tx, row.iri)):
        try:
            await node.meet(party.host)
        except FederationError as error:
            return translate(locale_of(request), SILENT, company=party.company, why=error.rule)
    return ""


async def _facts(request: Request) -> CharterFacts:
    charter_id = number(request.match_info["charter_id"]) or 0
    facts = await request.app[NODE].read(lambda tx: _load(tx, charter_id))
    if facts is None:
        raise HTTPNotFound
    return facts


def _load(tx: Tx, charter_id: int) -> CharterFacts | None:
    row = charters.by_id(tx, charter_id)
    if row is None:
        return None
    hosts = guests.of_projects(tx, [row.project_iri])
    shown = guests_view(hosts, guests.followers(tx, [row.project_iri]), now_ms=tx.now_ms)
    return CharterFacts(row, charters.parties(tx, row.id), charters.events(tx, row.iri), shown)


async def _show(request: Request, facts: CharterFacts, *, problem: str = "", status: int = 200) -> Response:
    locale, home = locale_of(request), request.app[NODE].home
    ours = next((party for party in facts.parties if party.host == home.host), None)
    shown: dict[str, Any] = {
        "charter": charter_view(facts.row, facts.parties, own_host=home.host, locale=locale),
        "events": event_words(facts.events, facts.parties, locale),
        "guests": facts.guests,
        "actions": acts_on(facts.row, ours, own_node=home.node, locale=locale),
    }
    shown["unmet"] = status == SILENT_STATUS
    at = f"/app/charters/{facts.row.id}"
    return await respond(
        request, "charter.html", here="charters", status=status, at=at, problem=problem, **shown
    )


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/charters", get_charters, admin=True),
    page("GET", "/app/charters/{charter_id}", get_charter, admin=True),
    page("POST", "/app/charters/{charter_id}/{verb}", decide, admin=True),
)
