"""What Mastodon has and a company's network has not: sign-up, translation, yearly reports, trends. The rule kept here: the answer is Mastodon's own with the feature off."""

from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from federation.letters import ANYONE, Disclosure
from web.doors import CORS, NODE, anyone, api, caller, disclose
from web.errors import Forbidden, NotFound
from web.mastodon.instance import always, open_document
from web.mastodon.reply import reply, reply_nothing


async def register(_: Request) -> Response:
    """Nobody signs up: who works here is known to IT. Raises Forbidden."""
    raise Forbidden


async def confirm_again(request: Request) -> Response:
    """Addresses are not confirmed by mail: who has a token was let in by IT. Raises Forbidden."""
    caller(request)
    raise Forbidden("This method is only available while the e-mail is awaiting confirmation")


async def get_confirmed(request: Request) -> Response:
    """Whether the caller's address is confirmed: who has a token was let in by IT."""
    caller(request)
    return reply(content=True)


async def get_missing(request: Request) -> Response:
    """A thing of which this network has none. Raises NotFound."""
    caller(request)
    raise NotFound


async def get_none(request: Request) -> Response:
    """A list with nothing in it."""
    caller(request)
    return reply([])


async def get_reports(request: Request) -> Response:
    """Nobody's year is counted, so there is no report of any."""
    caller(request)
    return reply({"annual_reports": [], "accounts": [], "statuses": []})


async def get_report_state(request: Request) -> Response:
    """No year of anybody's can have a report."""
    caller(request)
    return reply({"state": "ineligible"})


async def make_report(request: Request) -> Response:
    """Nothing is made of a year that cannot have a report, as its state says."""
    caller(request)
    return reply({})


async def health(request: Request) -> Disclosure:
    """For who watches over the machine: the process answers."""
    return await disclose(request, b"OK", media_type="text/plain; charset=utf-8")


async def nothing_public(request: Request) -> Disclosure:
    """What is not there, and what is there for some alone, is the same to strangers."""
    return request.app[NODE].gate.not_found(ANYONE)


async def no_campaign(request: Request) -> Response:
    """Nobody is asked for donations."""
    caller(request)
    return reply_nothing()


_YEAR = "/api/v1/annual_reports/{year}"
_READ = partial(api, scope="read:accounts")
_WRITE = partial(api, scope="write:accounts")

ROUTES: tuple[Route, ...] = (
    _WRITE("POST", "/api/v1/accounts", register),
    _WRITE("POST", "/api/v1/emails/confirmations", confirm_again),
    _READ("GET", "/api/v1/emails/check_confirmation", get_confirmed),
    api("POST", "/api/v1/statuses/{id}/translate", get_missing, "read:statuses"),
    api("GET", "/api/v1/timelines/link", get_missing, "read:statuses"),
    _READ("GET", "/api/v1/annual_reports", get_reports),
    _READ("GET", _YEAR, get_missing),
    _READ("GET", f"{_YEAR}/state", get_report_state),
    _WRITE("POST", f"{_YEAR}/generate", make_report),
    _WRITE("POST", f"{_YEAR}/read", get_missing),
    _READ("GET", "/api/v1/accounts/{id}/identity_proofs", get_none),
    _READ("GET", "/api/v1/donation_campaigns", no_campaign),
    _WRITE("POST", "/api/v1/accounts/{id}/email_subscriptions", get_missing),
    open_document("/api/v1/trends", always([])),
    open_document("/api/v1/peers/search", always([])),
    anyone("GET", "/health", health),
    anyone("GET", "/api/oembed", nothing_public, headers=CORS),
    anyone("GET", "/api/v1/instance/terms_of_service", nothing_public, headers=CORS),
    anyone("GET", "/api/v1/instance/terms_of_service/{date}", nothing_public, headers=CORS),
)
