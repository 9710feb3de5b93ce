"""An answer that comes before what it answers: its parent is fetched from whoever has the conversation, proven, and at a bounded cost."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from aiohttp.web import Application, Request, Response

from federation.document import Document
from federation.letters import Inquiry, seal_of
from federation.wire import Answer
from instance import backfill
from instance.domain import charter
from instance.domain.missing import FIRST_WAIT_MS, WAITS_MS
from instance.node import Cordee
from instance.storage import charters, delivery, ledger
from instance.storage import log as entries
from instance.storage import missing as rows
from instance.storage.missing import MissingRow
from instance.storage.posts import PostRow
from tests.instance.arriving import a_create, bring, proven, said
from tests.nodes import Company, agree, protocol_app, three_nodes, until
from tests.scenarios.app import Clock

JSON = "application/activity+json"
Three = tuple[Company, Company, Company]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def companies(tmp_path: Path, clock: Clock) -> AsyncIterator[Three]:
    async with three_nodes(tmp_path, clock=clock) as found:
        yield found


async def an_answer(acme: Company, globex: Company, initech: Company) -> tuple[PostRow, Document]:
    """Acme says something and Globex answers, while Initech is off the network; the post, and the entry of the answer."""
    parent = await a_parent(acme, globex, initech)
    here = await globex.find_post(parent.iri)
    assert here is not None
    await globex.post("bob", "M8", in_reply_to_id=here.id)
    await agree(acme, globex)
    return parent, await said(globex, (await globex.heads())[globex.host].seq)


async def a_parent(acme: Company, globex: Company, initech: Company) -> PostRow:
    """Acme says something that Globex has, while Initech is off the network."""
    await initech.shut_door()
    parent = await acme.post("alice", "Which bolts?")
    await agree(acme, globex)
    return parent


async def comes_first(to: Company, answer: Document, *, of: Company) -> MissingRow:
    """The answer alone comes, from a host that says nothing of what it holds; what is known then of its parent."""
    receipt = await bring(to, answer, signer=of.config.home.node)
    assert (receipt.status, receipt.rule) == (202, "post_of_a_member")
    return await missed(to, answer["object"]["inReplyTo"])


async def missed(company: Company, iri: str) -> MissingRow:
    row = await company.node.read(lambda tx: rows.by_iri(tx, iri))
    assert row is not None
    return row


async def looks(company: Company, clock: Clock, *, after_ms: int = FIRST_WAIT_MS) -> None:
    """The time has come to look for what is missing."""
    clock.ahead_ms += after_ms
    await company.node.backfill.do_due()


async def asked(company: Company, what: str = "") -> list[str]:
    """The addresses that were asked for because of conversations."""
    lines = await company.node.read(lambda tx: list(ledger.in_order(tx)))
    found = [line.what for line in lines if line.letter == "inquiry" and line.verdict == "released"]
    return [
        url for url in found if what in url and ("thread=" in url or "/threads/" in url or "context" in url)
    ]


async def are_joined(company: Company, parent: PostRow, answer: Document) -> bool:
    """Whether both are there, in one conversation."""
    above, below = await company.find_post(parent.iri), await company.find_post(answer["object"]["id"])
    return (
        above is not None
        and below is not None
        and (below.in_reply_to_id, below.thread_id) == (above.id, above.thread_id)
    )


async def test_the_parent_of_an_answer_that_came_first_is_fetched_from_its_host(
    companies: Three, clock: Clock
):
    acme, globex, initech = companies
    parent, answer = await an_answer(*companies)
    row = await comes_first(initech, answer, of=globex)
    assert (row.state, row.tries) == ("waiting", 0)
    await looks(initech, clock)
    await until(lambda: are_joined(initech, parent, answer))
    assert (await missed(initech, parent.iri)).state == "found"
    assert await asked(initech, acme.host)
    assert not await asked(initech, globex.host)


async def test_another_party_serves_the_parent_when_its_host_is_down(companies: Three, clock: Clock):
    acme, globex, initech = companies
    parent, answer = await an_answer(*companies)
    await acme.shut_door()
    await comes_first(initech, answer, of=globex)
    await looks(initech, clock)
    await until(lambda: are_joined(initech, parent, answer))
    assert await asked(initech, globex.host)


async def test_what_stands_before_the_parent_in_its_partys_log_comes_as_well_and_in_order(
    companies: Three, clock: Clock
):
    acme, globex, initech = companies
    await initech.shut_door()
    for number in range(3):
        await acme.post("alice", f"Part {number}")
    parent, answer = await an_answer(*companies)
    await comes_first(initech, answer, of=globex)
    await looks(initech, clock)
    await until(lambda: are_joined(initech, parent, answer))
    mine = await initech.entries(acme.host)
    assert [row.state for row in mine] == ["applied"] * len(mine)
    assert [(row.seq, row.hash) for row in mine] == [
        (row.seq, row.hash) for row in await acme.entries(acme.host)
    ]


async def test_what_a_company_said_before_it_left_is_had_from_those_who_stay(companies: Three, clock: Clock):
    """Initech spoke and left; Acme, away meanwhile, hears of the departure, and an answer to what it never saw."""
    acme, globex, initech = companies
    await acme.shut_door()
    parent = await initech.post("carol", "The last drawing")
    await agree(globex, initech)
    here = await globex.find_post(parent.iri)
    assert here is not None
    await globex.post("bob", "Thanks", in_reply_to_id=here.id)
    answer = await said(globex, (await globex.heads())[globex.host].seq)
    await initech.node.perform(lambda tx: charter.leave(tx, initech.project_iri))
    await bring(acme, await farewell(initech, to=acme), signer=initech.config.home.node)
    assert await knows_that_left(acme, initech)
    await comes_first(acme, answer, of=globex)
    await looks(acme, clock)
    await until(lambda: are_joined(acme, parent, answer))
    assert await asked(acme, globex.host)
    assert not await asked(acme, initech.host)


async def farewell(company: Company, *, to: Company) -> Document:
    """The word that a company leaves, which has not gone to another yet."""
    letters = await company.node.read(lambda tx: delivery.next_letters(tx, to.host, 20))
    documents = [orjson.loads(letter.body) for letter in letters]
    return next(document for document in documents if document["type"] == "Leave")


async def knows_that_left(company: Company, who: Company) -> bool:
    found = await company.node.read(lambda tx: charters.last_party(tx, company.project_iri, who.host))
    return found is not None and found.left_at_ms is not None


async def test_a_parent_that_comes_by_itself_is_not_asked_for(companies: Three, clock: Clock):
    acme, globex, initech = companies
    parent, answer = await an_answer(*companies)
    await comes_first(initech, answer, of=globex)
    await bring(initech, await said(acme, 2), signer=acme.config.home.node)
    assert await are_joined(initech, parent, answer)
    await looks(initech, clock)
    assert (await missed(initech, parent.iri)).state == "found"
    assert await asked(initech) == []


async def test_nobody_is_asked_before_its_time(companies: Three, clock: Clock):
    _, globex, initech = companies
    _, answer = await an_answer(*companies)
    await comes_first(initech, answer, of=globex)
    await looks(initech, clock, after_ms=0)
    assert await asked(initech) == []


async def test_a_restart_forgets_nothing_of_what_is_missing(companies: Three, clock: Clock):
    acme, globex, initech = companies
    answer = await answering(globex, f"{acme.config.base_url}/posts/never-was")
    await comes_first(initech, answer, of=globex)
    await initech.stop()
    clock.ahead_ms += FIRST_WAIT_MS
    await initech.start()

    async def tries() -> int:
        return (await missed(initech, answer["object"]["inReplyTo"])).tries

    await until(tries, 1)


async def test_a_parent_that_nobody_has_is_looked_for_a_few_times_and_then_no_more(
    companies: Three, clock: Clock
):
    acme, globex, initech = companies
    answer = await answering(globex, f"{acme.config.base_url}/posts/never-was")
    await comes_first(initech, answer, of=globex)
    for wait_ms in (FIRST_WAIT_MS, *WAITS_MS, WAITS_MS[-1], WAITS_MS[-1]):
        await looks(initech, clock, after_ms=wait_ms)
    row = await missed(initech, answer["object"]["inReplyTo"])
    assert (row.state, row.tries) == ("given_up", len(WAITS_MS) + 1)
    assert len(await asked(initech)) <= 2 * (len(WAITS_MS) + 1)


async def answering(
    globex: Company, parent_iri: str, *, to: Company | None = None, number: int = 1, **note: Any
) -> Document:
    """A proven answer of bob's to something, as the next entry of Globex that `to` has not got; Globex itself has not said it."""
    bob = globex.people["bob"].iri
    create = a_create(globex, bob, "An answer", number=number)
    create["object"] |= {"inReplyTo": parent_iri, **note}
    return await proven(globex, bob, create, head=(await (to or globex).heads())[globex.host])


@pytest.mark.parametrize(
    "iri", ["https://elsewhere.example/posts/1", "tag:x,2026:1", "https://elsewhere.example\\x/"]
)
async def test_a_parent_of_a_host_that_is_in_no_charter_is_not_looked_for(
    companies: Three, clock: Clock, iri: str
):
    _, globex, initech = companies
    await bring(initech, await answering(globex, iri), signer=globex.config.home.node)
    assert await initech.node.read(lambda tx: rows.by_iri(tx, iri)) is None
    await looks(initech, clock)
    assert await asked(initech) == []


async def test_a_collection_at_a_host_that_is_in_no_charter_is_not_asked(companies: Three, clock: Clock):
    acme, globex, initech = companies
    elsewhere = "https://elsewhere.example/threads/9"
    answer = await answering(
        globex, f"{acme.config.base_url}/posts/1", context=elsewhere, contextHistory=elsewhere
    )
    await comes_first(initech, answer, of=globex)
    await looks(initech, clock)
    assert await asked(initech, acme.host)
    assert not await asked(initech, "elsewhere.example")


# A partner of another make, with collections of its own


def serving(documents: dict[str, Any]) -> Callable[[Cordee], Application]:
    """A node's doors, and these documents below /threads/."""

    def app_of(node: Cordee) -> Application:
        app = protocol_app(node)

        async def answer(request: Request) -> Response:
            document = documents.get(request.path_qs)
            if document is None:
                return Response(status=404)
            body = document if isinstance(document, bytes) else orjson.dumps(document)
            return Response(body=body, content_type=JSON)

        app.router.add_get("/threads/{name}", answer)
        return app

    return app_of


async def reopen(company: Company, documents: dict[str, Any]) -> None:
    await company.shut_door()
    company.app_of = serving(documents)
    await company.open_door()


async def test_the_collection_that_a_partner_names_is_asked_first(companies: Three, clock: Clock):
    acme, globex, initech = companies
    parent = await a_parent(*companies)
    history = f"{globex.config.base_url}/threads/9"
    page = {"id": history, "type": "OrderedCollection", "orderedItems": [await said(acme, 2)]}
    await reopen(globex, {"/threads/9": page})
    answer = await answering(globex, parent.iri, contextHistory=history)
    await comes_first(initech, answer, of=globex)
    await looks(initech, clock)
    await until(lambda: are_joined(initech, parent, answer))
    assert await asked(initech) == [history]


async def test_a_collection_of_posts_leads_to_that_of_activities(companies: Three, clock: Clock):
    """Globex has the thread, and does not know what a conversation asked for by a post is."""
    acme, globex, initech = companies
    parent = await a_parent(*companies)
    context = f"{globex.config.base_url}/threads/9"
    entry = await said(acme, 2)
    inside = {"type": "OrderedCollectionPage", "items": [entry]}
    await reopen(
        globex,
        {
            "/threads/9": {"id": context, "history": f"{context}?activities"},
            "/threads/9?activities": {"first": inside},
        },
    )
    await acme.shut_door()
    await globex.node.write(lambda tx: hide(tx, parent.iri))
    answer = await answering(globex, parent.iri, context=context)
    await comes_first(initech, answer, of=globex)
    await looks(initech, clock)
    await until(lambda: are_joined(initech, parent, answer))


def hide(tx: Any, iri: str) -> None:
    """Let a node not find a post by its id."""
    tx._connection.execute("UPDATE post SET iri = iri || '#hidden' WHERE iri = ?", (iri,))


HISTORY = "/threads/9"


LIES: dict[str, dict[str, Any]] = {
    "loop": {HISTORY: {"type": "OrderedCollection", "next": HISTORY}},
    "endless": {HISTORY + (f"?{n}" if n else ""): {"next": f"{HISTORY}?{n + 1}"} for n in range(500)},
    "nonsense": {HISTORY: {"orderedItems": [{"log": 5}, 7, None, "x", {"log": {"project": []}}, []] * 500}},
    "elsewhere": {HISTORY: {"next": "https://elsewhere.example/threads/1"}},
    "within": {HISTORY: {"first": {"orderedItems": {}, "next": HISTORY}}},
    "large": {HISTORY: b"{" + b'"x": 1,' * 400_000 + b'"y": 1}'},
    "deep": {HISTORY: b"[" * 100_000},
    "text": {HISTORY: b"not json"},
    "empty": {HISTORY: {}},
    "nothing": {},
}


async def test_one_that_lies_or_loops_costs_a_few_questions_and_nothing_else(companies: Three, clock: Clock):
    acme, globex, initech = companies
    base = globex.config.base_url
    for number, (lie, documents) in enumerate(LIES.items()):
        await reopen(globex, {path: with_base(page, base) for path, page in documents.items()})
        answer = await answering(
            globex,
            f"{acme.config.base_url}/posts/{lie}",
            to=initech,
            number=number,
            contextHistory=f"{base}{HISTORY}",
        )
        await comes_first(initech, answer, of=globex)
        heads, before = await initech.heads(), len(await asked(initech, "/threads/"))
        await looks(initech, clock, after_ms=WAITS_MS[-1])  # by then nobody is left alone any more
        assert 1 <= len(await asked(initech, "/threads/")) - before <= backfill.PAGES, lie
        assert await initech.heads() == heads, lie
        await initech.node.write(
            partial(rows.settle, parent_iri=answer["object"]["inReplyTo"], state="given_up")
        )
    assert not await asked(initech, "elsewhere.example")


def with_base(page: Any, base: str) -> Any:
    """The addresses of our own in it whole."""
    if isinstance(page, dict) and str(page.get("next", "")).startswith("/"):
        return page | {"next": base + page["next"]}
    return page


async def test_a_forged_entry_is_not_taken_and_who_served_it_is_left_alone_for_a_while(
    companies: Three, clock: Clock
):
    acme, globex, initech = companies
    parent = await a_parent(*companies)
    await acme.shut_door()
    true = await said_while_down(globex, acme)
    forged = {**true, "object": {**true["object"], "content": "<p>M10, I said</p>"}}
    history = f"{globex.config.base_url}/threads/9"
    await reopen(globex, {"/threads/9": {"orderedItems": [forged]}})
    await globex.node.write(lambda tx: hide(tx, parent.iri))
    answer = await answering(globex, parent.iri, contextHistory=history)
    await comes_first(initech, answer, of=globex)
    await looks(initech, clock)
    assert await initech.find_post(parent.iri) is None
    assert await asked(initech, globex.host) == [history]  # neither is its log asked now


async def said_while_down(holder: Company, party: Company) -> Document:
    """The second entry of a party, as another holds it."""
    row = await holder.node.read(lambda tx: entries.at(tx, holder.project_iri, party.host, seq=2))
    assert row is not None
    return orjson.loads(row.document)


# Asked by others


async def signed_get(company: Company, url: str) -> Answer:
    node = company.node
    letter = Inquiry(url, JSON, node.home.node, "test")
    return await node.wire.get(replace(letter, seal=seal_of(letter, node.seal_key)))


async def test_all_companies_say_the_same_of_where_a_conversation_is(companies: Three):
    acme, globex, initech = companies
    parent = await acme.post("alice", "Which bolts?")
    await agree(*companies)
    for company, name in ((globex, "bob"), (initech, "carol")):
        here = await company.find_post(parent.iri)
        assert here is not None
        await company.post(name, "M8", in_reply_to_id=here.id)
    await agree(*companies)
    for company in (globex, initech):
        entry = await said(company, 2)
        assert (entry["object"]["context"], entry["context"]) == (
            f"{parent.iri}/context",
            f"{parent.iri}/context-history",
        )
    answer = await signed_get(globex, f"{parent.iri}/context")
    first, second = (
        orjson.loads(answer.body)["orderedItems"][0],
        orjson.loads(answer.body)["orderedItems"][1:],
    )
    assert first == parent.iri
    assert {urlsplit(iri).netloc for iri in second} == {globex.host, initech.host}
    history = orjson.loads((await signed_get(initech, f"{parent.iri}/context-history")).body)["orderedItems"]
    assert next(item["id"] for item in history if item["type"] == "Create") == (await said(acme, 2))["id"]
    assert all(item["proof"] for item in history)


async def test_an_internal_conversation_is_over_the_wire_what_never_was(companies: Three):
    acme, globex, _ = companies
    hush = await acme.post("alice", "Our margin is thin", project=None)
    for name in ("context", "context-history"):
        answers = [
            await signed_get(globex, f"{iri}/{name}")
            for iri in (hush.iri, f"{acme.config.base_url}/posts/1234")
        ]
        assert {(answer.status, answer.body) for answer in answers} == {(404, answers[0].body)}
    assert not any(
        "margin" in line.what for line in await acme.node.read(lambda tx: list(ledger.in_order(tx)))
    )
