"""A push service on a loopback socket: it keeps what it is sent, and answers as it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from aiohttp.web import Application, AppRunner, Request, Response, TCPSite

from tests.nodes import free_port


class Taken(NamedTuple):
    """A message as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class PushService:
    """Answers each message with the next of `answers`, and with 201 when there is none left."""

    port: int
    taken: list[Taken] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)  # by path: answered when it is set

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, name: str) -> str:
        return f"{self.origin}/for/{name}"

    async def take(self, request: Request) -> Response:
        self.taken.append(Taken(request.path, request.headers.copy(), await request.read()))
        if request.path in self.held:
            await self.held[request.path].wait()
        status, headers = self.answers.pop(0) if self.answers else (201, {})
        return Response(status=status, headers=headers)

    async def count(self) -> int:
        await asyncio.sleep(0)
        return len(self.taken)


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """A running one."""
    service = PushService(free_port())
    app = Application()
    app.router.add_post("/{tail:.*}", service.take)
    runner = AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await TCPSite(runner, "127.0.0.1", service.port).start()
    try:
        yield service
    finally:
        await runner.cleanup()
