"""Posts and boosts as rows. The rule kept here: a page of posts is loaded in a fixed number of queries, and only what its viewer may read."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert  # both dialects compile this one, as in storage.sql

from instance.policy import INTERNAL
from instance.storage.actors import ActorRow
from instance.storage.actors import by_ids as actors_by_ids
from instance.storage.actors import by_iris as actors_by_iris
from instance.storage.database import Command, Query, Tx
from instance.storage.media import MediaRow
from instance.storage.media import of_posts as media_of_posts
from instance.storage.people_tables import ThreadMute
from instance.storage.reactions import Marks, marks_of
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Actor, Mention, Post, PostEdit
from instance.storage.tags import of_posts as tags_of_posts
from instance.storage.visible import visible_to
from instance.storage.window import Placed, Window, paged


class PostRow(NamedTuple):
    """A Note, or a boost when `boost_of_id` is set. All columns of the table, in order."""

    id: int
    iri: str
    author_id: int
    space: str
    label: int
    visibility: str
    in_reply_to_id: int | None
    in_reply_to_iri: str | None
    thread_id: int
    boost_of_id: int | None
    content: str
    source: str
    spoiler: str
    sensitive: int
    language: str | None
    work_kind: str | None
    application: str | None
    replies_count: int
    boosts_count: int
    favourites_count: int
    created_at_ms: int
    edited_at_ms: int | None
    deleted_at_ms: int | None
    quotes_count: int = 0
    quote_policy: str = "nobody"


class EditRow(NamedTuple):
    """An earlier wording of a post, replaced at `at_ms`."""

    post_id: int
    at_ms: int
    content: str
    source: str
    spoiler: str
    sensitive: int


class PageFacts(NamedTuple):
    """What it takes to show a page of posts. Posts the viewer may not see, and deleted ones, are absent.

    `posts` holds the boosted posts as well; `mentions` actor ids by post id; `tags` hashtags as written by post id; `media` by post id in order; `parents` the
    author id of the post replied to, by the reply's id; `actors` every author, every mentioned actor and every parent's author, by id;
    `projects` the project actors of the spaces, by IRI.
    """

    posts: dict[int, PostRow]
    actors: dict[int, ActorRow]
    projects: dict[str, ActorRow]
    mentions: dict[int, tuple[int, ...]]
    tags: dict[int, tuple[str, ...]]
    media: dict[int, tuple[MediaRow, ...]]
    parents: dict[int, int]
    marks: Marks


_WORDING = ("content", "source", "spoiler", "sensitive", "language", "work_kind", "edited_at_ms")


class _Named(NamedTuple):
    """An actor that a post has to do with: one it mentions, or the author of its parent."""

    post_id: int
    actor_id: int
    is_parent: int


class _Id(NamedTuple):
    id: int


_post, _edit, _mention, _actor = columns(Post), columns(PostEdit), columns(Mention), columns(Actor)
_thread_mute = columns(ThreadMute)
_posts = table(Post)
_parent, _booster = _posts.alias("parent"), _posts.alias("booster")
_THIS = _post.id == bindparam("post_id")

_BY_ID = Query(select(*_post).where(_THIS), PostRow)
_BY_IRI = Query(select(*_post).where(_post.iri == bindparam("iri")), PostRow)
_BY_IDS = Query(select(*_post).where(in_list(_post.id, "post_ids")), PostRow)
_SEEN = Query(select(*_post).where(_THIS, visible_to(_posts)), PostRow)
_PAGE = Query(
    select(*_post).where(
        or_(
            in_list(_post.id, "post_ids"),
            _post.id.in_(select(_booster.c.boost_of_id).where(in_list(_booster.c.id, "post_ids"))),
        ),
        visible_to(_posts),
    ),
    PostRow,
)
_NAMED = Query(
    union_all(
        select(_mention.post_id, _mention.actor_id, literal(0)).where(in_list(_mention.post_id, "post_ids")),
        select(_post.id, _parent.c.author_id, literal(1))
        .join(_parent, _parent.c.id == _post.in_reply_to_id)
        .where(in_list(_post.id, "post_ids")),
    ),
    _Named,
)
_EDITS = Query(select(*_edit).where(_edit.post_id == bindparam("post_id")).order_by(_edit.at_ms), EditRow)
_MENTIONS = Query(select(_mention.actor_id).where(_mention.post_id == bindparam("post_id")), _Id)
_BOOST_BY = Query(
    select(*_post).where(
        _post.boost_of_id == bindparam("post_id"), _post.author_id == bindparam("author_id")
    ),
    PostRow,
)
_BOOSTERS = paged(
    select(_post.id, _post.author_id).where(_post.boost_of_id == bindparam("post_id")),
    _post.id,
    Placed,
    most=80,
)
_BOOSTS = Query(select(*_post).where(_post.boost_of_id == bindparam("post_id")), PostRow)
_DELETED_SINCE = Query(
    select(*_post)
    .join(table(Actor), _actor.id == _post.author_id)
    .where(
        _post.space == bindparam("space"),
        _post.deleted_at_ms >= bindparam("since_ms"),
        _actor.host == bindparam("host"),
    )
    .order_by(_post.deleted_at_ms),
    PostRow,
)
# Nothing but the IRI is asked here: the planner would take the index of parents or spaces, and read a whole project.
_ANSWERS = Query(select(*_post).where(_post.in_reply_to_iri == bindparam("iri")), PostRow)

_INSERT = Command(insert(_posts).on_conflict_do_nothing(index_elements=["iri"]))
_INSERT_EDIT = Command(insert_or_ignore(PostEdit))
_INSERT_MENTION = Command(insert_or_ignore(Mention))
_REWORD = Command(update(Post).where(_THIS).values({name: bindparam(f"new_{name}") for name in _WORDING}))
_REDACT = Command(
    update(Post)
    .where(_THIS)
    .values(
        content="",
        source="",
        spoiler="",
        language=null(),
        work_kind=null(),
        application=null(),
        favourites_count=0,
        boosts_count=0,
        quotes_count=0,
        deleted_at_ms=bindparam("at_ms"),
    )
)


def _plus(column: ColumnElement[int]) -> ColumnElement[int]:
    """The count and `by` added up, never below nought."""
    total = column + bindparam("by")
    return case((total > 0, total), else_=0)


_COUNT = {
    name: Command(update(Post).where(_THIS).values({name: _plus(_post[name])}))
    for name in ("replies_count", "boosts_count", "favourites_count", "quotes_count")
}
_COUNT_AUTHOR = Command(
    update(Actor)
    .where(_actor.id == bindparam("author_id"))
    .values(
        posts_count=_plus(_actor.posts_count),
        last_post_at_ms=case(
            (func.coalesce(_actor.last_post_at_ms, 0) < bindparam("at_ms"), bindparam("at_ms")),
            else_=_actor.last_post_at_ms,
        ),
    )
)
_ADOPT = Command(update(Post).where(_THIS).values(in_reply_to_id=bindparam("parent_id")))
_JOIN_THREAD = Command(
    update(Post).where(_post.thread_id == bindparam("old_id")).values(thread_id=bindparam("new_id"))
)
_JOIN_MUTES = Command(
    insert_or_ignore(ThreadMute).from_select(
        ["owner_id", "thread_id"],
        select(_thread_mute.owner_id, bindparam("new_id", type_=_post.id.type)).where(
            _thread_mute.thread_id == bindparam("old_id")
        ),
    )
)
_DELETE = Command(delete(Post).where(_THIS))
_DELETE_EDITS = Command(delete(PostEdit).where(_edit.post_id == bindparam("post_id")))
_DELETE_MENTIONS = Command(delete(Mention).where(_mention.post_id == bindparam("post_id")))


def by_id(tx: Tx, post_id: int) -> PostRow | None:
    """The post, deleted or not, whoever asks."""
    return tx.first(_BY_ID, post_id=post_id)


def by_iri(tx: Tx, iri: str) -> PostRow | None:
    """The post of that IRI, deleted or not, whoever asks."""
    return tx.first(_BY_IRI, iri=iri)


def by_ids(tx: Tx, post_ids: Iterable[int]) -> dict[int, PostRow]:
    """The posts that exist, by id, whoever asks."""
    return {row.id: row for row in tx.all(_BY_IDS, post_ids=array(post_ids))}


def seen_by(tx: Tx, viewer_id: int, post_id: int) -> PostRow | None:
    """The post when it is not deleted and the viewer may read it."""
    return tx.first(_SEEN, post_id=post_id, viewer_id=viewer_id)


def meant_by(tx: Tx, viewer_id: int, post_id: int) -> PostRow | None:
    """The post that the viewer means and may read: of a boost, what is boosted."""
    post = seen_by(tx, viewer_id, post_id)
    if post is None or post.boost_of_id is None:
        return post
    return seen_by(tx, viewer_id, post.boost_of_id)


def page_facts(tx: Tx, post_ids: Iterable[int], viewer_id: int) -> PageFacts:
    """Everything it takes to show these posts to the viewer, in a fixed number of queries."""
    found = {row.id: row for row in tx.all(_PAGE, post_ids=array(post_ids), viewer_id=viewer_id)}
    posts = {key: row for key, row in found.items() if row.boost_of_id is None or row.boost_of_id in found}
    mentions, parents = _named(tx, posts)
    people = {row.author_id for row in posts.values()} | set(parents.values())
    return PageFacts(
        posts=posts,
        actors=actors_by_ids(tx, people.union(*mentions.values())),
        projects=_projects(tx, {row.space for row in posts.values()} - {INTERNAL}),
        mentions=mentions,
        tags=tags_of_posts(tx, posts),
        media=media_of_posts(tx, posts),
        parents=parents,
        marks=marks_of(tx, viewer_id, posts),
    )


def joined(one: PageFacts, other: PageFacts) -> PageFacts:
    """The facts of two pages as those of one, for the same viewer."""
    marks = Marks(*(first | second for first, second in zip(one.marks, other.marks, strict=True)))
    return PageFacts(
        posts=one.posts | other.posts,
        actors=one.actors | other.actors,
        projects=one.projects | other.projects,
        mentions=one.mentions | other.mentions,
        tags=one.tags | other.tags,
        media=one.media | other.media,
        parents=one.parents | other.parents,
        marks=marks,
    )


def _projects(tx: Tx, spaces: set[str]) -> dict[str, ActorRow]:
    return actors_by_iris(tx, spaces) if spaces else {}


def _named(tx: Tx, post_ids: Iterable[int]) -> tuple[dict[int, tuple[int, ...]], dict[int, int]]:
    mentions: dict[int, tuple[int, ...]] = {}
    parents: dict[int, int] = {}
    for row in tx.all(_NAMED, post_ids=array(post_ids)):
        if row.is_parent:
            parents[row.post_id] = row.actor_id
        else:
            mentions[row.post_id] = (*mentions.get(row.post_id, ()), row.actor_id)
    return mentions, parents


def edits_of(tx: Tx, post_id: int) -> list[EditRow]:
    """Earlier wordings, oldest first."""
    return tx.all(_EDITS, post_id=post_id)


def mentions_of(tx: Tx, post_id: int) -> list[int]:
    """Ids of the actors named in the post."""
    return [row.id for row in tx.all(_MENTIONS, post_id=post_id)]


def boost_by(tx: Tx, actor_id: int, post_id: int) -> PostRow | None:
    """That person's boost of the post, when there is one."""
    return tx.first(_BOOST_BY, author_id=actor_id, post_id=post_id)


def boosts_of(tx: Tx, post_id: int) -> list[PostRow]:
    """Every boost of the post."""
    return tx.all(_BOOSTS, post_id=post_id)


def deleted_since(tx: Tx, space: str, since_ms: int) -> list[PostRow]:
    """Our people's posts of a space that were deleted since then, in that order."""
    return tx.all(_DELETED_SINCE, space=space, since_ms=since_ms, host=tx.home.host)


def boosters(tx: Tx, post_id: int, window: Window) -> list[Placed]:
    """Who boosted the post, latest first."""
    return _BOOSTERS.rows(tx, window, post_id=post_id)


def insert_one(tx: Tx, row: PostRow) -> bool:
    """Write a new post; False when its IRI is known already."""
    return tx.run(_INSERT, **row._asdict()) == 1


def add_mentions(tx: Tx, post_id: int, actor_ids: Iterable[int]) -> None:
    """Add who is named in a post."""
    tx.run_many(_INSERT_MENTION, [{"post_id": post_id, "actor_id": actor_id} for actor_id in actor_ids])


def clear_mentions(tx: Tx, post_id: int) -> None:
    """Forget who is named in a post."""
    tx.run(_DELETE_MENTIONS, post_id=post_id)


def reword(tx: Tx, row: PostRow) -> None:
    """Write a post's changed wording."""
    tx.run(_REWORD, post_id=row.id, **{f"new_{name}": getattr(row, name) for name in _WORDING})


def keep_wording(tx: Tx, row: PostRow, *, at_ms: int) -> None:
    """Keep the wording of the row as an earlier one, replaced at `at_ms`."""
    tx.run(
        _INSERT_EDIT, **EditRow(row.id, at_ms, row.content, row.source, row.spoiler, row.sensitive)._asdict()
    )


def redact(tx: Tx, post_id: int, *, at_ms: int) -> None:
    """Empty a post and its history for good; its row stays, so that it cannot come back."""
    tx.run(_REDACT, post_id=post_id, at_ms=at_ms)
    tx.run(_DELETE_EDITS, post_id=post_id)
    tx.run(_DELETE_MENTIONS, post_id=post_id)


def remove(tx: Tx, post_id: int) -> None:
    """Remove the row of a boost."""
    tx.run(_DELETE, post_id=post_id)


def count(tx: Tx, post_id: int, what: str, *, by: int) -> None:
    """Add to `replies_count`, `boosts_count`, `favourites_count` or `quotes_count`."""
    tx.run(_COUNT[what], post_id=post_id, by=by)


def count_author(tx: Tx, author_id: int, *, by: int, at_ms: int = 0) -> None:
    """Add to an actor's number of posts, and note when the last one was."""
    tx.run(_COUNT_AUTHOR, author_id=author_id, by=by, at_ms=at_ms)


def adopt(tx: Tx, parent: PostRow) -> int:
    """Link the answers that came before the post they answer, with their threads, and count them; how many."""
    answers = tx.all(_ANSWERS, iri=parent.iri)
    orphans = [row for row in answers if row.in_reply_to_id is None and row.space == parent.space]
    for orphan in orphans:
        tx.run(_ADOPT, post_id=orphan.id, parent_id=parent.id)
        tx.run(_JOIN_THREAD, old_id=orphan.thread_id, new_id=parent.thread_id)
        tx.run(_JOIN_MUTES, old_id=orphan.thread_id, new_id=parent.thread_id)
    if orphans:
        count(tx, parent.id, "replies_count", by=len(orphans))
    return len(orphans)
