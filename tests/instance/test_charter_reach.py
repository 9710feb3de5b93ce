"""What is said about a charter reaches the companies that this very version names, all of them, and nobody else."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import charter
from instance.domain.charter import PartyTerms
from instance.storage import charters
from tests.instance.companies import (
    ACME,
    ALL_OPEN,
    APOLLO,
    GLOBEX,
    INITECH,
    SLOW,
    THREE,
    Companies,
    approve,
    companies,
    in_force,
    offer,
)

ONLY_GLOBEX = [PartyTerms(GLOBEX, role="client")]
VERBS = {
    "suspend": lambda tx: charter.suspend(tx, APOLLO),
    "amend": lambda tx: charter.amend(tx, APOLLO, ceiling=2),
    "leave": lambda tx: charter.leave(tx, APOLLO),
}


def receivers(net: Companies) -> set[str]:
    return {letter.receiver for letter in net.waiting}


def declined_by_initech() -> Companies:
    """Acme offered a charter to Globex and Initech, and Initech declined it."""
    net = companies(*THREE)
    first = offer(net)
    net.carry()
    net.perform(INITECH, lambda tx: charter.decline(tx, first.iri, reason="not for us"))
    net.carry()
    return net


def joined_by_initech() -> Companies:
    """Acme and Globex are in a charter, and Initech is offered the next version."""
    net = companies(*THREE)
    first = offer(net, parties=ONLY_GLOBEX)
    net.carry()
    approve(net, first, GLOBEX)
    net.carry()
    offer(net)
    net.carry()
    return net


def test_who_declined_a_charter_does_not_learn_who_is_asked_next():
    net = declined_by_initech()
    offer(net, parties=ONLY_GLOBEX)
    assert receivers(net) == {GLOBEX}


@pytest.mark.parametrize("verb", VERBS)
def test_who_declined_a_charter_hears_nothing_of_the_one_that_the_others_signed(verb: str):
    net = declined_by_initech()
    second = offer(net, parties=ONLY_GLOBEX)
    net.carry()
    approve(net, second, GLOBEX)
    net.carry()
    net.perform(ACME, VERBS[verb])
    net.carry()
    assert [row.version for row in charters.of_project(net[INITECH], APOLLO)] == [1]
    assert {kind for kind, ruling in net.rulings if not ruling.taken} == set()


def test_all_that_a_company_gets_of_a_charter_that_does_not_name_it_is_nothing():
    net = declined_by_initech()
    second = offer(net, parties=ONLY_GLOBEX)
    net.carry()
    approve(net, second, GLOBEX)
    assert all(
        second.iri not in orjson.dumps(letter.activity).decode()
        for letter in net.waiting
        if letter.receiver == INITECH
    )


@pytest.mark.parametrize("verb", ["suspend", "leave"])
def test_who_is_only_offered_a_charter_hears_that_another_shuts_or_leaves(verb: str):
    net = joined_by_initech()
    net.perform(GLOBEX, VERBS[verb])
    assert receivers(net) == {ACME, INITECH}
    net.carry()
    assert all(ruling.taken for _, ruling in net.rulings)


def test_who_is_only_offered_a_charter_does_not_learn_how_far_a_log_goes():
    net = joined_by_initech()
    net.perform(ACME, lambda tx: charter.leave(tx, APOLLO))
    assert not any("head" in letter.activity for letter in net.waiting if letter.receiver == INITECH)


@SLOW
@given(st.data())
def test_a_suspension_that_is_older_than_a_version_holds_at_who_is_new_in_it(data: st.DataObject):
    net = companies(*THREE)
    first = offer(net, parties=ONLY_GLOBEX)
    net.carry()
    approve(net, first, GLOBEX)
    net.carry()
    host = data.draw(st.sampled_from([ACME, GLOBEX]))
    net.perform(host, VERBS["suspend"])
    net.carry()
    second = offer(net)
    net.carry()
    approve(net, second, GLOBEX, INITECH)
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.open_hosts() == {host: set() for host in THREE}
    net.perform(host, lambda tx: charter.resume(tx, APOLLO))
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.open_hosts() == ALL_OPEN


@SLOW
@given(st.data())
def test_a_suspension_while_a_version_waits_holds_at_who_is_new_in_it(data: st.DataObject):
    net = joined_by_initech()
    host = data.draw(st.sampled_from([ACME, GLOBEX]))
    waiting = charters.waiting(net[INITECH])[0]
    net.perform(host, VERBS["suspend"])
    approve(net, waiting, GLOBEX, INITECH)
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.open_hosts() == {host: set() for host in THREE}
    net.perform(host, lambda tx: charter.resume(tx, APOLLO))
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.open_hosts() == ALL_OPEN


def test_a_suspension_from_before_an_amendment_is_taken_back_after_it():
    net = in_force(*THREE)
    net.perform(GLOBEX, VERBS["suspend"])
    net.carry()
    second = net.perform(ACME, VERBS["amend"])
    net.carry()
    approve(net, second, GLOBEX, INITECH)
    net.carry()
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    assert receivers(net) == {ACME, INITECH}
    net.carry()
    assert net.open_hosts() == ALL_OPEN
