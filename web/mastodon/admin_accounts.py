"""What IT does about accounts, from an app. The rule kept here: IT sees every account as every employee does, and what only IT may know of its own people."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import administration
from instance.domain.outcome import Outcome
from instance.storage import administration as search
from instance.storage import logins
from instance.storage.actors import ActorRow
from instance.storage.administration import Wanted
from instance.storage.database import Tx
from instance.storage.window import LIMIT_MAX, Window
from web.doors import NODE, administer, caller
from web.errors import Forbidden
from web.mastodon import params, show
from web.mastodon.admin_entities import PersonFacts, admin_account
from web.mastodon.entities import Json
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import reply

# Of these there is nobody here: nobody signs up, nobody is half shut out, and no address of a machine is kept.
_NOBODY_V1 = ("pending", "silenced", "sensitized", "ip")
_NOBODY_V2 = ("ip", "invited_by")
_STATES = {"active": "active", "disabled": "closed", "suspended": "closed"}


async def get_accounts_v1(request: Request) -> Response:
    """Persons, by the marks of the first form."""
    asked = of_query(request)
    marks = {
        name for name in ("local", "remote", "active", "disabled", "suspended", "staff") if asked.flag(name)
    }
    states = {_STATES[name] for name in marks if name in _STATES}
    nobody = any(asked.text(name) not in {"", "false", "0"} for name in _NOBODY_V1)
    wanted = _words(asked)._replace(
        origin=_only(marks & {"local", "remote"}),
        state=_only(states),
        role="admin" if "staff" in marks else "",
    )
    return await _page(request, None if nobody or len(states) > 1 else wanted)


async def get_accounts_v2(request: Request) -> Response:
    """Persons, by the words of the second form."""
    asked = of_query(request)
    status, origin, roles = asked.text("status"), asked.text("origin"), set(asked.texts("role_ids"))
    nobody = status not in {"", *_STATES} or any(name in asked for name in _NOBODY_V2)
    if asked.text("permissions") == "staff":
        roles = roles & {"1"} if roles else {"1"}
        nobody = nobody or not roles
    known = {"1": "admin", "-99": "user"}
    wanted = _words(asked)._replace(
        origin=origin if origin in {"local", "remote"} else "",
        state=_STATES.get(status, ""),
        role=_only({known[one] for one in roles if one in known}),
    )
    return await _page(request, None if nobody or (roles and not roles & known.keys()) else wanted)


def _words(asked: Params) -> Wanted:
    names = ("username", "display_name", "email")
    words = {name: asked.text(name).strip().removeprefix("@") for name in names}
    return Wanted(host=asked.text("by_domain").strip(), **words)


def _only(found: set[str]) -> str:
    """The one that is asked for; both are the same as none."""
    return found.pop() if len(found) == 1 else ""


async def _page(request: Request, wanted: Wanted | None) -> Response:
    node, window = request.app[NODE], window_of(of_query(request), usual=100, most=LIMIT_MAX)
    shown = await node.read(lambda tx: _found(tx, wanted, window)) if wanted else []
    headers = links(request, node.home.base, [int(one["id"]) for one in shown], window)
    return reply(shown, headers=headers)


def _found(tx: Tx, wanted: Wanted, window: Window) -> list[Json]:
    return people(tx, search.find(tx, wanted, window))


def people(tx: Tx, rows: Iterable[ActorRow]) -> list[Json]:
    """Admin::Accounts of these rows."""
    rows = list(rows)
    known, shown = logins.logins_of(tx, [row.id for row in rows]), show.account_of_each(tx, rows)
    return [admin_account(PersonFacts(row, shown[row.id], known.get(row.id)), tx.home) for row in rows]


def _one(tx: Tx, actor_id: int) -> Json:
    return people(tx, [administration.person(tx, actor_id)])[0]


async def get_account(request: Request) -> Response:
    """One person."""
    actor_id = path_id(request)
    return reply(await request.app[NODE].read(lambda tx: _one(tx, actor_id)))


async def act(request: Request) -> Response:
    """Do something about a person, and close what was reported with it."""
    me, actor_id, sent = caller(request), path_id(request), await params.of_body(request)
    kind, report_id = sent.text("type"), sent.row_id("report_id")
    await request.app[NODE].perform(
        lambda tx: administration.act(tx, me.id, actor_id, kind=kind, report_id=report_id)
    )
    return reply({})


async def _changed(request: Request, verb: Callable[[Tx, int], Outcome[ActorRow]]) -> Response:
    actor_id, node = path_id(request), request.app[NODE]
    await node.perform(lambda tx: verb(tx, actor_id))
    return reply(await node.read(lambda tx: _one(tx, actor_id)))


async def enable(request: Request) -> Response:
    """Let one of our people in again."""
    return await _changed(request, administration.let_in)


async def unsuspend(request: Request) -> Response:
    """The same, for somebody who is shut out. Raises Forbidden for who is not."""

    def verb(tx: Tx, actor_id: int) -> Outcome[ActorRow]:
        if administration.person(tx, actor_id).state == "active":
            raise Forbidden
        return administration.let_in(tx, actor_id)

    return await _changed(request, verb)


def _refused(words: str) -> Callable[[Request], Awaitable[Response]]:
    """A handler for what cannot be done about a person who exists."""

    async def handle(request: Request) -> Response:
        actor_id = path_id(request)
        await request.app[NODE].read(lambda tx: administration.person(tx, actor_id))
        raise Forbidden(words)

    return handle


_READ = partial(administer, scope="admin:read:accounts")
_WRITE = partial(administer, scope="admin:write:accounts")
_ONE = "/api/v1/admin/accounts/{id}"

ROUTES: tuple[Route, ...] = (
    _READ("GET", "/api/v1/admin/accounts", get_accounts_v1),
    _READ("GET", "/api/v2/admin/accounts", get_accounts_v2),
    _READ("GET", _ONE, get_account),
    _WRITE(
        "DELETE", _ONE, _refused("")
    ),  # what was said in projects is in logs that all their companies hold
    _WRITE("POST", f"{_ONE}/action", act),
    _WRITE("POST", f"{_ONE}/approve", _refused("")),  # nobody is pending
    _WRITE("POST", f"{_ONE}/reject", _refused("")),
    _WRITE("POST", f"{_ONE}/enable", enable),
    _WRITE("POST", f"{_ONE}/unsuspend", unsuspend),
    _WRITE(
        "POST", f"{_ONE}/unsilence", get_account
    ),  # nobody is silenced or marked: all is as it was asked for
    _WRITE("POST", f"{_ONE}/unsensitive", get_account),
)
