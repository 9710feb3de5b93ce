"""A partner's person who is gone. The rule kept here: they leave the project in whose log it stands; what they said stays, as the log says; out of every project their profile goes."""

from federation.letters import Draft
from instance.domain.outcome import Incoming, Ruling
from instance.domain.post_inbound import NOTHING, member_of
from instance.events import ActorChanged, MembershipChanged
from instance.storage import actors, members
from instance.storage.database import Tx


def verify_delete(tx: Tx, incoming: Incoming) -> Ruling:
    """A member of the project, about itself."""
    if incoming.activity.object_iri != incoming.activity.actor:
        return Ruling(taken=False, rule="profile_of_another")
    if member_of(tx, incoming) is None:
        return Ruling(taken=False, rule="not_a_member")
    return Ruling(taken=True, rule="person_is_gone")


def apply_delete(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Take the person out of the project, and empty the profile when that was the last one."""
    person = actors.by_iri(tx, incoming.activity.actor)
    if person is None or incoming.project is None or person.host == tx.home.host:
        return NOTHING
    members.leave(tx, incoming.project, person.id)
    tx.emit(MembershipChanged(incoming.project, person.id))
    if not members.standings_of(tx, person.id):
        actors.set_profile(tx, person.id, display_name=person.username, summary="", title="")
        actors.forget_document(tx, person.id)
        actors.set_state(tx, person.id, "gone")
        tx.emit(ActorChanged(person.id))
    return NOTHING
