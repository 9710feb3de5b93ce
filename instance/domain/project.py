"""Projects of our own. The rule kept here: a project is closed until a charter is live; making one tells nobody outside."""

from instance import ids
from instance.domain.actor import check_name, check_username, new_row
from instance.domain.outcome import Outcome
from instance.domain.profile import add_ed25519, ensure_rsa
from instance.errors import BadInput
from instance.events import ActorChanged
from instance.storage import actors
from instance.storage.actors import ActorRow, ProjectRow
from instance.storage.database import Tx

PURPOSE_LIMIT_CHARS = 5000


def create(tx: Tx, *, name: str, title: str, purpose: str) -> Outcome[ActorRow]:
    """Make a project with the handle @name@host. Raises BadInput, naming the field."""
    words = purpose.strip()
    if not 0 < len(words) <= PURPOSE_LIMIT_CHARS:
        raise BadInput(
            "purpose", f"Say what the project is for, in {PURPOSE_LIMIT_CHARS} characters at most."
        )
    row = new_row(tx, "project", check_username(tx, name, field="name"), check_name("title", title))
    row = row._replace(summary=words)
    ids.mint(tx, row.iri, kind="project", space=row.iri)
    actors.add(tx, row)
    actors.add_project(tx, ProjectRow(row.id, row.iri, row.host, tx.now_ms))
    add_ed25519(tx, row.iri)
    ensure_rsa(tx, row.iri)
    tx.emit(ActorChanged(row.id))
    return Outcome(row)
