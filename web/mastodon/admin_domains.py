"""Which hosts are let in and shut out, as apps ask for it. The rule kept here: a charter decides that, with all who signed it; an app only reads it.

Of what Mastodon keeps against those who sign up (addresses, machines, mail hosts) there is nothing here: nobody signs up.
"""

from collections.abc import Callable
from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Method, Route
from instance.storage import neighbours
from instance.storage.database import Tx
from instance.storage.neighbours import Neighbour
from instance.storage.window import LIMIT_MAX
from web.doors import NODE, administer, caller
from web.errors import Forbidden, Invalid, NotFound
from web.i18n import phrase, translate
from web.mastodon import params
from web.mastodon.entities import Json, timestamp
from web.mastodon.params import of_query
from web.mastodon.reply import reply

BY_CHARTER = phrase(
    "A company is let in by a charter that both sign, and shut out when the charter is suspended or left: on the page of charters, or with cordee charter."
)
NO_SIGN_UP = phrase("Nobody signs up here: IT makes the accounts, and shuts people out one by one.")


def domain_allow(row: Neighbour) -> Json:
    """Admin::DomainAllow; the host serves as its id."""
    return {"id": row.host, "domain": row.host, "created_at": timestamp(row.since_ms)}


def domain_block(row: Neighbour) -> Json:
    """Admin::DomainBlock; nothing goes either way while a charter is suspended."""
    return {
        **domain_allow(row),
        "digest": None,
        "severity": "suspend",
        "reject_media": True,
        "reject_reports": True,
        "private_comment": None,
        "public_comment": None,
        "obfuscate": False,
    }


class _Kind:
    """One of the two lists: where its rows come from and how they look."""

    def __init__(self, rows: Callable[[Tx], list[Neighbour]], entity: Callable[[Neighbour], Json]) -> None:
        self._rows = rows
        self._entity = entity

    async def get_all(self, request: Request) -> Response:
        """The list, by name."""
        limit = min(max(of_query(request).number("limit", 100), 1), LIMIT_MAX)
        rows = await request.app[NODE].read(self._rows)
        return reply([self._entity(row) for row in rows[:limit]])

    async def get_one(self, request: Request) -> Response:
        """One host of the list."""
        return reply(self._entity(await self._found(request, request.match_info["id"])))

    async def refuse(self, request: Request) -> Response:
        """A charter is not changed from an app: its parties decide. Raises NotFound, Forbidden."""
        await self._found(request, request.match_info["id"])
        raise Forbidden(translate(caller(request).locale, BY_CHARTER))

    async def create(self, request: Request) -> Response:
        """A host that is in the list already; no other comes in this way. Raises Invalid, Forbidden."""
        host = (await params.of_body(request)).text("domain").strip().lower()
        if not host:
            raise Invalid("Domain can't be blank")
        try:
            return reply(self._entity(await self._found(request, host)))
        except NotFound as error:
            raise Forbidden(translate(caller(request).locale, BY_CHARTER)) from error

    async def _found(self, request: Request, host: str) -> Neighbour:
        rows = await request.app[NODE].read(self._rows)
        found = next((row for row in rows if row.host == host.lower()), None)
        if found is None:
            raise NotFound
        return found


async def get_none(_: Request) -> Response:
    """A list with nothing in it."""
    return reply([])


async def get_missing(_: Request) -> Response:
    """One of a list with nothing in it. Raises NotFound."""
    raise NotFound


async def refuse(request: Request) -> Response:
    """Nothing is kept against those who sign up. Raises Forbidden."""
    raise Forbidden(translate(caller(request).locale, NO_SIGN_UP))


def _empty(name: str, *, methods: tuple[Method, ...] = ("DELETE",)) -> tuple[Route, ...]:
    """The routes of a list that is empty here, and stays so."""
    read, write = (partial(administer, scope=f"admin:{way}:{name}") for way in ("read", "write"))
    path = f"/api/v1/admin/{name}"
    return (
        read("GET", path, get_none),
        read("GET", f"{path}/{{id}}", get_missing),
        write("POST", path, refuse),
        *(write(method, f"{path}/{{id}}", get_missing) for method in methods),
    )


_ALLOWS, _BLOCKS = _Kind(neighbours.let_in, domain_allow), _Kind(neighbours.shut_out, domain_block)
_READ_ALLOWS = partial(administer, scope="admin:read:domain_allows")
_WRITE_ALLOWS = partial(administer, scope="admin:write:domain_allows")
_READ_BLOCKS = partial(administer, scope="admin:read:domain_blocks")
_WRITE_BLOCKS = partial(administer, scope="admin:write:domain_blocks")

ROUTES: tuple[Route, ...] = (
    _READ_ALLOWS("GET", "/api/v1/admin/domain_allows", _ALLOWS.get_all),
    _READ_ALLOWS("GET", "/api/v1/admin/domain_allows/{id}", _ALLOWS.get_one),
    _WRITE_ALLOWS("POST", "/api/v1/admin/domain_allows", _ALLOWS.create),
    _WRITE_ALLOWS("DELETE", "/api/v1/admin/domain_allows/{id}", _ALLOWS.refuse),
    _READ_BLOCKS("GET", "/api/v1/admin/domain_blocks", _BLOCKS.get_all),
    _READ_BLOCKS("GET", "/api/v1/admin/domain_blocks/{id}", _BLOCKS.get_one),
    _WRITE_BLOCKS("POST", "/api/v1/admin/domain_blocks", _BLOCKS.create),
    _WRITE_BLOCKS("PUT", "/api/v1/admin/domain_blocks/{id}", _BLOCKS.refuse),
    _WRITE_BLOCKS("DELETE", "/api/v1/admin/domain_blocks/{id}", _BLOCKS.refuse),
    *_empty("email_domain_blocks"),
    *_empty("ip_blocks", methods=("PUT", "DELETE")),
    *_empty("canonical_email_blocks"),
    administer(
        "POST",
        "/api/v1/admin/canonical_email_blocks/test",
        get_none,
        "admin:read:canonical_email_blocks",
    ),
)
