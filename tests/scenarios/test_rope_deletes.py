"""What somebody deletes is gone: from every timeline, every table and every letter, at every company; and the log still proves itself."""

import json
import sqlite3
from pathlib import Path

import pytest

from federation import log
from tests.nodes import Company, until
from tests.scenarios.app import STATUSES, Rope

pytestmark = pytest.mark.asyncio(loop_scope="module")


def places_of(text: str, database: Path) -> set[str]:
    """The tables with these words in some column of theirs, whatever its kind."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table for table in tables if _holds(connection, table, text.encode())}


def _holds(connection: sqlite3.Connection, table: str, needle: bytes) -> bool:
    return any(
        needle in (value if isinstance(value, bytes) else str(value).encode())
        for row in connection.execute(f'SELECT * FROM "{table}"')
        for value in row
    )


async def chain_holds(company: Company, party: str) -> bool:
    """Whether each entry of a party names the hash of the one before, deleted ones by the hash they had."""
    entries = await company.entries(party)
    prev = None
    for row in entries:
        if row.prev != prev:
            return False
        prev = row.hash
    return len(entries) == (await company.heads())[party].seq


async def test_a_deleted_post_is_gone_from_all_timelines(rope: Rope):
    said = await rope.alice.say("@apollo A slip of the pen")
    answer = await rope.bob.reply(said["uri"], "You mean 30")
    await rope.carol.sees(answer["uri"])
    gone = await rope.alice.delete(said)
    assert gone["text"] == "@apollo A slip of the pen", "an app offers to write it anew"
    for phone in (rope.alice, rope.bob, rope.carol):
        await phone.sees_no_more(said["uri"])
        assert said["uri"] not in {one["uri"] for one in await phone.project()}
        assert await phone.sees(answer["uri"]), "answers are their authors' own"


async def test_no_word_of_it_stays_in_any_table_of_any_company(rope: Rope):
    words = "quadruplicate"
    said = await rope.alice.say(f"@apollo {words} gussets", spoiler_text=f"{words} too")
    await rope.bob.sees(said["uri"])
    await rope.alice.edit(said, f"{words} brackets")
    await rope.bob.do("favourite", said["uri"])
    await rope.agree()
    for company in rope.companies:
        assert places_of(words, company.config.database), "it is there before, so this can fail"
    await rope.alice.delete(said)
    await rope.agree()
    for company in rope.companies:
        await until(lambda company=company: _places(words, company), set())


async def _places(words: str, company: Company) -> set[str]:
    return places_of(words, company.config.database)


async def test_the_log_of_every_party_proves_itself_afterwards(rope: Rope):
    said = await rope.bob.say("@apollo Not like this")
    await rope.alice.sees(said["uri"])
    await rope.bob.delete(said)
    await rope.alice.sees_no_more(said["uri"])
    await rope.agree()
    for company in rope.companies:
        for party in rope.companies:
            assert await chain_holds(company, party.host)
        entry = next(row for row in await company.entries(rope.globex.host) if row.object_iri == said["uri"])
        assert entry.state == "redacted"
        assert log.is_redacted(json.loads(entry.document))


async def test_what_is_deleted_does_not_come_back_with_an_answer(rope: Rope):
    said = await rope.alice.say("@apollo Gone soon")
    at_bob = await rope.bob.sees(said["uri"])
    await rope.alice.delete(said)
    await rope.bob.sees_no_more(said["uri"])
    answer = await rope.bob.try_to_say("Too late", in_reply_to_id=at_bob["id"])
    assert (answer.status, answer.content["rule"]) == (422, "no_parent")
    for verb in ("reblog", "favourite", "bookmark"):
        assert (await rope.bob.call("POST", f"{STATUSES}/{at_bob['id']}/{verb}")).status == 404


async def test_a_deleted_post_takes_its_boosts_and_notifications_along(rope: Rope):
    said = await rope.alice.say("@apollo @bob@" + rope.globex.host + " look")
    await rope.bob.hears("mention", said["uri"])
    boost = await rope.carol.do("reblog", said["uri"])
    await rope.bob.sees(boost["uri"])
    await rope.alice.delete(said)
    await rope.bob.sees_no_more(said["uri"])
    assert await rope.bob.read(boost["uri"]) is None
    heard = await rope.bob.get("/api/v1/notifications")
    assert said["uri"] not in {one["status"]["uri"] for one in heard if one["status"]}


async def test_nobody_deletes_what_others_said(rope: Rope):
    said = await rope.alice.say("@apollo Mine")
    for phone in (rope.amine, rope.bob):
        theirs = await phone.sees(said["uri"])
        assert (await phone.call("DELETE", f"{STATUSES}/{theirs['id']}")).status == 404
        assert (await phone.call("PUT", f"{STATUSES}/{theirs['id']}", json={"status": "x"})).status == 404
    await rope.agree()
    assert await rope.carol.read(said["uri"])
