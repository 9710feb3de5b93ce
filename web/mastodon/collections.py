"""Collections of accounts that colleagues recommend. The rule kept here: whom the reader has muted or blocked is not shown to that reader."""

from collections.abc import Callable, Iterable
from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import collection
from instance.domain.collection import Wish
from instance.ids import snowflake_ms
from instance.storage import actors, collections, hearing
from instance.storage.collections import CollectionRow, ItemRow
from instance.storage.database import Tx
from web.doors import NODE, api, caller
from web.errors import Invalid, NotFound
from web.mastodon import params, show
from web.mastodon.entities import Json, partial_account, timestamp
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import reply
from web.mastodon.tag_entities import status_tag

FACES_LIMIT = 4


def shown(tx: Tx, rows: Iterable[CollectionRow], viewer_id: int) -> list[Json]:
    """Collections as the viewer reads them."""
    found = list(rows)
    items = collections.items(tx, [row.id for row in found])
    silences = hearing.silences_of(tx, viewer_id, {item.actor_id for item in items})
    kept = [item for item in items if item.actor_id not in silences.blocking]
    return [_shown(tx, row, [item for item in kept if item.collection_id == row.id]) for row in found]


def _shown(tx: Tx, row: CollectionRow, items: list[ItemRow]) -> Json:
    return {
        "id": str(row.id),
        "account_id": str(row.owner_id),
        "uri": tx.home.iri("collections", row.id),
        "url": None,
        "name": row.name,
        "description": row.description,
        "language": row.language,
        "local": True,
        "sensitive": bool(row.sensitive),
        "discoverable": bool(row.discoverable),
        "tag": status_tag(row.tag, tx.home) if row.tag else None,
        "item_count": len(items),
        "items": [_item(item) for item in items],
        "created_at": timestamp(row.created_at_ms),
        "updated_at": timestamp(row.updated_at_ms),
    }


def _item(row: ItemRow) -> Json:
    """CollectionItem."""
    return {
        "id": str(row.id),
        "account_id": str(row.actor_id),
        "state": "accepted",
        "created_at": timestamp(snowflake_ms(row.id)),
    }


async def create(request: Request) -> Response:
    """Put a collection together."""
    me, sent = caller(request), await params.of_body(request)
    wish, actor_ids = _wish(sent), sent.ids("account_ids")
    row = await request.app[NODE].perform(lambda tx: collection.make(tx, me.actor, wish, actor_ids=actor_ids))
    return await _wrapped(request, row)


async def update(request: Request) -> Response:
    """Change what a collection says of itself."""
    me, collection_id, wish = caller(request), path_id(request), _wish(await params.of_body(request))
    row = await request.app[NODE].perform(lambda tx: collection.change(tx, me.actor, collection_id, wish))
    return await _wrapped(request, row)


async def _wrapped(request: Request, row: CollectionRow) -> Response:
    me = caller(request)
    (one,) = await request.app[NODE].read(lambda tx: shown(tx, [row], me.id))
    return reply({"collection": one})


def _wish(sent: Params) -> Wish:
    def said(name: str) -> str | None:
        return sent.text(name) if name in sent else None

    return Wish(
        name=said("name"),
        description=said("description"),
        language=said("language"),
        tag=said("tag_name"),
        sensitive=sent.flag("sensitive") if "sensitive" in sent else None,
        discoverable=sent.flag("discoverable") if "discoverable" in sent else None,
    )


async def get_one(request: Request) -> Response:
    """One collection, with the accounts in it and its owner's."""
    me, collection_id = caller(request), path_id(request)

    def read(tx: Tx) -> Json:
        row = collections.one(tx, collection_id, viewer_id=me.id)
        if row is None:
            raise NotFound
        (one,) = shown(tx, [row], me.id)
        named = [row.owner_id, *(int(item["account_id"]) for item in one["items"])]
        return {"accounts": show.accounts(tx, dict.fromkeys(named)), "collection": one}

    return reply(await request.app[NODE].read(read))


async def get_of_account(request: Request) -> Response:
    """The collections of an account."""
    return await _list(request, collections.of_owner)


async def get_with_account(request: Request) -> Response:
    """The collections that an account is in."""
    return await _list(request, collections.with_actor)


async def _list(request: Request, rows: Callable[..., list[CollectionRow]]) -> Response:
    me, actor_id, asked = caller(request), path_id(request), of_query(request)
    limit, offset = min(max(asked.number("limit", 40), 1), 80), max(asked.number("offset", 0), 0)

    def read(tx: Tx) -> Json:
        if actors.by_id(tx, actor_id) is None:
            raise NotFound
        found = shown(tx, rows(tx, actor_id, viewer_id=me.id, limit=limit, offset=offset), me.id)
        faces = show.accounts(tx, dict.fromkeys(_faces(found)))
        return {"collections": found, "partial_accounts": [partial_account(one) for one in faces]}

    return reply(await request.app[NODE].read(read))


def _faces(found: Iterable[Json]) -> Iterable[int]:
    """Whose faces a list of collections shows: the owners', and the first of each."""
    for one in found:
        yield int(one["account_id"])
        yield from (int(item["account_id"]) for item in one["items"][:FACES_LIMIT])


async def delete(request: Request) -> Response:
    """Remove a collection."""
    me, collection_id = caller(request), path_id(request)
    await request.app[NODE].perform(lambda tx: collection.remove(tx, me.actor, collection_id))
    return reply({})


async def add_item(request: Request) -> Response:
    """Put an account into a collection."""
    me, collection_id, sent = caller(request), path_id(request), await params.of_body(request)
    actor_id = sent.row_id("account_id")
    if actor_id is None:
        raise Invalid("`account_id` parameter is missing")
    item = await request.app[NODE].perform(lambda tx: collection.add(tx, me.actor, collection_id, actor_id))
    return reply({"collection_item": _item(item)})


async def delete_item(request: Request) -> Response:
    """Take an account out of a collection."""
    me, collection_id, item_id = caller(request), path_id(request), path_id(request, "item")
    await request.app[NODE].perform(lambda tx: collection.take_out(tx, me.actor, collection_id, item_id))
    return reply({})


async def leave(request: Request) -> Response:
    """Leave another's collection, for good."""
    me, collection_id, item_id = caller(request), path_id(request), path_id(request, "item")
    await request.app[NODE].perform(lambda tx: collection.leave(tx, me.actor, collection_id, item_id))
    return reply({})


_READ = partial(api, scope="read:collections")
_WRITE = partial(api, scope="write:collections")

ROUTES: tuple[Route, ...] = (
    _WRITE("POST", "/api/v1/collections", create),
    _READ("GET", "/api/v1/collections/{id}", get_one),
    _WRITE("PATCH", "/api/v1/collections/{id}", update),
    _WRITE("DELETE", "/api/v1/collections/{id}", delete),
    _WRITE("POST", "/api/v1/collections/{id}/items", add_item),
    _WRITE("DELETE", "/api/v1/collections/{id}/items/{item}", delete_item),
    _WRITE("POST", "/api/v1/collections/{id}/items/{item}/revoke", leave),
    _READ("GET", "/api/v1/accounts/{id}/collections", get_of_account),
    _READ("GET", "/api/v1/accounts/{id}/in_collections", get_with_account),
)
