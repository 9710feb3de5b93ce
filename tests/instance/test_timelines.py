"""Timelines: newest first, cut by the windows of Mastodon's apps, and only what their viewer may read."""

import pytest

from instance.domain import follow, post, reaction
from instance.domain.compose import PostDraft
from instance.domain.timeline import BOOST_SHADOW_MS
from instance.storage import fanout, marks, notifications, posts, reactions, timelines
from instance.storage.notifications import Wanted
from instance.storage.window import Window
from tests.counting import Counting

from .posting import GATE, GLOBEX, a_person, a_project, join, publish

ALL = Window(limit=80)


@pytest.fixture
def carol(tx):
    return a_person(tx, "carol")


def home(tx, person, window=ALL):
    return timelines.home(tx, person.id, window)


def said(tx, found):
    return [posts.by_id(tx, post_id).source for post_id in found]


# Windows


@pytest.fixture
def ten(tx, alice):
    """Ids of ten posts, oldest first."""
    return [publish(tx, alice, str(n)).id for n in range(10)]


def test_without_bounds_the_newest_come_newest_first(tx, alice, ten):
    assert home(tx, alice, Window(limit=3)) == ten[:-4:-1]


def test_max_id_shows_what_is_older_than_it(tx, alice, ten):
    assert home(tx, alice, Window(max_id=ten[5], limit=2)) == [ten[4], ten[3]]


def test_since_id_shows_the_newest_of_what_is_newer(tx, alice, ten):
    assert home(tx, alice, Window(since_id=ten[2], limit=2)) == [ten[9], ten[8]]


def test_min_id_shows_what_follows_directly(tx, alice, ten):
    assert home(tx, alice, Window(min_id=ten[2], limit=2)) == [ten[4], ten[3]]


def test_max_id_and_min_id_together_bound_both_ends(tx, alice, ten):
    assert home(tx, alice, Window(max_id=ten[6], min_id=ten[3], limit=9)) == [ten[5], ten[4]]


def test_pages_by_max_id_show_every_post_once(tx, alice, ten):
    found, page = [], home(tx, alice, Window(limit=3))
    while page:
        found += page
        page = home(tx, alice, Window(max_id=page[-1], limit=3))
    assert found == ten[::-1]


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (-5, 1), (1000, 10)])
def test_a_limit_out_of_bounds_is_brought_into_them(tx, alice, ten, asked, given):
    assert len(home(tx, alice, Window(limit=asked))) == given


# Home


def test_a_home_holds_own_posts_and_those_of_whom_one_follows(tx, alice, carol):
    follow.follow(tx, carol, alice.id)
    publish(tx, alice, "a")
    publish(tx, carol, "c")
    assert said(tx, home(tx, carol)) == ["c", "a"]
    assert said(tx, home(tx, alice)) == ["a"]


def test_a_direct_post_is_at_home_with_those_it_is_direct_to_only(tx, alice, carol):
    dave = a_person(tx, "dave")
    follow.follow(tx, dave, alice.id)
    publish(tx, alice, "@carol psst", visibility="direct")
    assert (len(home(tx, carol)), len(home(tx, dave))) == (1, 0)


def test_an_answer_comes_home_only_to_who_follows_both(tx, alice, carol):
    dave, erin = a_person(tx, "dave"), a_person(tx, "erin")
    for follower, followee in ((dave, alice), (erin, alice), (erin, carol)):
        follow.follow(tx, follower, followee.id)
    parent = publish(tx, carol, "question", visibility="unlisted")
    publish(tx, alice, "answer", in_reply_to_id=parent.id)
    assert (said(tx, home(tx, dave)), said(tx, home(tx, erin))) == ([], ["answer", "question"])


def test_an_answer_to_oneself_comes_home_to_all_followers(tx, alice, carol):
    follow.follow(tx, carol, alice.id)
    parent = publish(tx, alice, "one")
    publish(tx, alice, "two", in_reply_to_id=parent.id)
    assert said(tx, home(tx, carol)) == ["two", "one"]


def test_a_projects_post_comes_home_to_our_members_without_following(tx, alice, carol):
    a_project(tx, "apollo", alice, carol)
    publish(tx, alice, "@apollo go")
    assert len(home(tx, carol)) == 1


def test_who_has_left_a_project_reads_nothing_of_it_at_home(tx, alice, carol):
    apollo = a_project(tx, "apollo", alice, carol)
    publish(tx, alice, "@apollo go")
    join(tx, apollo, carol, state="left")
    assert home(tx, carol) == []


def test_who_joins_a_project_finds_its_latest_posts_at_home(tx, alice, carol):
    apollo = a_project(tx, "apollo", alice)
    row = publish(tx, alice, "@apollo go")
    join(tx, apollo, carol)
    fanout.put_space(tx, carol.id, apollo.iri)
    assert home(tx, carol) == [row.id]


def test_a_project_taken_out_of_a_home_leaves_the_rest(tx, alice):
    apollo = a_project(tx, "apollo", alice)
    publish(tx, alice, "@apollo go")
    kept = publish(tx, alice, "internal")
    fanout.take_space(tx, alice.id, apollo.iri)
    assert home(tx, alice) == [kept.id]


def test_a_boost_comes_home_to_the_boosters_followers(tx, alice, carol):
    dave = a_person(tx, "dave")
    follow.follow(tx, dave, carol.id)
    row = publish(tx, alice, "hello")
    boost = post.boost(tx, GATE, carol, row.id).value
    assert home(tx, dave) == [boost.id]


def test_a_boost_of_what_is_at_home_already_does_not_repeat_it(tx, alice, carol):
    follow.follow(tx, carol, alice.id)
    dave = a_person(tx, "dave")
    follow.follow(tx, carol, dave.id)
    row = publish(tx, alice, "hello")
    post.boost(tx, GATE, dave, row.id)
    assert home(tx, carol) == [row.id]


def test_a_boost_of_an_old_post_brings_it_up_again(tx, alice, carol):
    follow.follow(tx, carol, alice.id)
    dave = a_person(tx, "dave")
    follow.follow(tx, carol, dave.id)
    row = publish(tx, alice, "hello")
    tx.now_ms += BOOST_SHADOW_MS + 1
    boost = post.boost(tx, GATE, dave, row.id).value
    assert home(tx, carol) == [boost.id, row.id]


# The other lists


def test_the_company_timeline_has_public_posts_without_answers_and_boosts(tx, alice, carol):
    row = publish(tx, alice, "one")
    publish(tx, alice, "two", in_reply_to_id=row.id)
    publish(tx, carol, "answer", in_reply_to_id=row.id)
    publish(tx, alice, "quiet", visibility="unlisted")
    publish(tx, alice, "few", visibility="private")
    post.boost(tx, GATE, carol, row.id)
    assert said(tx, timelines.company(tx, alice.id, ALL)) == ["two", "one"]


def test_the_company_timeline_has_nothing_of_projects(tx, alice):
    a_project(tx, "apollo", alice)
    publish(tx, alice, "@apollo go")
    assert timelines.company(tx, alice.id, ALL) == []


def test_the_timeline_of_all_projects_has_mine_merged_by_time(tx, alice, carol):
    for name in ("apollo", "zeus"):
        a_project(tx, name, alice)
    a_project(tx, "other", carol)
    publish(tx, carol, "@other x")
    for words in ("@apollo 1", "@zeus 2", "@apollo 3"):
        publish(tx, alice, words)
    assert said(tx, timelines.projects(tx, alice.id, ALL)) == ["@apollo 3", "@zeus 2", "@apollo 1"]


def test_the_timeline_of_all_projects_is_cut_after_merging(tx, alice):
    for name in ("apollo", "zeus"):
        a_project(tx, name, alice)
    ids = [publish(tx, alice, f"@{name} {n}").id for n in range(3) for name in ("apollo", "zeus")]
    assert timelines.projects(tx, alice.id, Window(max_id=ids[5], limit=2)) == [ids[4], ids[3]]
    assert timelines.projects(tx, alice.id, Window(min_id=ids[0], limit=2)) == [ids[2], ids[1]]


def test_a_projects_timeline_has_answers_and_is_closed_to_others(tx, alice, carol):
    apollo = a_project(tx, "apollo", alice)
    row = publish(tx, alice, "@apollo go")
    publish(tx, alice, "yes", in_reply_to_id=row.id)
    assert len(timelines.project(tx, alice.id, apollo.iri, ALL)) == 2
    assert timelines.project(tx, carol.id, apollo.iri, ALL) == []


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, ["", "answer", "hello"]),
        ({"exclude_replies": True}, ["", "hello"]),
        ({"exclude_reblogs": True}, ["answer", "hello"]),
        ({"only_media": True}, []),
    ],
)
def test_an_accounts_posts_are_filtered_as_asked(tx, alice, carol, options, shown):
    theirs = publish(tx, carol, "theirs")
    publish(tx, alice, "hello")
    publish(tx, alice, "answer", in_reply_to_id=theirs.id)
    post.boost(tx, GATE, alice, theirs.id)
    assert said(tx, timelines.account(tx, carol.id, alice.id, ALL, **options)) == shown


# Threads


def test_a_thread_has_what_is_above_and_what_is_below(tx, alice):
    top = publish(tx, alice, "top")
    left = publish(tx, alice, "left", in_reply_to_id=top.id)
    right = publish(tx, alice, "right", in_reply_to_id=top.id)
    deep = publish(tx, alice, "deep", in_reply_to_id=left.id)
    assert timelines.thread(tx, alice.id, top.id) == ([], [left.id, deep.id, right.id])
    assert timelines.thread(tx, alice.id, deep.id) == ([top.id, left.id], [])


def test_a_thread_shows_only_what_its_viewer_may_read(tx, alice, carol):
    top = publish(tx, alice, "top")
    publish(tx, alice, "note to self", in_reply_to_id=top.id, visibility="direct")
    assert timelines.thread(tx, carol.id, top.id) == ([], [])


def test_a_deleted_post_ends_what_is_above(tx, alice):
    top = publish(tx, alice, "top")
    reply = publish(tx, alice, "reply", in_reply_to_id=top.id)
    post.delete(tx, alice, top.id)
    assert timelines.thread(tx, alice.id, reply.id).ancestors == []


def test_a_post_that_never_was_has_no_thread(tx, alice):
    assert timelines.thread(tx, alice.id, 1) == ([], [])


# Marks and notifications


def test_favourites_and_bookmarks_are_listed_newest_first(tx, alice):
    rows = [publish(tx, alice, str(n)) for n in range(3)]
    for row in rows:
        reaction.favourite(tx, GATE, alice, row.id)
    for row in rows[::-1]:
        reaction.bookmark(tx, alice, row.id)
    assert [m.post_id for m in reactions.favourites(tx, alice.id, ALL)] == [row.id for row in rows[::-1]]
    assert [m.post_id for m in reactions.bookmarks(tx, alice.id, ALL)] == [row.id for row in rows]


def test_a_mark_on_what_can_be_read_no_longer_is_not_listed(tx, alice, carol):
    apollo = a_project(tx, "apollo", alice, carol)
    row = publish(tx, alice, "@apollo go")
    reaction.bookmark(tx, carol, row.id)
    join(tx, apollo, carol, state="left")
    assert reactions.bookmarks(tx, carol.id, ALL) == []


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({}, ["favourite", "follow", "mention"]),
        ({"kinds": ["mention"]}, ["mention"]),
        ({"exclude_kinds": ["mention", "follow"]}, ["favourite"]),
    ],
)
def test_notifications_are_filtered_by_kind(tx, alice, carol, options, kinds):
    publish(tx, carol, "hi @alice")
    follow.follow(tx, carol, alice.id)
    reaction.favourite(tx, GATE, carol, publish(tx, alice, "x").id)
    assert [row.kind for row in notifications.of_owner(tx, alice.id, ALL, wanted=Wanted(**options))] == kinds


def test_notifications_are_filtered_by_whose_deed_they_tell(tx, alice, carol):
    publish(tx, carol, "hi @alice")
    assert notifications.of_owner(tx, alice.id, ALL, wanted=Wanted(actor_id=alice.id)) == []
    assert len(notifications.of_owner(tx, alice.id, ALL, wanted=Wanted(actor_id=carol.id))) == 1


def test_a_notification_of_a_project_goes_with_the_membership(tx, alice, carol):
    apollo = a_project(tx, "apollo", alice, carol)
    publish(tx, alice, "@apollo hi @carol")
    join(tx, apollo, carol, state="left")
    assert notifications.of_owner(tx, carol.id, ALL) == []
    assert notifications.unread_count(tx, carol.id, 0) == 0


def test_a_dismissed_notification_is_gone_and_nobody_elses(tx, alice, carol):
    publish(tx, carol, "hi @alice")
    (row,) = notifications.of_owner(tx, alice.id, ALL)
    notifications.dismiss(tx, carol.id, [row.id])
    assert notifications.by_id(tx, alice.id, row.id) == row
    notifications.dismiss(tx, alice.id, [row.id])
    assert notifications.by_id(tx, alice.id, row.id) is None


def test_clearing_removes_all_of_ones_own(tx, alice, carol):
    publish(tx, carol, "hi @alice")
    notifications.clear(tx, alice.id)
    assert notifications.unread_count(tx, alice.id, 0) == 0


def test_a_marker_counts_its_versions(tx, alice):
    marks.set_marker(tx, alice.id, "home", "5")
    again = marks.set_marker(tx, alice.id, "home", "9")
    assert (again.version, marks.markers(tx, alice.id, ["home", "notifications"])) == (2, [again])


def test_an_idempotency_key_remembers_its_first_post(tx, alice):
    row, other = publish(tx, alice, "x"), publish(tx, alice, "y")
    marks.remember_key(tx, alice.id, "k", row.id)
    marks.remember_key(tx, alice.id, "k", other.id)
    assert (marks.post_for_key(tx, alice.id, "k"), marks.post_for_key(tx, alice.id, "z")) == (row.id, None)


# Pages


def test_a_page_of_forty_takes_as_many_queries_as_a_page_of_one(tx, alice, carol):
    rows = [publish(tx, alice, f"{n} @carol") for n in range(39)]
    rows.append(post.boost(tx, GATE, carol, rows[0].id).value)
    one, forty = Counting(tx), Counting(tx)
    posts.page_facts(one, [rows[0].id], carol.id)
    posts.page_facts(forty, [row.id for row in rows], carol.id)
    assert one.count == forty.count <= 7


def test_a_page_has_everything_to_show_its_posts(tx, alice, carol):
    bob = a_person(tx, "bob", GLOBEX)
    apollo = a_project(tx, "apollo", alice, carol, bob)
    parent = publish(tx, carol, "@apollo question")
    row = publish(tx, alice, "@bob@globex.example look", in_reply_to_id=parent.id)
    boost = post.boost(tx, GATE, carol, row.id).value
    reaction.favourite(tx, GATE, carol, row.id)
    reaction.bookmark(tx, carol, row.id)
    facts = posts.page_facts(tx, [boost.id], carol.id)
    assert set(facts.posts) == {boost.id, row.id}
    assert set(facts.actors) == {alice.id, bob.id, carol.id}
    assert set(facts.projects) == {apollo.iri}
    assert (facts.mentions, facts.parents) == ({row.id: (bob.id,)}, {row.id: carol.id})
    assert facts.marks == ({row.id}, {row.id}, {row.id}, set(), set())


def test_a_boost_of_what_the_viewer_may_not_read_is_absent_from_a_page(tx, alice, carol):
    row = publish(tx, alice, "hello")
    boost = post.boost(tx, GATE, carol, row.id).value
    post.edit(tx, GATE, alice, row.id, PostDraft("hello again"))
    assert set(posts.page_facts(tx, [boost.id], carol.id).posts) == {boost.id, row.id}
    post.delete(tx, alice, row.id)
    assert posts.page_facts(tx, [boost.id], carol.id).posts == {}
