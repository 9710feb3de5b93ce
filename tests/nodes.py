"""Real nodes for tests: three companies on loopback sockets, tied by a live charter, each with its people.

    async with three_nodes(tmp_path) as (acme, globex, initech):
        post = await acme.post("alice", "The frame is ready")
        await agree(acme, globex, initech)

The project is apollo, of acme; alice is of acme, bob of globex, carol of initech. The charter is shaken on and the people are added through
the nodes themselves, over the wire. A company is stopped and started again on the same port with `stop` and `start`.
"""

import asyncio
import itertools
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from aiohttp.web import Application, AppRunner, SockSite

from federation import endpoints
from federation.log import Head
from instance.config import Config
from instance.domain import actor, charter, member, post, project
from instance.domain.charter import PartyTerms
from instance.domain.compose import PostDraft
from instance.node import Cordee
from instance.storage import actors, charters, delivery, log, posts
from instance.storage.actors import ActorRow
from instance.storage.database import now_ms
from instance.storage.posts import PostRow
from tests import databases

AppOf = Callable[[Cordee], Application]
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_FIRST_PORT, _PORTS_COUNT = 20_000, 12_000
_PORTS = (_FIRST_PORT + (os.getpid() * 101 + n) % _PORTS_COUNT for n in itertools.count())
PATIENCE_S = 20.0  # how long a test waits for what must come; it fails then, it never passes because of it


def protocol_app(node: Cordee) -> Application:
    """The doors for other servers alone, without pages and client API."""
    app = Application()
    for route in endpoints.routes(node, node.seal_key):
        app.router.add_route(route.method, route.path, route.handler)
    return app


@dataclass
class Company:
    """One company: its node, its server, its people. `node` is the running node."""

    config: Config
    port: int
    app_of: AppOf = protocol_app
    clock: Callable[[], int] = now_ms
    project_iri: str = ""
    people: dict[str, ActorRow] = field(default_factory=dict)
    node: Cordee = field(init=False)
    runner: AppRunner | None = field(default=None, init=False)
    opened: socket.socket | None = field(default=None, init=False)

    @property
    def host(self) -> str:
        return self.config.domain

    @property
    def inbox(self) -> str:
        return self.config.home.inbox

    async def start(self) -> None:
        """Open the node and its door."""
        self.node = await Cordee.open(self.config, clock=self.clock)
        await self.open_door()

    async def open_door(self) -> None:
        """Listen for other servers."""
        self.runner = AppRunner(self.app_of(self.node), access_log=None, shutdown_timeout=1.0)
        await self.runner.setup()
        opened, self.opened = self.opened or _listening(self.port), None
        await SockSite(self.runner, opened).start()

    async def shut_door(self) -> None:
        """Go off the network; the node itself goes on."""
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def stop(self) -> None:
        """Shut the door and close the node."""
        await self.shut_door()
        await self.node.close()

    async def hire(self, username: str, **facts: Any) -> ActorRow:
        """Make an employee."""
        facts = {"display_name": username.title(), "password_hash": "x", "email": ""} | facts
        row = await self.node.perform(lambda tx: actor.create_person(tx, username=username, **facts))
        self.people[username] = row
        return row

    async def join(self, username: str, *, role: str = "member") -> None:
        """Put one of our people into the project."""
        person = self.people[username]
        await self.node.perform(lambda tx: member.add(tx, self.project_iri, actor_id=person.id, role=role))

    async def leave_out(self, username: str) -> None:
        """Take one of our people out of the project."""
        person = self.people[username]
        await self.node.perform(lambda tx: member.remove(tx, self.project_iri, actor_id=person.id))

    async def post(self, username: str, text: str, **draft: Any) -> PostRow:
        """Publish a post in the project, as one of our people. `project=None` keeps it in the company."""
        author = self.people[username]
        draft = {"project": self.project_iri} | draft
        if "in_reply_to_id" in draft:
            draft["project"] = None
        return await self.node.perform(
            lambda tx: post.publish(tx, self.node.gate, author, PostDraft(text, **draft))
        )

    async def delete(self, username: str, post_id: int) -> None:
        """Delete a post, as one of our people."""
        author = self.people[username]
        await self.node.perform(lambda tx: post.delete(tx, author, post_id))

    async def person(self, iri: str) -> ActorRow | None:
        """A person as this node knows them."""
        return await self.node.read(lambda tx: actors.by_iri(tx, iri))

    async def find_post(self, iri: str) -> PostRow | None:
        """A post as this node holds it."""
        return await self.node.read(lambda tx: posts.by_iri(tx, iri))

    async def heads(self) -> dict[str, Head]:
        """How far this node holds the project's log."""
        return await self.node.read(lambda tx: log.heads(tx, self.project_iri))

    async def entries(self, party: str) -> list[log.EntryRow]:
        """The entries of a party as this node holds them."""
        return await self.node.read(
            lambda tx: log.after(tx, self.project_iri, party, seq=0, upto=2**53, limit=100_000)
        )

    async def waiting(self) -> int:
        """How many letters wait to be sent."""
        return len(await self.node.read(delivery.busy_lanes))

    async def questions(self) -> int:
        """How many questions of others were answered or refused."""
        asked = "SELECT count(*) FROM ledger WHERE letter = 'disclosure'"
        return await self.node.read(lambda tx: tx._connection.execute(asked).fetchone()[0])

    async def was_asked(self, count: int) -> bool:
        """Whether that many questions were asked: a node asks its partners how far they are as soon as it has started."""
        return await self.questions() >= count

    async def charter_state(self) -> str:
        """The state of the newest version of the project's charter, or nothing."""
        found = await self.node.read(lambda tx: charters.of_project(tx, self.project_iri))
        return found[0].state if found else ""


def a_company(
    directory: Path,
    name: str,
    *,
    app_of: AppOf = protocol_app,
    clock: Callable[[], int] = now_ms,
    port: int | None = None,
    **settings: Any,
) -> Company:
    """A company as `cordee init` would set it up: settings, seal key, database. Not started yet."""
    port = port or free_port()
    data_dir = directory / name
    data_dir.mkdir(parents=True)
    domain = f"{name}.localhost:{port}"
    config = Config(
        domain=domain,
        company=name.title(),
        base_url=f"http://{domain}",
        listen=f"127.0.0.1:{port}",
        data_dir=data_dir,
        allowed_networks=LOOPBACK,
        **settings,
    )
    config.media_dir.mkdir()
    config.seal_key_path.write_bytes(secrets.token_bytes(32))
    config.seal_key_path.chmod(0o600)
    databases.write(config.database)
    return Company(config, port, app_of, clock)


@asynccontextmanager
async def running(*companies: Company) -> AsyncIterator[Sequence[Company]]:
    """The companies, started, and stopped at the end whatever happens."""
    started: list[Company] = []
    try:
        for company in companies:
            await company.start()
            started.append(company)
        yield companies
    finally:
        for company in started:
            await company.stop()


@asynccontextmanager
async def three_nodes(
    directory: Path, *, app_of: AppOf = protocol_app, clock: Callable[[], int] = now_ms, **settings: Any
) -> AsyncIterator[tuple[Company, Company, Company]]:
    """Acme, Globex and Initech, tied by the live charter of apollo, with alice, bob and carol in it."""
    if clock is now_ms and not settings:
        world = _again(_THREE, _tied, directory, app_of)
    else:
        world = _tied(directory, app_of=app_of, clock=clock, **settings)
    async with world as companies:
        acme, globex, initech = companies
        yield acme, globex, initech


@asynccontextmanager
async def one_node(directory: Path, *, app_of: AppOf = protocol_app) -> AsyncIterator[Company]:
    """Acme alone."""
    async with _again(_ONE, _alone, directory, app_of) as (acme,):
        yield acme


@asynccontextmanager
async def _alone(directory: Path) -> AsyncIterator[Sequence[Company]]:
    async with running(a_company(directory, "acme")) as companies:
        yield companies


@asynccontextmanager
async def _tied(directory: Path, **options: Any) -> AsyncIterator[Sequence[Company]]:
    companies = [a_company(directory, name, **options) for name in ("acme", "globex", "initech")]
    async with running(*companies):
        acme, globex, initech = companies
        await tie(acme, globex, initech)
        for company, name in zip(companies, ("alice", "bob", "carol"), strict=True):
            await company.hire(name)
            await company.join(name, role="lead")
        await agree(*companies)
        yield companies


class _Made(NamedTuple):
    """A company as it was when it had been tied to the others, to begin with again: at the same port, since that is part of its name."""

    name: str
    port: int
    project_iri: str
    people: dict[str, ActorRow]
    questions: int
    database: bytes


_World = tuple[_Made, ...]
# Worlds that no test uses now, and ports with them.
_ONE: list[_World] = []
_THREE: list[_World] = []


@asynccontextmanager
async def _again(
    idle: list[_World],
    make: Callable[[Path], AbstractAsyncContextManager[Sequence[Company]]],
    directory: Path,
    app_of: AppOf,
) -> AsyncIterator[Sequence[Company]]:
    """Companies as they were once made. Three that are tied take seven RSA keys and a handshake: four times what the start of their nodes takes."""
    world = _unused(idle) or await _kept(make)
    companies = [_company(made, directory, app_of) for made in world]
    for company in companies:
        company.opened = _listening(company.port)
        company.opened.listen()  # whoever starts first can reach the others already
    async with running(*companies):
        for company, made in zip(companies, world, strict=True):
            await until(partial(company.was_asked, made.questions + len(world) - 1))
        yield companies
    idle.append(world)


def _unused(idle: list[_World]) -> _World | None:
    """A world whose ports no other process has taken since."""
    while idle:
        world = idle.pop()
        if all(_is_free(made.port) for made in world):
            return world
    return None


async def _kept(make: Callable[[Path], AbstractAsyncContextManager[Sequence[Company]]]) -> _World:
    with TemporaryDirectory() as directory:
        async with make(Path(directory)) as companies:
            for company in companies:
                await until(company.waiting, 0)
            questions = [await company.questions() for company in companies]
        return tuple(
            _Made(
                company.config.company.lower(),
                company.port,
                company.project_iri,
                company.people,
                asked,
                company.config.database.read_bytes(),
            )
            for company, asked in zip(companies, questions, strict=True)
        )


def _company(made: _Made, directory: Path, app_of: AppOf) -> Company:
    company = a_company(directory, made.name, app_of=app_of, port=made.port)
    company.config.database.write_bytes(made.database)
    company.project_iri, company.people = made.project_iri, dict(made.people)
    return company


async def tie(host: Company, *others: Company, ceiling: int = 1, guests: str = "none") -> None:
    """Make the project apollo at `host` and shake on its charter with the others, over the wire."""
    made = await host.node.perform(
        lambda tx: project.create(tx, name="apollo", title="Apollo", purpose="Build the frame")
    )
    for company in (host, *others):
        company.project_iri = made.iri
    for other in others:
        await host.node.meet(other.host)
    parties = [PartyTerms(other.host, role="supplier") for other in others]
    offered = await host.node.perform(
        lambda tx: charter.offer(
            tx, made.iri, parties=parties, purpose="Build the frame", ceiling=ceiling, guests=guests
        )
    )
    for other in others:
        await until(other.charter_state, "offered")
        for third in (host, *others):
            if third is not other:
                await other.node.meet(third.host)
        await other.node.perform(lambda tx: charter.approve(tx, offered.iri, by="IT"))
    for company in (host, *others):
        await until(company.charter_state, "live")


async def agree(*companies: Company) -> None:
    """Wait until all of them hold the same of the project's log."""

    async def distinct() -> int:
        return len({tuple(sorted((await company.heads()).items())) for company in companies})

    await until(distinct, 1)


async def until(ask: Callable[[], Awaitable[Any]], wanted: Any = True) -> None:
    """Wait until the answer is `wanted`; fail, with the last answer, when it does not come."""
    end = time.monotonic() + PATIENCE_S
    while (answer := await ask()) != wanted:
        assert time.monotonic() < end, f"still {answer!r}, not {wanted!r}"
        await asyncio.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives to outgoing connections; each process counts from a place of its own."""
    return next(port for port in _PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _listening(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening
