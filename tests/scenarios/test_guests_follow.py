"""An ordinary server follows one project: it finds it, its people are accepted, and all of it ends when IT says so."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from federation.keys import from_multikey
from federation.proof import check_proof
from tests.nodes import Company, until
from tests.scenarios.guest_place import Place, a_place

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with a_place(tmp_path_factory.mktemp("guests"), may="read") as found:
        yield found


def finger(company: Company) -> str:
    return f"/.well-known/webfinger?resource=acct:apollo@{company.host}"


async def test_a_guest_finds_the_project_by_its_handle_and_a_stranger_does_not(place: Place):
    status, found = await place.mastodon.get(place.acme, finger(place.acme))
    assert (status, found["aliases"]) == (200, [place.acme.project_iri])
    assert (await place.stranger.get(place.acme, finger(place.acme)))[0] == 404


@pytest.mark.parametrize("handle", ["alice", "carol"])
async def test_a_guest_finds_nobody_by_handle_whoever_there_is(place: Place, handle: str):
    path = f"/.well-known/webfinger?resource=acct:{handle}@{place.acme.host}"
    assert (await place.mastodon.get(place.acme, path))[0] == 404


async def test_a_guest_gets_the_project_by_signed_question_and_nobody_else_does(place: Place):
    status, document = await place.mastodon.get(place.acme, "/projects/apollo", signed_by="instance")
    assert (status, document["type"], document["preferredUsername"]) == (200, "Group", "apollo")
    assert (await place.mastodon.get(place.acme, "/projects/apollo"))[0] == 404
    assert (await place.stranger.get(place.acme, "/projects/apollo", signed_by="instance"))[0] == 404
    assert (await place.mastodon.get(place.acme, "/people/alice", signed_by="instance"))[0] == 404


async def test_who_follows_is_accepted_in_the_projects_own_name(place: Place):
    place.mastodon.person("ann")
    asked = place.mastodon.said("ann", "Follow", place.acme.project_iri)
    assert await place.mastodon.send(place.acme, "ann", asked) == 202
    accept = await place.mastodon.arrived("Accept")
    assert (accept["actor"], accept["object"]["id"]) == (place.acme.project_iri, asked["id"])
    _, document = await place.mastodon.get(place.acme, "/projects/apollo", signed_by="instance")
    multikey = document["assertionMethod"][0]["publicKeyMultibase"]
    assert check_proof(accept, find_key=lambda _: from_multikey(multikey))


async def test_a_stranger_that_follows_is_refused(place: Place):
    place.stranger.person("eve")
    asked = place.stranger.said("eve", "Follow", place.acme.project_iri)
    assert await place.stranger.send(place.acme, "eve", asked) == 403
    assert place.stranger.posts == []


async def test_a_guest_follows_no_person_and_no_other_companys_node(place: Place):
    asked = place.mastodon.said("ann", "Follow", f"{place.acme.config.base_url}/people/alice")
    assert await place.mastodon.send(place.acme, "ann", asked) == 422
    asked = place.mastodon.said("ann", "Follow", place.acme.project_iri)
    assert await place.mastodon.send(place.globex, "ann", asked) == 403


async def test_nobody_follows_in_anothers_name(place: Place):
    place.mastodon.person("ben")
    asked = place.mastodon.said("ben", "Follow", place.acme.project_iri)
    assert await place.mastodon.send(place.acme, "ann", asked) == 403


@pytest.mark.parametrize(
    ("name", "document"),
    [("ghost", None), ("noinbox", {"inbox": None}), ("away", {"inbox": "https://elsewhere.example/inbox"})],
)
async def test_who_cannot_be_known_does_not_follow(
    place: Place, name: str, document: dict[str, object] | None
):
    """The profile is not there, or has no inbox of its own host: we could answer nobody."""
    place.mastodon.person(name)
    if document is None:
        del place.mastodon.people[name]
    else:
        place.mastodon.people[name] |= document
    asked = place.mastodon.said(name, "Follow", place.acme.project_iri)
    assert await place.mastodon.send(place.acme, name, asked) == 401
    assert place.mastodon.iri(name) not in await place.followers()


async def test_who_undoes_the_follow_is_a_follower_no_more(place: Place):
    await place.mastodon.follow(place.acme, "cleo")
    iri = place.mastodon.iri("cleo")
    undone = place.mastodon.said(
        "cleo", "Undo", place.mastodon.said("cleo", "Follow", place.acme.project_iri)
    )
    assert await place.mastodon.send(place.acme, "cleo", undone) == 202
    again = undone | {"id": place.mastodon.new_id("activities")}
    assert await place.mastodon.send(place.acme, "cleo", again) == 422
    assert iri not in await place.followers()


async def test_who_blocks_the_project_or_is_gone_follows_no_more(place: Place):
    for name, kind in (("dora", "Block"), ("emil", "Delete")):
        await place.mastodon.follow(place.acme, name)
        assert place.mastodon.iri(name) in await place.followers()
        carried = place.acme.project_iri if kind == "Block" else place.mastodon.iri(name)
        assert await place.mastodon.send(place.acme, name, place.mastodon.said(name, kind, carried)) == 202
        assert place.mastodon.iri(name) not in await place.followers()


async def test_a_guest_brings_nothing_of_what_companies_may(place: Place):
    offer = place.mastodon.said("ann", "Offer", {"id": f"{place.mastodon.base}/c", "type": "Charter"})
    leave = place.mastodon.said("ann", "Leave", place.acme.project_iri)
    assert [await place.mastodon.send(place.acme, "ann", said) for said in (offer, leave)] == [202, 202]
    assert await place.acme.charter_state() == "live"


async def test_a_revoked_guest_is_told_and_known_no_more(place: Place):
    await place.mastodon.follow(place.acme, "fay")
    rejected = len(await place.followers())
    await place.revoke(place.mastodon)
    await place.mastodon.arrived("Reject", rejected)
    assert await place.followers() == set()

    async def found() -> int:
        return (await place.mastodon.get(place.acme, "/projects/apollo", signed_by="instance"))[0]

    await until(found, 404)
    assert (await place.mastodon.get(place.acme, finger(place.acme)))[0] == 404
    asked = place.mastodon.said("fay", "Follow", place.acme.project_iri)
    assert await place.mastodon.send(place.acme, "fay", asked) == 403
