"""Favourites and bookmarks: counted once, told to the author, and nobody's business where they are private."""

import pytest

from instance.domain import post, reaction, reaction_inbound
from instance.errors import NotFound
from instance.events import PostChanged
from instance.storage import notifications, reactions
from instance.storage.window import Window

from .posting import (
    GATE,
    GLOBEX,
    a_person,
    an_activity,
    incoming,
    join,
    publish,
    reread,
    take,
)

LIKE = (reaction_inbound.verify_like, reaction_inbound.apply_like)
UNDO_LIKE = (reaction_inbound.verify_undo_like, reaction_inbound.apply_undo_like)


def told(tx, person):
    return [row.kind for row in notifications.of_owner(tx, person.id, Window())]


def test_a_favourite_is_drafted_for_the_space_of_its_post(tx, alice, apollo):
    row = publish(tx, alice, "@apollo go")
    (draft,) = reaction.favourite(tx, GATE, alice, row.id).drafts
    assert (draft.activity["type"], draft.activity["object"], draft.project) == ("Like", row.iri, apollo.iri)


def test_a_second_favourite_changes_and_says_nothing(tx, alice):
    row = publish(tx, alice, "x")
    reaction.favourite(tx, GATE, alice, row.id)
    assert reaction.favourite(tx, GATE, alice, row.id).drafts == ()
    assert reread(tx, row).favourites_count == 1


def test_the_author_hears_of_a_favourite_until_it_is_taken_back(tx, alice):
    carol, row = a_person(tx, "carol"), publish(tx, alice, "x")
    reaction.favourite(tx, GATE, carol, row.id)
    assert told(tx, alice) == ["favourite"]
    reaction.unfavourite(tx, GATE, carol, row.id)
    assert (told(tx, alice), reread(tx, row).favourites_count) == ([], 0)


def test_nobody_is_told_of_their_own_favourite(tx, alice):
    reaction.favourite(tx, GATE, alice, publish(tx, alice, "x").id)
    assert told(tx, alice) == []


def test_taking_a_favourite_back_undoes_the_very_like(tx, alice):
    row = publish(tx, alice, "x")
    (like,) = reaction.favourite(tx, GATE, alice, row.id).drafts
    (undo,) = reaction.unfavourite(tx, GATE, alice, row.id).drafts
    assert undo.activity["object"]["id"] == like.activity["id"]


def test_taking_back_what_never_was_says_nothing(tx, alice):
    assert reaction.unfavourite(tx, GATE, alice, publish(tx, alice, "x").id).drafts == ()


def test_a_favourite_of_a_boost_is_one_of_what_is_boosted(tx, alice):
    row = publish(tx, alice, "x")
    boost = post.boost(tx, GATE, alice, row.id).value
    assert reaction.favourite(tx, GATE, alice, boost.id).value.id == row.id


@pytest.mark.parametrize("verb", [reaction.favourite, reaction.unfavourite])
def test_a_post_that_one_may_not_read_cannot_be_favourited(tx, alice, verb):
    row = publish(tx, alice, "mine", visibility="direct")
    with pytest.raises(NotFound):
        verb(tx, GATE, a_person(tx, "carol"), row.id)


@pytest.mark.parametrize("verb", [reaction.bookmark, reaction.unbookmark])
def test_a_post_that_one_may_not_read_cannot_be_bookmarked(tx, alice, verb):
    row = publish(tx, alice, "mine", visibility="direct")
    with pytest.raises(NotFound):
        verb(tx, a_person(tx, "carol"), row.id)


def test_a_bookmark_is_told_to_nobody(tx, alice):
    carol, row = a_person(tx, "carol"), publish(tx, alice, "x")
    assert reaction.bookmark(tx, carol, row.id).drafts == ()
    assert told(tx, alice) == []
    assert tx.events[-1] == PostChanged(row.id, viewer=carol.id)


def test_a_bookmark_is_gone_once_removed(tx, alice):
    row = publish(tx, alice, "x")
    reaction.bookmark(tx, alice, row.id)
    reaction.unbookmark(tx, alice, row.id)
    assert reactions.marks_of(tx, alice.id, [row.id]).bookmarked == frozenset()


def test_a_partners_favourite_counts_once_and_is_told(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    for _ in range(2):
        assert take(tx, LIKE, incoming(an_activity("Like", bob, row.iri), apollo)).taken
    assert (reread(tx, row).favourites_count, told(tx, alice)) == (1, ["favourite"])


def test_who_only_follows_a_project_may_favourite_there(tx, alice, bob, apollo):
    join(tx, apollo, bob, role="follower")
    row = publish(tx, alice, "@apollo go")
    assert take(tx, LIKE, incoming(an_activity("Like", bob, row.iri), apollo)).taken


def test_a_favourite_of_who_is_not_in_the_project_is_refused(tx, alice, apollo):
    row = publish(tx, alice, "@apollo go")
    stranger = a_person(tx, "dan", GLOBEX)
    refused = take(tx, LIKE, incoming(an_activity("Like", stranger, row.iri), apollo))
    assert refused == (False, "author_not_in_project")


def test_a_favourite_of_an_internal_post_is_refused_as_one_that_never_was(tx, alice, bob, apollo):
    row = publish(tx, alice, "internal")
    assert take(tx, LIKE, incoming(an_activity("Like", bob, row.iri), apollo)) == (False, "post_unknown")
    never = incoming(an_activity("Like", bob, "https://acme.example/posts/1"), apollo)
    assert take(tx, LIKE, never) == (False, "post_unknown")


def test_a_partner_takes_a_favourite_back_by_its_id_or_its_content(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    for form in (
        lambda like: like["id"],
        lambda like: like | {"id": "https://globex.example/activities/lost"},
    ):
        like = an_activity("Like", bob, row.iri)
        take(tx, LIKE, incoming(like, apollo))
        assert take(tx, UNDO_LIKE, incoming(an_activity("Undo", bob, form(like)), apollo)).taken
        assert reread(tx, row).favourites_count == 0


def test_nobody_takes_anothers_favourite_back(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    like = an_activity("Like", bob, row.iri)
    take(tx, LIKE, incoming(like, apollo))
    eve = a_person(tx, "eve", GLOBEX)
    undone = take(tx, UNDO_LIKE, incoming(an_activity("Undo", eve, like["id"]), apollo))
    assert undone == (False, "favourite_unknown")
