"""Servers of every kind are guests, from finding the project to being revoked: each in its own way of asking, signing, following and answering."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import orjson
import pytest
import pytest_asyncio

from federation.document import Document, ids_of
from federation.origin import host_of
from instance.domain import post
from instance.domain.compose import PostDraft
from instance.storage import exchanges
from tests.foreign import kinds
from tests.foreign.server import Foreign, Json, Kind, a_server
from tests.nodes import until
from tests.scenarios.guest_place import Place, a_place
from web.app import build_app

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """Acme and Globex, whose charter lets guests answer."""
    async with a_place(tmp_path_factory.mktemp("kinds"), may="answer", app_of=build_app) as found:
        yield found


@pytest_asyncio.fixture(params=kinds.ALL, ids=[kind.name for kind in kinds.ALL], loop_scope="module")
async def foreign(place: Place, request: pytest.FixtureRequest) -> AsyncIterator[Foreign]:
    """A server of each kind, which is a guest for as long as the test."""
    kind: Kind = request.param
    async with a_server(kind) as found:
        await place.let_in(found)
        yield found
        if found.host in await place.hosts():
            await place.revoke(found)


async def rule_of(place: Place, activity: Document) -> str:
    """The rule that decided about an activity at Acme."""
    (told,) = await place.acme.node.read(lambda tx: exchanges.about(tx, activity["id"]))
    return told.rule


async def brings(place: Place, foreign: Foreign, who: str, activity: Json) -> str:
    """Deliver an activity that is taken; the rule."""
    status, problem = await foreign.send(place.acme, who, activity)
    assert status == 202, problem
    return await rule_of(place, activity)


def check_actor(document: Document, iri: str) -> None:
    """What servers ask of an actor before they believe in it."""
    assert document["id"] == iri
    assert document["type"] == "Group"
    assert document["preferredUsername"] == "apollo"
    for name in ("inbox", "outbox", "followers"):
        assert host_of(document[name]) == host_of(iri), name
    assert host_of(document["endpoints"]["sharedInbox"]) == host_of(iri)
    assert document["publicKey"]["owner"] == iri
    assert document["publicKey"]["id"].startswith(iri)
    assert document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")


def check_note(create: Document, project: str) -> None:
    """What servers ask of a note before they show it to who follows its author."""
    note: dict[str, Any] = create["object"]
    assert create["actor"] == note["attributedTo"] == project
    assert {host_of(each["id"]) for each in (create, note)} == {host_of(project)}
    assert ids_of(create["to"]) == ids_of(note["to"]) == [f"{project}/followers"]
    assert note["type"] == "Note"
    assert note["cc"] == []
    assert datetime.fromisoformat(note["published"]).tzinfo is not None
    assert "The frame is ready" in note["content"]


async def test_it_finds_the_project_and_follows_it(place: Place, foreign: Foreign):
    kind, iri = foreign.kind, place.acme.project_iri
    if kind.asks_meta:
        status, _, body = await foreign.get(place.acme, "/.well-known/host-meta", is_signed=False)
        assert (status, b"/.well-known/webfinger?resource={uri}" in body) == (200, True)
    for form in kind.asks:
        resource = form.format(handle=f"apollo@{place.acme.host}", project=iri)
        path = f"/.well-known/webfinger?resource={resource.replace(':', '%3A').replace('@', '%40')}"
        status, media_type, body = await foreign.get(
            place.acme, path, is_signed=False, accept="application/jrd+json"
        )
        assert (status, media_type) == (200, "application/jrd+json"), form
        found = orjson.loads(body)
        assert found["subject"] == f"acct:apollo@{place.acme.host}"
        assert iri in [link["href"] for link in found["links"] if link["rel"] == "self"]
    status, media_type, body = await foreign.get(place.acme, "/projects/apollo")
    assert (status, media_type) == (200, "application/activity+json")
    check_actor(orjson.loads(body), iri)
    who, follow, accept = await foreign.follow(place.acme)
    assert kind.understands(accept, follow)
    assert host_of(accept["id"]) == host_of(iri)
    assert who in await place.followers()
    assert foreign.turned_away == []


async def test_it_gets_what_is_said_and_every_change_of_it(place: Place, foreign: Foreign):
    await foreign.follow(place.acme)
    row = await place.acme.post("alice", "The frame is ready")
    create = await foreign.arrived("Create")
    check_note(create, place.acme.project_iri)
    author, node = place.acme.people["alice"], place.acme.node
    await node.perform(lambda tx: post.edit(tx, node.gate, author, row.id, PostDraft("The frame is here")))
    edited = (await foreign.arrived("Update"))["object"]
    assert edited["id"] == create["object"]["id"]
    assert "The frame is here" in edited["content"]
    assert datetime.fromisoformat(edited["updated"]) >= datetime.fromisoformat(edited["published"])
    path = create["object"]["id"].removeprefix(place.acme.config.base_url)
    status, _, body = await foreign.get(place.acme, path)
    assert (status, orjson.loads(body)["content"]) == (200, edited["content"])
    await place.acme.delete("alice", row.id)
    gone = await foreign.arrived("Delete")
    assert gone["object"] == {"id": create["object"]["id"], "type": "Tombstone"}
    assert (await foreign.get(place.acme, path))[0] == 404
    inbox = foreign.kind.shared or foreign.kind.inbox
    assert {foreign.base + to for to, _ in foreign.taken} == {
        inbox.format(base=foreign.base, actor=foreign.kind.people.format(base=foreign.base, name="ann"))
    }


async def test_what_its_people_answer_and_feel_is_taken(place: Place, foreign: Foreign):
    who, _, _ = await foreign.follow(place.acme)
    await place.acme.post("alice", "The frame is ready")
    told = (await foreign.arrived("Create"))["object"]["id"]
    for shape in foreign.kind.reactions:
        reaction = shape(foreign, who, told)
        assert await brings(place, foreign, who, reaction) == "guest_reacts"
        assert await brings(place, foreign, who, foreign.said(who, "Undo", reaction)) == "guest_reacts"
    report = foreign.said(foreign.server_actor, "Flag", [place.acme.project_iri, told], content="Spam")
    assert await brings(place, foreign, foreign.server_actor, report) == "guest_reports"
    note = foreign.kind.note(foreign, who, place.acme.project_iri)
    assert await brings(place, foreign, who, foreign.said(who, "Create", note)) == "guest_answers"
    reworded = note | {"content": note["content"].replace("two", "three"), "updated": note["published"]}
    assert await brings(place, foreign, who, foreign.said(who, "Update", reworded)) == "guest_rewords"
    carried = {"id": note["id"], "type": "Tombstone"} if foreign.kind.buries else note["id"]
    assert await brings(place, foreign, who, foreign.said(who, "Delete", carried)) == "guest_takes_back"


async def test_it_stops_following_in_every_way(place: Place, foreign: Foreign):
    kind, iri = foreign.kind, place.acme.project_iri
    who, _, _ = await foreign.follow(place.acme)
    undo = kind.unfollow(foreign, who, iri)
    for _ in range(2):  # whoever got no answer sends it again
        assert await brings(place, foreign, who, undo) == "guest_unfollows"
    assert who not in await place.followers()
    await foreign.follow(place.acme)
    assert who in await place.followers()
    if kind.block is not None:
        assert await brings(place, foreign, who, kind.block(foreign, who, iri)) == "guest_blocks"
        assert who not in await place.followers()
    await foreign.follow(place.acme)
    renamed = foreign.documents[who.removeprefix(foreign.base)] | {"name": "Anne"}
    assert await brings(place, foreign, who, foreign.said(who, "Update", renamed)) == "guest_profile"
    assert await brings(place, foreign, who, kind.gone(foreign, who, iri)) == "guest_is_gone"
    assert who not in await place.followers()


async def test_a_revoked_one_is_told_to_forget_all_and_is_known_no_more(place: Place, foreign: Foreign):
    who, follow, _ = await foreign.follow(place.acme)
    await place.acme.post("alice", "The frame is ready")
    told = (await foreign.arrived("Create"))["object"]["id"]
    await place.revoke(foreign)
    reject = await foreign.arrived("Reject")
    assert foreign.kind.understands(reject, follow)

    async def is_told() -> bool:
        return told in [gone["object"]["id"] for gone in foreign.of("Delete")]

    await until(is_told)
    status, problem = await foreign.send(
        place.acme, who, foreign.kind.follow(foreign, who, place.acme.project_iri)
    )
    assert (status, problem["rule"]) == (403, "party_unknown")
    assert (await foreign.get(place.acme, "/projects/apollo"))[0] == 404
