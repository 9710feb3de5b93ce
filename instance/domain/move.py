"""Our company takes another domain. The rule kept here: nothing changes until every company has signed every charter under the new name; then all of it at once.

    plan → start: a next version of each charter in force, in which we have the new name → all have signed → go: they are put in force, guests
    are told, every row gets the new name (storage.other_names.rename) → both names answer for a while → finish

Until `go` all of it can be taken back with `cancel`, and the old name goes on. After it there is one way: forward.
"""

from dataclasses import replace
from typing import NamedTuple

import orjson

from federation.errors import FederationError
from federation.letters import Draft
from federation.origin import host_of
from instance.domain import charter, charter_proofs, charter_steps, saying
from instance.domain.outcome import Outcome
from instance.errors import BadInput, Conflict
from instance.home import Home
from instance.policy import guests_space
from instance.renaming import Renaming
from instance.storage import actors, charters, delivery, guest_notes, guests, other_names, things
from instance.storage.charters import CharterRow
from instance.storage.database import Tx
from instance.storage.other_names import NameRow

DAY_MS = 24 * 3_600_000
LEAST_DAYS, MOST_DAYS, USUAL_DAYS = 1, 90, 30
SIGNED, ASKED, REFUSED, MISSING = "signed", "asked", "refused", "not offered"


class Standing(NamedTuple):
    """How a company stands to our new name in one project; `error` is what was last in the way of reaching it."""

    project: str
    host: str
    company: str
    state: str
    error: str = ""


class Plan(NamedTuple):
    """What a move comes to, and what is in the way of beginning it, in words."""

    to: Home
    people: int
    projects: int
    charters: int
    companies: int
    guests: int
    letters: int
    obstacles: tuple[str, ...]


def plan(tx: Tx, to_base: str) -> Plan:
    """What it comes to, to live at `to_base`; writes nothing. Raises BadInput for what is no new name."""
    to = check_name(tx, to_base)
    rows = ours(tx)
    companies = {party.host for row in rows for party in _others(tx, row)}
    hosts = [row.host for row in guests.all_guests(tx) if row.is_open(tx.now_ms)]
    return Plan(
        to=to,
        people=sum(person.state == "active" for person in actors.persons(tx, limit=1_000_000)),
        projects=sum(row.host == tx.home.host for row in actors.projects(tx)),
        charters=len(rows),
        companies=len(companies),
        guests=len(set(hosts)),
        letters=sum(row.letters for row in delivery.waiting(tx)),
        obstacles=tuple(_obstacles(tx)),
    )


def check_name(tx: Tx, to_base: str) -> Home:
    """Where we are to live. Raises BadInput unless that is another place, and nobody's here."""
    try:
        host = host_of(to_base)
    except FederationError as error:
        raise BadInput("to", "Write a host such as acme-group.example.") from error
    if host == tx.home.host:
        raise BadInput("to", "That is the name that this node has.")
    known = other_names.by_host(tx, host)
    is_ours = known is not None and known.to_host == tx.home.host
    if not is_ours and (known is not None or things.is_named(tx, host) or guests.is_let_in(tx, host)):
        raise BadInput("to", "That name is somebody else's here.")
    return Home(to_base, tx.home.company)


def ours(tx: Tx) -> list[CharterRow]:
    """The charters in force that we are in."""
    return [
        row
        for row in charters.all_charters(tx)
        if row.state in {"live", "suspended"}
        and any(
            party.host == tx.home.host and party.left_at_ms is None for party in charters.parties(tx, row.id)
        )
    ]


def _obstacles(tx: Tx) -> list[str]:
    waiting = [row for row in charters.all_charters(tx) if row.state in charter_steps.PENDING]
    return [
        f"Version {row.version} of the charter of {row.project_iri} waits for answers: let it end first, or decline it."
        for row in waiting
        if not is_move(tx, row)
    ]


def is_move(tx: Tx, row: CharterRow) -> bool:
    """Whether a version of a charter gives us another name than the one that we have."""
    party = charter_proofs.stored(row)[1].party(tx.home.host)
    return party is not None and party.host != tx.home.host


def start(tx: Tx, to_base: str, *, overlap_days: int = USUAL_DAYS) -> Outcome[int]:
    """Offer every charter in force anew, under the new name; how many. Said again, it offers what is not offered yet.

    Raises BadInput, Conflict.
    """
    to = check_name(tx, to_base)
    if not LEAST_DAYS <= overlap_days <= MOST_DAYS:
        raise BadInput("overlap", f"Between {LEAST_DAYS} and {MOST_DAYS} days.")
    coming = other_names.coming(tx)
    if coming is not None and coming.host != to.host:
        raise Conflict("move_under_way", f"A move to {coming.host} is under way. Cancel it first.")
    if obstacles := _obstacles(tx):
        raise Conflict("move_in_the_way", obstacles[0])
    if coming is None:
        other_names.drop(tx, to.host)
        kept = overlap_days * DAY_MS
        other_names.add(tx, NameRow(to.host, to.base, tx.home.host, tx.home.base, 1, tx.now_ms, kept))
    lacking = [row for row in ours(tx) if _pending(tx, row) is None]
    offered = [charter.amend(tx, row.project_iri, moving=to) for row in lacking]
    return Outcome(len(offered), tuple(draft for each in offered for draft in each.drafts))


def _pending(tx: Tx, row: CharterRow) -> CharterRow | None:
    """The version of this charter that waits and gives us the new name."""
    versions = charters.of_project(tx, row.project_iri)
    return next((each for each in versions if each.state == "approved" and is_move(tx, each)), None)


def standings(tx: Tx) -> list[Standing]:
    """How every other company stands to the move, project by project."""
    troubles = {row.host: row.last_error for row in delivery.lanes(tx) if row.failures}
    found: list[Standing] = []
    for row in ours(tx):
        pending = _pending(tx, row)
        state = _unoffered(tx, row) if pending is None else ""
        for party in _others(tx, row if pending is None else pending):
            each = state or (SIGNED if party.proof is not None else ASKED)
            error = "" if each == SIGNED else troubles.get(party.host, "")
            found.append(Standing(row.project_iri, party.host, party.company, each, error))
    return found


def _unoffered(tx: Tx, row: CharterRow) -> str:
    newer = [each for each in charters.of_project(tx, row.project_iri) if each.version > row.version]
    return REFUSED if any(each.state == "declined" and is_move(tx, each) for each in newer) else MISSING


def _others(tx: Tx, row: CharterRow) -> list[charters.PartyRow]:
    return [
        party
        for party in charters.parties(tx, row.id)
        if party.host != tx.home.host and party.left_at_ms is None
    ]


def cancel(tx: Tx) -> Outcome[int]:
    """Take every offer of the new name back, and the name itself; how many offers. Raises Conflict when no move is under way."""
    coming = _coming(tx)
    waiting = [found for row in ours(tx) if (found := _pending(tx, row)) is not None]
    declined = [charter.decline(tx, row.iri, reason="The move is called off.") for row in waiting]
    other_names.drop(tx, coming.host)
    return Outcome(len(declined), tuple(draft for each in declined for draft in each.drafts))


def _coming(tx: Tx) -> NameRow:
    coming = other_names.coming(tx)
    if coming is None:
        raise Conflict("no_move", "No move is under way.")
    return coming


def go(tx: Tx) -> Outcome[Renaming]:
    """Put every charter in force under the new name and tell guests; the renaming that is to be done behind it, in the same transaction.

    Raises Conflict, naming who has not signed yet.
    """
    coming = _coming(tx)
    missing = sorted({row.host for row in standings(tx) if row.state != SIGNED})
    if missing:
        raise Conflict("move_unsigned", f"Not signed yet by {', '.join(missing)}. The old name goes on.")
    drafts = [draft for row in ours(tx) for draft in _take_effect(tx, row)]
    drafts += [_say_move(tx, project, coming) for project in _heard(tx)]
    until_ms = tx.now_ms + coming.until_ms
    renaming = Renaming(tx.home.base, coming.base, tx.now_ms, until_ms)
    return Outcome(renaming, tuple(drafts))


def _take_effect(tx: Tx, row: CharterRow) -> tuple[Draft, ...]:
    pending = _pending(tx, row)
    assert pending is not None
    live = charter_steps.go_live(tx, pending, by=tx.home.host)
    update = charter_steps.say(tx, live, "Update", orjson.loads(live.document))
    return (update, *charter_steps.say_suspended(tx, live))


def _heard(tx: Tx) -> list[str]:
    projects = [row.iri for row in actors.projects(tx) if row.host == tx.home.host]
    return [iri for iri in projects if guest_notes.listeners(tx, iri)]


def _say_move(tx: Tx, project: str, coming: NameRow) -> Draft:
    """Move of a project, by its actor under the old name: who follows it from a guest host follows the new one from then on."""
    draft = saying.to_guests(tx, "Move", project, space=guests_space(project))
    target = coming.base + project.removeprefix(tx.home.base)
    return replace(draft, activity=draft.activity | {"target": target})


def finish(tx: Tx) -> Outcome[str]:
    """Let the name that we had before end now; which it was. Raises Conflict when none is kept."""
    kept = kept_name(tx)
    if kept is None:
        raise Conflict("no_old_name", "No old name is kept.")
    other_names.end(tx, kept.host, at_ms=tx.now_ms)
    _end_follows(tx, kept)
    return Outcome(kept.host)


def kept_name(tx: Tx) -> NameRow | None:
    """The name that we had before and that answers still."""
    rows = other_names.former(tx, tx.home.host)
    return next((row for row in rows if row.until_ms > tx.now_ms), None)


def end_due(tx: Tx) -> Outcome[int]:
    """Those who follow a project under a name whose time is over follow it no longer; how many names that is."""
    over = [row for row in other_names.former(tx, tx.home.host) if row.until_ms <= tx.now_ms]
    for row in over:
        _end_follows(tx, row)
    return Outcome(len(over))


def left_behind(tx: Tx, row: NameRow) -> list[guests.FollowerRow]:
    """Who follows a project of ours under a name that we had, and has not come to the new one."""
    projects = [each.iri for each in actors.projects(tx) if each.host == tx.home.host]
    found = guests.followers(tx, projects)
    return [each for each in found if each.ended_at_ms is None and each.since_ms < row.since_ms]


def _end_follows(tx: Tx, row: NameRow) -> None:
    for each in left_behind(tx, row):
        guests.unfollow(tx, each.project_iri, each.actor_iri)
