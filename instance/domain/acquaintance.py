"""What one notes about others, and whom one recommends. The rule kept here: one recommends whom one follows."""

from instance import ids
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotFound
from instance.storage import acquaintance, actors, follows
from instance.storage.acquaintance import EndorsementRow, NoteRow
from instance.storage.actors import ActorRow
from instance.storage.database import Tx

NOTE_LIMIT_CHARS = 2_000


def note(tx: Tx, owner: ActorRow, actor_id: int, words: str) -> Outcome[ActorRow]:
    """Note something about an account for oneself; nothing removes the note. Raises BadInput, NotFound."""
    other = _other(tx, actor_id)
    if len(words) > NOTE_LIMIT_CHARS:
        raise BadInput("comment", "A note has at most 2,000 characters.")
    acquaintance.put_note(tx, NoteRow(owner.id, other.id, words))
    return Outcome(other)


def endorse(tx: Tx, owner: ActorRow, actor_id: int) -> Outcome[ActorRow]:
    """Recommend somebody to colleagues. Raises BadInput, NotFound."""
    other = _other(tx, actor_id)
    if other.id not in follows.marks_of(tx, owner.id, [other.id]).following:
        raise BadInput("account", "You must be already following the person you want to endorse")
    acquaintance.add_endorsement(tx, EndorsementRow(ids.snowflake(tx.now_ms), owner.id, other.id))
    return Outcome(other)


def unendorse(tx: Tx, owner: ActorRow, actor_id: int) -> Outcome[ActorRow]:
    """Recommend somebody no longer. Raises NotFound."""
    other = _other(tx, actor_id)
    acquaintance.drop_endorsement(tx, owner.id, other.id)
    return Outcome(other)


def _other(tx: Tx, actor_id: int) -> ActorRow:
    row = actors.by_id(tx, actor_id)
    if row is None or row.kind == "node":
        raise NotFound("person or project")
    return row
