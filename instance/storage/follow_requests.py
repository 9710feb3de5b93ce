"""Requests to follow a colleague, as rows. The rule kept here: a request is answered once, and gone then."""

from collections.abc import Iterable

from sqlalchemy import and_, bindparam, delete, or_, select

from instance.storage.database import Command, Query, Tx
from instance.storage.follow_request_tables import FollowRequest
from instance.storage.follows import FollowMarks, FollowRow
from instance.storage.sql import array, columns, in_list, table, upsert

_c = columns(FollowRequest)
_COLUMNS = tuple(_c[name] for name in FollowRow._fields)
_ONE = (_c.followee_id == bindparam("followee_id"), _c.follower_id == bindparam("follower_id"))

_OF = Query(select(*_COLUMNS).where(*_ONE), FollowRow)
_WAITING = Query(
    select(*_COLUMNS).where(_c.followee_id == bindparam("followee_id")).order_by(_c.created_at_ms.desc()),
    FollowRow,
)
_MARKS = Query(
    select(*_COLUMNS).where(
        or_(
            and_(_c.follower_id == bindparam("actor_id"), in_list(_c.followee_id, "actor_ids")),
            and_(_c.followee_id == bindparam("actor_id"), in_list(_c.follower_id, "actor_ids")),
        )
    ),
    FollowRow,
)
_PUT = Command(upsert(FollowRequest, ["followee_id", "follower_id"], ["boosts", "notify", "languages"]))
_DELETE = Command(delete(table(FollowRequest)).where(*_ONE))


def one(tx: Tx, followee_id: int, follower_id: int) -> FollowRow | None:
    """The request of that person, as the follow that it would become."""
    return tx.first(_OF, followee_id=followee_id, follower_id=follower_id)


def waiting(tx: Tx, followee_id: int) -> list[FollowRow]:
    """The requests that wait for this person, the latest first."""
    return tx.all(_WAITING, followee_id=followee_id)


def marks_of(tx: Tx, viewer_id: int, actor_ids: Iterable[int]) -> FollowMarks:
    """Whom of these the viewer asks to follow, and who asks to follow the viewer."""
    rows = tx.all(_MARKS, actor_id=viewer_id, actor_ids=array(actor_ids))
    asked = {row.followee_id: row for row in rows if row.follower_id == viewer_id}
    return FollowMarks(asked, frozenset(row.follower_id for row in rows if row.followee_id == viewer_id))


def put(tx: Tx, row: FollowRow) -> None:
    """Write a request, or how it is meant now."""
    tx.run(_PUT, **row._asdict())


def drop(tx: Tx, followee_id: int, follower_id: int) -> bool:
    """Remove a request; False when there is none."""
    return tx.run(_DELETE, followee_id=followee_id, follower_id=follower_id) == 1
