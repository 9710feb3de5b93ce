"""Where a post belongs: its thread, the project named, the one project shared, or the company; never a guess."""

import pytest

from instance.domain import place
from instance.domain.text import Handle
from instance.errors import CannotPublish
from instance.policy import INTERNAL

from .posting import GLOBEX, a_person, a_project, join

INITECH = "initech.example"


@pytest.fixture
def gemini(tx, alice):
    return a_project(tx, "gemini", alice)


def where(tx, author, *named, chosen=None, is_direct=False):
    return place.space_of(tx, place.writer_of(tx, author), named, chosen=chosen, is_direct=is_direct)


def refused(tx, author, *named, **more):
    with pytest.raises(CannotPublish) as caught:
        where(tx, author, *named, **more)
    return caught.value.rule


def meant(tx, author, *written):
    handles = [Handle(*text.partition("@")[::2]) for text in written]
    return [actor.iri for actor in place.meaning_of(tx, place.writer_of(tx, author), handles).values()]


def test_what_names_no_project_stays_in_the_company(tx, alice, bob):
    assert where(tx, alice, a_person(tx, "carol")) == INTERNAL
    assert where(tx, alice, bob) == INTERNAL


def test_the_project_named_is_the_place(tx, alice, bob, apollo):
    assert where(tx, alice, bob, apollo) == apollo.iri


def test_the_project_chosen_is_the_place_and_may_be_named_too(tx, alice, apollo):
    assert where(tx, alice, chosen=apollo.iri) == where(tx, alice, apollo, chosen=apollo.iri) == apollo.iri


def test_two_projects_are_no_place(tx, alice, apollo, gemini):
    assert refused(tx, alice, apollo, gemini) == "two_projects"
    assert refused(tx, alice, gemini, chosen=apollo.iri) == "two_projects"


def test_what_was_chosen_to_stay_inside_names_no_project(tx, alice, apollo):
    assert where(tx, alice, chosen=INTERNAL) == INTERNAL
    assert refused(tx, alice, apollo, chosen=INTERNAL) == "inside_only"


def test_a_direct_post_to_a_partner_belongs_to_the_project_that_both_share(tx, alice, bob, apollo, gemini):
    assert where(tx, alice, bob, is_direct=True) == apollo.iri


def test_a_direct_post_to_a_colleague_stays_inside(tx, alice, apollo):
    assert where(tx, alice, a_person(tx, "carol"), is_direct=True) == INTERNAL


def test_a_direct_post_to_a_partner_of_no_common_project_has_no_place(tx, alice, apollo):
    assert refused(tx, alice, a_person(tx, "ines", INITECH), is_direct=True) == "no_shared_project"


def test_a_direct_post_to_a_partner_of_two_common_projects_must_name_one(tx, alice, bob, apollo, gemini):
    join(tx, gemini, bob)
    assert refused(tx, alice, bob, is_direct=True) == "several_projects"
    assert where(tx, alice, bob, gemini, is_direct=True) == gemini.iri


def test_a_direct_post_to_several_partners_belongs_where_all_of_them_are(tx, alice, bob, apollo, gemini):
    ines = a_person(tx, "ines", INITECH)
    join(tx, gemini, bob)
    join(tx, gemini, ines)
    assert where(tx, alice, bob, ines, is_direct=True) == gemini.iri


def test_a_bare_handle_means_a_colleague_before_a_project(tx, alice, apollo):
    namesake = a_person(tx, "gemini")
    a_project(tx, "gemini", alice, host=GLOBEX)
    assert meant(tx, alice, "gemini") == [namesake.iri]


def test_a_bare_handle_means_my_project_of_that_name_wherever_it_is_hosted(tx, alice):
    theirs = a_project(tx, "gemini", alice, host=GLOBEX)
    assert meant(tx, alice, "gemini") == [theirs.iri]


def test_a_bare_handle_that_could_mean_two_projects_of_mine_is_asked_about(tx, alice, gemini):
    a_project(tx, "gemini", alice, host=GLOBEX)
    with pytest.raises(CannotPublish, match="gemini") as caught:
        meant(tx, alice, "gemini")
    assert caught.value.rule == "ambiguous_project"


def test_a_bare_handle_means_our_own_project_for_who_is_in_none(tx, gemini):
    assert meant(tx, a_person(tx, "carol"), "gemini") == [gemini.iri]


def test_a_handle_with_a_host_means_that_actor_alone(tx, alice, bob, gemini):
    assert meant(tx, alice, f"bob@{GLOBEX}", f"gemini@{GLOBEX}") == [bob.iri]


def test_a_handle_that_means_nobody_stays_words(tx, alice):
    assert meant(tx, alice, "nobody", f"nobody@{GLOBEX}") == []


def test_the_place_of_an_answer_to_a_post_that_one_may_not_read_is_not_told(tx, alice):
    with pytest.raises(CannotPublish) as caught:
        place.parent_of(tx, place.writer_of(tx, alice), 17)
    assert (caught.value.rule, caught.value.field) == ("no_parent", "in_reply_to_id")


@pytest.mark.parametrize(("role", "rule"), [("follower", "only_follows"), (None, "not_a_member")])
def test_only_a_member_writes_in_a_project(tx, apollo, role, rule):
    carol = a_person(tx, "carol")
    if role:
        join(tx, apollo, carol, role=role)
    with pytest.raises(CannotPublish) as caught:
        place.check_takes_part(tx, place.writer_of(tx, carol), apollo.iri)
    assert caught.value.rule == rule
    place.check_takes_part(tx, place.writer_of(tx, carol), INTERNAL)


def test_a_projects_post_names_people_of_the_project_alone(tx, alice, bob, apollo):
    writer, carol = place.writer_of(tx, alice), a_person(tx, "carol")
    place.check_all_take_part(tx, writer, apollo.iri, [bob, apollo])
    with pytest.raises(CannotPublish, match="Carol") as caught:
        place.check_all_take_part(tx, writer, apollo.iri, [bob, carol])
    assert caught.value.rule == "mentions_a_stranger"
    place.check_all_take_part(tx, writer, INTERNAL, [bob, carol])
