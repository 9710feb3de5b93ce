"""New keys while a thousand letters wait: every letter arrives once, in order, and the new key is asked for once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.typedefs import Handler
from aiohttp.web import Application, Request, StreamResponse, middleware

from instance.domain import rotation
from instance.node import Cordee
from instance.storage import delivery
from tests.nodes import Company, a_company, agree, protocol_app, running, tie, until

MANY = 1000
Asked = Counter[tuple[str, str]]


@pytest.fixture
def asked() -> Asked:
    """How often each company was asked for which path."""
    return Counter()


@pytest.fixture
async def two(tmp_path: Path, asked: Asked) -> AsyncIterator[tuple[Company, Company]]:
    """Acme with alice and Globex with bob, tied; whoever asks them is counted."""

    def counting(node: Cordee) -> Application:
        @middleware
        async def count(request: Request, handler: Handler) -> StreamResponse:
            asked[node.home.host, f"{request.method} {request.path}"] += 1
            return await handler(request)

        app = protocol_app(node)
        app.middlewares.append(count)
        return app

    acme, globex = (a_company(tmp_path, name, app_of=counting) for name in ("acme", "globex"))
    async with running(acme, globex):
        await tie(acme, globex)
        for company, name in ((acme, "alice"), (globex, "bob")):
            await company.hire(name)
            await company.join(name)
        await agree(acme, globex)
        yield acme, globex


async def rotate(company: Company, username: str, *, overlap_ms: int = 0) -> None:
    """New keys for the node and one of its people; the old ones count no longer."""
    for iri in (company.node.home.node, company.people[username].iri):
        await company.node.perform(lambda tx, iri=iri: rotation.rotate(tx, iri, overlap_ms=overlap_ms))


async def posts(company: Company, username: str, count: int) -> list[str]:
    rows = await asyncio.gather(*(company.post(username, f"Part {number}") for number in range(count)))
    return [row.iri for row in rows]


async def is_whole(sender: Company, receiver: Company, iris: list[str]) -> None:
    """Everything that the sender said is there once, in order, taken; and nothing is left over."""
    await agree(sender, receiver)
    here, there = await sender.entries(sender.host), await receiver.entries(sender.host)
    assert [row.hash for row in there] == [row.hash for row in here]
    assert {row.state for row in there} == {"applied"}
    assert all([await receiver.find_post(iri) for iri in iris])
    assert await sender.node.read(lambda tx: delivery.undelivered(tx, receiver.host, 10)) == []


async def nothing_waits(company: Company) -> None:
    async def waiting() -> int:
        return sum(row.letters for row in await company.node.read(delivery.waiting))

    async def goes_on() -> bool:
        return await waiting() < before

    while before := await waiting():  # however long it takes, as long as it goes on
        await until(goes_on)


async def test_a_company_that_rotates_while_a_thousand_letters_wait_loses_none(
    two: tuple[Company, Company], asked: Asked
):
    acme, globex = two
    await globex.shut_door()
    iris = await posts(acme, "alice", MANY)
    await rotate(acme, "alice")
    later = await posts(acme, "alice", 3)
    asked.clear()
    await globex.open_door()
    await acme.node.try_now(globex.host)
    await nothing_waits(acme)
    await is_whole(acme, globex, [*iris, *later])
    assert asked[globex.host, "POST /inbox"] == MANY + 3 + 2, "each letter once; two say the new keys"
    assert asked[acme.host, "GET /actor"] == 1


async def test_a_partner_that_rotates_while_letters_for_it_wait_costs_none(
    two: tuple[Company, Company], asked: Asked
):
    acme, globex = two
    await globex.shut_door()
    iris = await posts(acme, "alice", 50)
    await rotate(globex, "bob")
    await globex.open_door()
    theirs = await posts(globex, "bob", 50)
    for company, other in ((acme, globex), (globex, acme)):
        await company.node.try_now(other.host)
    await is_whole(acme, globex, iris)
    await is_whole(globex, acme, theirs)


async def test_keys_change_again_and_again_while_letters_flow_both_ways(two: tuple[Company, Company]):
    acme, globex = two
    iris: dict[str, list[str]] = {"alice": [], "bob": []}

    async def speak(company: Company, username: str) -> None:
        for number in range(60):
            iris[username].append((await company.post(username, f"Part {number}")).iri)
            if number % 20 == 10:
                await rotate(company, username, overlap_ms=0 if number < 30 else 3_600_000)

    await asyncio.gather(speak(acme, "alice"), speak(globex, "bob"))
    await is_whole(acme, globex, iris["alice"])
    await is_whole(globex, acme, iris["bob"])


async def test_while_a_partner_cannot_have_the_new_key_letters_wait(two: tuple[Company, Company]):
    acme, globex = two
    await acme.shut_door()  # Globex cannot ask for the key
    await rotate(acme, "alice")
    iris = await posts(acme, "alice", 3)

    async def told() -> str:
        found = await acme.node.read(lambda tx: delivery.lane(tx, globex.host))
        return found.last_error[:7] if found else ""

    await until(told, "401 key")
    await acme.open_door()
    await globex.stop()  # who could not be asked is not asked again for half a minute; a start forgets that
    await globex.start()
    await acme.node.try_now(globex.host)
    await is_whole(acme, globex, iris)
