"""What a note says in words of what is not words: polls, quotes, hashtags; and who said it, whatever they are called."""

from typing import Any

import orjson
import pytest

from instance import names, outbox
from instance.domain import guest_mirror, post, quote, vote
from instance.domain.compose import PostDraft
from instance.domain.poll import PollDraft
from instance.storage import actors, delivery, guest_notes, polls, posts, quotes, search_tables
from instance.storage.actors import ActorRow
from instance.storage.database import SqliteTx
from instance.storage.posts import PostRow
from tests.instance.companies import ACME, APOLLO, GATE, GLOBEX, add_member
from tests.instance.guests import MASTODON, a_follower, with_guests

HOUR_MS = 3_600_000


@pytest.fixture
def tx() -> SqliteTx:
    """Acme with alice in Apollo, and a guest host from which Ann follows."""
    net = with_guests(MASTODON)
    for host in (ACME, GLOBEX):
        add_member(net, host)
    a_follower(net)
    net[ACME]._connection.execute(search_tables.CREATE)
    net[ACME].now_ms += 1000
    return net[ACME]


def alice(tx: SqliteTx) -> ActorRow:
    found = actors.by_username(tx, "alice", ACME)
    assert found is not None
    return found


def say(tx: SqliteTx, text: str, **draft: Any) -> PostRow:
    """A post of alice's in the project, and what comes of it."""
    outcome = post.publish(tx, GATE, alice(tx), PostDraft(text, project=APOLLO, **draft))
    outbox.send(tx, outcome.drafts, gate=GATE)
    return outcome.value


def notes(tx: SqliteTx) -> list[dict[str, Any]]:
    """The notes that wait for the guest, in order."""
    bodies = [orjson.loads(row.body) for row in delivery.next_letters(tx, MASTODON, 100)]
    return [body["object"] for body in bodies if body["type"] in {"Create", "Update"}]


def later(tx: SqliteTx, verb: Any) -> None:
    tx.now_ms += 1000
    outbox.send(tx, verb.drafts, gate=GATE)


@pytest.mark.parametrize(
    ("language", "asked", "over"),
    [
        ("en", "people of the project choose.", "The poll is over. Voters: 0."),
        ("fr-CA", "les personnes du projet choisissent.", "Le sondage est terminé. Votants : 0."),
        ("de", "people of the project choose.", "The poll is over. Voters: 0."),
    ],
)
def test_a_poll_tells_its_answers_and_its_end_and_then_the_totals(
    tx: SqliteTx, language: str, asked: str, over: str
):
    made = say(tx, "When?", poll=PollDraft(("Ten", "Eleven"), 3600), language=language)
    assert notes(tx)[0]["content"].endswith(f"{asked}</p>")
    tx.now_ms += HOUR_MS
    later(tx, vote.end(tx, made.id))
    last = notes(tx)[-1]
    assert last["content"] == f"<p>Alice, Acme: When?</p><p>– Ten: 0<br>– Eleven: 0<br>{over}</p>"
    assert last["updated"] > last["published"]


def test_a_partners_poll_is_over_for_guests_when_we_notice(tx: SqliteTx):
    made = say(tx, "When?", poll=PollDraft(("Ten", "Eleven"), 3600))
    tx.now_ms += HOUR_MS
    poll = polls.of_post(tx, made.id)
    assert poll is not None
    polls.change(tx, poll._replace(ended=1))
    assert [draft.activity["type"] for draft in guest_mirror.poll_ended(tx, made)] == ["Update"]


def quoting(tx: SqliteTx) -> tuple[PostRow, PostRow]:
    """A post, and another that quotes it."""
    quoted = say(tx, "The rail is up", quote_policy="public")
    return quoted, say(tx, "Good news", quoted_id=quoted.id)


QUOTED = "<p>Alice, Acme: Good news</p><blockquote><p>Alice, Acme: {}</p></blockquote>"


def test_what_is_quoted_stands_in_the_note_in_words(tx: SqliteTx):
    quoting(tx)
    assert notes(tx)[-1]["content"] == QUOTED.format("The rail is up")


def test_a_quote_goes_with_what_is_quoted(tx: SqliteTx):
    quoted, _ = quoting(tx)
    later(tx, post.edit(tx, GATE, alice(tx), quoted.id, PostDraft("The rail is down")))
    assert notes(tx)[-1]["content"] == QUOTED.format("The rail is down")
    later(tx, post.delete(tx, alice(tx), quoted.id))
    assert notes(tx)[-1]["content"] == "<p>Alice, Acme: Good news</p>"


@pytest.mark.parametrize(
    ("kind", "object_type", "part"),
    [("Accept", "QuoteRequest", "instrument"), ("Delete", "QuoteAuthorization", "interactingObject")],
)
def test_what_is_answered_about_a_quote_changes_the_note(
    tx: SqliteTx, kind: str, object_type: str, part: str
):
    _, quotes_it = quoting(tx)
    row = quotes.of_post(tx, quotes_it.id)
    assert row is not None
    quote.settle(tx, row, state="revoked")
    activity = {"type": kind, "object": {"type": object_type, part: quotes_it.iri}}
    [update] = guest_mirror.mirrored(tx, activity, APOLLO)
    assert update.activity["object"]["content"] == "<p>Alice, Acme: Good news</p>"


def test_what_is_classified_higher_is_not_quoted(tx: SqliteTx):
    quoted, quotes_it = quoting(tx)
    tx._connection.execute("UPDATE post SET label = 3 WHERE id = ?", [quoted.id])
    [update] = guest_mirror.mirrored(tx, {"type": "Update", "object": quotes_it.iri}, APOLLO)
    assert update.activity["object"]["content"] == "<p>Alice, Acme: Good news</p>"


def test_hashtags_are_words_and_emojis_their_names(tx: SqliteTx):
    say(tx, "Due :rocket: #Plan")
    [note] = notes(tx)
    assert note["content"] == '<p>Alice, Acme: Due :rocket: <span class="hashtag">#Plan</span></p>'
    assert note["tag"] == [{"type": "Hashtag", "name": "#Plan"}]


def test_a_long_text_comes_whole(tx: SqliteTx):
    say(tx, "word " * 900)
    assert notes(tx)[0]["content"].count("word") == 900


def test_a_name_that_is_a_handle_gives_nothing_away(tx: SqliteTx):
    tx._connection.execute("UPDATE actor SET display_name = ? WHERE username = 'alice'", [f"@alice@{ACME}"])
    say(tx, "hi")
    [note] = notes(tx)
    assert note["content"] == "<p>[…], Acme: hi</p>"
    assert not any(name.startswith("@") for name in names.names_in(note, own_host=ACME))


def test_nothing_that_is_for_guests_is_for_everybody(tx: SqliteTx):
    quoting(tx)
    made = say(tx, "When?", poll=PollDraft(("Ten", "Eleven"), 3600))
    later(tx, post.boost(tx, GATE, alice(tx), made.id))
    later(tx, post.delete(tx, alice(tx), made.id))
    bodies = [row.body.decode() for row in delivery.next_letters(tx, MASTODON, 100)]
    assert bodies
    assert not any("#Public" in body or "as:Public" in body for body in bodies)
    row = guest_notes.of_source(tx, made.iri)
    assert row is not None
    assert posts.by_iri(tx, made.iri) is not None
