"""IT reads on a page how the servers outside stand that follow a project, and ends it there."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from instance.storage import guests
from tests.nodes import until
from tests.scenarios.guest_place import Place, a_place
from tests.web.pages import Reader, reader
from web.app import build_app

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Desk(NamedTuple):
    """The place, and a browser of IT at Acme."""

    place: Place
    admin: Reader

    async def revoke(self, **form: str) -> int:
        """Send the form that ends it."""
        rows = await self.place.acme.node.read(guests.all_guests)
        return (await self.admin.send(f"/app/guests/{rows[0].id}/revoke", **form)).status


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """Ann follows from outside, and has a note."""
    directory: Path = tmp_path_factory.mktemp("guests")
    async with (
        a_place(directory, may="read", app_of=build_app) as place,
        reader(place.acme, "admin", is_admin=True) as admin,
    ):
        await place.mastodon.follow(place.acme, "ann")
        await place.acme.post("alice", "Up")
        await place.mastodon.arrived("Create")
        yield Desk(place, admin)


async def test_each_guest_is_shown_with_its_followers_and_last_exchanges(desk: Desk):
    async def page() -> bool:
        found = await desk.admin.read("/app/guests")
        return f'href="/app/partners/{desk.place.mastodon.host}"' in found and "<dd>1</dd>" in found

    await until(page)
    found = await desk.admin.read("/app/guests")
    assert ("let in" in found, "<dd>–</dd>" in found) == (True, False)
    assert "Follow" in await desk.admin.read(f"/app/partners/{desk.place.mastodon.host}")


async def test_who_is_not_it_does_not_read_it(desk: Desk):
    async with reader(desk.place.globex, "bob") as bob:
        assert (await bob.get("/app/guests")).status == 403


async def test_to_end_it_takes_a_tick(desk: Desk):
    assert await desk.revoke() == 422
    assert "let in" in await desk.admin.read("/app/guests")
    assert (await desk.admin.send("/app/guests/7/revoke", sure="yes")).status == 404


async def test_what_is_ended_shows_how_much_was_taken_back(desk: Desk):
    assert await desk.revoke(sure="yes") == 303

    async def is_whole() -> bool:
        return "2 of 2" in await desk.admin.read("/app/guests")

    await until(is_whole)
    assert "no longer" in await desk.admin.read("/app/guests")
    assert await desk.revoke(sure="yes") == 404
