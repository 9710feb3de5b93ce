"""When an answer of a guest is taken, and when not: decided before anything is written."""

from typing import Any

import pytest

from federation.activity import Activity
from instance.activities import GUEST_RULES
from instance.domain.guest_answer import HOST_AN_HOUR, PERSON_AN_HOUR
from instance.domain.outcome import Incoming, Ruling
from instance.storage import guests, search_tables
from instance.storage.guests import GuestActorRow, ReplyRow
from tests.instance.companies import ACME, APOLLO, Companies
from tests.instance.guests import ANN, MASTODON, a_follower, with_guests

NOTE = f"{ANN}/statuses/1"
BEN = f"https://{MASTODON}/users/ben"


@pytest.fixture
def net() -> Companies:
    """Apollo, whose guests may answer; Ann follows."""
    net = with_guests(MASTODON)
    net[ACME]._connection.execute(search_tables.CREATE)
    a_follower(net)
    return net


def incoming(**note: Any) -> Incoming:
    """A note of ann's that mentions the project."""
    carried = {
        "id": NOTE,
        "type": "Note",
        "attributedTo": ANN,
        "content": "<p>Here</p>",
        "tag": [{"type": "Mention", "href": APOLLO}],
    } | note
    activity = Activity.parse({"id": f"{NOTE}/activity", "type": "Create", "actor": ANN, "object": carried})
    return Incoming(activity, MASTODON, None, None, None)


def ruling(net: Companies, **note: Any) -> Ruling:
    """What becomes of it."""
    return GUEST_RULES["Create", "Note"].verify(net[ACME], incoming(**note))


def said(net: Companies, count: int, *, by: str, ago_ms: int = 0) -> None:
    """So many answers of somebody there."""
    tx = net[ACME]
    for number in range(count):
        iri = f"{by}/statuses/{ago_ms}-{number}"
        guests.add_reply(tx, ReplyRow(iri, f"{iri}/post", APOLLO, by, MASTODON, tx.now_ms - ago_ms))


def test_a_mention_of_a_follower_is_an_answer(net: Companies):
    assert ruling(net) == Ruling(taken=True, rule="guest_answers")


@pytest.mark.parametrize(
    ("rule", "note"),
    [
        ("guest_mentions_no_project", {"tag": []}),
        (
            "guest_mentions_no_project",
            {"tag": [{"type": "Mention", "href": f"https://{ACME}/projects/gemini"}]},
        ),
        ("guest_mentions_no_project", {"tag": [{"type": "Hashtag", "href": APOLLO}]}),
        ("guest_mentions_no_project", {"tag": [{"type": "Mention", "href": 7}]}),
        ("guest_says_too_much", {"content": "x" * 5001}),
        ("guest_names_what_it_may_not", {"content": "<p>@alice@ac&#8203;me.example</p>"}),
        ("guest_names_what_it_may_not", {"summary": "https://acme.example%2fposts/1"}),
    ],
)
def test_what_is_not_for_the_project_is_not_taken(net: Companies, rule: str, note: dict[str, Any]):
    assert ruling(net, **note) == Ruling(taken=False, rule=rule)


@pytest.mark.parametrize(
    ("count", "by", "ago_ms", "taken"),
    [
        (PERSON_AN_HOUR - 1, ANN, 0, True),
        (PERSON_AN_HOUR, ANN, 0, False),
        (PERSON_AN_HOUR, ANN, 3_600_000, True),
        (HOST_AN_HOUR - 1, BEN, 0, True),
        (HOST_AN_HOUR, BEN, 0, False),
    ],
)
def test_a_guest_is_heard_so_often_an_hour(net: Companies, count: int, by: str, ago_ms: int, taken: bool):
    said(net, count, by=by, ago_ms=ago_ms)
    assert ruling(net).taken == taken


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bob, Globex: agreed —", "Bob Globex agreed"),
        ("Zoë O’Hara-Smith", "Zoë O’Hara-Smith"),
        ("🚀", MASTODON),
        ("x" * 200, "x" * 50),
    ],
)
def test_a_guest_passes_for_nobody_of_a_company(net: Companies, name: str, shown: str):
    guests.know(net[ACME], GuestActorRow(ANN, MASTODON, "ann", name, ANN, "", net[ACME].now_ms))
    [draft] = GUEST_RULES["Create", "Note"].apply(net[ACME], incoming())
    assert draft.activity["object"]["content"] == f"<p>{shown}, {MASTODON}: Here</p>"
    assert (draft.author, draft.project) == (APOLLO, APOLLO)


def test_who_follows_no_more_is_not_heard(net: Companies):
    guests.unfollow(net[ACME], APOLLO, ANN)
    assert ruling(net).rule == "guest_does_not_follow"


def test_where_the_charter_lets_guests_read_only_nobody_is_heard():
    net = with_guests(MASTODON, may="read")
    a_follower(net)
    assert ruling(net).rule == "guest_may_not_answer"
