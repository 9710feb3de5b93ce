"""Somebody at a guest host goes to another server: they follow from there if they may, and nobody ends another's follow."""

import orjson
import pytest

from federation.activity import Activity
from instance.activities import GUEST_RULES
from instance.domain.outcome import Incoming, Ruling
from instance.storage import guests
from instance.storage.guests import GuestActorRow
from tests.instance.companies import ACME, APOLLO, Companies
from tests.instance.guests import ANN, MASTODON, PLEROMA, a_follower, with_guests

NEW = f"https://{PLEROMA}/users/ann"
ELSEWHERE = "https://elsewhere.example/users/ann"


@pytest.fixture
def net() -> Companies:
    """Apollo with two guest hosts; Ann follows from the first."""
    net = with_guests(MASTODON, PLEROMA)
    a_follower(net)
    return net


def take(net: Companies, kind: str, carried: object, *, actor: str, host: str, **more: object) -> Ruling:
    """What becomes of an activity of somebody at a guest host."""
    said = {"id": f"{actor}#{kind}", "type": kind, "actor": actor, "object": carried, **more}
    incoming = Incoming(Activity.parse(said), host, None, None, None)
    rule = GUEST_RULES[kind, "*"]
    ruling = rule.verify(net[ACME], incoming)
    if ruling.taken:
        rule.apply(net[ACME], incoming)
    return ruling


def move(net: Companies, to: str = NEW, *, whom: str = ANN) -> Ruling:
    return take(net, "Move", whom, actor=ANN, host=MASTODON, target=to)


def arrive(net: Companies, *aliases: str) -> None:
    """The new one is known with these aliases, and follows."""
    tx = net[ACME]
    listed = orjson.dumps(aliases).decode()
    guests.know(tx, GuestActorRow(NEW, PLEROMA, "ann", "Ann", f"{NEW}/inbox", "", tx.now_ms, listed))
    take(net, "Follow", APOLLO, actor=NEW, host=PLEROMA)


def followers(net: Companies) -> set[str]:
    rows = guests.followers(net[ACME], [APOLLO])
    return {row.actor_iri for row in rows if row.ended_at_ms is None}


def test_who_moved_to_a_server_that_is_let_in_follows_as_before_until_they_come_from_there(net: Companies):
    assert move(net) == Ruling(taken=True, rule="guest_moves")
    assert followers(net) == {ANN}
    arrive(net, ANN)
    assert followers(net) == {NEW}


def test_who_came_before_they_said_so_is_not_counted_twice(net: Companies):
    arrive(net, ANN)
    assert followers(net) == {ANN, NEW}
    move(net)
    assert followers(net) == {NEW}


def test_who_moved_to_a_server_that_is_not_let_in_follows_no_longer(net: Companies):
    assert move(net, ELSEWHERE).taken
    assert followers(net) == set()


def test_one_who_does_not_know_them_as_their_own_takes_nobodys_place(net: Companies):
    move(net)
    arrive(net, f"https://{MASTODON}/users/somebody")
    assert followers(net) == {ANN, NEW}


def test_one_who_claims_them_without_their_word_takes_nobodys_place(net: Companies):
    arrive(net, ANN)
    assert followers(net) == {ANN, NEW}


@pytest.mark.parametrize(
    ("to", "whom", "rule"),
    [
        ("", ANN, "guest_moves_nowhere"),
        (ANN, ANN, "guest_moves_nowhere"),
        ("no address", ANN, "guest_moves_nowhere"),
        (NEW, f"https://{MASTODON}/users/bob", "guest_has_none"),
    ],
)
def test_a_move_that_leads_nowhere_or_is_anothers_is_not_taken(net: Companies, to: str, whom: str, rule: str):
    assert move(net, to, whom=whom) == Ruling(taken=False, rule=rule)
    assert followers(net) == {ANN}


def test_a_move_told_by_another_host_is_not_taken(net: Companies):
    assert take(net, "Move", ANN, actor=ANN, host=PLEROMA, target=NEW).rule == "guest_has_none"
