"""A company that turned hostile, with its own keys and what it captured, speaks for nobody but itself; and who is outside reads and says nothing."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import orjson
import pytest

from federation import keys, proof
from federation.document import Document
from federation.letters import Inquiry, Outbound, seal_of
from federation.log import Head
from federation.wire import Answer
from instance.domain.profile import ed25519_of
from instance.storage import charters, ledger
from tests.instance.arriving import a_create, proven
from tests.nodes import Company, until
from tests.scenarios.app import Rope
from tests.scenarios.deals import Deal
from tests.scenarios.raw import raw_send, tapped

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers: Iterator[int] = count(1)


async def send(sender: Company, receiver: Company, document: Document) -> tuple[int, str]:
    """Sign and post whatever a company wants, past its gate; status and rule of the answer."""
    answer = await post_bytes(sender, receiver, orjson.dumps(document), iri=str(document.get("id")))
    return answer.status, orjson.loads(answer.body).get("rule", "") if answer.body else ""


async def post_bytes(sender: Company, receiver: Company, body: bytes, *, iri: str = "urn:x") -> Answer:
    """Sign and post any bytes, past the gate."""
    node = sender.node
    letter = Outbound(next(_numbers), receiver.host, receiver.inbox, iri, node.home.node, "x", "x", body)
    return await node.wire.post(replace(letter, seal=seal_of(letter, node.seal_key)))


async def next_head(company: Company) -> Head:
    return (await company.heads())[company.host]


async def signed_by(company: Company, document: Document) -> Document:
    """A document with the integrity proof of a company's node."""
    iri = company.node.home.node
    key = await company.node.read(lambda tx: ed25519_of(tx, iri))
    return proof.add_proof(document, key=key, key_id=keys.ed25519_key_id(iri), created="2026-11-25T03:00:00Z")


async def history(company: Company, charter_iri: str) -> list[tuple[str, str]]:
    """What is written in a charter's history, by whom."""
    rows = await company.node.read(lambda tx: charters.events(tx, charter_iri))
    return [(row.what, row.host) for row in rows]


async def test_a_partner_does_not_speak_for_our_people(rope: Rope):
    """Globex has good keys of its own; it signs the transport, and proves with the key of bob, a post of alice of acme."""
    alice, bob = rope.acme.people["alice"], rope.globex.people["bob"]
    note = {**a_create(rope.globex, alice.iri, "I resign", number=next(_numbers)), "actor": alice.iri}
    forged = await proven(rope.globex, alice.iri, note, head=await next_head(rope.globex), by=bob.iri)
    for receiver in (rope.acme, rope.initech):
        status, _ = await send(rope.globex, receiver, forged)
        assert status in {400, 401, 403}
    for phone in (rope.alice, rope.carol):
        assert "I resign" not in str(await phone.project())


async def test_a_captured_key_is_good_for_its_owners_company_alone(rope: Rope):
    """Initech has the private key of bob of globex: it proves with it, but brings it from its own host."""
    bob = rope.globex.people["bob"]
    forged = await proven(
        rope.globex,
        bob.iri,
        a_create(rope.globex, bob.iri, "We accept", number=next(_numbers)),
        head=await next_head(rope.globex),
    )
    status, _ = await send(rope.initech, rope.acme, forged)
    assert status in {401, 403}
    assert "We accept" not in str(await rope.alice.project())


async def test_an_entry_without_its_authors_proof_is_refused(rope: Rope):
    bob = rope.globex.people["bob"]
    bare = await proven(
        rope.globex, bob.iri, a_create(rope.globex, bob.iri, "Unproven"), head=await next_head(rope.globex)
    )
    del bare["proof"]
    assert (await send(rope.globex, rope.acme, bare))[0] in {400, 401, 403}
    assert "Unproven" not in str(await rope.alice.project())


async def test_a_colleague_who_is_not_in_the_project_says_nothing_in_it(rope: Rope):
    """Globex lets zach speak in apollo, though it never added him: his words are an entry, and nobody's post."""
    deal = await Deal.live(rope, "serpens", rope.globex)
    zach = rope.globex.people["zach"]
    shadow = replace(rope.globex, project_iri=deal.iri)
    shadow.node = rope.globex.node
    head = (await shadow.heads())[rope.globex.host]
    words = await proven(
        shadow, zach.iri, a_create(shadow, zach.iri, "Me too", number=next(_numbers)), head=head
    )
    await send(rope.globex, rope.acme, words)
    found = await rope.alice.get("/api/v1/timelines/public")
    assert "Me too" not in str(found)


async def test_a_request_that_was_recorded_is_not_taken_twice(rope: Rope):
    async with tapped(rope.globex) as tap:
        said = await rope.alice.say("@apollo Once")
        await rope.bob.sees(said["uri"])
        (recorded,) = [part for part in tap.requests() if said["uri"].encode() in part]
        status, answer = await raw_send(rope.globex, recorded)
        assert status == 401
        assert b'"rule":"replay' in answer


async def test_one_that_comes_again_after_a_start_changes_nothing(rope: Rope):
    async with tapped(rope.globex) as tap:
        said = await rope.alice.say("@apollo Once and for all")
        await rope.bob.sees(said["uri"])
    (recorded,) = [part for part in tap.requests() if said["uri"].encode() in part]
    before = await rope.globex.heads()
    await raw_send(rope.globex, recorded)
    assert await rope.globex.heads() == before
    assert [one["uri"] for one in await rope.bob.project()].count(said["uri"]) == 1


async def test_a_request_whose_body_was_changed_on_the_way_is_refused(rope: Rope):
    await rope.globex.shut_door()
    async with tapped(rope.initech) as tap:
        said = await rope.alice.say("@apollo Thirty bolts")
        await rope.carol.sees(said["uri"])
    await rope.globex.open_door()
    (recorded,) = [part for part in tap.requests() if said["uri"].encode() in part]
    status, _ = await raw_send(rope.initech, recorded.replace(b"Thirty", b"Ninety"))
    assert status in {400, 401}
    assert "Ninety" not in str(await rope.carol.project())


async def test_a_third_company_outside_the_charter_gets_nothing_reads_nothing_and_says_nothing(rope: Rope):
    deal = await Deal.live(rope, "taurus", rope.globex)
    async with tapped(rope.initech) as tap:
        said = await rope.alice.say(f"{deal.handle} Between the two of us")
        await rope.bob.sees(said["uri"])
    assert said["uri"].encode() not in tap.inward
    for path in (
        said["uri"],
        f"{rope.acme.config.base_url}/log?project={deal.iri}",
        f"{rope.acme.config.base_url}/log?project={deal.iri}&party={rope.acme.host}&after=0",
        deal.iri,
        f"{deal.iri}/members",
        f"{deal.iri}/charter",
    ):
        assert await signed_get(rope.initech, path) == 404, path
        assert await signed_get(rope.globex, path) == 200, path
    carol, shadow = rope.initech.people["carol"], replace(rope.initech, project_iri=deal.iri)
    shadow.node = rope.initech.node
    words = await proven(shadow, carol.iri, a_create(shadow, carol.iri, "Let me in"), head=None)
    assert (await send(rope.initech, rope.acme, words))[0] in {400, 403}
    assert "Let me in" not in str(await rope.alice.get("/api/v1/timelines/public"))


async def signed_get(company: Company, url: str) -> int:
    node = company.node
    letter = Inquiry(url, "application/activity+json", node.home.node, "test")
    return (await node.wire.get(replace(letter, seal=seal_of(letter, node.seal_key)))).status


async def an_offer(rope: Rope, deal: Deal, **changes: Any) -> Document:
    """A charter of a project of Acme's, of a new address, that Acme might offer to Globex; not signed yet."""
    row = (await deal.versions(rope.acme))[0]
    document = orjson.loads(row.document)
    document.pop("proof", None)
    return {**document, "id": f"{row.iri}{next(_numbers)}", "version": 2, **changes}


@pytest.mark.parametrize(
    ("signer", "changed", "rule"),
    [
        (None, False, "no_proof"),
        ("initech", False, "proof_of_another"),
        ("acme", True, "bad_proof"),
    ],
)
async def test_an_offer_with_a_missing_foreign_or_wrong_proof_is_refused_and_recorded(
    rope: Rope, signer: str | None, changed: bool, rule: str
):
    deal = await Deal.offered(rope, f"virgo_{rule}", rope.globex)
    await deal.decides(rope.globex, "decline", reason="no")
    await deal.stands("declined")
    offer = await an_offer(rope, deal)
    if signer:
        offer = await signed_by(getattr(rope, signer), offer)
    if changed:
        offer["summary"] = "Something else"
    node = rope.acme.node.home.node
    activity = {
        "@context": offer["@context"],
        "id": f"{rope.acme.config.base_url}/activities/{next(_numbers)}",
        "type": "Offer",
        "actor": node,
        "to": [rope.globex.node.home.node],
        "object": offer,
    }
    await send(rope.acme, rope.globex, await signed_by(rope.acme, activity))
    assert [row.state for row in await deal.versions(rope.globex)] == ["declined"]
    assert await history(rope.globex, offer["id"]) == [(f"refused_{rule}", rope.acme.host)]


@pytest.mark.parametrize(("result", "rule"), [(None, "no_proof"), ("initech", "proof_of_another")])
async def test_an_approval_with_a_missing_or_foreign_proof_is_refused_and_recorded(
    rope: Rope, result: str | None, rule: str
):
    deal = await Deal.offered(rope, f"pavo_{rule}", rope.globex)
    row = (await deal.versions(rope.acme))[0]
    activity: Document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{rope.globex.config.base_url}/activities/{next(_numbers)}",
        "type": "Accept",
        "actor": rope.globex.node.home.node,
        "to": [rope.acme.node.home.node],
        "object": {"id": row.iri, "type": "Charter"},
    }
    if result:
        bare = orjson.loads(row.document)
        bare.pop("proof", None)
        activity["result"] = proof.proofs_of(await signed_by(getattr(rope, result), bare))[0]
    await send(rope.globex, rope.acme, activity)
    assert await deal.state(rope.acme) == "approved", "our own signature, and nobody else's"
    assert (f"refused_{rule}", rope.globex.host) in await history(rope.acme, row.iri)


async def test_after_all_that_the_ledgers_verify(rope: Rope):
    for company in rope.companies:
        assert (await company.node.read(company.node.gate.verify_ledger)).ok
        assert (await company.node.read(ledger.last)).seq > 0
    await until(rope.globex.charter_state, "live")
