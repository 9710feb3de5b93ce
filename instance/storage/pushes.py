"""Push subscriptions as rows, one for each token. The rule kept here: they are their token's alone, and go with it."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.push_tables import PushSubscription
from instance.storage.sql import columns, table


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


class _Last(NamedTuple):
    id: int


_s = columns(PushSubscription)
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


def of_token(tx: Tx, token_id: int) -> SubscriptionRow | None:
    """The subscription of a token."""
    return tx.first(_OF_TOKEN, of_token=token_id)


def add(tx: Tx, row: SubscriptionRow) -> SubscriptionRow:
    """Write a subscription in place of the token's former one; its id is chosen here."""
    last = tx.first(_LAST)
    remove(tx, row.token_id)
    row = row._replace(id=(last.id if last else 0) + 1)
    tx.run(_ADD, **row._asdict())
    return row


def change(tx: Tx, token_id: int, *, alerts: str, policy: str) -> None:
    """Write what the app of a token wants to be told of."""
    tx.run(_CHANGE, of_token=token_id, new_alerts=alerts, new_policy=policy)


def remove(tx: Tx, token_id: int) -> None:
    """Drop the subscription of a token, and what waits for it."""
    tx.run(_REMOVE, of_token=token_id)
