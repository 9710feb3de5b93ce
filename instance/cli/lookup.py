"""What people type, as rows: a person, a project, a charter. Raises NotFound, in the words that were typed."""

from collections.abc import Collection

from instance.errors import NotFound
from instance.storage import actors, charters
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow
from instance.storage.database import Tx


def person(tx: Tx, text: str) -> ActorRow:
    """A person of ours or a partner's: alice, @alice, @bob@globex.example, or an IRI."""
    return _actor(tx, text, "person")


def employee(tx: Tx, text: str) -> ActorRow:
    """A person of ours: alice, @alice, or an IRI."""
    found = person(tx, text)
    if found.host != tx.home.host:
        raise NotFound(f"person of this company: {text}")
    return found


def project(tx: Tx, text: str) -> ActorRow:
    """A project: apollo, @apollo@acme.example, or an IRI. A bare handle may be a partner's, if only one has it."""
    if "@" in text.removeprefix("@") or "/" in text:
        return _actor(tx, text, "project")
    known = actors.by_ids(tx, [row.id for row in actors.projects(tx)])
    named = [row for row in known.values() if row.username == text.removeprefix("@").lower()]
    ours = [row for row in named if row.host == tx.home.host] or named
    if len(ours) != 1:
        raise NotFound(
            f"project: {text}"
            if not ours
            else f"single project: {text}; add its host, as in @{text}@{ours[0].host}"
        )
    return ours[0]


def charter(tx: Tx, text: str, *, states: Collection[str] = ()) -> CharterRow:
    """A charter, by its IRI or its project: the latest version in one of `states`; without them the one in force, else the latest."""
    found = charters.by_iri(tx, text)
    if found is None:
        iri = project(tx, text).iri
        in_force = None if states else charters.in_force(tx, iri)
        versions = (row for row in charters.of_project(tx, iri) if not states or row.state in states)
        found = in_force or next(versions, None)
    if found is None:
        raise NotFound(f"charter{' that waits for an answer' if states else ''}: {text}")
    return found


def _actor(tx: Tx, text: str, kind: str) -> ActorRow:
    if "/" in text:
        found = actors.by_iri(tx, text)
    else:
        username, _, host = text.removeprefix("@").partition("@")
        found = actors.by_username(tx, username, host or tx.home.host)
    if found is None or found.kind != kind:
        raise NotFound(f"{kind}: {text}")
    return found
