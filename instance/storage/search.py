"""The index of words in posts. The rule kept here: who may read a post is part of the statement, so that a page is as long as it can be and no count tells of what is hidden.

The index holds tokens for whom a post is and what it is (see domain.index), so that it passes over most of what cannot be meant by itself;
the condition of `visible_to` has the last word.
"""

from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
)

from instance import ids
from instance.storage.database import Command, Query, Tx
from instance.storage.poll_tables import Poll
from instance.storage.quote_tables import Quote
from instance.storage.search_tables import NAME
from instance.storage.sql import columns, table, upsert
from instance.storage.tables import Actor, Bookmark, Favourite, Media, Mention, Meta, Post
from instance.storage.visible import projects_of_viewer, visible_to, wanted
from instance.storage.window import Paged, PostId, Window, paged

_UNREAD = "unindexed_below"
MERGE_PAGES = 16


class Indexable(NamedTuple):
    """What a post's row of the index is made from. `pictures` are their descriptions, `titles` a poll's answers; None where there is none. `quotes`: whether another post stands in it."""

    id: int
    author_id: int
    space: str
    project_id: int | None
    visibility: str
    is_reply: int
    content: str
    source: str
    spoiler: str
    sensitive: int
    language: str | None
    pictures: str | None
    titles: str | None
    quotes: int


class Sought(NamedTuple):
    """What is looked for: an expression for the index, between two times, among what the viewer has kept (1), outside it (-1) or anywhere (0)."""

    match: str
    from_ms: int = 0
    before_ms: int = 1 << 46
    kept: int = 0


class _Row(NamedTuple):
    id: int


class _Value(NamedTuple):
    value: str


_post, _mention, _meta = columns(Post), columns(Mention), columns(Meta)
_posts = table(Post)
# SQLite names the whole row like the table.
_words = Table(
    NAME, MetaData(), *(Column(name, Integer) for name in ("rowid", "facts", "words", "rank", NAME))
)
_THIS = _words.c.rowid == bindparam("post_id")
_media, _poll, _actor, _quote = columns(Media), columns(Poll), columns(Actor), columns(Quote)

_INDEXABLE = Query(
    select(
        _post.id,
        _post.author_id,
        _post.space,
        select(_actor.id).where(_actor.iri == _post.space).scalar_subquery(),
        _post.visibility,
        _post.in_reply_to_iri.is_not(None),
        _post.content,
        _post.source,
        _post.spoiler,
        _post.sensitive,
        _post.language,
        select(func.group_concat(_media.description, literal(" ")))
        .where(_media.post_id == _post.id)
        .scalar_subquery(),
        select(_poll.titles).where(_poll.post_id == _post.id).scalar_subquery(),
        exists().where(_quote.post_id == _post.id),
    ).where(_post.id == bindparam("post_id"), _post.deleted_at_ms.is_(None), _post.boost_of_id.is_(None)),
    Indexable,
)
_PUT = Command(
    insert(_words)
    .prefix_with("OR REPLACE")
    .values({name: bindparam(name) for name in ("rowid", "facts", "words")})
)
_REMOVE = Command(delete(_words).where(_THIS))
# What is written into the column that is called like the table is a command to the index itself.
_TELL = Command(insert(_words).values({NAME: bindparam("order"), "rank": bindparam("number")}))
_PROJECTS = Query(select(_actor.id).where(_actor.iri.in_(projects_of_viewer())), _Row)


def _in_library() -> ColumnElement[bool]:
    """What the viewer wrote, boosted, favourited or bookmarked, or is named in."""
    viewer_id, boost = bindparam("viewer_id", type_=_post.id.type), _posts.alias("boost")
    favourite, bookmark = columns(Favourite), columns(Bookmark)
    return or_(
        _post.author_id == viewer_id,
        exists().where(favourite.post_id == _post.id, favourite.actor_id == viewer_id),
        exists().where(bookmark.post_id == _post.id, bookmark.actor_id == viewer_id),
        exists().where(_mention.post_id == _post.id, _mention.actor_id == viewer_id),
        exists().where(boost.c.boost_of_id == _post.id, boost.c.author_id == viewer_id),
    )


def _found(*conditions: ColumnElement[bool]) -> Paged[PostId]:
    statement = (
        select(_words.c.rowid)
        .select_from(_words)
        .join(_posts, _post.id == _words.c.rowid)
        .where(
            _words.c[NAME].op("MATCH")(bindparam("match")),
            _words.c.rowid >= bindparam("first_id"),
            _words.c.rowid < bindparam("last_id"),
            visible_to(_posts),
            wanted(_posts),
            *conditions,
        )
        .offset(bindparam("offset"))
    )
    return paged(statement, _words.c.rowid, PostId)


_FOUND = {0: _found(), 1: _found(_in_library()), -1: _found(not_(_in_library()))}
_NEXT = Query(
    select(_post.id).where(_post.id < bindparam("below")).order_by(_post.id.desc()).limit(bindparam("limit")),
    _Row,
)
_GET = Query(select(_meta.value).where(_meta.key == _UNREAD), _Value)
_SET = Command(upsert(Meta, ["key"], ["value"]))
_FORGET = Command(delete(Meta).where(_meta.key == _UNREAD))


def indexable(tx: Tx, post_id: int) -> Indexable | None:
    """What a post's row is made from; None of a boost, or of what is deleted."""
    return tx.first(_INDEXABLE, post_id=post_id)


def put(tx: Tx, post_id: int, *, facts: str, words: str) -> None:
    """Write a post's row, in the place of the one it had."""
    tx.run(_PUT, rowid=post_id, facts=facts, words=words)


def remove(tx: Tx, post_id: int) -> None:
    """Take a post out of the index."""
    tx.run(_REMOVE, post_id=post_id)


def merge_apart(tx: Tx) -> None:
    """From now on the index merges its pieces when it is told to, and by itself only when there are far too many."""
    tx.run(_TELL, order="automerge", number=0)


def merge(tx: Tx) -> None:
    """Merge some pieces of the index: a step of a few milliseconds; nothing happens where there is nothing to merge."""
    tx.run(_TELL, order="merge", number=MERGE_PAGES)


def project_ids(tx: Tx, viewer_id: int) -> list[int]:
    """The projects that one of our people reads."""
    return [row.id for row in tx.all(_PROJECTS, viewer_id=viewer_id)]


def find(tx: Tx, viewer_id: int, sought: Sought, window: Window, *, offset: int = 0) -> list[int]:
    """Ids of what is looked for and the viewer may read, newest first."""
    return _FOUND[sought.kept].ids(
        tx,
        window,
        viewer_id=viewer_id,
        match=sought.match,
        first_id=ids.snowflake_floor(sought.from_ms),
        last_id=ids.snowflake_floor(sought.before_ms),
        offset=offset,
    )


def unread(tx: Tx, *, limit: int) -> list[int]:
    """The newest of the posts that were there before the index was; noted as read with this."""
    below = tx.first(_GET)
    if below is None:
        return []
    found = [row.id for row in tx.all(_NEXT, below=int(below.value), limit=limit)]
    if found:
        tx.run(_SET, key=_UNREAD, value=str(found[-1]))
    else:
        tx.run(_FORGET)
    return found
