"""Conversations as rows. The rule kept here: every question names the owner, and nobody is told who else keeps one."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, or_, select, union, update

from instance.policy import INTERNAL
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, table, upsert
from instance.storage.tables import Mention, Post
from instance.storage.talk_tables import Conversation
from instance.storage.visible import visible_to
from instance.storage.window import Window, paged


class ConversationRow(NamedTuple):
    """A thread with direct posts, as one person keeps it."""

    owner_id: int
    thread_id: int
    last_post_id: int
    unread: int


class _Party(NamedTuple):
    post_id: int
    actor_id: int


class _Last(NamedTuple):
    post_id: int | None


_talk, _post, _mention = columns(Conversation), columns(Post), columns(Mention)
_posts = table(Post)
_MINE = _talk.owner_id == bindparam("owner_id")
_THIS = _talk.thread_id == bindparam("thread_id")

_OF_OWNER = paged(select(*_talk).where(_MINE), _talk.last_post_id, ConversationRow)
_ONE = Query(select(*_talk).where(_MINE, _THIS), ConversationRow)
_ENDING = Query(select(*_talk).where(_talk.last_post_id == bindparam("post_id")), ConversationRow)
_PARTIES = Query(
    union(
        select(_post.id, _post.author_id).where(in_list(_post.id, "post_ids")),
        select(_mention.post_id, _mention.actor_id).where(in_list(_mention.post_id, "post_ids")),
    ),
    _Party,
)
_named = select(_mention.post_id).where(_mention.actor_id == bindparam("viewer_id"))
_LAST = Query(
    select(func.max(_post.id)).where(
        _post.thread_id == bindparam("thread_id"),
        _post.space == INTERNAL,
        _post.visibility == "direct",
        or_(_post.author_id == bindparam("viewer_id"), _post.id.in_(_named)),
        visible_to(_posts),
    ),
    _Last,
)
_PUT = Command(upsert(Conversation, ["owner_id", "thread_id"], ["last_post_id", "unread"]))
_MARK = Command(update(table(Conversation)).where(_MINE, _THIS).values(unread=bindparam("is_unread")))
_DELETE = Command(delete(Conversation).where(_MINE, _THIS))


def of_owner(tx: Tx, owner_id: int, window: Window) -> list[ConversationRow]:
    """A person's conversations, paged by their last posts, the latest first."""
    return _OF_OWNER.rows(tx, window, owner_id=owner_id)


def one(tx: Tx, owner_id: int, thread_id: int) -> ConversationRow | None:
    """One of a person's conversations."""
    return tx.first(_ONE, owner_id=owner_id, thread_id=thread_id)


def ending_with(tx: Tx, post_id: int) -> list[ConversationRow]:
    """The conversations, whosesoever, of which this is the last post."""
    return tx.all(_ENDING, post_id=post_id)


def parties(tx: Tx, post_ids: Iterable[int]) -> dict[int, list[int]]:
    """Who wrote these posts and is named in them, by post id."""
    found: dict[int, list[int]] = {}
    for row in tx.all(_PARTIES, post_ids=array(post_ids)):
        found.setdefault(row.post_id, []).append(row.actor_id)
    return found


def last_of(tx: Tx, owner_id: int, thread_id: int) -> int | None:
    """The last direct post of a thread that is from or to this person."""
    found = tx.first(_LAST, viewer_id=owner_id, thread_id=thread_id)
    return found.post_id if found else None


def put(tx: Tx, rows: Iterable[ConversationRow]) -> None:
    """Write conversations as they are now."""
    written: list[Mapping[str, Any]] = [row._asdict() for row in rows]
    tx.run_many(_PUT, written)


def mark(tx: Tx, row: ConversationRow, *, unread: int) -> None:
    """Mark one as read (0) or unread (1)."""
    tx.run(_MARK, owner_id=row.owner_id, thread_id=row.thread_id, is_unread=unread)


def remove(tx: Tx, row: ConversationRow) -> None:
    """Remove one; the posts stay."""
    tx.run(_DELETE, owner_id=row.owner_id, thread_id=row.thread_id)
