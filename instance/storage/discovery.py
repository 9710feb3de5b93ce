"""Whom one might want to know: the directory, suggestions, and followers one knows. The rule kept here: nobody is listed whom the viewer does not want to read, nor who does not want to be read."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from instance.storage.database import Command, Query, Tx
from instance.storage.people_tables import Block, DomainBlock, Mute
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.suggestion_tables import DismissedSuggestion
from instance.storage.tables import Actor, Follow, Member
from instance.storage.visible import projects_of_viewer


class Suggested(NamedTuple):
    """A person whom the viewer does not follow: in how many of the viewer's projects, followed by how many of those whom the viewer follows."""

    id: int
    projects_count: int
    friends_count: int


class _Id(NamedTuple):
    id: int


class _Pair(NamedTuple):
    followee_id: int
    follower_id: int


_actor, _member, _follow, _dismissed = (
    columns(model) for model in (Actor, Member, Follow, DismissedSuggestion)
)
_block, _mute, _domain = columns(Block), columns(Mute), columns(DomainBlock)
_VIEWER = bindparam("viewer_id", type_=_actor.id.type)
_mine = table(Follow).alias("mine")


def _is_welcome() -> ColumnElement[bool]:
    """An active person who is neither silenced by the viewer nor shuts the viewer out."""
    return and_(
        _actor.kind == "person",
        _actor.state == "active",
        ~exists().where(_block.owner_id == _VIEWER, _block.actor_id == _actor.id),
        ~exists().where(_block.owner_id == _actor.id, _block.actor_id == _VIEWER),
        ~exists().where(_mute.owner_id == _VIEWER, _mute.actor_id == _actor.id),
        ~exists().where(_domain.owner_id == _VIEWER, _domain.host == _actor.host),
    )


def _listed(*order: ColumnElement[int]) -> Query[_Id]:
    listed = select(_actor.id).where(
        _is_welcome(), or_(bindparam("local") == 0, _actor.host == bindparam("home"))
    )
    return Query(listed.order_by(*order).limit(bindparam("limit")).offset(bindparam("offset")), _Id)


_ACTIVE = _listed(func.coalesce(_actor.last_post_at_ms, 0).desc(), _actor.id.desc())
_NEW = _listed(_actor.created_at_ms.desc(), _actor.id.desc())
_IN_PROJECTS = (
    select(func.count())
    .where(
        _member.actor_id == _actor.id,
        _member.state == "active",
        _member.project_iri.in_(projects_of_viewer()),
    )
    .correlate(table(Actor))
    .scalar_subquery()
)
_FRIENDS = (
    select(func.count())
    .where(
        _follow.followee_id == _actor.id,
        _mine.c.follower_id == _VIEWER,
        _mine.c.followee_id == _follow.follower_id,
    )
    .correlate(table(Actor))
    .scalar_subquery()
)
_COUNTED = (
    select(
        _actor.id,
        _actor.host,
        _actor.last_post_at_ms,
        _IN_PROJECTS.label("projects_count"),
        _FRIENDS.label("friends_count"),
    )
    .where(
        _is_welcome(),
        _actor.id != _VIEWER,
        ~exists().where(_follow.follower_id == _VIEWER, _follow.followee_id == _actor.id),
        ~exists().where(_dismissed.owner_id == _VIEWER, _dismissed.actor_id == _actor.id),
    )
    .subquery("counted")
)
_SUGGESTED = Query(
    select(_COUNTED.c.id, _COUNTED.c.projects_count, _COUNTED.c.friends_count)
    .where(or_(_COUNTED.c.host == bindparam("home"), _COUNTED.c.projects_count > 0))
    .order_by(
        _COUNTED.c.projects_count.desc(),
        _COUNTED.c.friends_count.desc(),
        func.coalesce(_COUNTED.c.last_post_at_ms, 0).desc(),
        _COUNTED.c.id,
    )
    .limit(bindparam("limit")),
    Suggested,
)
_FAMILIAR = Query(
    select(_follow.followee_id, _follow.follower_id)
    .join(_mine, _mine.c.followee_id == _follow.follower_id)
    .where(_mine.c.follower_id == _VIEWER, in_list(_follow.followee_id, "actor_ids"))
    .order_by(_follow.created_at_ms.desc()),
    _Pair,
)
_DISMISS = Command(
    insert_or_ignore(DismissedSuggestion).from_select(
        ["owner_id", "actor_id"],
        select(_VIEWER, _actor.id).where(_actor.id == bindparam("actor_id")),
    )
)


def directory(
    tx: Tx, viewer_id: int, *, order: str, limit: int, offset: int, local: bool = False
) -> list[int]:
    """Ids of persons, by when they last wrote, or by when they came with `new`; only our own with `local`."""
    params = {"viewer_id": viewer_id, "home": tx.home.host, "local": int(local)}
    query = _NEW if order == "new" else _ACTIVE
    return [row.id for row in tx.all(query, **params, limit=limit, offset=offset)]


def suggested(tx: Tx, viewer_id: int, *, limit: int) -> list[Suggested]:
    """Colleagues and people of the viewer's projects whom the viewer does not follow: the nearest first."""
    return tx.all(_SUGGESTED, viewer_id=viewer_id, home=tx.home.host, limit=limit)


def dismiss(tx: Tx, owner_id: int, actor_id: int) -> None:
    """Suggest that person no more. Nothing happens when there is none."""
    tx.run(_DISMISS, viewer_id=owner_id, actor_id=actor_id)


def familiar(tx: Tx, viewer_id: int, actor_ids: Iterable[int]) -> dict[int, list[int]]:
    """Of those whom the viewer follows, who follows these actors, latest first; ids by actor."""
    found: dict[int, list[int]] = {}
    for pair in tx.all(_FAMILIAR, viewer_id=viewer_id, actor_ids=array(actor_ids)):
        found.setdefault(pair.followee_id, []).append(pair.follower_id)
    return found
