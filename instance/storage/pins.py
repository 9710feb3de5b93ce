"""Posts that their authors show first. The rule kept here: only a post that the viewer may read is shown, wherever it is pinned."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select

from instance.storage.database import Command, Query, Tx
from instance.storage.people_tables import Pin
from instance.storage.sql import columns, insert_or_ignore, table
from instance.storage.tables import Post
from instance.storage.visible import visible_to


class _PostId(NamedTuple):
    post_id: int


class _Total(NamedTuple):
    total: int


_pin, _post = columns(Pin), columns(Post)
_posts = table(Post)

_OF = Query(
    select(_pin.post_id)
    .join(_posts, _post.id == _pin.post_id)
    .where(_pin.actor_id == bindparam("actor_id"), visible_to(_posts))
    .order_by(_pin.id.desc()),
    _PostId,
)
_ONE = Query(
    select(_pin.post_id).where(_pin.actor_id == bindparam("actor_id"), _pin.post_id == bindparam("post_id")),
    _PostId,
)
_COUNT = Query(select(func.count()).where(_pin.actor_id == bindparam("actor_id")), _Total)
_ADD = Command(insert_or_ignore(Pin))
_DROP = Command(
    delete(Pin).where(_pin.actor_id == bindparam("actor_id"), _pin.post_id == bindparam("post_id"))
)
_FORGET = Command(delete(Pin).where(_pin.post_id == bindparam("post_id")))


def of(tx: Tx, actor_id: int, *, viewer_id: int) -> list[int]:
    """Ids of the posts that an actor has pinned, as far as the viewer may read them, the latest pin first."""
    return [row.post_id for row in tx.all(_OF, actor_id=actor_id, viewer_id=viewer_id)]


def is_pinned(tx: Tx, actor_id: int, post_id: int) -> bool:
    """Whether the actor shows the post first."""
    return tx.first(_ONE, actor_id=actor_id, post_id=post_id) is not None


def count(tx: Tx, actor_id: int) -> int:
    """How many posts the actor has pinned."""
    found = tx.first(_COUNT, actor_id=actor_id)
    return found.total if found else 0


def add(tx: Tx, actor_id: int, post_id: int, *, pin_id: int) -> bool:
    """Pin a post; False when it is pinned already."""
    return tx.run(_ADD, id=pin_id, actor_id=actor_id, post_id=post_id) == 1


def drop(tx: Tx, actor_id: int, post_id: int) -> bool:
    """Unpin a post; False when it is not pinned."""
    return tx.run(_DROP, actor_id=actor_id, post_id=post_id) == 1


def forget(tx: Tx, post_id: int) -> None:
    """Unpin a post that is deleted."""
    tx.run(_FORGET, post_id=post_id)
