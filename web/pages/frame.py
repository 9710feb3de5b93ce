"""What every page of a signed-in person shares: the frame, the notice, the language. The rule kept here: a page is for its viewer alone."""

from typing import Any, cast

from aiohttp.web import Request, Response

from instance.errors import Refusal
from instance.storage import charters
from instance.storage.database import Tx
from web.doors import NODE, session_of
from web.i18n import LOCALES, NAMES, Locale, catalogue, phrase, translate
from web.pages import html

REFUSALS = {
    403: (
        phrase("This is not open to you"),
        phrase(
            "The page is for your IT, or the form came from a page that is too old. Nothing was changed. Go back: what you wrote is still there; load the page anew and send it again."
        ),
    ),
    404: (
        phrase("There is nothing here for you"),
        phrase("It was deleted, never was, or belongs to a project that you are not in."),
    ),
    500: (
        phrase("Something went wrong on our side"),
        phrase("Go back: what you wrote is still there. If it happens again, tell your IT the time."),
    ),
}


def locale_of(request: Request) -> Locale:
    """The language that the signed-in person chose, or the one that an app asks for on the way (`lang`)."""
    asked = request.query.get("lang", "")
    return cast("Locale", asked if asked in LOCALES else session_of(request).login.locale)


def is_admin(request: Request) -> bool:
    """Whether the signed-in person is IT."""
    return bool(session_of(request).login.is_admin)


def number(text: str | None) -> int | None:
    """A row id in an address, or None when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 20 else None


def in_words(refusal: Refusal, locale: Locale) -> str:
    """What a refusal says, in the reader's language."""
    return catalogue(locale).gettext(refusal.text)


async def respond(
    request: Request, template: str, *, here: str, status: int = 200, at: str = "", **values: Any
) -> Response:
    """The page `template`, in its frame. `at` is where it can be read again, for a page that answers a form."""
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
        "at": at or (request.path_qs if request.method == "GET" else "/app"),
        "languages": NAMES,
        "notice": "",
        "here": here,
        "problem": "",
        **values,
    }
    text = html.render(template, locale_of(request), **frame)
    return Response(text=text, content_type="text/html", status=status)


async def refused(request: Request, status: int, *, problem: str = "", hint: str = "") -> Response:
    """The page that says why there is no other: for a status in REFUSALS, or with `problem` in its own words."""
    title, words = REFUSALS.get(status, (phrase("Not possible"), ""))
    locale = locale_of(request)
    return await respond(
        request,
        "refused.html",
        here="",
        status=status,
        title=translate(locale, title),
        problem=problem or translate(locale, words),
        hint=hint,
    )


def _waiting(tx: Tx) -> int:
    return len(charters.waiting(tx))
