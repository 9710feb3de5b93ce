"""Lists of post ids, newest first. The rule kept here: every list is cut by a Window, and shows only what its viewer may read."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select

from instance.policy import INTERNAL
from instance.storage.database import Query, Tx
from instance.storage.own_lists import is_away
from instance.storage.sql import by_index, columns, table
from instance.storage.tables import Media, Member, Post, TimelineEntry
from instance.storage.visible import projects_of_viewer, visible_to, wanted
from instance.storage.window import Cut, Paged, PostId, Window, paged

THREAD_LIMIT = 1000

_post, _entry, _media, _member = columns(Post), columns(TimelineEntry), columns(Media), columns(Member)
_posts, _members = table(Post), table(Member)
_alive = _post.deleted_at_ms.is_(None)


class Thread(NamedTuple):
    """Ids of what a post answers, from the top down, and of what answers it, each below its parent."""

    ancestors: list[int]
    descendants: list[int]


class _Node(NamedTuple):
    id: int
    parent_id: int | None
    is_wanted: int


class _ThreadId(NamedTuple):
    thread_id: int


def _opens_or_continues() -> ColumnElement[bool]:
    """No boost, and no reply but to oneself (a thread of one's own)."""
    parent = _posts.alias("parent")
    own = exists().where(parent.c.id == _post.in_reply_to_id, parent.c.author_id == _post.author_id)
    return and_(_post.boost_of_id.is_(None), or_(_post.in_reply_to_iri.is_(None), own))


# The spaces are asked here as well: who has left a project reads nothing of it from that moment.
_HOME = paged(
    select(_entry.post_id)
    .join(_posts, _post.id == _entry.post_id)
    .where(
        _entry.owner_id == bindparam("viewer_id"),
        _alive,
        ~is_away(_post.author_id),
        or_(_post.space == INTERNAL, _post.space.in_(projects_of_viewer())),
    ),
    _entry.post_id,
    PostId,
)
_COMPANY = paged(
    select(_post.id).where(
        by_index(_post.space == INTERNAL),
        _post.visibility == "public",
        visible_to(_posts),
        wanted(_posts),
        _opens_or_continues(),
    ),
    _post.id,
    PostId,
)
_PROJECT = paged(
    select(_post.id).where(
        by_index(_post.space == bindparam("space")),
        _post.space.in_(projects_of_viewer()),
        _alive,
        wanted(_posts),
        _post.boost_of_id.is_(None),
    ),
    _post.id,
    PostId,
)


def _of_all_projects(cut: Cut) -> Select[tuple[int]]:
    """Each project's own index gives its part of the window; sorting all posts of all projects would not scale."""
    picked = _posts.alias("picked")
    part = cut(
        select(_post.id).where(
            _post.space == _member.project_iri, _alive, wanted(_posts), _opens_or_continues()
        ),
        _post.id,
    ).correlate(_members)
    whole = (
        select(picked.c.id)
        .select_from(_members)
        .join(picked, picked.c.id.in_(part))
        .where(_member.actor_id == bindparam("viewer_id"), _member.state == "active")
    )
    return cut(whole, picked.c.id)


_PROJECTS = Paged(_of_all_projects, PostId)
_ACCOUNT = paged(
    select(_post.id).where(
        _post.author_id == bindparam("author_id"),
        visible_to(_posts),
        or_(bindparam("exclude_replies") == 0, _post.boost_of_id.is_not(None), _opens_or_continues()),
        or_(bindparam("exclude_reblogs") == 0, _post.boost_of_id.is_(None)),
        or_(bindparam("only_media") == 0, exists().where(_media.post_id == _post.id)),
    ),
    _post.id,
    PostId,
)
_THREAD_ID = Query(select(_post.thread_id).where(_post.id == bindparam("post_id")), _ThreadId)
_THREAD = Query(
    select(_post.id, _post.in_reply_to_id, wanted(_posts))
    .where(_post.thread_id == bindparam("thread_id"), _post.boost_of_id.is_(None), visible_to(_posts))
    .order_by(_post.id)
    .limit(THREAD_LIMIT),
    _Node,
)


def home(tx: Tx, owner_id: int, window: Window) -> list[int]:
    """The home timeline of one of our people."""
    return _HOME.ids(tx, window, viewer_id=owner_id)


def company(tx: Tx, viewer_id: int, window: Window) -> list[int]:
    """The company timeline (Mastodon's local one): public internal posts, no boosts, no replies but to oneself."""
    return _COMPANY.ids(tx, window, viewer_id=viewer_id)


def projects(tx: Tx, viewer_id: int, window: Window) -> list[int]:
    """Posts of all the viewer's projects (Mastodon's federated timeline), no boosts, no replies but to oneself."""
    return _PROJECTS.ids(tx, window, viewer_id=viewer_id)


def project(tx: Tx, viewer_id: int, project_iri: str, window: Window) -> list[int]:
    """One project's posts and replies, no boosts; empty for who is not in it."""
    return _PROJECT.ids(tx, window, viewer_id=viewer_id, space=project_iri)


def account(
    tx: Tx,
    viewer_id: int,
    author_id: int,
    window: Window,
    *,
    exclude_replies: bool = False,
    exclude_reblogs: bool = False,
    only_media: bool = False,
) -> list[int]:
    """What the viewer may read of one author."""
    return _ACCOUNT.ids(
        tx,
        window,
        viewer_id=viewer_id,
        author_id=author_id,
        exclude_replies=int(exclude_replies),
        exclude_reblogs=int(exclude_reblogs),
        only_media=int(only_media),
    )


def thread(tx: Tx, viewer_id: int, post_id: int) -> Thread:
    """The conversation around a post, as far as the viewer may read it, THREAD_LIMIT posts at most."""
    found = tx.first(_THREAD_ID, post_id=post_id)
    if found is None:
        return Thread([], [])
    nodes = tx.all(_THREAD, thread_id=found.thread_id, viewer_id=viewer_id)
    parents = {node.id: node.parent_id for node in nodes}
    unwanted = {node.id for node in nodes if not node.is_wanted}
    above, below = _above(parents, post_id), _below(parents, post_id)
    return Thread(*([one for one in ids if one not in unwanted] for ids in (above, below)))


def _above(parents: dict[int, int | None], post_id: int) -> list[int]:
    """Up to the first post that is missing or not for the viewer."""
    chain: list[int] = []
    above = parents.get(post_id)
    while above is not None and above in parents and above not in chain:
        chain.append(above)
        above = parents[above]
    return chain[::-1]


def _below(parents: dict[int, int | None], post_id: int) -> list[int]:
    """Depth first, older answers before newer ones."""
    children: dict[int | None, list[int]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    waiting = children.get(post_id, [])[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])[::-1]
    return found
