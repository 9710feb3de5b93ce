"""Emojis under posts as rows. The rule kept here: a page of posts with everybody's emojis costs one query; the caller shows only posts that its viewer may read."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, case, delete, func, select

from instance.storage.database import Command, Query, Tx
from instance.storage.reaction_tables import EmojiReaction
from instance.storage.sql import array, columns, in_list, insert_or_ignore


class EmojiReactionRow(NamedTuple):
    """Somebody's emoji under a post. All columns of the table, in order."""

    post_id: int
    actor_id: int
    name: str
    iri: str
    created_at_ms: int


class Count(NamedTuple):
    """How many put this emoji under a post, and whether the viewer did."""

    post_id: int
    name: str
    people: int
    is_mine: int


_row = columns(EmojiReaction)
_THIS = (
    _row.post_id == bindparam("post_id"),
    _row.actor_id == bindparam("actor_id"),
    _row.name == bindparam("name"),
)
_COUNTS = Query(
    select(
        _row.post_id,
        _row.name,
        func.count(),
        func.max(case((_row.actor_id == bindparam("viewer_id"), 1), else_=0)),
    )
    .where(in_list(_row.post_id, "post_ids"))
    .group_by(_row.post_id, _row.name)
    .order_by(func.min(_row.created_at_ms), _row.name),
    Count,
)
_OF_ONE = Query(
    select(*_row)
    .where(_row.post_id == bindparam("post_id"), _row.actor_id == bindparam("actor_id"))
    .order_by(_row.created_at_ms, _row.name),
    EmojiReactionRow,
)
_BY_IRI = Query(select(*_row).where(_row.iri == bindparam("iri")), EmojiReactionRow)
_INSERT = Command(insert_or_ignore(EmojiReaction))
_DELETE = Command(delete(EmojiReaction).where(*_THIS))
_FORGET = Command(delete(EmojiReaction).where(_row.post_id == bindparam("post_id")))


def counts(tx: Tx, post_ids: Iterable[int], viewer_id: int) -> dict[int, list[Count]]:
    """The emojis under each of these posts, by its id, the first one first."""
    found: dict[int, list[Count]] = {}
    for row in tx.all(_COUNTS, post_ids=array(post_ids), viewer_id=viewer_id):
        found.setdefault(row.post_id, []).append(row)
    return found


def of_one(tx: Tx, post_id: int, actor_id: int) -> list[EmojiReactionRow]:
    """What one person put under a post, the first one first."""
    return tx.all(_OF_ONE, post_id=post_id, actor_id=actor_id)


def by_iri(tx: Tx, iri: str) -> EmojiReactionRow | None:
    """The emoji whose activity has that IRI."""
    return tx.first(_BY_IRI, iri=iri)


def add(tx: Tx, row: EmojiReactionRow) -> bool:
    """Write an emoji; False when that person has put it there already."""
    return tx.run(_INSERT, **row._asdict()) == 1


def drop(tx: Tx, row: EmojiReactionRow) -> bool:
    """Remove an emoji; False when there is none."""
    return tx.run(_DELETE, post_id=row.post_id, actor_id=row.actor_id, name=row.name) == 1


def forget(tx: Tx, post_id: int) -> None:
    """Remove all that is under a deleted post."""
    tx.run(_FORGET, post_id=post_id)
