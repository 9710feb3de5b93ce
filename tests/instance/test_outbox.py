"""The outbox: in the caller's transaction, gate first; what is withheld takes no number."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from federation import keys, log, proof
from federation.document import parse
from instance import outbox
from instance.domain import charter, post
from instance.domain.compose import PostDraft
from instance.errors import InstanceError
from instance.storage import delivery, ledger
from instance.storage import keys as key_rows
from instance.storage import log as entries
from instance.storage.database import Tx
from tests.counting import Counting
from tests.instance.arriving import a_create, said
from tests.nodes import Company, a_company, agree, running, tie


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Company]:
    """Acme, tied to two companies that are off the network, so that letters stay in the queue."""
    companies = [a_company(tmp_path, name) for name in ("acme", "globex", "initech")]
    async with running(*companies):
        acme, *others = companies
        await tie(*companies)
        await acme.hire("alice")
        await acme.join("alice")
        await agree(*companies)
        for other in others:
            await other.shut_door()
        yield acme


def rows(company: Company, statement: str) -> list[tuple]:
    """What the database says, seen from outside."""
    with closing(sqlite3.connect(company.config.database)) as from_outside:
        return from_outside.execute(statement).fetchall()


async def test_an_entry_follows_the_one_before(acme: Company):
    for word in ("One", "Two"):
        await acme.post("alice", word)
    one, two = await said(acme, 2), await said(acme, 3)
    assert two["log"] == {
        "project": acme.project_iri,
        "party": acme.host,
        "seq": 3,
        "prev": log.entry_hash(one),
    }


async def test_a_projects_post_asks_at_most_thirty_two_statements(acme: Company):
    def publish(tx: Tx) -> Counting:
        counted = Counting(tx)
        draft = PostDraft("The frame is ready", project=acme.project_iri)
        outcome = post.publish(counted, acme.node.gate, acme.people["alice"], draft)
        outbox.send(counted, outcome.drafts, gate=acme.node.gate)
        return counted

    counted = await acme.node.write(publish)
    assert {"delivery", "log_entry", "ledger"} <= counted.tables("INSERT INTO")
    assert counted.count <= 32


async def test_what_is_sent_says_only_terms_that_it_uses(acme: Company):
    await acme.post("alice", "One")
    terms = set((await said(acme, 2))["@context"][-1])
    assert {"sensitive", "log", "prev", "entryHash"} <= terms
    assert not {"votersCount", "Emoji", "quote", "blurhash"} & terms


async def test_an_entry_is_proven_by_its_author(acme: Company):
    await acme.post("alice", "One")
    entry = await said(acme, 2)
    key_id = keys.ed25519_key_id(acme.people["alice"].iri)
    row = await acme.node.read(lambda tx: key_rows.key_by_iri(tx, key_id))
    assert row is not None
    key = keys.public_from_pem(row.public_pem)
    assert proof.check_proof(entry, find_key={key_id: key}.get) == [key_id]


async def test_the_bytes_are_kept_once_for_all_their_letters(acme: Company):
    await acme.post("alice", "One")
    letters = rows(acme, "SELECT host, outgoing_id FROM delivery WHERE state = 'queued'")
    assert len(letters) == 2
    assert len({outgoing_id for _, outgoing_id in letters}) == 1


async def test_what_is_sent_is_what_stands_in_the_log(acme: Company):
    await acme.post("alice", "One")
    [(body,)] = rows(acme, "SELECT body FROM outgoing ORDER BY id DESC LIMIT 1")
    assert parse(body) == await said(acme, 2)


async def test_an_internal_post_leaves_a_line_in_the_ledger_and_nothing_else(acme: Company):
    before = rows(acme, "SELECT count(*) FROM log_entry UNION ALL SELECT count(*) FROM delivery")
    found = await acme.post("alice", "Our margin is thin", project=None)
    assert rows(acme, "SELECT count(*) FROM log_entry UNION ALL SELECT count(*) FROM delivery") == before
    [line] = rows(acme, "SELECT verdict, rule, names FROM ledger ORDER BY seq DESC LIMIT 1")
    assert line[:2] == ("withheld", "withheld_internal")
    assert f"posts/{found.id}" in line[2]


async def test_what_is_said_while_the_charter_is_suspended_takes_no_number(acme: Company):
    await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
    before = await acme.heads()
    words = post.draft_of(a_create(acme, acme.people["alice"].iri, "x"), acme.project_iri)
    await acme.node.write(lambda tx: outbox.send(tx, [words], gate=acme.node.gate))
    assert await acme.heads() == before


async def test_an_author_without_a_key_is_an_error_that_undoes_everything(acme: Company):
    before = await acme.heads()
    with closing(sqlite3.connect(acme.config.database)) as by_hand:
        by_hand.execute("DELETE FROM actor_key WHERE actor_iri = ?", [acme.people["alice"].iri])
        by_hand.commit()
    with pytest.raises(InstanceError, match="no Ed25519 key"):
        await acme.post("alice", "One")
    assert await acme.heads() == before


async def test_a_verb_that_fails_leaves_no_letter_and_no_number(acme: Company):
    before = await acme.heads(), rows(acme, "SELECT count(*) FROM delivery")

    def publish_and_fail(tx: Tx):
        post.publish(tx, acme.node.gate, acme.people["alice"], PostDraft("One", project=acme.project_iri))
        raise ValueError("afterwards")

    with pytest.raises(ValueError, match="afterwards"):
        await acme.node.perform(publish_and_fail)
    assert (await acme.heads(), rows(acme, "SELECT count(*) FROM delivery")) == before


async def test_letters_of_a_host_leave_in_the_order_in_which_they_were_written(acme: Company):
    for number in range(5):
        await acme.post("alice", f"Part {number}")
    [lane, _] = await acme.node.read(delivery.busy_lanes)
    letters = await acme.node.read(lambda tx: delivery.next_letters(tx, lane.host, 100))
    assert [orjson.loads(letter.body)["log"]["seq"] for letter in letters] == [2, 3, 4, 5, 6]


async def test_our_own_entries_are_applied(acme: Company):
    await acme.post("alice", "One")
    assert [row.state for row in await acme.entries(acme.host)] == [entries.APPLIED, entries.APPLIED]


async def test_every_letter_is_a_line_of_the_ledger(acme: Company):
    await acme.post("alice", "One")
    iri = (await said(acme, 2))["id"]
    lines = [line for line in await acme.node.read(lambda tx: list(ledger.in_order(tx))) if line.what == iri]
    assert sorted(line.host for line in lines) == sorted(
        host for (host,) in rows(acme, "SELECT host FROM delivery WHERE state = 'queued'")
    )
    assert (await acme.node.read(acme.node.gate.verify_ledger)).ok
