"""Somebody at a guest host moves to another server. The rule kept here: both must say so, and nobody is let in by having moved.

The old one says it with a `Move`, signed by its own key; the new one lists the old in `alsoKnownAs`. Where the new server is a guest of the
project too, the old follow stays until the new one has come, so that nothing is missed in between; elsewhere it ends at once.
"""

import orjson

from federation.document import id_of
from federation.errors import FederationError
from federation.letters import Draft
from federation.origin import host_of
from instance.domain import guest
from instance.domain.outcome import Incoming, Ruling
from instance.storage import guests
from instance.storage.database import Tx

NOTHING: tuple[Draft, ...] = ()


def verify_move(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody whom we know there says where they went."""
    activity = incoming.activity
    is_own = activity.object_iri == activity.actor and host_of(activity.actor) == incoming.host
    if not is_own or guests.actor(tx, activity.actor) is None:
        return Ruling(taken=False, rule="guest_has_none")
    if _target(incoming) in {"", activity.actor}:
        return Ruling(taken=False, rule="guest_moves_nowhere")
    return Ruling(taken=True, rule="guest_moves")


def apply_move(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Keep where they went. What they follow and could not follow from there, they follow no longer."""
    old, new = incoming.activity.actor, _target(incoming)
    guests.move(tx, old, to=new)
    for row in guests.followed(tx, old):
        came = guests.follower(tx, row.project_iri, new)
        arrived = came is not None and came.ended_at_ms is None and _claims(tx, new, old)
        if arrived or not guest.is_open(tx, row.project_iri, host_of(new)):
            guests.unfollow(tx, row.project_iri, old)
    return NOTHING


def arrive(tx: Tx, project_iri: str, actor_iri: str) -> None:
    """Somebody follows a project: those who said that they went there, and whom they call their own, follow it no longer."""
    for row in guests.came_from(tx, actor_iri):
        if _claims(tx, actor_iri, row.iri):
            guests.unfollow(tx, project_iri, row.iri)


def _claims(tx: Tx, new: str, old: str) -> bool:
    known = guests.actor(tx, new)
    return known is not None and old in orjson.loads(known.also_known_as)


def _target(incoming: Incoming) -> str:
    """Where they went, if it is an address."""
    iri = id_of(incoming.activity.target) or ""
    try:
        return iri if host_of(iri) else ""
    except FederationError:
        return ""
