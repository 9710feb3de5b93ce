"""IT and the servers outside that follow a project: how each stands, and the form that ends it. The rule kept here: to end it is a form with its meaning beside it."""

from typing import Any

from aiohttp.web import HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from instance import reasons
from instance.domain import guest, guest_standing
from instance.domain.charter_document import LABELS
from instance.domain.guest_standing import OPEN, OVER, REVOKED, SHUT, Standing
from instance.errors import Refusal
from instance.storage import guests
from instance.storage.database import Tx
from web.doors import NODE
from web.i18n import Locale, phrase, translate
from web.pages.frame import in_words, locale_of, number, refused, respond
from web.session import page

UNSURE = phrase("Tick the box when you mean it: the server is asked to delete what it had.")
_STATES = {
    OPEN: (phrase("let in"), "good"),
    SHUT: (phrase("shut: the project is suspended"), "wait"),
    OVER: (phrase("its time is over"), "bad"),
    REVOKED: (phrase("no longer"), "bad"),
}


async def get_guests(request: Request) -> Response:
    """The servers that may follow a project, those let in first, with what goes to and fro."""
    return await _show(request)


async def revoke(request: Request) -> Response:
    """Let a server in no longer, and take back what it had."""
    guest_id, form = number(request.match_info["guest_id"]) or 0, await request.post()
    if form.get("sure") != "yes":
        return await _show(request, problem=translate(locale_of(request), UNSURE), status=422)
    row = next(
        (each for each in await request.app[NODE].read(guests.all_guests) if each.id == guest_id), None
    )
    if row is None:
        raise HTTPNotFound
    try:
        await request.app[NODE].perform(lambda tx: guest.revoke(tx, row.project_iri, host=row.host))
    except Refusal as refusal:
        return await refused(request, refusal.status, problem=in_words(refusal, locale_of(request)))
    raise HTTPSeeOther("/app/guests")


async def _show(request: Request, *, problem: str = "", status: int = 200) -> Response:
    locale = locale_of(request)
    found = await request.app[NODE].read(_standings)
    return await respond(
        request,
        "guests.html",
        here="guests",
        status=status,
        problem=problem,
        guests=[_view(each, locale) for each in found],
    )


def _standings(tx: Tx) -> list[Standing]:
    found = guest_standing.standings(tx)
    return sorted(found, key=lambda each: (each.state == REVOKED, each.project, each.row.host))


def _view(each: Standing, locale: Locale) -> dict[str, Any]:
    words, tone = _STATES[each.state]
    return {
        **each._asdict(),
        **each.row._asdict(),
        "state": translate(locale, words),
        "tone": tone,
        "is_revoked": each.state == REVOKED,
        "label": LABELS[each.row.label],
        "total": each.deleted + each.to_delete,
        "letters": each.waiting + each.owed,
        "why": reasons.explain(each.problem, locale),
    }


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/guests", get_guests, admin=True),
    page("POST", "/app/guests/{guest_id}/revoke", revoke, admin=True),
)
