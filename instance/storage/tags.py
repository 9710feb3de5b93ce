"""Hashtags as rows: which are in a post, who follows or features one. The rule kept here: a tag is known by its folded name, and shown as it is written in what the viewer may read."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, func, select

from instance import ids
from instance.fold import folded
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Post
from instance.storage.tag_tables import FeaturedTag, PostTag, Tag, TagFollow
from instance.storage.visible import visible_to
from instance.storage.window import Window, paged


class TagRow(NamedTuple):
    """A hashtag: `name` folded, `written` as it is to be shown. 0 is the id of one that nobody has used."""

    id: int
    name: str
    written: str


class FollowedTag(NamedTuple):
    """A hashtag that somebody follows, with the id of the follow."""

    follow_id: int
    id: int
    name: str
    written: str


class Featured(NamedTuple):
    """A hashtag on a profile, with how often its owner has used it and when last, as far as the viewer may read it."""

    id: int
    name: str
    written: str
    posts_count: int
    last_at_ms: int | None


class TagMarks(NamedTuple):
    """Which of some hashtags somebody follows, and which they feature: ids."""

    following: frozenset[int]
    featuring: frozenset[int]


class _Named(NamedTuple):
    id: int
    name: str


class _Written(NamedTuple):
    post_id: int
    written: str


class _Id(NamedTuple):
    id: int


_tag, _in_post, _follow, _featured, _post = (
    columns(model) for model in (Tag, PostTag, TagFollow, FeaturedTag, Post)
)
_OWNER, _TAG = bindparam("owner_id", type_=_tag.id.type), bindparam("tag_id", type_=_tag.id.type)

_BY_NAMES = Query(select(*_tag).where(in_list(_tag.name, "names")), _Named)
_READ = (
    select(_in_post.written)
    .join(table(Post), _post.id == _in_post.post_id)
    .where(_in_post.tag_id == _tag.id, visible_to(table(Post)))
    .limit(1)
    .correlate(table(Tag))
    .scalar_subquery()
)
_BEGINS = (
    select(*_tag, _READ.label("written"))
    .where(_tag.name >= bindparam("first"), _tag.name < bindparam("beyond"))
    .subquery("begins")
)
_BEGINNING = Query(
    select(*_BEGINS.c)
    .where(_BEGINS.c.written.is_not(None))
    .order_by(_BEGINS.c.name)
    .limit(bindparam("limit"))
    .offset(bindparam("offset")),
    TagRow,
)
_OF_POSTS = Query(
    select(_in_post.post_id, _in_post.written).where(in_list(_in_post.post_id, "post_ids")), _Written
)
_FOLLOWED = paged(
    select(_follow.id, *_tag, _follow.written)
    .join(table(Tag), _tag.id == _follow.tag_id)
    .where(_follow.owner_id == _OWNER),
    _follow.id,
    FollowedTag,
)
_FOLLOWING = Query(
    select(_follow.tag_id).where(_follow.owner_id == _OWNER, in_list(_follow.tag_id, "ids")), _Id
)
_FEATURING = Query(
    select(_featured.tag_id).where(_featured.owner_id == _OWNER, in_list(_featured.tag_id, "ids")), _Id
)
_USED = (
    select(_in_post.tag_id, _post.id, _post.created_at_ms)
    .join(table(Post), _post.id == _in_post.post_id)
    .where(_post.author_id == _OWNER, visible_to(table(Post)))
    .where(_in_post.tag_id.in_(select(_featured.tag_id).where(_featured.owner_id == _OWNER)))
    .subquery("used")
)
_FEATURED = Query(
    select(
        _featured.id,
        _tag.name,
        _featured.written,
        func.count(_USED.c.id),
        func.max(_USED.c.created_at_ms),
    )
    .join(table(Tag), _tag.id == _featured.tag_id)
    .outerjoin(_USED, _USED.c.tag_id == _featured.tag_id)
    .where(_featured.owner_id == _OWNER)
    .group_by(_featured.id, _tag.name, _featured.written)
    .order_by(_featured.id),
    Featured,
)
_MOST_USED = Query(
    select(*_tag, func.min(_in_post.written))
    .join(table(PostTag), _in_post.tag_id == _tag.id)
    .join(table(Post), _post.id == _in_post.post_id)
    .where(_post.author_id == _OWNER, _post.deleted_at_ms.is_(None))
    .where(~exists().where(_featured.owner_id == _OWNER, _featured.tag_id == _tag.id))
    .group_by(*_tag)
    .order_by(func.count().desc(), _tag.name)
    .limit(bindparam("limit")),
    TagRow,
)
_INSERT = Command(insert_or_ignore(Tag))
_PUT = Command(insert_or_ignore(PostTag))
_CLEAR = Command(delete(PostTag).where(_in_post.post_id == bindparam("post_id")))
_INSERT_FOLLOW = Command(insert_or_ignore(TagFollow))
_DELETE_FOLLOW = Command(delete(TagFollow).where(_follow.owner_id == _OWNER, _follow.tag_id == _TAG))
_INSERT_FEATURED = Command(insert_or_ignore(FeaturedTag))
_DELETE_FEATURED = Command(delete(FeaturedTag).where(_featured.owner_id == _OWNER, _featured.tag_id == _TAG))
_DELETE_FEATURED_ID = Command(
    delete(FeaturedTag).where(_featured.owner_id == _OWNER, _featured.id == bindparam("featured_id"))
)


def known(tx: Tx, names: Iterable[str]) -> dict[str, int]:
    """The ids of the hashtags that there are of these, by folded name; each may be written in any way."""
    return {row.name: row.id for row in tx.all(_BY_NAMES, names=array({folded(name) for name in names}))}


def beginning(tx: Tx, viewer_id: int, words: str, *, limit: int, offset: int = 0) -> list[TagRow]:
    """Hashtags that begin so and stand in a post that the viewer may read, by name."""
    first = folded(words)
    beyond = f"{first}\U0010ffff"
    return tx.all(_BEGINNING, first=first, beyond=beyond, viewer_id=viewer_id, limit=limit, offset=offset)


def ensure(tx: Tx, names: Iterable[str]) -> dict[str, int]:
    """The ids of the hashtags of these folded names; new ones are made."""
    wanted = set(names)
    found = known(tx, wanted)
    fresh = {name: ids.snowflake(tx.now_ms) for name in sorted(wanted - found.keys())}
    if fresh:
        tx.run_many(_INSERT, [{"id": row_id, "name": name} for name, row_id in fresh.items()])
    return found | fresh


def put(tx: Tx, post_id: int, space: str, written: Iterable[str]) -> list[int]:
    """Write which hashtags are in a post, in the place of those that were; their ids."""
    words = {folded(one): one for one in reversed(list(written))}
    tx.run(_CLEAR, post_id=post_id)
    found = ensure(tx, words)
    rows: list[Mapping[str, int | str]] = [
        {"tag_id": found[name], "space": space, "post_id": post_id, "written": word}
        for name, word in words.items()
    ]
    tx.run_many(_PUT, rows)
    return list(found.values())


def clear(tx: Tx, post_id: int) -> None:
    """Forget which hashtags are in a post."""
    tx.run(_CLEAR, post_id=post_id)


def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The hashtags of posts as they are written there, in alphabetical order."""
    found: dict[int, tuple[str, ...]] = {}
    for row in sorted(tx.all(_OF_POSTS, post_ids=array(post_ids))):
        found[row.post_id] = (*found.get(row.post_id, ()), row.written)
    return found


def followed(tx: Tx, owner_id: int, window: Window) -> list[FollowedTag]:
    """What one of our people follows, latest first."""
    return _FOLLOWED.rows(tx, window, owner_id=owner_id)


def marks_of(tx: Tx, owner_id: int, tag_ids: Iterable[int]) -> TagMarks:
    """Which of these hashtags one of our people follows and features."""
    params = {"owner_id": owner_id, "ids": array(tag_ids)}
    following, featuring = tx.all(_FOLLOWING, **params), tx.all(_FEATURING, **params)
    return TagMarks(frozenset(row.id for row in following), frozenset(row.id for row in featuring))


def featured(tx: Tx, viewer_id: int, owner_id: int) -> list[Featured]:
    """The hashtags on somebody's profile, in the order in which they came there."""
    return tx.all(_FEATURED, viewer_id=viewer_id, owner_id=owner_id)


def most_used(tx: Tx, owner_id: int, *, limit: int) -> list[TagRow]:
    """The hashtags that one of our people uses most and does not feature."""
    return tx.all(_MOST_USED, owner_id=owner_id, limit=limit)


def follow(tx: Tx, owner_id: int, row: TagRow) -> bool:
    """Write that somebody follows a hashtag; False when they do already."""
    return tx.run(_INSERT_FOLLOW, **_kept(tx, owner_id, row)) == 1


def unfollow(tx: Tx, owner_id: int, tag_id: int) -> bool:
    """Remove a follow; False when there is none."""
    return tx.run(_DELETE_FOLLOW, owner_id=owner_id, tag_id=tag_id) == 1


def feature(tx: Tx, owner_id: int, row: TagRow) -> bool:
    """Put a hashtag on a profile; False when it is there already."""
    return tx.run(_INSERT_FEATURED, **_kept(tx, owner_id, row)) == 1


def unfeature(tx: Tx, owner_id: int, tag_id: int) -> bool:
    """Take a hashtag off a profile; False when it is not there."""
    return tx.run(_DELETE_FEATURED, owner_id=owner_id, tag_id=tag_id) == 1


def unfeature_id(tx: Tx, owner_id: int, featured_id: int) -> bool:
    """The same by the id that it has on the profile."""
    return tx.run(_DELETE_FEATURED_ID, owner_id=owner_id, featured_id=featured_id) == 1


def _kept(tx: Tx, owner_id: int, row: TagRow) -> Mapping[str, int | str]:
    return {
        "id": ids.snowflake(tx.now_ms),
        "owner_id": owner_id,
        "tag_id": row.id,
        "written": row.written,
    }
