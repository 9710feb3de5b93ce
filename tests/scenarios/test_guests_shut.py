"""A guest host is away, or the project is suspended, just when something is said: afterwards the guest has all of it, each once."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from instance.domain import charter, guest_mirror, post
from instance.storage import delivery
from instance.storage.posts import PostRow
from tests.nodes import until
from tests.scenarios.guest_place import Place, a_place

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """The place; Ann follows the project."""
    async with a_place(tmp_path_factory.mktemp("guests"), may="read") as found:
        await found.mastodon.follow(found.acme, "ann")
        yield found


async def catch_up(place: Place) -> None:
    """What the node does every minute, at once."""
    while await place.acme.node.perform(guest_mirror.catch_up):
        pass


async def states(place: Place) -> list[str]:
    """What became of the letters to the guest that did not arrive."""
    rows = await place.acme.node.read(lambda tx: delivery.undelivered(tx, place.mastodon.host, 100))
    return [row.state for row in rows]


async def waiting(place: Place) -> int:
    """How many letters wait for the guest, after a try."""
    await place.acme.node.try_now(place.mastodon.host)
    rows = await place.acme.node.read(delivery.waiting)
    return next((row.letters for row in rows if row.host == place.mastodon.host), 0)


async def is_at_rest(place: Place) -> bool:
    """Whether no letter to the guest is under way: such a one would still arrive."""
    return f"deliver {place.mastodon.host}" not in {task.get_name() for task in asyncio.all_tasks()}


async def boosted(place: Place, row: PostRow) -> None:
    node, alice = place.acme.node, place.acme.people["alice"]
    await node.perform(lambda tx: post.boost(tx, node.gate, alice, row.id))


async def test_what_a_suspension_held_up_is_said_once_it_is_over(place: Place):
    place.mastodon.busy = True
    row = await place.acme.post("alice", "Just before")
    await boosted(place, row)
    await until(partial(waiting, place), 2)
    await until(partial(is_at_rest, place))
    await place.acme.node.perform(lambda tx: charter.suspend(tx, place.acme.project_iri))
    place.mastodon.busy = False
    await until(partial(waiting, place), 0)
    await until(partial(states, place), ["closed", "closed"])
    await catch_up(place)
    assert place.mastodon.of("Create") == []
    await place.acme.node.perform(lambda tx: charter.resume(tx, place.acme.project_iri))
    await catch_up(place)
    announce = await place.mastodon.arrived("Announce", 1)
    [create] = place.mastodon.of("Create")
    assert announce["object"] == create["object"]["id"]
    assert create["object"]["content"] == "<p>Alice, Acme: Just before</p>"


async def test_what_waited_too_long_is_said_when_the_host_is_back(place: Place):
    place.mastodon.busy = True
    await place.acme.post("alice", "While you were out")
    await until(partial(waiting, place), 1)
    await until(partial(is_at_rest, place))
    host = place.mastodon.host
    await place.acme.node.write(lambda tx: delivery.expire(tx, host, before_ms=tx.now_ms + 1))
    place.mastodon.busy = False
    creates = len(place.mastodon.of("Create"))
    await place.acme.post("alice", "Are you there?")
    await waiting(place)
    await place.mastodon.arrived("Create", creates + 1)

    async def all_said() -> set[str]:
        await catch_up(place)
        return {each["object"]["content"] for each in place.mastodon.of("Create")[creates:]}

    await until(all_said, {"<p>Alice, Acme: Are you there?</p>", "<p>Alice, Acme: While you were out</p>"})


async def test_what_was_deleted_while_the_project_was_suspended_is_deleted_there(place: Place):
    creates = len(place.mastodon.of("Create"))
    row = await place.acme.post("alice", "A mistake")
    note = (await place.mastodon.arrived("Create", creates + 1))["object"]["id"]
    await place.acme.node.perform(lambda tx: charter.suspend(tx, place.acme.project_iri))
    await place.acme.delete("alice", row.id)
    await place.acme.node.perform(lambda tx: charter.resume(tx, place.acme.project_iri))
    assert (await place.mastodon.arrived("Delete", 1))["object"]["id"] == note
