"""Posts and boosts as rows. The rule kept here: what a person may read is decided by one SQL condition, `visible_to`."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    FromClause,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from instance.storage.actors import ActorRow
from instance.storage.actors import by_ids as actors_by_ids
from instance.storage.actors import by_iris as actors_by_iris
from instance.storage.database import Command, Query, Tx
from instance.storage.media import MediaRow
from instance.storage.media import of_posts as media_of_posts
from instance.storage.reactions import Marks, marks_of
from instance.storage.sql import columns, in_list, insert_or_ignore
from instance.storage.tables import Follow, Member, Mention, Post, PostEdit


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


class EditRow(NamedTuple):
    """An earlier wording of a post."""

    post_id: int
    at_ms: int
    content: str
    source: str
    spoiler: str
    sensitive: int


class PageFacts(NamedTuple):
    """What it takes to show a page of posts. Posts the viewer may not see, and deleted ones, are absent.

    `posts` holds the boosted posts as well; `mentions` actor ids by post id; `media` by post id in order; `parents` the
    author id of the post replied to, by the reply's id; `actors` every author, every mentioned actor and every parent's author, by id;
    `projects` the project actors of the spaces, by IRI.
    """

    posts: dict[int, PostRow]
    actors: dict[int, ActorRow]
    projects: dict[str, ActorRow]
    mentions: dict[int, tuple[int, ...]]
    media: dict[int, tuple[MediaRow, ...]]
    parents: dict[int, int]
    marks: Marks


def visible_to(post: FromClause) -> ColumnElement[bool]:
    """The condition that the viewer (parameter `viewer_id`) may read this post, as `policy.may_see` decides it."""
    raise NotImplementedError


def by_id(tx: Tx, post_id: int) -> PostRow | None:
    """The post, deleted or not, whoever asks."""


def by_iri(tx: Tx, iri: str) -> PostRow | None:
    """The post of that IRI, deleted or not, whoever asks."""


def by_ids(tx: Tx, post_ids: Iterable[int]) -> dict[int, PostRow]:
    """The posts that exist, by id, whoever asks."""


def seen_by(tx: Tx, viewer_id: int, post_id: int) -> PostRow | None:
    """The post when it is not deleted and the viewer may read it."""


def page_facts(tx: Tx, post_ids: Iterable[int], viewer_id: int) -> PageFacts:
    """Everything it takes to show these posts to the viewer, in at most seven queries."""


def edits_of(tx: Tx, post_id: int) -> list[EditRow]:
    """Earlier wordings, oldest first."""


def mentions_of(tx: Tx, post_id: int) -> list[int]:
    """Ids of the actors named in the post."""


def boost_by(tx: Tx, actor_id: int, post_id: int) -> PostRow | None:
    """That person's boost of the post, when there is one."""


def boosters(tx: Tx, post_id: int, *, limit: int = 40) -> list[int]:
    """Ids of the actors who boosted the post, latest first."""
