"""The moment of a move: what is said of it and the new name in every row, in one transaction. The rule kept here: it happens whole, or not at all.

What is said goes out under the old name, which those who hear it know; the server, started again, sends it.
"""

from instance import outbox
from instance.domain import move
from instance.egress import Gate
from instance.renaming import Renaming
from instance.storage import other_names
from instance.storage.database import Tx


def take(tx: Tx, *, gate: Gate) -> Renaming:
    """Take the new name that every company has signed; from what to what. Raises Conflict, naming who has not."""
    renaming, drafts = move.go(tx)
    outbox.send(tx, drafts, gate=gate)
    other_names.rename(tx, renaming)
    return renaming
