"""Partners' posts: taken in only from the people of the company that speaks, in the project they are in, and then like our own."""

import pytest

from federation.activity import Activity
from instance.activities import rule_for
from instance.domain import post_inbound
from instance.events import Notified, PostAppeared, PostChanged
from instance.storage import notifications, posts, timelines
from instance.storage.window import Window

from .posting import (
    GLOBEX,
    NOW_MS,
    a_note,
    a_person,
    a_project,
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


@pytest.mark.parametrize("kind", ["Article", "Page", ["Article", "Note"], ["as:Page", "x:Odd"]])
def test_an_article_has_its_name_above_its_words(tx, alice, bob, apollo, kind):
    article = {"type": kind, "name": "Brakes <1>", "content": "<h2>Why</h2><p>So</p>"}
    assert take(tx, CREATE, arrived(bob, apollo, **article)).taken
    content = posts.by_id(tx, home(tx, alice)[0]).content
    assert content.startswith("<p>Brakes &lt;1&gt;</p>")
    assert content.endswith("<p>So</p>")


@pytest.mark.parametrize("kind", ["Article", "Page", "Event", "Image", "Audio", "Video", "Document"])
@pytest.mark.parametrize("verb", ["Create", "Update"])
def test_whatever_is_said_in_words_has_a_rule(verb, kind):
    thing = {"id": "https://globex.example/o/1", "type": [f"as:{kind}"]}
    document = {
        "id": "https://globex.example/a/1",
        "type": verb,
        "actor": "https://globex.example/people/bob",
        "object": thing,
    }
    assert rule_for(Activity.parse(document)) is not None


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
