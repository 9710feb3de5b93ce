"""Whatever happened, each company's ledger has a line for it, and proves that none was changed or taken out."""

import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from instance.storage import ledger
from instance.storage.ledger import LineRow
from tests.nodes import Company, until
from tests.scenarios.app import Rope
from tests.scenarios.deals import Deal
from tests.scenarios.pictures import PNG
from tests.scenarios.raw import raw_answer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def lines(company: Company) -> list[LineRow]:
    return await company.node.read(lambda tx: list(ledger.in_order(tx)))


def letters(company: Company) -> Counter[tuple[str, str]]:
    """Every letter that was ever queued, by activity and host, as the database has them."""
    with closing(sqlite3.connect(company.config.database)) as from_outside:
        found = from_outside.execute(
            "SELECT activity_iri, host FROM delivery JOIN outgoing ON outgoing.id = outgoing_id"
        )
        return Counter(found.fetchall())


async def much_happens(rope: Rope) -> None:
    said = await rope.alice.say("@apollo One")
    await rope.bob.reply(said["uri"], "Two")
    await rope.carol.do("reblog", said["uri"])
    await rope.carol.do("favourite", said["uri"])
    await rope.carol.do("unreblog", said["uri"])
    picture = await rope.bob.upload(PNG)
    await rope.alice.sees((await rope.bob.say("@apollo Three", media_ids=[picture["id"]]))["uri"])
    secret = await rope.alice.say("Not for them")
    await rope.zoe.do("favourite", secret["uri"])
    assert (await rope.alice.try_to_say(f"@apollo {secret['uri']}")).status == 422
    await rope.alice.delete(said)
    await rope.carol.sees_no_more(said["uri"])
    await rope.agree()


async def test_every_ledger_proves_itself_after_much_has_happened(rope: Rope):
    await much_happens(rope)
    for company in rope.companies:
        proof = await company.node.read(company.node.gate.verify_ledger)
        assert (proof.ok, proof.broken_at) == (True, None)
        assert proof.lines == len(await lines(company)) > 10


async def test_a_reader_of_egress_md_proves_it_without_us(rope: Rope):
    await much_happens(rope)
    for company in rope.companies:
        with closing(sqlite3.connect(company.config.database)) as database:
            database.row_factory = sqlite3.Row
            prev = "0" * 64
            for row in database.execute("SELECT * FROM ledger ORDER BY seq"):
                line = dict(row)
                claimed = line.pop("hash")
                text = json.dumps(
                    line | {"prev": prev}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
                )
                prev = hashlib.sha256(text.encode()).hexdigest()
                assert prev == claimed


async def test_each_letter_has_its_line_and_each_line_its_letter(rope: Rope):
    await much_happens(rope)
    for company in rope.companies:
        released = Counter(
            (line.what, line.host)
            for line in await lines(company)
            if (line.letter, line.verdict) == ("outbound", "released")
        )
        assert released == letters(company)


async def test_what_stayed_inside_has_its_line_too(rope: Rope):
    before = len(await lines(rope.acme))
    secret = await rope.alice.say("Not for them")
    await rope.zoe.do("favourite", secret["uri"])
    fresh = (await lines(rope.acme))[before:]
    assert [(line.verdict, line.rule, line.host) for line in fresh] == [
        ("withheld", "withheld_internal", "*")
    ] * 2
    assert all(secret["uri"] in line.names for line in fresh)


async def test_what_was_refused_before_it_was_published_has_its_line_with_its_author(rope: Rope):
    secret = await rope.alice.say("Not for them")
    assert (await rope.alice.try_to_say(f"@apollo see {secret['uri']}")).status == 422
    last = (await lines(rope.acme))[-1]
    assert (last.verdict, last.rule, last.what) == (
        "withheld",
        "withheld_internal",
        rope.acme.people["alice"].iri,
    )
    assert json.loads(last.names) == [secret["uri"]]


async def test_the_page_of_it_says_why(rope: Rope):
    secret = await rope.alice.say("Not for them")
    deal = Deal(rope, "apollo", rope.acme.project_iri, rope.companies)
    page = await (await deal.it_of(rope.acme)).get(
        "/app/ledger", params={"verdict": "withheld", "prove": "1"}
    )
    assert page.status == 200
    assert secret["uri"].partition("://")[2] in page.content
    assert "It names what is known only inside the company" in page.content


async def test_a_partners_question_is_a_line_and_a_strangers_is_not(rope: Rope):
    before = len(await lines(rope.acme))
    for path in ("/posts/1", "/people/alice", "/actor"):
        await raw_answer(rope.acme, "GET", path)
    assert [line for line in (await lines(rope.acme))[before:] if line.letter == "disclosure"] == []
    picture = await rope.alice.upload(PNG, description="new")
    said = await rope.alice.say("@apollo A picture", media_ids=[picture["id"]])

    async def is_there() -> bool:
        return (await rope.bob.sees(said["uri"]))["media_attachments"][0]["type"] == "image"

    await until(is_there)
    asked = [line for line in (await lines(rope.acme))[before:] if line.letter == "disclosure"]
    assert rope.globex.host in {line.host for line in asked}
    assert {line.verdict for line in asked} == {"released"}
