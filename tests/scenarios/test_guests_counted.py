"""Followers are counted alike on both sides (FEP-8fcf): what is for all of them says which they are, and their host may ask, for its own alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from federation.synchronization import followers_digest, read
from tests.outsider import Outsider
from tests.scenarios.guest_place import Place, a_place

pytestmark = pytest.mark.asyncio(loop_scope="module")
PARTIAL = "/projects/apollo/followers_synchronization"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """The place; two follow from one guest host, one from another."""
    async with a_place(tmp_path_factory.mktemp("guests"), may="read") as found:
        await found.let_in(found.stranger)
        for outside, names in ((found.mastodon, ("ann", "ben")), (found.stranger, ("eve",))):
            for name in names:
                await outside.follow(found.acme, name)
        yield found


async def listed(place: Place, outside: Outsider, path: str = PARTIAL) -> dict[str, Any]:
    status, document = await outside.get(place.acme, path, signed_by="instance")
    assert status == 200
    return document


async def said(place: Place, outside: Outsider) -> str:
    """What comes beside the next post."""
    before = len(outside.of("Create"))
    await place.acme.post("alice", f"Post {before}")
    activity = await outside.arrived("Create", before + 1)
    header = outside.counted[outside.posts.index(activity)]
    assert header is not None
    return header


async def test_what_is_for_followers_says_which_they_are_at_that_very_host(place: Place):
    for outside, names in ((place.mastodon, ("ann", "ben")), (place.stranger, ("eve",))):
        found = read(await said(place, outside), sender=place.acme.project_iri)
        assert found.digest == followers_digest(outside.iri(name) for name in names)
        assert found.collection == f"{place.acme.project_iri}/followers"
        assert found.url == f"{place.acme.config.base_url}{PARTIAL}"


async def test_an_acceptance_counts_nobody(place: Place):
    accept = place.mastodon.of("Accept")[-1]
    assert place.mastodon.counted[place.mastodon.posts.index(accept)] is None


async def test_a_guest_is_served_its_own_people_whole_and_nobody_elses(place: Place):
    found = await listed(place, place.mastodon)
    assert found["orderedItems"] == [place.mastodon.iri("ann"), place.mastodon.iri("ben")]
    assert (found["totalItems"], "first" in found, "next" in found) == (2, False, False)
    assert (await listed(place, place.stranger))["orderedItems"] == [place.stranger.iri("eve")]


async def test_who_asks_unsigned_gets_nothing(place: Place):
    assert (await place.mastodon.get(place.acme, PARTIAL))[0] == 404
    assert (await place.mastodon.get(place.acme, "/projects/apollo/followers"))[0] == 404


async def test_followers_are_a_number_without_names(place: Place):
    found = await listed(place, place.mastodon, "/projects/apollo/followers")
    assert (found["totalItems"], "orderedItems" in found) == (2, False)


async def test_who_follows_no_more_is_counted_no_more(place: Place):
    follow = place.mastodon.said("ben", "Follow", place.acme.project_iri)
    assert await place.mastodon.send(place.acme, "ben", place.mastodon.said("ben", "Undo", follow)) == 202
    found = read(await said(place, place.mastodon), sender=place.acme.project_iri)
    assert found.digest == followers_digest([place.mastodon.iri("ann")])


async def test_a_revoked_guest_is_served_nothing_and_told_of_nobody(place: Place):
    await place.revoke(place.stranger)
    reject = await place.stranger.arrived("Reject", 1)
    taken_back = [place.stranger.posts.index(each) for each in (reject, *place.stranger.of("Delete"))]
    assert {place.stranger.counted[index] for index in taken_back} == {None}
    assert (await place.stranger.get(place.acme, PARTIAL, signed_by="instance"))[0] == 404
    assert len((await listed(place, place.mastodon))["orderedItems"]) == 1
