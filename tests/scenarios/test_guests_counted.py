"""Followers are counted alike on both sides (FEP-8fcf): what is for all of them says which they are, and their host may ask, for its own alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from federation.synchronization import Said, followers_digest, read, render
from tests.nodes import until
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


async def test_a_host_that_lost_a_follow_undoes_it_under_one_id_as_often_as_it_does(place: Place):
    """As Mastodon does when we count somebody whom it does not: the id of its Undo is always the same."""
    iri, follow = place.mastodon.iri("cleo"), place.mastodon.said("cleo", "Follow", place.acme.project_iri)
    undo = place.mastodon.said("cleo", "Undo", follow | {"id": f"{iri}#follows/"})
    undo["id"] = f"{iri}#follows//undo"
    for summary in ("once", "again"):  # else it would be a replay of the same second
        await place.mastodon.follow(place.acme, "cleo")
        assert await place.mastodon.send(place.acme, "cleo", undo | {"summary": summary}) == 202
        assert iri not in (await listed(place, place.mastodon))["orderedItems"]


# what a guest host says of its own people's followers here


async def counts(place: Place, name: str, listed: list[str], **said: str) -> None:
    """Somebody at the guest host delivers something, beside which their followers here are counted."""
    place.mastodon.person(name)
    base, follow = place.mastodon.base, place.mastodon.said(name, "Follow", place.acme.project_iri)
    header = Said(f"{base}/users/{name}/followers", f"{base}/lists/{name}", followers_digest(listed))
    value = render(header._replace(**said))
    assert await place.mastodon.send(place.acme, name, follow, counted=value) == 202


def a_list(listed: list[str], **more: Any) -> dict[str, Any]:
    return {"type": "OrderedCollection", "totalItems": len(listed), "orderedItems": listed, **more}


async def test_a_project_that_is_counted_as_a_follower_takes_it_back_and_no_person_is_named(place: Place):
    alice = f"{place.acme.config.base_url}/people/alice"
    listed = [alice, f"{place.acme.config.base_url}/people/nobody", place.acme.project_iri]
    first = a_list(listed[:1], next=f"{place.mastodon.base}/lists/gus2", totalItems=3)
    place.mastodon.lists |= {"/lists/gus": first, "/lists/gus2": a_list(listed[1:])}
    await counts(place, "gus", listed)
    undo = await place.mastodon.arrived("Undo", 1)
    follow = {"type": "Follow", "actor": place.acme.project_iri, "object": place.mastodon.iri("gus")}
    assert (undo["actor"], undo["object"]) == (place.acme.project_iri, follow)
    assert not any("/people/" in str(post) for post in place.mastodon.posts)


@pytest.mark.parametrize("what", ["pages that end too early", "another list than the digest's", "no list"])
async def test_from_a_part_of_a_list_nothing_follows(place: Place, what: str):
    name, listed = what.replace(" ", "").replace("'", ""), [place.acme.project_iri]
    answers = {
        "pages that end too early": a_list(listed, totalItems=2),
        "another list than the digest's": a_list([*listed, f"{place.acme.config.base_url}/people/bob"]),
    }
    place.mastodon.lists |= {f"/lists/{name}": answers[what]} if what in answers else {}
    before = len(place.mastodon.of("Undo"))
    await counts(place, name, listed)

    async def is_asked() -> bool:
        return f"/lists/{name}" in place.mastodon.asked

    await until(is_asked)
    await said(place, place.mastodon)
    assert len(place.mastodon.of("Undo")) == before


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("hal", {"digest": followers_digest([])}),
        ("ida", {"url": "https://elsewhere.example/lists/ida"}),
        ("jon", {"digest": "none"}),
    ],
)
async def test_who_counts_nobody_or_says_no_sense_is_not_asked(
    place: Place, name: str, wrong: dict[str, str]
):
    await counts(place, name, [place.acme.project_iri], **wrong)
    await said(place, place.mastodon)
    assert f"/lists/{name}" not in place.mastodon.asked


async def test_what_is_said_of_followers_without_a_signature_or_with_what_is_refused_is_not_heard(
    place: Place,
):
    listed, follow = [place.acme.project_iri], place.mastodon.said("ann", "Follow", place.acme.project_iri)
    base = place.mastodon.base
    said_of = Said(f"{base}/users/ann/followers", f"{base}/lists/ann", followers_digest(listed))
    assert await place.mastodon.send(place.acme, "ann", follow, claimed=render(said_of)) == 202
    person = place.mastodon.said("ann", "Follow", f"{place.acme.config.base_url}/people/alice")
    assert await place.mastodon.send(place.acme, "ann", person, counted=render(said_of)) == 422
    await said(place, place.mastodon)
    assert "/lists/ann" not in place.mastodon.asked


async def test_a_revoked_guest_is_served_nothing_and_told_of_nobody(place: Place):
    await place.revoke(place.stranger)
    reject = await place.stranger.arrived("Reject", 1)
    taken_back = [place.stranger.posts.index(each) for each in (reject, *place.stranger.of("Delete"))]
    assert {place.stranger.counted[index] for index in taken_back} == {None}
    assert (await place.stranger.get(place.acme, PARTIAL, signed_by="instance"))[0] == 404
    assert place.mastodon.iri("ann") in (await listed(place, place.mastodon))["orderedItems"]
