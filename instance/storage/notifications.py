"""What an employee should hear of. The rule kept here: one notification per owner, kind, actor and post."""

from collections.abc import Iterable
from typing import NamedTuple

from instance.storage.database import Tx
from instance.storage.timelines import Window


class NotificationRow(NamedTuple):
    """A notification; `kind` in Mastodon's words: mention, reblog, favourite, follow, follow_request, status, update."""

    id: int
    owner_id: int
    kind: str
    actor_id: int
    post_id: int | None
    created_at_ms: int


def of_owner(
    tx: Tx,
    owner_id: int,
    window: Window,
    *,
    kinds: Iterable[str] = (),
    exclude_kinds: Iterable[str] = (),
    actor_id: int | None = None,
) -> list[NotificationRow]:
    """Notifications newest first; no `kinds` means all of them. Those about posts the owner may no longer read are left out."""


def by_id(tx: Tx, owner_id: int, notification_id: int) -> NotificationRow | None:
    """The owner's notification of that id."""


def unread_count(tx: Tx, owner_id: int, after_id: int) -> int:
    """How many notifications are newer than `after_id`, at most 100."""


def dismiss(tx: Tx, owner_id: int, notification_id: int) -> None:
    """Remove one."""


def clear(tx: Tx, owner_id: int) -> None:
    """Remove all of the owner's."""
