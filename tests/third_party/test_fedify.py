"""A company whose server is not ours: made with Fedify, it is in a project with Acme, and each believes the other's signatures and proofs."""

import time
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import orjson
import pytest
import pytest_asyncio
from multidict import CIMultiDict

from federation import log, signature
from federation.document import Document
from federation.signature import Form
from federation.wire import KnownForm
from instance.domain import charter, post, project, reaction
from instance.domain.charter import PartyTerms
from instance.domain.compose import PostDraft
from instance.domain.profile import transport_key
from instance.storage.posts import PostRow
from tests.nodes import Company, a_company, running, until
from tests.third_party.partner import Partner, a_partner, require_fedify

require_fedify()
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Place(NamedTuple):
    """Acme, and Vega, which runs Fedify; alice is of acme, bob of vega."""

    acme: Company
    vega: Partner


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    company = a_company(tmp_path_factory.mktemp("fedify"), "acme")
    async with running(company) as (acme,), a_partner("vega", "bob") as vega:
        await tied(acme, vega)
        await acme.hire("alice")
        await acme.join("alice")
        await vega.join("bob")
        yield Place(acme, vega)


async def tied(acme: Company, vega: Partner) -> None:
    """The charter of apollo, offered by acme, approved by vega."""
    made = await acme.node.perform(
        lambda tx: project.create(tx, name="apollo", title="Apollo", purpose="Build the frame")
    )
    acme.project_iri = made.iri
    await acme.node.meet(vega.host)
    parties = [PartyTerms(vega.host, role="supplier")]
    offered = await acme.node.perform(
        lambda tx: charter.offer(tx, made.iri, parties=parties, purpose="Build the frame", ceiling=1)
    )
    offer = await vega.arrived(offered.iri)
    await vega.approve(offer["document"]["object"], acme)
    await until(acme.charter_state, "live")


@pytest.fixture(params=Form)
def form(request: pytest.FixtureRequest, place: Place) -> Form:
    """Both sign in this form."""
    place.vega.form = request.param
    place.acme.node.wire.known_forms[place.vega.host] = KnownForm(request.param, time.time())
    return request.param


async def said(place: Place, kind: str, carried: Any, **more: Any) -> dict[str, Any]:
    """Bob says something, and acme takes it in the form he signed in."""
    letter = await place.vega.says("bob", kind, carried, **more)
    assert (letter["form"], letter["status"]) == (place.vega.form, 202), letter
    return letter["document"]


async def heard(place: Place, iri: str, kind: str) -> dict[str, Any]:
    """What alice said reached vega; Fedify found signature and proof good, and took it."""
    entry = await place.vega.arrived(iri, kind)
    form = place.acme.node.wire.known_forms[place.vega.host].form
    assert (entry["form"], entry["signer"], entry["status"]) == (form, place.acme.node.home.node, 202)
    assert (entry["proven"], entry["handled"]) == (place.acme.people["alice"].iri, kind)
    return entry


async def post_of(place: Place, iri: str) -> PostRow:
    post = await place.acme.find_post(iri)
    assert post is not None
    return post


# what bob of vega says


@pytest.mark.usefixtures("form")
async def test_a_post_its_edit_and_its_end_come_to_acme(place: Place):
    note = place.vega.note("bob", "<p>The rail came up</p>")
    await said(place, "Create", note)
    assert (await post_of(place, note["id"])).content == note["content"]
    await said(place, "Update", note | {"content": "<p>By 20 mm</p>", "updated": "2026-11-25T04:00:00Z"})
    assert (await post_of(place, note["id"])).content == "<p>By 20 mm</p>"
    await said(place, "Delete", {"id": note["id"], "type": "Tombstone"})
    assert "20 mm" not in str(await place.acme.find_post(note["id"]))


@pytest.mark.usefixtures("form")
async def test_a_favourite_comes_and_goes(place: Place):
    post = await place.acme.post("alice", "Look")
    like = await said(place, "Like", post.iri)
    assert (await post_of(place, post.iri)).favourites_count == 1
    await said(place, "Undo", {name: like[name] for name in ("id", "type", "actor", "object")})
    assert (await post_of(place, post.iri)).favourites_count == 0


@pytest.mark.usefixtures("form")
async def test_a_boost_comes_and_goes(place: Place):
    post = await place.acme.post("alice", "Look again")
    boost = await said(place, "Announce", post.iri)
    assert (await post_of(place, post.iri)).boosts_count == 1
    await said(place, "Undo", {name: boost[name] for name in ("id", "type", "actor", "object")})
    assert (await post_of(place, post.iri)).boosts_count == 0


# what alice of acme says


@pytest.mark.usefixtures("form")
async def test_a_post_its_edit_and_its_end_come_to_vega(place: Place):
    node, alice = place.acme.node, place.acme.people["alice"]
    row = await place.acme.post("alice", "The frame is ready")
    entry = await heard(place, row.iri, "Create")
    assert (entry["carries"], entry["content"]) == ("Note", row.content)
    await node.perform(
        lambda tx: post.edit(tx, node.gate, alice, row.id, PostDraft("The frame is nearly ready"))
    )
    assert "nearly" in (await heard(place, row.iri, "Update"))["content"]
    await place.acme.delete("alice", row.id)
    assert (await heard(place, row.iri, "Delete"))["carries"] == "Tombstone"


@pytest.mark.usefixtures("form")
async def test_alices_favourite_and_boost_come_to_vega_and_go(place: Place):
    node, alice = place.acme.node, place.acme.people["alice"]
    note = place.vega.note("bob", "<p>Done</p>")
    await said(place, "Create", note)
    row = await post_of(place, note["id"])
    for do, undo, kind in (
        (reaction.favourite, reaction.unfavourite, "Like"),
        (post.boost, post.unboost, "Announce"),
    ):
        await node.perform(lambda tx, do=do: do(tx, node.gate, alice, row.id))
        entry = await heard(place, row.iri, kind)
        await node.perform(lambda tx, undo=undo: undo(tx, node.gate, alice, row.id))
        assert (await heard(place, entry["document"]["id"], "Undo"))["carries"] == kind


# who may read


async def test_fedify_reads_alice_with_a_signed_question_in_both_forms_and_with_none_not(
    place: Place, form: Form
):
    url = place.acme.people["alice"].iri
    assert (await place.vega.tell("ask", form=form, by="node", url=url))["preferredUsername"] == "alice"
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{place.acme.port}{urlsplit(url).path}") as answer,
    ):
        assert answer.status == 404


# what was tampered with


@pytest.mark.usefixtures("form")
async def test_acme_refuses_what_was_changed_after_it_was_proven(place: Place):
    note = place.vega.note("bob", "<p>Thirty bolts</p>")
    proven = await said(place, "Create", note)
    forged = proven | {"object": proven["object"] | {"content": "<p>Ninety bolts</p>"}}
    assert await place.vega.post("bob", forged) == (401, "bad_proof")
    assert (await post_of(place, note["id"])).content == note["content"]


@pytest.mark.usefixtures("form")
async def test_acme_refuses_what_was_changed_after_it_was_signed(place: Place):
    proven = await said(place, "Create", place.vega.note("bob", "<p>Thirty nuts</p>"))
    forged = proven | {"id": place.vega.new_id("activities")}
    assert await place.vega.post("bob", proven, instead=forged) == (401, "digest")


@pytest.mark.usefixtures("form")
async def test_acme_does_not_believe_vega_for_alice(place: Place):
    alice, iri = (
        place.acme.people["alice"].iri,
        f"{place.acme.config.base_url}/posts/by-bob-{place.vega.form}",
    )
    note = place.vega.note("bob", "<p>I resign</p>") | {"id": iri, "attributedTo": alice}
    head = (await place.acme.heads())[place.acme.host]
    fields = log.log_fields(project=place.vega.project, party=place.acme.host, head=head)
    activity = {"id": f"{iri}/create", "type": "Create", "actor": alice, "object": note}
    letter = await place.vega.send("bob", activity, log=fields)
    assert (letter["status"], orjson.loads(letter["answer"])["rule"]) == (403, "signer_is_not_the_actor")
    assert await place.acme.find_post(iri) is None


@pytest.mark.usefixtures("form")
async def test_fedify_refuses_what_was_changed_after_alice_proved_it(place: Place):
    row = await place.acme.post("alice", "Thirty bolts")
    proven = (await heard(place, row.iri, "Create"))["document"]
    forged = proven | {"id": f"{proven['id']}0", "object": proven["object"] | {"content": "<p>Ninety</p>"}}
    assert await posted(place, forged, forged) == 401
    entry = await place.vega.arrived(forged["id"])
    assert (entry["signer"], entry.get("proven")) == (place.acme.node.home.node, None)


async def test_fedify_refuses_what_was_changed_after_acme_signed_it(place: Place, form: Form):
    row = await place.acme.post("alice", "Thirty nuts")
    proven = (await heard(place, row.iri, "Create"))["document"]
    assert await posted(place, proven, proven | {"id": f"{proven['id']}1"}) == 401
    entry = await place.vega.arrived(f"{proven['id']}1")
    assert (entry["form"], entry.get("signer")) == (form, None)


async def posted(place: Place, signed: Document, brought: Document) -> int:
    """Post to vega what somebody brings, with acme's signature of something."""
    key_id, key = await place.acme.node.read(lambda tx: transport_key(tx, place.acme.node.home.node))
    form = place.acme.node.wire.known_forms[place.vega.host].form
    kind = {"Content-Type": "application/activity+json"}
    request = signature.Request("POST", place.vega.base, "/inbox", CIMultiDict(kind), orjson.dumps(signed))
    headers = kind | signature.sign(request, key=key, key_id=key_id, form=form, now=place.acme.node.now())
    url = f"http://127.0.0.1:{place.vega.host.split(':')[1]}/inbox"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=orjson.dumps(brought), headers=headers) as answer,
    ):
        return answer.status
