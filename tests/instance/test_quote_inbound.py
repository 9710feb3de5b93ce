"""What partners say about quotes: only the author of a post says who quotes it, and only with a stamp for that very quote."""

from typing import Any

import pytest

from instance.domain import post_inbound, quote_inbound
from instance.storage import notifications, posts, quotes
from instance.storage.actors import ActorRow
from instance.storage.posts import PostRow
from instance.storage.window import Window

from .posting import GLOBEX, a_note, a_person, a_project, an_activity, incoming, publish, take

CREATE = (post_inbound.verify_create, post_inbound.apply_create)
REQUEST = (quote_inbound.verify_request, quote_inbound.apply_request)
ACCEPT = (quote_inbound.verify_answer, quote_inbound.apply_accept)
REJECT = (quote_inbound.verify_answer, quote_inbound.apply_reject)
REVOKE = (quote_inbound.verify_revoke, quote_inbound.apply_revoke)
INITECH = "initech.example"


@pytest.fixture
def carol(tx):
    return a_person(tx, "carol", INITECH)


@pytest.fixture
def apollo(tx, alice, bob, carol):
    return a_project(tx, "apollo", alice, bob, carol, parties=(GLOBEX, INITECH))


def quoting(tx, author: ActorRow, project: ActorRow, quoted_iri: str, **note: Any) -> PostRow:
    """A partner's post that quotes, as it is here once it has come."""
    document = a_note(author, quote=quoted_iri, **note)
    take(tx, CREATE, incoming(an_activity("Create", author, document), project, author.host))
    found = posts.by_iri(tx, document["id"])
    assert found is not None
    return found


def asked(author: ActorRow, quoted_iri: str, quoting_iri: str) -> dict[str, Any]:
    return an_activity("QuoteRequest", author, quoted_iri, instrument=quoting_iri)


def stamp(author: ActorRow, quoted_iri: str, quoting_iri: str) -> dict[str, Any]:
    return {
        "id": f"https://{author.host}/stamps/1",
        "type": "QuoteAuthorization",
        "attributedTo": author.iri,
        "interactingObject": quoting_iri,
        "interactionTarget": quoted_iri,
    }


def state(tx, post: PostRow) -> str:
    row = quotes.of_post(tx, post.id)
    return row.state if row else ""


def test_a_request_is_answered_with_a_stamp_as_the_author_lets_it(tx, alice, bob, apollo):
    said = publish(tx, alice, "Ready", project=apollo.iri)
    made = quoting(tx, bob, apollo, said.iri)
    request = incoming(asked(bob, said.iri, made.iri), apollo)
    assert quote_inbound.verify_request(tx, request) == (True, "quote_asked_by_the_author")
    (draft,) = quote_inbound.apply_request(tx, request)
    answer = draft.activity
    assert (answer["type"], answer["actor"], draft.project) == ("Accept", alice.iri, apollo.iri)
    assert answer["result"]["id"] == f"{answer['id']}#authorization"
    assert (answer["result"]["interactingObject"], answer["result"]["interactionTarget"]) == (
        made.iri,
        said.iri,
    )
    assert state(tx, made) == "accepted"
    assert [row.kind for row in notifications.of_owner(tx, alice.id, Window())] == ["quote"]
    assert quote_inbound.apply_request(tx, request) == ()


def test_a_request_is_turned_down_as_the_author_says(tx, alice, bob, apollo):
    said = publish(tx, alice, "Ready", project=apollo.iri, quote_policy="nobody")
    made = quoting(tx, bob, apollo, said.iri)
    (draft,) = quote_inbound.apply_request(tx, incoming(asked(bob, said.iri, made.iri), apollo))
    assert (draft.activity["type"], "result" in draft.activity) == ("Reject", False)
    assert state(tx, made) == "rejected"
    assert notifications.of_owner(tx, alice.id, Window()) == []


def test_nobody_asks_for_the_post_of_another(tx, alice, bob, carol, apollo):
    said = publish(tx, alice, "Ready", project=apollo.iri)
    made = quoting(tx, bob, apollo, said.iri)
    ruling = take(tx, REQUEST, incoming(asked(carol, said.iri, made.iri), apollo, INITECH))
    assert (ruling.taken, ruling.rule, state(tx, made)) == (False, "not_the_author", "pending")


def test_the_answer_of_the_author_shows_the_quote_and_keeps_the_stamp(tx, bob, carol, apollo):
    said = quoting(tx, bob, apollo, "https://globex.example/posts/none")
    made = quoting(tx, carol, apollo, said.iri, id=f"https://{INITECH}/posts/9")
    request = asked(carol, said.iri, made.iri)
    answer = an_activity("Accept", bob, request, result=stamp(bob, said.iri, made.iri))
    assert take(tx, ACCEPT, incoming(answer, apollo)).taken
    row = quotes.of_post(tx, made.id)
    assert row is not None
    assert (row.state, row.stamp_iri) == ("accepted", f"https://{GLOBEX}/stamps/1")
    assert posts.by_id(tx, said.id).quotes_count == 1


@pytest.mark.parametrize(
    ("author", "stamped_for", "rule"),
    [
        ("carol", "made", "not_the_author"),
        ("bob", "other", "quote_without_stamp"),
        ("bob", None, "quote_without_stamp"),
    ],
)
def test_an_answer_of_somebody_else_or_with_another_stamp_shows_nothing(
    tx, bob, carol, apollo, author: str, stamped_for: str | None, rule: str
):
    said = quoting(tx, bob, apollo, "https://globex.example/posts/none")
    made = quoting(tx, carol, apollo, said.iri, id=f"https://{INITECH}/posts/9")
    by = {"bob": bob, "carol": carol}[author]
    meant = made.iri if stamped_for == "made" else said.iri
    result = {"result": stamp(by, said.iri, meant)} if stamped_for else {}
    answer = an_activity("Accept", by, asked(carol, said.iri, made.iri), **result)
    ruling = take(tx, ACCEPT, incoming(answer, apollo, by.host))
    assert (ruling, state(tx, made)) == ((False, rule), "pending")


def test_only_the_author_takes_a_post_out_of_a_quote(tx, alice, bob, carol, apollo):
    said = quoting(tx, bob, apollo, "https://globex.example/posts/none")
    made = quoting(tx, bob, apollo, said.iri, id=f"https://{GLOBEX}/posts/9")
    assert state(tx, made) == "accepted"  # of one company: its Create speaks for both
    for by, taken, after in ((carol, False, "accepted"), (bob, True, "revoked")):
        revoked = an_activity("Delete", by, stamp(by, said.iri, made.iri))
        assert take(tx, REVOKE, incoming(revoked, apollo, by.host)).taken is taken
        assert state(tx, made) == after
    assert posts.by_id(tx, said.id).quotes_count == 0


def test_an_answer_about_a_quote_that_is_not_here_yet_is_looked_at_again(tx, bob, carol, apollo):
    said = quoting(tx, bob, apollo, "https://globex.example/posts/none")
    answer = an_activity("Reject", bob, asked(carol, said.iri, f"https://{INITECH}/posts/9"))
    assert take(tx, REJECT, incoming(answer, apollo)).rule.endswith("_unknown")


def test_what_is_quoted_from_another_space_is_not_shown(tx, alice, bob, apollo):
    inner = publish(tx, alice, "Our price is 100")
    gemini = a_project(tx, "gemini", alice, bob)
    elsewhere = publish(tx, alice, "@gemini Hush", project=gemini.iri)
    for number, one in enumerate((inner, elsewhere)):
        made = quoting(tx, bob, apollo, one.iri, id=f"https://{GLOBEX}/posts/{number + 50}")
        assert state(tx, made) == ""
        assert posts.by_id(tx, one.id).quotes_count == 0


def test_a_quote_that_came_before_what_it_quotes_is_linked_when_that_comes(tx, bob, apollo):
    first = f"https://{GLOBEX}/posts/70"
    made = quoting(tx, bob, apollo, first, id=f"https://{GLOBEX}/posts/71")
    assert state(tx, made) == "pending"
    said = quoting(tx, bob, apollo, f"https://{GLOBEX}/posts/none", id=first)
    assert state(tx, made) == "accepted"
    assert quotes.page(tx, said.id, 0, Window()) == []
    assert posts.by_id(tx, said.id).quotes_count == 1
