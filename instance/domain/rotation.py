"""New keys for old ones. The rule kept here: what was proven with the old key stays proven, and nobody is asked to trust it for what comes after.

The private half of the old key is gone at once. Letters that wait are signed when they go, so with the new one; who does not know it asks
us for the actor. The old public key is shown with its end, until which a letter that was under way still counts.
"""

from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation import keys
from federation.letters import Draft
from instance.domain import saying
from instance.domain.outcome import Outcome
from instance.domain.profile import add_key, document_of
from instance.errors import BadInput, Conflict, NotFound
from instance.events import ActorChanged
from instance.storage import actors, charters, members
from instance.storage import keys as key_rows
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.keys import ED25519, RSA, KeyRow

OVERLAP_MOST_MS = 30 * 24 * 3_600_000
_MAKES: dict[str, Callable[[], RSAPrivateKey | Ed25519PrivateKey]] = {
    RSA: keys.generate_rsa,
    ED25519: keys.generate_ed25519,
}


def rotate(tx: Tx, actor_iri: str, *, overlap_ms: int) -> Outcome[list[KeyRow]]:
    """Give one of our own actors new keys in place of those it has; the new ones. Partners hear of it in each project.

    Raises NotFound, BadInput, Conflict.
    """
    actor = _own(tx, actor_iri)
    if not 0 <= overlap_ms <= OVERLAP_MOST_MS:
        raise BadInput("overlap", "The old key counts for 0 to 30 days more.")
    if actor.kind == "node":
        _check_no_charter_waits(tx)
    fresh = [
        _replace(tx, actor.iri, kind, overlap_ms) for kind in (RSA, ED25519) if _has(tx, actor.iri, kind)
    ]
    tx.emit(ActorChanged(actor.id))
    return Outcome(fresh, tuple(_told(tx, actor)))


def everybody(tx: Tx) -> list[ActorRow]:
    """Every actor of ours that has keys: the node, the people who may sign in, the projects that we host."""
    node = actors.by_iri(tx, tx.home.node)
    hosted = [actors.by_iri(tx, row.iri) for row in actors.projects(tx) if row.host == tx.home.host]
    people = [row for row in actors.persons(tx) if row.state == "active"]
    return [row for row in (node, *people, *hosted) if row is not None]


def _has(tx: Tx, actor_iri: str, kind: str) -> bool:
    return key_rows.private_key(tx, actor_iri, kind) is not None


def _replace(tx: Tx, actor_iri: str, kind: str, overlap_ms: int) -> KeyRow:
    former = [row for row in key_rows.keys_of(tx, actor_iri) if row.kind == kind]
    numbers = [_number(row.key_iri) for row in former]
    row = add_key(tx, actor_iri, _MAKES[kind](), number=max(numbers) + 1)
    for old in former:
        if old.ends_at_ms is None:
            key_rows.retire_own(tx, old.key_iri, at_ms=tx.now_ms + overlap_ms)
    return row


def _number(key_iri: str) -> int:
    """Which of an actor's keys of its kind it is; its id says so from the second on."""
    last = key_iri.rpartition("-")[2]
    return int(last) if last.isdecimal() else 1


def _own(tx: Tx, actor_iri: str) -> ActorRow:
    row = actors.by_iri(tx, actor_iri)
    if row is None or row.host != tx.home.host or row.state == "gone":
        raise NotFound("actor of this company")
    return row


def _check_no_charter_waits(tx: Tx) -> None:
    """A charter names the key with which each company signs it: until all have, the key stays."""
    waiting = [row.project_iri for row in charters.waiting(tx)]
    if waiting:
        raise Conflict(
            "charter_waits",
            "A charter waits for signatures with the present key. Finish or decline it first.",
        )


def _told(tx: Tx, actor: ActorRow) -> Iterable[Draft]:
    """A project's own key signs letters to guests alone, and these ask for it."""
    if actor.kind == "project":
        return
    document = document_of(tx, actor)
    del document["@context"]
    for project in _projects(tx, actor):
        yield saying.in_log(tx, "Update", document, author=actor.iri, project=project)


def _projects(tx: Tx, actor: ActorRow) -> list[str]:
    if actor.kind == "person":
        return [row.project_iri for row in members.projects_of(tx, actor.id)]
    return [row.iri for row in actors.projects(tx) if charters.open_hosts(tx, row.iri)]
