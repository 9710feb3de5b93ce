"""Partners' questions and votes: who is heard, what is counted, and whose word the totals are."""

from typing import Any

import pytest

from federation.document import Document
from instance.activities import RULES, VOTE, rule_for
from instance.domain import poll_inbound, vote
from instance.domain.outcome import Incoming, Ruling
from instance.domain.poll import PollDraft
from instance.storage import charters, polls, posts
from tests.instance.posting import (
    GATE,
    GLOBEX,
    a_note,
    a_person,
    a_project,
    an_activity,
    incoming,
    join,
    publish,
    take,
)

INITECH = "initech.example"
CAST = (poll_inbound.verify_vote, poll_inbound.apply_vote)
ASK = (RULES["Create", "Question"].verify, RULES["Create", "Question"].apply)
TELL = (RULES["Update", "Question"].verify, RULES["Update", "Question"].apply)
PUBLISHED = "2026-09-21T14:00:00.000Z"


@pytest.fixture
def apollo(tx, alice, bob):
    return a_project(tx, "apollo", alice, bob, parties=(GLOBEX, INITECH))


def asked(tx, author, *, multiple: bool = False) -> Any:
    """A poll of ours in Apollo."""
    return publish(tx, author, "@apollo which?", poll=PollDraft(("a", "b"), 3600, multiple=multiple))


def a_vote(voter, question: str, name: str = "a", **more: Any) -> Document:
    carried = {"id": f"{voter.iri}#votes/1", "type": "Note", "name": name, "inReplyTo": question}
    return an_activity("Create", voter, carried | more)


def end_charter(tx) -> None:
    (row,) = charters.all_charters(tx)
    charters.set_state(tx, row.id, "suspended")


def cast(tx, document: Document, *, host: str = GLOBEX) -> Ruling:
    """Let a vote arrive, outside of all logs."""
    return take(tx, CAST, incoming(document, None, host))


def counts(tx, post_id: int) -> list[int | None]:
    row = polls.of_post(tx, post_id)
    assert row is not None
    return [count for _, count in row.options()]


def test_a_vote_is_told_from_words_by_its_name_alone(tx, bob):
    said = incoming(a_vote(bob, "https://acme.example/posts/1"), None).activity
    assert rule_for(said) is RULES["Create", VOTE]
    words = incoming(a_vote(bob, "https://acme.example/posts/1", content="<p>a</p>"), None).activity
    assert rule_for(words) is RULES["Create", "Note"]
    nameless = incoming(a_vote(bob, "https://acme.example/posts/1", name=""), None).activity
    assert rule_for(nameless) is RULES["Create", "Note"]


def test_a_partners_vote_is_counted_and_the_project_is_told(tx, alice, bob, apollo):
    post = asked(tx, alice)
    assert cast(tx, a_vote(bob, post.iri, "b")) == Ruling(taken=True, rule="vote_in_the_project")
    assert counts(tx, post.id) == [0, 1]


def test_the_answer_to_a_vote_is_the_question_with_its_totals(tx, alice, bob, apollo):
    post = asked(tx, alice)
    (draft,) = poll_inbound.apply_vote(tx, incoming(a_vote(bob, post.iri, "b"), None))
    assert (draft.activity["type"], draft.author, draft.project) == ("Update", alice.iri, apollo.iri)
    question = draft.activity["object"]
    assert [one["replies"]["totalItems"] for one in question["oneOf"]] == [0, 1]
    assert (question["type"], question["votersCount"], "updated" in question) == ("Question", 1, False)
    assert bob.iri not in str(draft.activity)


def test_nobody_is_counted_twice_and_of_one_answer_not_with_two(tx, alice, bob, apollo):
    post = asked(tx, alice)
    for name in ("a", "a", "b"):
        cast(tx, a_vote(bob, post.iri, name))
    assert counts(tx, post.id) == [1, 0]


def test_of_several_answers_each_comes_by_itself_and_once(tx, alice, bob, apollo):
    post = asked(tx, alice, multiple=True)
    for name in ("a", "b", "b"):
        cast(tx, a_vote(bob, post.iri, name))
    row = polls.of_post(tx, post.id)
    assert row is not None
    assert (counts(tx, post.id), row.voters_count) == ([1, 1], 1)


@pytest.mark.parametrize("name", ["c", "", None, 1, ["a", "b"]])
def test_an_answer_that_was_not_asked_for_is_not_counted(tx, alice, bob, apollo, name: Any):
    post = asked(tx, alice)
    assert cast(tx, a_vote(bob, post.iri, name)).rule == "vote_not_counted"
    assert counts(tx, post.id) == [0, 0]


def test_a_vote_after_the_end_is_not_counted(tx, alice, bob, apollo):
    post = asked(tx, alice)
    tx.now_ms += 3_600_000
    assert cast(tx, a_vote(bob, post.iri)).rule == "vote_not_counted"


def test_who_is_not_in_the_project_has_no_vote(tx, alice, bob, apollo):
    post, mallory = asked(tx, alice), a_person(tx, "mallory", GLOBEX)
    assert cast(tx, a_vote(mallory, post.iri)).rule == "poll_not_theirs"
    join(tx, apollo, mallory)
    assert cast(tx, a_vote(mallory, post.iri)).taken


def test_while_the_project_is_shut_a_vote_is_for_later_and_elsewhere_there_is_nothing(tx, alice, bob, apollo):
    post, umbrella = asked(tx, alice), a_person(tx, "eve", "umbrella.example")
    end_charter(tx)
    assert cast(tx, a_vote(bob, post.iri)).rule == "closed"
    assert cast(tx, a_vote(umbrella, post.iri), host=umbrella.host).rule == "poll_not_theirs"
    assert counts(tx, post.id) == [0, 0]


def test_a_company_does_not_vote_for_anothers_people(tx, alice, bob, apollo):
    post = asked(tx, alice)
    assert cast(tx, a_vote(bob, post.iri), host=INITECH).rule == "poll_not_theirs"


def test_a_vote_needs_the_proof_of_the_voter(tx, alice, bob, apollo):
    post = asked(tx, alice)
    said = incoming(a_vote(bob, post.iri), None)
    unproven = Incoming(said.activity, said.host, None, None, None)
    assert poll_inbound.verify_vote(tx, unproven).rule == "poll_not_theirs"
    assert poll_inbound.verify_vote(tx, said).taken


def test_nobody_outside_votes_inside_the_company(tx, alice, bob, apollo):
    inner = publish(tx, alice, "which?", poll=PollDraft(("a", "b"), 3600))
    assert cast(tx, a_vote(bob, inner.iri)).rule == "poll_not_theirs"


def test_a_vote_in_a_poll_of_elsewhere_is_none_of_ours(tx, bob, apollo):
    assert cast(tx, a_vote(bob, "https://globex.example/posts/1")).rule == "poll_not_theirs"


def question(author, *, totals: tuple[int, int] = (0, 0), **more: Any) -> Document:
    answers = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
        for name, count in zip("ab", totals, strict=True)
    ]
    facts = {
        "id": f"https://{GLOBEX}/posts/poll",
        "type": "Question",
        "published": PUBLISHED,
        "oneOf": answers,
    }
    return a_note(author, "<p>which?</p>", **facts | more)


def arrives(tx, project, author, document: Document, *, rule: Any = ASK, kind: str = "Create") -> Ruling:
    return take(tx, rule, incoming(an_activity(kind, author, document), project, author.host))


def test_a_partners_question_is_a_post_with_a_poll(tx, bob, apollo):
    assert arrives(tx, apollo, bob, question(bob, totals=(2, 1))).taken
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    assert (post.content, counts(tx, post.id)) == ("<p>which?</p>", [2, 1])


def test_totals_are_taken_from_the_author_without_being_an_edit(tx, bob, apollo):
    arrives(tx, apollo, bob, question(bob))
    ruling = arrives(tx, apollo, bob, question(bob, totals=(3, 1)), rule=TELL, kind="Update")
    assert ruling == Ruling(taken=True, rule="totals_by_the_author")
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    assert (counts(tx, post.id), post.edited_at_ms) == ([3, 1], None)


def test_a_question_that_is_said_twice_keeps_the_later_totals(tx, bob, apollo):
    arrives(tx, apollo, bob, question(bob))
    arrives(tx, apollo, bob, question(bob, totals=(3, 1)), rule=TELL, kind="Update")
    arrives(tx, apollo, bob, question(bob))
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    assert counts(tx, post.id) == [3, 1]


@pytest.mark.parametrize("more", [{"type": "Note"}, {"oneOf": []}])
def test_what_tells_no_totals_and_is_no_newer_changes_nothing(tx, bob, apollo, more: dict[str, Any]):
    arrives(tx, apollo, bob, question(bob, totals=(2, 1)))
    stale = question(bob, totals=(0, 0), **more)
    assert arrives(tx, apollo, bob, stale, rule=TELL, kind="Update").rule == "not_newer"
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    assert counts(tx, post.id) == [2, 1]


def test_totals_by_anybody_else_are_not_taken(tx, bob, apollo):
    arrives(tx, apollo, bob, question(bob))
    dora = a_person(tx, "dora", GLOBEX)
    join(tx, apollo, dora)
    forged = question(bob, totals=(9, 0))
    assert arrives(tx, apollo, dora, forged, rule=TELL, kind="Update").rule == "not_the_author"
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    assert counts(tx, post.id) == [0, 0]


def test_our_vote_in_a_partners_poll_goes_to_that_company_alone(tx, alice, bob, apollo):
    arrives(tx, apollo, bob, question(bob))
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    (draft,) = vote.vote(tx, GATE, alice, post.id, [1]).drafts
    assert (draft.host, draft.project, draft.author) == (GLOBEX, None, alice.iri)
    carried = draft.activity["object"]
    assert (carried["name"], carried["inReplyTo"], "content" in carried) == ("b", post.iri, False)
    assert counts(tx, post.id) == [0, 1]


def test_other_answers_by_a_partner_make_our_votes_void(tx, alice, bob, apollo):
    arrives(tx, apollo, bob, question(bob))
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    vote.vote(tx, GATE, alice, post.id, [1])
    changed = question(bob, oneOf=[{"name": "c"}, {"name": "d"}], updated="2026-09-21T14:10:00.000Z")
    tx.now_ms += 3_600_000
    assert arrives(tx, apollo, bob, changed, rule=TELL, kind="Update").rule == "edit_by_the_author"
    assert polls.choices_of(tx, post.id, alice.id) == ()


def test_an_edit_to_plain_words_takes_a_partners_poll_away(tx, bob, apollo):
    arrives(tx, apollo, bob, question(bob))
    words = question(bob, type="Note", updated="2026-09-21T14:10:00.000Z")
    tx.now_ms += 3_600_000
    assert arrives(tx, apollo, bob, words, rule=TELL, kind="Update").taken
    post = posts.by_iri(tx, f"https://{GLOBEX}/posts/poll")
    assert post is not None
    assert polls.of_post(tx, post.id) is None
