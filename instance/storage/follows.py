"""Who has whose posts at home, as rows. The rule kept here: only our own people follow; no partner learns of it."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, func, literal, or_, select, union_all

from instance.storage import own_lists
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore, upsert
from instance.storage.tables import Follow
from instance.storage.window import Placed, Window, paged, place_in_time


class FollowRow(NamedTuple):
    """A follow: with boosts or without, told of each post or not, in these languages (" en fr ", "" for all)."""

    follower_id: int
    followee_id: int
    created_at_ms: int
    boosts: int = 1
    notify: int = 0
    languages: str = ""


class FollowCounts(NamedTuple):
    """How many of our people follow an actor, and how many actors that one follows."""

    followers: int
    following: int


class FollowMarks(NamedTuple):
    """How a viewer stands with some actors: whom the viewer follows and how, who follows the viewer."""

    following: dict[int, FollowRow]
    followed_by: frozenset[int]


class _Counted(NamedTuple):
    actor_id: int
    followers: int
    following: int


class _ActorId(NamedTuple):
    actor_id: int


_follow = columns(Follow)
_FOLLOWS, _FOLLOWED = (
    _follow.follower_id == bindparam("actor_id"),
    _follow.followee_id == bindparam("actor_id"),
)

_MARKS = Query(
    select(*_follow).where(
        or_(
            and_(_FOLLOWS, in_list(_follow.followee_id, "actor_ids")),
            and_(_FOLLOWED, in_list(_follow.follower_id, "actor_ids")),
        )
    ),
    FollowRow,
)
_TOLD = Query(
    select(_follow.follower_id).where(_FOLLOWED, _follow.notify == 1),
    _ActorId,
)
_COUNTS_OF = Query(
    union_all(
        select(_follow.followee_id, func.count(), literal(0))
        .where(in_list(_follow.followee_id, "actor_ids"))
        .group_by(_follow.followee_id),
        select(_follow.follower_id, literal(0), func.count())
        .where(in_list(_follow.follower_id, "actor_ids"))
        .group_by(_follow.follower_id),
    ),
    _Counted,
)
_COUNTS = Query(
    select(
        select(func.count()).where(_FOLLOWED).scalar_subquery(),
        select(func.count()).where(_FOLLOWS).scalar_subquery(),
    ),
    FollowCounts,
)
_FOLLOWER_PLACE = place_in_time(_follow.created_at_ms, _follow.follower_id)
_FOLLOWERS = paged(
    select(_FOLLOWER_PLACE, _follow.follower_id).where(_FOLLOWED), _FOLLOWER_PLACE, Placed, most=80
)
_FOLLOWEE_PLACE = place_in_time(_follow.created_at_ms, _follow.followee_id)
_FOLLOWEES = paged(
    select(_FOLLOWEE_PLACE, _follow.followee_id).where(_FOLLOWS), _FOLLOWEE_PLACE, Placed, most=80
)
_FOLLOWING = Query(
    select(_follow.followee_id)
    .where(_FOLLOWS)
    .order_by(_follow.created_at_ms.desc())
    .limit(bindparam("limit")),
    _ActorId,
)
_INSERT = Command(insert_or_ignore(Follow))
_CHANGE = Command(upsert(Follow, ["follower_id", "followee_id"], ["boosts", "notify", "languages"]))
_DELETE = Command(delete(Follow).where(_FOLLOWS, _follow.followee_id == bindparam("followee_id")))


def marks_of(tx: Tx, viewer_id: int, actor_ids: Iterable[int]) -> FollowMarks:
    """How the viewer stands with these actors, in one query."""
    rows = tx.all(_MARKS, actor_id=viewer_id, actor_ids=array(actor_ids))
    following = {row.followee_id: row for row in rows if row.follower_id == viewer_id}
    return FollowMarks(following, frozenset(row.follower_id for row in rows if row.followee_id == viewer_id))


def counts(tx: Tx, actor_id: int) -> FollowCounts:
    """How many follow the actor, and how many the actor follows."""
    return tx.first(_COUNTS, actor_id=actor_id) or FollowCounts(0, 0)


def counts_of(tx: Tx, actor_ids: Iterable[int]) -> dict[int, FollowCounts]:
    """The same for several actors, in one query; those without any are absent."""
    found: dict[int, FollowCounts] = {}
    for row in tx.all(_COUNTS_OF, actor_ids=array(actor_ids)):
        known = found.get(row.actor_id, FollowCounts(0, 0))
        found[row.actor_id] = FollowCounts(known.followers + row.followers, known.following + row.following)
    return found


def followers(tx: Tx, actor_id: int, window: Window) -> list[Placed]:
    """Our people who follow the actor, latest first."""
    return _FOLLOWERS.rows(tx, window, actor_id=actor_id)


def followees(tx: Tx, actor_id: int, window: Window) -> list[Placed]:
    """The actors that one of our people follows, latest first."""
    return _FOLLOWEES.rows(tx, window, actor_id=actor_id)


def following(tx: Tx, actor_id: int, *, limit: int = 80) -> list[int]:
    """Ids of the actors that one of our people follows, latest first."""
    return [row.actor_id for row in tx.all(_FOLLOWING, actor_id=actor_id, limit=limit)]


def told_of(tx: Tx, actor_id: int) -> list[int]:
    """Ids of our people who want to be told of each post of the actor."""
    return [row.actor_id for row in tx.all(_TOLD, actor_id=actor_id)]


def add(tx: Tx, row: FollowRow) -> bool:
    """Write a follow; False when there is one already."""
    return tx.run(_INSERT, **row._asdict()) == 1


def change(tx: Tx, row: FollowRow) -> None:
    """Write how a follow is meant from now on."""
    tx.run(_CHANGE, **row._asdict())


def drop(tx: Tx, follower_id: int, followee_id: int) -> bool:
    """Remove a follow, and with it a place in the follower's lists; False when there is none."""
    own_lists.drop(tx, follower_id, followee_id)
    return tx.run(_DELETE, actor_id=follower_id, followee_id=followee_id) == 1
