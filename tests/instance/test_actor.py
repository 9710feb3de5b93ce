"""People, nodes and partners' actors: made, shown, changed, shut out."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Malformed, Refused
from federation.keys import public_keys_of
from instance.domain import actor, partner, profile, project, token
from instance.errors import BadInput, Conflict, NotFound
from instance.events import ActorChanged, TokenChanged
from instance.storage import actors, charters, keys, logins, members, peers
from instance.storage.actors import ActorRow
from instance.storage.database import SqliteTx
from tests.builders import a_tx
from tests.instance.companies import (
    ACME,
    APOLLO,
    GLOBEX,
    TWO,
    Letter,
    add_member,
    companies,
    in_force,
    node_document,
)


def a_colleague(tx: SqliteTx, username: str = "carol", **facts: object) -> ActorRow:
    given_facts = {"display_name": "Carol Jones", "password_hash": "-"} | facts
    return actor.create_person(tx, username=username, **given_facts).value  # type: ignore[arg-type]


# people of our own


def test_a_person_has_an_address_below_people_and_a_login():
    tx = a_tx()
    row = a_colleague(tx, email="Carol@Acme.example", title="Buyer", is_admin=True, locale="fr")
    login = logins.login_of(tx, row.id)
    assert row.iri == f"https://{ACME}/people/carol"
    assert actors.by_iri(tx, row.iri) == row
    assert login is not None
    assert (login.email, login.is_admin, login.locale) == ("carol@acme.example", 1, "fr")
    assert ActorChanged(row.id) in tx.events


@pytest.mark.parametrize("name", ["carol", "CAROL", "carol@ACME.example", "Carol@acme.example"])
def test_a_person_signs_in_by_username_or_address_in_any_case(name):
    tx = a_tx()
    row = a_colleague(tx, email="carol@acme.example")
    found = logins.login_by_name(tx, name)
    assert found is not None
    assert found.actor_id == row.id


@pytest.mark.parametrize("name", ["", "carla", "carol@globex.example"])
def test_nobody_else_signs_in(name):
    tx = a_tx()
    a_colleague(tx)
    assert logins.login_by_name(tx, name) is None


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "ca rol"}, "username"),
        ({"username": "carôl"}, "username"),
        ({"username": "x" * 31}, "username"),
        ({"username": "carol.jones"}, "username"),
        ({"username": "alice"}, "username"),
        ({"username": "ALICE"}, "username"),
        ({"username": "apollo"}, "username"),
        ({"display_name": "  \u200f "}, "display_name"),
        ({"display_name": "x" * 101}, "display_name"),
        ({"title": "x" * 101}, "title"),
        ({"email": "carol"}, "email"),
        ({"email": f"{'x' * 250}@acme.example"}, "email"),
        ({"email": "Alice@Acme.example"}, "email"),
        ({"locale": "french"}, "locale"),
    ],
)
def test_what_is_wrong_with_a_person_is_named_by_its_field(facts, field):
    tx = a_tx()
    a_colleague(tx, "alice", email="alice@acme.example")
    project.create(tx, name="apollo", title="Apollo", purpose="Line 3")
    with pytest.raises(BadInput) as refusal:
        a_colleague(tx, **facts)
    assert refusal.value.field == field
    assert a_colleague(tx).username == "carol"


@given(st.text(max_size=40))
def test_a_username_is_refused_or_well_formed(text):
    tx = a_tx()
    try:
        name = actor.check_username(tx, text)
    except BadInput:
        return
    assert 1 <= len(name) <= 30
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


def test_a_person_has_a_key_for_proofs_at_once_and_one_for_transport_when_first_a_member():
    net = in_force(*TWO)
    person = net.person(ACME)
    assert [key.kind for key in keys.keys_of(net[ACME], person.iri)] == ["ed25519"]
    add_member(net, ACME)
    made = {key.kind: key for key in keys.keys_of(net[ACME], person.iri)}
    profile.ensure_rsa(net[ACME], person.iri)
    assert sorted(made) == ["ed25519", "rsa"]
    assert {key.kind: key for key in keys.keys_of(net[ACME], person.iri)} == made


def test_people_are_found_by_the_start_of_a_word_of_their_name_or_handle_ours_first():
    net = in_force(*TWO)
    a_colleague(net[ACME], "xbob", display_name="Xavier Bobbington")
    a_colleague(net[ACME], "carol", display_name="Carol O'Bob_")
    add_member(net, GLOBEX)
    found = [(row.username, row.host) for row in actors.find(net[ACME], "bob", 10)]
    assert found == [("xbob", ACME), ("bob", GLOBEX)]
    assert [row.username for row in actors.find(net[ACME], "@bob@glob", 10)] == ["bob"]
    assert [row.username for row in actors.find(net[ACME], "APOL", 10)] == ["apollo"]
    assert actors.find(net[ACME], "%", 10) == []


def test_a_disabled_person_is_not_found():
    tx = a_tx()
    row = a_colleague(tx)
    assert actors.find(tx, "carol", 10) == [row]
    actor.disable_person(tx, row.id)
    assert actors.find(tx, "carol", 10) == []


# shut out


def test_a_disabled_person_is_out_of_every_session_token_and_project():
    net = in_force(*TWO)
    tx, person = net[ACME], net.person(ACME)
    a_colleague(tx, "carol", is_admin=True)
    add_member(net, ACME)
    add_member(net, GLOBEX)
    secret = token.issue(tx, actor_id=person.id, scopes="read").value
    net.perform(ACME, lambda tx: actor.disable_person(tx, person.id))
    net.carry()
    assert token.find(tx, secret) is None
    assert logins.login_by_name(tx, "alice") is None
    assert not members.is_active(tx, APOLLO, person.id)
    assert [
        actors.by_id(net[GLOBEX], row.actor_id).username for row in members.of_project(net[GLOBEX], APOLLO)
    ] == ["bob"]
    assert TokenChanged(person.id) in tx.events


def test_an_enabled_person_signs_in_again_and_is_in_no_project():
    net = in_force(*TWO)
    tx, person = net[ACME], net.person(ACME)
    a_colleague(tx, "carol", is_admin=True)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: actor.disable_person(tx, person.id))
    actor.enable_person(tx, person.id)
    assert logins.login_by_name(tx, "alice") is not None
    assert members.projects_of(tx, person.id) == []


def test_the_last_administrator_stays():
    tx = a_tx()
    carol = a_colleague(tx, is_admin=True)
    with pytest.raises(Conflict):
        actor.disable_person(tx, carol.id)
    with pytest.raises(Conflict):
        actor.set_admin(tx, carol.id, is_admin=False)
    dora = a_colleague(tx, "dora")
    actor.set_admin(tx, dora.id, is_admin=True)
    assert actor.disable_person(tx, carol.id).value.state == "disabled"


def test_a_new_password_ends_what_the_old_one_opened():
    tx = a_tx()
    row = a_colleague(tx)
    secret = token.issue(tx, actor_id=row.id, scopes="read").value
    actor.set_password(tx, row.id, password_hash="new")
    login = logins.login_of(tx, row.id)
    assert login is not None
    assert login.password_hash == "new"
    assert token.find(tx, secret) is None


def test_partners_are_not_ours_to_change():
    net = in_force(*TWO)
    add_member(net, GLOBEX)
    bob = actors.by_username(net[ACME], "bob", GLOBEX)
    for verb in (actor.disable_person, actor.enable_person, actor.update_profile):
        with pytest.raises(NotFound):
            verb(net[ACME], bob.id)


# as documents


def test_a_person_is_shown_with_name_title_company_and_keys():
    tx = companies(*TWO)[ACME]
    row = a_colleague(tx, title="Buyer")
    document = profile.document_of(tx, row)
    assert (document["type"], document["preferredUsername"], document["name"]) == (
        "Person",
        "carol",
        "Carol Jones",
    )
    facts = {item["name"]: item["value"] for item in document["attachment"]}
    assert facts == {"Company": "Acme", "Title": "Buyer"}
    assert [key.owner for key in public_keys_of(document)] == [row.iri]
    assert document["endpoints"] == {"sharedInbox": f"https://{ACME}/inbox"}
    assert (document["discoverable"], document["indexable"]) == (False, False)


def test_a_document_holds_nothing_that_is_for_colleagues():
    tx = companies(*TWO)[ACME]
    row = a_colleague(tx, email="carol@acme.example", password_hash="$argon2id$x")
    row = actor.update_profile(tx, row.id, summary="Call me on 4711, or ask @alice").value
    shown = orjson.dumps(profile.document_of(tx, row)).decode()
    for secret in ("carol@acme.example", "4711", "@alice", "$argon2id", "PRIVATE KEY"):
        assert secret not in shown


def test_a_node_is_named_by_host_and_company_and_says_what_it_understands():
    document = node_document(companies(*TWO)[ACME])
    assert (document["id"], document["type"]) == (f"https://{ACME}/actor", "Application")
    assert (document["preferredUsername"], document["name"]) == (ACME, "Acme")
    assert sorted(key.kind for key in public_keys_of(document)) == ["ed25519", "rsa"]
    assert any("9421" in item["name"] for item in document["implements"])


def test_a_node_is_made_once():
    tx = companies(*TWO)[ACME]
    before = keys.keys_of(tx, tx.home.node)
    assert actor.create_node(tx).value.iri == tx.home.node
    assert keys.keys_of(tx, tx.home.node) == before


def test_a_project_is_shown_with_what_its_charter_says():
    net = in_force(*TWO)
    tx = net[ACME]
    row = actors.by_iri(tx, APOLLO)
    charter = charters.in_force(tx, APOLLO)
    parties = charters.parties(tx, charter.id)
    document = profile.render_project(
        row, actors.keys_of(tx, APOLLO), home=tx.home, charter=charter, parties=parties
    )
    facts = {item["name"]: item["value"] for item in document["attachment"]}
    assert document["type"] == "Group"
    assert document["members"] == f"{APOLLO}/members"
    assert (facts["Charter"], facts["Label"]) == ("Acme, Globex", "C1")
    assert len(facts["Until"]) == len("2026-01-01")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "alice"}, "name"),
        ({"title": " "}, "title"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": "x" * 5001}, "purpose"),
    ],
)
def test_what_is_wrong_with_a_project_is_named_by_its_field(facts, field):
    tx = companies(*TWO)[ACME]
    good = {"name": "zeus", "title": "Zeus", "purpose": "Line 4"}
    with pytest.raises(BadInput) as refusal:
        project.create(tx, **good | facts)
    assert refusal.value.field == field
    assert project.create(tx, **good).value.iri == f"https://{ACME}/projects/zeus"


# profiles change


def test_a_new_title_is_told_in_each_of_the_persons_projects():
    net = in_force(*TWO)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: actor.update_profile(tx, net.person(ACME).id, title="Head of line 3"))
    assert [letter.project for letter in net.waiting] == [APOLLO]
    net.carry()
    found = actors.by_username(net[GLOBEX], "alice", ACME)
    assert found.title == "Head of line 3"


def test_what_only_colleagues_read_is_told_to_nobody():
    net = in_force(*TWO)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: actor.update_profile(tx, net.person(ACME).id, summary="Fond of climbing"))
    assert net.waiting == []
    assert net.person(ACME).summary == "Fond of climbing"


def test_a_profile_is_changed_by_its_own_person_only():
    net = in_force(*TWO)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: actor.update_profile(tx, net.person(ACME).id, title="Head"))
    letter = net.waiting[0]
    by_another = {**letter.activity, "actor": f"https://{ACME}/people/zoe"}
    assert net.take(letter._replace(activity=by_another)).rule == "profile_of_another"
    assert net.take(letter._replace(sender=GLOBEX)).rule in {"closed", "profile_of_another"}
    renamed = {**letter.activity, "object": {**letter.activity["object"], "preferredUsername": "alicia"}}
    assert net.take(letter._replace(activity=renamed)).rule == "another_kind_or_name"
    assert net.take(letter).rule == "profile"


def test_a_person_that_no_company_put_into_a_project_is_not_taken():
    net = in_force(*TWO)
    person = net.person(ACME)
    document = profile.document_of(net[ACME], person)
    activity = {
        "id": f"https://{ACME}/activities/1",
        "type": "Update",
        "actor": person.iri,
        "object": document,
    }
    assert net.take(Letter(ACME, GLOBEX, activity, APOLLO)).rule == "unknown_actor"


# what partners' documents may do


def bobs(**changed: object) -> dict[str, object]:
    """The Person document of Bob at Globex."""
    tx = companies(*TWO)[GLOBEX]
    row = actors.by_username(tx, "bob", GLOBEX)
    return profile.document_of(tx, row) | changed


def test_a_partners_person_is_kept_with_its_keys():
    tx = companies(*TWO)[ACME]
    row = partner.upsert_partner(tx, bobs(name="Bob Keller"))
    assert (row.kind, row.username, row.host, row.display_name) == ("person", "bob", GLOBEX, "Bob Keller")
    assert row.inbox == f"https://{GLOBEX}/inbox"
    assert [key.kind for key in keys.keys_of(tx, row.iri)] == ["ed25519"]


def test_a_second_look_at_a_partner_changes_the_row_and_keeps_its_id():
    tx = companies(*TWO)[ACME]
    first = partner.upsert_partner(tx, bobs())
    second = partner.upsert_partner(tx, bobs(name="Robert"))
    assert (second.id, second.display_name) == (first.id, "Robert")


def test_a_key_that_is_gone_from_the_document_signs_no_more():
    tx = companies(*TWO)[ACME]
    row = partner.upsert_partner(tx, bobs())
    partner.upsert_partner(tx, bobs(assertionMethod=[]))
    assert [key.ends_at_ms for key in keys.keys_of(tx, row.iri)] == [tx.now_ms]


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"type": "Note"},
        {"preferredUsername": None},
        {"preferredUsername": "bob keller"},
        {"id": f"https://{ACME}/people/bob"},
        {"id": f"https://{GLOBEX}/people/bobby"},
        {"endpoints": {}, "inbox": f"https://{ACME}/inbox"},
        {"endpoints": None, "inbox": None},
    ],
)
def test_a_document_that_is_no_actor_of_its_host_is_refused(change):
    tx = companies(*TWO)[ACME]
    partner.upsert_partner(tx, bobs())
    before = actors.by_username(tx, "bob", GLOBEX)
    with pytest.raises((Malformed, Refused)):
        partner.upsert_partner(tx, bobs(**change))
    assert actors.by_username(tx, "bob", GLOBEX) == before


def test_nobody_speaks_for_our_own_actors():
    net = companies(*TWO)
    with pytest.raises(Refused, match="our_own_actor"):
        partner.upsert_partner(net[ACME], node_document(net[ACME]))
    assert partner.upsert_partner(net[ACME], node_document(net[GLOBEX])).kind == "node"


def test_an_actor_gets_no_key_with_the_id_of_anothers():
    tx = companies(*TWO)[ACME]
    node = f"https://{GLOBEX}/actor"
    before = keys.keys_of(tx, node)
    document = bobs()
    stolen = [{**document["assertionMethod"][0], "id": f"{node}#ed25519-key"}]
    row = partner.upsert_partner(tx, document | {"assertionMethod": stolen})
    assert keys.keys_of(tx, row.iri) == []
    assert keys.keys_of(tx, node) == before


def test_a_partners_words_are_cleaned():
    tx = companies(*TWO)[ACME]
    row = partner.upsert_partner(tx, bobs(name="Bob\n\u202eevil", summary="<script>x</script><p>Hi</p>"))
    assert row.display_name == "Bob evil"
    assert row.summary == "<p>Hi</p>"


def test_meeting_a_node_makes_it_a_peer():
    tx = companies(*TWO)[ACME]
    peer = peers.by_host(tx, GLOBEX)
    assert (peer.node_iri, peer.name, peer.inbox) == (
        f"https://{GLOBEX}/actor",
        "Globex",
        f"https://{GLOBEX}/inbox",
    )


def test_another_application_of_a_host_does_not_become_its_node():
    net = companies(*TWO)
    document = node_document(net[GLOBEX])
    bot = {
        **document,
        "id": f"https://{GLOBEX}/bot",
        "preferredUsername": "bot",
        "assertionMethod": [],
        "publicKey": [],
    }
    partner.upsert_partner(net[ACME], bot)
    assert peers.by_host(net[ACME], GLOBEX).node_iri == f"https://{GLOBEX}/actor"


def test_what_one_source_does_not_know_of_a_peer_stays():
    tx = companies(*TWO)[ACME]
    peers.learn(tx, GLOBEX, peers.PeerFacts(software="cordee 1"))
    peer = peers.by_host(tx, GLOBEX)
    assert (peer.software, peer.name) == ("cordee 1", "Globex")


def test_a_peer_was_heard_and_reached_when_last():
    tx = companies(*TWO)[ACME]
    peers.heard(tx, GLOBEX)
    peers.reached(tx, GLOBEX)
    peer = peers.by_host(tx, GLOBEX)
    assert (peer.heard_at_ms, peer.reached_at_ms) == (tx.now_ms, tx.now_ms)
