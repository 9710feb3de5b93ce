"""Telling our people what happened. The rule kept here: nobody is told of their own deeds, and nobody outside the company is told this way."""

from collections.abc import Iterable

from instance import ids
from instance.domain import manners
from instance.events import Notified
from instance.storage import hearing, notifications, pushes
from instance.storage.database import Tx
from instance.storage.notifications import NotificationRow

GROUPED = ("favourite", "reblog", "follow")
GROUP_MS = 12 * 3_600_000


def notify(tx: Tx, kind: str, owner_ids: Iterable[int], *, actor_id: int, post_id: int | None = None) -> None:
    """Tell each of these people of ours, once, that the actor did something; not those who do not want to hear of it."""
    remind(tx, kind, [owner for owner in owner_ids if owner != actor_id], actor_id=actor_id, post_id=post_id)


def remind(tx: Tx, kind: str, owner_ids: Iterable[int], *, actor_id: int, post_id: int | None = None) -> None:
    """Tell each of these people of ours, once, what came of time alone, the actor among them."""
    owners = list(dict.fromkeys(owner_ids))
    if not owners:
        return
    untold = hearing.untold(tx, owners, actor_id, post_id=post_id)
    treated = manners.treatments(tx, kind, owners, actor_id=actor_id, post_id=post_id)
    rows = [
        NotificationRow(
            id=ids.snowflake(tx.now_ms),
            owner_id=owner,
            kind=kind,
            actor_id=actor_id,
            post_id=post_id,
            created_at_ms=tx.now_ms,
            group_key=f"{kind}-{post_id or 0}-{tx.now_ms // GROUP_MS}" if kind in GROUPED else "",
            is_filtered=int(treated.get(owner) == "filter"),
        )
        for owner in owners
        if owner not in untold and treated.get(owner) != "drop"
    ]
    notifications.insert_many(tx, rows)
    for row in rows:
        if row.is_filtered:
            manners.hold(tx, row.owner_id, actor_id=actor_id, post_id=post_id)
    heard = [row for row in rows if not row.is_filtered]
    pushes.want(tx, [row.id for row in heard])
    for row in heard:
        tx.emit(Notified(row.id, row.owner_id))
