"""Posts: published where they belong, or refused with words that say why; the same path for our own and for partners'."""

import re

import pytest

from instance.domain import charter, post, reaction
from instance.domain.compose import PostDraft
from instance.domain.refusal import RULES
from instance.errors import CannotPublish, NotFound
from instance.events import PostGone
from instance.policy import INTERNAL
from instance.storage import logins, notifications, posts, timelines
from instance.storage.logins import LoginRow
from instance.storage.window import Window

from .posting import (
    GATE,
    GLOBEX,
    NOW_MS,
    a_person,
    a_project,
    join,
    publish,
    reread,
)


def refusal(tx, author, text, **draft):
    with pytest.raises(CannotPublish) as caught:
        publish(tx, author, text, **draft)
    return caught.value


def home(tx, person):
    return timelines.home(tx, person.id, Window())


def heard(tx, person):
    return [(row.kind, row.post_id) for row in notifications.of_owner(tx, person.id, Window())]


@pytest.fixture
def carol(tx):
    return a_person(tx, "carol")


@pytest.fixture
def bob(tx):
    """Globex's."""
    return a_person(tx, "bob", GLOBEX)


# Where a post belongs


def test_a_post_that_names_no_project_is_internal(tx, alice):
    assert publish(tx, alice, "hello").space == INTERNAL


def test_a_post_that_names_a_projects_full_handle_belongs_to_it(tx, alice, apollo):
    assert publish(tx, alice, "@apollo@acme.example hello").space == apollo.iri


def test_a_bare_handle_names_the_one_project_of_mine_that_has_it(tx, alice):
    foreign = a_project(tx, "zeus", alice, host=GLOBEX)
    assert publish(tx, alice, "@zeus hello").space == foreign.iri


def test_a_bare_handle_of_several_projects_of_mine_is_refused_by_name(tx, alice, apollo):
    a_project(tx, "apollo", alice, host=GLOBEX)
    caught = refusal(tx, alice, "@apollo hello")
    assert caught.rule == "ambiguous_project"
    assert "@apollo@globex.example" in caught.text


def test_a_bare_handle_means_the_colleague_of_that_name_before_any_project(tx, alice, carol):
    a_project(tx, "carol", alice, host=GLOBEX)
    assert publish(tx, alice, "@carol hello").space == INTERNAL


def test_a_project_chosen_on_a_page_is_the_space(tx, alice, apollo):
    assert publish(tx, alice, "hello", project=apollo.iri).space == apollo.iri


def test_a_post_that_names_two_projects_is_refused(tx, alice, apollo):
    a_project(tx, "zeus", alice)
    caught = refusal(tx, alice, "@apollo and @zeus")
    assert (caught.rule, "Apollo, Zeus" in caught.text) == ("two_projects", True)


def test_a_reply_belongs_to_its_threads_space(tx, alice, apollo):
    parent = publish(tx, alice, "@apollo hello")
    reply = publish(tx, alice, "yes", in_reply_to_id=parent.id)
    assert (reply.space, reply.thread_id) == (apollo.iri, parent.id)


def test_a_reply_cannot_widen_its_threads_space(tx, alice, apollo):
    parent = publish(tx, alice, "internal")
    assert publish(tx, alice, "@apollo look", in_reply_to_id=parent.id).space == INTERNAL


def test_a_reply_cannot_move_its_thread_to_another_project(tx, alice, apollo):
    parent = publish(tx, alice, "internal")
    assert refusal(tx, alice, "x", in_reply_to_id=parent.id, project=apollo.iri).rule == "thread_space"


def test_a_reply_to_a_boost_answers_what_was_boosted(tx, alice, carol):
    original = publish(tx, alice, "hello")
    boost = post.boost(tx, GATE, carol, original.id).value
    assert publish(tx, carol, "yes", in_reply_to_id=boost.id).in_reply_to_id == original.id


def test_a_reply_to_what_the_author_may_not_read_is_refused(tx, alice, carol):
    secret = publish(tx, alice, "for me alone", visibility="direct")
    assert refusal(tx, carol, "x", in_reply_to_id=secret.id).rule == "no_parent"


def test_a_direct_post_to_a_partners_person_goes_to_the_one_project_both_share(tx, alice, apollo):
    a_project(tx, "zeus", alice)
    assert publish(tx, alice, "@bob@globex.example hello", visibility="direct").space == apollo.iri


def test_a_direct_post_to_a_partners_person_with_several_shared_projects_is_refused(tx, alice, bob, apollo):
    a_project(tx, "zeus", alice, bob)
    caught = refusal(tx, alice, "@bob@globex.example hello", visibility="direct")
    assert caught.rule == "several_projects"
    assert "Name one of @apollo@acme.example, @zeus@acme.example" in caught.text


def test_a_direct_post_to_a_stranger_of_a_partner_is_refused(tx, alice, apollo):
    a_person(tx, "dan", GLOBEX)
    assert refusal(tx, alice, "@dan@globex.example hello", visibility="direct").rule == "no_shared_project"


# Who may post what


def test_who_is_not_in_a_project_cannot_post_there(tx, carol, apollo):
    assert refusal(tx, carol, "@apollo hello").rule == "not_a_member"


def test_a_follower_of_a_project_cannot_post_there(tx, carol, apollo):
    join(tx, apollo, carol, role="follower")
    assert refusal(tx, carol, "@apollo hello").rule == "only_follows"


def test_naming_a_colleague_who_is_not_in_the_project_is_refused_by_name(tx, alice, carol, apollo):
    caught = refusal(tx, alice, "@apollo ask @carol")
    assert caught.rule == "mentions_a_stranger"
    assert "Carol (@carol@acme.example)" in caught.text


def test_naming_a_member_of_the_project_is_fine(tx, alice, carol, apollo):
    join(tx, apollo, carol)
    assert publish(tx, alice, "@apollo ask @carol").space == apollo.iri


def test_a_link_to_an_internal_post_cannot_go_into_a_project(tx, alice, apollo):
    secret = publish(tx, alice, "internal")
    caught = refusal(tx, alice, f"@apollo see {secret.iri}")
    assert secret.iri in caught.text


def test_a_refused_post_leaves_no_trace(tx, alice, carol, apollo):
    refusal(tx, alice, "@apollo ask @carol")
    assert home(tx, alice) == []


@pytest.mark.parametrize(
    ("draft", "rule", "field"),
    [
        ({"text": "  "}, "empty", "status"),
        ({"text": "x" * 5001}, "too_long", "status"),
        ({"text": "x" * 4990, "spoiler": "y" * 11}, "too_long", "status"),
        ({"text": "x", "media_ids": (1, 2, 3, 4, 5)}, "too_many_media", "media_ids"),
        ({"text": "x", "media_ids": (1,)}, "no_such_media", "media_ids"),
        ({"text": "x", "visibility": "secret"}, "bad_visibility", "visibility"),
    ],
)
def test_a_draft_out_of_form_is_refused_and_the_field_named(tx, alice, draft, rule, field):
    caught = refusal(tx, alice, **draft)
    assert (caught.rule, caught.field) == (rule, field)


def test_the_limit_of_characters_is_the_administrators(tx, alice):
    with pytest.raises(CannotPublish, match="at most 3 characters"):
        post.publish(tx, GATE, alice, PostDraft("four"), limit_chars=3)


def test_a_refusal_speaks_the_authors_language(tx, alice):
    logins.add(tx, LoginRow(alice.id, "", "hash", 0, "fr", tx.now_ms, None))
    assert refusal(tx, alice, "").text == "Écrivez quelque chose ou joignez une image."


@pytest.mark.parametrize("rule", RULES)
def test_every_refusal_has_its_words_in_every_language_with_the_same_names(rule):
    names = [set(re.findall(r"{(\w+)}", words)) for words in RULES[rule].values()]
    assert (set(RULES[rule]), names[0]) == ({"en", "fr"}, names[1])


def test_a_post_of_exactly_the_limit_is_published(tx, alice):
    assert publish(tx, alice, "x" * 5000).content == f"<p>{'x' * 5000}</p>"


# What is said outside


def test_a_projects_post_is_drafted_for_the_projects_log(tx, alice, bob, apollo):
    (draft,) = post.publish(tx, GATE, alice, PostDraft("@apollo hi @bob@globex.example")).drafts
    assert (draft.project, draft.author) == (apollo.iri, alice.iri)
    note = draft.activity["object"]
    assert (note["to"], note["cc"]) == ([apollo.iri], [bob.iri])


def test_an_internal_post_is_drafted_as_well_outside_all_logs(tx, alice):
    (draft,) = post.publish(tx, GATE, alice, PostDraft("hello")).drafts
    assert (draft.project, draft.activity["type"]) == (None, "Create")


def test_an_internal_draft_never_names_the_public(tx, alice):
    (draft,) = post.publish(tx, GATE, alice, PostDraft("hello")).drafts
    assert "Public" not in str(draft.activity["to"] + draft.activity["cc"] + draft.activity["object"]["to"])


def test_a_hashtag_of_work_makes_a_work_item(tx, alice, apollo):
    outcome = post.publish(tx, GATE, alice, PostDraft("@apollo #Deliverable the plan"))
    assert outcome.value.work_kind == "deliverable"
    assert outcome.drafts[0].activity["object"]["work"] == {"kind": "deliverable"}


# Editing


def test_an_edit_changes_the_words_and_keeps_the_old_ones(tx, alice):
    row = publish(tx, alice, "first")
    tx.now_ms += 1000
    post.edit(tx, GATE, alice, row.id, PostDraft("second"))
    assert reread(tx, row).content == "<p>second</p>"
    assert [edit.content for edit in posts.edits_of(tx, row.id)] == ["<p>first</p>"]


def test_an_edit_stays_in_its_space(tx, alice, apollo):
    row = publish(tx, alice, "first")
    assert post.edit(tx, GATE, alice, row.id, PostDraft("@apollo second")).value.space == INTERNAL


def test_an_edit_that_may_not_be_said_in_the_project_is_refused(tx, alice, carol, apollo):
    row = publish(tx, alice, "@apollo first")
    with pytest.raises(CannotPublish):
        post.edit(tx, GATE, alice, row.id, PostDraft("ask @carol"))


def test_nobody_edits_anothers_post(tx, alice, carol):
    row = publish(tx, alice, "first")
    with pytest.raises(NotFound):
        post.edit(tx, GATE, carol, row.id, PostDraft("second"))


def test_who_is_named_only_by_the_edit_is_told_once(tx, alice, carol):
    row = publish(tx, alice, "first")
    post.edit(tx, GATE, alice, row.id, PostDraft("@carol second"))
    tx.now_ms += 1
    post.edit(tx, GATE, alice, row.id, PostDraft("@carol third"))
    assert heard(tx, carol) == [("mention", row.id)]


def test_an_edit_says_update_with_its_time(tx, alice):
    row = publish(tx, alice, "first")
    (draft,) = post.edit(tx, GATE, alice, row.id, PostDraft("second")).drafts
    assert (draft.activity["type"], draft.activity["object"]["updated"]) == (
        "Update",
        "2026-09-21T14:13:20.000Z",
    )


# Deleting


def test_a_deleted_post_is_empty_and_nowhere(tx, alice):
    row = publish(tx, alice, "hello", spoiler="careful")
    post.delete(tx, alice, row.id)
    after = reread(tx, row)
    assert (after.content, after.source, after.spoiler, after.deleted_at_ms) == ("", "", "", NOW_MS)
    assert home(tx, alice) == []


def test_deleting_takes_the_boosts_along(tx, alice, carol):
    row = publish(tx, alice, "hello")
    boost = post.boost(tx, GATE, carol, row.id).value
    post.delete(tx, alice, row.id)
    assert posts.by_id(tx, boost.id) is None


def test_deleting_takes_the_notifications_along(tx, alice, carol):
    row = publish(tx, alice, "hello @carol")
    post.delete(tx, alice, row.id)
    assert heard(tx, carol) == []


def test_deleting_forgets_the_history(tx, alice):
    row = publish(tx, alice, "first")
    post.edit(tx, GATE, alice, row.id, PostDraft("second"))
    post.delete(tx, alice, row.id)
    assert posts.edits_of(tx, row.id) == []


def test_deleting_an_answer_lowers_the_count_of_what_it_answered(tx, alice):
    row = publish(tx, alice, "hello")
    reply = publish(tx, alice, "yes", in_reply_to_id=row.id)
    assert reread(tx, row).replies_count == 1
    post.delete(tx, alice, reply.id)
    assert reread(tx, row).replies_count == 0


def test_a_delete_says_that_a_tombstone_is_left(tx, alice, apollo):
    row = publish(tx, alice, "@apollo hello")
    (draft,) = post.delete(tx, alice, row.id).drafts
    assert draft.activity["object"] == {"id": row.iri, "type": "Tombstone"}
    assert draft.project == apollo.iri


def test_a_deleted_post_is_told_to_those_who_had_it_at_home(tx, alice):
    row = publish(tx, alice, "hello")
    post.delete(tx, alice, row.id)
    assert PostGone(row.id, INTERNAL, (alice.id,)) in tx.events


def test_a_delete_that_could_not_be_said_is_said_later(tx, alice, apollo):
    early, late = publish(tx, alice, "@apollo one"), publish(tx, alice, "@apollo two")
    post.delete(tx, alice, early.id)
    tx.now_ms += 1000
    post.delete(tx, alice, late.id)
    (draft,) = post.unsaid_deletes(tx, apollo.iri, tx.now_ms)
    assert (draft.activity["type"], draft.activity["object"]["id"]) == ("Delete", late.iri)


def test_a_delete_while_the_charter_is_suspended_is_said_when_it_is_resumed(tx, alice, apollo):
    row = publish(tx, alice, "@apollo hello")
    tx.now_ms += 1000
    charter.suspend(tx, apollo.iri)
    tx.now_ms += 1000
    post.delete(tx, alice, row.id)
    tx.now_ms += 1000
    said = charter.resume(tx, apollo.iri).drafts
    assert [draft.activity["type"] for draft in said] == ["Undo", "Delete"]


def test_nothing_new_is_published_while_the_charter_is_suspended(tx, alice, apollo):
    charter.suspend(tx, apollo.iri)
    assert refusal(tx, alice, "@apollo hello").rule == "withheld_closed"


SAID = {
    "boost": post.boost,
    "unboost": post.unboost,
    "favourite": reaction.favourite,
    "unfavourite": reaction.unfavourite,
}


@pytest.mark.parametrize("verb", SAID)
def test_while_the_charter_is_suspended_nobody_boosts_or_favourites_or_takes_that_back(
    tx, alice, apollo, verb
):
    row, marked = publish(tx, alice, "@apollo one"), publish(tx, alice, "@apollo two")
    post.boost(tx, GATE, alice, marked.id)
    reaction.favourite(tx, GATE, alice, marked.id)
    charter.suspend(tx, apollo.iri)
    before = reread(tx, row), reread(tx, marked)
    with pytest.raises(CannotPublish) as caught:
        SAID[verb](tx, GATE, alice, marked.id if verb.startswith("un") else row.id)
    assert caught.value.rule == "withheld_closed"
    assert caught.value.text == refusal(tx, alice, "@apollo hello").text
    assert (reread(tx, row), reread(tx, marked)) == before


def test_inside_the_company_boosts_and_favourites_ask_no_charter(tx, alice, apollo):
    charter.suspend(tx, apollo.iri)
    row = publish(tx, alice, "just us")
    assert [SAID[verb](tx, GATE, alice, row.id).drafts != () for verb in SAID] == [True] * 4


def test_nobody_deletes_anothers_post(tx, alice, carol):
    row = publish(tx, alice, "hello")
    with pytest.raises(NotFound):
        post.delete(tx, carol, row.id)


# Boosts


def test_a_boost_lives_in_the_space_of_what_it_boosts(tx, alice, apollo):
    row = publish(tx, alice, "@apollo hello")
    outcome = post.boost(tx, GATE, alice, row.id)
    assert (outcome.value.space, outcome.drafts[0].project) == (apollo.iri, apollo.iri)


def test_a_person_boosts_a_post_once(tx, alice, carol):
    row = publish(tx, alice, "hello")
    first, second = post.boost(tx, GATE, carol, row.id), post.boost(tx, GATE, carol, row.id)
    assert first.value == second.value
    assert second.drafts == ()
    assert reread(tx, row).boosts_count == 1


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_a_post_that_is_not_for_the_whole_company_cannot_be_boosted(tx, alice, visibility):
    row = publish(tx, alice, "hello", visibility=visibility)
    with pytest.raises(CannotPublish):
        post.boost(tx, GATE, alice, row.id)


def test_the_author_of_a_boosted_post_is_told(tx, alice, carol):
    row = publish(tx, alice, "hello")
    post.boost(tx, GATE, carol, row.id)
    assert heard(tx, alice) == [("reblog", row.id)]


def test_taking_a_boost_back_leaves_nothing_of_it(tx, alice, carol):
    row = publish(tx, alice, "hello")
    boost = post.boost(tx, GATE, carol, row.id).value
    (draft,) = post.unboost(tx, GATE, carol, row.id).drafts
    assert (draft.activity["type"], draft.activity["object"]["id"]) == ("Undo", boost.iri)
    assert (posts.by_id(tx, boost.id), reread(tx, row).boosts_count, heard(tx, alice)) == (None, 0, [])
