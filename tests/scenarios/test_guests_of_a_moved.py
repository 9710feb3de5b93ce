"""A company that guests follow takes another domain: they come over by Move, and what they have from before can be taken back."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from instance.domain import move
from tests.nodes import Company
from tests.scenarios.guest_place import Place, a_place
from tests.scenarios.moves import begin, new_base, sign, take

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Place, Company, int]]:
    """The place after the move; Acme under its old name; and a post that Ann got before."""
    async with a_place(tmp_path_factory.mktemp("guests"), may="read") as found:
        acme = found.acme
        for name in ("ann", "ben"):
            await found.mastodon.follow(acme, name)
        post = await acme.post("alice", "Before")
        await found.mastodon.arrived("Create")
        old = replace(acme)
        await begin(acme)
        await sign(acme, found.globex)
        await take(acme)
        yield found, old, post.id


async def test_guests_hear_of_it_from_the_project_that_they_follow(place: tuple[Place, Company, int]):
    found, old, _ = place
    moved = await found.mastodon.arrived("Move")
    new = f"{new_base(found.acme)}/projects/apollo"
    assert (moved["actor"], moved["object"], moved["target"]) == (old.project_iri, old.project_iri, new)


async def test_each_of_the_two_actors_names_the_other(place: tuple[Place, Company, int]):
    found, old, _ = place
    status, before = await found.mastodon.get(old, "/projects/apollo", signed_by="instance")
    assert (status, before["id"], before["movedTo"]) == (200, old.project_iri, found.acme.project_iri)
    status, after = await found.mastodon.get(found.acme, "/projects/apollo", signed_by="instance")
    assert (status, after["id"], after["alsoKnownAs"]) == (200, found.acme.project_iri, [old.project_iri])


async def test_the_old_handle_leads_to_the_new_actor(place: tuple[Place, Company, int]):
    found, old, _ = place
    path = f"/.well-known/webfinger?resource=acct:apollo@{old.host}"
    status, answer = await found.mastodon.get(old, path)
    assert (status, answer["subject"]) == (200, f"acct:apollo@{found.acme.host}")
    assert answer["aliases"] == [found.acme.project_iri]


async def test_who_comes_over_follows_on_and_the_undo_of_the_old_follow_ends_nothing(
    place: tuple[Place, Company, int],
):
    found, old, _ = place
    mastodon, acme = found.mastodon, found.acme
    accept = await mastodon.follow(acme, "ann")
    assert accept["actor"] == acme.project_iri
    undone = {"id": mastodon.new_id("follows"), "type": "Follow", "object": old.project_iri}
    undo = mastodon.said("ann", "Undo", undone | {"actor": mastodon.iri("ann")})
    assert await mastodon.send(old, "ann", undo) == 422
    assert await found.followers() == {mastodon.iri("ann"), mastodon.iri("ben")}
    kept = await acme.node.read(move.kept_name)
    assert kept is not None
    behind = await acme.node.read(lambda tx: move.left_behind(tx, kept))
    assert [row.actor_iri for row in behind] == [mastodon.iri("ben")]


async def test_what_is_said_from_now_on_is_said_by_the_new_actor(place: tuple[Place, Company, int]):
    found, _, __ = place
    await found.acme.post("alice", "After")
    create = await found.mastodon.arrived("Create", 2)
    assert create["actor"] == create["object"]["attributedTo"] == found.acme.project_iri
    assert create["object"]["id"].startswith(new_base(found.acme))


async def test_what_they_have_from_before_is_taken_back_by_who_said_it(place: tuple[Place, Company, int]):
    found, old, post_id = place
    told = found.mastodon.of("Create")[0]["object"]["id"]
    await found.acme.delete("alice", post_id)
    delete = await found.mastodon.arrived("Delete")
    assert (delete["actor"], delete["object"]["id"]) == (old.project_iri, told)
    assert found.mastodon.turned_away == []


async def test_who_has_not_come_over_when_the_old_name_ends_is_left_behind(
    place: tuple[Place, Company, int],
):
    found, _, __ = place
    await found.mastodon.follow(found.acme, "ann")
    assert await found.acme.node.perform(move.finish) == f"acme.localhost:{found.acme.port}"
    assert await found.followers() == {found.mastodon.iri("ann")}
