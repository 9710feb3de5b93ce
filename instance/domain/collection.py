"""Collections of accounts, which colleagues recommend to each other. The rule kept here: only the owner changes one, and anybody may leave it for good."""

from collections.abc import Sequence
from typing import NamedTuple

from instance import ids
from instance.domain import text
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotAllowed, NotFound
from instance.storage import actors, collections, hearing
from instance.storage.actors import ActorRow
from instance.storage.collections import CollectionRow, ItemRow
from instance.storage.database import Tx

NAME_LIMIT_CHARS = 40
DESCRIPTION_LIMIT_CHARS = 100
COLLECTIONS_LIMIT = 10
ITEMS_LIMIT = 25


class Wish(NamedTuple):
    """What a collection should be; what is None stays as it is."""

    name: str | None = None
    description: str | None = None
    language: str | None = None
    tag: str | None = None
    sensitive: bool | None = None
    discoverable: bool | None = None


def make(tx: Tx, owner: ActorRow, wish: Wish, *, actor_ids: Sequence[int] = ()) -> Outcome[CollectionRow]:
    """Put a collection together. Raises BadInput, NotAllowed."""
    if len(collections.of_owner(tx, owner.id, viewer_id=owner.id)) >= COLLECTIONS_LIMIT:
        raise BadInput("collection", "You have as many collections as there can be")
    now_ms = tx.now_ms
    blank = CollectionRow(ids.snowflake(now_ms), owner.id, "", "", None, "", 0, 1, now_ms, now_ms)
    row = _checked(_wished(blank, wish))
    collections.put(tx, row)
    for actor_id in dict.fromkeys(actor_ids):
        _add(tx, row, actor_id)
    return Outcome(row)


def change(tx: Tx, owner: ActorRow, collection_id: int, wish: Wish) -> Outcome[CollectionRow]:
    """Change what a collection says of itself. Raises BadInput, NotAllowed, NotFound."""
    row = _checked(_wished(_mine(tx, owner, collection_id), wish))._replace(updated_at_ms=tx.now_ms)
    collections.put(tx, row)
    return Outcome(row)


def remove(tx: Tx, owner: ActorRow, collection_id: int) -> Outcome[None]:
    """Remove a collection. Raises NotAllowed, NotFound."""
    collections.drop(tx, _mine(tx, owner, collection_id).id)
    return Outcome(None)


def add(tx: Tx, owner: ActorRow, collection_id: int, actor_id: int) -> Outcome[ItemRow]:
    """Put an account into a collection. Raises BadInput, NotAllowed, NotFound."""
    row = _mine(tx, owner, collection_id)
    item = _add(tx, row, actor_id)
    collections.put(tx, row._replace(updated_at_ms=tx.now_ms))
    return Outcome(item)


def take_out(tx: Tx, owner: ActorRow, collection_id: int, item_id: int) -> Outcome[None]:
    """Take an account out of a collection. Raises NotAllowed, NotFound."""
    row = _mine(tx, owner, collection_id)
    collections.drop_item(tx, _item(tx, row.id, item_id).id)
    collections.put(tx, row._replace(updated_at_ms=tx.now_ms))
    return Outcome(None)


def leave(tx: Tx, actor: ActorRow, collection_id: int, item_id: int) -> Outcome[None]:
    """Leave another's collection, for good. Raises NotAllowed, NotFound."""
    row = collections.one(tx, collection_id, viewer_id=actor.id)
    if row is None:
        raise NotFound("collection")
    item = _item(tx, row.id, item_id)
    if item.actor_id != actor.id:
        raise NotAllowed("not_yours", "This is not your own place in the collection.")
    collections.leave(tx, item.id)
    return Outcome(None)


def _add(tx: Tx, row: CollectionRow, actor_id: int) -> ItemRow:
    actor = actors.by_id(tx, actor_id)
    if actor is None or actor.kind == "node" or actor.state != "active":
        raise BadInput("account_id", "There is no such account")
    known = collections.item_of(tx, row.id, actor_id)
    if (known is not None and known.has_left) or hearing.is_blocked(tx, actor_id, row.owner_id):
        raise BadInput("account_id", "This account does not want to be in the collection")
    if known is not None:
        return known
    if len(collections.items(tx, [row.id])) >= ITEMS_LIMIT:
        raise BadInput("account_id", "A collection has at most 25 accounts")
    item = ItemRow(ids.snowflake(tx.now_ms), row.id, actor_id, 0)
    collections.add_item(tx, item)
    return item


def _item(tx: Tx, collection_id: int, item_id: int) -> ItemRow:
    found = next((item for item in collections.items(tx, [collection_id]) if item.id == item_id), None)
    if found is None:
        raise NotFound("item")
    return found


def _mine(tx: Tx, owner: ActorRow, collection_id: int) -> CollectionRow:
    row = collections.one(tx, collection_id, viewer_id=owner.id)
    if row is None:
        raise NotFound("collection")
    if row.owner_id != owner.id:
        raise NotAllowed("not_owner", "Only who made a collection changes it.")
    return row


def _wished(row: CollectionRow, wish: Wish) -> CollectionRow:
    said = {name: value for name, value in wish._asdict().items() if value is not None}
    numbers = {name: int(value) for name, value in said.items() if isinstance(value, bool)}
    return CollectionRow(**{**row._asdict(), **said, **numbers})


def _checked(row: CollectionRow) -> CollectionRow:
    name, description = row.name.strip(), row.description.strip()
    if not name:
        raise BadInput("name", "Name can't be blank")
    if len(name) > NAME_LIMIT_CHARS:
        raise BadInput("name", "Name is too long (maximum is 40 characters)")
    if len(description) > DESCRIPTION_LIMIT_CHARS:
        raise BadInput("description", "Description is too long (maximum is 100 characters)")
    tag = text.as_tag(row.tag) if row.tag else ""
    if tag is None:
        raise BadInput("tag_name", "Tag name is no hashtag")
    return row._replace(name=name, description=description, tag=tag)
