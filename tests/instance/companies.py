"""What the tests of charters and members share: whole companies, each a node with its own database, and the letters between them.

The letters are made by the real gate from the real drafts, and taken in through the real table of rules; only the wire and the order
of arrival are the test's.
"""

import sqlite3
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple, TypeVar

import orjson
from hypothesis import HealthCheck, settings

from federation import log
from federation.activity import Activity
from federation.document import Document
from federation.keys import ed25519_key_id
from federation.letters import Draft
from federation.proof import add_proof
from instance import activities, inbox
from instance.domain import actor, charter, member, partner, profile, project
from instance.domain.charter import PartyTerms
from instance.domain.outcome import Incoming, Outcome, Ruling
from instance.domain.render import timestamp
from instance.egress import Gate
from instance.home import Home
from instance.inbox import Arrival
from instance.storage import charters
from instance.storage.charters import CharterRow
from instance.storage.database import SqliteTx
from tests.builders import a_tx

T = TypeVar("T")

ACME, GLOBEX, INITECH = "acme.example", "globex.example", "initech.example"
TWO, THREE = (ACME, GLOBEX), (ACME, GLOBEX, INITECH)
APOLLO = f"https://{ACME}/projects/apollo"
PEOPLE = {ACME: "alice", GLOBEX: "bob", INITECH: "ines"}
ROLES = {ACME: "host", GLOBEX: "client", INITECH: "supplier"}
ALL_OPEN = {host: set(THREE) - {host} for host in THREE}
ALL_SHUT: dict[str, set[str]] = {host: set() for host in THREE}
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAY_MS = 24 * 3_600_000
GATE = Gate(b"k" * 32)


class Letter(NamedTuple):
    """An activity on its way between two companies."""

    sender: str
    receiver: str
    activity: Document
    project: str | None = None


class Companies:
    """Some companies that have met, the letters on their way, and what became of those that arrived."""

    def __init__(self, nodes: dict[str, SqliteTx]) -> None:
        self.nodes = nodes
        self.waiting: list[Letter] = []
        self.rulings: list[tuple[str, Ruling]] = []

    def __getitem__(self, host: str) -> SqliteTx:
        return self.nodes[host]

    def perform(self, host: str, verb: Callable[[SqliteTx], Outcome[T]]) -> T:
        """Let a company do something; what it wants said is on its way then."""
        outcome = verb(self.nodes[host])
        self._post(host, outcome.drafts)
        return outcome.value

    def take(self, letter: Letter) -> Ruling:
        """Let a letter arrive; what its receiver answers is on its way then."""
        tx = self.nodes[letter.receiver]
        activity = Activity.parse(letter.activity)
        incoming = Incoming(activity, letter.sender, activity.actor, letter.project, None)
        ruling = self._decide(tx, letter, incoming)
        self.rulings.append((activity.type, ruling))
        return ruling

    def _decide(self, tx: SqliteTx, letter: Letter, incoming: Incoming) -> Ruling:
        if letter.project and letter.sender not in charters.open_hosts(tx, letter.project):
            return Ruling(taken=False, rule="closed")
        rule = activities.rule_for(incoming.activity)
        assert rule is not None, incoming.activity.type
        ruling = rule.verify(tx, incoming)
        if ruling.taken:
            self._post(letter.receiver, rule.apply(tx, incoming))
        else:
            rule.refused(tx, incoming, ruling)
        return ruling

    def carry(self, pick: Callable[[list[Letter]], Letter] | None = None) -> None:
        """Let letters arrive until none is on its way. `pick` chooses among the first ones of each pair of companies."""
        while self.waiting:
            firsts = list(
                {(letter.sender, letter.receiver): letter for letter in reversed(self.waiting)}.values()
            )
            letter = self.waiting[0] if pick is None else pick(firsts)
            self.waiting.remove(letter)
            self.take(letter)

    def _post(self, host: str, drafts: Iterable[Draft]) -> None:
        tx = self.nodes[host]
        for draft in drafts:
            document = proven(tx, draft.activity, draft.author)
            for outbound in GATE.release(tx, document, author=draft.author):
                body = orjson.loads(outbound.body)
                self.waiting.append(Letter(host, outbound.host, body, draft.project))

    def pass_ms(self, spent_ms: int) -> None:
        """Let time pass everywhere."""
        for tx in self.nodes.values():
            tx.now_ms += spent_ms

    def states(self) -> dict[str, list[str]]:
        """The state of every version of Apollo's charter at each company, first version first."""
        return {
            host: [row.state for row in reversed(charters.of_project(tx, APOLLO))]
            for host, tx in self.nodes.items()
        }

    def open_hosts(self) -> dict[str, set[str]]:
        """Whom each company lets have Apollo's things."""
        return {host: set(charters.open_hosts(tx, APOLLO)) for host, tx in self.nodes.items()}

    def person(self, host: str) -> Any:
        """The row of the one employee that each company begins with."""
        found = actor.actors.by_username(self.nodes[host], PEOPLE[host], host)
        assert found is not None
        return found


def proven(tx: SqliteTx, document: Document, author: str) -> Document:
    """The activity with its author's integrity proof, as outbox adds it."""
    key, created = profile.ed25519_of(tx, author), timestamp(tx.now_ms)
    return add_proof(document, key=key, key_id=ed25519_key_id(author), created=created)


def companies(*hosts: str) -> Companies:
    """Companies that have met; the first one, Acme, has a project Apollo; nothing is offered yet."""
    return Companies({host: copy_of(tx) for host, tx in _templates(hosts).items()})


@cache
def _templates(hosts: tuple[str, ...]) -> dict[str, SqliteTx]:
    """Made once, since RSA keys take their time; every test works on copies."""
    nodes = {host: _a_node(host) for host in hosts}
    for tx in nodes.values():
        for other in nodes.values():
            if other is not tx:
                partner.upsert_partner(tx, node_document(other))
    project.create(nodes[ACME], name="apollo", title="Apollo", purpose="Retrofit of line 3.")
    return nodes


def _a_node(host: str) -> SqliteTx:
    tx = a_tx(f"https://{host}")
    tx.home = Home(f"https://{host}", host.partition(".")[0].title())
    actor.create_node(tx)
    name = PEOPLE[host]
    actor.create_person(tx, username=name, display_name=name.title(), password_hash="-", is_admin=True)
    return tx


def copy_of(tx: SqliteTx) -> SqliteTx:
    """The same node, at the same moment, to go on apart."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    tx._connection.backup(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    return SqliteTx(connection, tx.home, tx.now_ms)


def node_document(tx: SqliteTx) -> Document:
    """The Application document that a node shows to others."""
    row = actor.actors.by_iri(tx, tx.home.node)
    assert row is not None
    return profile.document_of(tx, row)


def offer(net: Companies, *, by: str = ACME, **terms: Any) -> CharterRow:
    """A charter of Apollo between all companies, offered and on its way."""
    asked = {
        "parties": [PartyTerms(host, role=ROLES[host]) for host in net.nodes],
        "purpose": "Retrofit of line 3.",
        "ends_at_ms": net[by].now_ms + 300 * DAY_MS,
    } | terms
    return net.perform(by, lambda tx: charter.offer(tx, APOLLO, **asked))


def approve(net: Companies, row: CharterRow, *hosts: str) -> None:
    """Let these companies sign; their answers are on their way."""
    for host in hosts:
        net.perform(host, lambda tx: charter.approve(tx, row.iri, by="it"))


def in_force(*hosts: str, **terms: Any) -> Companies:
    """Companies with a charter of Apollo in force."""
    net = companies(*hosts)
    row = offer(net, **terms)
    net.carry()
    approve(net, row, *hosts[1:])
    net.carry()
    net.rulings.clear()
    return net


def bring(tx: SqliteTx, document: Document) -> Any:
    """An entry of a project's log comes in as a delivery of its own company, its proof checked; the receipt."""
    activity, entry = Activity.parse(document), log.entry_of(document)
    assert entry is not None
    arrival = Arrival(activity, entry.party, entry.party, activity.actor, entry)
    return inbox.receive(tx, arrival, gate=GATE)


def add_member(net: Companies, host: str, *, role: str = "member") -> None:
    """Put a company's person into Apollo, known everywhere."""
    net.perform(host, lambda tx: member.add(tx, APOLLO, actor_id=net.person(host).id, role=role))
    net.carry()


def forget_keys(tx: SqliteTx, actor_iri: str) -> None:
    """Have a company never have seen an actor's keys."""
    tx._connection.execute("DELETE FROM actor_key WHERE actor_iri = ?", [actor_iri])
