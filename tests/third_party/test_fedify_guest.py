"""A guest host whose server is not ours: made with Fedify, its people follow a project of Acme, read it and answer in it."""

import time
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import orjson
import pytest
import pytest_asyncio

from federation.signature import Form
from federation.vocabulary import PUBLIC
from federation.wire import KnownForm
from instance.domain import guest, post
from instance.domain.compose import PostDraft
from instance.storage import guest_notes, guests
from tests.nodes import Company, a_company, agree, running, tie
from tests.third_party.partner import Partner, a_partner, require_fedify

require_fedify()
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Place(NamedTuple):
    """Acme and Globex with Apollo, and Capella, which runs Fedify and is a guest; ann and ben are there."""

    acme: Company
    globex: Company
    capella: Partner

    async def followers(self) -> set[str]:
        rows = await self.acme.node.read(lambda tx: guests.followers(tx, [self.acme.project_iri]))
        return {row.actor_iri for row in rows if row.ended_at_ms is None}

    def said(self, by: str, kind: str, carried: Any) -> dict[str, Any]:
        """An activity of somebody there."""
        return {
            "id": self.capella.new_id("activities"),
            "type": kind,
            "actor": self.capella.iri(by),
            "object": carried,
        }

    async def take(self, by: str, kind: str, carried: Any) -> dict[str, Any]:
        """Acme takes what somebody there says, in the form it is signed in."""
        letter = await self.capella.send(by, self.said(by, kind, carried))
        assert (letter["form"], letter["status"]) == (self.capella.form, 202), letter
        return letter["document"]

    async def heard(self, iri: str, kind: str) -> dict[str, Any]:
        """What the project said reached capella; Fedify found its signature and its proof good, and took it."""
        entry, project = await self.capella.arrived(iri, kind), self.acme.project_iri
        assert (entry["form"], entry["signer"], entry["proven"]) == (self.capella.form, project, project)
        assert (entry["handled"], entry["status"]) == (kind, 202)
        return entry

    def answer(self, text: str) -> dict[str, Any]:
        """A note of ann's that mentions the project."""
        project = self.acme.project_iri
        mention = {"type": "Mention", "href": project, "name": f"@apollo@{self.acme.host}"}
        words = f'<p><a href="{project}" class="u-url mention">@apollo</a> {text}</p>'
        return self.capella.note("ann", words) | {"tag": mention, "cc": project, "to": PUBLIC}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("fedify-guest")
    companies = [a_company(directory, name) for name in ("acme", "globex")]
    async with running(*companies) as (acme, globex), a_partner("capella", "ann", "ben") as capella:
        await tie(acme, globex, guests="answer")
        await acme.hire("alice")
        await acme.join("alice")
        await agree(acme, globex)
        await acme.node.perform(lambda tx: guest.allow(tx, acme.project_iri, host=capella.host))
        capella.project, capella.inbox = acme.project_iri, acme.inbox
        yield Place(acme, globex, capella)


@pytest.fixture(params=Form)
def form(request: pytest.FixtureRequest, place: Place) -> Form:
    """Both sign in this form."""
    place.capella.form = request.param
    place.acme.node.wire.known_forms[place.capella.host] = KnownForm(request.param, time.time())
    return request.param


@pytest.mark.usefixtures("form")
async def test_who_follows_is_accepted_and_who_undoes_it_follows_no_more(place: Place):
    follow = await place.take("ben", "Follow", place.acme.project_iri)
    assert (await place.heard(follow["id"], "Accept"))["object"] == follow["id"]
    assert place.capella.iri("ben") in await place.followers()
    await place.take("ben", "Undo", {name: follow[name] for name in ("id", "type", "actor", "object")})
    assert place.capella.iri("ben") not in await place.followers()


async def test_fedify_reads_the_project_with_a_signed_question_in_both_forms(place: Place, form: Form):
    asked = {"form": form, "by": "node", "url": place.acme.project_iri}
    assert (await place.capella.tell("ask", **asked))["preferredUsername"] == "apollo"


async def follows(place: Place, name: str) -> None:
    """Somebody there follows."""
    if place.capella.iri(name) not in await place.followers():
        follow = await place.take(name, "Follow", place.acme.project_iri)
        await place.heard(follow["id"], "Accept")


async def test_fedify_finds_the_project_unsigned_by_its_own_name_and_no_person(place: Place):
    found = await place.capella.tell("find", resource=place.acme.project_iri)
    (link,) = [link for link in found["links"] if link["rel"] == "self"]
    assert (found["subject"], link["href"]) == (f"acct:apollo@{place.acme.host}", place.acme.project_iri)
    assert await place.capella.tell("find", resource=place.acme.people["alice"].iri) is None


async def test_fedify_reads_what_the_node_says_of_itself_and_no_head_count(place: Place):
    about = await place.capella.tell("about", url=place.acme.config.base_url)
    assert about == {"name": "cordee", "users": {}}


@pytest.mark.usefixtures("form")
async def test_a_post_its_edit_its_boost_and_its_end_come_in_the_projects_name(place: Place):
    node, alice = place.acme.node, place.acme.people["alice"]
    await follows(place, "ann")
    row = await place.acme.post("alice", "The rail is up")
    note = await node.read(lambda tx: guest_notes.of_source(tx, row.iri))
    assert note is not None
    assert (await place.heard(note.iri, "Create"))["content"] == "<p>Alice, Acme: The rail is up</p>"
    await node.perform(lambda tx: post.edit(tx, node.gate, alice, row.id, PostDraft("The rail is down")))
    assert (await place.heard(note.iri, "Update"))["content"] == "<p>Alice, Acme: The rail is down</p>"
    await node.perform(lambda tx: post.boost(tx, node.gate, alice, row.id))
    boost = await place.heard(note.iri, "Announce")
    await node.perform(lambda tx: post.unboost(tx, node.gate, alice, row.id))
    assert (await place.heard(boost["document"]["id"], "Undo"))["carries"] == "Announce"
    await place.acme.delete("alice", row.id)
    assert (await place.heard(note.iri, "Delete"))["carries"] == "Tombstone"


@pytest.mark.usefixtures("form")
async def test_an_answer_is_a_post_of_the_project_and_is_changed_and_taken_back(place: Place):
    await follows(place, "ann")
    note = place.answer("We have two left")
    await place.take("ann", "Create", note)
    assert await answered(place, note) == f"<p>Ann, {place.capella.host}: We have two left</p>"
    await place.take("ann", "Update", note | {"content": place.answer("We have none")["content"]})
    assert await answered(place, note) == f"<p>Ann, {place.capella.host}: We have none</p>"
    await place.take("ann", "Delete", {"id": note["id"], "type": "Tombstone"})
    assert await answered(place, note) in {None, ""}


@pytest.mark.usefixtures("form")
async def test_an_answer_that_was_changed_after_it_was_proven_is_refused(place: Place):
    await follows(place, "ann")
    note = place.answer("Thirty bolts")
    proven = await place.take("ann", "Create", note)
    assert proven["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    forged = proven | {"object": proven["object"] | {"content": place.answer("Ninety bolts")["content"]}}
    assert await place.capella.post("ann", forged) == (401, "bad_proof")
    assert "Thirty" in (await answered(place, note) or "")


async def test_nobody_speaks_for_somebody_else_there(place: Place):
    await follows(place, "ann")
    note = place.answer("I am ann")
    letter = await place.capella.send("ben", place.said("ann", "Create", note))
    assert (letter["status"], orjson.loads(letter["answer"])["rule"]) == (403, "signer_is_not_the_actor")


async def answered(place: Place, note: dict[str, Any]) -> str | None:
    """What stands in the project in place of an answer."""
    reply = await place.acme.node.read(lambda tx: guests.reply(tx, note["id"]))
    assert reply is not None
    found = await place.acme.find_post(reply.post_iri)
    return found and found.content
