"""Server-sent events: the same news as on a socket, for libraries that read an answer without end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import pytest
from aiohttp import ClientResponse

from instance.domain import token as tokens
from tests.nodes import Company, until
from tests.web.client import App, apps_of, token_for
from web.mastodon.streaming import STREAMS, chunk

Tied = tuple[Company, Company, Company]
SOON_S = 5.0


@dataclass
class Feed:
    """An open answer."""

    answer: ClientResponse

    async def line(self) -> str:
        return (await asyncio.wait_for(self.answer.content.readline(), SOON_S)).decode().rstrip("\n")

    async def event(self) -> tuple[str, str]:
        """The next event, by name, and its data; comments are passed over."""
        while not (name := await self.line()).startswith("event: "):
            assert name in {"", ":)", ":thump"}, name
        data = await self.line()
        assert data.startswith("data: ")
        assert await self.line() == ""
        return name.removeprefix("event: "), data.removeprefix("data: ")


@asynccontextmanager
async def reading(app: App, path: str) -> AsyncIterator[Feed]:
    headers = {"Authorization": f"Bearer {app.token}"}
    async with app.session.get(f"{app.base}/api/v1/streaming/{path}", headers=headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert await Feed(answer).line() == ":)"
        yield Feed(answer)


async def test_a_post_a_change_and_a_deletion_are_told(tied: Tied):
    acme, globex, _ = tied
    async with (
        apps_of(acme, "alice") as (alice,),
        apps_of(globex, "bob") as (bob,),
        reading(bob, "user") as feed,
    ):
        said = await alice.post("/api/v1/statuses", status="@apollo hello")
        name, data = await feed.event()
        status = orjson.loads(data)
        assert (name, status["uri"]) == ("update", said["uri"])
        await alice.call("PUT", f"/api/v1/statuses/{said['id']}", json={"status": "changed"})
        name, data = await feed.event()
        assert (name, orjson.loads(data)["id"]) == ("status.update", status["id"])
        await alice.call("DELETE", f"/api/v1/statuses/{said['id']}")
        assert await feed.event() == ("delete", status["id"])


async def test_a_project_is_a_feed_for_who_is_in_it(tied: Tied):
    acme, _, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        (project,) = await alice.get("/api/v1/lists")
        async with reading(alice, f"list?list={project['id']}") as feed:
            said = await alice.post("/api/v1/statuses", status="@apollo hello")
            name, data = await feed.event()
            assert (name, orjson.loads(data)["uri"]) == ("update", said["uri"])
        answer = await zoe.call("GET", f"/api/v1/streaming/list?list={project['id']}")
        assert answer.status == 404


async def test_without_a_good_token_nothing_is_told(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        assert (await nobody.call("GET", "/api/v1/streaming/user")).status == 401


async def test_a_feed_needs_the_scope_of_its_timeline(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        alice.token = await token_for(acme, "alice", "write")
        assert (await alice.call("GET", "/api/v1/streaming/user")).status == 400


async def test_a_feed_ends_with_its_token(acme: Company):
    async with apps_of(acme, "alice") as (alice,), reading(alice, "user") as feed:
        await acme.node.perform(lambda tx: tokens.revoke(tx, alice.token))
        while not feed.answer.content.at_eof():
            assert await feed.line() in {"", ":thump"}


async def test_who_has_gone_is_told_nothing_more(acme: Company):
    assert acme.runner is not None
    async with apps_of(acme, "alice") as (alice,):
        streams = acme.runner.app[STREAMS]
        async with reading(alice, "user"):
            (feed,) = streams.of(acme.people["alice"].id)

        async def is_gone() -> bool:
            return feed.transport.is_closing()

        await until(is_gone)
        feed.send(b"never written")


@pytest.mark.parametrize(
    ("body", "sent"), [(b":)\n", b"3\r\n:)\n\r\n"), (b"x" * 17, b"11\r\n" + b"x" * 17 + b"\r\n")]
)
def test_a_chunk_says_its_length_in_hex(body: bytes, sent: bytes):
    assert chunk(body) == sent
