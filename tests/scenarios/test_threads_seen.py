"""A conversation whose beginning has not come yet, in an app: what is there, that more is awaited, and the whole of it once it is there."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from federation.document import Document
from instance.domain.missing import FIRST_WAIT_MS, FRESH_MS, WAITS_MS
from tests.instance.arriving import bring, said
from tests.nodes import Company, agree, free_port, until
from tests.scenarios.app import STATUSES, Phone, Rope

pytestmark = pytest.mark.asyncio(loop_scope="module")
REFRESHES = "/api/v1_alpha/async_refreshes"
_HEADER = re.compile(r'id="(\d+)", retry=(\d+), result_count=(\d+)')


@asynccontextmanager
async def out_of_reach(company: Company) -> AsyncIterator[None]:
    """The company's own people come in by a door that no other company knows; at the end all is as before."""
    address = company.port
    await company.shut_door()
    company.port = free_port()
    await company.open_door()
    try:
        yield
    finally:
        await company.shut_door()
        company.port = address
        await company.open_door()


async def half_a_talk(rope: Rope, words: str) -> tuple[str, Document, str]:
    """Alice asks, bob answers, alice thanks; of that bob's answer alone has come to Initech. The question, the answer, the thanks."""
    question = await rope.alice.say(f"{rope.handle} {words}")
    await agree(rope.acme, rope.globex)
    await rope.bob.reply(question["uri"], "M8")
    await agree(rope.acme, rope.globex)
    answer = await said(rope.globex, (await rope.globex.heads())[rope.globex.host].seq)
    thanks = await rope.alice.reply(answer["object"]["id"], "Thanks")
    await agree(rope.acme, rope.globex)
    receipt = await bring(rope.initech, answer, signer=rope.globex.config.home.node)
    assert receipt.status == 202
    return question["uri"], answer, thanks["uri"]


async def shown(phone: Phone, uri: str) -> tuple[Any, str]:
    """What the app shows around a post, and what it is told of more to come."""
    status = await phone.sees(uri)
    answer = await phone.call("GET", f"{STATUSES}/{status['id']}/context")
    return answer.content, answer.headers.get("Mastodon-Async-Refresh", "")


async def test_an_app_is_told_that_the_beginning_is_awaited_and_then_gets_all_of_it(rope: Rope):
    async with out_of_reach(rope.initech):
        question, answer, thanks = await half_a_talk(rope, "Which bolts?")
        around, header = await shown(rope.carol, answer["object"]["id"])
        found = _HEADER.fullmatch(header)
        assert found is not None
        assert (around["ancestors"], found[3]) == ([], "0")
        refresh = await rope.carol.get(f"{REFRESHES}/{found[1]}")
        assert refresh == {"async_refresh": {"id": found[1], "status": "running", "result_count": 0}}
        rope.clock.ahead_ms += FIRST_WAIT_MS
        await rope.initech.node.backfill.do_due()

        async def thread() -> list[str]:
            return await rope.carol.thread(answer["object"]["id"])

        await until(thread, [question, answer["object"]["id"], thanks])
        refresh = await rope.carol.get(f"{REFRESHES}/{found[1]}")
        assert refresh["async_refresh"] == {"id": found[1], "status": "finished", "result_count": 1}
        assert (await shown(rope.carol, answer["object"]["id"]))[1] == ""
    await rope.agree()


async def test_who_is_not_in_the_project_hears_of_nothing_that_is_awaited(rope: Rope):
    async with out_of_reach(rope.initech):
        _, answer, _ = await half_a_talk(rope, "Which nuts?")
        _, header = await shown(rope.carol, answer["object"]["id"])
        found = _HEADER.fullmatch(header)
        assert found is not None
        for row_id in (found[1], "1", "x", "9" * 30):
            refused = await rope.zita.call("GET", f"{REFRESHES}/{row_id}")
            assert (refused.status, refused.content) == (404, {"error": "Record not found"})
    await rope.agree()


async def test_nobody_waits_before_a_screen_for_what_is_looked_for_in_an_hour(rope: Rope):
    async with out_of_reach(rope.initech):
        _, answer, _ = await half_a_talk(rope, "Which rings?")
        _, header = await shown(rope.carol, answer["object"]["id"])
        found = _HEADER.fullmatch(header)
        assert found is not None
        rope.clock.ahead_ms += FRESH_MS
        assert WAITS_MS[-1] > FRESH_MS
        assert (await shown(rope.carol, answer["object"]["id"]))[1] == ""
        refresh = await rope.carol.get(f"{REFRESHES}/{found[1]}")
        assert refresh["async_refresh"]["status"] == "finished"
    await rope.agree()


async def test_a_whole_conversation_says_nothing_of_more(rope: Rope):
    question = await rope.alice.say(f"{rope.handle} Which washers?")
    await rope.bob.reply(question["uri"], "None")
    await rope.agree()
    assert (await shown(rope.carol, question["uri"]))[1] == ""
