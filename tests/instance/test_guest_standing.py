"""How guest hosts stand as IT sees it, and people there whom IT keeps out."""

from typing import Any

import pytest

from federation.activity import Activity
from instance import outbox
from instance.activities import GUEST_RULES
from instance.domain import charter, guest, guest_standing
from instance.domain.guest_standing import Standing
from instance.domain.outcome import Incoming
from instance.errors import BadInput, Conflict, NotFound
from instance.storage import delivery, guests, peers, search_tables
from instance.storage.database import SqliteTx
from instance.storage.delivery import DONE, LaneRow, Result
from tests.instance import guest_deeds
from tests.instance.companies import ACME, APOLLO, GATE, GLOBEX, add_member
from tests.instance.guests import ANN, MASTODON, PLEROMA, a_follower, with_guests


@pytest.fixture
def tx() -> SqliteTx:
    """Acme with alice in Apollo, a guest host from which Ann follows, and one from which nobody does."""
    net = with_guests(MASTODON, PLEROMA)
    for host in (ACME, GLOBEX):
        add_member(net, host)
    a_follower(net)
    net[ACME]._connection.execute(search_tables.CREATE)
    net[ACME].now_ms += 1000
    return net[ACME]


def standing(tx: SqliteTx, host: str = MASTODON) -> Standing:
    return next(each for each in guest_standing.standings(tx) if each.row.host == host)


def deliver(tx: SqliteTx, count: int = 1000) -> None:
    """So many letters arrive."""
    rows = delivery.next_letters(tx, MASTODON, count)
    delivery.settle(tx, [Result(row.id, DONE) for row in rows])


def test_a_guest_stands_with_its_followers_and_what_goes_to_and_fro(tx: SqliteTx):
    guest_deeds.do(tx, [], "post", "up", 0)
    peers.heard(tx, MASTODON)
    delivery.set_lane(tx, LaneRow(MASTODON, tx.now_ms, 2, 0, 503, "503 busy", 7))
    found = standing(tx)
    assert (found.project, found.state, found.followers) == (f"@apollo@{ACME}", "allowed", 1)
    assert (found.heard_at_ms, found.reached_at_ms, found.waiting) == (tx.now_ms, 7, 1)
    assert found.problem == "503 busy"
    assert (standing(tx, PLEROMA).followers, standing(tx, PLEROMA).waiting) == (0, 0)


def test_a_guest_whose_project_is_suspended_is_shut_and_one_whose_time_is_past_is_over(tx: SqliteTx):
    guests.allow(tx, standing(tx, PLEROMA).row._replace(ends_at_ms=tx.now_ms - 1))
    charter.suspend(tx, APOLLO)
    assert (standing(tx).state, standing(tx, PLEROMA).state) == ("shut", "over")


def test_a_revoked_guest_stands_with_how_much_was_taken_back(tx: SqliteTx):
    for number in range(3):
        guest_deeds.do(tx, [], "post", f"word {number}", 0)
    deliver(tx)
    outbox.send(tx, guest.revoke(tx, APOLLO, host=MASTODON).drafts, gate=GATE)
    assert (standing(tx).state, standing(tx).deleted, standing(tx).to_delete) == ("revoked", 0, 4)
    deliver(tx, 2)
    assert (standing(tx).deleted, standing(tx).to_delete) == (2, 2)
    deliver(tx)
    assert (standing(tx).deleted, standing(tx).to_delete, standing(tx).waiting) == (4, 0, 0)


def test_what_a_revoked_guest_has_yet_to_be_told_counts(tx: SqliteTx):
    guest_deeds.do(tx, [], "post", "word", 0)
    deliver(tx)
    outbox.send(tx, guest.revoke(tx, APOLLO, host=MASTODON).drafts, gate=GATE)
    deliver(tx)
    assert standing(tx).to_delete == 0
    guests.taken_back(tx, standing(tx).row.id, to=0)  # as if the note had yet to be said
    assert standing(tx).to_delete == 1


# kept out


def brings(tx: SqliteTx, kind: str, carried: Any) -> str:
    """The rule that decides about what Ann brings."""
    activity = Activity.parse({"id": f"{ANN}/activities/1", "type": kind, "actor": ANN, "object": carried})
    incoming = Incoming(activity, MASTODON, None, None, None)
    key = (kind, "Note") if kind == "Create" else (kind, "*")
    return GUEST_RULES[key].verify(tx, incoming).rule


NOTE = {
    "id": f"{ANN}/statuses/1",
    "type": "Note",
    "content": "<p>Here</p>",
    "tag": [{"type": "Mention", "href": APOLLO}],
}


def test_whom_it_keeps_out_follows_nothing_and_is_told(tx: SqliteTx):
    assert (brings(tx, "Follow", APOLLO), brings(tx, "Create", NOTE)) == ("guest_follows", "guest_answers")
    [reject] = guest_standing.block(tx, ANN).drafts
    assert (reject.activity["type"], reject.host, reject.activity["to"]) == ("Reject", MASTODON, [ANN])
    assert [letter.host for letter in GATE.release(tx, reject.activity, author=APOLLO)] == [MASTODON]
    assert standing(tx).followers == 0
    assert {brings(tx, "Follow", APOLLO), brings(tx, "Create", NOTE)} == {"guest_is_blocked"}


def test_who_is_let_in_again_follows_when_they_ask(tx: SqliteTx):
    guest_standing.block(tx, ANN)
    guest_standing.unblock(tx, ANN)
    assert brings(tx, "Follow", APOLLO) == "guest_follows"
    with pytest.raises(NotFound):
        guest_standing.unblock(tx, ANN)


def test_nobody_is_kept_out_twice_nor_where_their_host_is_no_guest(tx: SqliteTx):
    guest_standing.block(tx, ANN)
    with pytest.raises(Conflict):
        guest_standing.block(tx, ANN)
    for iri in ("https://elsewhere.example/users/eve", "ann"):
        with pytest.raises(BadInput):
            guest_standing.block(tx, iri)
