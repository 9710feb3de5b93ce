"""What people type, as rows: a person, a project, a charter. Raises NotFound, in the words that were typed."""

from collections.abc import Collection

from federation.origin import host_of
from instance.domain import charter_proofs
from instance.errors import Conflict, NotFound
from instance.storage import actors, charters, guest_standing
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow
from instance.storage.database import Tx

IN_FORCE = ("live", "suspended")


def employee(tx: Tx, text: str) -> ActorRow:
    """A person of ours: alice, @alice, @alice@acme.example, or an IRI."""
    found = _actor(tx, text, "person")
    if found.host != tx.home.host:
        raise NotFound(f"person of this company: {text}")
    return found


def project(tx: Tx, text: str) -> ActorRow:
    """A project: apollo, @apollo@acme.example, or an IRI. A bare handle means ours, else a partner's if only one has it."""
    name = text.removeprefix("@").lower()
    if "@" in name or "/" in name:
        return _actor(tx, text, "project")
    known = actors.by_ids(tx, [row.id for row in actors.projects(tx)]).values()
    named = [row for row in known if row.username == name]
    found = [row for row in named if row.host == tx.home.host] or named
    if not found:
        raise NotFound(f"project: {text}")
    if len(found) > 1:
        raise _ambiguous(text, f"@{name}@{found[0].host}")
    return found[0]


def guest(tx: Tx, text: str) -> str:
    """The IRI of somebody at a guest host: @ann@mastodon.example as they are known here, or an IRI, known or not."""
    if "/" in text:
        return text
    username, _, host = text.removeprefix("@").partition("@")
    found = {
        row.iri
        for row in guest_standing.people(tx)
        if (row.username.lower(), row.host) == (username.lower(), host.lower())
    }
    if len(found) != 1:
        raise NotFound(f"person at a guest host: {text}")
    return found.pop()


def charter(tx: Tx, text: str, *, states: Collection[str] = ()) -> CharterRow:
    """A charter, by its IRI or its project: the latest version in one of `states`; without them the one in force, else the latest."""
    versions = [row for row in charters.all_charters(tx) if row.iri == text or _is_of(row, text)]
    wanted = [row for row in versions if row.state in (states or IN_FORCE)] or ([] if states else versions)
    if not wanted:
        raise NotFound(f"charter{' that waits for an answer' if states else ''}: {text}")
    if len({row.project_iri for row in wanted}) > 1:
        raise _ambiguous(text, handle(wanted[0]))
    return wanted[0]


def handle(row: CharterRow) -> str:
    """The handle of a charter's project. A project that is only offered has no actor here yet; its charter names it."""
    _, terms = charter_proofs.stored(row)
    return f"@{terms.handle}@{host_of(row.project_iri)}"


def _is_of(row: CharterRow, text: str) -> bool:
    """Whether a charter is of the project that is called so: @apollo@acme.example, apollo, or its IRI."""
    name, known = text.removeprefix("@").lower(), handle(row).removeprefix("@")
    return text == row.project_iri or name in {known, known.partition("@")[0]}


def _ambiguous(text: str, example: str) -> Conflict:
    return Conflict("ambiguous", f"Several projects are called {text}; add the host, as in {example}.")


def _actor(tx: Tx, text: str, kind: str) -> ActorRow:
    if "/" in text:
        found = actors.by_iri(tx, text)
    else:
        username, _, host = text.removeprefix("@").partition("@")
        found = actors.by_username(tx, username, host or tx.home.host)
    if found is None or found.kind != kind:
        raise NotFound(f"{kind}: {text}")
    return found
