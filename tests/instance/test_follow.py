"""Follows: whose posts come home; a follow stays in the house."""

import pytest

from instance.domain import follow
from instance.errors import NotAllowed, NotFound
from instance.events import TimelineChanged
from instance.storage import follows, notifications, timelines
from instance.storage.window import Window

from .posting import GLOBEX, a_person, a_project, publish


@pytest.fixture
def carol(tx):
    return a_person(tx, "carol")


def home(tx, person):
    return timelines.home(tx, person.id, Window())


def test_following_brings_the_latest_posts_home(tx, alice, carol):
    row = publish(tx, alice, "hello")
    follow.follow(tx, carol, alice.id)
    assert home(tx, carol) == [row.id]
    assert TimelineChanged(carol.id) in tx.events


def test_following_brings_no_direct_post_home(tx, alice, carol):
    publish(tx, alice, "for me", visibility="direct")
    follow.follow(tx, carol, alice.id)
    assert home(tx, carol) == []


def test_unfollowing_takes_the_posts_out_of_the_home_but_not_those_of_projects(tx, alice, carol):
    a_project(tx, "apollo", alice, carol)
    follow.follow(tx, carol, alice.id)
    publish(tx, alice, "hello")
    kept = publish(tx, alice, "@apollo go")
    follow.unfollow(tx, carol, alice.id)
    assert home(tx, carol) == [kept.id]


def test_a_colleague_is_told_of_a_follower_once(tx, alice, carol):
    follow.follow(tx, carol, alice.id)
    follow.follow(tx, carol, alice.id)
    assert [row.kind for row in notifications.of_owner(tx, alice.id, Window())] == ["follow"]


def test_a_partner_never_learns_of_a_follower(tx, alice):
    bob = a_person(tx, "bob", GLOBEX)
    assert follow.follow(tx, alice, bob.id).drafts == ()
    assert follows.following(tx, alice.id) == [bob.id]


def test_nobody_follows_themselves(tx, alice):
    with pytest.raises(NotAllowed):
        follow.follow(tx, alice, alice.id)


def test_nobody_follows_who_is_not_there(tx, alice):
    with pytest.raises(NotFound):
        follow.follow(tx, alice, 1)


def test_counts_and_marks_say_how_two_people_stand(tx, alice, carol):
    follow.follow(tx, carol, alice.id)
    assert follows.counts(tx, alice.id) == (1, 0)
    assert [row.actor_id for row in follows.followers(tx, alice.id, Window())] == [carol.id]
    assert follows.marks_of(tx, alice.id, [carol.id]) == ({}, {carol.id})
    following, followed_by = follows.marks_of(tx, carol.id, [alice.id])
    assert (set(following), followed_by) == ({alice.id}, frozenset())
