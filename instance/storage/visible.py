"""Who may read a post, as SQL. The rule kept here: it agrees with `policy.may_see` on every row (a property test holds them together)."""

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, and_, bindparam, exists, or_, select

from instance.policy import INTERNAL, PUBLIC
from instance.storage.sql import columns
from instance.storage.tables import Follow, Member, Mention

_follow, _member, _mention = columns(Follow), columns(Member), columns(Mention)
_VIEWER: BindParameter[int] = bindparam("viewer_id")


def projects_of_viewer() -> Select[tuple[str]]:
    """IRIs of the projects that the viewer takes part in or reads (parameter `viewer_id`)."""
    return select(_member.project_iri).where(_member.actor_id == _VIEWER, _member.state == "active")


def visible_to(post: FromClause) -> ColumnElement[bool]:
    """The condition that the viewer (parameter `viewer_id`), one of our people, may read this post."""
    c = post.c
    follows = exists().where(_follow.follower_id == _VIEWER, _follow.followee_id == c.author_id)
    named = exists().where(_mention.post_id == c.id, _mention.actor_id == _VIEWER)
    inside = or_(
        c.visibility == "public",
        c.visibility == "unlisted",
        c.author_id == _VIEWER,
        and_(c.visibility == "private", follows),
        named,
    )
    return and_(
        c.deleted_at_ms.is_(None),
        or_(c.space == PUBLIC, and_(c.space == INTERNAL, inside), c.space.in_(projects_of_viewer())),
    )
