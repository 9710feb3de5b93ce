"""The disk is full, or another process holds the database: everybody is told when to come again, nothing is half done, and nothing is lost or doubled."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import pytest_asyncio
from sqlalchemy import text

from federation.log import Head
from instance.errors import NotNow
from instance.storage import delivery, exchanges, guests
from instance.storage.database import Command
from tests.foreign import kinds
from tests.foreign.server import Foreign, a_server
from tests.nodes import Company, agree, until
from tests.scenarios.guest_place import Place, a_place
from tests.web.client import App, apps_of
from web.app import build_app

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """Acme and Globex, whose charter lets guests answer."""
    async with a_place(tmp_path_factory.mktemp("room"), may="answer", app_of=build_app) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mastodon(place: Place) -> AsyncIterator[Foreign]:
    """A guest whose ann follows."""
    async with a_server(kinds.MASTODON) as found:
        await place.let_in(found)
        await found.follow(place.acme)
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(place: Place) -> AsyncIterator[App]:
    """Alice of Acme in her app."""
    async with apps_of(place.acme, "alice") as (app,):
        yield app


async def run(company: Company, statement: str) -> None:
    """Run a statement on the connection that writes."""
    await company.node.write(lambda tx: tx.run(Command(text(statement))))


async def has_room(company: Company) -> bool:
    """Take a page of the room that is left."""
    try:
        await run(company, "INSERT INTO filling VALUES (zeroblob(3000))")
    except NotNow as error:
        assert error.rule == "disk_full"
        return False
    return True


@asynccontextmanager
async def no_room(company: Company) -> AsyncIterator[None]:
    """While this lasts, the company's database may not grow, and what was free in it is used up."""
    await run(company, "CREATE TABLE filling (bytes)")
    await run(company, "PRAGMA max_page_count=1")
    while await has_room(company):
        pass
    yield
    await run(company, "PRAGMA max_page_count=1000000000")
    await run(company, "DROP TABLE filling")


@asynccontextmanager
async def held_up(company: Company) -> AsyncIterator[None]:
    """While this lasts, another process is in the middle of a write."""
    await run(company, "PRAGMA busy_timeout=20")
    other = sqlite3.connect(company.config.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()
    await run(company, "PRAGMA busy_timeout=10000")


HINDRANCES = pytest.mark.parametrize(
    ("hindrance", "rule"), [(no_room, "disk_full"), (held_up, "database_busy")], ids=["full", "held up"]
)


Hindrance = Callable[[Company], AbstractAsyncContextManager[None]]


async def traces(company: Company, iri: str) -> tuple[int, dict[str, Head]]:
    """How often the company decided about an activity, and how far it holds the log."""
    return len(await company.node.read(lambda tx: exchanges.about(tx, iri))), await company.heads()


@HINDRANCES
async def test_a_guests_answer_is_for_later_and_then_counts_once(
    place: Place, mastodon: Foreign, hindrance: Hindrance, rule: str
):
    who = mastodon.person("ann")
    note = mastodon.kind.note(mastodon, who, place.acme.project_iri) | {"summary": "x" * 4000}
    create = mastodon.said(who, "Create", note)
    before = await traces(place.acme, create["id"])
    async with hindrance(place.acme):
        status, problem = await mastodon.send(place.acme, who, create)
        assert (status, problem["rule"]) == (503, rule)
        assert "Nothing of it was done" in problem["detail"]
        assert await traces(place.acme, create["id"]) == before
    assert [(await mastodon.send(place.acme, who, create))[0] for _ in range(2)] == [202, 202]
    reply = await place.acme.node.read(lambda tx: guests.reply(tx, note["id"]))
    assert reply is not None
    (_, heads), own = await traces(place.acme, create["id"]), place.acme.host
    assert heads[own].seq == before[1][own].seq + 1
    await agree(place.acme, place.globex)


@HINDRANCES
async def test_an_app_is_told_when_to_try_again(place: Place, alice: App, hindrance: Hindrance, rule: str):
    said, before = "A rail " * 500, await place.acme.heads()
    async with hindrance(place.acme):
        answer = await alice.call("POST", "/api/v1/statuses", json={"status": f"@apollo {said}"})
        assert (answer.status, answer.content["rule"]) == (503, rule)
        assert int(answer.headers["Retry-After"]) > 0
        assert len(await alice.get("/api/v1/timelines/home")) >= 0
    assert await place.acme.heads() == before


async def test_a_partners_letters_wait_and_arrive_in_order(place: Place):
    async with no_room(place.acme):
        for number in range(3):
            await place.globex.post("bob", f"Beam {number} " + "x" * 4000)

        async def why() -> str:
            lanes = await place.globex.node.read(delivery.lanes)
            return next(lane.last_error for lane in lanes if lane.host == place.acme.host)

        async def is_told() -> bool:
            return "disk_full" in await why()

        await until(is_told)
    await place.globex.node.try_now(place.acme.host)
    await agree(place.acme, place.globex)
    rows = await place.acme.entries(place.globex.host)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert {row.state for row in rows} == {"applied"}
