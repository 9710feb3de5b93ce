"""What is refused of what others say about charters, and by which rule; next to each refusal the same letter as it is taken."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from federation.document import Document
from federation.keys import ed25519_key_id, generate_ed25519, to_multikey
from federation.proof import add_proof
from instance.domain import charter, charter_proofs, profile
from instance.domain.outcome import Ruling
from instance.domain.render import timestamp
from instance.storage import charters, keys, peers
from instance.storage.peers import PeerFacts
from tests.builders import NOW_MS
from tests.instance.companies import (
    ACME,
    APOLLO,
    DAY_MS,
    GLOBEX,
    INITECH,
    THREE,
    TWO,
    Companies,
    Letter,
    approve,
    companies,
    in_force,
    offer,
)

YEAR_MS = 366 * DAY_MS
CREATED = timestamp(NOW_MS)
Change = Callable[[Document], Any]


def signed(net: Companies, document: Document, *hosts: str) -> Document:
    """The charter with the proofs of these companies in place of those that it had."""
    found = charter_proofs.bare(document)
    for host in hosts:
        node = f"https://{host}/actor"
        key = profile.ed25519_of(net[host], node)
        found = add_proof(found, key=key, key_id=ed25519_key_id(node), created=CREATED)
    return found


def an_offer(net: Companies, change: Change | None = None, *, proofs: tuple[str, ...] = (ACME,)) -> Letter:
    """Acme's offer on its way to Globex, changed before Acme signs it."""
    offer(net)
    letter = next(waiting for waiting in net.waiting if waiting.receiver == GLOBEX)
    document: Document = orjson.loads(orjson.dumps(letter.activity["object"]))
    if change is not None:
        change(document)
    net.waiting.clear()
    return letter._replace(activity={**letter.activity, "object": signed(net, document, *proofs)})


def test_an_offer_as_it_should_be_is_taken():
    net = companies(*TWO)
    assert net.take(an_offer(net)) == Ruling(taken=True, rule="charter_offered")
    assert net.states()[GLOBEX] == ["offered"]


def _party(document: Document, host: str) -> Document:
    return next(party for party in document["parties"] if party["host"] == host)


def _twice(document: Document) -> None:
    document["parties"].append(_party(document, GLOBEX))


def _other_node_key(document: Document) -> None:
    key = to_multikey(generate_ed25519().public_key())
    _party(document, GLOBEX)["assertionMethod"][0]["publicKeyMultibase"] = key


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("charter_id", lambda d: d.update(id="charters/1")),
        ("charter_of_another_host", lambda d: d.update(id=f"https://{GLOBEX}/charters/1")),
        ("offered_by_another", lambda d: d.update(attributedTo=f"https://{ACME}/people/alice")),
        ("charter_project", lambda d: d.pop("project")),
        ("charter_project", lambda d: d["project"].update(preferredUsername="A pollo")),
        ("charter_project", lambda d: d["project"].update(name="")),
        ("unknown_project", lambda d: d["project"].update(id=f"https://{GLOBEX}/projects/apollo")),
        ("project_host_is_no_party", lambda d: d["project"].update(id=f"https://{INITECH}/projects/apollo")),
        ("charter_version", lambda d: d.update(version="1")),
        ("charter_version", lambda d: d.update(version=0)),
        ("charter_version", lambda d: d.update(version=True)),
        ("previous_differs", lambda d: d.update(previous="0" * 64)),
        ("charter_previous", lambda d: d.update(previous=7)),
        ("charter_purpose", lambda d: d.update(summary="x" * 5001)),
        ("charter_purpose", lambda d: d.update(summary={"en": "x"})),
        ("ceiling_out_of_scale", lambda d: d.update(labelCeiling="C4")),
        ("ceiling_out_of_scale", lambda d: d.update(labelCeiling=["C1"])),
        ("charter_retention", lambda d: d.update(retention="forever")),
        ("charter_indicators", lambda d: d.update(indicators="all")),
        ("charter_indicators", lambda d: d.update(indicators=[f"i{n}" for n in range(51)])),
        ("charter_guests", lambda d: d.update(guests="everybody")),
        ("charter_guests", lambda d: d.update(guests=["read"])),
        ("charter_guests", lambda d: d.update(guests=None)),
        ("charter_dates", lambda d: d.update(startTime="soon")),
        ("charter_dates", lambda d: d.update(endTime=timestamp(NOW_MS - DAY_MS))),
        ("charter_dates", lambda d: d.update(endTime=timestamp(NOW_MS + 21 * YEAR_MS))),
        ("charter_dates", lambda d: d.update(startTime=timestamp(NOW_MS - 2 * YEAR_MS))),
        ("charter_dates", lambda d: d.update(published=timestamp(NOW_MS + DAY_MS))),
        ("number_of_parties", lambda d: d.update(parties=[_party(d, ACME)])),
        ("number_of_parties", lambda d: d.update(parties="all")),
        ("party_listed_twice", _twice),
        ("proposer_is_no_party", lambda d: d.update(parties=[_party(d, GLOBEX), _stranger(d)])),
        ("we_are_not_named", lambda d: d.update(parties=[_party(d, ACME), _stranger(d)])),
        ("party_of_two_hosts", lambda d: _party(d, GLOBEX).update(inbox=f"https://{ACME}/inbox")),
        ("party_of_two_hosts", lambda d: _party(d, GLOBEX).update(host="globex.example:444")),
        ("party_role", lambda d: _party(d, GLOBEX).update(role="boss")),
        ("party_key", lambda d: _party(d, GLOBEX).pop("assertionMethod")),
        ("charter_party", lambda d: _party(d, GLOBEX).update(name="")),
        ("charter_party", lambda d: _party(d, GLOBEX).update(type="Person")),
        ("node_contradicts", lambda d: _party(d, GLOBEX).update(inbox=f"https://{GLOBEX}/elsewhere")),
        ("key_contradicts", _other_node_key),
    ],
)  # fmt: skip
def test_an_offer_that_breaks_a_rule_is_refused_by_its_name(rule, change):
    net = companies(*TWO)
    ruling = net.take(an_offer(net, change))
    assert ruling == Ruling(taken=False, rule=rule)
    assert net.states()[GLOBEX] == []


def _stranger(document: Document) -> Document:
    node = f"https://{INITECH}/actor"
    key = {
        "id": ed25519_key_id(node),
        "type": "Multikey",
        "controller": node,
        "publicKeyMultibase": to_multikey(generate_ed25519().public_key()),
    }
    return {
        **_party(document, GLOBEX),
        "host": INITECH,
        "node": node,
        "inbox": f"https://{INITECH}/inbox",
        "assertionMethod": [key],
    }


@pytest.mark.parametrize(
    ("rule", "proofs"),
    [("no_proof", ()), ("proof_of_another", (GLOBEX,)), ("proof_of_another", (ACME, GLOBEX))],
)
def test_an_offer_is_signed_by_who_offers_it_and_nobody_else(rule, proofs):
    net = companies(*TWO)
    assert net.take(an_offer(net, proofs=proofs)).rule == rule
    assert net.states()[GLOBEX] == []


def test_an_offer_changed_after_it_was_signed_is_refused():
    net = companies(*TWO)
    letter = an_offer(net)
    letter.activity["object"]["labelCeiling"] = "C3"
    assert net.take(letter).rule == "bad_proof"


def test_what_is_refused_is_written_into_the_charters_history():
    net = companies(*TWO)
    letter = an_offer(net, lambda document: document.update(labelCeiling="C9"))
    net.take(letter)
    events = charters.events(net[GLOBEX], letter.activity["object"]["id"])
    assert [(event.host, event.what) for event in events] == [(ACME, "refused_ceiling_out_of_scale")]


def test_an_offer_brought_by_another_company_is_refused():
    net = companies(*THREE)
    letter = an_offer(net)
    assert net.take(letter._replace(sender=INITECH)).rule == "offered_by_another"


def test_the_same_offer_is_kept_once():
    net = companies(*TWO)
    letter = an_offer(net)
    net.take(letter)
    assert net.take(letter).rule == "charter_is_known"
    assert net.states()[GLOBEX] == ["offered"]


def test_the_first_version_comes_from_the_projects_host():
    net = companies(*THREE)
    letter = an_offer(net)
    document = {
        **letter.activity["object"],
        "attributedTo": f"https://{INITECH}/actor",
        "id": f"https://{INITECH}/charters/1",
    }
    activity = {
        **letter.activity,
        "actor": f"https://{INITECH}/actor",
        "object": signed(net, document, INITECH),
    }
    assert net.take(letter._replace(sender=INITECH, activity=activity)).rule == "project_of_another"
    assert net.take(letter).taken


def test_a_project_keeps_its_handle_and_a_handle_its_project():
    net = in_force(*TWO)
    net.perform(ACME, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    letter = net.waiting[0]
    document = letter.activity["object"]
    for project in ({"preferredUsername": "apollo2"}, {"id": f"https://{ACME}/projects/apollo2"}):
        changed = {**document, "project": {**document["project"], **project}}
        activity = {**letter.activity, "object": signed(net, changed, ACME)}
        assert net.take(letter._replace(activity=activity)).rule == "another_project"
    assert net.take(letter).taken


def an_amendment() -> tuple[Companies, Letter]:
    """Three companies with a charter in force and Globex's next version of it on its way to Acme."""
    net = in_force(*THREE)
    net.perform(GLOBEX, lambda tx: charter.amend(tx, APOLLO, ceiling=2))
    letter = next(waiting for waiting in net.waiting if waiting.receiver == ACME)
    net.waiting.clear()
    return net, letter


def test_an_amendment_by_any_company_is_taken():
    net, letter = an_amendment()
    assert net.take(letter).rule == "charter_offered"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("version_order", {"version": 1}),
        ("previous_differs", {"previous": "0" * 64}),
        ("charter_previous", {"previous": ""}),
    ],
)
def test_an_amendment_follows_the_version_in_force(rule, change):
    net, letter = an_amendment()
    document = signed(net, {**letter.activity["object"], **change}, GLOBEX)
    assert net.take(letter._replace(activity={**letter.activity, "object": document})).rule == rule
    assert net.take(letter).taken


def test_an_amendment_that_drops_a_company_is_refused():
    net, letter = an_amendment()
    parties = [party for party in letter.activity["object"]["parties"] if party["host"] != INITECH]
    document = signed(net, {**letter.activity["object"], "parties": parties}, GLOBEX)
    assert net.take(letter._replace(activity={**letter.activity, "object": document})).rule == "drops_a_party"


def test_a_company_that_left_amends_nothing():
    net, letter = an_amendment()
    net.perform(GLOBEX, lambda tx: charter.leave(tx, APOLLO))
    net.carry()
    assert net.take(letter).rule == "proposer_is_not_in_it"


def test_a_key_that_a_charter_names_is_not_taken_for_the_nodes_own():
    net = companies(*THREE)
    net[GLOBEX]._connection.execute("DELETE FROM actor_key WHERE actor_iri = ?", [f"https://{INITECH}/actor"])
    net.take(an_offer(net))
    assert keys.keys_of(net[GLOBEX], f"https://{INITECH}/actor") == []


def test_a_node_at_another_address_than_the_one_we_met_is_refused():
    net = companies(*TWO)
    letter = an_offer(net)
    peers.learn(net[GLOBEX], ACME, PeerFacts(node_iri=f"https://{ACME}/node"))
    assert net.take(letter).rule == "node_contradicts"
    peers.learn(net[GLOBEX], ACME, PeerFacts(node_iri=f"https://{ACME}/actor"))
    assert net.take(letter).taken


def test_a_company_may_have_twenty_charters_waiting_for_us():
    net = companies(*TWO)
    letter = an_offer(net)
    for number in range(21):
        document = {
            **letter.activity["object"],
            "id": f"https://{ACME}/charters/{number}",
            "project": {
                "id": f"https://{ACME}/projects/p{number}",
                "type": "Group",
                "name": "P",
                "preferredUsername": f"p{number}",
            },
        }
        activity = {**letter.activity, "object": signed(net, document, ACME)}
        ruling = net.take(letter._replace(activity=activity))
        assert ruling.rule == ("charter_offered" if number < 20 else "too_many_waiting")


# Accept


def an_accept() -> tuple[Companies, Letter, Letter]:
    """Three companies, Acme's offer signed by both others, and their answers to Acme, not arrived yet."""
    net = companies(*THREE)
    row = offer(net)
    net.carry()
    approve(net, row, GLOBEX, INITECH)
    by_sender = {letter.sender: letter for letter in net.waiting if letter.receiver == ACME}
    net.waiting.clear()
    return net, by_sender[GLOBEX], by_sender[INITECH]


def test_an_answer_with_its_own_proof_is_taken():
    net, globex, _ = an_accept()
    assert net.take(globex) == Ruling(taken=True, rule="charter_accepted")


def test_an_answer_with_the_proof_of_another_is_refused():
    net, globex, initech = an_accept()
    forged = {**globex.activity, "result": initech.activity["result"]}
    assert net.take(globex._replace(activity=forged)).rule == "proof_of_another"


@pytest.mark.parametrize("result", [None, "yes", {}, {"type": "DataIntegrityProof"}])
def test_an_answer_without_a_proof_is_refused(result):
    net, globex, _ = an_accept()
    assert net.take(globex._replace(activity={**globex.activity, "result": result})).rule in {
        "no_proof",
        "proof_method",
    }
    assert net.take(globex).taken


def test_a_company_answers_for_itself_only():
    net, globex, _ = an_accept()
    assert net.take(globex._replace(sender=INITECH)).rule == "not_a_party"
    by_person = {**globex.activity, "actor": f"https://{GLOBEX}/people/bob"}
    assert net.take(globex._replace(activity=by_person)).rule == "not_a_party"


def test_an_answer_about_an_unknown_charter_is_refused():
    net, globex, _ = an_accept()
    about = {"id": f"https://{ACME}/charters/7", "type": "Charter"}
    assert net.take(globex._replace(activity={**globex.activity, "object": about})).rule == "unknown_charter"


def test_an_answer_to_a_charter_that_was_taken_back_is_refused():
    net, globex, _ = an_accept()
    row = charters.of_project(net[ACME], APOLLO)[0]
    net.perform(ACME, lambda tx: charter.decline(tx, row.iri, reason="a slip"))
    assert net.take(globex).rule == "charter_is_declined"


def test_an_answer_past_the_end_is_refused():
    net, globex, _ = an_accept()
    net.pass_ms(301 * DAY_MS)
    assert net.take(globex).rule == "charter_is_over"


def test_a_refusal_after_the_signature_is_refused():
    net, globex, _ = an_accept()
    net.take(globex)
    assert net.take(globex._replace(activity={**globex.activity, "type": "Reject"})).rule == "charter_signed"


# Update


def an_update() -> tuple[Companies, Letter]:
    """Three companies and the charter with all proofs on its way from Acme to Globex."""
    net, globex, initech = an_accept()
    net.take(globex)
    net.take(initech)
    letter = next(waiting for waiting in net.waiting if waiting.receiver == GLOBEX)
    net.waiting.clear()
    return net, letter


def test_the_charter_with_all_proofs_is_taken():
    net, letter = an_update()
    assert net.take(letter) == Ruling(taken=True, rule="charter_signed_by_all")
    assert net.open_hosts()[GLOBEX] == {ACME, INITECH}


def _without(document: Document, place: int) -> Document:
    return {**document, "proof": [proof for at, proof in enumerate(document["proof"]) if at != place]}


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_charter_that_lacks_one_proof_does_not_take_effect(place):
    net, letter = an_update()
    activity = {**letter.activity, "object": _without(letter.activity["object"], place)}
    assert net.take(letter._replace(activity=activity)).rule == "proof_missing"
    assert net.open_hosts()[GLOBEX] == set()
    assert net.take(letter).taken


def test_a_proof_counts_once():
    net, letter = an_update()
    document = letter.activity["object"]
    first = document["proof"][0]
    activity = {**letter.activity, "object": {**document, "proof": [first, first, first]}}
    assert net.take(letter._replace(activity=activity)).rule == "proof_of_another"


def test_another_text_than_the_one_that_we_signed_does_not_take_effect():
    net, letter = an_update()
    document = signed(net, {**letter.activity["object"], "labelCeiling": "C3"}, *THREE)
    assert (
        net.take(letter._replace(activity={**letter.activity, "object": document})).rule == "another_document"
    )


def test_only_who_offered_it_says_that_a_charter_is_live():
    net, letter = an_update()
    activity = {**letter.activity, "actor": f"https://{INITECH}/actor"}
    assert net.take(letter._replace(sender=INITECH, activity=activity)).rule == "offered_by_another"


def test_what_we_have_not_signed_does_not_take_effect():
    net = companies(*TWO)
    row = offer(net)
    net.carry()
    document = signed(net, orjson.loads(row.document), *TWO)
    activity = {
        "id": f"https://{ACME}/activities/1",
        "type": "Update",
        "actor": f"https://{ACME}/actor",
        "object": document,
    }
    assert net.take(Letter(ACME, GLOBEX, activity)).rule == "charter_is_offered"


# Suspend, Undo, Leave


@pytest.mark.parametrize("verb", [charter.suspend, charter.leave])
def test_only_a_company_in_the_project_shuts_it_or_leaves_it(verb):
    net = in_force(*TWO)
    net.perform(ACME, lambda tx: verb(tx, APOLLO))
    letter = net.waiting[0]
    stranger = {**letter.activity, "actor": f"https://{INITECH}/actor"}
    assert net.take(letter._replace(sender=INITECH, activity=stranger)).rule == "not_a_party"
    assert net.take(letter).taken


def test_leaving_again_changes_nothing():
    net = in_force(*THREE)
    net.perform(INITECH, lambda tx: charter.leave(tx, APOLLO))
    letter = net.waiting[0]
    assert net.take(letter).rule == "party_left"
    assert net.take(letter) == Ruling(taken=True, rule="left_already")


def test_a_suspension_is_taken_back_by_who_made_it():
    net = in_force(*THREE)
    for host in (GLOBEX, INITECH):
        net.perform(host, lambda tx: charter.suspend(tx, APOLLO))
        net.carry()
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    letter = next(waiting for waiting in net.waiting if waiting.receiver == ACME)
    forged = {**letter.activity, "object": {**letter.activity["object"], "actor": f"https://{INITECH}/actor"}}
    assert net.take(letter._replace(activity=forged)).rule == "suspended_by_another"
    assert net.take(letter).rule == "charter_resumed"
    assert net.take(letter) == Ruling(taken=True, rule="resumed_already")


def test_once_a_charter_is_over_nothing_is_suspended():
    net = in_force(*TWO)
    net.perform(ACME, lambda tx: charter.suspend(tx, APOLLO))
    letter = net.waiting[0]
    net.pass_ms(300 * DAY_MS)
    charter.end_due(net[GLOBEX])
    assert net.take(letter).rule == "not_a_party"
