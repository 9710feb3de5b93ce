"""Who takes part in a milestone: said for oneself, once, to the companies of the project."""

import pytest

from federation.activity import Activity
from instance.activities import RULES, rule_for
from instance.domain import attendance, post
from instance.errors import BadInput, NotFound
from instance.storage import attendances

from .posting import GATE, GLOBEX, a_person, an_activity, incoming, publish, take


def arrives(tx, document, project):
    """An entry of the project's log, as far as its rule goes."""
    document = document | {"log": {"project": project.iri, "party": GLOBEX, "seq": 1}}
    rule = rule_for(Activity.parse(document))
    assert rule is not None
    return take(tx, (rule.verify, rule.apply), incoming(document, project))


def taking_part(tx, row):
    return [one.name for one in attendances.of_posts(tx, [row.id]).get(row.id, [])]


@pytest.fixture
def milestone(tx, alice, apollo):
    return publish(tx, alice, "@apollo Line 3 runs #milestone")


def test_who_takes_part_says_so_and_takes_it_back(tx, alice, apollo, milestone):
    (said,) = attendance.join(tx, GATE, alice, milestone.id).drafts
    assert (said.activity["type"], said.activity["object"], said.project) == (
        "Join",
        milestone.iri,
        apollo.iri,
    )
    assert attendance.join(tx, GATE, alice, milestone.id).drafts == ()
    assert taking_part(tx, milestone) == ["Alice"]
    (said,) = attendance.leave(tx, GATE, alice, milestone.id).drafts
    assert said.activity["type"] == "Leave"
    assert attendance.leave(tx, GATE, alice, milestone.id).drafts == ()
    assert taking_part(tx, milestone) == []


def test_one_takes_part_in_milestones_alone_and_in_what_one_may_read(tx, alice, milestone):
    with pytest.raises(BadInput):
        attendance.join(tx, GATE, alice, publish(tx, alice, "Lunch").id)
    with pytest.raises(NotFound):
        attendance.join(tx, GATE, a_person(tx, "carol"), milestone.id)


def test_a_partners_person_takes_part_once_and_no_longer(tx, bob, apollo, milestone):
    for _ in range(2):
        assert arrives(tx, an_activity("Join", bob, milestone.iri), apollo) == (True, "takes_part")
    assert taking_part(tx, milestone) == ["Bob"]
    assert arrives(tx, an_activity("Leave", bob, milestone.iri), apollo) == (True, "takes_no_part")
    assert arrives(tx, an_activity("Leave", bob, milestone.iri), apollo) == (False, "part_unknown")
    assert taking_part(tx, milestone) == []


@pytest.mark.parametrize(
    "form", [lambda said: said, lambda said: said["id"], lambda said: {"type": "Join", "id": said["id"]}]
)
def test_a_join_is_undone_however_it_is_named(tx, bob, apollo, milestone, form):
    said = an_activity("Join", bob, {"id": milestone.iri, "type": "Event"})
    assert arrives(tx, said, apollo).taken
    assert arrives(tx, an_activity("Undo", bob, form(said)), apollo).taken
    assert taking_part(tx, milestone) == []


def test_nobody_speaks_for_another(tx, bob, apollo, milestone):
    said = an_activity("Join", bob, milestone.iri)
    arrives(tx, said, apollo)
    eve = a_person(tx, "eve", GLOBEX)
    assert arrives(tx, an_activity("Join", eve, milestone.iri), apollo) == (False, "author_not_in_project")
    assert arrives(tx, an_activity("Undo", eve, said["id"]), apollo) == (False, "part_unknown")
    assert taking_part(tx, milestone) == ["Bob"]


def test_what_is_no_milestone_or_not_there_is_refused(tx, alice, bob, apollo):
    plain, inside = publish(tx, alice, "@apollo go"), publish(tx, alice, "#milestone inside")
    assert arrives(tx, an_activity("Join", bob, plain.iri), apollo) == (False, "not_a_milestone")
    assert arrives(tx, an_activity("Join", bob, inside.iri), apollo) == (False, "post_unknown")


def test_joining_the_project_itself_is_a_wish_that_its_company_alone_fulfils(tx, bob, apollo):
    joins = an_activity("Join", bob, apollo.iri)
    assert arrives(tx, joins, apollo) == (False, "member_by_own_company_alone")
    assert rule_for(Activity.parse(joins)) is RULES["Join", "*"]


def test_a_party_that_leaves_is_not_taken_for_a_person(bob, apollo):
    assert rule_for(Activity.parse(an_activity("Leave", bob, apollo.iri))) is RULES["Leave", "*"]


def test_a_deleted_milestone_is_forgotten(tx, alice, milestone):
    attendance.join(tx, GATE, alice, milestone.id)
    post.delete(tx, alice, milestone.id)
    assert taking_part(tx, milestone) == []
