"""Whatever shuts a guest's way and whenever: once it is open, the guest has what it should have, and was told nothing twice."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instance import outbox
from instance.domain import actor, charter, guest, guest_mirror, guest_note, member
from instance.storage import charters, delivery, guest_notes, guests, posts, search_tables
from instance.storage.database import SqliteTx
from instance.storage.delivery import CLOSED, DONE, LaneRow, Result
from instance.storage.guests import FollowerRow
from tests.instance import guest_deeds
from tests.instance.companies import ACME, APOLLO, DAY_MS, GATE, GLOBEX, Companies, add_member, copy_of
from tests.instance.guests import MASTODON, PLEROMA, a_follower, with_guests

SLOW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
HOSTS = (MASTODON, PLEROMA)


@pytest.fixture(scope="module")
def world() -> Companies:
    """Apollo with alice and zoe of Acme, and two guests from which somebody follows."""
    net = with_guests(*HOSTS)
    for host in (ACME, GLOBEX):
        add_member(net, host)
    tx = net[ACME]
    zoe_id = actor.create_person(tx, username="zoe", display_name="Zoe", password_hash="-").value.id
    net.perform(ACME, lambda tx: member.add(tx, APOLLO, actor_id=zoe_id, role="member"))
    for host in HOSTS:
        a_follower(net, f"https://{host}/users/ann", host=host, inbox=f"https://{host}/inbox")
    tx._connection.execute(search_tables.CREATE)
    tx.now_ms += 1000
    return net


@dataclass
class Server:
    """An ordinary server: what it has of the project after what arrived, and all that arrived."""

    host: str
    notes: dict[str, str] = field(default_factory=dict)
    announced: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def take(self, activity: dict[str, Any]) -> None:
        """Let an activity arrive; none comes twice."""
        assert activity["id"] not in self.seen, "said twice"
        self.seen.append(activity["id"])
        carried = activity["object"]
        match activity["type"]:
            case "Create":
                self.notes.setdefault(carried["id"], carried["content"])
            case "Update":
                self.notes |= {carried["id"]: carried["content"]} if carried["id"] in self.notes else {}
            case "Delete":
                self.notes.pop(carried["id"], None)
                gone = [key for key, of in self.announced.items() if of == carried["id"]]
                self.announced = {key: of for key, of in self.announced.items() if key not in gone}
            case "Announce":
                self.announced |= {activity["id"]: carried} if carried in self.notes else {}
            case "Undo":
                self.announced.pop(carried["id"], None)

    def deliver(self, tx: SqliteTx) -> None:
        """Let all that waits arrive; what has no way any more is closed, as the delivery does it."""
        for row in delivery.next_letters(tx, self.host, 1000):
            is_open = GATE.still_open(tx, row.outbound())
            if is_open:
                self.take(orjson.loads(row.body))
            delivery.settle(tx, [Result(row.id, DONE if is_open else CLOSED)])

    def lose(self, tx: SqliteTx) -> None:
        """The host was away for so long that what waited was given up; what takes back is not."""
        tx.now_ms += 1
        delivery.expire(tx, self.host, before_ms=tx.now_ms)


def catch_up(tx: SqliteTx) -> int:
    """Say what is owed, as the node does it every minute; how often something was."""
    rounds = 0
    while (outcome := guest_mirror.catch_up(tx)).value:
        outbox.send(tx, outcome.drafts, gate=GATE)
        rounds += 1
        assert rounds < 100
    return rounds


def should_have(tx: SqliteTx, made: list[int]) -> tuple[dict[str, str], set[str]]:
    """What a guest that was always there should have: notes by IRI, and which of them are announced."""
    notes, announced = {}, set()
    for post_id in made:
        post = posts.by_id(tx, post_id)
        row = guest_notes.of_source(tx, post.iri) if post is not None else None
        if post is not None and post.deleted_at_ms is None and row is not None:
            notes[row.iri] = guest_note.render(guest_note.telling(tx, row, post))["content"]
            if posts.boosts_of(tx, post.id):
                announced.add(row.iri)
    return notes, announced


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["post", "reply", "edit", "delete", "boost", "unboost"] * 2
            + ["suspend", "resume", "deliver", "deliver", "lose", "catch up"]
        ),
        st.sampled_from(["alice", "zoe"]),
        st.integers(0, 4),
    ),
    max_size=25,
)


@pytest.fixture
def tx(world: Companies) -> SqliteTx:
    """Acme, for one test."""
    return copy_of(world[ACME])


def said(tx: SqliteTx, host: str = MASTODON) -> list[tuple[str, str]]:
    """Type and id of what is said to a host since the last time it was asked for."""
    rows = delivery.next_letters(tx, host, 1000)
    delivery.settle(tx, [Result(row.id, DONE) for row in rows])
    return [(orjson.loads(row.body)["type"], row.activity_iri) for row in rows]


def kinds(tx: SqliteTx, host: str = MASTODON) -> list[str]:
    return [kind for kind, _ in said(tx, host)]


def deed(tx: SqliteTx, made: list[int], *deeds: str) -> None:
    """Deeds about the first post, as "boost alice"."""
    for each in deeds:
        kind, _, who = each.partition(" ")
        guest_deeds.do(tx, made, kind, each, 0, by=who or "alice")


def test_two_boosts_are_one_announcement_until_the_last_is_taken_back(tx: SqliteTx):
    made: list[int] = []
    deed(tx, made, "post", "boost alice", "boost zoe", "unboost alice")
    [_, (_, announced)] = said(tx)
    assert announced in {row.iri for row in guest_notes.by_iris(tx, [announced]).values()}
    deed(tx, made, "boost alice", "unboost zoe", "unboost alice")
    assert said(tx) == [("Undo", f"{announced}#undo")]
    deed(tx, made, "boost zoe")
    [(kind, again)] = said(tx)
    assert (kind, again != announced) == ("Announce", True)


def test_a_restored_copy_of_the_node_calls_a_note_as_before(tx: SqliteTx):
    guest_deeds.do(tx, [], "post", "before", 0)
    restored, made = copy_of(tx), list[int]()
    restored.now_ms += 60_000
    guest_deeds.do(tx, made, "post", "after", 0)
    deed(tx, made, "boost alice")
    post = posts.by_id(tx, made[0])
    boost = posts.boosts_of(tx, made[0])[0]
    assert post is not None
    told = said(tx)[1:]
    posts.insert_one(restored, post)  # as a partner's copy of our log brings it back
    for activity in (
        {"type": "Create", "object": post.iri},
        {"type": "Announce", "id": boost.iri, "object": post.iri},
    ):
        outbox.send(restored, guest_mirror.mirrored(restored, activity, APOLLO), gate=GATE)
    assert said(restored)[1:] == told


def test_nobody_can_tell_from_a_note_which_post_it_stands_for(tx: SqliteTx):
    other = copy_of(tx)
    other._connection.execute("DELETE FROM meta WHERE key = 'guest_secret'")
    iri = f"https://{ACME}/posts/1"
    assert guest_notes.name_of(tx, iri) == guest_notes.name_of(tx, iri) != guest_notes.name_of(other, iri)


def test_what_is_to_be_said_while_the_way_is_shut_is_owed_and_said_once_it_is_open(tx: SqliteTx):
    made: list[int] = []
    deed(tx, made, "post")
    assert kinds(tx) == ["Create"]
    charter.suspend(tx, APOLLO)
    post = posts.by_id(tx, made[0])
    assert post is not None
    posts.reword(tx, post._replace(content="<p>new</p>", edited_at_ms=tx.now_ms))
    update = {"type": "Update", "object": post.iri}
    assert guest_mirror.mirrored(tx, update, APOLLO) == ()
    assert catch_up(tx) == 0
    charter.resume(tx, APOLLO)
    assert (catch_up(tx) > 0, kinds(tx), kinds(tx, PLEROMA)) == (True, ["Update"], ["Create", "Update"])


def test_who_came_later_is_not_told_of_old_words_but_of_what_is_boosted(tx: SqliteTx):
    made: list[int] = []
    guests.unfollow_all(tx, APOLLO, PLEROMA)
    deed(tx, made, "post")
    ann = f"https://{PLEROMA}/users/ann"
    tx.now_ms += 1000
    guests.follow(tx, FollowerRow(APOLLO, ann, PLEROMA, f"https://{PLEROMA}/inbox", "f", tx.now_ms, None))
    deed(tx, made, "edit")
    assert (kinds(tx), kinds(tx, PLEROMA)) == (["Create", "Update"], [])
    deed(tx, made, "boost")
    assert (kinds(tx), kinds(tx, PLEROMA)) == (["Announce"], ["Create", "Announce"])


def test_where_nobody_follows_any_more_no_notes_are_made(tx: SqliteTx):
    made: list[int] = []
    for host in HOSTS:
        guests.unfollow_all(tx, APOLLO, host)
    deed(tx, made, "post", "boost", "edit")
    post = posts.by_id(tx, made[0])
    assert post is not None
    assert (kinds(tx), guest_notes.of_source(tx, post.iri)) == ([], None)


def test_what_is_owed_to_a_guest_that_was_revoked_is_forgotten(tx: SqliteTx):
    deed(tx, [], "post")
    Server(MASTODON).lose(tx)
    delivery.set_lane(tx, LaneRow(MASTODON, tx.now_ms, 3, 0, 503, "503", None))
    assert (catch_up(tx), len(guest_notes.owed(tx))) == (0, 1)
    guest.revoke(tx, APOLLO, host=MASTODON)
    assert (catch_up(tx), guest_notes.owed(tx), kinds(tx)) == (1, [], [])


def test_a_host_that_is_away_keeps_what_is_owed_until_it_is_back(tx: SqliteTx):
    deed(tx, [], "post")
    Server(MASTODON).lose(tx)
    delivery.set_lane(tx, LaneRow(MASTODON, tx.now_ms, 3, 0, 503, "503", None))
    assert (catch_up(tx), kinds(tx)) == (0, [])
    delivery.set_lane(tx, LaneRow(MASTODON, tx.now_ms, 0, 0, 202, "", tx.now_ms))
    assert (catch_up(tx), kinds(tx)) == (1, ["Create"])


def test_a_note_and_its_boost_that_are_both_owed_bring_the_note_once(tx: SqliteTx):
    made: list[int] = []
    deed(tx, made, "post", "boost")
    charter.suspend(tx, APOLLO)
    Server(MASTODON).deliver(tx)
    charter.resume(tx, APOLLO)
    assert (catch_up(tx), kinds(tx)) == (1, ["Create", "Announce"])


def test_what_takes_back_is_not_given_up(tx: SqliteTx):
    made: list[int] = []
    deed(tx, made, "post")
    assert kinds(tx) == ["Create"]
    deed(tx, made, "delete")
    Server(MASTODON).lose(tx)
    assert kinds(tx) == ["Delete"]


def test_what_a_guest_had_to_delete_does_not_come_again_when_it_is_let_in_again(tx: SqliteTx):
    made: list[int] = []
    deed(tx, made, "post")
    outbox.send(tx, guest.revoke(tx, APOLLO, host=MASTODON).drafts, gate=GATE)
    guest.allow(tx, APOLLO, host=MASTODON)
    a_follower(Companies({ACME: tx}))
    assert kinds(tx) == ["Create", "Delete", "Reject"]
    deed(tx, made, "edit", "boost")
    assert kinds(tx) == []
    guest_deeds.do(tx, made, "post", "new", 0)
    assert kinds(tx) == ["Create"]


def test_who_is_revoked_deletes_what_it_had_and_hears_of_nothing_else(tx: SqliteTx):
    guests.unfollow_all(tx, APOLLO, PLEROMA)
    deed(tx, [], "post")
    tx.now_ms += 1000
    ann = f"https://{PLEROMA}/users/ann"
    guests.follow(tx, FollowerRow(APOLLO, ann, PLEROMA, f"https://{PLEROMA}/inbox", "f", tx.now_ms, None))
    deed(tx, [], "post")
    [(_, created)] = said(tx, PLEROMA)
    deleted = [draft.activity["object"]["id"] for draft in guest.revoke(tx, APOLLO, host=PLEROMA).drafts[:-1]]
    assert [f"{iri}/activity" for iri in deleted] == [created]


def test_what_letters_cannot_tell_any_more_counts_as_said(tx: SqliteTx):
    made: list[int] = []
    deed(tx, made, "post")
    assert kinds(tx) == ["Create"]
    tx.now_ms += 100 * DAY_MS
    delivery.forget(tx, before_ms=tx.now_ms)
    deed(tx, made, "edit")
    assert kinds(tx) == ["Update"]
    delivery.forget(tx, before_ms=tx.now_ms + 1)
    deed(tx, made, "delete")
    assert kinds(tx) == ["Delete"]


def test_votes_make_no_new_words(tx: SqliteTx):
    made: list[int] = []
    deed(tx, made, "post")
    post = posts.by_id(tx, made[0])
    assert post is not None
    assert guest_mirror.mirrored(tx, {"type": "Update", "object": post.iri}, APOLLO) == ()


@SLOW
@given(deeds=DEEDS)
def test_once_the_way_is_open_a_guest_has_what_it_should_and_heard_nothing_twice(
    world: Companies, deeds: list[tuple[str, str, int]]
):
    net = Companies({host: copy_of(tx) for host, tx in world.nodes.items()})
    tx, made = net[ACME], list[int]()
    servers = [Server(host) for host in HOSTS]
    for number, (kind, who, place) in enumerate([*deeds, ("resume", "alice", 0)]):
        do(net, servers, made, kind, who, place, number)
    for _ in range(2):
        for server in servers:
            server.deliver(tx)
        catch_up(tx)
    notes, announced = should_have(tx, made)
    for server in servers:
        assert server.notes == notes
        assert set(server.announced.values()) == announced
        assert len(server.announced) == len(announced)
    assert catch_up(tx) == 0


def do(
    net: Companies, servers: list[Server], made: list[int], kind: str, who: str, place: int, number: int
) -> None:
    """One thing that happens."""
    tx, server = net[ACME], servers[place % len(servers)]
    is_shut = charter_is_shut(tx)
    if kind == "suspend" and not is_shut:
        outbox.send(tx, charter.suspend(tx, APOLLO).drafts, gate=GATE)
    elif kind == "resume" and is_shut:
        outbox.send(tx, charter.resume(tx, APOLLO).drafts, gate=GATE)
    elif kind == "deliver":
        server.deliver(tx)
    elif kind == "lose":
        server.lose(tx)
    elif kind == "catch up":
        catch_up(tx)
    elif kind in guest_deeds.VERBS:
        guest_deeds.do(tx, made, kind, f"word {number}", place, by=who)


def charter_is_shut(tx: SqliteTx) -> bool:
    row = charters.in_force(tx, APOLLO)
    return row is not None and row.state == "suspended"
