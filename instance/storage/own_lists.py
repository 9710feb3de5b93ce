"""Lists of one's own as rows, and what they show. The rule kept here: a list shows no more than its owner may read, and does read elsewhere."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from instance.storage.database import Command, Query, Tx
from instance.storage.list_tables import ListedActor, OwnList
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Follow, Post
from instance.storage.visible import visible_to, wanted
from instance.storage.window import Cut, Paged, PostId, Window, paged


class ListRow(NamedTuple):
    """A list. `replies_policy`: of its people's answers show those to whom the owner follows, those to each other, or none."""

    id: int
    owner_id: int
    title: str
    replies_policy: str
    exclusive: int


class _Id(NamedTuple):
    id: int


_list, _listed, _post, _follow = columns(OwnList), columns(ListedActor), columns(Post), columns(Follow)
_posts, _people = table(Post), table(ListedActor)
_MINE = _list.owner_id == bindparam("owner_id")
_THIS = _list.id == bindparam("list_id")
_IN_IT = _listed.list_id == bindparam("list_id")

_OF_OWNER = Query(select(*_list).where(_MINE).order_by(func.lower(_list.title), _list.id), ListRow)
_ONE = Query(select(*_list).where(_MINE, _THIS), ListRow)
_WITH = Query(
    select(*_list)
    .join(_people, _listed.list_id == _list.id)
    .where(_MINE, _listed.actor_id == bindparam("actor_id"))
    .order_by(func.lower(_list.title), _list.id),
    ListRow,
)
_ACTORS = paged(select(_listed.actor_id).where(_IN_IT), _listed.actor_id, PostId)
_ALL_ACTORS = Query(select(_listed.actor_id).where(_IN_IT).order_by(_listed.actor_id.desc()), _Id)
_AWAY = Query(
    select(_list.owner_id)
    .join(_people, _listed.list_id == _list.id)
    .where(
        _listed.actor_id == bindparam("author_id"), _list.exclusive == 1, in_list(_list.owner_id, "owner_ids")
    ),
    _Id,
)
_HOLDING_ACTOR = Query(
    select(_list.id)
    .join(_people, _listed.list_id == _list.id)
    .where(_listed.actor_id == bindparam("author_id")),
    _Id,
)
_INSERT = Command(insert(OwnList))
_INSERT_ACTOR = Command(insert(ListedActor))
_CHANGE = Command(
    update(table(OwnList))
    .where(_list.id == bindparam("this_list_id"))
    .values({name: bindparam(f"new_{name}") for name in ("title", "replies_policy", "exclusive")})
)
_DELETE_ACTORS = Command(delete(ListedActor).where(_IN_IT))
_DELETE_SOME = Command(delete(ListedActor).where(_IN_IT, in_list(_listed.actor_id, "actor_ids")))
_DELETE = Command(delete(OwnList).where(_THIS))
_DROP = Command(
    delete(ListedActor).where(
        _listed.actor_id == bindparam("actor_id"), _listed.list_id.in_(select(_list.id).where(_MINE))
    )
)


def _shows() -> ColumnElement[bool]:
    """Of a post by somebody in the list: whether the list shows it."""
    parent, other = _posts.alias("parent"), table(ListedActor).alias("other_listed")
    answers_owner_or_self = or_(
        parent.c.author_id == _post.author_id, parent.c.author_id == bindparam("viewer_id")
    )
    answers_listed = exists().where(other.c.list_id == _list.id, other.c.actor_id == parent.c.author_id)
    answers_followed = exists().where(
        _follow.follower_id == bindparam("viewer_id"), _follow.followee_id == parent.c.author_id
    )
    answer = exists().where(
        parent.c.id == _post.in_reply_to_id,
        or_(
            answers_owner_or_self,
            and_(_list.replies_policy == "list", answers_listed),
            and_(_list.replies_policy == "followed", answers_followed),
        ),
    )
    return and_(
        visible_to(_posts),
        wanted(_posts),
        _post.visibility != "direct",
        or_(_post.in_reply_to_iri.is_(None), answer),
    )


def _of_the_list(cut: Cut) -> Select[tuple[int]]:
    """Each author's own index gives its part of the window."""
    picked = _posts.alias("picked")
    part = cut(select(_post.id).where(_post.author_id == _listed.actor_id, _shows()), _post.id)
    whole = (
        select(picked.c.id)
        .select_from(table(OwnList))
        .join(_people, _listed.list_id == _list.id)
        .join(picked, picked.c.id.in_(part.correlate(_people, table(OwnList))))
        .where(_THIS, _list.owner_id == bindparam("viewer_id"))
    )
    return cut(whole, picked.c.id)


_TIMELINE = Paged(_of_the_list, PostId)
_HOLDING = Query(
    select(_list.id)
    .join(_people, _listed.list_id == _list.id)
    .join(_posts, _post.author_id == _listed.actor_id)
    .where(_list.owner_id == bindparam("viewer_id"), _post.id == bindparam("post_id"), _shows()),
    _Id,
)


def is_away(author: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that the viewer reads this author in an exclusive list, not at home."""
    return and_(
        author != bindparam("viewer_id"),
        exists().where(
            _listed.actor_id == author,
            _listed.list_id == _list.id,
            _list.owner_id == bindparam("viewer_id"),
            _list.exclusive == 1,
        ),
    )


def of_owner(tx: Tx, owner_id: int) -> list[ListRow]:
    """A person's lists by title."""
    return tx.all(_OF_OWNER, owner_id=owner_id)


def one(tx: Tx, owner_id: int, list_id: int) -> ListRow | None:
    """One of a person's lists."""
    return tx.first(_ONE, owner_id=owner_id, list_id=list_id)


def with_actor(tx: Tx, owner_id: int, actor_id: int) -> list[ListRow]:
    """Those of a person's lists that somebody is in."""
    return tx.all(_WITH, owner_id=owner_id, actor_id=actor_id)


def actors_in(tx: Tx, list_id: int, window: Window | None = None) -> list[int]:
    """Ids of those in a list, a page of them or all, the newest accounts first."""
    if window is None:
        return [row.id for row in tx.all(_ALL_ACTORS, list_id=list_id)]
    return _ACTORS.ids(tx, window, list_id=list_id)


def timeline(tx: Tx, owner_id: int, list_id: int, window: Window) -> list[int]:
    """Ids of what the people in a list say, as far as its owner may read it."""
    return _TIMELINE.ids(tx, window, viewer_id=owner_id, list_id=list_id)


def holding(tx: Tx, owner_id: int, post_id: int) -> list[int]:
    """Ids of those of a person's lists that show a post."""
    return [row.id for row in tx.all(_HOLDING, viewer_id=owner_id, post_id=post_id)]


def with_author(tx: Tx, author_id: int) -> list[int]:
    """Ids of all lists that somebody is in, whosesoever."""
    return [row.id for row in tx.all(_HOLDING_ACTOR, author_id=author_id)]


def at_home(tx: Tx, owner_ids: Iterable[int], author_id: int) -> tuple[int, ...]:
    """Of those whose homes a post entered, the ones who read its author at home."""
    owners = tuple(owner_ids)
    away = {row.id for row in tx.all(_AWAY, author_id=author_id, owner_ids=array(owners))} - {author_id}
    return tuple(owner for owner in owners if owner not in away)


def add(tx: Tx, row: ListRow) -> None:
    """Write a new list."""
    tx.run(_INSERT, **row._asdict())


def change(tx: Tx, row: ListRow) -> None:
    """Write a list as it is now."""
    tx.run(
        _CHANGE,
        this_list_id=row.id,
        new_title=row.title,
        new_replies_policy=row.replies_policy,
        new_exclusive=row.exclusive,
    )


def remove(tx: Tx, list_id: int) -> None:
    """Remove a list; the people in it stay followed."""
    tx.run(_DELETE_ACTORS, list_id=list_id)
    tx.run(_DELETE, list_id=list_id)


def put(tx: Tx, list_id: int, actor_ids: Iterable[int]) -> None:
    """Add people to a list."""
    rows: list[Mapping[str, Any]] = [{"list_id": list_id, "actor_id": actor_id} for actor_id in actor_ids]
    tx.run_many(_INSERT_ACTOR, rows)


def take(tx: Tx, list_id: int, actor_ids: Iterable[int]) -> None:
    """Remove people from a list."""
    tx.run(_DELETE_SOME, list_id=list_id, actor_ids=array(actor_ids))


def drop(tx: Tx, owner_id: int, actor_id: int) -> None:
    """Remove somebody from all of a person's lists."""
    tx.run(_DROP, owner_id=owner_id, actor_id=actor_id)
