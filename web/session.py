"""Browsers: the cookie of a signed-in person, and the checks on every form. The rule kept here: a form that another site sends does nothing.

The cookie is random, stored as its hash, SameSite=Lax, and bound to this very host. A form must come from our own origin and carry
the session's own token.
"""

import hmac
import logging
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import hdrs
from aiohttp.web import (
    HTTPException,
    HTTPForbidden,
    HTTPFound,
    HTTPNotFound,
    HTTPSeeOther,
    Request,
    StreamResponse,
)

from federation.doors import Door, Handler, Method, Route
from instance.domain import session as sessions
from instance.domain.session import SESSION_LIFE_MS, SignedIn
from instance.domain.token import hash_of
from instance.errors import NotNow
from web.doors import NODE, SESSION
from web.i18n import translate
from web.pages import frame
from web.pages.html import HEADERS

_logger = logging.getLogger(__name__)
_SAFE = frozenset({"GET", "HEAD"})


def cookie_name(base: str) -> str:
    """The name that binds the cookie to this host; browsers take it over TLS only, so a demo without TLS has the plain one."""
    return "__Host-cordee" if base.startswith("https://") else "cordee"


def set_cookie(base: str, value: str, *, life_s: int = SESSION_LIFE_MS // 1000) -> str:
    """The Set-Cookie header of a session; a life of 0 removes it."""
    secure = "; Secure" if base.startswith("https://") else ""
    return f"{cookie_name(base)}={value}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}"


async def current_session(request: Request) -> SignedIn | None:
    """The person signed in with this browser, or None."""
    known: SignedIn | None = request.get(SESSION)
    if known is not None:
        return known
    node = request.app[NODE]
    cookie = request.cookies.get(cookie_name(node.home.base))
    if not cookie:
        return None
    found = await node.read(lambda tx: sessions.signed_in(tx, hash_of(cookie)))
    if found is not None:
        request[SESSION] = found
    return found


def comes_from_us(request: Request) -> bool:
    """Whether a form was sent by a page of ours: browsers always say so."""
    return request.headers.get(hdrs.ORIGIN) == request.app[NODE].home.base


def come_under_our_name(request: Request) -> None:
    """Raise the way to the same page under the name that we have, for who asks under another: a session and its forms are of one host."""
    node = request.app[NODE]
    asked = node.origin_at(request.headers.get(hdrs.HOST, ""))
    if request.method in _SAFE and asked != node.home.base:
        raise HTTPFound(f"{node.home.base}{request.raw_path}")


def local_path(text: str, default: str) -> str:
    """An address to go on to, when it is a path of ours and nothing else."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else default


def to_sign_in(path: str) -> HTTPSeeOther:
    """Go and sign in, then come back to `path`."""
    return HTTPSeeOther(f"/app/sign-in?next={quote(path, safe='')}")


@dataclass(frozen=True, slots=True)
class BySession:
    """The employees' door for browsers, and with `admin` that of those who administer the node."""

    handler: Handler
    admin: bool = False

    async def enter(self, request: Request) -> StreamResponse:
        """Check, then let the handler answer; what is not to be had is said on a page."""
        try:
            await self._check(request)
            response = await self.handler(request)
        except (HTTPForbidden, HTTPNotFound) as error:
            response = await frame.refused(request, error.status)
        except HTTPException as error:
            error.headers.update(
                {name: value for name, value in HEADERS.items() if name not in error.headers}
            )
            raise
        except NotNow as error:
            if SESSION not in request:
                raise
            _logger.error("not now: %s", error)  # noqa: TRY400 - no trace: nothing broke
            words = translate(frame.locale_of(request), error.text)
            response = await frame.refused(request, error.status, problem=words)
            response.headers["Retry-After"] = str(error.wait_s)
        except Exception:
            if SESSION not in request:
                raise
            _logger.exception("failed")
            response = await frame.refused(request, 500)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    async def _check(self, request: Request) -> None:
        come_under_our_name(request)
        session = await current_session(request)
        if session is None:
            raise to_sign_in(request.raw_path if request.method in _SAFE else "/app")
        if self.admin and not session.login.is_admin:
            raise HTTPForbidden
        if request.method not in _SAFE:
            await self._check_form(request, session)

    @staticmethod
    async def _check_form(request: Request, session: SignedIn) -> None:
        form = await request.post()
        token = form.get("csrf", "")
        fits = isinstance(token, str) and hmac.compare_digest(token.encode(), session.session.csrf.encode())
        if not fits or not comes_from_us(request):
            raise HTTPForbidden


def page(method: Method, path: str, handler: Handler, *, admin: bool = False) -> Route:
    """A route of the pages. The handler may rely on `session_of`, and on forms being the person's own."""
    return Route(method, path, BySession(handler, admin).enter, Door.ADMIN if admin else Door.EMPLOYEE)
