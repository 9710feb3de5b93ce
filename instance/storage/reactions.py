"""Favourites and bookmarks as rows. The rule kept here: one favourite and one bookmark per person and post."""

from collections.abc import Iterable
from typing import NamedTuple

from instance.storage.database import Tx
from instance.storage.timelines import Window


class FavouriteRow(NamedTuple):
    """A person's favourite and the IRI of its Like."""

    actor_id: int
    post_id: int
    iri: str
    created_at_ms: int


class Marks(NamedTuple):
    """Ids of the posts that one viewer has marked."""

    favourited: frozenset[int]
    boosted: frozenset[int]
    bookmarked: frozenset[int]


class MarkedPost(NamedTuple):
    """A marked post and the id by which the list of marks is paged."""

    mark_id: int
    post_id: int


def marks_of(tx: Tx, viewer_id: int, post_ids: Iterable[int]) -> Marks:
    """Which of these posts the viewer has favourited, boosted and bookmarked, in one query."""


def favourites(tx: Tx, viewer_id: int, window: Window) -> list[MarkedPost]:
    """The viewer's favourites that the viewer may still read, latest post first."""


def bookmarks(tx: Tx, viewer_id: int, window: Window) -> list[MarkedPost]:
    """The viewer's bookmarks that the viewer may still read, latest bookmark first."""


def favouriters(tx: Tx, post_id: int, *, limit: int = 40) -> list[int]:
    """Ids of the actors who favourited the post, latest first."""


def favourite_by(tx: Tx, actor_id: int, post_id: int) -> FavouriteRow | None:
    """That person's favourite of the post, when there is one."""
