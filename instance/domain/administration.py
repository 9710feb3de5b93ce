"""What IT does about a person. The rule kept here: IT shuts out and lets in its own people; another company's are that company's."""

from instance.domain import actor, report
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotAllowed, NotFound
from instance.storage import actors, reports
from instance.storage.actors import ActorRow
from instance.storage.database import Tx

SHUT_OUT = frozenset({"disable", "suspend"})
HALF_WAYS = frozenset({"sensitive", "silence"})


def act(
    tx: Tx, admin_id: int, actor_id: int, *, kind: str, report_id: int | None = None
) -> Outcome[ActorRow]:
    """Do something about a person: "none", "disable" or "suspend"; what was reported is closed with it. Raises BadInput, NotAllowed, NotFound, Conflict."""
    row = check_act(tx, admin_id, actor_id, kind=kind)
    outcome = Outcome(row) if kind == "none" else actor.disable_person(tx, row.id)
    asked = [] if report_id is None else [report_id]
    for one in asked if kind == "none" else {*asked, *reports.open_about(tx, row.id)}:
        report.resolve(tx, one, admin_id=admin_id)
    return outcome


def check_act(tx: Tx, admin_id: int, actor_id: int, *, kind: str) -> ActorRow:
    """The person, when that can be done. Raises BadInput, NotAllowed, NotFound."""
    row = person(tx, actor_id)
    if kind in HALF_WAYS:
        raise BadInput("type", "Nobody is half shut out here: an account is open or closed")
    if kind != "none" and kind not in SHUT_OUT:
        raise BadInput("type", "Type is one of none, disable, suspend")
    if kind in SHUT_OUT:
        _check_ours(tx, row)
        if row.id == admin_id:
            raise NotAllowed("oneself", "Nobody shuts themselves out. Ask another administrator.")
    return row


def let_in(tx: Tx, actor_id: int) -> Outcome[ActorRow]:
    """Open the account of one of our people again; into projects they are added anew. Raises NotAllowed, NotFound."""
    _check_ours(tx, person(tx, actor_id))
    return actor.enable_person(tx, actor_id)


def person(tx: Tx, actor_id: int) -> ActorRow:
    """A person, of whichever company. Raises NotFound."""
    row = actors.by_id(tx, actor_id)
    if row is None or row.kind != "person":
        raise NotFound("person")
    return row


def _check_ours(tx: Tx, row: ActorRow) -> None:
    if row.host != tx.home.host:
        raise NotAllowed(
            "not_ours", "This person is of another company: speak to its IT, or suspend your charter with it."
        )
