"""The next version of a charter between whole companies, in whatever order the letters arrive."""

import pytest

from instance.domain import charter, charter_proofs
from instance.domain.charter import PartyTerms
from instance.errors import BadInput, Conflict
from instance.storage import charters
from tests.instance.companies import (
    ACME,
    ALL_OPEN,
    APOLLO,
    GLOBEX,
    INITECH,
    THREE,
    TWO,
    approve,
    companies,
    in_force,
    offer,
)


def test_a_version_stays_in_force_until_all_have_signed_the_next():
    net = in_force(*TWO)
    row = net.perform(GLOBEX, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    net.carry()
    assert net.states() == {ACME: ["live", "offered"], GLOBEX: ["live", "approved"]}
    assert net.open_hosts()[ACME] == {GLOBEX}
    approve(net, row, ACME)
    net.carry()
    assert net.states() == {ACME: ["superseded", "live"], GLOBEX: ["superseded", "live"]}
    assert {charters.in_force(tx, APOLLO).ceiling for tx in net.nodes.values()} == {2}


def test_an_amendment_keeps_what_it_does_not_change():
    net = in_force(*TWO, retention="P18M", indicators=["answer-time"])
    row = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    _, terms = charter_proofs.stored(row)
    assert (terms.retention, terms.indicators, terms.version) == ("P18M", ("answer-time",), 2)
    assert terms.parties == charter_proofs.stored(charters.in_force(net[ACME], APOLLO))[1].parties


def test_a_third_company_joins_by_an_amendment_that_all_sign():
    net = companies(*THREE)
    first = offer(net, parties=[PartyTerms(GLOBEX, role="client")])
    net.carry()
    approve(net, first, GLOBEX)
    net.carry()
    second = offer(net)
    net.carry()
    approve(net, second, GLOBEX, INITECH)
    net.carry()
    assert net.open_hosts() == ALL_OPEN
    assert net.states()[INITECH] == ["live"]


def test_an_amendment_cannot_drop_a_company():
    net = in_force(*THREE)
    with pytest.raises(BadInput, match=r"initech\.example"):
        offer(net, parties=[PartyTerms(GLOBEX, role="client")])
    net.perform(INITECH, lambda tx: charter.leave(tx, APOLLO))
    net.carry()
    assert offer(net, parties=[PartyTerms(GLOBEX, role="client")]).version == 2


def test_without_a_charter_in_force_there_is_nothing_to_amend():
    with pytest.raises(Conflict, match="no charter in force"):
        charter.amend(companies(*TWO)[ACME], APOLLO, ceiling=2)


def test_two_offers_that_cross_leave_the_charter_in_force_and_the_next_one_works():
    net = in_force(*TWO)
    ours = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    theirs = net.perform(GLOBEX, lambda tx: charter.amend(tx, APOLLO, ceiling=3))
    net.carry()
    assert [ruling.rule for _, ruling in net.rulings] == ["version_order", "version_order"]
    assert net.open_hosts()[ACME] == {GLOBEX}
    net.perform(ACME, lambda tx: charter.decline(tx, ours.iri, reason="crossed"))
    net.perform(GLOBEX, lambda tx: charter.decline(tx, theirs.iri, reason="crossed"))
    net.carry()
    again = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    net.carry()
    approve(net, again, GLOBEX)
    net.carry()
    assert net.states()[GLOBEX] == ["superseded", "declined", "live"]


def test_a_version_that_takes_effect_takes_the_place_of_any_that_waits():
    net = in_force(*THREE)
    taken_back = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    net.carry()
    net.perform(ACME, lambda tx: charter.decline(tx, taken_back.iri, reason="a slip"))
    late = next(letter for letter in net.waiting if letter.receiver == INITECH)
    net.waiting.remove(late)
    net.carry()
    row = net.perform(GLOBEX, lambda tx: charter.amend(tx, APOLLO, ceiling=3))
    net.carry()
    approve(net, row, ACME, INITECH)
    net.carry()
    assert net.states()[INITECH] == ["superseded", "declined", "live"]
    assert net.take(late).rule == "charter_declined_already"
