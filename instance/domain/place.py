"""Where a new post belongs and whom its handles mean.

The rule kept here: an answer stays in its thread's space; else the project named; else the one project shared with the partner's people
that a direct post is for; else INTERNAL. Where the author's words could mean two places, the author is asked.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from instance.domain.refusal import cannot
from instance.domain.text import Handle
from instance.policy import INTERNAL
from instance.storage import actors, logins, members, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.members import MemberRow
from instance.storage.posts import PostRow


class Writer(NamedTuple):
    """Who writes: the person, the language they read, and the projects they are in."""

    actor: ActorRow
    locale: str
    mine: tuple[MemberRow, ...]


def writer_of(tx: Tx, actor: ActorRow) -> Writer:
    """Load what is asked of an author."""
    login = logins.login_of(tx, actor.id)
    return Writer(actor, login.locale if login else "en", tuple(members.projects_of(tx, actor.id)))


def parent_of(tx: Tx, writer: Writer, parent_id: int) -> PostRow:
    """The post answered; of a boost, what it boosts. Raises CannotPublish."""
    parent = posts.meant_by(tx, writer.actor.id, parent_id)
    if parent is None:
        raise cannot("no_parent", writer.locale, field="in_reply_to_id")
    return parent


def meaning_of(tx: Tx, writer: Writer, handles: Iterable[Handle]) -> dict[Handle, ActorRow]:
    """Whom the handles mean; those that mean nobody stay words. Raises CannotPublish."""
    found = {handle: _whom(tx, writer, handle) for handle in handles}
    return {handle: actor for handle, actor in found.items() if actor is not None}


def space_of(
    tx: Tx, writer: Writer, named: Sequence[ActorRow], *, chosen: str | None, is_direct: bool
) -> str:
    """The space of a post that opens a thread; `chosen` is the project picked on a page, or INTERNAL. Raises CannotPublish."""
    picked = [chosen] if chosen else []
    projects = list(dict.fromkeys(picked + [actor.iri for actor in named if actor.kind == "project"]))
    if chosen == INTERNAL and len(projects) > 1:
        raise cannot("inside_only", writer.locale, project=name_of(tx, projects[1]))
    if len(projects) > 1:
        raise cannot("two_projects", writer.locale, projects=", ".join(name_of(tx, iri) for iri in projects))
    if projects:
        return projects[0]
    partners = [actor for actor in named if actor.kind == "person" and actor.host != tx.home.host]
    return _shared(tx, writer, partners) if partners and is_direct else INTERNAL


def takes_part(writer: Writer, space: str) -> bool:
    """Whether the author is in the project, in whatever role; inside everybody is."""
    return space == INTERNAL or any(member.project_iri == space for member in writer.mine)


def check_takes_part(tx: Tx, writer: Writer, space: str) -> None:
    """Raise CannotPublish unless the author may post there: inside always, in a project as a member."""
    if space == INTERNAL:
        return
    role = next((member.role for member in writer.mine if member.project_iri == space), None)
    if role is None:
        raise cannot("not_a_member", writer.locale, project=name_of(tx, space))
    if role == "follower":
        raise cannot("only_follows", writer.locale, project=name_of(tx, space))


def check_all_take_part(tx: Tx, writer: Writer, space: str, mentions: Sequence[ActorRow]) -> None:
    """Raise CannotPublish when a project's post names somebody who is not in the project."""
    if space == INTERNAL:
        return
    inside = {member.actor_id for member in members.of_project(tx, space)}
    strangers = [actor for actor in mentions if actor.kind == "person" and actor.id not in inside]
    if strangers:
        people = ", ".join(f"{actor.display_name} ({_handle(actor)})" for actor in strangers)
        raise cannot("mentions_a_stranger", writer.locale, project=name_of(tx, space), people=people)


def name_of(tx: Tx, iri: str) -> str:
    """What people call the actor of that IRI."""
    actor = actors.by_iri(tx, iri)
    return actor.display_name if actor else iri


def _whom(tx: Tx, writer: Writer, handle: Handle) -> ActorRow | None:
    """A full handle means that actor; a bare one a colleague, else my one project of that name, else our own project."""
    actor = actors.by_username(tx, handle.name, handle.host or tx.home.host)
    if actor is not None and (actor.state != "active" or actor.kind == "node"):
        actor = None
    if handle.host or (actor is not None and actor.kind == "person"):
        return actor
    projects = actors.by_iris(tx, [member.project_iri for member in writer.mine]).values()
    named = [project for project in projects if project.username.lower() == handle.name]
    if len(named) > 1:
        handles = ", ".join(_handle(project) for project in named)
        raise cannot("ambiguous_project", writer.locale, handle=str(handle), projects=handles)
    return named[0] if named else actor


def _shared(tx: Tx, writer: Writer, partners: Sequence[ActorRow]) -> str:
    """The one project that the author and all these partners' people take part in."""
    shared = {member.project_iri for member in writer.mine}
    for partner in partners:
        shared &= {member.project_iri for member in members.projects_of(tx, partner.id)}
    people = ", ".join(actor.display_name for actor in partners)
    if not shared:
        raise cannot("no_shared_project", writer.locale, people=people)
    if len(shared) > 1:
        projects = ", ".join(sorted(_handle(actor) for actor in actors.by_iris(tx, shared).values()))
        raise cannot("several_projects", writer.locale, people=people, projects=projects)
    return shared.pop()


def _handle(actor: ActorRow) -> str:
    return str(Handle(actor.username, actor.host))
