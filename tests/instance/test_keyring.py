"""Keys of others: asked of their own host, remembered, asked for anew with measure, and never fetched for a stranger."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from multidict import CIMultiDict

from federation import keys, proof
from federation.activity import Activity
from federation.errors import FederationError, Malformed, Refused, TooFast, Unauthentic
from federation.letters import Inquiry
from federation.proof import AHEAD_LIMIT_MS
from federation.vocabulary import ACCEPT
from federation.wire import Answer
from instance.domain.render import timestamp
from instance.events import CharterChanged
from instance.keyring import (
    ASK_AGAIN_AFTER_FAILURE_MS,
    ASK_AGAIN_MS,
    ASKED_AT_ONCE,
    ASKED_PER_S,
    FETCHES_PER_ACTIVITY,
    STEPS_TO_ACTOR,
    STRANGER_EVERY_MS,
    STRANGERS,
    KeyRing,
)
from instance.storage import actors, peers
from tests.builders import GLOBEX, INITECH, NOW_MS, a_charter
from tests.nodes import Company, a_company, running

BASE = f"https://{GLOBEX}"
BOB, NODE = f"{BASE}/people/bob", f"{BASE}/actor"
BOBS_KEY = keys.ed25519_key_id(BOB)


@dataclass
class FakeWire:
    """The other end: documents by address, and what was asked for; `shy` ones are shown to who signs alone, `signed` are those asked for so."""

    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    shy: set[str] = field(default_factory=set)
    media_type: str = "application/activity+json; charset=utf-8"

    async def get(self, inquiry: Inquiry) -> Answer:
        self.asked.append(inquiry.url)
        assert inquiry.accept == ACCEPT, "both names that activities go by"
        if inquiry.signer:
            self.signed.append(inquiry.url)
        await asyncio.sleep(0)
        is_shown = inquiry.signer or inquiry.url not in self.shy
        found = self.pages.get(inquiry.url) if is_shown else None
        headers = CIMultiDict({"Content-Type": self.media_type})
        return Answer(404 if found is None else 200, headers, orjson.dumps(found or {}), inquiry.url)


@dataclass
class Ring:
    """Acme's ring of keys, which knows Globex by a charter; the wire, and a clock that is told."""

    acme: Company
    wire: FakeWire = field(default_factory=FakeWire)
    now_ms: int = NOW_MS
    keys: KeyRing = field(init=False)

    def __post_init__(self) -> None:
        node = self.acme.node
        wire: Any = self.wire
        self.keys = KeyRing(node._database, wire, node.gate, home=node.home, clock=lambda: self.now_ms)

    def show(self, iri: str, kind: str = "Person", **more: Any) -> Any:
        """Have Globex show an actor with a key of its own; the private one."""
        private = keys.generate_ed25519()
        self.wire.pages[iri] = {
            "id": iri,
            "type": kind,
            "preferredUsername": iri.rpartition("/")[2],
            "inbox": f"{BASE}/inbox",
            **keys.render_keys([keys.named(iri, private.public_key())]),
            **more,
        }
        return private

    async def knows_the_node(self) -> None:
        """Acme knows which actor is Globex's node."""
        facts = peers.PeerFacts(node_iri=NODE)
        await self.acme.node.write(lambda tx: peers.learn(tx, GLOBEX, facts))

    async def find(self, key_id: str = BOBS_KEY, **more: Any) -> bytes:
        found = await self.keys.find(key_id, host=GLOBEX, **more)
        return found.key.public_bytes_raw()


@pytest.fixture
async def ring(tmp_path: Path) -> AsyncIterator[Ring]:
    acme = a_company(tmp_path, "acme")
    async with running(acme):
        await acme.node.write(lambda tx: a_charter(tx, f"{BASE}/projects/apollo", GLOBEX))
        yield Ring(acme)


def an_offer(host: str, *parties: str) -> dict[str, Any]:
    return {
        "type": "Offer",
        "actor": f"https://{host}/actor",
        "object": {"type": "Charter", "parties": [{"type": "Party", "host": party} for party in parties]},
    }


async def test_a_key_is_asked_of_its_actor_once_and_remembered(ring: Ring):
    private = ring.show(BOB)
    found = {await ring.find() for _ in range(3)}
    assert (found, ring.wire.asked) == ({private.public_key().public_bytes_raw()}, [BOB])


async def test_however_many_wait_for_a_key_it_is_asked_for_once(ring: Ring):
    ring.show(BOB)
    await asyncio.gather(*(ring.keys.find(BOBS_KEY, host=GLOBEX) for _ in range(10)))
    assert ring.wire.asked == [BOB]


async def test_nothing_is_asked_of_a_host_that_no_charter_names(ring: Ring):
    with pytest.raises(Refused, match="party_unknown"):
        await ring.keys.find(f"https://{INITECH}/actor#main-key", host=INITECH)
    assert ring.wire.asked == []


async def test_the_key_of_one_host_is_not_asked_for_in_the_name_of_another(ring: Ring):
    with pytest.raises(Refused, match="party_unknown"):
        await ring.keys.find(f"https://{INITECH}/actor#main-key", host=GLOBEX)
    assert ring.wire.asked == []


async def test_a_key_at_its_own_address_leads_to_its_owner(ring: Ring):
    ring.show(BOB, assertionMethod=[])
    private = keys.generate_ed25519()
    address = f"{BOB}/key"
    multikey = {"id": address, "type": "Multikey", "controller": BOB}
    multikey["publicKeyMultibase"] = keys.to_multikey(private.public_key())
    ring.wire.pages[address] = multikey
    ring.wire.pages[BOB]["assertionMethod"] = [multikey]
    assert await ring.find(address) == private.public_key().public_bytes_raw()
    assert ring.wire.asked == [address, BOB]


async def test_a_key_does_not_lead_to_another_host(ring: Ring):
    address = f"{BOB}/key"
    ring.wire.pages[address] = {"id": address, "type": "Multikey", "controller": f"https://{INITECH}/actor"}
    with pytest.raises(Refused, match="key_of_another_host"):
        await ring.find(address)
    assert ring.wire.asked == [address]


async def test_an_actor_at_another_address_than_its_own_is_asked_for_there(ring: Ring):
    """BookWyrm's keys are called `…/user/bob/#main-key`, and GoToSocial shows a part of the actor at `…/main-key`."""
    address = f"{BOB}/main-key"
    private = ring.show(BOB)
    key = keys.PublicKey(address, BOB, private.public_key(), "ed25519")
    ring.wire.pages[BOB] |= keys.render_keys([key])
    ring.wire.pages[address] = {"id": BOB, "type": "Person", "preferredUsername": "bob"}
    assert await ring.find(address) == private.public_key().public_bytes_raw()
    assert ring.wire.asked == [address, BOB]


async def test_an_actor_that_never_is_where_it_says_is_not_followed_for_ever(ring: Ring):
    for number in range(9):
        ring.show(f"{BASE}/people/{number}", id=f"{BASE}/people/{number + 1}")
    with pytest.raises(Refused, match="actor_under_another_id"):
        await ring.find(keys.ed25519_key_id(f"{BASE}/people/0"))
    assert len(ring.wire.asked) == STEPS_TO_ACTOR


async def test_the_id_of_an_actor_means_its_key_of_transport(ring: Ring):
    """So PeerTube writes it."""
    private = keys.generate_rsa()
    ring.show(NODE, "Application")
    ring.wire.pages[NODE] |= keys.render_keys([keys.named(NODE, private.public_key())])
    for _ in range(2):
        found = await ring.keys.find(NODE, host=GLOBEX)
        assert (found.key, found.owner) == (private.public_key(), NODE)
        ring.keys.forget()
    assert ring.wire.asked == [NODE]


async def test_nobody_takes_the_place_of_a_neighbours_key(ring: Ring):
    """An actor may list any key as its own: it counts under an id below the actor's alone."""
    eve, bob = ring.show(f"{BASE}/people/eve"), ring.show(BOB)
    key = keys.PublicKey(BOBS_KEY, f"{BASE}/people/eve", eve.public_key(), "ed25519")
    own = keys.named(f"{BASE}/people/eve", eve.public_key())
    await ring.find()
    ring.wire.pages[f"{BASE}/people/eve"] |= keys.render_keys([own, key])
    await ring.find(own.id)
    assert await ring.find() == bob.public_key().public_bytes_raw()


@pytest.mark.parametrize("media_type", ["text/html", "application/json", "image/png", "application/ld+json"])
async def test_a_file_that_looks_like_an_actor_is_none(ring: Ring, media_type: str):
    """Somebody may upload it to the host and name its address as that of a key."""
    ring.show(BOB)
    ring.wire.media_type = media_type
    with pytest.raises(Malformed, match="actor_media_type"):
        await ring.find()


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        ({"id": f"https://{INITECH}/people/bob"}, "key_of_another_host"),
        ({"assertionMethod": []}, "unknown_key"),
        (None, "no_actor"),
    ],
)
async def test_what_does_not_give_the_key_is_refused_and_not_asked_again_at_once(
    ring: Ring, page: dict[str, Any] | None, rule: str
):
    ring.show(BOB)
    ring.wire.pages[BOB] = ring.wire.pages[BOB] | page if page is not None else None
    with pytest.raises(FederationError, match=rule):
        await ring.find()
    with pytest.raises(Unauthentic, match="unknown_key"):
        await ring.find()
    assert len(ring.wire.asked) == 1
    ring.now_ms += ASK_AGAIN_AFTER_FAILURE_MS
    with pytest.raises(FederationError, match=rule):
        await ring.find()
    assert len(ring.wire.asked) == 2


async def test_a_host_is_asked_for_some_hundreds_of_keys_at_once_and_for_a_few_a_second(ring: Ring):
    """Anybody can name keys of a host in requests that prove nothing."""
    for number in range(ASKED_AT_ONCE):
        with pytest.raises(FederationError, match="no_actor"):
            await ring.find(f"{BASE}/people/{number}#main-key")
    ring.show(BOB)
    with pytest.raises(TooFast):
        await ring.find()
    ring.now_ms += round(1000 / ASKED_PER_S)
    await ring.find()
    await ring.find()
    assert len(ring.wire.asked) == ASKED_AT_ONCE + 1


async def test_a_key_that_no_longer_fits_is_asked_for_anew_every_five_minutes_at_most(ring: Ring):
    old = ring.show(BOB).public_key().public_bytes_raw()
    await ring.find()
    new = ring.show(BOB).public_key().public_bytes_raw()
    assert await ring.find(fresh=True) == old
    ring.now_ms += ASK_AGAIN_MS
    assert await ring.find(fresh=True) == new
    assert ring.wire.asked == [BOB, BOB]


async def test_a_key_that_had_ceased_is_asked_for_anew_since_its_actor_may_show_it_again(ring: Ring):
    ring.show(BOB)
    known = ring.wire.pages[BOB]["assertionMethod"][0]
    ring.wire.pages[BOB]["assertionMethod"] = [known | {"expires": timestamp(NOW_MS + 1_000)}]
    await ring.find()
    ring.now_ms += ASK_AGAIN_MS
    with pytest.raises(Unauthentic, match="key_expired"):
        await ring.find()
    ring.wire.pages[BOB]["assertionMethod"] = [known]
    ring.now_ms += ASK_AGAIN_MS
    await ring.find()
    assert len(ring.wire.asked) == 3


async def test_a_key_that_cannot_be_asked_for_anew_is_still_the_key(ring: Ring):
    known = ring.show(BOB).public_key().public_bytes_raw()
    await ring.find()
    ring.wire.pages.clear()
    ring.now_ms += ASK_AGAIN_MS
    assert await ring.find(fresh=True) == known


async def test_the_key_of_a_node_is_asked_for_without_a_signature_and_that_of_a_person_with_one(ring: Ring):
    """Who checks our signature may have to ask us first: if both had new keys, each would wait for the other."""
    await ring.knows_the_node()
    ring.show(NODE, "Application")
    ring.show(BOB)
    await ring.find(keys.ed25519_key_id(NODE))
    await ring.find()
    assert (ring.wire.asked, ring.wire.signed) == ([NODE, BOB], [BOB])


async def test_a_node_that_shows_itself_to_nobody_is_asked_with_a_signature_after_all(ring: Ring):
    await ring.knows_the_node()
    ring.show(NODE, "Application")
    ring.wire.shy.add(NODE)
    await ring.find(keys.ed25519_key_id(NODE))
    assert (ring.wire.asked, ring.wire.signed) == ([NODE, NODE], [NODE])


async def test_a_node_is_kept_with_its_key_and_a_person_waits_to_join_a_project(ring: Ring):
    ring.show(BOB)
    ring.show(NODE, "Application")
    for iri in (BOB, NODE):
        await ring.find(keys.ed25519_key_id(iri))
    ring.keys.forget()
    await ring.find(keys.ed25519_key_id(NODE))
    assert ring.wire.asked == [BOB, NODE]
    kept = [await ring.acme.node.read(lambda tx, iri=iri: actors.by_iri(tx, iri)) for iri in (BOB, NODE)]
    assert [row is not None for row in kept] == [False, True]


async def test_who_is_known_is_read_anew_when_a_charter_changes(ring: Ring):
    assert not await ring.keys.is_known(INITECH, None)
    await ring.acme.node.write(lambda tx: a_charter(tx, f"{BASE}/projects/gemini", INITECH))
    assert not await ring.keys.is_known(INITECH, None)
    ring.keys.hear(CharterChanged(f"{BASE}/projects/gemini"))
    assert await ring.keys.is_known(INITECH, None)


async def test_a_stranger_with_an_offer_that_names_us_is_let_in_once_a_while(ring: Ring):
    offer = an_offer(INITECH, INITECH, ring.acme.host)
    assert [await ring.keys.is_known(INITECH, offer) for _ in range(2)] == [True, False]
    ring.now_ms += STRANGER_EVERY_MS
    assert await ring.keys.is_known(INITECH, offer)


async def test_of_strangers_there_are_some_dozens_at_a_time(ring: Ring):
    hosts = [f"s{n}.example" for n in range(STRANGERS + 1)]
    let_in = [await ring.keys.is_known(host, an_offer(host, ring.acme.host)) for host in hosts]
    assert let_in == [True] * STRANGERS + [False]


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Create"},
        {"object": {"type": "Note"}},
        {"actor": f"{BASE}/actor"},
        {"actor": "nonsense"},
        {"object": {"type": "Charter", "parties": [{"host": INITECH}, "acme"]}},
    ],
)
async def test_a_stranger_with_anything_else_stays_outside(ring: Ring, change: dict[str, Any]):
    assert not await ring.keys.is_known(INITECH, an_offer(INITECH, ring.acme.host) | change)


def an_activity(**more: Any) -> dict[str, Any]:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{BASE}/activities/1",
        "type": "Like",
        "actor": BOB,
        "object": f"{BASE}/posts/1",
        **more,
    }


def proven(key: Any, key_id: str = BOBS_KEY, *, at_ms: int = NOW_MS, **more: Any) -> Activity:
    created = timestamp(at_ms)
    return Activity.parse(proof.add_proof(an_activity(**more), key=key, key_id=key_id, created=created))


async def test_a_proof_by_the_actors_key_proves_the_actor(ring: Ring):
    assert await ring.keys.prove(proven(ring.show(BOB))) == BOB


async def test_a_proof_by_anothers_key_proves_nothing_of_the_actor(ring: Ring):
    eve = f"{BASE}/people/eve"
    assert await ring.keys.prove(proven(ring.show(eve), keys.ed25519_key_id(eve))) is None


async def test_a_proof_of_another_suite_is_passed_over(ring: Ring):
    """As Mitra's RSA proofs were: who signed the request says who speaks."""
    other = {"type": "MitraJcsRsaSignature2022", "verificationMethod": f"{BOB}#main-key", "proofValue": "z"}
    assert await ring.keys.prove(Activity.parse(an_activity(proof=other))) is None
    assert ring.wire.asked == []


async def test_without_a_proof_nothing_is_asked(ring: Ring):
    assert await ring.keys.prove(Activity.parse(an_activity())) is None
    assert ring.wire.asked == []


async def test_a_proof_by_a_new_key_makes_us_ask_for_it(ring: Ring):
    ring.show(BOB)
    await ring.find()
    ring.now_ms += ASK_AGAIN_MS
    assert await ring.keys.prove(proven(ring.show(BOB))) == BOB
    assert ring.wire.asked == [BOB, BOB]


async def test_a_proof_by_no_key_of_the_actor_is_refused(ring: Ring):
    ring.show(BOB)
    with pytest.raises(Unauthentic, match="bad_proof"):
        await ring.keys.prove(proven(keys.generate_ed25519()))


async def test_a_proof_dated_long_after_today_is_refused(ring: Ring):
    with pytest.raises(Unauthentic, match="proof_from_the_future"):
        await ring.keys.prove(proven(ring.show(BOB), at_ms=NOW_MS + AHEAD_LIMIT_MS + 1000))


async def test_many_proofs_are_not_looked_at(ring: Ring):
    activity = proven(ring.show(BOB)).document
    many = activity | {"proof": [activity["proof"]] * (FETCHES_PER_ACTIVITY + 1)}
    with pytest.raises(Refused, match="too_many_proofs"):
        await ring.keys.prove(Activity.parse(many))
    assert ring.wire.asked == []
