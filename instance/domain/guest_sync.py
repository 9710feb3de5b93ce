"""Which followers we count at a guest host (FEP-8fcf). The rule kept here: a host hears of its own people, all of them or none.

What is served is whole, never a page of it, so that nobody there is taken for one who does not follow.
"""

from collections.abc import Iterable
from dataclasses import replace

from federation import collection
from federation.document import Document
from federation.letters import Draft
from federation.origin import host_of
from federation.synchronization import Said, followers_digest, render
from instance.domain import guest, saying
from instance.policy import guest_of, guest_space, is_takeback
from instance.storage import guests
from instance.storage.actors import ActorRow
from instance.storage.database import Tx


def header(tx: Tx, space: str) -> str | None:
    """What a letter in the space of a guest says of the followers there; None in every other space."""
    place = guest_of(space)
    if place is None or is_takeback(space):
        return None
    host, project = place
    digest = followers_digest(guests.following(tx, project, host))
    return render(Said(f"{project}/followers", f"{project}/followers_synchronization", digest))


def partial(tx: Tx, project: ActorRow, *, viewer: str) -> Document | None:
    """The followers at the very host that asks; None when it is no guest of the project now."""
    if not guest.is_open(tx, project.iri, viewer):
        return None
    iris = guests.following(tx, project.iri, viewer)
    return collection.render_items(f"{project.iri}/followers_synchronization", iris)


def disown(tx: Tx, sender: str, listed: Iterable[str]) -> tuple[Draft, ...]:
    """Take back what a guest host takes for a following of ours: projects never follow. Of persons nothing is said."""
    host, person = host_of(sender), guests.actor(tx, sender)
    if person is None:
        return ()
    projects = sorted(set(guest.open_projects(tx, host)) & set(listed))
    return tuple(
        replace(_undo_follow(tx, iri, sender), host=host, inbox=person.shared_inbox or person.inbox)
        for iri in projects
    )


def _undo_follow(tx: Tx, project_iri: str, sender: str) -> Draft:
    follow = {"type": "Follow", "actor": project_iri, "object": sender}
    space = guest_space(host_of(sender), project_iri)
    return saying.to_guests(tx, "Undo", follow, space=space, to=[sender])


def counted(tx: Tx, project: ActorRow, *, viewer: str) -> Document:
    """How many follow a project, without who: a guest hears of its own people, a company of all."""
    if guest.is_guest(tx, viewer):
        total = len(guests.following(tx, project.iri, viewer))
    else:
        total = guests.count_followers(tx, project.iri)
    return collection.render_collection(f"{project.iri}/followers", total=total)
