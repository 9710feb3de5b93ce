"""The table of everything this node understands. The rule kept here: what has no row here is recorded and ignored, never guessed.

For each pair of activity and object: `verify(tx, incoming)` decides and writes nothing, `apply(tx, incoming)` writes and returns what it
wants said in answer, `relay(incoming)` is pure and returns what is passed on. A type of object of "*" stands for any.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from federation.activity import Activity
from federation.letters import Draft
from instance.domain.outcome import Incoming, Ruling
from instance.storage.database import Tx

ANY = "*"
Verify = Callable[[Tx, Incoming], Ruling]
Apply = Callable[[Tx, Incoming], tuple[Draft, ...]]
Relay = Callable[[Incoming], tuple[Draft, ...]]


def relay_nothing(_: Incoming) -> tuple[Draft, ...]:
    """Every node delivers its own words to every party itself, so nothing is passed on."""
    return ()


class Rule(NamedTuple):
    """How one kind of activity is taken in."""

    verify: Verify
    apply: Apply
    relay: Relay = relay_nothing


RULES: Mapping[tuple[str, str], Rule] = {}


def rule_for(activity: Activity) -> Rule | None:
    """The rule for an activity: by its type and its object's (what an Undo undoes counts as the object), then by its type alone."""
    kind = activity.inner.type if activity.type == "Undo" and activity.inner else activity.object_type
    return RULES.get((activity.type, kind)) or RULES.get((activity.type, ANY))
