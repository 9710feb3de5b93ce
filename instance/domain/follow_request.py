"""Who decides about their followers themselves. The rule kept here: nobody follows them before they said so; who stops deciding lets all in."""

from instance.domain import follow
from instance.domain.about import about_of
from instance.domain.outcome import Outcome
from instance.errors import NotFound
from instance.storage import actors, follow_requests
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.follows import FollowRow


def admit(tx: Tx, owner: ActorRow, follower_id: int) -> Outcome[FollowRow]:
    """Let somebody follow who asked. Raises NotFound."""
    row = _answered(tx, owner, follower_id)
    follow.begin(tx, row._replace(created_at_ms=tx.now_ms))
    return Outcome(row)


def refuse(tx: Tx, owner: ActorRow, follower_id: int) -> Outcome[FollowRow]:
    """Turn a request away; who asked is not told. Raises NotFound."""
    return Outcome(_answered(tx, owner, follower_id))


def settle(tx: Tx, actor_id: int) -> None:
    """Let everybody in who waits for somebody who does not decide about that any more."""
    owner = actors.by_id(tx, actor_id)
    if owner is None or about_of(owner).locked:
        return
    for row in follow_requests.waiting(tx, owner.id):
        admit(tx, owner, row.follower_id)


def _answered(tx: Tx, owner: ActorRow, follower_id: int) -> FollowRow:
    row = follow_requests.one(tx, owner.id, follower_id)
    if row is None:
        raise NotFound("request")
    follow_requests.drop(tx, owner.id, follower_id)
    return row
