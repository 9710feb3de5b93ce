"""Telling our people what happened. The rule kept here: nobody is told of their own deeds, and nobody outside the company is told this way."""

from collections.abc import Iterable

from instance import ids
from instance.events import Notified
from instance.storage import hearing, notifications, pushes
from instance.storage.database import Tx
from instance.storage.notifications import NotificationRow


def notify(tx: Tx, kind: str, owner_ids: Iterable[int], *, actor_id: int, post_id: int | None = None) -> None:
    """Tell each of these people of ours, once, that the actor did something; not those who do not want to hear of it."""
    remind(tx, kind, [owner for owner in owner_ids if owner != actor_id], actor_id=actor_id, post_id=post_id)


def remind(tx: Tx, kind: str, owner_ids: Iterable[int], *, actor_id: int, post_id: int | None = None) -> None:
    """Tell each of these people of ours, once, what came of time alone, the actor among them."""
    owners = list(dict.fromkeys(owner_ids))
    if not owners:
        return
    untold = hearing.untold(tx, owners, actor_id, post_id=post_id)
    rows = [
        NotificationRow(ids.snowflake(tx.now_ms), owner, kind, actor_id, post_id, tx.now_ms)
        for owner in owners
        if owner not in untold
    ]
    notifications.insert_many(tx, rows)
    pushes.want(tx, [row.id for row in rows])
    for row in rows:
        tx.emit(Notified(row.id, row.owner_id))
