"""Who is in a project: said by each company of its own people, known to all, and gone from every place at once."""

import pytest

from federation.activity import Activity
from federation.keys import public_keys_of
from instance.domain import actor, charter, member, member_inbound, profile
from instance.domain.outcome import Incoming
from instance.errors import BadInput, Conflict, NotFound
from instance.events import MembershipChanged, Notified, TimelineChanged
from instance.ids import snowflake
from instance.storage import actors, keys, members, posts, timelines
from instance.storage.members import MemberRow
from instance.storage.posts import PostRow
from instance.storage.window import Window
from tests.instance.companies import (
    ACME,
    APOLLO,
    DAY_MS,
    GLOBEX,
    INITECH,
    THREE,
    TWO,
    Companies,
    Letter,
    add_member,
    companies,
    in_force,
    offer,
)


def handles(net: Companies, host: str) -> set[str]:
    """Who is in Apollo, as a company sees it."""
    tx = net[host]
    rows = members.of_project(tx, APOLLO)
    people = actors.by_ids(tx, [row.actor_id for row in rows])
    return {f"{people[row.actor_id].username}@{row.host} {row.role}" for row in rows}


def a_post(net: Companies, host: str) -> PostRow:
    """A post in Apollo that a company holds."""
    tx = net[host]
    post_id = snowflake(tx.now_ms)
    row = PostRow(
        id=post_id, iri=f"https://{ACME}/posts/{post_id}", author_id=net.person(host).id, space=APOLLO, label=1,
        visibility="public", in_reply_to_id=None, in_reply_to_iri=None, thread_id=post_id, boost_of_id=None,
        content="<p>Hi</p>", source="Hi", spoiler="", sensitive=0, language=None, work_kind=None, application=None,
        replies_count=0, boosts_count=0, favourites_count=0, created_at_ms=tx.now_ms, edited_at_ms=None,
        deleted_at_ms=None,
    )  # fmt: skip
    posts.insert_one(tx, row)
    return row


# said and known


def test_a_member_is_known_at_every_company():
    net = in_force(*THREE)
    add_member(net, ACME, role="lead")
    add_member(net, GLOBEX)
    expected = {f"alice@{ACME} lead", f"bob@{GLOBEX} member"}
    assert [handles(net, host) for host in THREE] == [expected] * 3


def test_a_member_arrives_with_the_keys_that_prove_its_words():
    net = in_force(*TWO)
    add_member(net, ACME)
    person = net.person(ACME)
    shown = {key.id for key in public_keys_of(profile.document_of(net[ACME], person))}
    assert {key.key_iri for key in keys.keys_of(net[GLOBEX], person.iri)} == shown
    assert len(shown) == 2


def test_a_company_that_joins_late_is_told_by_the_log_not_by_a_second_add():
    net = in_force(*TWO)
    add_member(net, ACME)
    assert net.perform(ACME, lambda tx: member.add(tx, APOLLO, actor_id=net.person(ACME).id, role="member"))
    assert net.waiting == []


def test_another_role_is_said_and_keeps_the_day_of_entry():
    net = in_force(*TWO)
    add_member(net, ACME)
    since_ms = members.of_project(net[GLOBEX], APOLLO)[0].since_ms
    net.pass_ms(DAY_MS)
    add_member(net, ACME, role="lead")
    found = members.of_project(net[GLOBEX], APOLLO)[0]
    assert (found.role, found.since_ms) == ("lead", since_ms)


def test_who_is_taken_out_is_out_everywhere():
    net = in_force(*TWO)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=net.person(ACME).id))
    net.carry()
    assert handles(net, ACME) == handles(net, GLOBEX) == set()


def test_who_was_out_can_be_in_again():
    net = in_force(*TWO)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=net.person(ACME).id))
    net.carry()
    add_member(net, ACME)
    assert handles(net, GLOBEX) == {f"alice@{ACME} member"}


def test_whoever_listens_is_told_who_came_and_whose_home_changed():
    net = in_force(*TWO)
    add_member(net, ACME)
    person = net.person(ACME)
    assert {MembershipChanged(APOLLO, person.id), TimelineChanged(person.id)} <= set(net[ACME].events)
    partner_id = members.of_project(net[GLOBEX], APOLLO)[0].actor_id
    assert MembershipChanged(APOLLO, partner_id) in net[GLOBEX].events
    assert TimelineChanged(partner_id) not in net[GLOBEX].events


def test_what_was_said_before_is_in_the_home_of_who_comes_and_gone_from_who_leaves():
    net = in_force(*TWO)
    person, post = net.person(ACME), a_post(net, ACME)
    assert timelines.home(net[ACME], person.id, Window()) == []
    add_member(net, ACME)
    assert timelines.home(net[ACME], person.id, Window()) == [post.id]
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=person.id))
    assert timelines.home(net[ACME], person.id, Window()) == []


# what our own IT may ask for


def test_only_while_the_gate_is_open_is_somebody_put_in():
    net = companies(*TWO)
    person = net.person(ACME)
    with pytest.raises(Conflict, match="no charter in force"):
        member.add(net[ACME], APOLLO, actor_id=person.id, role="member")
    net = in_force(*TWO)
    net.perform(GLOBEX, lambda tx: charter.suspend(tx, APOLLO))
    net.carry()
    with pytest.raises(Conflict, match="suspended"):
        member.add(net[ACME], APOLLO, actor_id=person.id, role="member")
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert member.add(net[ACME], APOLLO, actor_id=person.id, role="member").value.state == "active"


def test_a_disabled_person_is_not_put_in():
    net = in_force(*TWO)
    tx = net[ACME]
    carol = actor.create_person(tx, username="carol", display_name="Carol", password_hash="-").value
    actor.disable_person(tx, carol.id)
    for verb in (lambda: member.add(tx, APOLLO, actor_id=carol.id, role="member"),
                 lambda: member.request(tx, APOLLO, actor_id=carol.id)):  # fmt: skip
        with pytest.raises(Conflict, match="Carol is disabled"):
            verb()
    actor.enable_person(tx, carol.id)
    assert member.add(tx, APOLLO, actor_id=carol.id, role="member").value.state == "active"


def test_a_role_is_one_of_three():
    net = in_force(*TWO)
    with pytest.raises(BadInput) as refusal:
        member.add(net[ACME], APOLLO, actor_id=net.person(ACME).id, role="boss")
    assert refusal.value.field == "role"


def test_nobody_else_is_ours_to_put_in_or_take_out():
    net = in_force(*TWO)
    add_member(net, GLOBEX)
    bob = actors.by_username(net[ACME], "bob", GLOBEX)
    with pytest.raises(NotFound):
        member.add(net[ACME], APOLLO, actor_id=bob.id, role="lead")
    with pytest.raises(NotFound):
        member.remove(net[ACME], APOLLO, actor_id=bob.id)
    assert handles(net, ACME) == {f"bob@{GLOBEX} member"}


def test_who_is_not_in_cannot_be_taken_out():
    net = in_force(*TWO)
    with pytest.raises(NotFound):
        member.remove(net[ACME], APOLLO, actor_id=net.person(ACME).id)


def test_who_leaves_while_the_gate_is_shut_is_said_to_have_left_when_it_opens():
    net = in_force(*TWO)
    add_member(net, ACME)
    net.perform(GLOBEX, lambda tx: charter.suspend(tx, APOLLO))
    net.carry()
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=net.person(ACME).id))
    net.carry()
    assert handles(net, ACME) == set()
    assert handles(net, GLOBEX) == {f"alice@{ACME} member"}
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert handles(net, GLOBEX) == set()


# asking to be let in


def test_a_colleague_who_asks_is_no_member_yet_and_no_partner_hears_of_it():
    net = in_force(*TWO)
    net.perform(ACME, lambda tx: member.request(tx, APOLLO, actor_id=net.person(ACME).id))
    assert net.waiting == []
    assert [row.state for row in members.requests(net[ACME], APOLLO)] == ["requested"]
    assert not members.is_active(net[ACME], APOLLO, net.person(ACME).id)


def test_our_leads_are_told_who_asks():
    net = in_force(*TWO)
    tx = net[ACME]
    add_member(net, ACME, role="lead")
    add_member(net, GLOBEX, role="lead")
    carol = actor.create_person(tx, username="carol", display_name="Carol", password_hash="-").value
    member.request(tx, APOLLO, actor_id=carol.id)
    assert [event.owner_id for event in tx.events if isinstance(event, Notified)] == [net.person(ACME).id]


def test_asking_twice_is_asking_once():
    net = in_force(*TWO)
    person = net.person(ACME)
    first = member.request(net[ACME], APOLLO, actor_id=person.id).value
    assert member.request(net[ACME], APOLLO, actor_id=person.id).value == first


def test_a_request_is_granted_by_putting_the_person_in():
    net = in_force(*TWO)
    net.perform(ACME, lambda tx: member.request(tx, APOLLO, actor_id=net.person(ACME).id))
    add_member(net, ACME, role="follower")
    assert members.requests(net[ACME], APOLLO) == []
    assert handles(net, GLOBEX) == {f"alice@{ACME} follower"}


def test_a_request_that_is_turned_down_leaves_no_trace_for_partners():
    net = in_force(*TWO)
    person = net.person(ACME)
    net.perform(ACME, lambda tx: member.request(tx, APOLLO, actor_id=person.id))
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=person.id))
    assert net.waiting == []
    assert members.one(net[ACME], APOLLO, person.id) is None


def test_one_who_was_in_before_asks_and_is_turned_down():
    net = in_force(*TWO)
    person = net.person(ACME)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=person.id))
    net.carry()
    net.perform(ACME, lambda tx: member.request(tx, APOLLO, actor_id=person.id))
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=person.id))
    assert net.waiting == []
    row = members.one(net[ACME], APOLLO, person.id)
    assert isinstance(row, MemberRow)
    assert row.state == "left"


def test_without_a_charter_nobody_is_let_in():
    net = companies(*TWO)
    offer(net)
    with pytest.raises(Conflict):
        member.request(net[ACME], APOLLO, actor_id=net.person(ACME).id)


# what partners say


def an_add(net: Companies) -> Letter:
    """Acme's word that Alice is in, on its way to Globex."""
    net.perform(ACME, lambda tx: member.add(tx, APOLLO, actor_id=net.person(ACME).id, role="member"))
    letter = next(letter for letter in net.waiting if letter.receiver == GLOBEX)
    net.waiting.clear()
    return letter


def test_a_members_own_company_puts_it_in():
    net = in_force(*TWO)
    assert net.take(an_add(net)).rule == "member_by_own_company"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("members_of_another_project", {"target": f"https://{ACME}/projects/zeus/members"}),
        ("members_of_another_project", {"target": None}),
        ("person_of_another_company", {"object": {"type": "Person", "id": f"https://{INITECH}/people/ines"}}),
        ("person_of_another_company", {"object": {"type": "Person"}}),
        ("no_actor", {"object": {"type": "Note", "id": f"https://{ACME}/people/alice"}}),
        ("no_username", {"object": {"type": "Person", "id": f"https://{ACME}/people/alice"}}),
        ("member_role", {"memberRole": "boss"}),
        ("not_said_by_its_node", {"actor": f"https://{ACME}/people/alice"}),
    ],
)
def test_an_add_that_breaks_a_rule_is_refused_by_its_name(rule, change):
    net = in_force(*THREE)
    letter = an_add(net)
    changed = letter._replace(activity={**letter.activity, **change})
    assert refused(net, changed) == rule
    assert handles(net, GLOBEX) == set()
    assert net.take(letter).taken


def refused(net: Companies, letter: Letter) -> str:
    """The rule that refuses an Add."""
    activity = Activity.parse(letter.activity)
    incoming = Incoming(activity, letter.sender, activity.actor, letter.project, None)
    ruling = member_inbound.verify_add(net[letter.receiver], incoming)
    assert not ruling.taken
    return ruling.rule


def test_a_company_puts_nobody_elses_people_in():
    net = in_force(*THREE)
    letter = an_add(net)
    assert net.take(letter._replace(sender=INITECH)).rule == "not_said_by_its_node"


def test_a_node_is_no_member():
    net = in_force(*TWO)
    letter = an_add(net)
    node = {**letter.activity["object"], "id": f"https://{ACME}/actor", "preferredUsername": ACME}
    assert net.take(letter._replace(activity={**letter.activity, "object": node})).rule == "not_a_person"


def test_who_is_not_in_cannot_be_said_to_leave():
    net = in_force(*TWO)
    add_member(net, ACME)
    net.perform(ACME, lambda tx: member.remove(tx, APOLLO, actor_id=net.person(ACME).id))
    letter = net.waiting[0]
    assert net.take(letter).rule == "left_by_own_company"
    assert net.take(letter).rule == "not_a_member"


# what is read of memberships


def test_a_membership_counts_while_the_charter_is_in_force():
    net = in_force(*TWO)
    add_member(net, ACME)
    person = net.person(ACME)
    assert members.is_active(net[ACME], APOLLO, person.id)
    assert [row.project_iri for row in members.projects_of(net[ACME], person.id)] == [APOLLO]
    net.pass_ms(300 * DAY_MS)
    charter.end_due(net[ACME])
    assert not members.is_active(net[ACME], APOLLO, person.id)
    assert members.projects_of(net[ACME], person.id) == []


def test_our_own_people_in_a_project_are_listed_apart():
    net = in_force(*TWO)
    add_member(net, ACME)
    add_member(net, GLOBEX)
    assert members.local_active_ids(net[ACME], APOLLO) == [net.person(ACME).id]
