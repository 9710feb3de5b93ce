"""Follows that come from partners. The rule kept here: a follow stays at home, so the answer is no; it is said where both are in one project, and nowhere else.

Whoever shares no project with us gets one refusal for everybody, those who exist and those who never did.
"""

from federation.letters import Draft
from federation.origin import host_of
from instance.domain import saying
from instance.domain.outcome import Incoming, Ruling
from instance.storage import actors, charters, members
from instance.storage.actors import ActorRow
from instance.storage.database import Tx


def verify_follow(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody at a partner wants to follow one of our people in a project with them, or that project of ours."""
    if host_of(incoming.activity.actor) != incoming.host or _asked(tx, incoming) is None:
        return Ruling(taken=False, rule="follow_stays_at_home")
    return Ruling(taken=True, rule="follow_declined")


def apply_follow(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Say no, so that nobody waits for an answer."""
    asked = _asked(tx, incoming)
    if asked is None:
        return ()
    followed, project = asked
    activity = incoming.activity
    follow = {"id": activity.iri, "type": "Follow", "actor": activity.actor, "object": followed.iri}
    return (saying.to_one(tx, "Reject", follow, author=followed.iri, space=project, host=incoming.host),)


def _asked(tx: Tx, incoming: Incoming) -> tuple[ActorRow, str] | None:
    """Who is to be followed, and the project in which the partner knows them."""
    followed = actors.by_iri(tx, incoming.activity.object_iri or "")
    if followed is None or followed.host != tx.home.host or followed.state != "active":
        return None
    shared = [one for one in _projects(tx, followed) if incoming.host in charters.open_hosts(tx, one)]
    return (followed, shared[0]) if shared else None


def _projects(tx: Tx, followed: ActorRow) -> list[str]:
    if followed.kind == "project":
        return [followed.iri]
    return (
        [row.project_iri for row in members.projects_of(tx, followed.id)] if followed.kind == "person" else []
    )
