"""An app made with Masto.js: a process of its own, which a test tells what to call.

async with an_app(acme, "alice", "zoe") as (alice, zoe):
    made = await alice("v1/statuses/create", status="Hello")
    await zoe(f"v1/statuses/:{made['id']}/favourite")
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from tests.nodes import PATIENCE_S, Company, until
from tests.third_party.partner import HERE, NODE
from tests.web.client import token_for
from web.mastodon.streaming import STREAMS

LINE_LIMIT_BYTES = 1024 * 1024


class Refused(Exception):
    """The library raised; `status` is that of the answer."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass
class MastoApp:
    """The app of one person."""

    name: str
    company: Company
    process: asyncio.subprocess.Process

    async def __call__(self, path: str, *args: Any, **words: Any) -> Any:
        """Call a method of the library: positional arguments as they are, words as one object."""
        return await self.tell(path=path, args=[*args, *([words] if words else [])])

    async def pages(self, path: str, count: int, **words: Any) -> list[list[str]]:
        """The ids on the first pages of a list."""
        found: list[list[str]] = await self.tell(path=path, args=[words], pages=count)
        return found

    async def listen(self, stream: str) -> None:
        """Hear a stream from now on."""
        await self.tell(listen=stream)
        person = self.company.people[self.name]
        assert self.company.runner is not None
        streams = self.company.runner.app[STREAMS]  # type: ignore[union-attr]

        async def listens() -> bool:
            return any(one.names for one in streams.of(person.id))

        await until(listens)

    async def heard(self, count: int) -> list[dict[str, Any]]:
        """The first events, when there are so many."""
        events: list[dict[str, Any]] = await self.tell(heard=count)
        return events

    async def tell(self, **call: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(orjson.dumps({"who": self.name} | call) + b"\n")
        answer = orjson.loads(await asyncio.wait_for(self.process.stdout.readline(), PATIENCE_S))
        if "error" in answer:
            raise Refused(answer["status"], answer["error"])
        return answer["value"]


def as_file(data: bytes) -> str:
    """The bytes of a file, as an argument."""
    return b64encode(data).decode()


@asynccontextmanager
async def an_app(company: Company, *names: str) -> AsyncIterator[tuple[MastoApp, ...]]:
    """The app, running, with a token of each of these people."""
    tokens = {name: await token_for(company, name) for name in names}
    base = f"127.0.0.1:{company.port}"
    process = await asyncio.create_subprocess_exec(
        *(NODE, HERE / "app.mjs"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT_BYTES,
    )
    assert process.stdin is not None
    try:
        told = {"url": f"http://{base}", "streaming": f"ws://{base}", "tokens": tokens}
        process.stdin.write(orjson.dumps(told) + b"\n")
        yield tuple(MastoApp(name, company, process) for name in names)
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), PATIENCE_S)
