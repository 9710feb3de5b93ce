"""What comes from guest hosts: their people follow a project and stop following. The rule kept here: a guest's word counts for its own people and for the project it is a guest of.

Nothing of it enters a project's log as it came: what a guest brings about is said by the project's own actor.
"""

from typing import Any

from federation.document import id_of
from federation.letters import Draft
from federation.origin import host_of
from instance.domain import guest, guest_answer, guest_moved
from instance.domain.outcome import Incoming, Ruling
from instance.policy import guest_space
from instance.storage import guest_standing, guests, other_names
from instance.storage.database import Tx
from instance.storage.guests import FollowerRow

HOUR_MS = 3_600_000
FOLLOWS_AN_HOUR = 2_000  # of people of one host: each is a row, and a letter of ours
NOTHING: tuple[Draft, ...] = ()
NONE = Ruling(taken=False, rule="guest_has_none")


def _is_of_its_host(incoming: Incoming) -> bool:
    return host_of(incoming.activity.actor) == incoming.host


def verify_follow(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody at a guest host follows a project that the host is a guest of."""
    project = incoming.activity.object_iri or ""
    if not _is_of_its_host(incoming) or not guest.is_open(tx, project, incoming.host):
        return Ruling(taken=False, rule="guest_not_allowed")
    if guest_standing.is_blocked(tx, incoming.activity.actor):
        return Ruling(taken=False, rule="guest_is_blocked")
    if guests.actor(tx, incoming.activity.actor) is None:
        return Ruling(taken=False, rule="guest_unknown")
    since_ms = tx.now_ms - HOUR_MS
    if guests.followed_lately(tx, project, host=incoming.host, since_ms=since_ms) >= FOLLOWS_AN_HOUR:
        return Ruling(taken=False, rule="guest_follows_too_often")
    return Ruling(taken=True, rule="guest_follows")


def apply_follow(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write it and accept it; who asks again is told again."""
    activity = incoming.activity
    known = guests.actor(tx, activity.actor)
    assert known is not None
    follower = FollowerRow(
        project_iri=activity.object_iri or "",
        actor_iri=known.iri,
        host=incoming.host,
        inbox=known.shared_inbox or known.inbox,
        follow_iri=activity.iri,
        since_ms=tx.now_ms,
        ended_at_ms=None,
    )
    guests.follow(tx, follower)
    guest_moved.arrive(tx, follower.project_iri, follower.actor_iri)
    space = guest_space(incoming.host, follower.project_iri)
    return (guest.answer_follow(tx, "Accept", follower, space=space),)


def verify_unfollow(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody who follows a project follows it no longer; the Follow may be named by its id alone.

    Who came over to the new name of ours undoes the old follow behind it: that ends nothing.
    """
    if _is_left_behind(tx, incoming):
        return Ruling(taken=False, rule="guest_moved_already")
    return (
        Ruling(taken=True, rule="guest_unfollows")
        if _is_following(tx, incoming, _followed(tx, incoming))
        else NONE
    )


def apply_unfollow(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write it."""
    guests.unfollow(tx, _followed(tx, incoming), incoming.activity.actor)
    return NOTHING


def verify_block(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody blocks a project, and so follows it no longer."""
    return (
        Ruling(taken=True, rule="guest_blocks")
        if _is_following(tx, incoming, incoming.activity.object_iri or "")
        else NONE
    )


def apply_block(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write that they do not follow it."""
    guests.unfollow(tx, incoming.activity.object_iri or "", incoming.activity.actor)
    return NOTHING


def verify_profile(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody whom we know there tells their new name or inbox."""
    activity = incoming.activity
    known = activity.object_iri == activity.actor and guests.actor(tx, activity.actor) is not None
    if not known or not _is_of_its_host(incoming):
        return NONE
    guest.check_inbox(activity.object)
    return Ruling(taken=True, rule="guest_profile")


def apply_profile(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Keep it; it may say as whom else they are known, and so complete a move."""
    known = guest.know(tx, incoming.activity.object)
    guests.readdress(tx, known.iri, inbox=known.shared_inbox or known.inbox)
    for row in guests.followed(tx, known.iri):
        guest_moved.arrive(tx, row.project_iri, known.iri)
    return NOTHING


def verify_delete(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody at a guest host is gone, or takes an answer back."""
    activity = incoming.activity
    if activity.object_iri != activity.actor:
        return guest_answer.verify_delete(tx, incoming)
    is_gone = guests.actor(tx, activity.actor) is not None
    return Ruling(taken=True, rule="guest_is_gone") if is_gone and _is_of_its_host(incoming) else NONE


def apply_delete(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Forget them, or delete what they said."""
    if incoming.activity.object_iri != incoming.activity.actor:
        return guest_answer.apply_delete(tx, incoming)
    guests.forget_actor(tx, incoming.activity.actor)
    return NOTHING


def _followed(tx: Tx, incoming: Incoming) -> str:
    """The project whose Follow is undone: as the Follow says when it is there, else as we know the Follow by its id."""
    undone: Any = incoming.activity.object
    named = id_of(undone.get("object")) if isinstance(undone, dict) else None
    return named or guests.followed_by(tx, incoming.activity.actor, incoming.activity.object_iri or "")


def _is_left_behind(tx: Tx, incoming: Incoming) -> bool:
    follower = guests.follower(tx, _followed(tx, incoming), incoming.activity.actor)
    former = other_names.former(tx, tx.home.host)
    if follower is None or not former or follower.since_ms < former[0].since_ms:
        return False
    return incoming.activity.object_iri != follower.follow_iri


def _is_following(tx: Tx, incoming: Incoming, project: str) -> bool:
    return guest.follows(tx, project, incoming.activity.actor, host=incoming.host)
