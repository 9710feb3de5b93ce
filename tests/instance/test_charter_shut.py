"""Charters that are suspended, left and ended: the gate is shut at every company, in whatever order the letters arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import charter
from instance.domain.charter import PartyTerms
from instance.errors import Conflict
from instance.storage import charters, members, things
from tests.builders import a_project, a_tx
from tests.instance.companies import (
    ACME,
    ALL_OPEN,
    ALL_SHUT,
    APOLLO,
    DAY_MS,
    GLOBEX,
    INITECH,
    SLOW,
    THREE,
    TWO,
    add_member,
    approve,
    companies,
    in_force,
    offer,
)

# suspended


def test_any_company_shuts_the_gate_for_all_at_once():
    net = in_force(*THREE)
    net.perform(INITECH, lambda tx: charter.suspend(tx, APOLLO))
    assert net.open_hosts()[INITECH] == set()
    net.carry()
    assert net.open_hosts() == ALL_SHUT
    assert net.states() == {host: ["suspended"] for host in THREE}


def test_the_gate_opens_when_the_last_suspension_is_taken_back():
    net = in_force(*THREE)
    for host in (GLOBEX, INITECH):
        net.perform(host, lambda tx: charter.suspend(tx, APOLLO))
        net.carry()
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert net.open_hosts() == ALL_SHUT
    net.perform(INITECH, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert net.open_hosts() == ALL_OPEN


def test_nobody_takes_back_the_suspension_of_another():
    net = in_force(*TWO)
    net.perform(GLOBEX, lambda tx: charter.suspend(tx, APOLLO))
    net.carry()
    with pytest.raises(Conflict, match="do not suspend"):
        charter.resume(net[ACME], APOLLO)
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert net.states() == {ACME: ["live"], GLOBEX: ["live"]}


def test_a_company_suspends_once():
    net = in_force(*TWO)
    net.perform(ACME, lambda tx: charter.suspend(tx, APOLLO))
    with pytest.raises(Conflict, match="already"):
        charter.suspend(net[ACME], APOLLO)


@SLOW
@given(st.data())
def test_a_suspension_holds_through_an_amendment_whatever_arrives_first(data):
    net = in_force(*THREE)
    row = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    net.carry()
    approve(net, row, GLOBEX, INITECH)
    net.perform(INITECH, lambda tx: charter.suspend(tx, APOLLO))
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.states() == {host: ["superseded", "suspended"] for host in THREE}
    net.perform(INITECH, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert net.open_hosts() == ALL_OPEN


def test_what_is_offered_while_the_gate_is_shut_keeps_it_shut():
    net = in_force(*TWO)
    net.perform(GLOBEX, lambda tx: charter.suspend(tx, APOLLO))
    net.carry()
    row = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    net.carry()
    approve(net, row, GLOBEX)
    net.carry()
    assert net.states() == {host: ["superseded", "suspended"] for host in TWO}
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert net.open_hosts() == {ACME: {GLOBEX}, GLOBEX: {ACME}}


HOSTS = st.lists(st.sampled_from(THREE), unique=True).map(tuple)


@given(
    state=st.sampled_from(sorted(charter.STATES)),
    left=HOSTS,
    suspended=HOSTS,
    start_ms=st.integers(-1, 1),
    end_ms=st.none() | st.integers(-1, 1),
)
def test_the_gate_and_the_charters_agree_on_who_may_have_what(state, left, suspended, start_ms, end_ms):
    tx = a_tx()
    ends_at_ms = None if end_ms is None else tx.now_ms + end_ms
    apollo = a_project(
        tx, "apollo", GLOBEX, INITECH, state=state, left=left, suspended=suspended,
        starts_at_ms=tx.now_ms + start_ms, ends_at_ms=ends_at_ms,
    )  # fmt: skip
    assert things.terms(tx, [apollo])[apollo].terms.hosts == charters.open_hosts(tx, apollo)


def test_who_suspends_gets_nothing_even_where_the_charter_is_live():
    tx = a_tx()
    apollo = a_project(tx, "apollo", GLOBEX, INITECH, suspended=(GLOBEX,))
    assert charters.open_hosts(tx, apollo) == {INITECH}


# left


def test_who_has_left_sends_nothing_even_where_the_charter_is_live():
    tx = a_tx()
    assert charters.open_hosts(tx, a_project(tx, "apollo", GLOBEX)) == {GLOBEX}
    assert charters.open_hosts(tx, a_project(tx, "zeus", GLOBEX, left=(ACME,))) == frozenset()


def test_with_one_company_left_the_charter_ends():
    net = in_force(*TWO)
    net.perform(GLOBEX, lambda tx: charter.leave(tx, APOLLO, reason="The line is sold."))
    net.carry()
    assert net.states() == {ACME: ["ended"], GLOBEX: ["ended"]}
    assert "The line is sold." in {
        event.detail for event in charters.events(net[ACME], charters.of_project(net[ACME], APOLLO)[0].iri)
    }


def test_when_one_of_three_leaves_the_others_go_on():
    net = in_force(*THREE)
    net.perform(ACME, lambda tx: charter.leave(tx, APOLLO))
    net.carry()
    assert net.open_hosts() == {ACME: set(), GLOBEX: {INITECH}, INITECH: {GLOBEX}}


def test_a_company_that_left_can_be_asked_back():
    net = in_force(*THREE)
    net.perform(INITECH, lambda tx: charter.leave(tx, APOLLO))
    net.carry()
    row = offer(net)
    net.carry()
    approve(net, row, GLOBEX, INITECH)
    net.carry()
    assert net.open_hosts() == ALL_OPEN


@SLOW
@given(st.data())
def test_whoever_leaves_while_an_amendment_is_signed_is_out_at_every_node(data):
    net = in_force(*THREE)
    row = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    net.carry()
    approve(net, row, GLOBEX, INITECH)
    net.perform(INITECH, lambda tx: charter.leave(tx, APOLLO))
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.open_hosts() == {ACME: {GLOBEX}, GLOBEX: {ACME}, INITECH: set()}


def test_an_offer_that_names_a_company_which_has_left_is_taken_back():
    net = companies(*THREE)
    first = offer(net, parties=[PartyTerms(GLOBEX, role="client")])
    net.carry()
    approve(net, first, GLOBEX)
    net.carry()
    second = offer(net)
    heard_by_globex = next(letter for letter in net.waiting if letter.receiver == GLOBEX)
    net.waiting.remove(heard_by_globex)
    net.take(heard_by_globex)
    approve(net, second, GLOBEX)
    net.perform(GLOBEX, lambda tx: charter.leave(tx, APOLLO))
    net.carry(lambda firsts: min(firsts, key=lambda one: (one.sender, one.receiver) == (ACME, INITECH)))
    assert net.states()[INITECH] == ["declined"]
    assert net.open_hosts() == ALL_SHUT


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (charter.suspend, ALL_SHUT),
        (charter.leave, {ACME: {INITECH}, GLOBEX: set(), INITECH: {ACME}}),
    ],
)
def test_whoever_shuts_or_leaves_before_all_know_that_it_is_live_is_heeded_by_all(verb, expected):
    net = companies(*THREE)
    row = offer(net)
    net.carry()
    approve(net, row, GLOBEX, INITECH)
    for letter in [letter for letter in net.waiting if letter.receiver == ACME]:
        net.waiting.remove(letter)
        net.take(letter)
    late = next(letter for letter in net.waiting if (letter.sender, letter.receiver) == (ACME, INITECH))
    net.waiting.remove(late)
    net.carry()
    net.perform(GLOBEX, lambda tx: verb(tx, APOLLO))
    net.carry()
    net.take(late)
    net.carry()
    assert net.open_hosts() == expected


def test_leaving_lifts_ones_own_suspension_from_the_others():
    net = in_force(*THREE)
    net.perform(INITECH, lambda tx: charter.suspend(tx, APOLLO))
    net.carry()
    net.perform(INITECH, lambda tx: charter.leave(tx, APOLLO))
    net.carry()
    assert net.open_hosts() == {ACME: {GLOBEX}, GLOBEX: {ACME}, INITECH: set()}


def test_the_people_of_a_company_that_left_are_out():
    net = in_force(*TWO)
    from_globex = net.person(GLOBEX).id
    add_member(net, GLOBEX)
    assert len(members.of_project(net[ACME], APOLLO)) == 1
    net.perform(GLOBEX, lambda tx: charter.leave(tx, APOLLO))
    net.carry()
    assert members.of_project(net[ACME], APOLLO) == []
    assert not members.is_active(net[GLOBEX], APOLLO, from_globex)


# ended


def test_past_its_end_nothing_passes_even_before_it_is_ended():
    net = in_force(*TWO)
    net.pass_ms(299 * DAY_MS)
    assert net.open_hosts()[ACME] == {GLOBEX}
    net.pass_ms(DAY_MS)
    assert net.open_hosts()[ACME] == set()
    assert net.states()[ACME] == ["live"]


def test_what_is_past_its_end_is_ended_once():
    net = in_force(*TWO)
    assert charter.end_due(net[ACME]).value == 0
    net.pass_ms(300 * DAY_MS)
    assert charter.end_due(net[ACME]).value == 1
    assert charter.end_due(net[ACME]).value == 0
    assert net.states()[ACME] == ["ended"]


def test_an_offer_that_nobody_can_sign_in_time_any_more_is_dropped():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    net.pass_ms(300 * DAY_MS)
    with pytest.raises(Conflict, match="end has passed"):
        charter.approve(net[GLOBEX], row.iri, by="it")
    charter.end_due(net[GLOBEX])
    assert net.states()[GLOBEX] == ["declined"]


def test_before_its_start_nothing_passes():
    net = in_force(*TWO, starts_at_ms=companies(*TWO)[ACME].now_ms + DAY_MS)
    assert net.open_hosts()[ACME] == set()
    net.pass_ms(DAY_MS)
    assert net.open_hosts()[ACME] == {GLOBEX}


def test_a_project_goes_on_by_a_new_version_after_its_end():
    net = in_force(*TWO)
    net.pass_ms(300 * DAY_MS)
    for tx in net.nodes.values():
        charter.end_due(tx)
    row = offer(net, by=GLOBEX)
    net.carry()
    approve(net, row, ACME)
    net.carry()
    assert net.states() == {ACME: ["ended", "live"], GLOBEX: ["ended", "live"]}
