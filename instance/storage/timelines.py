"""Lists of post ids, newest first. The rule kept here: every list is cut by a Window, and shows only what its viewer may read."""

from typing import NamedTuple

from instance.storage.database import Tx


class Window(NamedTuple):
    """Which part of a list, in Mastodon's words, exclusive of the ids named.

    `max_id`: older than it. `since_id`: newer than it, the newest first. `min_id`: the ones that follow directly after it. What comes
    back is always newest first.
    """

    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = 20


class Thread(NamedTuple):
    """Ids of what a post answers, from the top down, and of what answers it, each below its parent."""

    ancestors: list[int]
    descendants: list[int]


def home(tx: Tx, owner_id: int, window: Window) -> list[int]:
    """The home timeline of one of our people."""


def company(tx: Tx, window: Window) -> list[int]:
    """The company timeline (Mastodon's local one): public internal posts, no boosts, no replies but to oneself."""


def projects(tx: Tx, viewer_id: int, window: Window) -> list[int]:
    """Posts of all the viewer's projects (Mastodon's federated timeline), no boosts, no replies but to oneself."""


def project(tx: Tx, viewer_id: int, project_iri: str, window: Window) -> list[int]:
    """One project's posts and replies, no boosts; empty for who is not in it."""


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


def thread(tx: Tx, viewer_id: int, post_id: int) -> Thread:
    """The conversation around a post, as far as the viewer may read it."""


def drop_space(tx: Tx, owner_id: int, space: str) -> None:
    """Take a space's posts out of a home timeline (who left a project)."""


def fill_space(tx: Tx, owner_id: int, space: str, *, limit: int = 400) -> None:
    """Put a space's latest posts into a home timeline (who joined a project)."""
