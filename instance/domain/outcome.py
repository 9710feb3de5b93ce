"""What the verbs of the domain give back and take in. The rule kept here: a verb never sends; it returns Drafts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from federation.activity import Activity
from federation.letters import Draft
from federation.log import Entry
from instance.storage.database import Tx

T = TypeVar("T")


class Outcome(NamedTuple, Generic[T]):
    """What a verb made, and what it wants said about it, in order."""

    value: T
    drafts: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """An authenticated activity on its way in.

    `host` is the company that speaks (proven by transport, or by the proofs for an entry that another node re-served);
    `proven` the IRI of the actor whose integrity proof it carries; `entry` its place in a project's log;
    `project` the IRI of that project, whose charter is in force and to which `host` is party.
    """

    activity: Activity
    host: str
    proven: str | None
    project: str | None
    entry: Entry | None


class Ruling(NamedTuple):
    """A decision about an incoming activity: taken or not, and the name of the rule that says so."""

    taken: bool
    rule: str


Verifies = Callable[[Tx, Incoming], Ruling]
Applies = Callable[[Tx, Incoming], tuple[Draft, ...]]
