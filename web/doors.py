"""The doors of the web: who may come through a route, checked before its handler runs.

The rule kept here: no handler checks a door, and no route is mounted without one. What goes out through ANYONE is a Disclosure that
the gate made for anyone; through EMPLOYEE and ADMIN comes who brings a good token or a good session. docs/doors.md lists them all.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, cast

from aiohttp import hdrs
from aiohttp.web import AppKey, Application, HTTPException, Request, RequestKey, Response, StreamResponse

from federation.doors import Door, Handler, Method, Route
from federation.errors import Refused
from federation.letters import ANYONE, Disclosure, check_seal
from instance.domain.access import Bearer
from instance.domain.scopes import covers
from instance.domain.session import SignedIn
from instance.domain.token import hash_of
from instance.node import Cordee
from instance.storage.actors import ActorRow
from instance.storage.logins import LoginRow
from web import errors
from web.errors import Forbidden, NeedsPerson, OutsideScopes, Unauthorized
from web.files import PictureKeys
from web.i18n import Locale, best_locale
from web.limits import Limit, Limits, client_address
from web.mastodon.cache import Cache

NODE: AppKey[Cordee] = AppKey("node", Cordee)
CACHE: AppKey[Cache] = AppKey("cache", Cache)
LIMITS: AppKey[Limits] = AppKey("limits", Limits)
PICTURES: AppKey[PictureKeys] = AppKey("pictures", PictureKeys)
ROUTES: AppKey[list[Route]] = AppKey("routes", list)
BEARER: RequestKey[Bearer] = RequestKey("bearer", Bearer)
SESSION: RequestKey[SignedIn] = RequestKey("session", SignedIn)

# As Mastodon: any page may call the API, since it has no cookie to send along; what it may read is listed.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, Mastodon-Async-Refresh, X-RateLimit-Reset, X-RateLimit-Limit, "
    "X-RateLimit-Remaining, X-Request-Id",
}
FIXED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
_API = {**CORS, **FIXED}


class Caller(NamedTuple):
    """The person whose app is asking."""

    actor: ActorRow
    login: LoginRow
    app_name: str | None

    @property
    def id(self) -> int:
        """The person's id."""
        return self.actor.id

    @property
    def locale(self) -> Locale:
        """The person's language."""
        return cast("Locale", self.login.locale)


def caller(request: Request) -> Caller:
    """The person whose app is asking, whom the door has let in. Raises NeedsPerson for an application alone."""
    bearer = request[BEARER]
    if bearer.actor is None or bearer.login is None:
        raise NeedsPerson
    return Caller(bearer.actor, bearer.login, bearer.app.name if bearer.app else None)


def session_of(request: Request) -> SignedIn:
    """The person with this browser, whom the door has let in."""
    return request[SESSION]


def token_of(request: Request) -> str:
    """The token in the Authorization header, or nothing. Tokens in addresses end up in logs, so they are not read here."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def bearer_of(request: Request, token: str) -> Bearer:
    """Whom a token speaks for. Raises Unauthorized, or TooMany when the same address has guessed too often."""
    bearer = await request.app[CACHE].caller(hash_of(token)) if token else None
    if bearer is None:
        request.app[LIMITS].anonymous.take(address_of(request))
        raise Unauthorized
    return bearer


def check_scope(bearer: Bearer, scope: str) -> None:
    """Raise OutsideScopes unless the token was given this scope (of several, separated by "|", one is enough)."""
    if scope and not any(covers(bearer.token.scopes, one) for one in scope.split("|")):
        raise OutsideScopes


def address_of(request: Request) -> str:
    """Who asks, as the limits count them."""
    return client_address(request, request.app[NODE].config.trusted_proxies)


def locale_of(request: Request) -> Locale:
    """The language that a browser or app asks for."""
    return best_locale(request.headers.get(hdrs.ACCEPT_LANGUAGE, ""), default=request.app[NODE].config.locale)


@dataclass(frozen=True, slots=True)
class ByToken:
    """The employees' door for apps: a person's token with the scope, within the limits; a failure is Mastodon's JSON.

    Anybody can register an application and get a token for it alone, so one behind which there is no person opens nothing but
    what says `alone`. With `admin` it is the door of those who administer the node.
    """

    handler: Handler
    scope: str
    limit: Callable[[Limits], Limit] = field(default=lambda limits: limits.api)
    alone: bool = False
    admin: bool = False

    async def enter(self, request: Request) -> StreamResponse:
        """Check, then let the handler answer."""
        counted: dict[str, str] = {}
        try:
            bearer = await bearer_of(request, token_of(request))
            counted = self.limit(request.app[LIMITS]).take(bearer.token.token_hash)
            check_scope(bearer, self.scope)
            request[BEARER] = bearer
            if not self.alone:
                self._check_person(caller(request))
            response = await self.handler(request)
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  every failure becomes an answer here, and the unexpected goes to the log
            response = errors.answer(error, self._locale(request))
        response.headers.update(_API)
        response.headers.update(counted)
        return response

    def _check_person(self, person: Caller) -> None:
        if self.admin and not person.login.is_admin:
            raise Forbidden

    @staticmethod
    def _locale(request: Request) -> Locale:
        bearer = request.get(BEARER)
        return cast("Locale", bearer.login.locale) if bearer and bearer.login else locale_of(request)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The door for anyone: what goes out was made by the gate, for anyone, and was not changed since."""

    discloser: Callable[[Request], Awaitable[Disclosure]]
    headers: dict[str, str] = field(default_factory=dict)
    limit: Callable[[Limits], Limit] = field(default=lambda limits: limits.anonymous)

    async def enter(self, request: Request) -> StreamResponse:
        """Let the handler find what may be disclosed, and serve that."""
        try:
            self.limit(request.app[LIMITS]).take(address_of(request))
            disclosure = await self.discloser(request)
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  every failure becomes an answer here, and the unexpected goes to the log
            status, content, headers = errors.told(error, locale_of(request))
            disclosure = await disclose(request, content, status=status, headers=tuple(headers.items()))
        return serve(request, disclosure, self.headers)


async def disclose(
    request: Request,
    content: dict[str, Any] | bytes | str,
    *,
    media_type: str = "application/json; charset=utf-8",
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
    of: str = "",
) -> Disclosure:
    """What the gate lets anyone have of this content."""
    node = request.app[NODE]
    make = partial(
        node.gate.disclose, viewer=ANYONE, media_type=media_type, status=status, headers=headers, of=of
    )
    return await node.read(lambda tx: make(tx, content))


def serve(request: Request, disclosure: Disclosure, headers: dict[str, str]) -> Response:
    """The response of a Disclosure for anyone; the one 404 in place of anything else."""
    node = request.app[NODE]
    try:
        check_seal(disclosure, node.seal_key)
    except Refused:
        disclosure = node.gate.not_found(ANYONE)
    if disclosure.viewer != ANYONE:
        disclosure = node.gate.not_found(ANYONE)
    response = Response(status=disclosure.status, body=disclosure.body, headers={**FIXED, **headers})
    response.headers[hdrs.CONTENT_TYPE] = disclosure.media_type
    for name, value in disclosure.headers:
        response.headers[name] = value
    return unless_known(request, response, disclosure.body)


def unless_known(request: Request, response: Response, body: bytes) -> Response:
    """An answer with its ETag, or 304 without content for who has the same already (RFC 9110 13.1.2)."""
    if response.status != 200 or request.method not in {"GET", "HEAD"}:
        return response
    response.headers[hdrs.ETAG] = tag = f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    known = {one.strip() for one in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")}
    if not known & {tag, tag.removeprefix("W/"), "*"}:
        return response
    kept = {name: value for name, value in response.headers.items() if name != hdrs.CONTENT_TYPE}
    return Response(status=304, headers=kept)


def api(
    method: Method,
    path: str,
    handler: Handler,
    scope: str,
    *,
    limit: Callable[[Limits], Limit] = lambda limits: limits.api,
    alone: bool = False,
) -> Route:
    """A route of the client API; "" as the scope means any good token, `alone` that of an application with nobody behind it as well."""
    return Route(method, path, ByToken(handler, scope, limit, alone).enter, Door.EMPLOYEE)


def administer(method: Method, path: str, handler: Handler, scope: str) -> Route:
    """A route of the client API for those who administer the node."""
    return Route(method, path, ByToken(handler, scope, admin=True).enter, Door.ADMIN)


def anyone(
    method: Method,
    path: str,
    discloser: Callable[[Request], Awaitable[Disclosure]],
    *,
    headers: dict[str, str] | None = None,
    limit: Callable[[Limits], Limit] = lambda limits: limits.anonymous,
) -> Route:
    """A route for anyone."""
    return Route(method, path, Sealed(discloser, headers or {}, limit).enter, Door.ANYONE)


def mount(app: Application, routes: Iterable[Route]) -> None:
    """Put routes into the application and note them in its table of doors."""
    table = app[ROUTES]
    for route in routes:
        methods = ("GET", "HEAD") if route.method == "GET" and route.door is Door.ANYONE else (route.method,)
        for path in _spellings(route.path):
            for method in methods:
                app.router.add_route(method, path, route.handler)
        table.append(route)


def _spellings(path: str) -> tuple[str, ...]:
    """Apps write the addresses of the API with a slash at the end or without, and Mastodon takes both."""
    return (path, f"{path}/") if path.startswith("/api/") and "{tail" not in path else (path,)
