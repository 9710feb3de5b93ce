"""What is undone by its id alone. The rule kept here: the id says what it is, since we have kept it; what we have not is refused by name."""

from typing import NamedTuple

from federation.letters import Draft
from instance.domain import attendance_inbound as attendance
from instance.domain import emoji_reaction_inbound as emoji
from instance.domain import post_inbound as post
from instance.domain import reaction_inbound as reaction
from instance.domain.outcome import Applies, Incoming, Ruling, Verifies
from instance.storage import attendances, emoji_reactions, posts, reactions
from instance.storage.database import Tx


class _Undoing(NamedTuple):
    verify: Verifies
    apply: Applies


_BOOST = _Undoing(post.verify_undo_announce, post.apply_undo_announce)
_FAVOURITE = _Undoing(reaction.verify_undo_like, reaction.apply_undo_like)
_PART = _Undoing(attendance.verify_leave, attendance.apply_leave)
_EMOJI = _Undoing(emoji.verify_undo_react, emoji.apply_undo_react)


def verify(tx: Tx, incoming: Incoming) -> Ruling:
    """What was done under that id, by who undoes it."""
    meant = _meant(tx, incoming)
    return Ruling(taken=False, rule="undone_unknown") if meant is None else meant.verify(tx, incoming)


def apply(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Undo it."""
    meant = _meant(tx, incoming)
    return () if meant is None else meant.apply(tx, incoming)


def verify_like(tx: Tx, incoming: Incoming) -> Ruling:
    """A favourite taken back; or an emoji, where all that is told of it is its id."""
    return (_meant(tx, incoming) or _FAVOURITE).verify(tx, incoming)


def apply_like(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Undo whichever it is."""
    return (_meant(tx, incoming) or _FAVOURITE).apply(tx, incoming)


def _meant(tx: Tx, incoming: Incoming) -> _Undoing | None:
    iri = incoming.activity.object_iri or ""
    if reactions.favourite_by_iri(tx, iri) is not None:
        return _FAVOURITE
    if emoji_reactions.by_iri(tx, iri) is not None:
        return _EMOJI
    if attendances.by_iri(tx, iri) is not None:
        return _PART
    row = posts.by_iri(tx, iri)
    return _BOOST if row is not None and row.boost_of_id is not None else None
