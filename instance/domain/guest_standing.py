"""How each guest host stands, for IT; and people there whom IT keeps out. The rule kept here: whom IT keeps out follows nothing and is not heard, until IT says otherwise.

Their host stays let in: its other people read on.
"""

from typing import NamedTuple

from federation.errors import FederationError
from federation.origin import host_of
from instance.domain import guest
from instance.domain.outcome import Outcome
from instance.errors import BadInput, Conflict, NotFound
from instance.policy import guest_space, takeback_space
from instance.storage import actors, delivery, guest_notes, guest_standing, guests, peers
from instance.storage.database import Tx
from instance.storage.delivery import LaneRow
from instance.storage.guests import GuestRow
from instance.storage.peers import PeerRow

OPEN, SHUT, OVER, REVOKED = "allowed", "shut", "over", "revoked"


class Standing(NamedTuple):
    """How a host stands as the guest of a project.

    `state` is `allowed`, `shut` (the project's gate is, for now), `over` or `revoked`. `waiting` letters are on their way, `owed` notes have yet
    to be said; of a revoked one so much (notes and followings) was taken back as `deleted` says, and so much has yet to be as `to_delete` says.
    """

    row: GuestRow
    project: str
    state: str
    followers: int
    heard_at_ms: int | None
    reached_at_ms: int | None
    waiting: int
    owed: int
    deleted: int
    to_delete: int
    problem: str


def standings(tx: Tx) -> list[Standing]:
    """How every guest host stands; those revoked included."""
    rows = guests.all_guests(tx)
    hosts = sorted({row.host for row in rows})
    projects = actors.by_iris(tx, [row.project_iri for row in rows])
    revoked = sorted({row.host for row in rows if row.revoked_at_ms is not None})
    followers = guests.followers(tx, list(projects))
    facts = _Facts(
        {(each.project_iri, each.host): 0 for each in rows},
        {peer.host: peer for peer in peers.all_peers(tx)},
        {lane.host: lane for lane in delivery.lanes(tx) if lane.host in hosts},
        guest_standing.waiting(tx, hosts),
        guest_standing.taken_back(tx, revoked),
        {(each.project_iri, each.host): each.notes for each in guest_notes.owed(tx)},
        guest_standing.unsaid(tx),
    )
    for each in followers:
        if each.ended_at_ms is None and (each.project_iri, each.host) in facts.followers:
            facts.followers[each.project_iri, each.host] += 1
    return [_standing(tx, row, projects[row.project_iri].username, facts) for row in rows]


class _Facts(NamedTuple):
    """What is known of all of them: by place (project, host), by host, by space, by the guest's id."""

    followers: dict[tuple[str, str], int]
    peers: dict[str, PeerRow]
    lanes: dict[str, LaneRow]
    waiting: dict[str, int]
    taken_back: dict[str, int]
    owed: dict[tuple[str, str], int]
    unsaid: dict[int, int]


def _standing(tx: Tx, row: GuestRow, username: str, facts: _Facts) -> Standing:
    place = (row.project_iri, row.host)
    lane, peer = facts.lanes.get(row.host), facts.peers.get(row.host)
    to_say = facts.waiting.get(guest_space(row.host, row.project_iri), 0)
    back = takeback_space(row.host, row.project_iri)
    to_take_back = facts.waiting.get(back, 0)
    is_revoked, waiting = row.revoked_at_ms is not None, to_say + to_take_back
    return Standing(
        row=row,
        project=f"@{username}@{tx.home.host}",
        state=_state(tx, row),
        followers=facts.followers[place],
        heard_at_ms=peer.heard_at_ms if peer else None,
        reached_at_ms=lane.reached_at_ms if lane else None,
        waiting=waiting,
        owed=facts.owed.get(place, 0),
        deleted=facts.taken_back.get(back, 0) if is_revoked else 0,
        to_delete=to_take_back + facts.unsaid.get(row.id, 0) if is_revoked else 0,
        problem=lane.last_error if lane and waiting else "",
    )


def _state(tx: Tx, row: GuestRow) -> str:
    if row.revoked_at_ms is not None:
        return REVOKED
    if not row.is_open(tx.now_ms):
        return OVER
    return OPEN if guest.is_open(tx, row.project_iri, row.host) else SHUT


def block(tx: Tx, actor_iri: str) -> Outcome[str]:
    """Keep somebody at a guest host out of every project: they follow none from now on, and are told. Raises BadInput, Conflict."""
    host = _check_person(tx, actor_iri)
    if not guest_standing.block(tx, actor_iri):
        raise Conflict("guest_is_blocked", "They are kept out already.")
    followed = guests.followed(tx, actor_iri)
    for each in followed:
        guests.unfollow(tx, each.project_iri, actor_iri)
    rejects = tuple(
        guest.answer_follow(tx, "Reject", each, space=takeback_space(host, each.project_iri))
        for each in followed
    )
    return Outcome(actor_iri, rejects)


def unblock(tx: Tx, actor_iri: str) -> Outcome[str]:
    """Let somebody follow again, and be heard; they ask to follow themselves. Raises NotFound."""
    if not guest_standing.unblock(tx, actor_iri):
        raise NotFound("person who is kept out")
    return Outcome(actor_iri)


def _check_person(tx: Tx, actor_iri: str) -> str:
    try:
        host = host_of(actor_iri)
    except FederationError as error:
        raise BadInput("person", "Write an address, such as https://mastodon.example/users/ann.") from error
    if not guests.is_let_in(tx, host):
        raise BadInput("person", "Their host is no guest.")
    return host
