"""OAuth 2 in Mastodon's dialect (RFC 6749, 7009, 7636, 8414): a person agrees in the browser, and an app gets a token.

The rule kept here: a code is only ever sent to an address that the application registered, exactly as written; passwords are typed on
our own page alone, so the password grant does not exist.
"""

import base64
import binascii
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from aiohttp import hdrs
from aiohttp.web import Request, Response, StreamResponse

from federation.doors import Route
from federation.letters import Disclosure
from instance.domain import access
from instance.domain.access import OUT_OF_BAND, ClientUnknown, Grant
from instance.domain.outcome import Outcome
from instance.domain.scopes import GrantRefused, check_scopes
from instance.errors import Refusal
from instance.storage.database import Tx
from instance.storage.oauth import AppRow
from web.doors import CORS, NODE, anyone, api, caller, disclose, session_of
from web.errors import ApiError
from web.i18n import Locale, translate
from web.mastodon import entities, params, show
from web.mastodon.params import Params
from web.mastodon.reply import reply
from web.pages import html
from web.pages.frame import in_words, locale_of, refused, respond
from web.session import page, to_sign_in

_ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_CHALLENGE = (("WWW-Authenticate", 'Basic realm="OAuth"'),)  # RFC 6749 5.2


class _Wanted(NamedTuple):
    """What an application asks a person for, checked."""

    app: AppRow
    scopes: str
    redirect_uri: str
    state: str
    challenge: str


class _SendBack(Exception):
    """A refusal that the application is told at its own, registered address."""

    def __init__(self, redirect_uri: str, state: str, error: GrantRefused) -> None:
        super().__init__(error.text)
        self.address = _with_query(
            redirect_uri, {"error": error.rule, "error_description": error.text, "state": state}
        )


async def get_authorize(request: Request) -> StreamResponse:
    """The form on which a person agrees."""
    asked = Params(dict(request.query))
    lang = locale_of(request)
    if asked.flag("force_login"):
        rest = {name: value for name, value in request.query.items() if name != "force_login"}
        raise to_sign_in(f"{request.path}?{urlencode(rest)}")
    try:
        wanted = await _check(request, asked)
    except _SendBack as back:
        return _go(back.address)
    except GrantRefused as error:
        return await _refused(request, error)
    values = {name: asked.text(name) for name in _ASKED}
    scopes = _explained(lang, wanted.scopes)
    response = await respond(
        request, "authorize.html", here="", app=wanted.app, scopes=scopes, asked=values, lang=lang
    )
    return _allow_onward(response, wanted.redirect_uri)


async def post_authorize(request: Request) -> StreamResponse:
    """The person's decision: a code goes to the app, or its refusal."""
    form = await request.post()
    asked = Params({name: value for name, value in form.items() if isinstance(value, str)})
    try:
        wanted = await _check(request, asked)
    except _SendBack as back:
        return _go(back.address)
    except GrantRefused as error:
        return await _refused(request, error)
    if asked.text("decision") != "allow":
        return await _denied(request, wanted)
    actor_id = session_of(request).actor.id
    code = await request.app[NODE].perform(lambda tx: _grant(tx, wanted, actor_id))
    if wanted.redirect_uri == OUT_OF_BAND:
        return await respond(request, "code.html", here="", app=wanted.app, code=code)
    return _go(_with_query(wanted.redirect_uri, {"code": code, "state": wanted.state}))


def _grant(tx: Tx, wanted: _Wanted, actor_id: int) -> Outcome[str]:
    return access.grant_code(
        tx,
        wanted.app,
        actor_id=actor_id,
        scopes=wanted.scopes,
        redirect_uri=wanted.redirect_uri,
        challenge=wanted.challenge,
    )


async def _check(request: Request, asked: Params) -> _Wanted:
    """What is asked for. Raises GrantRefused while the address is not proven to be the app's, _SendBack afterwards."""
    client_id, redirect_uri, state = asked.text("client_id"), asked.text("redirect_uri"), asked.text("state")
    app = await request.app[NODE].read(lambda tx: access.app_for_redirect(tx, client_id, redirect_uri))
    try:
        return _checked(app, asked, redirect_uri)
    except GrantRefused as error:
        if redirect_uri == OUT_OF_BAND:
            raise
        raise _SendBack(redirect_uri, state, error) from error


def _checked(app: AppRow, asked: Params, redirect_uri: str) -> _Wanted:
    if asked.text("response_type") != "code":
        raise GrantRefused(
            "unsupported_response_type", "The authorization server does not support this response type."
        )
    challenge = access.check_challenge(asked.text("code_challenge"), asked.text("code_challenge_method"))
    scopes = check_scopes(asked.text("scope"), app.scopes)
    return _Wanted(app, scopes, redirect_uri, asked.text("state"), challenge)


async def _denied(request: Request, wanted: _Wanted) -> StreamResponse:
    error = GrantRefused("access_denied", "The resource owner or authorization server denied the request.")
    if wanted.redirect_uri == OUT_OF_BAND:
        return await _refused(request, error)
    return _go(_SendBack(wanted.redirect_uri, wanted.state, error).address)


def _go(address: str) -> Response:
    """Send the browser on. The address is sent as it is: apps compare it letter by letter."""
    return Response(status=303, headers={hdrs.LOCATION: address})


def _with_query(address: str, added: dict[str, str]) -> str:
    """The address with more parameters, those it has kept, and none that is empty."""
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *((k, v) for k, v in added.items() if v)]
    return urlunsplit(parts._replace(query=urlencode(query)))


async def _refused(request: Request, error: Refusal) -> Response:
    locale = locale_of(request)
    hint = translate(locale, "Go back to the app and try again.")
    return await refused(request, 400, problem=in_words(error, locale), hint=hint)


def _allow_onward(response: Response, redirect_uri: str) -> Response:
    """A form may lead on to the app's own address, and browsers hold its redirects against the policy of the page."""
    if redirect_uri != OUT_OF_BAND:
        before, _, after = html.HEADERS["Content-Security-Policy"].partition("form-action 'self'")
        scheme = urlsplit(redirect_uri).scheme
        response.headers["Content-Security-Policy"] = f"{before}form-action 'self' {scheme}:{after}"
    return response


def _explained(locale: Locale, scopes: str) -> list[tuple[str, str]]:
    """Each scope with what it means, in the person's language."""
    meanings = {
        "read": translate(locale, "Read everything that you may read here"),
        "write": translate(locale, "Post, change and react in your name"),
        "follow": translate(locale, "Follow people and ask to join projects"),
        "push": translate(locale, "Send you notifications"),
        "profile": translate(locale, "See who you are"),
        "admin": translate(locale, "Look after people and reports as IT does, if you are of IT"),
    }
    return [(scope, meanings[scope.partition(":")[0]]) for scope in scopes.split()]


async def post_token(request: Request) -> Disclosure:
    """A code, or an application's own credentials, for a token."""
    node = request.app[NODE]
    try:
        sent = await params.of_body(request)
        client_id, secret = _credentials(request, sent)
        grant = await node.perform(lambda tx: _granted(tx, sent, client_id, secret))
    except (GrantRefused, ApiError) as error:
        return await _oauth_error(request, error)
    return await disclose(request, entities.token(grant))


def _granted(tx: Tx, sent: Params, client_id: str, secret: str) -> Outcome[Grant]:
    app = access.app_with_secret(tx, client_id, secret)
    kind = _required(sent, "grant_type")
    if kind == "authorization_code":
        code, uri = _required(sent, "code"), _required(sent, "redirect_uri")
        return access.redeem_code(tx, app, code=code, redirect_uri=uri, verifier=sent.text("code_verifier"))
    if kind == "client_credentials":
        return access.app_token(tx, app, sent.text("scope"))
    raise GrantRefused(
        "unsupported_grant_type", "The authorization grant type is not supported by the authorization server."
    )


def _required(sent: Params, name: str) -> str:
    """A parameter without which nothing is granted. Raises GrantRefused("invalid_request")."""
    value = sent.text(name)
    if not value:
        raise GrantRefused("invalid_request", f"Missing required parameter: {name}.")
    return value


async def post_revoke(request: Request) -> Disclosure:
    """Make a token good for nothing (RFC 7009)."""
    node = request.app[NODE]
    try:
        sent = await params.of_body(request)
        client_id, secret = _credentials(request, sent)
        await node.perform(lambda tx: _revoked(tx, client_id, secret, sent.text("token")))
    except ClientUnknown:
        refusal = GrantRefused("unauthorized_client", "You are not authorized to revoke this token")
        return await _oauth_error(request, refusal, status=403)
    except GrantRefused as error:
        return await _oauth_error(request, error, status=403)
    except ApiError as error:
        return await _oauth_error(request, error)
    return await disclose(request, {})


def _revoked(tx: Tx, client_id: str, secret: str, token: str) -> Outcome[bool]:
    return access.revoke_own(tx, access.app_with_secret(tx, client_id, secret), token)


def _credentials(request: Request, sent: Params) -> tuple[str, str]:
    """client_id and client_secret, from the body or by HTTP Basic (RFC 6749 2.3.1)."""
    scheme, _, value = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return sent.text("client_id"), sent.text("client_secret")
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ClientUnknown from error
    return unquote(name), unquote(secret)


async def _oauth_error(
    request: Request, error: GrantRefused | ApiError, *, status: int | None = None
) -> Disclosure:
    if isinstance(error, GrantRefused):
        said, code = {"error": error.rule, "error_description": error.text}, status or error.status
    else:
        said, code = {"error": "invalid_request", "error_description": str(error)}, error.status
    headers = _CHALLENGE if code == 401 else ()
    return await disclose(request, said, status=code, headers=headers)


async def get_userinfo(request: Request) -> Response:
    """Who the person of the token is, in the words of OpenID Connect."""
    me, node = caller(request), request.app[NODE]
    shown = await node.read(lambda tx: show.account(tx, me.actor))
    return reply(
        {
            "iss": f"{node.home.base}/",
            "sub": me.actor.iri,
            "name": me.actor.display_name,
            "preferred_username": me.actor.username,
            "profile": shown["url"],
            "picture": shown["avatar"],
        }
    )


async def get_metadata(request: Request) -> Disclosure:
    """What this authorization server can do."""
    return await disclose(request, dict(entities.authorization_server(request.app[NODE].home)))


ROUTES: tuple[Route, ...] = (
    page("GET", "/oauth/authorize", get_authorize),
    page("POST", "/oauth/authorize", post_authorize),
    anyone("POST", "/oauth/token", post_token, headers=CORS),
    anyone("POST", "/oauth/revoke", post_revoke, headers=CORS),
    api("GET", "/oauth/userinfo", get_userinfo, "profile"),
    api("POST", "/oauth/userinfo", get_userinfo, "profile"),
    anyone("GET", "/.well-known/oauth-authorization-server", get_metadata, headers=CORS),
)
