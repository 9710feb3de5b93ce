"""Nodes stop and start again, IT works at the shell beside the server, and the project goes on as if nothing had been."""

from collections.abc import Iterator

import pytest
import structlog

from tests.nodes import until
from tests.scenarios.app import Phone, Rope
from tests.scenarios.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def _servers_are_silent() -> Iterator[None]:
    """The servers run in this process: what they log would stand among what the commands print."""
    structlog.configure(logger_factory=structlog.testing.CapturingLoggerFactory())
    yield
    structlog.reset_defaults()


async def test_what_was_said_while_a_node_was_down_is_there_after_its_start(rope: Rope):
    await rope.globex.stop()
    said = await rope.alice.say("@apollo While Globex is down")
    answer = await rope.carol.reply(said["uri"], "We go on")
    await rope.globex.start()
    for company in (rope.acme, rope.initech):
        await company.node.try_now(rope.globex.host)
    assert await rope.bob.thread(answer["uri"]) == [said["uri"], answer["uri"]]
    await rope.agree()


async def test_a_letter_that_waited_goes_after_its_own_node_was_started_again(rope: Rope):
    await rope.globex.shut_door()
    said = await rope.alice.say("@apollo Before the update")
    await rope.carol.sees(said["uri"])
    await rope.acme.stop()
    await rope.globex.open_door()
    await rope.acme.start()
    await rope.acme.node.try_now(rope.globex.host)
    await rope.bob.sees(said["uri"])
    await rope.agree()


async def test_timelines_marks_and_tokens_are_the_same_after_a_start(rope: Rope):
    said = await rope.alice.say("@apollo Remembered")
    await rope.bob.do("favourite", said["uri"])
    await rope.agree()
    before = await what_is_shown(rope.bob)
    await rope.globex.stop()
    await rope.globex.start()
    assert await what_is_shown(rope.bob) == before


async def what_is_shown(phone: Phone) -> list[tuple[str, str, bool]]:
    """The posts in both timelines, as they matter to this person."""
    posts = [*await phone.home(), *await phone.project()]
    return [(one["id"], one["content"], one["favourited"]) for one in posts]


async def test_what_is_deleted_while_a_node_was_down_is_gone_there_too(rope: Rope):
    said = await rope.alice.say("@apollo A slip")
    await rope.bob.sees(said["uri"])
    await rope.globex.stop()
    await rope.alice.delete(said)
    await rope.globex.start()
    await rope.acme.node.try_now(rope.globex.host)
    await rope.bob.sees_no_more(said["uri"])


async def test_a_suspension_at_the_shell_is_heeded_by_the_running_server(rope: Rope):
    shell = Desk(rope.acme)
    await shell.run("charter suspend apollo")

    async def rule() -> str:
        answer = await rope.alice.try_to_say("@apollo on?")
        return answer.content.get("rule", "")

    await until(rule, "withheld_closed")
    await until(rope.globex.charter_state, "suspended")
    await shell.run("charter resume apollo")
    await until(rope.globex.charter_state, "live")
    await rope.bob.sees((await rope.alice.say("@apollo On again"))["uri"])


async def test_who_is_disabled_at_the_shell_is_out_of_the_running_server(rope: Rope):
    await rope.acme.hire("arno")
    arno = await rope.newcomer(rope.acme, "arno")
    assert await arno.home() == []
    await Desk(rope.acme).run("person disable arno")

    async def status() -> int:
        return (await arno.call("GET", "/api/v1/timelines/home")).status

    await until(status, 401)


async def test_who_is_added_at_the_shell_reads_and_posts_at_once(rope: Rope):
    await rope.acme.hire("anna")
    anna = await rope.newcomer(rope.acme, "anna")
    assert await anna.get("/api/v1/lists") == []
    await Desk(rope.acme).run("member add apollo anna")

    async def lists() -> int:
        return len(await anna.get("/api/v1/lists"))

    await until(lists, 1)
    said = await anna.say("@apollo Good morning")
    await rope.bob.sees(said["uri"])


async def test_a_token_made_at_the_shell_works_at_once(rope: Rope):
    anew = await rope.newcomer(rope.acme, "zoe")
    anew.token = (await Desk(rope.acme).run("token --person zoe --scopes 'read write'")).split()[-1]
    assert (await anew.get("/api/v1/accounts/verify_credentials"))["acct"] == "zoe"


async def test_the_ledger_at_the_shell_is_whole_while_the_server_writes_on(rope: Rope):
    for number in range(5):
        await rope.alice.say(f"@apollo Part {number}")
    assert "lines" in await Desk(rope.acme).run("egress verify")
