"""What an employee should hear of. The rule kept here: a notification about a post shows only to who may read the post."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import (
    String,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Notification, Post
from instance.storage.visible import visible_to
from instance.storage.window import Window, paged

UNREAD_MAX = 100
ROWS_MAX = 400
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
    "quote",
    "quoted_update",
)


class NotificationRow(NamedTuple):
    """A notification; `kind` is one of KINDS. Without a `group_key` it stands for itself; the owner's policy holds it back if `is_filtered`."""

    id: int
    owner_id: int
    kind: str
    actor_id: int
    post_id: int | None
    created_at_ms: int
    group_key: str = ""
    is_filtered: int = 0


class Wanted(NamedTuple):
    """Which notifications are asked for: no `kinds` means all of them, no `actor_id` anybody's."""

    kinds: tuple[str, ...] = ()
    exclude_kinds: tuple[str, ...] = ()
    actor_id: int | None = None
    include_filtered: bool = False

    def params(self) -> dict[str, str | int]:
        """The parameters of the statements."""
        kinds = [kind for kind in self.kinds or KINDS if kind not in self.exclude_kinds]
        return {
            "kinds": array(kinds),
            "actor_id": self.actor_id or 0,
            "include_filtered": int(self.include_filtered),
        }


ALL = Wanted()


class Group(NamedTuple):
    """How many notifications share a key, and which is the latest."""

    group_key: str
    total: int
    latest_id: int


class _Unread(NamedTuple):
    total: int


_notification, _post = columns(Notification), columns(Post)
_posts = table(Post)
_readable = or_(
    _notification.post_id.is_(None), exists().where(_post.id == _notification.post_id, visible_to(_posts))
)
_MINE = and_(_notification.owner_id == bindparam("viewer_id"), _readable)

_WANTED = and_(
    in_list(_notification.kind, "kinds"),
    or_(bindparam("actor_id") == 0, _notification.actor_id == bindparam("actor_id")),
    or_(_notification.is_filtered == 0, bindparam("include_filtered") == 1),
)
_KEY = case(
    (_notification.group_key != "", _notification.group_key),
    else_=literal("ungrouped-") + sql_cast(_notification.id, String),
)

_OF_OWNER = paged(
    select(*_notification).where(_MINE, _WANTED), _notification.id, NotificationRow, most=ROWS_MAX
)
_GROUPS = Query(
    select(_notification.group_key, func.count(), func.max(_notification.id))
    .where(_MINE, _WANTED, in_list(_notification.group_key, "group_keys"))
    .group_by(_notification.group_key),
    Group,
)
_OF_KEY = Query(
    select(*_notification)
    .where(_MINE, bindparam("group_key") == _KEY)
    .order_by(_notification.id.desc())
    .limit(bindparam("limit")),
    NotificationRow,
)
_BY_ID = Query(
    select(*_notification).where(_MINE, _notification.id == bindparam("notification_id")), NotificationRow
)
_UNREAD = Query(
    select(func.count()).select_from(
        select(_notification.id)
        .where(_MINE, _WANTED, _notification.id > bindparam("after_id"))
        .limit(bindparam("limit"))
        .subquery()
    ),
    _Unread,
)
_INSERT = Command(insert(Notification))
_DISMISS = Command(
    delete(Notification).where(
        _notification.owner_id == bindparam("owner_id"), in_list(_notification.id, "notification_ids")
    )
)
_DISMISS_KEY = Command(
    delete(Notification).where(
        _notification.owner_id == bindparam("owner_id"), bindparam("group_key") == _KEY
    )
)
_OF_ACTOR = (
    _notification.owner_id == bindparam("owner_id"),
    in_list(_notification.actor_id, "actor_ids"),
    _notification.is_filtered == 1,
)
_LET_THROUGH = Command(update(Notification).where(*_OF_ACTOR).values(is_filtered=0))
_FORGET_FILTERED = Command(delete(Notification).where(*_OF_ACTOR))
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


def of_owner(tx: Tx, owner_id: int, window: Window, *, wanted: Wanted = ALL) -> list[NotificationRow]:
    """Notifications newest first, ROWS_MAX at most. Those about posts the owner may no longer read are left out."""
    return _OF_OWNER.rows(tx, window, viewer_id=owner_id, **wanted.params())


def groups(tx: Tx, owner_id: int, group_keys: Iterable[str], *, wanted: Wanted = ALL) -> dict[str, Group]:
    """What there is of these groups on all pages, by key."""
    rows = tx.all(_GROUPS, viewer_id=owner_id, group_keys=array(group_keys), **wanted.params())
    return {row.group_key: row for row in rows}


def of_key(tx: Tx, owner_id: int, group_key: str, *, limit: int = ROWS_MAX) -> list[NotificationRow]:
    """The notifications of one group, newest first; of "ungrouped-7" the one that stands for itself."""
    return tx.all(_OF_KEY, viewer_id=owner_id, group_key=group_key, limit=limit)


def by_id(tx: Tx, owner_id: int, notification_id: int) -> NotificationRow | None:
    """The owner's notification of that id."""
    return tx.first(_BY_ID, viewer_id=owner_id, notification_id=notification_id)


def unread_count(
    tx: Tx, owner_id: int, after_id: int, *, wanted: Wanted = ALL, limit: int = UNREAD_MAX
) -> int:
    """How many notifications are newer than `after_id`, at most `limit`."""
    found = tx.first(_UNREAD, viewer_id=owner_id, after_id=after_id, limit=limit, **wanted.params())
    return found.total if found else 0


def insert_many(tx: Tx, rows: list[NotificationRow]) -> None:
    """Write new notifications."""
    tx.run_many(_INSERT, [row._asdict() for row in rows])


def dismiss(tx: Tx, owner_id: int, notification_ids: Iterable[int]) -> int:
    """Remove some; how many there were."""
    return tx.run(_DISMISS, owner_id=owner_id, notification_ids=array(notification_ids))


def dismiss_key(tx: Tx, owner_id: int, group_key: str) -> None:
    """Remove a group."""
    tx.run(_DISMISS_KEY, owner_id=owner_id, group_key=group_key)


def let_through(tx: Tx, owner_id: int, actor_ids: Iterable[int]) -> int:
    """Show what was held back of these actors; how many there were."""
    return tx.run(_LET_THROUGH, owner_id=owner_id, actor_ids=array(actor_ids))


def forget_filtered(tx: Tx, owner_id: int, actor_ids: Iterable[int]) -> None:
    """Remove what was held back of these actors."""
    tx.run(_FORGET_FILTERED, owner_id=owner_id, actor_ids=array(actor_ids))


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
