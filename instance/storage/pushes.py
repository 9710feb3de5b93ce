"""Push subscriptions as rows, one for each token, and what waits to be pushed. The rule kept here: both go with their token; a row that waits holds no content."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, func, insert, literal, or_, select, update

from instance.storage.access_tables import Login, OauthToken
from instance.storage.database import Command, Query, Tx
from instance.storage.push_tables import PushSubscription, PushWaiting
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Follow, Notification


class SubscriptionRow(NamedTuple):
    """Where the app of a token is reached. `alerts` is a JSON array of kinds, `token` the token itself, sealed."""

    id: int
    token_id: int
    owner_id: int
    endpoint: str
    p256dh: str
    auth: str
    standard: int
    alerts: str
    policy: str
    token: str
    created_at_ms: int


class WaitingRow(NamedTuple):
    """A notification that an app is still to be told of. `attempts`: how often it was tried; `revoked_at_ms`: of the app's token."""

    notification_id: int
    subscription_id: int
    attempts: int
    owner_id: int
    kind: str
    locale: str
    endpoint: str
    p256dh: str
    auth: str
    standard: int
    token: str
    revoked_at_ms: int | None


class _Last(NamedTuple):
    id: int


class _Due(NamedTuple):
    at_ms: int | None


_s, _w, _n = columns(PushSubscription), columns(PushWaiting), columns(Notification)
_t, _l, _f = columns(OauthToken), columns(Login), columns(Follow)
_OF_TOKEN = Query(
    select(*(_s[name] for name in SubscriptionRow._fields)).where(_s.token_id == bindparam("of_token")),
    SubscriptionRow,
)
# Small numbers: some apps keep the id of a subscription in 32 bits.
_LAST = Query(select(func.coalesce(func.max(_s.id), 0)), _Last)
_ADD = Command(insert(table(PushSubscription)))
_CHANGE = Command(
    update(table(PushSubscription))
    .where(_s.token_id == bindparam("of_token"))
    .values(alerts=bindparam("new_alerts"), policy=bindparam("new_policy"))
)
_REMOVE = Command(delete(table(PushSubscription)).where(_s.token_id == bindparam("of_token")))

_KINDS = func.json_each(_s.alerts).table_valued("value")
_FOLLOWED = exists().where(_f.follower_id == _n.owner_id, _f.followee_id == _n.actor_id)
_FOLLOWER = exists().where(_f.follower_id == _n.actor_id, _f.followee_id == _n.owner_id)
_WANT = Command(
    insert(table(PushWaiting)).from_select(
        ["notification_id", "subscription_id", "attempts", "due_at_ms", "created_at_ms"],
        select(_n.id, _s.id, literal(0), bindparam("at_ms"), bindparam("at_ms"))
        .join_from(table(Notification), table(PushSubscription), _s.owner_id == _n.owner_id)
        .where(
            in_list(_n.id, "notification_ids"),
            exists(select(literal(1)).select_from(_KINDS).where(_KINDS.c.value == _n.kind)),
            or_(
                _s.policy == "all",
                (_s.policy == "followed") & _FOLLOWED,
                (_s.policy == "follower") & _FOLLOWER,
            ),
        ),
    )
)
_NEXT_DUE = Query(select(func.min(_w.due_at_ms)), _Due)
_DUE = Query(
    select(
        _w.notification_id,
        _w.subscription_id,
        _w.attempts,
        _n.owner_id,
        _n.kind,
        _l.locale,
        _s.endpoint,
        _s.p256dh,
        _s.auth,
        _s.standard,
        _s.token,
        _t.revoked_at_ms,
    )
    .join_from(table(PushWaiting), table(PushSubscription), _s.id == _w.subscription_id)
    .join(table(Notification), _n.id == _w.notification_id)
    .join(table(Login), _l.actor_id == _n.owner_id)
    .join(table(OauthToken), _t.id == _s.token_id)
    .where(_w.due_at_ms <= bindparam("now"), ~in_list(_w.subscription_id, "busy"))
    .order_by(_w.due_at_ms, _w.notification_id)
    .limit(bindparam("limit")),
    WaitingRow,
)
_THIS_ONE = (_w.notification_id == bindparam("of_notification"), _w.subscription_id == bindparam("for_one"))
_LEASE = Command(
    update(table(PushWaiting))
    .where(*_THIS_ONE)
    .values(due_at_ms=bindparam("until"), attempts=_w.attempts + 1)
)
_PUT_OFF = Command(update(table(PushWaiting)).where(*_THIS_ONE).values(due_at_ms=bindparam("until")))
_DROP = Command(delete(table(PushWaiting)).where(*_THIS_ONE))
_EXPIRE = Command(delete(table(PushWaiting)).where(_w.created_at_ms < bindparam("before_ms")))
_RELEASE_ALL = Command(
    update(table(PushWaiting)).where(_w.due_at_ms > bindparam("now")).values(due_at_ms=bindparam("now"))
)
_END = Command(
    delete(table(PushSubscription)).where(
        _s.id == bindparam("this_id"), _s.endpoint == bindparam("this_endpoint")
    )
)
_END_REVOKED = Command(
    delete(table(PushSubscription)).where(_s.token_id.in_(select(_t.id).where(_t.revoked_at_ms.is_not(None))))
)


def of_token(tx: Tx, token_id: int) -> SubscriptionRow | None:
    """The subscription of a token."""
    return tx.first(_OF_TOKEN, of_token=token_id)


def last_id(tx: Tx) -> int:
    """The highest id of a subscription, 0 when there is none."""
    found = tx.first(_LAST)
    return found.id if found else 0


def add(tx: Tx, row: SubscriptionRow) -> SubscriptionRow:
    """Write a subscription in place of the token's former one; its id is chosen here."""
    row = row._replace(id=last_id(tx) + 1)
    remove(tx, row.token_id)
    tx.run(_ADD, **row._asdict())
    return row


def change(tx: Tx, token_id: int, *, alerts: str, policy: str) -> None:
    """Write what the app of a token wants to be told of."""
    tx.run(_CHANGE, of_token=token_id, new_alerts=alerts, new_policy=policy)


def remove(tx: Tx, token_id: int) -> None:
    """Drop the subscription of a token, and what waits for it."""
    tx.run(_REMOVE, of_token=token_id)


def want(tx: Tx, notification_ids: Iterable[int]) -> None:
    """Have apps told of new notifications: those that want their kind, from people of whom they want to hear."""
    tx.run(_WANT, notification_ids=array(notification_ids), at_ms=tx.now_ms)


def next_due_ms(tx: Tx) -> int | None:
    """When the first of what waits is due."""
    found = tx.first(_NEXT_DUE)
    return found.at_ms if found else None


def end_revoked(tx: Tx) -> None:
    """Drop the subscriptions of tokens that are good for nothing, and what waits for them."""
    tx.run(_END_REVOKED)


def due(tx: Tx, limit: int, *, busy: Iterable[int] = ()) -> list[WaitingRow]:
    """What is to be pushed now, the longest due first; nothing for subscriptions that are `busy`."""
    return tx.all(_DUE, now=tx.now_ms, limit=limit, busy=array(busy))


def lease(tx: Tx, rows: Iterable[WaitingRow], *, until_ms: int) -> None:
    """Count a try, and let nobody take these until a time."""
    tx.run_many(_LEASE, [_key(row) | {"until": until_ms} for row in rows])


def put_off(tx: Tx, row: WaitingRow, *, until_ms: int) -> None:
    """Try again at a time."""
    tx.run(_PUT_OFF, **_key(row), until=until_ms)


def drop(tx: Tx, rows: Iterable[WaitingRow]) -> None:
    """These wait no more."""
    tx.run_many(_DROP, [_key(row) for row in rows])


def expire(tx: Tx, *, before_ms: int) -> int:
    """Drop what has waited since before a time; how many."""
    return tx.run(_EXPIRE, before_ms=before_ms)


def release_all(tx: Tx) -> None:
    """Make all that waits due. For the start of the one process that pushes."""
    tx.run(_RELEASE_ALL, now=tx.now_ms)


def end(tx: Tx, subscription_id: int, *, endpoint: str) -> None:
    """Drop a subscription whose address is nobody's any more, and what waits for it. Ids are used again, so the address has to fit."""
    tx.run(_END, this_id=subscription_id, this_endpoint=endpoint)


def _key(row: WaitingRow) -> dict[str, int]:
    return {"of_notification": row.notification_id, "for_one": row.subscription_id}
