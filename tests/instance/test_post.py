"""Posts: published where they belong, or refused with words that say why; the same path for our own and for partners'."""

import pytest

from instance.domain import post, post_inbound
from instance.domain.compose import PostDraft
from instance.errors import CannotPublish, NotFound
from instance.events import Notified, PostAppeared, PostChanged, PostGone
from instance.policy import INTERNAL
from instance.storage import notifications, posts, timelines
from instance.storage.window import Window

from .posting import (
    GATE,
    GLOBEX,
    HOME,
    NOW_MS,
    a_note,
    a_person,
    a_project,
    a_tx,
    an_activity,
    incoming,
    join,
    publish,
    reread,
    take,
)

CREATE = (post_inbound.verify_create, post_inbound.apply_create)
UPDATE = (post_inbound.verify_update, post_inbound.apply_update)
DELETE = (post_inbound.verify_delete, post_inbound.apply_delete)
ANNOUNCE = (post_inbound.verify_announce, post_inbound.apply_announce)
UNDO_ANNOUNCE = (post_inbound.verify_undo_announce, post_inbound.apply_undo_announce)


def refusal(tx, author, text, **draft):
    with pytest.raises(CannotPublish) as caught:
        publish(tx, author, text, **draft)
    return caught.value


def home(tx, person):
    return timelines.home(tx, person.id, Window())


def heard(tx, person):
    return [(row.kind, row.post_id) for row in notifications.of_owner(tx, person.id, Window())]


@pytest.fixture
def tx():
    return a_tx()


@pytest.fixture
def alice(tx):
    return a_person(tx, "alice")


@pytest.fixture
def carol(tx):
    return a_person(tx, "carol")


@pytest.fixture
def bob(tx):
    """Globex's."""
    return a_person(tx, "bob", GLOBEX)


@pytest.fixture
def apollo(tx, alice, bob):
    return a_project(tx, "apollo", alice, bob)


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
    assert (caught.rule, "Apollo and Zeus" in caught.text) == ("two_projects", True)


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
    boost = post.boost(tx, carol, original.id).value
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
    assert "name one of @apollo@acme.example and @zeus@acme.example" in caught.text


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
    boost = post.boost(tx, carol, row.id).value
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


def test_nobody_deletes_anothers_post(tx, alice, carol):
    row = publish(tx, alice, "hello")
    with pytest.raises(NotFound):
        post.delete(tx, carol, row.id)


# Boosts


def test_a_boost_lives_in_the_space_of_what_it_boosts(tx, alice, apollo):
    row = publish(tx, alice, "@apollo hello")
    outcome = post.boost(tx, alice, row.id)
    assert (outcome.value.space, outcome.drafts[0].project) == (apollo.iri, apollo.iri)


def test_a_person_boosts_a_post_once(tx, alice, carol):
    row = publish(tx, alice, "hello")
    first, second = post.boost(tx, carol, row.id), post.boost(tx, carol, row.id)
    assert first.value == second.value
    assert second.drafts == ()
    assert reread(tx, row).boosts_count == 1


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_a_post_that_is_not_for_the_whole_company_cannot_be_boosted(tx, alice, visibility):
    row = publish(tx, alice, "hello", visibility=visibility)
    with pytest.raises(CannotPublish):
        post.boost(tx, alice, row.id)


def test_the_author_of_a_boosted_post_is_told(tx, alice, carol):
    row = publish(tx, alice, "hello")
    post.boost(tx, carol, row.id)
    assert heard(tx, alice) == [("reblog", row.id)]


def test_taking_a_boost_back_leaves_nothing_of_it(tx, alice, carol):
    row = publish(tx, alice, "hello")
    boost = post.boost(tx, carol, row.id).value
    (draft,) = post.unboost(tx, carol, row.id).drafts
    assert (draft.activity["type"], draft.activity["object"]["id"]) == ("Undo", boost.iri)
    assert (posts.by_id(tx, boost.id), reread(tx, row).boosts_count, heard(tx, alice)) == (None, 0, [])


# Partners' posts


def arrived(bob, project, **note):
    return incoming(an_activity("Create", bob, a_note(bob, **note)), project)


def test_a_members_post_comes_home_to_our_people_in_the_project(tx, alice, bob, carol, apollo):
    ruling = take(tx, CREATE, arrived(bob, apollo))
    assert ruling == (True, "post_of_a_member")
    assert (len(home(tx, alice)), len(home(tx, carol))) == (1, 0)


def test_a_partners_post_taken_twice_is_there_once(tx, alice, bob, apollo):
    twice = arrived(bob, apollo, tag=[{"type": "Mention", "href": alice.iri}])
    take(tx, CREATE, twice)
    take(tx, CREATE, twice)
    assert (len(home(tx, alice)), len(heard(tx, alice))) == (1, 1)


def test_a_partners_post_says_when_it_appeared_and_to_whom(tx, alice, bob, apollo):
    take(tx, CREATE, arrived(bob, apollo))
    (event,) = (e for e in tx.events if isinstance(e, PostAppeared))
    assert (event.author_id, event.space, event.owners) == (bob.id, apollo.iri, (alice.id,))


def test_a_post_by_who_is_not_in_the_project_is_refused(tx, apollo):
    stranger = a_person(tx, "dan", GLOBEX)
    assert take(tx, CREATE, arrived(stranger, apollo)) == (False, "author_not_in_project")


def test_a_post_by_who_has_left_the_project_is_refused(tx, bob, apollo):
    join(tx, apollo, bob, state="left")
    assert take(tx, CREATE, arrived(bob, apollo)) == (False, "author_not_in_project")


def test_a_post_by_a_follower_is_refused(tx, bob, apollo):
    join(tx, apollo, bob, role="follower")
    assert take(tx, CREATE, arrived(bob, apollo)) == (False, "author_only_follows")


def test_a_company_cannot_speak_for_the_people_of_another(tx, alice, apollo):
    note = a_note(alice) | {"id": "https://acme.example/posts/9"}
    forged = incoming(an_activity("Create", alice, note), apollo, host=GLOBEX)
    assert take(tx, CREATE, forged) == (False, "author_not_in_project")


def test_a_post_outside_any_project_is_refused(tx, bob, apollo):
    assert take(tx, CREATE, arrived(bob, None)) == (False, "author_not_in_project")


def test_a_post_attributed_to_another_is_refused(tx, alice, bob, apollo):
    assert take(tx, CREATE, arrived(bob, apollo, attributedTo=alice.iri)) == (False, "not_the_author")


def test_an_answer_into_a_thread_of_another_space_is_refused(tx, alice, bob, apollo):
    internal = publish(tx, alice, "internal")
    assert take(tx, CREATE, arrived(bob, apollo, inReplyTo=internal.iri)) == (
        False,
        "thread_of_another_space",
    )


def test_an_answer_is_linked_when_what_it_answers_comes_later(tx, alice, bob, apollo):
    parent = a_note(bob)
    take(tx, CREATE, arrived(bob, apollo, inReplyTo=parent["id"]))
    (reply_id,) = home(tx, alice)
    take(tx, CREATE, incoming(an_activity("Create", bob, parent), apollo))
    found = posts.by_iri(tx, parent["id"])
    reply = posts.by_id(tx, reply_id)
    assert (reply.in_reply_to_id, reply.thread_id) == (found.id, found.thread_id)
    assert found.replies_count == 1


def test_an_answer_to_our_post_is_told_to_its_author(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo hello")
    take(tx, CREATE, arrived(bob, apollo, inReplyTo=row.iri))
    assert [kind for kind, _ in heard(tx, alice)] == ["mention"]
    assert any(isinstance(event, Notified) and event.owner_id == alice.id for event in tx.events)


def test_a_colleague_named_by_a_partner_who_is_not_in_the_project_is_not_told(tx, bob, carol, apollo):
    take(tx, CREATE, arrived(bob, apollo, tag=[{"type": "Mention", "href": carol.iri}]))
    assert heard(tx, carol) == []


@pytest.mark.parametrize(
    ("published", "at_ms"),
    [
        ("2026-01-01T00:00:00.250Z", 1_767_225_600_250),
        ("1970-01-01T00:00:00Z", 946_684_800_000),
        ("2999-01-01T00:00:00Z", NOW_MS),
        ("yesterday", NOW_MS),
        (None, NOW_MS),
    ],
)
def test_a_partners_date_counts_between_2000_and_now(tx, alice, bob, apollo, published, at_ms):
    take(tx, CREATE, arrived(bob, apollo, published=published))
    (post_id,) = home(tx, alice)
    assert posts.by_id(tx, post_id).created_at_ms == at_ms


def test_a_partners_html_is_cleaned(tx, alice, bob, apollo):
    take(tx, CREATE, arrived(bob, apollo, content='<p onclick="x()">hi<script>alert(1)</script></p>'))
    assert posts.by_id(tx, home(tx, alice)[0]).content == "<p>hi</p>"


def test_what_is_no_note_becomes_words_without_links(tx, alice, bob, apollo):
    event = {"type": "Event", "name": "Review", "content": '<a href="https://x.example">there</a>'}
    take(tx, CREATE, arrived(bob, apollo, **event))
    assert posts.by_id(tx, home(tx, alice)[0]).content == "<p>Review</p><p>there</p>"


@pytest.mark.parametrize(
    "odd",
    [
        {"content": ["a", "b"]},
        {"content": None, "contentMap": {"fr": "<p>bonjour</p>"}},
        {"contentMap": "x", "summary": {"en": "s"}, "tag": "x", "attachment": 7},
        {"tag": [None, 3, {"type": "Mention"}, {"type": ["Mention"], "href": 4}]},
        {"attachment": [{"type": "Image"}, {"type": "Image", "url": {"href": "x"}, "size": "big"}]},
        {"inReplyTo": {"no": "id"}, "sensitive": "yes", "work": ["x"], "updated": 5},
        {"work": {"kind": {"a": 1}}},
    ],
)
def test_a_note_of_any_shape_is_read(tx, bob, apollo, odd):
    assert take(tx, CREATE, arrived(bob, apollo, **odd)).taken


def edited(bob, apollo, note, **changes):
    return incoming(an_activity("Update", bob, note | changes), apollo)


def test_an_edit_by_the_author_replaces_the_words(tx, alice, bob, apollo):
    note = a_note(bob, published="2026-01-01T00:00:00Z")
    take(tx, CREATE, incoming(an_activity("Create", bob, note), apollo))
    assert take(
        tx, UPDATE, edited(bob, apollo, note, content="<p>new</p>", updated="2026-01-02T00:00:00Z")
    ).taken
    row = posts.by_iri(tx, note["id"])
    assert (row.content, PostChanged(row.id, edited=True) in tx.events) == ("<p>new</p>", True)


@pytest.mark.parametrize("updated", ["2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", None])
def test_an_edit_that_is_not_newer_is_refused(tx, bob, apollo, updated):
    note = a_note(bob, published="2026-01-01T00:00:00Z")
    take(tx, CREATE, incoming(an_activity("Create", bob, note), apollo))
    assert take(tx, UPDATE, edited(bob, apollo, note, updated=updated)) == (False, "not_newer")


def test_an_edit_by_another_member_is_refused(tx, bob, apollo):
    eve = a_person(tx, "eve", GLOBEX)
    join(tx, apollo, eve)
    note = a_note(bob)
    take(tx, CREATE, incoming(an_activity("Create", bob, note), apollo))
    assert take(tx, UPDATE, edited(eve, apollo, note | {"attributedTo": eve.iri})) == (
        False,
        "not_the_author",
    )


def test_an_edit_of_what_is_not_here_is_refused(tx, bob, apollo):
    assert take(tx, UPDATE, edited(bob, apollo, a_note(bob))) == (False, "post_unknown")


def test_a_partners_delete_empties_the_post_for_good(tx, alice, bob, apollo):
    note = a_note(bob)
    created = incoming(an_activity("Create", bob, note), apollo)
    take(tx, CREATE, created)
    assert take(tx, DELETE, incoming(an_activity("Delete", bob, note["id"]), apollo)).taken
    take(tx, CREATE, created)
    assert (posts.by_iri(tx, note["id"]).content, home(tx, alice)) == ("", [])


def test_a_delete_by_another_is_refused(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo hello")
    assert take(tx, DELETE, incoming(an_activity("Delete", bob, row.iri), apollo)) == (
        False,
        "not_the_author",
    )


def test_a_delete_of_a_thing_of_another_project_is_refused(tx, alice, bob, apollo):
    zeus = a_project(tx, "zeus", alice, bob)
    note = a_note(bob)
    take(tx, CREATE, incoming(an_activity("Create", bob, note), apollo))
    assert take(tx, DELETE, incoming(an_activity("Delete", bob, note["id"]), zeus)) == (False, "post_unknown")


def test_who_left_the_project_may_still_delete_their_words(tx, bob, apollo):
    note = a_note(bob)
    take(tx, CREATE, incoming(an_activity("Create", bob, note), apollo))
    join(tx, apollo, bob, state="left")
    assert take(tx, DELETE, incoming(an_activity("Delete", bob, note["id"]), apollo)).taken


def test_a_partners_boost_counts_once(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo hello")
    for _ in range(2):
        take(tx, ANNOUNCE, incoming(an_activity("Announce", bob, row.iri), apollo))
    assert (reread(tx, row).boosts_count, heard(tx, alice)) == (1, [("reblog", row.id)])


def test_a_boost_of_an_internal_post_is_refused(tx, alice, bob, apollo):
    row = publish(tx, alice, "internal")
    assert take(tx, ANNOUNCE, incoming(an_activity("Announce", bob, row.iri), apollo)) == (
        False,
        "post_unknown",
    )


def test_a_boost_from_one_project_of_a_post_of_another_is_refused(tx, alice, bob, apollo):
    zeus = a_project(tx, "zeus", alice, bob)
    row = publish(tx, alice, "@apollo hello")
    assert take(tx, ANNOUNCE, incoming(an_activity("Announce", bob, row.iri), zeus)) == (
        False,
        "post_unknown",
    )


def test_a_partner_takes_a_boost_back(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo hello")
    announce = an_activity("Announce", bob, row.iri)
    take(tx, ANNOUNCE, incoming(announce, apollo))
    assert take(tx, UNDO_ANNOUNCE, incoming(an_activity("Undo", bob, announce), apollo)).taken
    assert reread(tx, row).boosts_count == 0


def test_nobody_takes_anothers_boost_back(tx, alice, bob, apollo):
    eve = a_person(tx, "eve", GLOBEX)
    row = publish(tx, alice, "@apollo hello")
    announce = an_activity("Announce", bob, row.iri)
    take(tx, ANNOUNCE, incoming(announce, apollo))
    undone = take(tx, UNDO_ANNOUNCE, incoming(an_activity("Undo", eve, announce["id"]), apollo))
    assert undone == (False, "boost_unknown")


def test_ours_and_partners_ids_differ_by_host_alone(tx, alice):
    assert publish(tx, alice, "x").iri.startswith(f"{HOME.base}/posts/")
