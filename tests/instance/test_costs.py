"""What the hot paths ask of the database, counted: a bound for each, so that what was made quick stays so."""

import pytest

from federation import log
from federation.activity import Activity
from instance import inbox, outbox
from instance.domain import post
from instance.domain.compose import PostDraft
from instance.domain.poll import PollDraft
from instance.inbox import Arrival
from instance.storage import log as entries
from instance.storage import timelines
from instance.storage.window import Window
from tests.counting import Counting

from .posting import GATE, GLOBEX, a_note, a_person, a_project, an_activity, publish


def published(tx, author, draft):
    """Publish as the node does, in a transaction that counts."""
    counted = Counting(tx)
    outcome = post.publish(counted, GATE, author, draft)
    outbox.send(counted, outcome.drafts, gate=GATE)
    return counted


def test_a_plain_status_asks_at_most_seventeen_statements(tx, alice):
    assert published(tx, alice, PostDraft("The frame is ready")).count <= 17


def test_the_length_of_a_status_costs_no_statement(tx, alice):
    short, long = (published(tx, alice, PostDraft("frame " * words)) for words in (1, 500))
    assert short.count == long.count


def test_a_plain_status_asks_nothing_about_what_it_has_not(tx, alice):
    counted = published(tx, alice, PostDraft("The frame is ready"))
    for name in ("post_tag", "tag_follow", "log_entry", "delivery", "notification"):
        assert name not in " ".join(counted.asked), name
    assert counted.tables("DELETE FROM") == set()


def test_a_status_with_a_poll_writes_it(tx, alice):
    draft = PostDraft("Which?", poll=PollDraft(("this", "that"), expires_in_s=3600))
    assert "poll" in published(tx, alice, draft).tables("INSERT INTO")


def arrives(tx, author, project, number):
    """A plain post of a partner's person as the next entry of that company's sequence, taken in by a transaction that counts."""
    note = a_note(author, "<p>The frame is ready</p>")
    note |= {"context": f"{note['id']}/context", "contextHistory": f"{note['id']}/context-history"}
    document = an_activity("Create", author, note)
    head = entries.head(tx, project.iri, GLOBEX)
    document["log"] = log.log_fields(project=project.iri, party=GLOBEX, head=head)
    counted, activity = Counting(tx), Activity.parse(document)
    arrival = Arrival(activity, GLOBEX, GLOBEX, activity.actor, log.entry_of(document), heads={})
    receipt = inbox.receive(counted, arrival, gate=GATE, is_news=False)
    assert (receipt.status, receipt.rule) == (202, "post_of_a_member"), number
    return counted


def test_a_plain_post_of_a_partner_asks_at_most_thirty_statements_however_many_came_before(tx, alice):
    bob = a_person(tx, "bob", GLOBEX)
    apollo = a_project(tx, "apollo", alice, bob)
    asked = [arrives(tx, bob, apollo, number).count for number in range(5)]
    assert max(asked) <= 30
    assert asked[1] == asked[-1]


def test_the_company_timeline_is_read_by_its_index_when_all_posts_but_few_are_in_a_project(tx, alice):
    apollo = a_project(tx, "apollo", alice)
    for n in range(60):
        publish(tx, alice, f"{n} @apollo")
    tx._connection.execute("ANALYZE")
    counted = Counting(tx)
    for read in (
        lambda: timelines.company(counted, alice.id, Window()),
        lambda: timelines.project(counted, alice.id, apollo.iri, Window()),
    ):
        read()
        assert "SEARCH post USING INDEX ix_post_space" in counted.plan()


@pytest.mark.parametrize("words", ["nothing to link here", "a name: and more"])
def test_what_has_no_address_gets_no_link(tx, alice, words):
    assert "<a " not in publish(tx, alice, words).content


@pytest.mark.parametrize(
    "address", ["https://x.example/a", "http://x.example", "//x.example/a", "mailto:a@x.example"]
)
def test_an_address_becomes_a_link_however_it_begins(tx, alice, address):
    assert "<a " in publish(tx, alice, f"see {address} now").content
