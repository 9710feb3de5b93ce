"""The person's own account: language, apps and password. The rule kept here: a new password needs the old one, and ends whatever was signed in with it."""

from aiohttp import hdrs
from aiohttp.web import HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from instance import passwords
from instance.domain import access, actor, session
from instance.errors import BadInput
from web import hashing
from web.doors import LIMITS, NODE, session_of
from web.errors import TooMany
from web.i18n import LOCALES, phrase, translate
from web.pages.frame import in_words, locale_of, number, respond
from web.session import local_path, page, set_cookie

TOO_MANY = phrase("Too many attempts. Please wait five minutes.")
DONE = {
    "app": phrase("The app is shut out. It has to ask you again."),
    "password": phrase("Your password is changed. Your other browsers and your apps have to sign in again."),
}


async def get_account(request: Request) -> Response:
    """Who I am here, my language, my password."""
    done = DONE.get(request.query.get("done", ""))
    return await _show(request, notice=translate(locale_of(request), done) if done else "")


async def post_language(request: Request) -> Response:
    """Speak another language with me from now on."""
    form, me = await request.post(), session_of(request).actor
    chosen = str(form.get("locale", ""))
    if chosen in LOCALES:
        await request.app[NODE].perform(lambda tx: actor.set_locale(tx, me.id, locale=chosen))
    raise HTTPSeeOther(local_path(str(form.get("next", "")), "/app"))


async def post_app_revoke(request: Request) -> Response:
    """Let an app act for me no more."""
    me, app_id = session_of(request).actor, number(request.match_info["id"])
    if app_id is None or not await request.app[NODE].perform(lambda tx: access.shut_out(tx, me.id, app_id)):
        raise HTTPNotFound
    raise HTTPSeeOther("/app/account?done=app")


async def post_password(request: Request) -> Response:
    """Check the old password and take the new one; this browser stays signed in."""
    form, node, me = await request.post(), request.app[NODE], session_of(request)
    current, new, again = (str(form.get(name, "")) for name in ("current", "new", "again"))
    try:
        request.app[LIMITS].sign_in_by_name.take(me.actor.username)
        await _check(me.login.password_hash, current, new, again)
        passwords.check(new, username=me.actor.username)
        hashed = await hashing.hash_of(new)
    except TooMany:
        return await _show(request, problem=translate(locale_of(request), TOO_MANY), status=429)
    except BadInput as refusal:
        return await _show(
            request, problem=in_words(refusal, locale_of(request)), field=refusal.field, status=refusal.status
        )
    anew = await node.perform(lambda tx: session.start_anew(tx, me.actor.id, password_hash=hashed))
    raise HTTPSeeOther(
        "/app/account?done=password", headers={hdrs.SET_COOKIE: set_cookie(node.home.base, anew.cookie)}
    )


async def _check(password_hash: str, current: str, new: str, again: str) -> None:
    if not await hashing.fits(password_hash, current):
        raise BadInput("current", "This is not your present password.")
    if new != again:
        raise BadInput("again", "The two new passwords differ.")


async def _show(
    request: Request, *, notice: str = "", problem: str = "", field: str = "", status: int = 200
) -> Response:
    me, home = session_of(request), request.app[NODE].home
    apps = await request.app[NODE].read(lambda tx: access.apps_of(tx, me.actor.id))
    return await respond(
        request,
        "account.html",
        here="account",
        status=status,
        at="/app/account",
        handle=f"@{me.actor.username}@{home.host}",
        email=me.login.email,
        username=me.actor.username,
        least=passwords.LEAST_CHARS,
        notice=notice,
        problem=problem,
        field=field,
        apps=apps,
    )


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/account", get_account),
    page("POST", "/app/account/language", post_language),
    page("POST", "/app/account/password", post_password),
    page("POST", "/app/account/apps/{id}/revoke", post_app_revoke),
)
