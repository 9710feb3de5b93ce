"""Signing in and out with a browser. The rule kept here: a wrong name and a wrong password look the same and take the same time."""

from aiohttp import hdrs
from aiohttp.web import HTTPSeeOther, Request, StreamResponse

from federation.doors import Route
from federation.letters import Disclosure
from instance.domain import session as sessions
from instance.storage import logins
from web import hashing
from web.doors import LIMITS, NODE, anyone, disclose, locale_of, session_of
from web.errors import TooMany
from web.i18n import Locale, translate
from web.pages import html
from web.session import come_under_our_name, comes_from_us, local_path, page, set_cookie

AFTER = "/app/projects"


async def get_sign_in(request: Request) -> Disclosure:
    """The form."""
    come_under_our_name(request)
    return await _form(request)


async def post_sign_in(request: Request) -> Disclosure:
    """Check name and password; start a session, or show the form again with the reason."""
    locale = locale_of(request)
    if not comes_from_us(request):
        return await _form(request, problem=translate(locale, "Please sign in on this page."), status=403)
    form = await request.post()
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    try:
        request.app[LIMITS].sign_in_by_name.take(name.strip().lower()[:256])
    except TooMany:
        words = translate(locale, "Too many attempts. Please wait five minutes.")
        return await _form(request, problem=words, status=429)
    actor_id = await _verified(request, name, password)
    if actor_id is None:
        words = translate(locale, "This name and password do not belong together.")
        return await _form(request, problem=words, status=422)
    return await _started(request, actor_id)


async def _verified(request: Request, name: str, password: str) -> int | None:
    login = await request.app[NODE].read(lambda tx: logins.login_by_name(tx, name))
    fits = await hashing.fits(login.password_hash if login else None, password)
    return login.actor_id if login and fits else None


async def _started(request: Request, actor_id: int) -> Disclosure:
    node = request.app[NODE]
    session = await node.perform(lambda tx: sessions.start(tx, actor_id))
    headers = (
        (hdrs.LOCATION, local_path(request.query.get("next", ""), AFTER)),
        (hdrs.SET_COOKIE, set_cookie(node.home.base, session.cookie)),
    )
    return await disclose(request, "", media_type="text/plain", status=303, headers=headers)


async def post_sign_out(request: Request) -> StreamResponse:
    """End the session."""
    node, session = request.app[NODE], session_of(request).session
    await node.perform(lambda tx: sessions.end(tx, session))
    raise HTTPSeeOther("/app/sign-in", headers={hdrs.SET_COOKIE: set_cookie(node.home.base, "", life_s=0)})


async def _form(request: Request, *, problem: str = "", status: int = 200) -> Disclosure:
    """The form posts to the address that it stands at: neither where to go next nor what was typed is in what strangers get."""
    return await page_for_anyone(request, "sign_in.html", locale_of(request), status=status, problem=problem)


async def page_for_anyone(
    request: Request, template: str, locale: Locale, *, status: int = 200, **values: object
) -> Disclosure:
    """A page that everybody may see, as a Disclosure."""
    company = request.app[NODE].home.company
    text = html.render(template, locale, company=company, viewer=None, notice="", here="", **values)
    headers = tuple(html.HEADERS.items())
    return await disclose(
        request, text, media_type="text/html; charset=utf-8", status=status, headers=headers
    )


ROUTES: tuple[Route, ...] = (
    anyone("GET", "/app/sign-in", get_sign_in),
    anyone("POST", "/app/sign-in", post_sign_in, limit=lambda limits: limits.sign_in_by_address),
    page("POST", "/app/sign-out", post_sign_out),
)
