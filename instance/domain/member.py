"""Who is in a project. The rule kept here: each company says it of its own people, and of nobody else."""

from federation.letters import Draft
from instance.domain import saying
from instance.domain.notification import notify
from instance.domain.outcome import Outcome
from instance.domain.profile import ensure_rsa, render_person
from instance.errors import BadInput, Conflict, NotFound
from instance.events import MembershipChanged, TimelineChanged
from instance.storage import actors, charters, fanout, members
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.members import MemberRow

ROLES = ("lead", "member", "follower")


def add(tx: Tx, project_iri: str, *, actor_id: int, role: str) -> Outcome[MemberRow]:
    """Put one of our people into a project, or give another role. Raises BadInput, NotFound, Conflict."""
    person, before = _person(tx, actor_id), members.one(tx, project_iri, actor_id)
    if role not in ROLES:
        raise BadInput("role", f"A role is one of {', '.join(ROLES)}.")
    if person.state != "active":
        raise Conflict("person_disabled", f"{person.display_name} is disabled.")
    _require_open(tx, project_iri)
    is_new = before is None or before.state != "active"
    since_ms = tx.now_ms if before is None or is_new else before.since_ms
    row = MemberRow(project_iri, actor_id, tx.home.host, role, "active", since_ms, None)
    if row == before:
        return Outcome(row)
    ensure_rsa(tx, person.iri)
    members.put(tx, row)
    if is_new:
        fanout.put_space(tx, actor_id, project_iri)
    _tell(tx, project_iri, actor_id)
    return Outcome(row, (_say_add(tx, person, row),))


def remove(tx: Tx, project_iri: str, *, actor_id: int) -> Outcome[MemberRow]:
    """Take one of our people, or a request, out of a project. Raises NotFound."""
    person, row = _person(tx, actor_id), members.one(tx, project_iri, actor_id)
    if row is None or row.state == "left":
        raise NotFound("membership")
    _end(tx, row)
    fanout.take_space(tx, actor_id, project_iri)
    _tell(tx, project_iri, actor_id)
    drafts = (say_remove(tx, person, project_iri),) if row.state == "active" else ()
    return Outcome(row._replace(state="left", until_ms=tx.now_ms), drafts)


def remove_everywhere(tx: Tx, actor_id: int) -> Outcome[int]:
    """Take one of our people out of all projects; how many there were."""
    mine = members.standings_of(tx, actor_id)
    drafts = [draft for row in mine for draft in remove(tx, row.project_iri, actor_id=actor_id).drafts]
    return Outcome(len(mine), tuple(drafts))


def request(tx: Tx, project_iri: str, *, actor_id: int) -> Outcome[MemberRow]:
    """Ask, as a colleague, to be let into a project as follower; our leads of it are told. Raises NotFound, Conflict."""
    person, before = _person(tx, actor_id), members.one(tx, project_iri, actor_id)
    if before is not None and before.state != "left":
        return Outcome(before)
    if person.state != "active":
        raise Conflict("person_disabled", f"{person.display_name} is disabled.")
    _require_open(tx, project_iri)
    left_ms = before.until_ms if before is not None else None
    row = MemberRow(project_iri, actor_id, tx.home.host, "follower", "requested", tx.now_ms, left_ms)
    members.put(tx, row)
    ours = set(members.local_active_ids(tx, project_iri))
    leads = [
        found.actor_id
        for found in members.of_project(tx, project_iri)
        if found.role == "lead" and found.actor_id in ours
    ]
    notify(tx, "follow_request", leads, actor_id=actor_id)
    return Outcome(row)


def close_host(tx: Tx, project_iri: str, host: str) -> None:
    """Take all people of a company out of a project that it left."""
    for row in members.of_host(tx, project_iri, host):
        _end(tx, row)
        if host == tx.home.host:
            fanout.take_space(tx, row.actor_id, project_iri)
        _tell(tx, project_iri, row.actor_id, host=host)


def _end(tx: Tx, row: MemberRow) -> None:
    """Whoever only asked and was never in leaves no row: a row says that the partners know the name."""
    if row.state == "requested" and row.until_ms is None:
        members.drop(tx, row.project_iri, row.actor_id)
    else:
        members.leave(tx, row.project_iri, row.actor_id)


def left_since(tx: Tx, project_iri: str, since_ms: int) -> tuple[Draft, ...]:
    """The removals that the gate held back while it was shut, to be said now that it is open."""
    gone = members.left_since(tx, project_iri, tx.home.host, since_ms)
    people = actors.by_ids(tx, [row.actor_id for row in gone])
    return tuple(say_remove(tx, people[row.actor_id], project_iri) for row in gone)


def say_remove(tx: Tx, person: ActorRow, project_iri: str) -> Draft:
    """Remove of a person from a project, by our node."""
    stub = {"id": person.iri, "type": "Person"}
    target = f"{project_iri}/members"
    return saying.in_log(tx, "Remove", stub, author=tx.home.node, project=project_iri, target=target)


def _say_add(tx: Tx, person: ActorRow, row: MemberRow) -> Draft:
    document = render_person(person, actors.keys_of(tx, person.iri), home=tx.home)
    return saying.in_log(
        tx,
        "Add",
        {name: value for name, value in document.items() if name != "@context"},
        author=tx.home.node,
        project=row.project_iri,
        target=f"{row.project_iri}/members",
        memberRole=row.role,
    )


def _require_open(tx: Tx, project_iri: str) -> None:
    """Only while the gate is open: what it holds back now, the others would never learn."""
    charter = charters.in_force(tx, project_iri)
    if charter is None:
        raise Conflict("no_charter", "The project has no charter in force.")
    if not charters.open_hosts(tx, project_iri):
        raise Conflict(
            "charter_closed", f"The project's charter is {charter.state} and lets nothing through now."
        )


def _tell(tx: Tx, project_iri: str, actor_id: int, *, host: str | None = None) -> None:
    tx.emit(MembershipChanged(project_iri, actor_id))
    if host in {None, tx.home.host}:
        tx.emit(TimelineChanged(actor_id))


def _person(tx: Tx, actor_id: int) -> ActorRow:
    row = actors.by_id(tx, actor_id)
    if row is None or row.kind != "person" or row.host != tx.home.host:
        raise NotFound("person")
    return row
