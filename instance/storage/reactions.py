"""Favourites, bookmarks and follows as rows. The rule kept here: one of each per person and post (or person and person)."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, delete, literal, select, union_all

from instance.storage.database import Command, Query, Tx
from instance.storage.people_tables import Pin, ThreadMute
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Bookmark, Favourite, Follow, Post
from instance.storage.visible import visible_to
from instance.storage.window import Placed, Window, paged, place_in_time


class FavouriteRow(NamedTuple):
    """A person's favourite and the IRI of its Like."""

    actor_id: int
    post_id: int
    iri: str
    created_at_ms: int


class Marks(NamedTuple):
    """Ids of the posts that one viewer has marked; `muted` are those of conversations that the viewer has muted."""

    favourited: frozenset[int]
    boosted: frozenset[int]
    bookmarked: frozenset[int]
    pinned: frozenset[int]
    muted: frozenset[int]


class MarkedPost(NamedTuple):
    """A marked post and the id by which the list of marks is paged."""

    mark_id: int
    post_id: int


class _Mark(NamedTuple):
    kind: int
    post_id: int


class _ActorId(NamedTuple):
    actor_id: int


_favourite, _bookmark, _follow, _post = columns(Favourite), columns(Bookmark), columns(Follow), columns(Post)
_pin, _thread_mute = columns(Pin), columns(ThreadMute)
_posts = table(Post)
_VIEWER: BindParameter[int] = bindparam("viewer_id")
_MINE = (_favourite.actor_id == bindparam("actor_id"), _favourite.post_id == bindparam("post_id"))

_MARKS = Query(
    union_all(
        select(literal(0), _favourite.post_id).where(
            _favourite.actor_id == _VIEWER, in_list(_favourite.post_id, "post_ids")
        ),
        select(literal(1), _post.boost_of_id).where(
            _post.author_id == _VIEWER, in_list(_post.boost_of_id, "post_ids")
        ),
        select(literal(2), _bookmark.post_id).where(
            _bookmark.actor_id == _VIEWER, in_list(_bookmark.post_id, "post_ids")
        ),
        select(literal(3), _pin.post_id).where(_pin.actor_id == _VIEWER, in_list(_pin.post_id, "post_ids")),
        select(literal(4), _post.id)
        .join(table(ThreadMute), _thread_mute.thread_id == _post.thread_id)
        .where(_thread_mute.owner_id == _VIEWER, in_list(_post.id, "post_ids")),
    ),
    _Mark,
)
_FAVOURITES = paged(
    select(_favourite.post_id, _favourite.post_id)
    .join(_posts, _post.id == _favourite.post_id)
    .where(_favourite.actor_id == _VIEWER, visible_to(_posts)),
    _favourite.post_id,
    MarkedPost,
)
_BOOKMARKS = paged(
    select(_bookmark.id, _bookmark.post_id)
    .join(_posts, _post.id == _bookmark.post_id)
    .where(_bookmark.actor_id == _VIEWER, visible_to(_posts)),
    _bookmark.id,
    MarkedPost,
)
_PLACE = place_in_time(_favourite.created_at_ms, _favourite.actor_id)
_FAVOURITERS = paged(
    select(_PLACE, _favourite.actor_id).where(_favourite.post_id == bindparam("post_id")),
    _PLACE,
    Placed,
    most=80,
)
_FAVOURITE = Query(select(*_favourite).where(*_MINE), FavouriteRow)
_FAVOURITE_BY_IRI = Query(select(*_favourite).where(_favourite.iri == bindparam("iri")), FavouriteRow)
_INSERT_FAVOURITE = Command(insert_or_ignore(Favourite))
_DELETE_FAVOURITE = Command(delete(Favourite).where(*_MINE))
_INSERT_BOOKMARK = Command(insert_or_ignore(Bookmark))
_DELETE_BOOKMARK = Command(
    delete(Bookmark).where(
        _bookmark.actor_id == bindparam("actor_id"), _bookmark.post_id == bindparam("post_id")
    )
)
_FORGET_FAVOURITES = Command(delete(Favourite).where(_favourite.post_id == bindparam("post_id")))
_FORGET_BOOKMARKS = Command(delete(Bookmark).where(_bookmark.post_id == bindparam("post_id")))


def marks_of(tx: Tx, viewer_id: int, post_ids: Iterable[int]) -> Marks:
    """Which of these posts the viewer has marked, and how, in one query."""
    found: list[set[int]] = [set() for _ in Marks._fields]
    for mark in tx.all(_MARKS, viewer_id=viewer_id, post_ids=array(post_ids)):
        found[mark.kind].add(mark.post_id)
    return Marks(*map(frozenset, found))


def favourites(tx: Tx, viewer_id: int, window: Window) -> list[MarkedPost]:
    """The viewer's favourites that the viewer may still read, latest post first."""
    return _FAVOURITES.rows(tx, window, viewer_id=viewer_id)


def bookmarks(tx: Tx, viewer_id: int, window: Window) -> list[MarkedPost]:
    """The viewer's bookmarks that the viewer may still read, latest bookmark first."""
    return _BOOKMARKS.rows(tx, window, viewer_id=viewer_id)


def favouriters(tx: Tx, post_id: int, window: Window) -> list[Placed]:
    """Who favourited the post, latest first."""
    return _FAVOURITERS.rows(tx, window, post_id=post_id)


def favourite_by(tx: Tx, actor_id: int, post_id: int) -> FavouriteRow | None:
    """That person's favourite of the post, when there is one."""
    return tx.first(_FAVOURITE, actor_id=actor_id, post_id=post_id)


def favourite_by_iri(tx: Tx, iri: str) -> FavouriteRow | None:
    """The favourite whose Like has that IRI."""
    return tx.first(_FAVOURITE_BY_IRI, iri=iri)


def add_favourite(tx: Tx, row: FavouriteRow) -> bool:
    """Write a favourite; False when that person has favourited the post already."""
    return tx.run(_INSERT_FAVOURITE, **row._asdict()) == 1


def drop_favourite(tx: Tx, actor_id: int, post_id: int) -> bool:
    """Remove a favourite; False when there is none."""
    return tx.run(_DELETE_FAVOURITE, actor_id=actor_id, post_id=post_id) == 1


def add_bookmark(tx: Tx, actor_id: int, post_id: int, *, bookmark_id: int) -> bool:
    """Write a bookmark; False when that person has bookmarked the post already."""
    return tx.run(_INSERT_BOOKMARK, id=bookmark_id, actor_id=actor_id, post_id=post_id) == 1


def drop_bookmark(tx: Tx, actor_id: int, post_id: int) -> bool:
    """Remove a bookmark; False when there is none."""
    return tx.run(_DELETE_BOOKMARK, actor_id=actor_id, post_id=post_id) == 1


def forget(tx: Tx, post_id: int) -> None:
    """Drop every mark on a post that is deleted."""
    tx.run(_FORGET_FAVOURITES, post_id=post_id)
    tx.run(_FORGET_BOOKMARKS, post_id=post_id)
