"""Who may read a post, as SQL. The rule kept here: it agrees with `policy.may_see` on every row (a property test holds them together)."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, and_, bindparam, exists, or_, select

from instance.policy import INTERNAL, PUBLIC
from instance.storage.people_tables import Block, DomainBlock, Mute
from instance.storage.sql import columns, table
from instance.storage.tables import Actor, Follow, Member, Mention

_follow, _member, _mention = columns(Follow), columns(Member), columns(Mention)
_mute, _block, _domain = columns(Mute), columns(Block), columns(DomainBlock)
_VIEWER: BindParameter[int] = bindparam("viewer_id")


def projects_of_viewer() -> Select[tuple[str]]:
    """IRIs of the projects that the viewer takes part in or reads (parameter `viewer_id`)."""
    return select(_member.project_iri).where(_member.actor_id == _VIEWER, _member.state == "active")


def visible_to(post: FromClause) -> ColumnElement[bool]:
    """The condition that the viewer (parameter `viewer_id`), one of our people, may read this post."""
    c = post.c
    follows = exists().where(_follow.follower_id == _VIEWER, _follow.followee_id == c.author_id)
    named = exists().where(_mention.post_id == c.id, _mention.actor_id == _VIEWER)
    blocked = exists().where(_block.owner_id == c.author_id, _block.actor_id == _VIEWER)
    others = and_(
        or_(
            c.visibility == "public",
            c.visibility == "unlisted",
            and_(c.visibility == "private", follows),
            named,
        ),
        ~blocked,
    )
    inside = or_(c.author_id == _VIEWER, others)
    return and_(
        c.deleted_at_ms.is_(None),
        or_(c.space == PUBLIC, and_(c.space == INTERNAL, inside), c.space.in_(projects_of_viewer())),
    )


def deaf_to(owner: ColumnElement[int], *authors: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that this person has muted or blocked one of these actors, or blocked the company of one."""
    return or_(
        exists().where(_mute.owner_id == owner, _mute.actor_id.in_(authors)),
        exists().where(_block.owner_id == owner, _block.actor_id.in_(authors)),
        blocks_company_of(owner, *authors),
    )


def blocks_company_of(owner: ColumnElement[int], *authors: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that this person has blocked the company of one of these actors."""
    author = table(Actor).alias("author")
    return exists().where(_domain.owner_id == owner, _domain.host == author.c.host, author.c.id.in_(authors))


def wanted(post: FromClause) -> ColumnElement[bool]:
    """The condition that the viewer (parameter `viewer_id`) has not chosen to hear nothing from the author of this post."""
    return ~deaf_to(_VIEWER, post.c.author_id)
