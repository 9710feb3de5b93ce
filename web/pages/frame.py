"""What every page of a signed-in person shares: the frame, the notice, the language. The rule kept here: a page is for its viewer alone."""

from typing import Any, cast

from aiohttp.web import Request, Response

from instance.storage import charters
from instance.storage.database import Tx
from web.doors import NODE
from web.i18n import Locale
from web.pages import html
from web.session import session_of


def locale_of(request: Request) -> Locale:
    """The language that the signed-in person chose."""
    return cast("Locale", session_of(request).login.locale)


def is_admin(request: Request) -> bool:
    """Whether the signed-in person is IT."""
    return bool(session_of(request).login.is_admin)


def number(text: str | None) -> int | None:
    """A row id in an address, or None when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 20 else None


async def respond(
    request: Request, template: str, *, here: str, status: int = 200, **values: Any
) -> Response:
    """The page `template`, in its frame."""
    node, session = request.app[NODE], session_of(request)
    viewer = {
        "name": session.actor.display_name or session.actor.username,
        "csrf": session.session.csrf,
        "is_admin": is_admin(request),
        "waiting": await node.read(_waiting) if is_admin(request) else 0,
    }
    frame = {
        "company": node.home.company,
        "viewer": viewer,
        "notice": "",
        "here": here,
        "problem": "",
        **values,
    }
    text = html.render(template, locale_of(request), **frame)
    return Response(text=text, content_type="text/html", status=status)


def _waiting(tx: Tx) -> int:
    return len(charters.waiting(tx))
