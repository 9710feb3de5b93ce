"""Which names guests may be told, and to whom their spaces are open. The rule kept here: when in doubt, to nobody.

A guest's space is open while IT lets the host in, the project's charter is in force and allows guests, and the host is no company of that
charter. The space in which things are taken back is open to a guest in whatever state the project is, and for a while after it was
revoked, for Delete and Reject alone.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import orjson

from instance.policy import Fact, Terms, guest_of, guest_space, guests_of, is_takeback, takeback_space
from instance.storage import guests
from instance.storage.database import Tx
from instance.storage.guest_tables import NOTE
from instance.storage.guests import GuestRow, InboxRow

NO_GUESTS = "none"
TAKEBACK_MS = 30 * 24 * 3_600_000
TAKING_BACK = frozenset({"Delete", "Reject"})
_NO_CEILING = 1_000

GuestOpening = tuple[str, Terms, dict[str, tuple[str, ...]]]


def admitted(tx: Tx, facts: list[Fact]) -> list[Fact]:
    """The facts, with the guest spaces in which they may be named: a project, and what is for all its guests.

    What is for all guests is named when it is taken back as well if it is a thing that they have, a note.
    """
    projects = {iri for fact in facts if (iri := _project_of(fact)) is not None}
    if not projects:
        return facts
    hosts: dict[str, list[str]] = defaultdict(list)
    for row in guests.of_projects(tx, projects):
        hosts[row.project_iri].append(row.host)
    return [_widened(fact, hosts) for fact in facts]


def _project_of(fact: Fact) -> str | None:
    if fact.kind == "project":
        return fact.iri
    return next((iri for space in fact.spaces if (iri := guests_of(space)) is not None), None)


def _widened(fact: Fact, hosts: Mapping[str, list[str]]) -> Fact:
    project = _project_of(fact)
    if project is None:
        return fact
    spaces = {guest_space(host, project) for host in hosts.get(project, ())}
    if fact.kind in {"project", NOTE}:
        spaces |= {takeback_space(host, project) for host in hosts.get(project, ())}
    kept = {space for space in fact.spaces if guests_of(space) is None}
    return fact._replace(spaces=frozenset(kept | spaces))


def openings(tx: Tx, spaces: Collection[str], projects: Mapping[str, Terms]) -> Iterator[GuestOpening]:
    """To whom these guest spaces are open, with the inboxes there; `projects` are the terms of their projects."""
    wanted = {space: found for space in spaces if (found := guest_of(space)) is not None}
    iris = {iri for _, iri in wanted.values()}
    rows = {(row.host, row.project_iri): row for row in guests.of_projects(tx, iris)}
    welcome = {iri for iri, document in guests.charters_in_force(tx, iris).items() if _welcomes(document)}
    inboxes = _inboxes(guests.inboxes(tx, iris))
    for space, place in wanted.items():
        host, iri = place
        row, terms = rows.get(place), projects.get(iri)
        back = is_takeback(space)
        if back:
            is_open = row is not None and _is_within_reach(row, tx.now_ms)
        else:
            is_open = iri in welcome and _is_open(row, terms, tx.now_ms)
        hosts = frozenset({host}) if is_open else frozenset()
        ceiling = _NO_CEILING if back else min(row.label if row else 0, terms.ceiling if terms else 0)
        said = Terms(iri, hosts, ceiling, hosts, verbs=TAKING_BACK if back else frozenset())
        yield space, said, {host: inboxes[place, back]}


def _is_open(row: GuestRow | None, terms: Terms | None, now_ms: int) -> bool:
    if row is None or terms is None or not row.is_open(now_ms):
        return False
    return terms.live and bool(terms.hosts) and row.host not in terms.named


def _is_within_reach(row: GuestRow, now_ms: int) -> bool:
    return row.revoked_at_ms is None or row.revoked_at_ms > now_ms - TAKEBACK_MS


def _welcomes(document: str) -> bool:
    said: str = orjson.loads(document).get("guests", NO_GUESTS)
    return said != NO_GUESTS


def _inboxes(rows: list[InboxRow]) -> Mapping[tuple[tuple[str, str], bool], tuple[str, ...]]:
    """The inboxes at each place; of who followed before as well where things are taken back."""
    found: dict[tuple[tuple[str, str], bool], tuple[str, ...]] = defaultdict(tuple)
    for row in rows:
        place = (row.host, row.project_iri)
        found[place, True] += (row.inbox,)
        if not row.is_past:
            found[place, False] += (row.inbox,)
    return found
