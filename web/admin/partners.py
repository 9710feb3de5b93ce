"""IT and the other nodes: who is heard and reached, what waits, and why something was not taken. The rule kept here: read only."""

from typing import Any, NamedTuple

from aiohttp.web import HTTPNotFound, Request, Response

from federation.doors import Route
from instance import reasons
from instance.storage import delivery, exchanges, peers
from instance.storage.database import Tx
from instance.storage.delivery import LaneRow
from instance.storage.exchanges import ASKED, CAME, SHOWN, WENT, Exchange
from instance.storage.peers import PeerRow
from web.doors import NODE
from web.i18n import Locale, phrase, translate
from web.pages.frame import locale_of, respond
from web.session import page

LIMIT = 50
_WAYS = {
    CAME: phrase("came from them"),
    WENT: phrase("went to them"),
    ASKED: phrase("asked by us"),
    SHOWN: phrase("shown when asked"),
    "outbound": phrase("decided at the gate"),
    "inquiry": phrase("asked by us"),
    "disclosure": phrase("shown when asked"),
}
_OUTCOMES = {
    "taken": (phrase("taken"), "good"),
    "refused": (phrase("refused"), "bad"),
    "done": (phrase("arrived"), "good"),
    "queued": (phrase("on its way"), "wait"),
    "closed": (phrase("not sent any more"), "bad"),
    "expired": (phrase("given up"), "bad"),
    "released": (phrase("released"), "good"),
    "withheld": (phrase("held back"), "bad"),
}
_FORMS = {"rfc9421": "RFC 9421", "cavage": "draft-cavage-12"}


class _Partner(NamedTuple):
    """A node, the line of letters to it, and how many wait."""

    peer: PeerRow
    lane: LaneRow | None
    letters: int


async def get_partners(request: Request) -> Response:
    """Every node we have dealings with; with `iri`, what was decided about that activity or thing."""
    iri, locale = request.query.get("iri", "").strip(), locale_of(request)
    partners, found = await request.app[NODE].read(
        lambda tx: (_partners(tx), exchanges.about(tx, iri) if iri else [])
    )
    return await respond(
        request,
        "partners.html",
        here="partners",
        partners=[_partner_view(one, locale) for one in partners],
        iri=iri,
        decided=[_exchange_view(row, locale) for row in found],
    )


async def get_partner(request: Request) -> Response:
    """The last exchanges with a node, both ways, each with its reason."""
    host, locale = request.match_info["host"].lower(), locale_of(request)
    partners, rows = await request.app[NODE].read(
        lambda tx: (_partners(tx), exchanges.with_host(tx, host, LIMIT))
    )
    partner = next((one for one in partners if one.peer.host == host), None)
    if partner is None:
        raise HTTPNotFound
    return await respond(
        request,
        "partner.html",
        here="partners",
        partner=_partner_view(partner, locale),
        exchanges=[_exchange_view(row, locale) for row in rows],
    )


def _partners(tx: Tx) -> list[_Partner]:
    lanes = {lane.host: lane for lane in delivery.lanes(tx)}
    waiting = {row.host: row.letters for row in delivery.waiting(tx)}
    return [_Partner(row, lanes.get(row.host), waiting.get(row.host, 0)) for row in peers.all_peers(tx)]


def _partner_view(partner: _Partner, locale: Locale) -> dict[str, Any]:
    peer, lane, letters = partner
    error = lane.last_error if lane and letters else ""
    return {
        "host": peer.host,
        "name": peer.name or peer.host,
        "software": peer.software,
        "heard_at_ms": peer.heard_at_ms,
        "reached_at_ms": peer.reached_at_ms,
        "letters": letters,
        "next_at_ms": lane.due_at_ms if lane and letters else None,
        "failures": lane.failures if lane and letters else 0,
        "form": _FORMS.get(peer.form, ""),
        "form_at_ms": peer.form_at_ms or None,
        "error": error,
        "why": reasons.explain(error, locale),
    }


def _exchange_view(row: Exchange, locale: Locale) -> dict[str, Any]:
    outcome, tone = _OUTCOMES.get(row.outcome, (row.outcome, "plain"))
    return {
        **row._asdict(),
        "way": translate(locale, _WAYS.get(row.way, row.way)),
        "outcome": translate(locale, outcome),
        "tone": tone,
        "why": reasons.explain(row.rule, locale),
    }


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/partners", get_partners, admin=True),
    page("GET", "/app/partners/{host}", get_partner, admin=True),
)
