"""The table of activities: what has no sense between companies is refused by name, and who asks to follow is answered."""

import pytest

from federation.activity import Activity
from instance.activities import RULES, SEVERAL, rule_for
from instance.domain import follow_inbound, undo_inbound
from instance.reasons import explain
from tests.instance.posting import (
    GATE,
    GLOBEX,
    a_note,
    a_person,
    a_project,
    an_activity,
    incoming,
    publish,
    reread,
    take,
)

FOLLOW = (follow_inbound.verify_follow, follow_inbound.apply_follow)
UNDO = (undo_inbound.verify, undo_inbound.apply)
SENSELESS = {
    "Block": "block_stays_at_home",
    "Ignore": "block_stays_at_home",
    "Invite": "member_by_own_company_alone",
    "Offer": "offer_of_no_charter",
    "Dislike": "dislike_not_counted",
    "Move": "move_by_both_companies",
    "Lock": "no_thread_is_locked",
    "ReplyRequest": "needs_no_asking",
    "Listen": "reading_not_counted",
    "Accept": "we_asked_nothing",
    "TentativeReject": "we_asked_nothing",
    "Create": "no_post_of_ours",
    "Update": "no_post_of_ours",
}


def decided(tx, document, project):
    """The ruling of the row that the table has for a document, applied when it is taken."""
    rule = rule_for(Activity.parse(document))
    assert rule is not None
    return take(tx, (rule.verify, rule.apply), incoming(document, project))


@pytest.mark.parametrize(("verb", "rule"), SENSELESS.items())
def test_what_has_no_sense_between_companies_is_refused_by_name(tx, alice, bob, apollo, verb, rule):
    assert decided(tx, an_activity(verb, bob, alice.iri), apollo) == (False, rule)
    assert explain(rule)
    assert explain(rule, "fr")


@pytest.mark.parametrize(
    "thing", [{"type": "ChatMessage"}, {"type": "Place"}, "https://globex.example/posts/7"]
)
def test_what_is_no_post_is_refused_where_a_note_is_taken(tx, bob, apollo, thing):
    assert decided(tx, an_activity("Create", bob, thing), apollo) == (False, "no_post_of_ours")
    assert decided(tx, an_activity("Create", bob, a_note(bob)), apollo).taken


def test_of_several_objects_none_is_dropped_without_a_word(tx, alice, bob, apollo):
    first, second = publish(tx, alice, "@apollo one"), publish(tx, alice, "@apollo two")
    several = an_activity("Like", bob, [first.iri, second.iri])
    assert rule_for(Activity.parse(several)) is SEVERAL
    assert decided(tx, several, apollo) == (False, "several_objects")
    assert decided(tx, an_activity("Like", bob, [first.iri]), apollo).taken


def test_a_probe_is_noted():
    assert RULES["View", "*"].verify(None, None) == (True, "view_noted")


@pytest.mark.parametrize("whom", ["alice", "apollo"])
def test_who_shares_a_project_is_told_that_follows_stay_at_home(tx, alice, bob, apollo, whom):
    followed = {"alice": alice, "apollo": apollo}[whom]
    arrived = incoming(an_activity("Follow", bob, followed.iri), None)
    assert follow_inbound.verify_follow(tx, arrived) == (True, "follow_declined")
    (draft,) = follow_inbound.apply_follow(tx, arrived)
    assert (draft.activity["type"], draft.activity["actor"], draft.host) == ("Reject", followed.iri, GLOBEX)
    assert draft.activity["object"]["id"] == arrived.activity.iri
    assert draft.project is None
    letters = GATE.release(tx, draft.activity, author=draft.author, only=draft.host)
    assert [letter.host for letter in letters] == [GLOBEX]


def test_of_who_shares_no_project_nobody_learns_whether_they_are_there(tx, bob, apollo):
    carol = a_person(tx, "carol")
    gemini = a_project(tx, "gemini", carol, parties=("initech.example",))
    for iri in (carol.iri, gemini.iri, "https://acme.example/people/nobody"):
        ruling = take(tx, FOLLOW, incoming(an_activity("Follow", bob, iri), None))
        assert ruling == (False, "follow_stays_at_home")


def test_a_company_asks_for_its_own_people_alone(tx, alice, apollo):
    stranger = a_person(tx, "dan", "initech.example")
    ruling = take(tx, FOLLOW, incoming(an_activity("Follow", stranger, alice.iri), None))
    assert ruling == (False, "follow_stays_at_home")


@pytest.mark.parametrize("verb", ["Like", "Announce"])
def test_what_is_undone_by_its_id_alone_is_undone(tx, alice, bob, apollo, verb):
    row = publish(tx, alice, "@apollo go")
    done = an_activity(verb, bob, row.iri)
    assert decided(tx, done, apollo).taken
    assert decided(tx, an_activity("Undo", bob, done["id"]), apollo).taken
    assert (reread(tx, row).favourites_count, reread(tx, row).boosts_count) == (0, 0)


@pytest.mark.parametrize("verb", ["Like", "Announce"])
def test_nobody_undoes_by_its_id_what_is_anothers(tx, alice, bob, apollo, verb):
    row = publish(tx, alice, "@apollo go")
    done = an_activity(verb, bob, row.iri)
    assert decided(tx, done, apollo).taken
    eve = a_person(tx, "eve", GLOBEX)
    assert not decided(tx, an_activity("Undo", eve, done["id"]), apollo).taken
    assert reread(tx, row).favourites_count + reread(tx, row).boosts_count == 1


def test_an_undo_of_what_was_never_kept_is_refused_by_name(tx, bob, apollo):
    undo = an_activity("Undo", bob, "https://globex.example/activities/never")
    assert decided(tx, undo, apollo) == (False, "undone_unknown")
