"""Charters between whole companies: made, changed, suspended, left and ended, in whatever order the letters arrive."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.proof import check_proof
from instance.domain import charter, charter_proofs, charter_states
from instance.domain.charter import PartyTerms
from instance.domain.charter_document import public_key, read_charter
from instance.errors import BadInput, Conflict, NotAllowed, NotFound
from instance.events import CharterChanged
from instance.storage import actors, charters, keys, members, peers, things
from tests.builders import a_project, a_tx
from tests.instance.companies import (
    ACME,
    APOLLO,
    DAY_MS,
    GLOBEX,
    INITECH,
    THREE,
    TWO,
    add_member,
    approve,
    companies,
    in_force,
    offer,
)

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ALL_OPEN = {host: set(THREE) - {host} for host in THREE}
ALL_SHUT: dict[str, set[str]] = {host: set() for host in THREE}


# the graph of states


def test_a_graph_that_leads_to_no_state_is_refused():
    with pytest.raises(ValueError, match="new leads to gone"):
        charter_states.check_closed({"new": frozenset({"gone"})}, ("new",))


def test_a_graph_with_a_state_that_nothing_leads_to_is_refused():
    with pytest.raises(ValueError, match="nothing leads to lost"):
        charter_states.check_closed({"new": frozenset(), "lost": frozenset()}, ("new",))


def test_an_undeclared_move_is_refused_with_both_states():
    net = companies(*TWO)
    row = offer(net)
    with pytest.raises(Conflict, match="is approved and cannot become superseded"):
        charter.move(net[ACME], row, "superseded", by=ACME)


# made


@pytest.mark.parametrize("hosts", [TWO, THREE])
def test_a_charter_is_live_on_every_node_once_all_have_signed(hosts):
    net = in_force(*hosts)
    assert net.states() == {host: ["live"] for host in hosts}
    assert net.open_hosts() == {host: set(hosts) - {host} for host in hosts}


@pytest.mark.parametrize("late", [GLOBEX, INITECH])
def test_until_the_last_has_signed_the_gate_is_shut_for_all(late):
    net = companies(*THREE)
    row = offer(net)
    net.carry()
    approve(net, row, *({GLOBEX, INITECH} - {late}))
    net.carry()
    assert net.open_hosts() == ALL_SHUT
    approve(net, row, late)
    net.carry()
    assert net.open_hosts() == ALL_OPEN


@SLOW
@given(st.data())
def test_any_order_of_arrival_ends_with_a_live_charter_on_every_node(data):
    net = companies(*THREE)
    row = offer(net)
    net.carry()
    approve(net, row, *data.draw(st.permutations([GLOBEX, INITECH])))
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.states() == {host: ["live"] for host in THREE}
    assert all(ruling.taken for _, ruling in net.rulings)


def test_a_live_charter_carries_one_good_proof_of_each_company():
    net = in_force(*THREE)
    for tx in net.nodes.values():
        document = orjson.loads(charters.of_project(tx, APOLLO)[0].document)
        terms = read_charter(document)
        signers = {party.key_id: public_key(party) for party in terms.parties}
        assert sorted(check_proof(document, find_key=signers.get)) == sorted(signers)


def test_all_nodes_hold_the_same_charter():
    net = in_force(*THREE)
    assert len({charters.of_project(tx, APOLLO)[0].document for tx in net.nodes.values()}) == 1


def test_an_offered_charter_waits_for_an_answer_and_lets_nothing_through():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    assert [waiting.iri for waiting in charters.waiting(net[GLOBEX])] == [row.iri]
    assert charters.open_hosts(net[GLOBEX], APOLLO) == frozenset()


def test_a_letter_that_arrives_twice_changes_nothing():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    approve(net, row, GLOBEX)
    accept = net.waiting[0]
    net.take(accept)
    update = net.waiting[1]
    net.take(update)
    events = len(charters.events(net[ACME], row.iri))
    assert net.take(accept).rule == "charter_in_force_already"
    assert net.take(update).rule == "charter_in_force_already"
    assert net.states() == {ACME: ["live"], GLOBEX: ["live"]}
    assert len(charters.events(net[ACME], row.iri)) == events


def test_a_partners_project_is_known_by_its_handle_once_the_charter_is_live():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    assert actors.by_username(net[GLOBEX], "apollo", ACME) is None
    approve(net, row, GLOBEX)
    net.carry()
    found = actors.by_username(net[GLOBEX], "apollo", ACME)
    assert found is not None
    assert (found.iri, found.kind, found.display_name) == (APOLLO, "project", "Apollo")
    assert [known.iri for known in actors.projects(net[GLOBEX])] == [APOLLO]


def test_the_other_companies_are_peers_once_the_charter_is_live():
    net = in_force(*THREE)
    found = {peer.host: peer.inbox for peer in peers.all_peers(net[INITECH])}
    assert found == {ACME: f"https://{ACME}/inbox", GLOBEX: f"https://{GLOBEX}/inbox"}


def test_whoever_listens_is_told_that_the_charter_changed():
    net = in_force(*TWO)
    assert CharterChanged(APOLLO) in net[GLOBEX].events


def test_the_history_says_who_did_what():
    net = in_force(*TWO)
    row = charters.of_project(net[ACME], APOLLO)[0]
    told = [(event.host, event.what) for event in charters.events(net[ACME], row.iri)]
    assert told == [(ACME, "offered"), (GLOBEX, "accepted"), (GLOBEX, "live")]


def test_who_approved_is_kept_inside_the_company():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    net.perform(GLOBEX, lambda tx: charter.approve(tx, row.iri, by="bob"))
    assert "bob" in {event.detail for event in charters.events(net[GLOBEX], row.iri)}
    assert b"bob" not in orjson.dumps(net.waiting[0].activity)


def test_a_company_whose_node_we_never_met_is_named_as_such():
    net = companies(*THREE)
    keys.replace_partners(net[GLOBEX], f"https://{INITECH}/actor", [])
    row = offer(net)
    net.carry()
    assert [party.host for party in charter.unmet(net[GLOBEX], row.iri)] == [INITECH]
    assert charter.unmet(net[ACME], row.iri) == ()


# what our own IT may ask for


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"purpose": "  "}, "purpose"),
        ({"ceiling": 4}, "ceiling"),
        ({"ceiling": -1}, "ceiling"),
        ({"retention": "a year"}, "retention"),
        ({"retention": "P"}, "retention"),
        ({"ends_at_ms": 1}, "ends_at"),
        ({"starts_at_ms": 1}, "ends_at"),
        ({"indicators": ["Response Time"]}, "indicators"),
        ({"parties": []}, "parties"),
        ({"parties": [PartyTerms(GLOBEX, role="boss")]}, "parties"),
        ({"parties": [PartyTerms("unmet.example")]}, "parties"),
        ({"parties": [PartyTerms(GLOBEX, inbox=f"https://{INITECH}/inbox")]}, "parties"),
    ],
)
def test_terms_that_are_not_sound_are_refused_by_their_field(terms, field):
    net = companies(*TWO)
    with pytest.raises(BadInput) as refusal:
        offer(net, **terms)
    assert refusal.value.field == field
    assert offer(net).state == "approved"


def test_a_charter_without_an_end_is_open_until_somebody_shuts_it():
    net = in_force(*TWO, ends_at_ms=None)
    net.pass_ms(4000 * DAY_MS)
    assert net.open_hosts()[ACME] == {GLOBEX}


def test_only_a_company_in_the_project_offers_a_charter_for_it():
    net = in_force(*TWO)
    net.perform(GLOBEX, lambda tx: charter.leave(tx, APOLLO))
    net.carry()
    with pytest.raises(NotAllowed):
        offer(net, by=GLOBEX)
    assert offer(net, by=ACME).version == 2


def test_one_version_at_a_time_waits_for_answers():
    net = companies(*TWO)
    row = offer(net)
    with pytest.raises(Conflict):
        offer(net)
    net.perform(ACME, lambda tx: charter.decline(tx, row.iri, reason="a slip"))
    assert offer(net).version == 2


def test_what_does_not_exist_cannot_be_approved_or_offered():
    tx = companies(*TWO)[ACME]
    with pytest.raises(NotFound):
        charter.approve(tx, "https://acme.example/charters/1", by="it")
    with pytest.raises(NotFound):
        charter.offer(tx, f"https://{ACME}/projects/none", parties=[PartyTerms(GLOBEX)], purpose="x")


# declined


def test_what_one_declines_is_declined_everywhere_with_the_reason():
    net = companies(*THREE)
    row = offer(net)
    net.carry()
    approve(net, row, INITECH)
    net.perform(GLOBEX, lambda tx: charter.decline(tx, row.iri, reason="Not with this ceiling."))
    net.carry()
    assert net.states() == {host: ["declined"] for host in THREE}
    assert {charters.of_project(tx, APOLLO)[0].reason for tx in net.nodes.values()} == {
        "Not with this ceiling."
    }


@SLOW
@given(st.data())
def test_a_refusal_that_crosses_an_approval_ends_the_same_everywhere(data):
    net = companies(*THREE)
    row = offer(net)
    net.carry()
    approve(net, row, INITECH)
    net.perform(GLOBEX, lambda tx: charter.decline(tx, row.iri, reason="no"))
    net.carry(lambda firsts: data.draw(st.sampled_from(firsts)))
    assert net.states() == {host: ["declined"] for host in THREE}


def test_who_offered_a_charter_can_take_it_back():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    net.perform(ACME, lambda tx: charter.decline(tx, row.iri, reason="a slip"))
    net.carry()
    assert net.states() == {ACME: ["declined"], GLOBEX: ["declined"]}


def test_who_has_signed_cannot_decline_any_more():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    approve(net, row, GLOBEX)
    with pytest.raises(Conflict, match="suspended or left"):
        charter.decline(net[GLOBEX], row.iri, reason="second thoughts")


def test_after_a_refusal_the_next_offer_can_be_signed():
    net = companies(*TWO)
    first = offer(net)
    net.carry()
    net.perform(GLOBEX, lambda tx: charter.decline(tx, first.iri, reason="no"))
    net.carry()
    second = offer(net, purpose="Retrofit of line 3, without cameras.")
    net.carry()
    approve(net, second, GLOBEX)
    net.carry()
    assert net.states() == {ACME: ["declined", "live"], GLOBEX: ["declined", "live"]}


def test_a_refusal_ends_a_charter_by_the_word_of_who_offered_it():
    net = companies(*THREE)
    row = offer(net)
    net.carry()
    net.perform(GLOBEX, lambda tx: charter.decline(tx, row.iri, reason="no"))
    direct = next(letter for letter in net.waiting if letter.receiver == INITECH)
    net.take(direct)
    assert net.states()[INITECH] == ["offered"]
    assert "rejected" in {event.what for event in charters.events(net[INITECH], row.iri)}
    net.carry()
    assert net.states()[INITECH] == ["declined"]


# amended


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
