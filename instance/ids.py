"""Names of things: row ids that grow with time, and IRIs that are minted together with the space they belong to.

The rule kept here: no IRI of our own comes into being without a space and a label, and a space only ever narrows.
"""

import secrets
import threading

from instance import names, renaming
from instance.home import Home as Home
from instance.policy import INTERNAL, PUBLIC
from instance.storage import other_names, things
from instance.storage.database import Tx
from instance.storage.things import ThingRow

_SEQUENCE_BITS = 16
_START_BELOW = 1 << (_SEQUENCE_BITS - 1)  # half of the numbers of a millisecond are left to count on
_latest = (0, 0)
_lock = threading.Lock()


def snowflake(at_ms: int) -> int:
    """A row id of 63 bits: milliseconds in the upper 47, a count below. Later things have larger ids.

    Each millisecond is counted from a place of its own, so that the server and the command line do not meet in one.
    """
    global _latest  # noqa: PLW0603  one count per process is the point
    with _lock:
        latest_ms, count = _latest
        _latest = at_ms, count + 1 if latest_ms == at_ms else secrets.randbelow(_START_BELOW)
        return (at_ms << _SEQUENCE_BITS) + _latest[1]


def snowflake_ms(row_id: int) -> int:
    """The time in a row id, in milliseconds since the epoch."""
    return row_id >> _SEQUENCE_BITS


def snowflake_floor(at_ms: int) -> int:
    """The least row id of that time."""
    return at_ms << _SEQUENCE_BITS


def mint(tx: Tx, iri: str, *, kind: str, space: str, label: int = 1) -> None:
    """Write where a thing belongs, ours or a partner's, in the transaction of the thing itself.

    An IRI that is known already stays where it is: what is said first holds (see `narrow`). Persons need none: where a person may be
    named follows from memberships. Raises ValueError for what is not an IRI.
    """
    name = renaming.name(other_names.known(tx), names.canonical(iri))
    things.insert(tx, ThingRow(iri=iri, name=name, kind=kind, space=space, label=label))


def narrow(tx: Tx, iri: str, *, space: str) -> None:
    """Move a thing to a space inside the one it is in: from PUBLIC to any, from any to INTERNAL. Raises ValueError otherwise."""
    row = things.by_iri(tx, iri)
    if row is None:
        raise ValueError(f"no space is known of {iri}")
    if row.space != space:
        if row.space != PUBLIC and space != INTERNAL:
            raise ValueError(f"{iri} would move from {row.space} to {space}: a space only narrows")
        things.set_space(tx, iri, space)
