"""A company asks for another name: who may say so, of whom, and what the gate knows under it."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import String
from sqlmodel import AutoString

from federation.document import Document
from instance import moving
from instance.domain import actor, charter, guest, move, partner
from instance.domain.charter_document import Former, read_charter, render_charter
from instance.domain.charter_proofs import bare, stored
from instance.errors import BadInput, Conflict
from instance.policy import INTERNAL
from instance.renaming import Renaming
from instance.storage import charters, guests, other_names, peers, things
from instance.storage.charters import CharterRow
from instance.storage.other_names import KEPT_COLUMNS
from instance.storage.peers import PeerFacts
from tests.builders import a_thing
from tests.instance.companies import (
    ACME,
    APOLLO,
    GATE,
    GLOBEX,
    INITECH,
    THREE,
    Companies,
    Letter,
    in_force,
    node_document,
    proven,
)

GROUP = "acme-group.example"
NEW = f"https://{GROUP}"


@pytest.fixture
def net() -> Companies:
    """Three companies with Apollo; each knows where it lives."""
    found = in_force(*THREE)
    for tx in found.nodes.values():
        other_names.settle(tx)
    return found


def start(net: Companies) -> None:
    net.perform(ACME, lambda tx: move.start(tx, NEW))
    net.carry()


def pending(net: Companies, host: str) -> CharterRow:
    return charters.of_project(net[host], APOLLO)[0]


def meet_new(net: Companies, host: str, **more: Any) -> None:
    """Have a company ask the node at the new name."""
    shown = orjson.dumps(node_document(net[ACME])).decode().replace(f"//{ACME}", f"//{GROUP}")
    document: Document = orjson.loads(shown) | {"preferredUsername": GROUP}
    partner.upsert_partner(net[host], document | {"alsoKnownAs": [f"https://{ACME}/actor"]} | more)


def sign(net: Companies, *hosts: str) -> None:
    for host in hosts:
        meet_new(net, host)
        net.perform(host, lambda tx: charter.approve(tx, pending(net, GLOBEX).iri, by="it"))
    net.carry()


def test_until_all_have_signed_nothing_changes(net: Companies):
    start(net)
    sign(net, GLOBEX)
    assert {row.state for row in move.standings(net[ACME])} == {"signed", "asked"}
    with pytest.raises(Conflict, match=INITECH):
        moving.take(net[ACME], gate=GATE)
    assert [states[0] for states in net.states().values()] == ["live"] * 3
    assert other_names.lives_at(net[ACME]) == f"https://{ACME}"


def test_a_company_signs_only_when_the_node_at_the_new_name_knows_the_old_one(net: Companies):
    start(net)
    iri = pending(net, GLOBEX).iri
    with pytest.raises(Conflict) as refusal:
        charter.approve(net[GLOBEX], iri, by="it")
    assert refusal.value.rule == "not_known_as"
    meet_new(net, GLOBEX, alsoKnownAs=["https://other.example/actor"])
    with pytest.raises(Conflict) as refusal:
        charter.approve(net[GLOBEX], iri, by="it")
    assert refusal.value.rule == "not_known_as"
    meet_new(net, GLOBEX)
    assert charter.approve(net[GLOBEX], iri, by="it").value.state == "approved"


def test_a_company_does_not_sign_when_another_key_is_shown_at_the_new_name(net: Companies):
    start(net)
    key = node_document(net[INITECH])["assertionMethod"][0]["publicKeyMultibase"]
    method = {
        "id": f"{NEW}/actor#ed25519-key",
        "type": "Multikey",
        "controller": f"{NEW}/actor",
        "publicKeyMultibase": key,
    }
    meet_new(net, GLOBEX, assertionMethod=[method])
    with pytest.raises(Conflict) as refusal:
        charter.approve(net[GLOBEX], pending(net, GLOBEX).iri, by="it")
    assert refusal.value.rule == "key_contradicts"


def offered(net: Companies, by: str, change: Any) -> str:
    """What Globex makes of the next version of the charter when another offers it as changed."""
    tx = net[by]
    net.perform(by, lambda tx: charter.amend(tx, APOLLO, purpose="Next"))
    letter = next(letter for letter in net.waiting if letter.receiver == GLOBEX)
    net.waiting.clear()
    terms = change(read_charter(bare(letter.activity["object"])))
    document = render_charter(terms)
    signed = proven(tx, document, tx.home.node)
    activity = {**letter.activity, "object": signed}
    return net.take(Letter(by, GLOBEX, activity)).rule


def renamed(host: str, to: str) -> Any:
    """The party with this host under another name."""

    def change(terms: Any) -> Any:
        parties = tuple(
            party._replace(
                host=to,
                node=f"https://{to}/actor",
                inbox=f"https://{to}/inbox",
                key_id=f"https://{to}/actor#ed25519-key",
                formerly=(Former(party.node, party.inbox),),
            )
            if party.host == host
            else party
            for party in terms.parties
        )
        return terms._replace(parties=parties)

    return change


def formerly(host: str, had: str) -> Any:
    """The party with this host, which says that it had that name."""
    former = Former(f"https://{had}/actor", f"https://{had}/inbox")

    def change(terms: Any) -> Any:
        parties = [
            party._replace(formerly=(former,)) if party.host == host else party for party in terms.parties
        ]
        return terms._replace(parties=tuple(parties))

    return change


@pytest.mark.parametrize(
    ("had", "rule"),
    [
        ("mastodon.example", "name_taken"),
        ("met.example", "name_taken"),
        ("nobody.example", "charter_offered"),
    ],
)
def test_the_name_of_a_guest_or_of_a_node_that_we_met_is_not_a_former_one_of_another(
    net: Companies, had: str, rule: str
):
    tx = net[GLOBEX]
    guests.allow(tx, guests.GuestRow(1, "mastodon.example", APOLLO, 1, 1, None, None))
    peers.learn(tx, "met.example", PeerFacts(node_iri="https://met.example/actor"))
    assert offered(net, ACME, formerly(ACME, had)) == rule


def test_nobody_gives_another_company_a_name(net: Companies):
    assert offered(net, ACME, renamed(INITECH, "initech-group.example")) == "moved_by_another"


def test_the_name_of_somebody_else_is_not_to_be_had(net: Companies):
    other_names.add(net[GLOBEX], other_names.NameRow(GROUP, NEW, INITECH, f"https://{INITECH}", 0, 1, 2))
    start(net)
    assert net.rulings[-1][1].rule in {"name_given_up", "charter_offered"}
    assert ("Offer", "name_given_up") in [(kind, ruling.rule) for kind, ruling in net.rulings]


@pytest.mark.parametrize("to", [f"https://{ACME}", f"https://{GLOBEX}", "https://no host", "nothing"])
def test_what_is_no_new_name_is_refused_in_words(net: Companies, to: str):
    with pytest.raises(BadInput) as refusal:
        move.plan(net[ACME], to)
    assert refusal.value.field == "to"


def test_the_plan_counts_what_it_comes_to_and_names_what_is_in_the_way(net: Companies):
    plan = move.plan(net[ACME], NEW)
    assert (plan.people, plan.projects, plan.charters, plan.companies) == (1, 1, 1, 2)
    assert plan.obstacles == ()
    charter.amend(net[ACME], APOLLO, purpose="Next")
    assert len(move.plan(net[ACME], NEW).obstacles) == 1
    with pytest.raises(Conflict) as refusal:
        move.start(net[ACME], NEW)
    assert refusal.value.rule == "move_in_the_way"


def test_what_is_called_off_leaves_no_trace_of_the_name(net: Companies):
    start(net)
    net.perform(ACME, move.cancel)
    net.carry()
    assert {states[-1] for states in net.states().values()} == {"declined"}
    assert other_names.every(net[ACME]) == []
    with pytest.raises(Conflict):
        move.cancel(net[ACME])


def test_internal_things_are_internal_under_the_name_to_come_and_the_one_given_up(net: Companies):
    tx = net[ACME]
    a_thing(tx, "posts/1", space=INTERNAL)
    start(net)
    for words in (f"{NEW}/posts/1", f"see {GROUP}/posts/1", f"{NEW}/posts/unknown", f"@alice@{GROUP}"):
        assert GATE.check_text(tx, [words], APOLLO).rule == "withheld_internal", words
    other_names.rename(tx, Renaming(f"https://{ACME}", NEW, tx.now_ms, tx.now_ms + 1))
    tx.home = replace(tx.home, base=NEW)
    project = APOLLO.replace(ACME, GROUP)
    for words in (f"https://{ACME}/posts/1", f"see {ACME}/posts/1", f"{NEW}/posts/1", f"@alice@{ACME}"):
        assert GATE.check_text(tx, [words], project).rule == "withheld_internal", words
    assert GATE.check_text(tx, ["nothing of ours"], project).allowed


def test_a_project_goes_to_whom_it_went_before_under_the_new_name(net: Companies):
    tx = net[GLOBEX]
    other_names.rename(tx, Renaming(f"https://{ACME}", NEW, tx.now_ms, tx.now_ms + 1))
    project = APOLLO.replace(ACME, GROUP)
    assert charters.open_hosts(tx, project) == {GROUP, INITECH}
    assert things.terms(tx, [project])[project].inboxes[GROUP] == (f"{NEW}/inbox",)
    assert charters.open_hosts(tx, APOLLO) == frozenset()


def test_nobody_is_let_in_as_a_guest_under_a_name_given_up():
    found = in_force(ACME, GLOBEX, guests="read")
    tx = found[ACME]
    other_names.add(
        tx, other_names.NameRow("old.example", "https://old.example", GLOBEX, "https://x", 0, 1, 2)
    )
    with pytest.raises(Conflict) as refusal:
        guest.allow(tx, APOLLO, host="old.example")
    assert refusal.value.rule == "name_given_up"


def test_a_second_move_leads_from_both_earlier_names_to_the_last(net: Companies):
    tx = net[GLOBEX]
    other_names.rename(tx, Renaming(f"https://{ACME}", NEW, 1, 9))
    other_names.rename(tx, Renaming(NEW, "https://acme-world.example", 2, 9))
    assert {row.host: row.to_host for row in other_names.every(tx)} == {
        ACME: "acme-world.example",
        GROUP: "acme-world.example",
    }
    found = actor.actors.by_username(tx, GROUP, "acme-world.example")
    assert found is None
    assert charters.open_hosts(tx, "https://acme-world.example/projects/apollo") == {
        "acme-world.example",
        INITECH,
    }


def test_every_column_that_is_kept_as_it_is_exists():
    columns = {
        (table.name, column.name)
        for table in other_names.Meta.metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, String | AutoString)
    }
    assert columns >= KEPT_COLUMNS


def test_charters_say_the_former_name_in_later_versions_too(net: Companies):
    start(net)
    sign(net, GLOBEX, INITECH)
    tx = net[ACME]
    moving.take(tx, gate=GATE)
    tx.home = replace(tx.home, base=NEW)
    row = charter.amend(tx, APOLLO.replace(ACME, GROUP), purpose="Later").value
    ours = stored(row)[1].party(GROUP)
    assert ours is not None
    assert ours.hosts == (GROUP, ACME)
