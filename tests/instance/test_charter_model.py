"""Three companies do to a charter whatever they may, in any order, while letters are under way: it ends the same everywhere, and is never open by mistake."""

import os
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from instance.domain import charter
from instance.domain.charter import PartyTerms
from instance.domain.charter_states import STATES
from instance.domain.outcome import Outcome
from instance.errors import Refusal
from instance.storage import charters
from instance.storage.charters import CharterRow
from instance.storage.database import SqliteTx
from tests.instance.companies import (
    APOLLO,
    DAY_MS,
    ROLES,
    THREE,
    Companies,
    companies,
    copy_of,
    in_force,
)

IN_FORCE = {"live", "suspended"}
WAITING = {"offered", "approved"}


def newest(tx: SqliteTx, states: set[str]) -> str:
    """The IRI of the newest version in one of these states."""
    return next((row.iri for row in charters.of_project(tx, APOLLO) if row.state in states), "")


def offer(tx: SqliteTx) -> Outcome[CharterRow]:
    parties = [PartyTerms(host, role=ROLES[host]) for host in THREE]
    return charter.offer(
        tx, APOLLO, parties=parties, purpose="Retrofit of line 3.", ends_at_ms=tx.now_ms + 60 * DAY_MS
    )


MOVES: dict[str, Callable[[SqliteTx], Outcome[CharterRow]]] = {
    "offer": offer,
    "amend": lambda tx: charter.amend(tx, APOLLO, purpose=f"Retrofit of line {tx.now_ms % 97}."),
    "approve": lambda tx: charter.approve(tx, newest(tx, WAITING), by="it"),
    "decline": lambda tx: charter.decline(tx, newest(tx, WAITING), reason="Not so"),
    "suspend": lambda tx: charter.suspend(tx, APOLLO),
    "resume": lambda tx: charter.resume(tx, APOLLO),
    "leave": lambda tx: charter.leave(tx, APOLLO),
}


class Charters(RuleBasedStateMachine):
    """Acme, Globex and Initech, the letters between them, and who shut or left what."""

    @initialize(begun=st.booleans())
    def begin(self, *, begun: bool) -> None:
        found = in_force(*THREE) if begun else companies(*THREE)
        self.net = Companies({host: copy_of(tx) for host, tx in found.nodes.items()})

    @rule(host=st.sampled_from(THREE), name=st.sampled_from(sorted(MOVES)), has_read=st.booleans())
    def a_company_moves(self, host: str, name: str, *, has_read: bool) -> None:
        if has_read:
            self.net.carry()
        self.do(host, name)

    @rule(hosts=st.permutations(THREE), crossed=st.sampled_from([None, *sorted(MOVES)]))
    def all_sign(self, hosts: list[str], crossed: str | None) -> None:
        """What waits is signed by all; in the middle of it somebody may do something else."""
        self.do(hosts[0], "amend")
        self.do(hosts[0], "offer")
        self.net.carry()
        self.do(hosts[1], "approve")
        if crossed:
            self.do(hosts[0], crossed)
        self.do(hosts[2], "approve")

    def do(self, host: str, name: str) -> None:
        """Make a move, or be refused."""
        self.net.pass_ms(60_000)
        connection = self.net[host]._connection
        connection.execute("SAVEPOINT move")
        try:
            self.net.perform(host, MOVES[name])
        except Refusal:
            connection.execute("ROLLBACK TO move")
        connection.execute("RELEASE move")

    @rule(at=st.integers(0, 5))
    def a_letter_arrives(self, at: int) -> None:
        firsts = {(letter.sender, letter.receiver): letter for letter in reversed(self.net.waiting)}
        if firsts:
            letter = list(firsts.values())[at % len(firsts)]
            self.net.waiting.remove(letter)
            self.net.take(letter)

    @rule()
    def all_letters_arrive(self) -> None:
        self.net.carry()
        self.all_agree()

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.net.pass_ms(days * DAY_MS)
        for host in THREE:
            self.net.perform(host, charter.end_due)

    @invariant()
    def at_most_one_version_is_in_force(self) -> None:
        for tx in self.net.nodes.values():
            states = [row.state for row in charters.of_project(tx, APOLLO)]
            assert set(states) <= STATES.keys()
            assert sum(state in IN_FORCE for state in states) <= 1

    @invariant()
    def who_shut_it_or_left_lets_nobody_have_anything(self) -> None:
        for host, tx in self.net.nodes.items():
            row = charters.in_force(tx, APOLLO)
            if (
                row is None
                or row.state != "live"
                or any(party.host == host and party.left_at_ms for party in charters.parties(tx, row.id))
            ):
                assert not charters.open_hosts(tx, APOLLO)

    def all_agree(self) -> None:
        """Nothing is under way: each lets those have things that let it have things, under the same version in the same state."""
        ours = self.net.open_hosts()
        for host, others in ours.items():
            for other in others:
                assert host in ours[other], (host, other, self.net.states())
        held = {host: charters.in_force(tx, APOLLO) for host, tx in self.net.nodes.items()}
        assert len({(row.iri, row.state) for host, row in held.items() if row and ours[host]}) <= 1

    def teardown(self) -> None:
        if hasattr(self, "net"):
            self.net.carry()
            self.all_agree()


Charters.TestCase.settings = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "25")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestCharters = Charters.TestCase
