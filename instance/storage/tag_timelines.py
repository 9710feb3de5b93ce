"""Posts with a hashtag, newest first, and how often it is used. The rule kept here: each of the viewer's spaces gives its part from its own range.

What counts is what is for everybody in its space: of the company's posts the public ones, as on its timeline; all of a project's.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    distinct,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy import cast as sql_cast

from instance import ids
from instance.policy import INTERNAL, PUBLIC
from instance.storage.database import Query, Tx
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Media, Post
from instance.storage.tag_tables import PostTag
from instance.storage.visible import projects_of_viewer, visible_to, wanted
from instance.storage.window import Cut, Paged, PostId, Window

DAY_MS = 86_400_000
_post, _in_post, _media = columns(Post), columns(PostTag), columns(Media)
_posts = table(Post)
_other = table(PostTag).alias("other")
_space = union_all(
    select(literal(INTERNAL).label("iri")).where(bindparam("remote") == 0),
    select(literal(PUBLIC)).where(bindparam("local") == 0),
    projects_of_viewer().where(bindparam("local") == 0),
).subquery("space")


class TagFilter(NamedTuple):
    """Which posts: with one of `one_of`, all of `all_of`, none of `none_of` (ids of hashtags). `local`: the company's; `remote`: the projects'."""

    one_of: tuple[int, ...]
    all_of: tuple[int, ...] = ()
    none_of: tuple[int, ...] = ()
    local: bool = False
    remote: bool = False
    only_media: bool = False


class Use(NamedTuple):
    """How often a hashtag was used on a day (its first millisecond, UTC), and by how many."""

    tag_id: int
    day_ms: int
    posts_count: int
    authors_count: int


def _for_all() -> ColumnElement[bool]:
    """A post that the viewer may read, as everybody in its space gets to see it."""
    return and_(or_(_post.space != INTERNAL, _post.visibility == "public"), visible_to(_posts))


def _among(parameter: str) -> ColumnElement[bool]:
    """A row of the post's hashtags that is one of the list."""
    return and_(_other.c.post_id == _post.id, in_list(_other.c.tag_id, parameter))


def _with_tags(cut: Cut) -> Select[tuple[int]]:
    elements = func.json_each(bindparam("one_of")).table_valued("value")
    named = select(sql_cast(elements.c.value, _in_post.tag_id.type).label("id")).subquery("named")
    picked = _posts.alias("picked")
    part = cut(
        select(_post.id)
        .join(table(PostTag), _in_post.post_id == _post.id)
        .where(
            _in_post.tag_id == named.c.id,
            _in_post.space == _space.c.iri,
            _for_all(),
            wanted(_posts),
            select(func.count()).where(_among("all_of")).scalar_subquery() == bindparam("all_count"),
            ~exists().where(_among("none_of")),
            or_(bindparam("only_media") == 0, exists().where(_media.post_id == _post.id)),
        ),
        _in_post.post_id,
    ).correlate(named, _space)
    whole = (
        select(picked.c.id)
        .distinct()
        .select_from(named)
        .join(_space, literal(1) == 1)
        .join(picked, picked.c.id.in_(part))
    )
    # Added up with nothing, the id is no index to walk along: each space's part comes first.
    return cut(whole, picked.c.id + literal_column("0"))


_TAGGED = Paged(_with_tags, PostId)
_DAY = sql_cast(_post.created_at_ms - _post.created_at_ms % DAY_MS, Integer)
_USES = Query(
    select(_in_post.tag_id, _DAY, func.count(), func.count(distinct(_post.author_id)))
    .join(_posts, _post.id == _in_post.post_id)
    .where(
        in_list(_in_post.tag_id, "ids"),
        _in_post.space.in_(select(_space.c.iri)),
        _in_post.post_id >= bindparam("since_id"),
        _for_all(),
    )
    .group_by(_in_post.tag_id, _DAY),
    Use,
)


def tagged(tx: Tx, viewer_id: int, wanted: TagFilter, window: Window) -> list[int]:
    """Ids of the posts with these hashtags that the viewer may read."""
    return _TAGGED.ids(
        tx,
        window,
        viewer_id=viewer_id,
        one_of=array(wanted.one_of),
        all_of=array(set(wanted.all_of)),
        all_count=len(set(wanted.all_of)),
        none_of=array(wanted.none_of),
        local=int(wanted.local),
        remote=int(wanted.remote),
        only_media=int(wanted.only_media),
    )


def uses(tx: Tx, viewer_id: int, tag_ids: Iterable[int], *, since_ms: int) -> list[Use]:
    """How often hashtags were used on each day since then, in what the viewer may read."""
    return tx.all(
        _USES,
        viewer_id=viewer_id,
        ids=array(tag_ids),
        since_id=ids.snowflake_floor(since_ms),
        local=0,
        remote=0,
    )
