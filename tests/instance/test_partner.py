"""What partners say of their own: an actor of another host, another's handle, another's key or another's inbox is refused or left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import keys
from federation.errors import FederationError, Malformed, Refused
from instance.domain import partner
from instance.storage import actors, peers
from instance.storage import keys as key_rows
from tests.builders import ACME, GLOBEX, INITECH, a_tx

BOB, NODE = f"https://{GLOBEX}/people/bob", f"https://{GLOBEX}/actor"
KEY = keys.generate_ed25519().public_key()


def an_actor(iri: str = BOB, **more: Any) -> dict[str, Any]:
    return {
        "id": iri,
        "type": "Person",
        "preferredUsername": "bob",
        "name": "Bob",
        "inbox": f"{iri}/inbox",
        **keys.render_keys([keys.named(iri, KEY)]),
        **more,
    }


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"type": "Note"}, "no_actor"),
        ({"id": None}, "no_actor"),
        ({"preferredUsername": None}, "no_username"),
        ({"preferredUsername": "a b"}, "no_username"),
        ({"preferredUsername": "x" * 65}, "no_username"),
        ({"inbox": None}, "no_inbox"),
        ({"inbox": f"https://{INITECH}/inbox"}, "no_inbox"),
        ({"endpoints": {"sharedInbox": f"https://{ACME}/inbox"}}, "no_inbox"),
    ],
)
def test_what_is_no_actor_of_its_own_host_is_malformed(more: dict[str, Any], rule: str):
    with pytest.raises(Malformed, match=rule):
        partner.check_partner(a_tx(), an_actor(**more))


def test_nobody_else_says_who_our_people_are():
    with pytest.raises(Refused, match="our_own_actor"):
        partner.check_partner(a_tx(), an_actor(f"https://{ACME}/people/alice"))


def test_a_handle_stays_with_who_had_it_first():
    tx = a_tx()
    partner.upsert_partner(tx, an_actor())
    with pytest.raises(Refused, match="handle_taken"):
        partner.check_partner(tx, an_actor(f"https://{GLOBEX}/people/bob2"))


def test_the_shared_inbox_is_taken_where_there_is_one():
    shared = f"https://{GLOBEX}/inbox"
    assert partner.check_partner(a_tx(), an_actor(endpoints={"sharedInbox": shared})).inbox == shared


def test_a_name_is_one_line_that_shows():
    row = partner.check_partner(a_tx(), an_actor(name="  Bob\n\u202e\x07 Builder " + "x" * 300))
    assert row.display_name.startswith("Bob Builder x")
    assert len(row.display_name) == partner.NAME_LIMIT_CHARS


def test_who_has_no_name_goes_by_the_username():
    assert partner.check_partner(a_tx(), an_actor(name="\u202e")).display_name == "bob"


def test_the_title_is_words_and_the_summary_clean():
    title = {"type": "PropertyValue", "name": "Title", "value": "<b>Lead</b>"}
    row = partner.check_partner(a_tx(), an_actor(attachment=[title], summary="<p>hi<script>x</script></p>"))
    assert (row.title, row.summary) == ("Lead", "<p>hi</p>")


def test_a_key_is_kept_and_a_later_document_replaces_it():
    tx = a_tx()
    partner.upsert_partner(tx, an_actor())
    later = keys.generate_ed25519().public_key()
    partner.upsert_partner(tx, an_actor(**keys.render_keys([keys.named(BOB, later)])))
    assert [row.public_pem for row in key_rows.keys_of(tx, BOB)] == [keys.public_to_pem(later)]


@pytest.mark.parametrize("owner", [f"https://{GLOBEX}/people/eve", f"{BOB}by", f"https://{INITECH}/actor"])
def test_no_key_is_taken_that_stands_below_another_actor(owner: str):
    tx = a_tx()
    method = an_actor(owner)["assertionMethod"][0] | {"controller": BOB}
    partner.upsert_partner(tx, an_actor(assertionMethod=[method]))
    assert key_rows.keys_of(tx, BOB) == []
    assert key_rows.key_by_iri(tx, method["id"]) is None


def test_a_node_is_a_peer_and_a_person_is_not():
    tx = a_tx()
    partner.upsert_partner(tx, an_actor())
    assert peers.by_host(tx, GLOBEX) is None
    partner.upsert_partner(tx, an_actor(NODE, type="Application", preferredUsername="node", name="Globex"))
    peer = peers.by_host(tx, GLOBEX)
    assert peer is not None
    assert (peer.node_iri, peer.name) == (NODE, "Globex")


def test_a_second_node_of_a_host_does_not_take_the_place_of_the_first():
    tx = a_tx()
    for iri, name in ((NODE, "node"), (f"{NODE}2", "node2")):
        partner.upsert_partner(tx, an_actor(iri, type="Application", preferredUsername=name))
    peer = peers.by_host(tx, GLOBEX)
    assert peer is not None
    assert peer.node_iri == NODE


def test_the_same_actor_again_keeps_its_row():
    tx = a_tx()
    first = partner.upsert_partner(tx, an_actor())
    again = partner.upsert_partner(tx, an_actor(name="Robert"))
    assert (again.id, again.display_name) == (first.id, "Robert")
    assert actors.by_iri(tx, BOB) == again


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*an_actor(), "summary", "attachment", "endpoints"]), anything))
def test_a_document_of_any_shape_is_an_actor_of_globex_or_refused(more: dict[str, Any]):
    tx = a_tx()
    try:
        row = partner.upsert_partner(tx, an_actor() | more)
    except FederationError:
        return
    assert row.host == GLOBEX
    assert row.inbox.startswith(f"https://{GLOBEX}/")
