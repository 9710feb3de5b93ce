"""New keys for old ones: what was proven stays proven, what waits goes out with the new key, and the old one ends on its date."""

from pathlib import Path
from typing import Any

import pytest

from federation import keys as wire_keys
from federation import proof
from federation.document import Document
from federation.errors import Unauthentic
from instance.domain import rotation
from instance.errors import BadInput, Conflict, NotFound
from instance.keyring import ASK_AGAIN_AFTER_FAILURE_MS
from instance.storage import keys
from instance.storage.database import Tx
from instance.storage.keys import ED25519, RSA, KeyRow
from tests.builders import NOW_MS, a_tx
from tests.instance.test_keyring import BOB, BOBS_KEY, GLOBEX, NODE, Ring, proven
from tests.instance.test_keyring import ring as ring
from tests.nodes import Company, agree, three_nodes, until

HOUR_MS = 3_600_000


async def rotate(company: Company, actor_iri: str, *, overlap_ms: int = HOUR_MS) -> list[KeyRow]:
    return await company.node.perform(lambda tx: rotation.rotate(tx, actor_iri, overlap_ms=overlap_ms))


async def known(company: Company, actor_iri: str, kind: str) -> list[KeyRow]:
    rows = await company.node.read(lambda tx: keys.keys_of(tx, actor_iri))
    return [row for row in rows if row.kind == kind]


async def test_work_goes_on_after_every_key_of_a_company_is_new(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        before = await acme.post("alice", "before")
        await agree(acme, globex, initech)
        for row in await acme.node.read(rotation.everybody):
            await rotate(acme, row.iri)
        after = await acme.post("alice", "after")
        await agree(acme, globex, initech)
        for company in (globex, initech):
            assert await company.find_post(before.iri)
            assert await company.find_post(after.iri)
        answer = await globex.post("bob", "still here")
        await agree(acme, globex, initech)
        assert await acme.find_post(answer.iri)


async def test_letters_that_waited_go_out_with_the_new_key(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        posts = [await acme.post("alice", f"{n}") for n in range(20)]
        await rotate(acme, acme.node.home.node, overlap_ms=0)
        await rotate(acme, acme.people["alice"].iri, overlap_ms=0)
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await agree(acme, globex)
        assert all([await globex.find_post(post.iri) for post in posts])


async def test_a_newcomer_believes_what_was_proven_with_a_key_that_ceased(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await initech.stop()
        old = await acme.post("alice", "old")
        await agree(acme, globex)
        await rotate(acme, acme.people["alice"].iri, overlap_ms=0)
        await acme.stop()
        await initech.start()
        await agree(globex, initech)
        assert await initech.find_post(old.iri)
        await acme.start()


async def test_a_partner_learns_of_the_new_key_and_keeps_the_old_with_its_end(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, _):
        alice = acme.people["alice"].iri
        (first,) = await known(globex, alice, ED25519)
        fresh = await rotate(acme, alice)
        await agree(acme, globex)

        async def told() -> list[tuple[str, bool]]:
            rows = await known(globex, alice, ED25519)
            return [(row.key_iri, row.ends_at_ms is None) for row in rows]

        new = next(row.key_iri for row in fresh if row.kind == ED25519)
        await until(told, [(first.key_iri, False), (new, True)])
        assert new == f"{first.key_iri}-2"


async def test_the_private_half_of_an_old_key_is_gone(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, _, _):
        alice = acme.people["alice"].iri
        before = await acme.node.read(_private_keys)
        await rotate(acme, alice)
        after = await acme.node.read(_private_keys)
        assert len(after) == len(before)
        assert len(set(before) - set(after)) == 2


def _private_keys(tx: Any) -> list[str]:
    found = tx._connection.execute("SELECT private_pem FROM actor_key WHERE private_pem IS NOT NULL")
    return [pem for (pem,) in found]


async def test_a_key_of_transport_is_forgotten_once_it_has_ended(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, _, _):
        node = acme.node.home.node
        await rotate(acme, node, overlap_ms=0)
        assert len(await known(acme, node, RSA)) == 2
        await acme.node.write(keys.forget_transport)
        assert [row.ends_at_ms for row in await known(acme, node, RSA)] == [None]
        assert len(await known(acme, node, ED25519)) == 2


async def test_while_a_charter_waits_for_signatures_the_nodes_key_stays(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, _, _):
        await acme.node.write(_have_a_charter_wait)
        with pytest.raises(Conflict, match="charter_waits"):
            await rotate(acme, acme.node.home.node)
        await rotate(acme, acme.people["alice"].iri)


def _have_a_charter_wait(tx: Any) -> None:
    tx._connection.execute("UPDATE charter SET state = 'offered'")


async def test_only_ones_own_actors_get_new_keys(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, _):
        with pytest.raises(NotFound):
            await rotate(acme, globex.people["bob"].iri)
        with pytest.raises(BadInput):
            await rotate(acme, acme.people["alice"].iri, overlap_ms=-1)


def ended(document: Document, at: str) -> None:
    document["assertionMethod"][0]["expires"] = at


async def test_a_letter_signed_with_a_key_that_has_ended_is_refused(ring: Ring):
    ring.show(BOB)
    ended(ring.wire.pages[BOB], "2020-01-01T00:00:00Z")
    with pytest.raises(Unauthentic, match="key_expired"):
        await ring.keys.find(BOBS_KEY, host=GLOBEX)


async def test_a_proof_counts_when_it_was_made_before_its_key_ended_and_not_when_later(ring: Ring):
    private = ring.show(BOB)
    activity = proven(private, BOBS_KEY)
    made = str(proof.proofs_of(activity.document)[0]["created"])
    ended(ring.wire.pages[BOB], "2099-01-01T00:00:00Z")
    assert await ring.keys.prove(activity) == BOB
    other = f"{BOB}-2"
    private = ring.show(other)
    ended(ring.wire.pages[other], made)
    with pytest.raises(Unauthentic, match="key_expired"):
        await ring.keys.prove(proven(private, wire_keys.ed25519_key_id(other)))


async def test_a_key_that_had_ended_is_asked_for_once_more_as_its_host_may_show_it_again(ring: Ring):
    ring.show(NODE, "Application")
    key_id, node = wire_keys.ed25519_key_id(NODE), ring.acme.node
    await ring.find(key_id)
    rows = await node.read(lambda tx: keys.keys_of(tx, NODE))
    ended = [row._replace(ends_at_ms=ring.now_ms - 1) for row in rows]
    await node.write(lambda tx: keys.put_partners(tx, NODE, ended, asked=True))
    ring.keys.forget()
    with pytest.raises(Unauthentic, match="key_expired"):
        await ring.find(key_id)  # asked for a moment ago
    ring.now_ms += ASK_AGAIN_AFTER_FAILURE_MS
    assert await ring.find(key_id)


# what an actor said in a log, some time ago perhaps, and what its host shows now


def a_key(name: str, *, ends_at_ms: int | None = None, pem: str = "") -> KeyRow:
    return KeyRow(f"{BOB}#{name}", BOB, RSA, pem or name, NOW_MS, ends_at_ms)


def counting(tx: Tx) -> set[str]:
    """The keys of Bob's that count."""
    rows = keys.keys_of(tx, BOB)
    return {row.public_pem for row in rows if row.ends_at_ms is None or row.ends_at_ms > tx.now_ms}


def test_an_old_word_does_not_end_a_key_that_the_host_has_shown_since():
    tx = a_tx()
    keys.put_partners(tx, BOB, [a_key("1")], asked=False)
    keys.put_partners(tx, BOB, [a_key("3")], asked=True)
    assert counting(tx) == {"3"}
    keys.put_partners(tx, BOB, [a_key("2"), a_key("1", ends_at_ms=tx.now_ms)], asked=False)
    assert counting(tx) == {"2", "3"}
    keys.put_partners(tx, BOB, [a_key("3"), a_key("2", ends_at_ms=tx.now_ms)], asked=False)
    assert counting(tx) == {"3"}
    keys.put_partners(tx, BOB, [a_key("4")], asked=False)
    assert counting(tx) == {"4"}


def test_no_old_word_makes_a_key_count_again_or_longer_or_be_another():
    tx = a_tx()
    keys.put_partners(tx, BOB, [a_key("1", ends_at_ms=tx.now_ms + 5), a_key("2")], asked=True)
    keys.put_partners(tx, BOB, [a_key("1"), a_key("2", pem="former 2")], asked=False)
    assert {row.key_iri: (row.ends_at_ms, row.public_pem) for row in keys.keys_of(tx, BOB)} == {
        f"{BOB}#1": (tx.now_ms + 5, "1"),
        f"{BOB}#2": (None, "2"),
    }


def test_a_document_shows_the_key_in_use_first_and_the_end_of_the_other():
    public = [wire_keys.generate_ed25519().public_key() for _ in range(2)]
    first, second = (wire_keys.named(BOB, key, number=n) for n, key in enumerate(public, start=1))
    former = wire_keys.PublicKey(first.id, first.owner, first.key, first.kind, 1_800_000_000_000)
    document = {"id": BOB, **wire_keys.render_keys([former, second])}
    assert [item.get("expires") for item in document["assertionMethod"]] == [None, "2027-01-15T08:00:00Z"]
    assert wire_keys.public_keys_of(document) == [second, former]
