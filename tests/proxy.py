"""A proxy as companies have them in front of a node, with its manners: what it does to requests and to answers.

async with a_proxy(acme) as proxy:
    proxy.manners = Manners(host="backend")
"""

import gzip
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession
from aiohttp.web import Application, AppRunner, Request, Response, SockSite
from yarl import URL

from tests.nodes import Company, _listening, free_port


@dataclass(frozen=True)
class Manners:
    """What the proxy calls the node, which headers it drops and adds, how it writes the target, whether it packs answers, what it answers alone."""

    host: str = ""
    drops: tuple[str, ...] = ()
    adds: Mapping[str, str] = field(default_factory=dict)
    target: Callable[[str], str] = str
    packs: bool = False
    alone: int = 0


@dataclass
class Proxy:
    """The proxy, up. `seen` are the requests that came, as method and target."""

    inner: int
    session: ClientSession
    manners: Manners = field(default_factory=Manners)
    seen: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        """Ask the node behind, and answer with what it says."""
        self.seen.append((request.method, request.raw_path))
        manners, body = self.manners, await request.read()
        if manners.alone:
            return Response(status=manners.alone, text="<html>an error page</html>", content_type="text/html")
        headers = request.headers.copy()
        for name in manners.drops:
            headers.popall(name, None)
        headers.extend(manners.adds)
        if manners.host:
            headers["Host"] = manners.host
        url = URL(f"http://127.0.0.1:{self.inner}{manners.target(request.raw_path)}", encoded=True)
        async with self.session.request(
            request.method, url, data=body or None, headers=headers, allow_redirects=False
        ) as answer:
            told = await answer.read()
            kept = {
                name: answer.headers[name]
                for name in ("Content-Type", "Cordee-Heads")
                if name in answer.headers
            }
            if manners.packs:
                told, kept = gzip.compress(told), kept | {"Content-Encoding": "gzip"}
            return Response(status=answer.status, body=told, headers=kept)


@asynccontextmanager
async def a_proxy(company: Company) -> AsyncIterator[Proxy]:
    """A proxy where the company listens; the company itself listens behind it."""
    outer, inner = company.port, free_port()
    await company.shut_door()
    company.port = inner
    await company.open_door()
    company.port = outer
    async with ClientSession(auto_decompress=False) as session:
        proxy, app = Proxy(inner, session), Application(client_max_size=2**21)
        app.router.add_route("*", "/{path:.*}", proxy.answer)
        runner = AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await SockSite(runner, _listening(outer)).start()
        try:
            yield proxy
        finally:
            await runner.cleanup()
