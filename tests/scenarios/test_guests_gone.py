"""Somebody at a guest host is gone: their mail stops. An inbox alone that says it is gone stops nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from instance.storage import delivery
from tests.nodes import until
from tests.outsider import an_outsider
from tests.scenarios.guest_place import Place, a_place


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """The place, and a guest host where each has an inbox of their own: Ann and Ben follow from there."""
    async with a_place(tmp_path, may="read") as whole, an_outsider("pleroma", shared=False) as pleroma:
        found = whole._replace(mastodon=pleroma)
        await found.let_in(pleroma)
        for name in ("ann", "ben"):
            pleroma.person(name)
            await pleroma.follow(found.acme, name)
        yield found


async def last_status(place: Place) -> int | None:
    lane = await place.acme.node.read(lambda tx: delivery.lane(tx, place.mastodon.host))
    return lane.last_status if lane else None


async def closed(place: Place) -> list[str]:
    rows = await place.acme.node.read(lambda tx: delivery.undelivered(tx, place.mastodon.host, 100))
    return [row.last_error for row in rows]


async def test_the_mail_of_an_actor_that_is_gone_stops_and_the_others_get_theirs(place: Place):
    there = place.mastodon
    there.gone |= {"/users/ann/inbox", "/users/ann"}
    await place.acme.post("alice", "The frame is ready")
    await until(place.followers, {there.iri("ben")})
    await there.arrived("Create")
    assert there.inboxes[-1] == "/users/ben/inbox"
    assert await closed(place) == ["gone"]
    await place.acme.post("alice", "And painted")
    await there.arrived("Create", 2)
    assert await closed(place) == ["gone"]


async def test_an_inbox_that_says_so_while_its_actor_is_there_keeps_its_mail(place: Place):
    there = place.mastodon
    there.gone |= {"/users/ann/inbox"}
    await place.acme.post("alice", "The frame is ready")
    await until(lambda: last_status(place), 410)
    assert await place.followers() == {there.iri("ann"), there.iri("ben")}
    there.gone.clear()
    await place.acme.node.try_now(there.host)
    await until(lambda: last_status(place), 202)

    async def both() -> set[str]:
        return set(there.inboxes[-2:])

    await until(both, {"/users/ann/inbox", "/users/ben/inbox"})
    assert await closed(place) == []
