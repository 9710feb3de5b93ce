"""The two ends of the wire: Acme's, and Globex, a real server on loopback that proves who writes to it."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response, StreamResponse

from federation import signature
from federation.errors import FederationError
from federation.signature import Form
from federation.wire import Answer, Wire
from tests.fakes import SEAL_KEY
from tests.federation.signing import KEY_ID, PRIVATE, PUBLIC

LOOPBACK = [ip_network("127.0.0.0/8")]
BOTH = [*LOOPBACK, ip_network("::1/128")]
Handler = Callable[[Request], Awaitable[StreamResponse]]


def a_wire(**settings: object) -> Wire:
    """Acme's wire; it may go to loopback unless told otherwise."""
    settings = {"allowed_networks": LOOPBACK, "total_timeout_s": 5.0, **settings}
    return Wire(SEAL_KEY, keys=lambda _: (KEY_ID, PRIVATE), user_agent="Cordee/test", **settings)  # type: ignore[arg-type]


class Globex:
    """The other end: a real server that proves who writes to it, and remembers it."""

    def __init__(self, handler: Handler | None = None, *, takes: tuple[Form, ...] = tuple(Form)) -> None:
        self.handler = handler
        self.takes = takes
        self.requests: list[Request] = []
        self.proven: list[Form] = []
        self.url = ""

    async def answer(self, request: Request) -> StreamResponse:
        self.requests.append(request)
        if self.handler is not None:
            return await self.handler(request)
        body = await request.read()
        origin = f"http://{request.headers['Host']}"
        message = signature.Request(request.method, origin, request.raw_path, request.headers, body)
        sender = signature.verify(message, key=PUBLIC, now=datetime.now(UTC).timestamp())
        if sender.form not in self.takes:
            return Response(status=401)
        self.proven.append(sender.form)
        return Response(status=202, text="thank you")


@asynccontextmanager
async def globex(
    handler: Handler | None = None,
    *,
    takes: tuple[Form, ...] = tuple(Form),
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Globex]:
    """Globex, up and listening."""
    there, app = Globex(handler, takes=takes), Application()
    app.router.add_route("*", "/{path:.*}", there.answer)
    server = TestServer(app, scheme="https" if tls else "http", host="127.0.0.1")
    await server.start_server(ssl=tls)
    there.url = f"{server.scheme}://globex.localhost:{server.port}"
    try:
        yield there
    finally:
        await server.close()


@asynccontextmanager
async def closing(wire: Wire) -> AsyncIterator[Wire]:
    """The wire, closed in the end."""
    try:
        yield wire
    finally:
        await wire.close()


async def rule_of(attempt: Awaitable[Answer]) -> tuple[type[FederationError], str]:
    """How an attempt fails."""
    with pytest.raises(FederationError) as caught:
        await attempt
    return type(caught.value), caught.value.rule
