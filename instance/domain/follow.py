"""Whose posts come home. The rule kept here: a follow stays in the house; to follow a project is to ask for a place in it."""

from typing import NamedTuple

from instance.domain import member
from instance.domain.about import about_of
from instance.domain.notification import notify
from instance.domain.outcome import Outcome
from instance.errors import NotAllowed, NotFound
from instance.events import TimelineChanged
from instance.storage import actors, fanout, follow_requests, follows, hearing
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.follows import FollowRow


class Wish(NamedTuple):
    """How a follow is meant; what is None stays as it is. `languages` are ISO 639-1 codes, none of them means all."""

    boosts: bool | None = None
    notify: bool | None = None
    languages: tuple[str, ...] | None = None


AS_IT_IS = Wish()


def follow(tx: Tx, follower: ActorRow, followee_id: int, *, wish: Wish = AS_IT_IS) -> Outcome[ActorRow]:
    """Follow a colleague or a partner's person, or ask to follow a project; or say how a follow is meant. Raises NotFound, NotAllowed."""
    followee = _followee(tx, followee_id)
    if followee.id == follower.id:
        raise NotAllowed("follow_self", "You cannot follow yourself.")
    if followee.kind == "project":
        return Outcome(followee, member.request(tx, followee.iri, actor_id=follower.id).drafts)
    if hearing.is_blocked(tx, followee.id, follower.id) or hearing.is_blocked(tx, follower.id, followee.id):
        raise NotAllowed("blocked", "One of you has blocked the other.")
    known = follows.marks_of(tx, follower.id, [followee.id]).following.get(followee.id)
    row = _meant(known or FollowRow(follower.id, followee.id, tx.now_ms), wish)
    if known is not None:
        follows.change(tx, row)
        return Outcome(followee)
    is_ours = followee.host == tx.home.host
    if is_ours and about_of(followee).locked:
        _ask(tx, row)
        return Outcome(followee)
    begin(tx, row)
    if is_ours:
        notify(tx, "follow", [followee.id], actor_id=follower.id)
    return Outcome(followee)


def begin(tx: Tx, row: FollowRow) -> None:
    """Bring somebody's posts home from now on."""
    follows.add(tx, row)
    fanout.put_author(tx, row.follower_id, row.followee_id)
    tx.emit(TimelineChanged(row.follower_id))


def _ask(tx: Tx, row: FollowRow) -> None:
    """Ask somebody who decides about their followers, once; asked again, it is meant as it is meant now."""
    is_new = follow_requests.one(tx, row.followee_id, row.follower_id) is None
    follow_requests.put(tx, row)
    if is_new:
        notify(tx, "follow_request", [row.followee_id], actor_id=row.follower_id)


def _meant(row: FollowRow, wish: Wish) -> FollowRow:
    languages = row.languages
    if wish.languages is not None:
        languages = f" {' '.join(wish.languages)} " if wish.languages else ""
    return row._replace(
        boosts=row.boosts if wish.boosts is None else int(wish.boosts),
        notify=row.notify if wish.notify is None else int(wish.notify),
        languages=languages,
    )


def unfollow(tx: Tx, follower: ActorRow, followee_id: int) -> Outcome[ActorRow]:
    """Follow no longer, or ask no longer; of a project: leave it. Raises NotFound."""
    followee = _followee(tx, followee_id)
    if followee.kind == "project":
        return Outcome(followee, member.remove(tx, followee.iri, actor_id=follower.id).drafts)
    follow_requests.drop(tx, followee.id, follower.id)
    _end(tx, follower.id, followee.id)
    return Outcome(followee)


def drop_follower(tx: Tx, followee: ActorRow, follower_id: int) -> Outcome[ActorRow]:
    """Have a colleague no longer follow oneself; they are not told. Raises NotFound."""
    follower = _followee(tx, follower_id)
    _end(tx, follower.id, followee.id)
    return Outcome(follower)


def _end(tx: Tx, follower_id: int, followee_id: int) -> None:
    if follows.drop(tx, follower_id, followee_id):
        fanout.take_author(tx, follower_id, followee_id)
        tx.emit(TimelineChanged(follower_id))


def _followee(tx: Tx, actor_id: int) -> ActorRow:
    actor = actors.by_id(tx, actor_id)
    if actor is None or actor.kind == "node" or actor.state != "active":
        raise NotFound("person or project")
    return actor
