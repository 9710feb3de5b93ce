"""Guest hosts: who is let in, what the gate lets them have, and what is taken back."""

import orjson
import pytest

from federation.document import Document
from instance import serving
from instance.domain import charter, guest, project
from instance.errors import BadInput, Conflict, NotFound
from instance.policy import guest_space, guests_space, takeback_space
from instance.storage import guest_notes, guests, ledger
from instance.storage.guest_notes import NoteRow
from tests.builders import a_thing
from tests.instance.companies import ACME, APOLLO, DAY_MS, GATE, GLOBEX, Companies, approve
from tests.instance.guests import (
    ANN,
    MASTODON,
    PLEROMA,
    SHARED,
    a_follower,
    for_guests,
    to_one,
    with_guests,
)

AGENT = f"Mastodon/4.4.0 (http.rb/5.2.0; +https://{MASTODON}/)"


@pytest.fixture
def net() -> Companies:
    """Apollo with a guest host from which Ann follows, and one from which nobody does."""
    net = with_guests(MASTODON, PLEROMA)
    a_follower(net)
    return net


def reached(net: Companies, document: Document) -> list[tuple[str, str]]:
    letters = GATE.release(net[ACME], document, author=APOLLO)
    return [(letter.host, letter.inbox) for letter in letters]


def status(net: Companies, path: str, viewer: str) -> int:
    shown = serving.disclose(net[ACME], GATE, path, viewer=viewer)
    assert not isinstance(shown, serving.Permitted)
    return shown.status


# let in


@pytest.mark.parametrize(
    ("host", "field"), [("", "host"), ("a/b", "host"), ("mastodon example", "host"), (ACME, "host")]
)
def test_what_is_no_other_host_is_not_let_in(host: str, field: str):
    with pytest.raises(BadInput) as refusal:
        guest.allow(with_guests()[ACME], APOLLO, host=host)
    assert refusal.value.field == field


def test_a_company_of_a_charter_is_no_guest():
    with pytest.raises(Conflict, match="company of a charter"):
        guest.allow(with_guests()[ACME], APOLLO, host=GLOBEX)


def test_a_charter_that_says_nothing_of_guests_lets_none_in():
    with pytest.raises(Conflict, match="allows no guests"):
        guest.allow(with_guests(may="none")[ACME], APOLLO, host=MASTODON)


def test_only_the_company_that_hosts_the_project_lets_guests_in():
    net = with_guests()
    with pytest.raises(NotFound):
        guest.allow(net[GLOBEX], APOLLO, host=MASTODON)


@pytest.mark.parametrize(
    ("terms", "field"), [({"label": 4}, "label"), ({"label": -1}, "label"), ({"ends_at_ms": 1}, "until")]
)
def test_terms_of_a_guest_that_are_not_sound_are_refused(terms: dict[str, int], field: str):
    with pytest.raises(BadInput) as refusal:
        guest.allow(with_guests()[ACME], APOLLO, host=MASTODON, **terms)
    assert refusal.value.field == field


# what it may have


def test_what_a_project_says_to_its_guests_goes_where_somebody_follows_and_is_signed_by_the_project(
    net: Companies,
):
    [letter] = GATE.release(net[ACME], for_guests(net), author=APOLLO)
    assert (letter.host, letter.inbox, letter.signer) == (MASTODON, SHARED, APOLLO)
    assert (letter.rule, letter.space) == ("released_guest", guest_space(MASTODON, APOLLO))
    assert GATE.still_open(net[ACME], letter)


def test_followers_without_a_shared_inbox_get_a_letter_each(net: Companies):
    for name in ("ben", "cy"):
        iri = f"https://{PLEROMA}/users/{name}"
        a_follower(net, iri, host=PLEROMA, inbox=f"{iri}/inbox")
    inboxes = [f"https://{PLEROMA}/users/{name}/inbox" for name in ("ben", "cy")]
    assert reached(net, for_guests(net)) == [(MASTODON, SHARED), *((PLEROMA, inbox) for inbox in inboxes)]


def test_where_nobody_follows_nothing_is_said_to_have_been_released(net: Companies):
    guests.unfollow(net[ACME], APOLLO, ANN)
    assert reached(net, for_guests(net)) == []
    line = ledger.lines(net[ACME], limit=1)[0]
    assert (line.verdict, line.rule, line.host) == ("withheld", "withheld_not_party", "*")


def test_what_is_for_one_guest_goes_to_no_other(net: Companies):
    a_follower(net, f"https://{PLEROMA}/users/ben", host=PLEROMA, inbox=f"https://{PLEROMA}/inbox")
    assert reached(net, to_one(net)) == [(MASTODON, SHARED)]


@pytest.mark.parametrize(
    "named", [f"https://{ACME}/people/alice", f"@alice@{ACME}", f"https://{ACME}/posts/1"]
)
def test_a_note_that_names_anything_else_reaches_no_guest(net: Companies, named: str):
    assert reached(net, for_guests(net, content=f"<p>Ask {named}</p>")) == []
    assert ledger.lines(net[ACME], limit=1)[0].verdict == "withheld"


def test_a_label_above_the_guests_own_is_withheld(net: Companies):
    net.perform(ACME, lambda tx: guest.allow(tx, APOLLO, host=MASTODON, label=0))
    assert reached(net, for_guests(net, label=1)) == []
    assert ledger.lines(net[ACME], limit=1)[0].rule == "withheld_label"


@pytest.mark.parametrize(
    "path", ["/projects/apollo", "/projects/apollo/followers", "/projects/apollo/outbox"]
)
def test_a_guest_is_shown_the_project_and_no_other_host_is(net: Companies, path: str):
    assert (status(net, path, MASTODON), status(net, path, "hooli.example")) == (200, 404)


def test_a_guest_learns_of_the_project_neither_members_nor_charter(net: Companies):
    shown = serving.disclose(net[ACME], GATE, "/projects/apollo", viewer=MASTODON)
    assert not isinstance(shown, serving.Permitted)
    document = orjson.loads(shown.body)
    assert (document["type"], document["id"]) == ("Group", APOLLO)
    assert not {"members", "attachment"} & document.keys()
    for path in ("/projects/apollo/charter", f"/log?project={APOLLO}", "/people/alice"):
        assert status(net, path, MASTODON) == 404
    assert (status(net, "/people/alice", MASTODON), status(net, "/projects/apollo/charter", GLOBEX)) == (
        404,
        200,
    )


def test_a_guest_of_one_project_is_not_shown_another(net: Companies):
    project.create(net[ACME], name="gemini", title="Gemini", purpose="Another.")
    assert status(net, "/projects/gemini", MASTODON) == 404


@pytest.mark.parametrize(
    ("agent", "viewer"),
    [
        (AGENT, MASTODON),
        (f"Pleroma 2.9; https://{PLEROMA} <it@{PLEROMA}>", PLEROMA),
        ("Mastodon/4.4.0 (+https://hooli.example/)", "*"),
        (f"Mastodon/4.4.0 (+https://{GLOBEX}/)", "*"),
        (f"curl/8 {MASTODON}", "*"),
        ("https://[ https://", "*"),
    ],
)
def test_an_unsigned_question_counts_as_the_guests_that_its_agent_names(
    net: Companies, agent: str, viewer: str
):
    assert guest.named_in(net[ACME], agent) == viewer


def test_webfinger_shows_the_project_to_its_guest_alone(net: Companies):
    handle = f"acct:apollo@{ACME}"
    found = [serving.webfinger(net[ACME], GATE, handle, viewer=viewer).status for viewer in (MASTODON, "*")]
    assert found == [200, 404]


# when it is over


def closed(net: Companies) -> bool:
    return reached(net, for_guests(net)) == [] and status(net, "/projects/apollo", MASTODON) == 404


def test_the_gate_closes_to_a_guest_when_a_company_suspends_and_opens_again(net: Companies):
    assert not closed(net)
    net.perform(GLOBEX, lambda tx: charter.suspend(tx, APOLLO))
    net.carry()
    assert closed(net)
    net.perform(GLOBEX, lambda tx: charter.resume(tx, APOLLO))
    net.carry()
    assert not closed(net)


def test_the_gate_closes_to_a_guest_when_its_time_is_over(net: Companies):
    net.perform(ACME, lambda tx: guest.allow(tx, APOLLO, host=MASTODON, ends_at_ms=tx.now_ms + DAY_MS))
    assert not closed(net)
    net.pass_ms(DAY_MS)
    assert closed(net)


def test_a_charter_amended_to_allow_no_guests_ends_them(net: Companies):
    row = net.perform(GLOBEX, lambda tx: charter.amend(tx, APOLLO, guests="none"))
    net.carry()
    assert not closed(net)
    approve(net, row, ACME)
    net.carry()
    assert closed(net)
    assert net.perform(ACME, guest.end_due) == 2
    assert net.perform(ACME, guest.end_due) == 0


# taken back


def a_note(net: Companies) -> NoteRow:
    tx, document = net[ACME], for_guests(net)["object"]
    row = NoteRow(1, document["id"], APOLLO, f"https://{GLOBEX}/posts/1", "note", tx.now_ms, None)
    guest_notes.add(tx, row)
    return row


def test_a_revoked_guest_is_told_to_delete_every_note_and_that_nobody_follows_any_more(net: Companies):
    note = a_note(net)
    outcome = guest.revoke(net[ACME], APOLLO, host=MASTODON)
    said = [draft.activity for draft in outcome.drafts]
    assert [(activity["type"], activity["object"]["id"]) for activity in said] == [
        ("Delete", note.iri),
        ("Reject", f"{ANN}/follows/1"),
    ]
    for activity in said:
        [letter] = GATE.release(net[ACME], activity, author=APOLLO)
        assert (letter.host, letter.inbox, letter.rule) == (MASTODON, SHARED, "released_takeback")


def test_a_revoked_guest_gets_nothing_any_more_and_what_waits_for_it_stays(net: Companies):
    [waiting] = GATE.release(net[ACME], for_guests(net), author=APOLLO)
    guest.revoke(net[ACME], APOLLO, host=MASTODON)
    assert closed(net)
    assert not GATE.still_open(net[ACME], waiting)


@pytest.mark.parametrize("kind", ["Create", "Update", "Announce"])
def test_what_takes_back_takes_nothing_else_along(net: Companies, kind: str):
    [delete, _] = [a_note(net), guest.revoke(net[ACME], APOLLO, host=MASTODON).drafts][1:][0]
    activity = delete.activity
    assert reached(net, activity) == [(MASTODON, SHARED)]
    assert reached(net, activity | {"type": kind}) == []


def test_a_revoked_guest_that_is_one_elsewhere_is_not_shown_the_note(net: Companies):
    note = a_note(net)
    guest.revoke(net[ACME], APOLLO, host=MASTODON)
    document = {"id": note.iri, "type": "Note", "attributedTo": APOLLO}
    shown = [
        GATE.disclose(net[ACME], document, viewer=host, media_type="application/activity+json")
        for host in (MASTODON, PLEROMA)
    ]
    assert [answer.status for answer in shown] == [404, 200]


def test_what_takes_back_is_open_for_a_month(net: Companies):
    [reject] = guest.revoke(net[ACME], APOLLO, host=MASTODON).drafts
    [letter] = GATE.release(net[ACME], reject.activity, author=APOLLO)
    assert letter.space == takeback_space(MASTODON, APOLLO)
    net.pass_ms(29 * DAY_MS)
    assert GATE.still_open(net[ACME], letter)
    net.pass_ms(2 * DAY_MS)
    assert not GATE.still_open(net[ACME], letter)


def test_a_guest_is_revoked_once_and_may_be_let_in_again(net: Companies):
    guest.revoke(net[ACME], APOLLO, host=MASTODON)
    with pytest.raises(NotFound):
        guest.revoke(net[ACME], APOLLO, host=MASTODON)
    guest.allow(net[ACME], APOLLO, host=MASTODON)
    assert reached(net, for_guests(net)) == []
    a_follower(net)
    assert reached(net, for_guests(net)) == [(MASTODON, SHARED)]


def test_who_is_forgotten_with_a_guest_is_known_no_more(net: Companies):
    assert guests.actor(net[ACME], ANN) is not None
    guest.revoke(net[ACME], APOLLO, host=MASTODON)
    assert guests.actor(net[ACME], ANN) is None
    assert not guest.is_guest(net[ACME], MASTODON)
    assert guest.is_guest(net[ACME], PLEROMA)


def test_a_delete_arrives_in_whatever_state_the_project_is(net: Companies):
    note = a_note(net)
    draft = guest.say_delete(net[ACME], note, MASTODON)
    [letter] = GATE.release(net[ACME], draft.activity, author=APOLLO)
    net.perform(GLOBEX, lambda tx: charter.suspend(tx, APOLLO))
    net.carry()
    assert GATE.still_open(net[ACME], letter)
    guest.revoke(net[ACME], APOLLO, host=MASTODON)
    assert GATE.still_open(net[ACME], letter)


def test_what_was_deleted_a_moment_ago_is_taken_back_as_well(net: Companies):
    note = a_note(net)
    guest_notes.gone(net[ACME], note.id)
    kinds = [draft.activity["type"] for draft in guest.revoke(net[ACME], APOLLO, host=MASTODON).drafts]
    assert kinds == ["Delete", "Reject"]


def test_of_many_notes_some_are_taken_back_at_once_and_the_others_soon(net: Companies):
    tx, known = net[ACME], set()
    for number in range(2 * guest.AT_ONCE + 1):
        iri = a_thing(tx, f"notes/{number + 10}", space=guests_space(APOLLO), kind="note")
        guest_notes.add(
            tx, NoteRow(number + 10, iri, APOLLO, f"https://{GLOBEX}/posts/{number}", "note", 1, None)
        )
        known.add(iri)
    said = list(guest.revoke(tx, APOLLO, host=MASTODON).drafts)
    assert len(said) == guest.AT_ONCE + 1
    while (outcome := guest.take_back(tx)).value:
        assert len(outcome.drafts) <= guest.AT_ONCE
        said += outcome.drafts
    assert {draft.activity["object"]["id"] for draft in said if draft.activity["type"] == "Delete"} == known
    assert len(said) == len(known) + 1


def test_a_guest_from_which_nobody_ever_followed_has_nothing_to_give_back(net: Companies):
    a_note(net)
    assert guest.revoke(net[ACME], APOLLO, host=PLEROMA).drafts == ()
    assert guest.take_back(net[ACME]).value == 0
