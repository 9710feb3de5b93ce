"""The companies of the bench: real ones, made as in the tests; the one that is measured runs by itself, on a core of its own."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple, cast

from aiohttp import ClientSession, TCPConnector
from aiohttp.web import Application, AppRunner, Response, SockSite
from aiohttp.web import Request as Asked
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from multidict import CIMultiDict

from federation.keys import private_from_pem, rsa_key_id
from federation.signature import Form, Request, sign
from federation.vocabulary import ACTIVITY_JSON
from instance import config as settings
from instance.domain import token
from instance.storage import delivery, keys
from tests.bench import machine
from tests.nodes import Company, _listening, a_company, agree, running, tie

SCOPES = "read write follow push"


@contextmanager
def serve(company: Company, *, log: Path | None = None) -> Iterator[Popen[bytes]]:
    """Run `cordee serve` for a company whose node is not open here."""
    file = company.config.data_dir / "cordee.toml"
    chosen = ("domain", "company", "base_url", "listen", "data_dir", "allowed_networks")
    file.write_text(settings.render(company.config, chosen))
    with machine.process("-m", "web.serve", "serve", "--config", str(file), log=log) as child:
        yield child


async def answers(session: ClientSession, company: Company, child: Popen[bytes]) -> float:
    """Seconds until the node first answers."""
    start = time.perf_counter()
    while time.perf_counter() - start < 60:
        if child.poll() is not None:
            raise RuntimeError("the node ended; run with --log FILE to see why")
        try:
            async with session.get(
                f"http://127.0.0.1:{company.port}/api/v2/instance", headers={"Host": company.host}
            ) as answer:
                if answer.status == 200:
                    return time.perf_counter() - start
        except OSError:
            await asyncio.sleep(0.005)
    raise RuntimeError("the node does not answer")


@asynccontextmanager
async def client(
    company: Company, bearer: str = "", *, connections: int = 16
) -> AsyncIterator[ClientSession]:
    """A client of the node's API, on loopback whatever the resolver thinks of *.localhost."""
    headers = {"Host": company.host} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    async with ClientSession(
        f"http://127.0.0.1:{company.port}", headers=headers, connector=TCPConnector(limit=connections)
    ) as session:
        yield session


async def bearer(company: Company, username: str) -> str:
    """A token of a person, made while the node is open here."""
    return await company.node.perform(
        partial(token.issue, actor_id=company.people[username].id, scopes=SCOPES)
    )


@asynccontextmanager
async def tied(directory: Path, partners: int, *, hub: bool) -> AsyncIterator[tuple[Company, list[Company]]]:
    """Acme and so many partners, all open here. `hub`: one project of acme with all of them, else one of each partner with acme."""
    acme = a_company(directory, "acme")
    others = [a_company(directory, f"p{n:02d}") for n in range(partners)]
    async with running(acme, *others):
        if hub:
            await tie(acme, *others)
        for other in others:
            if not hub:
                await tie(other, acme)
            await other.hire("bob")
            await other.join("bob", role="lead")
        await acme.hire("alice")
        if hub:
            await acme.join("alice", role="lead")
            await agree(acme, *others)
        else:
            for other in others:
                acme.project_iri = other.project_iri
                await acme.join("alice")
                await agree(acme, other)
        yield acme, others


class Signed(NamedTuple):
    """A letter as it goes over the wire."""

    body: bytes
    headers: dict[str, str]


async def signed_letters(sender: Company, to: Company) -> list[Signed]:
    """The letters that wait for a company, in order, signed as the wire would sign them."""
    own = await sender.node.read(lambda tx: keys.private_key(tx, tx.home.node, keys.RSA))
    key = cast("RSAPrivateKey", private_from_pem(own.private_pem if own else "", own=True))
    rows = await sender.node.read(lambda tx: delivery.next_letters(tx, to.host, 100_000))
    return [_signed(row.body, sender, to, key) for row in rows]


def _signed(body: bytes, sender: Company, to: Company, key: RSAPrivateKey) -> Signed:
    own = {"Content-Type": ACTIVITY_JSON}
    request = Request("POST", to.config.base_url, "/inbox", CIMultiDict(own), body)
    added = sign(
        request, key=key, key_id=rsa_key_id(sender.config.home.node), form=Form.RFC9421, now=time.time()
    )
    return Signed(body, own | dict(added))


class Sink:
    """A host that takes every letter and keeps nothing; `delay_s` makes it slow."""

    def __init__(self, company: Company, *, delay_s: float = 0.0) -> None:
        self.company, self.delay_s, self.count, self.last = company, delay_s, 0, 0.0
        self.listening: socket.socket | None = None

    async def open(self) -> None:
        """Stand in the company's door."""
        await self.company.shut_door()
        app = Application(client_max_size=2**21)
        app.router.add_post("/{tail:.*}", self._take)
        self.runner = AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await SockSite(self.runner, _listening(self.company.port)).start()

    async def close(self) -> None:
        """Leave the door."""
        await self.runner.cleanup()
        if self.listening is not None:
            self.listening.close()

    async def fall_silent(self) -> None:
        """Take connections from now on, as the machine does by itself, and never read what comes."""
        await self.close()
        self.listening = _listening(self.company.port)
        self.listening.listen(128)

    async def _take(self, request: Asked) -> Response:
        await request.read()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        self.count, self.last = self.count + 1, time.perf_counter()
        return Response(status=202)
