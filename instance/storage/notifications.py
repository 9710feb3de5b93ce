"""What an employee should hear of. The rule kept here: a notification about a post shows only to who may read the post."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, func, insert, or_, select

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Notification, Post
from instance.storage.visible import visible_to
from instance.storage.window import Window, paged

UNREAD_MAX = 100
KINDS = (
    "mention",
    "reblog",
    "favourite",
    "follow",
    "follow_request",
    "status",
    "update",
    "poll",
    "admin.report",
)


class NotificationRow(NamedTuple):
    """A notification; `kind` in Mastodon's words: mention, reblog, favourite, follow, follow_request, status, update."""

    id: int
    owner_id: int
    kind: str
    actor_id: int
    post_id: int | None
    created_at_ms: int


class _Unread(NamedTuple):
    total: int


_notification, _post = columns(Notification), columns(Post)
_posts = table(Post)
_readable = or_(
    _notification.post_id.is_(None), exists().where(_post.id == _notification.post_id, visible_to(_posts))
)
_MINE = and_(_notification.owner_id == bindparam("viewer_id"), _readable)

_OF_OWNER = paged(
    select(*_notification).where(
        _MINE,
        in_list(_notification.kind, "kinds"),
        or_(bindparam("actor_id") == 0, _notification.actor_id == bindparam("actor_id")),
    ),
    _notification.id,
    NotificationRow,
)
_BY_ID = Query(
    select(*_notification).where(_MINE, _notification.id == bindparam("notification_id")), NotificationRow
)
_UNREAD = Query(
    select(func.count()).select_from(
        select(_notification.id)
        .where(_MINE, _notification.id > bindparam("after_id"))
        .limit(UNREAD_MAX)
        .subquery()
    ),
    _Unread,
)
_INSERT = Command(insert(Notification))
_DISMISS = Command(
    delete(Notification).where(
        _notification.owner_id == bindparam("owner_id"), _notification.id == bindparam("notification_id")
    )
)
_CLEAR = Command(delete(Notification).where(_notification.owner_id == bindparam("owner_id")))
_FORGET = Command(delete(Notification).where(_notification.post_id == bindparam("post_id")))
_FORGET_ACTOR = Command(
    delete(Notification).where(
        _notification.owner_id == bindparam("owner_id"), _notification.actor_id == bindparam("actor_id")
    )
)
_TAKE_BACK = Command(
    delete(Notification).where(
        _notification.kind == bindparam("kind"),
        _notification.actor_id == bindparam("actor_id"),
        _notification.post_id == bindparam("post_id"),
    )
)


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
    wanted = [kind for kind in kinds or KINDS if kind not in set(exclude_kinds)]
    return _OF_OWNER.rows(tx, window, viewer_id=owner_id, kinds=array(wanted), actor_id=actor_id or 0)


def by_id(tx: Tx, owner_id: int, notification_id: int) -> NotificationRow | None:
    """The owner's notification of that id."""
    return tx.first(_BY_ID, viewer_id=owner_id, notification_id=notification_id)


def unread_count(tx: Tx, owner_id: int, after_id: int) -> int:
    """How many notifications are newer than `after_id`, at most UNREAD_MAX."""
    found = tx.first(_UNREAD, viewer_id=owner_id, after_id=after_id)
    return found.total if found else 0


def insert_many(tx: Tx, rows: list[NotificationRow]) -> None:
    """Write new notifications."""
    tx.run_many(_INSERT, [row._asdict() for row in rows])


def dismiss(tx: Tx, owner_id: int, notification_id: int) -> None:
    """Remove one."""
    tx.run(_DISMISS, owner_id=owner_id, notification_id=notification_id)


def clear(tx: Tx, owner_id: int) -> None:
    """Remove all of the owner's."""
    tx.run(_CLEAR, owner_id=owner_id)


def take_back(tx: Tx, kind: str, *, actor_id: int, post_id: int) -> None:
    """Remove what was said of something that its doer has undone."""
    tx.run(_TAKE_BACK, kind=kind, actor_id=actor_id, post_id=post_id)


def forget_actor(tx: Tx, owner_id: int, actor_id: int) -> None:
    """Remove all that the owner was told of an actor."""
    tx.run(_FORGET_ACTOR, owner_id=owner_id, actor_id=actor_id)


def forget(tx: Tx, post_id: int) -> None:
    """Remove all that is about a deleted post."""
    tx.run(_FORGET, post_id=post_id)
