"""What stands first, here and at the partners: one's own posts on one's account, and in a project what its leads choose."""

import pytest

from federation.activity import Activity
from instance.activities import rule_for
from instance.domain import pin, post
from instance.errors import BadInput, NotAllowed
from instance.storage import actors, members, pins, posts

from .posting import GATE, GLOBEX, a_note, a_person, an_activity, incoming, join, publish, take


def arrives(tx, document, project):
    rule = rule_for(Activity.parse(document))
    assert rule is not None
    return take(tx, (rule.verify, rule.apply), incoming(document, project))


def first(tx, owner, viewer):
    return pins.of(tx, owner.id, viewer_id=viewer.id)


def bobs(tx, bob, apollo):
    """A post of bob's in the project."""
    note = a_note(bob, to=[apollo.iri])
    assert arrives(tx, an_activity("Create", bob, note), apollo).taken
    row = posts.by_iri(tx, note["id"])
    assert row is not None
    return row


def test_a_pin_in_a_project_is_drafted_for_it_and_taken_back(tx, alice, apollo):
    row = publish(tx, alice, "@apollo plan")
    (said,) = pin.pin(tx, GATE, alice, row.id).drafts
    assert (said.activity["type"], said.activity["object"]) == ("Add", row.iri)
    assert (said.activity["target"], said.project) == (f"{alice.iri}/featured", apollo.iri)
    assert pin.pin(tx, GATE, alice, row.id).drafts == ()
    (undone,) = pin.unpin(tx, GATE, alice, row.id).drafts
    assert undone.activity["type"] == "Remove"
    assert pin.unpin(tx, GATE, alice, row.id).drafts == ()


def test_the_pin_of_an_internal_post_reaches_nobody(tx, alice):
    (said,) = pin.pin(tx, GATE, alice, publish(tx, alice, "for us").id).drafts
    assert GATE.release(tx, said.activity, author=said.author) == ()


def test_a_partners_pin_is_seen_by_who_is_in_the_project(tx, alice, bob, apollo):
    row, carol = bobs(tx, bob, apollo), a_person(tx, "carol")
    added = an_activity("Add", bob, row.iri, target=f"{bob.iri}/featured")
    for _ in range(2):
        assert arrives(tx, added, apollo) == (True, "pinned_in_the_project")
    assert (first(tx, bob, alice), first(tx, bob, carol)) == ([row.id], [])
    removed = added | {"type": "Remove", "id": added["id"] + "r"}
    assert arrives(tx, removed, apollo) == (True, "unpinned_in_the_project")
    assert first(tx, bob, alice) == []
    assert arrives(tx, removed, apollo) == (False, "not_pinned")


@pytest.mark.parametrize("place", ["/featured", "/collections/featured"])
def test_the_collection_is_known_by_either_name_and_as_an_object(tx, alice, bob, apollo, place):
    row = bobs(tx, bob, apollo)
    target = {"id": f"{bob.iri}{place}", "type": "OrderedCollection"}
    assert arrives(tx, an_activity("Add", bob, {"id": row.iri, "type": "Note"}, target=target), apollo).taken


def test_nobody_pins_anothers_post_or_on_anothers_account(tx, alice, bob, apollo):
    row, mine = bobs(tx, bob, apollo), publish(tx, alice, "@apollo mine")
    eve = a_person(tx, "eve", GLOBEX)
    join(tx, apollo, eve)
    on_mine = an_activity("Add", bob, mine.iri, target=f"{bob.iri}/featured")
    assert arrives(tx, on_mine, apollo) == (False, "not_the_author")
    on_bobs = an_activity("Add", eve, row.iri, target=f"{bob.iri}/featured")
    assert arrives(tx, on_bobs, apollo) == (False, "pinned_by_no_lead")
    outsider = an_activity("Add", a_person(tx, "dan", GLOBEX), row.iri, target=f"{bob.iri}/featured")
    assert arrives(tx, outsider, apollo) == (False, "author_not_in_project")


def test_a_partner_pins_a_few_and_no_more(tx, alice, bob, apollo):
    for _ in range(pin.PINS_LIMIT):
        added = an_activity("Add", bob, bobs(tx, bob, apollo).iri, target=f"{bob.iri}/featured")
        assert arrives(tx, added, apollo).taken
    more = an_activity("Add", bob, bobs(tx, bob, apollo).iri, target=f"{bob.iri}/featured")
    assert arrives(tx, more, apollo) == (False, "pins_too_many")


def test_a_lead_says_what_stands_first_in_the_project_and_a_member_does_not(tx, alice, bob, apollo):
    row = bobs(tx, bob, apollo)
    with pytest.raises(NotAllowed):
        pin.pin_in_project(tx, GATE, alice, row.id)
    join(tx, apollo, alice, role="lead")
    (said,) = pin.pin_in_project(tx, GATE, alice, row.id).drafts
    assert said.activity["target"] == f"{apollo.iri}/featured"
    assert first(tx, apollo, alice) == [row.id]
    pin.unpin_in_project(tx, GATE, alice, row.id)
    assert first(tx, apollo, alice) == []
    with pytest.raises(NotAllowed):
        pin.pin_in_project(tx, GATE, alice, publish(tx, alice, "internal").id)


def test_a_partners_lead_says_so_as_well(tx, alice, bob, apollo):
    mine = publish(tx, alice, "@apollo mine")
    added = an_activity("Add", bob, mine.iri, target=f"{apollo.iri}/featured")
    assert arrives(tx, added, apollo) == (False, "pinned_by_no_lead")
    join(tx, apollo, bob, role="lead")
    assert arrives(tx, added, apollo).taken
    assert first(tx, apollo, alice) == [mine.id]


def test_a_project_shows_a_few_and_no_more(tx, alice, apollo):
    join(tx, apollo, alice, role="lead")
    for _ in range(pin.PINS_LIMIT):
        pin.pin_in_project(tx, GATE, alice, publish(tx, alice, "@apollo x").id)
    with pytest.raises(BadInput):
        pin.pin_in_project(tx, GATE, alice, publish(tx, alice, "@apollo x").id)


def test_what_is_deleted_stands_first_no_longer(tx, alice, apollo):
    row = publish(tx, alice, "@apollo x")
    pin.pin(tx, GATE, alice, row.id)
    post.delete(tx, alice, row.id)
    assert first(tx, alice, alice) == []


def test_another_collection_is_refused_by_name(tx, bob, apollo):
    added = an_activity("Add", bob, bobs(tx, bob, apollo).iri, target=f"{bob.iri}/collections/tags")
    assert arrives(tx, added, apollo) == (False, "collection_not_kept")


@pytest.mark.parametrize("form", [lambda iri: iri, lambda iri: {"id": iri, "type": "Tombstone"}])
def test_a_partners_person_who_is_gone_leaves_and_their_words_stay(tx, alice, bob, apollo, form):
    row = bobs(tx, bob, apollo)
    assert arrives(tx, an_activity("Delete", bob, form(bob.iri)), apollo) == (True, "person_is_gone")
    member, person = members.one(tx, apollo.iri, bob.id), actors.by_iri(tx, bob.iri)
    assert member is not None
    assert person is not None
    assert (member.state, person.state, person.display_name) == ("left", "gone", "bob")
    assert posts.by_id(tx, row.id) == row
    assert arrives(tx, an_activity("Delete", bob, bob.iri), apollo) == (False, "not_a_member")


def test_who_is_in_another_project_still_keeps_the_profile(tx, alice, bob, apollo):
    from_elsewhere = a_person(tx, "eve", GLOBEX)
    join(tx, apollo, from_elsewhere)
    members.put(
        tx, members.one(tx, apollo.iri, from_elsewhere.id)._replace(project_iri="https://x.example/p")
    )
    assert arrives(tx, an_activity("Delete", from_elsewhere, from_elsewhere.iri), apollo).taken
    person = actors.by_iri(tx, from_elsewhere.iri)
    assert person is not None
    assert (person.state, person.display_name) == ("active", "Eve")


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        (lambda iri: iri, "post_unknown"),
        (lambda iri: {"id": iri, "type": "Tombstone"}, "post_unknown"),
        (lambda iri: {"id": iri, "type": "Person"}, "profile_of_another"),
    ],
)
def test_nobody_deletes_somebody_else_nor_oneself_by_it(tx, alice, bob, apollo, form, rule):
    eve = a_person(tx, "eve", GLOBEX)
    join(tx, apollo, eve)
    assert arrives(tx, an_activity("Delete", eve, form(bob.iri)), apollo) == (False, rule)
    for person in (bob, eve):
        member = members.one(tx, apollo.iri, person.id)
        assert member is not None
        assert member.state == "active"
