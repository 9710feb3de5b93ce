"""Whose posts come home. The rule kept here: a follow stays in the house; to follow a project is to ask for a place in it."""

from instance.domain import member
from instance.domain.notification import notify
from instance.domain.outcome import Outcome
from instance.errors import NotAllowed, NotFound
from instance.events import TimelineChanged
from instance.storage import actors, fanout, follows
from instance.storage.actors import ActorRow
from instance.storage.database import Tx


def follow(tx: Tx, follower: ActorRow, followee_id: int) -> Outcome[ActorRow]:
    """Follow a colleague or a partner's person, or ask to follow a project. Raises NotFound, NotAllowed."""
    followee = _followee(tx, followee_id)
    if followee.id == follower.id:
        raise NotAllowed("follow_self", "You cannot follow yourself.")
    if followee.kind == "project":
        return Outcome(followee, member.request(tx, followee.iri, actor_id=follower.id).drafts)
    if follows.add(tx, follower.id, followee.id):
        fanout.put_author(tx, follower.id, followee.id)
        tx.emit(TimelineChanged(follower.id))
        if followee.host == tx.home.host:
            notify(tx, "follow", [followee.id], actor_id=follower.id)
    return Outcome(followee)


def unfollow(tx: Tx, follower: ActorRow, followee_id: int) -> Outcome[ActorRow]:
    """Follow no longer; of a project: leave it. Raises NotFound."""
    followee = _followee(tx, followee_id)
    if followee.kind == "project":
        return Outcome(followee, member.remove(tx, followee.iri, actor_id=follower.id).drafts)
    if follows.drop(tx, follower.id, followee.id):
        fanout.take_author(tx, follower.id, followee.id)
        tx.emit(TimelineChanged(follower.id))
    return Outcome(followee)


def _followee(tx: Tx, actor_id: int) -> ActorRow:
    actor = actors.by_id(tx, actor_id)
    if actor is None or actor.kind == "node" or actor.state != "active":
        raise NotFound("person or project")
    return actor
