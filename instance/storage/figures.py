"""How much is done on a node, by day. The rule kept here: numbers of the whole node, never who did what; of a hashtag only where the asker may read.

What counts as being active is what one writes, boosts or favourites: who reads is not noted anywhere.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from instance import ids
from instance.storage.access_tables import Login
from instance.storage.care_tables import Report
from instance.storage.database import Query, Tx
from instance.storage.sql import columns, table
from instance.storage.tables import Actor, Favourite, Follow, Media, Post
from instance.storage.tag_tables import PostTag, Tag
from instance.storage.visible import visible_to

DAY_MS = 86_400_000


class Span(NamedTuple):
    """Days: from the first millisecond of one to that of another, which is not in it any more."""

    start_ms: int
    end_ms: int

    def days(self) -> list[int]:
        """The first millisecond of each day."""
        return list(range(self.start_ms, self.end_ms, DAY_MS))

    def before(self) -> "Span":
        """As many days before."""
        return Span(2 * self.start_ms - self.end_ms, self.start_ms)


class Point(NamedTuple):
    """A number, or one of those that are counted, of a day."""

    day_ms: int
    value: Any


class Share(NamedTuple):
    """How much of something falls to one."""

    key: str | None
    value: int


class _Joined(NamedTuple):
    actor_id: int
    at_ms: int


class _Total(NamedTuple):
    total: int


_post, _actor, _login, _favourite = columns(Post), columns(Actor), columns(Login), columns(Favourite)
_report, _media, _follow = columns(Report), columns(Media), columns(Follow)
_tag, _in_post = columns(Tag), columns(PostTag)
_posts, _actors = table(Post), table(Actor)
_START: BindParameter[int] = bindparam("start_ms")
_END: BindParameter[int] = bindparam("end_ms")
_HOST: BindParameter[str] = bindparam("host")
# An id tells the time of its post, and is in an index.
_WRITTEN = (_post.id >= bindparam("first_id"), _post.id < bindparam("last_id"))
_IN_TAG = (_tag.name == bindparam("tag"), visible_to(_posts), *_WRITTEN)


def _day(at_ms: ColumnElement[int]) -> ColumnElement[int]:
    return at_ms - at_ms % DAY_MS


def _within(at_ms: ColumnElement[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return at_ms >= _START, at_ms < _END


def _by_day(at_ms: ColumnElement[int], value: ColumnElement[Any], source: FromClause) -> Select[Any]:
    return select(_day(at_ms), value).select_from(source).where(*_within(at_ms)).group_by(_day(at_ms))


def _of_host(source: FromClause, actor_id: ColumnElement[int]) -> FromClause:
    return source.join(_actors, _actor.id == actor_id)


_ACTS = union_all(
    select(_post.author_id.label("actor_id"), _post.created_at_ms.label("at_ms")).where(*_WRITTEN),
    select(_favourite.actor_id, _favourite.created_at_ms).where(*_within(_favourite.created_at_ms)),
).subquery("act")
_ours = _posts.alias("ours")
_INTERACTIONS = union_all(
    select(_favourite.created_at_ms.label("at_ms"), _favourite.post_id.label("post_id")).where(
        *_within(_favourite.created_at_ms)
    ),
    select(_post.created_at_ms, func.coalesce(_post.boost_of_id, _post.in_reply_to_id)).where(*_WRITTEN),
).subquery("interaction")
_TAGGED = _posts.join(table(PostTag), _in_post.post_id == _post.id).join(
    table(Tag), _tag.id == _in_post.tag_id
)
_one = func.count()

# Numbers by day that add up.
_SUMS = {
    "new_users": Query(_by_day(_login.created_at_ms, _one, table(Login)), Point),
    "interactions": Query(
        _by_day(
            _INTERACTIONS.c.at_ms,
            _one,
            _INTERACTIONS.join(_ours, _ours.c.id == _INTERACTIONS.c.post_id).join(
                _actors, _actor.id == _ours.c.author_id
            ),
        ).where(_actor.host == _HOST),
        Point,
    ),
    "opened_reports": Query(_by_day(_report.created_at_ms, _one, table(Report)), Point),
    "resolved_reports": Query(_by_day(_report.resolved_at_ms, _one, table(Report)), Point),
    "tag_uses": Query(_by_day(_post.created_at_ms, _one, _TAGGED).where(*_IN_TAG), Point),
    "instance_accounts": Query(
        _by_day(_actor.created_at_ms, _one, _actors).where(_actor.host == _HOST, _actor.kind == "person"),
        Point,
    ),
    "instance_media_attachments": Query(
        _by_day(
            _media.created_at_ms,
            func.sum(_media.size_bytes),
            _of_host(table(Media), _media.owner_id),
        ).where(_actor.host == _HOST, _media.path.is_not(None)),
        Point,
    ),
    "instance_reports": Query(
        _by_day(_report.created_at_ms, _one, _of_host(table(Report), _report.target_id)).where(
            _actor.host == _HOST
        ),
        Point,
    ),
    "instance_statuses": Query(
        _by_day(_post.created_at_ms, _one, _of_host(_posts, _post.author_id)).where(
            _actor.host == _HOST, _post.deleted_at_ms.is_(None), *_WRITTEN
        ),
        Point,
    ),
    "instance_follows": Query(
        _by_day(_follow.created_at_ms, _one, _of_host(table(Follow), _follow.followee_id)).where(
            _actor.host == _HOST
        ),
        Point,
    ),
    "instance_followers": Query(
        _by_day(_follow.created_at_ms, _one, _of_host(table(Follow), _follow.follower_id)).where(
            _actor.host == _HOST
        ),
        Point,
    ),
}
# Those of a day that are counted once, however many days they are there.
_ONES = {
    "active_users": Query(
        select(_day(_ACTS.c.at_ms), _ACTS.c.actor_id)
        .distinct()
        .join_from(_ACTS, _actors, _actor.id == _ACTS.c.actor_id)
        .where(_actor.host == _HOST),
        Point,
    ),
    "tag_accounts": Query(
        select(_day(_post.created_at_ms), _post.author_id).distinct().select_from(_TAGGED).where(*_IN_TAG),
        Point,
    ),
    "tag_servers": Query(
        select(_day(_post.created_at_ms), _actor.host)
        .distinct()
        .select_from(_of_host(_TAGGED, _post.author_id))
        .where(_actor.host != _HOST, *_IN_TAG),
        Point,
    ),
}
MEASURES = frozenset({*_SUMS, *_ONES})


def _shares(key: ColumnElement[Any], source: FromClause, *where: ColumnElement[bool]) -> Query[Share]:
    """The largest shares first."""
    statement = select(key, _one).select_from(source).where(*where).group_by(key).order_by(_one.desc(), key)
    return Query(statement.limit(bindparam("limit")), Share)


_ALIVE = (_post.deleted_at_ms.is_(None), _post.boost_of_id.is_(None), *_WRITTEN)
_BY_AUTHOR = _of_host(_posts, _post.author_id)
_SHARES = {
    "languages": _shares(_post.language, _BY_AUTHOR, _actor.host == _HOST, *_ALIVE),
    "sources": _shares(_post.application, _BY_AUTHOR, _actor.host == _HOST, *_ALIVE),
    "servers": _shares(_actor.host, _BY_AUTHOR, _actor.host != _HOST, *_ALIVE),
    "tag_servers": _shares(_actor.host, _of_host(_TAGGED, _post.author_id), _actor.host != _HOST, *_IN_TAG),
    "tag_languages": _shares(_post.language, _TAGGED, *_IN_TAG),
    "instance_accounts": _shares(
        _actor.username, _of_host(table(Follow), _follow.followee_id), _actor.host == _HOST
    ),
    "instance_languages": _shares(_post.language, _BY_AUTHOR, _actor.host == _HOST, *_ALIVE),
}
DIMENSIONS = frozenset(_SHARES)
_JOINED = Query(select(_login.actor_id, _login.created_at_ms).where(*_within(_login.created_at_ms)), _Joined)
_MEDIA_BYTES = Query(
    select(func.coalesce(func.sum(_media.size_bytes), literal(0))).where(_media.path.is_not(None)), _Total
)


class Asked(NamedTuple):
    """What a figure is about where it needs that: a host, a hashtag (folded), and who asks."""

    viewer_id: int
    host: str = ""
    tag: str = ""


def series(tx: Tx, measure: str, span: Span, asked: Asked) -> tuple[int, dict[int, int]]:
    """The total of a measure, and its number for each day on which it is not nought."""
    if measure in _SUMS:
        rows = tx.all(_SUMS[measure], **_facts(tx, span, asked))
        by_day = {row.day_ms: int(row.value) for row in rows}
        return sum(by_day.values()), by_day
    counted = tx.all(_ONES[measure], **_facts(tx, span, asked))
    ones: dict[int, int] = {}
    for row in counted:
        ones[row.day_ms] = ones.get(row.day_ms, 0) + 1
    return len({row.value for row in counted}), ones


def shares(tx: Tx, dimension: str, span: Span, asked: Asked, *, limit: int) -> list[Share]:
    """The largest shares of a dimension."""
    found: Iterable[Share] = tx.all(_SHARES[dimension], limit=limit, **_facts(tx, span, asked))
    return [row for row in found if row.key]


def joined(tx: Tx, span: Span) -> dict[int, int]:
    """When the people came who came in these days, by their id."""
    return {row.actor_id: row.at_ms for row in tx.all(_JOINED, start_ms=span.start_ms, end_ms=span.end_ms)}


def active(tx: Tx, span: Span) -> list[Point]:
    """Days and ids of the people who were active then."""
    return tx.all(_ONES["active_users"], **_facts(tx, span, Asked(0)))


def media_bytes(tx: Tx) -> int:
    """How much room pictures take."""
    found = tx.first(_MEDIA_BYTES)
    return found.total if found else 0


def _facts(tx: Tx, span: Span, asked: Asked) -> dict[str, int | str]:
    return {
        "start_ms": span.start_ms,
        "end_ms": span.end_ms,
        "first_id": ids.snowflake_floor(span.start_ms),
        "last_id": ids.snowflake_floor(span.end_ms),
        "host": asked.host or tx.home.host,
        "tag": asked.tag,
        "viewer_id": asked.viewer_id,
    }
