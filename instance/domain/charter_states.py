"""The life of a charter version as a declared graph. The rule kept here: `move` is the only writer of a state, and makes no undeclared move."""

from collections.abc import Mapping

from instance.errors import Conflict
from instance.events import CharterChanged
from instance.ids import snowflake
from instance.storage import charters
from instance.storage.charters import CharterRow
from instance.storage.database import Tx

Graph = Mapping[str, frozenset[str]]

FIRST = ("offered", "approved")
STATES: Graph = {
    # Another company has signed it and waits for our answer.
    "offered": frozenset({"approved", "declined"}),
    # We have signed it, others not yet.
    "approved": frozenset({"live", "declined"}),
    # Every company has signed: the gate is open between its start and its end.
    "live": frozenset({"suspended", "superseded", "ended"}),
    # Shut for all while any company suspends it.
    "suspended": frozenset({"live", "superseded", "ended"}),
    # A company refused it, the one that offered it took it back, or its time ran out before all had signed.
    "declined": frozenset(),
    # The next version took its place.
    "superseded": frozenset(),
    # Past its end, left by us, or with fewer than two companies left.
    "ended": frozenset(),
}


def check_closed(graph: Graph, first: tuple[str, ...]) -> None:
    """Raise ValueError unless every target is a state and every state can be reached from a first one."""
    for state, targets in graph.items():
        if unknown := targets - graph.keys():
            raise ValueError(f"{state} leads to {', '.join(sorted(unknown))}, which is no state")
    reached = set(first)
    while new := {target for state in reached for target in graph[state]} - reached:
        reached |= new
    if stranded := graph.keys() - reached:
        raise ValueError(f"nothing leads to {', '.join(sorted(stranded))}")


check_closed(STATES, FIRST)


def move(tx: Tx, row: CharterRow, to: str, *, by: str, reason: str = "") -> CharterRow:
    """Bring a charter version into another state, at the wish of host `by`; its row as it now is.

    Raises Conflict, naming both states, when there is no such move.
    """
    if to not in STATES[row.state]:
        raise Conflict("charter_state", f"The charter is {row.state} and cannot become {to}.")
    charters.set_state(tx, row.id, to, reason=reason)
    note(tx, row.iri, to, by=by, detail=reason)
    tx.emit(CharterChanged(row.project_iri))
    return row._replace(state=to, reason=reason, updated_at_ms=tx.now_ms)


def note(tx: Tx, charter_iri: str, what: str, *, by: str, detail: str = "") -> None:
    """Write into the charter's history what host `by` did."""
    charters.log_event(tx, charter_iri, event_id=snowflake(tx.now_ms), host=by, what=what, detail=detail)
