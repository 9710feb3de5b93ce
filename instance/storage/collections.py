"""Collections of accounts as rows. The rule kept here: what is not discoverable is read by its owner, and by who is in it."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, or_, select, update

from instance.storage.collection_tables import Collection, CollectionItem
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table, upsert


class CollectionRow(NamedTuple):
    """A collection. All columns of the table, in order."""

    id: int
    owner_id: int
    name: str
    description: str
    language: str | None
    tag: str
    sensitive: int
    discoverable: int
    created_at_ms: int
    updated_at_ms: int


class ItemRow(NamedTuple):
    """An account in a collection, or one that has left it."""

    id: int
    collection_id: int
    actor_id: int
    has_left: int


_collection, _item = columns(Collection), columns(CollectionItem)
_other = table(CollectionItem).alias("other")
_THIS = _item.id == bindparam("item_id")
_SEEN = or_(
    _collection.discoverable == 1,
    _collection.owner_id == bindparam("viewer_id"),
    exists().where(
        _other.c.collection_id == _collection.id,
        _other.c.actor_id == bindparam("viewer_id"),
        _other.c.has_left == 0,
    ),
)
_ONE = Query(select(*_collection).where(_collection.id == bindparam("collection_id"), _SEEN), CollectionRow)
_OF_OWNER = Query(
    select(*_collection)
    .where(_collection.owner_id == bindparam("actor_id"), _SEEN)
    .order_by(_collection.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset")),
    CollectionRow,
)
_WITH = Query(
    select(*_collection)
    .join(table(CollectionItem), _item.collection_id == _collection.id)
    .where(_item.actor_id == bindparam("actor_id"), _item.has_left == 0, _SEEN)
    .order_by(_collection.id)
    .limit(bindparam("limit"))
    .offset(bindparam("offset")),
    CollectionRow,
)
_ITEMS = Query(
    select(*_item)
    .where(in_list(_item.collection_id, "collection_ids"), _item.has_left == 0)
    .order_by(_item.id),
    ItemRow,
)
_ITEM_OF = Query(
    select(*_item).where(
        _item.collection_id == bindparam("collection_id"), _item.actor_id == bindparam("actor_id")
    ),
    ItemRow,
)
_PUT = Command(upsert(Collection, ["id"], [*CollectionRow._fields[2:8], "updated_at_ms"]))
_DROP = Command(delete(Collection).where(_collection.id == bindparam("collection_id")))
_DROP_ITEMS = Command(delete(CollectionItem).where(_item.collection_id == bindparam("collection_id")))
_ADD_ITEM = Command(insert_or_ignore(CollectionItem))
_DROP_ITEM = Command(delete(CollectionItem).where(_THIS))
_LEAVE = Command(update(CollectionItem).where(_THIS).values(has_left=1))


def one(tx: Tx, collection_id: int, *, viewer_id: int) -> CollectionRow | None:
    """The collection, when the viewer may read it."""
    return tx.first(_ONE, collection_id=collection_id, viewer_id=viewer_id)


def of_owner(
    tx: Tx, owner_id: int, *, viewer_id: int, limit: int = 80, offset: int = 0
) -> list[CollectionRow]:
    """The collections of a person that the viewer may read, oldest first."""
    return tx.all(_OF_OWNER, actor_id=owner_id, viewer_id=viewer_id, limit=limit, offset=offset)


def with_actor(
    tx: Tx, actor_id: int, *, viewer_id: int, limit: int = 80, offset: int = 0
) -> list[CollectionRow]:
    """The collections that an account is in, as far as the viewer may read them."""
    return tx.all(_WITH, actor_id=actor_id, viewer_id=viewer_id, limit=limit, offset=offset)


def items(tx: Tx, collection_ids: Iterable[int]) -> list[ItemRow]:
    """The accounts in these collections, in the order in which they came."""
    return tx.all(_ITEMS, collection_ids=array(collection_ids))


def item_of(tx: Tx, collection_id: int, actor_id: int) -> ItemRow | None:
    """An account's place in a collection, or that it has left."""
    return tx.first(_ITEM_OF, collection_id=collection_id, actor_id=actor_id)


def put(tx: Tx, row: CollectionRow) -> None:
    """Write a collection, new or changed."""
    tx.run(_PUT, **row._asdict())


def drop(tx: Tx, collection_id: int) -> None:
    """Remove a collection."""
    tx.run(_DROP_ITEMS, collection_id=collection_id)
    tx.run(_DROP, collection_id=collection_id)


def add_item(tx: Tx, row: ItemRow) -> None:
    """Put an account into a collection."""
    tx.run(_ADD_ITEM, **row._asdict())


def drop_item(tx: Tx, item_id: int) -> None:
    """Take an account out of a collection."""
    tx.run(_DROP_ITEM, item_id=item_id)


def leave(tx: Tx, item_id: int) -> None:
    """Note that an account has left a collection."""
    tx.run(_LEAVE, item_id=item_id)
