"""Charters between whole companies: how they are made, what our own IT may ask for, and what a refusal does."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.proof import check_proof
from instance.domain import charter, charter_states
from instance.domain.charter import PartyTerms
from instance.domain.charter_document import public_key, read_charter
from instance.errors import BadInput, Conflict, NotAllowed, NotFound
from instance.events import CharterChanged
from instance.storage import actors, charters, peers
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
    approve,
    companies,
    forget_keys,
    in_force,
    offer,
)

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
    forget_keys(net[GLOBEX], f"https://{INITECH}/actor")
    row = offer(net)
    net.carry()
    assert [party.host for party in charter.unmet(net[GLOBEX], row.iri)] == [INITECH]
    assert charter.unmet(net[ACME], row.iri) == ()


def test_what_names_a_company_that_we_never_met_is_signed_by_choice_alone():
    net = companies(*THREE)
    forget_keys(net[GLOBEX], f"https://{INITECH}/actor")
    row = offer(net)
    net.carry()
    with pytest.raises(Conflict) as caught:
        charter.approve(net[GLOBEX], row.iri, by="it")
    assert (caught.value.rule, net.states()[GLOBEX]) == ("unmet", ["offered"])
    net.perform(GLOBEX, lambda tx: charter.approve(tx, row.iri, by="it", unmet_ok=True))
    approved = charters.last_event(net[GLOBEX], row.iri, host=GLOBEX, what="approved")
    assert (net.states()[GLOBEX], approved.detail) == (["approved"], f"it; not met: {INITECH}")


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
        ({"guests": "everybody"}, "guests"),
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


def test_a_charter_that_says_nothing_of_guests_allows_none_and_stays_as_such_charters_always_were():
    [tx, *_] = in_force(*TWO).nodes.values()
    document = orjson.loads(charters.of_project(tx, APOLLO)[0].document)
    assert "guests" not in document
    assert read_charter(document).guests == "none"


def test_what_guests_may_do_is_signed_by_all_and_stays_until_it_is_amended():
    net = in_force(*TWO, guests="answer")
    row = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    net.carry()
    approve(net, row, GLOBEX)
    net.carry()
    documents = [orjson.loads(charters.in_force(tx, APOLLO).document) for tx in net.nodes.values()]
    assert [read_charter(document).guests for document in documents] == ["answer", "answer"]
    assert read_charter(documents[0]).version == 2
    again = net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, guests="none"))
    assert "guests" not in orjson.loads(again.document)


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
