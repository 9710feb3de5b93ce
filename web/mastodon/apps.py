"""Client applications: they register themselves, and ask whether they are known. The rule kept here: the secret is told once."""

from aiohttp.web import Request, Response

from federation.doors import Route
from federation.letters import Disclosure
from instance.domain import access
from web.doors import BEARER, CORS, NODE, anyone, api, disclose
from web.errors import Unauthorized
from web.mastodon import entities, params
from web.mastodon.entities import Json
from web.mastodon.reply import reply


async def post_app(request: Request) -> Disclosure:
    """Register an application."""
    sent = await params.of_body(request)
    new = await request.app[NODE].perform(
        lambda tx: access.register_app(
            tx,
            name=sent.text("client_name"),
            redirect_uris=[uri for text in sent.texts("redirect_uris") for uri in text.split()],
            scopes=sent.text("scopes"),
            website=sent.text("website"),
        )
    )
    told = entities.credential_application(new.app, new.secret)
    return await disclose(request, told | _vapid(request))


async def get_app(request: Request) -> Response:
    """The application of the token."""
    app = request[BEARER].app
    if app is None:  # a token made at the command line belongs to no application
        raise Unauthorized
    return reply(entities.application(app) | _vapid(request))


def _vapid(request: Request) -> Json:
    return {"vapid_key": request.app[NODE].vapid_key}


ROUTES: tuple[Route, ...] = (
    anyone("POST", "/api/v1/apps", post_app, headers=CORS, limit=lambda limits: limits.register),
    api("GET", "/api/v1/apps/verify_credentials", get_app, "", alone=True),
)
