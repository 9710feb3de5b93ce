"""Three companies on one rope: what one says all hold, whoever is away meanwhile."""

from pathlib import Path

from instance.domain import charter
from instance.storage import delivery, log
from tests.nodes import Company, agree, three_nodes, until


async def queued(company: Company) -> int:
    return sum(row.letters for row in await company.node.read(delivery.waiting))


async def test_a_post_in_the_project_is_at_every_party(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        post = await acme.post("alice", "The frame is ready")
        await agree(acme, globex, initech)
        for other in (globex, initech):
            found = await other.find_post(post.iri)
            assert found is not None
            assert found.content == "<p>The frame is ready</p>"


async def test_an_internal_post_reaches_nobody_and_takes_no_number(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        before = await acme.heads()
        post = await acme.post("alice", "Our margin is thin", project=None)
        assert await queued(acme) == 0
        assert await acme.heads() == before
        for other in (globex, initech):
            assert await other.find_post(post.iri) is None


async def test_an_answer_goes_back_to_every_party(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        post = await acme.post("alice", "Which bolts?")
        await agree(acme, globex, initech)
        parent = await globex.find_post(post.iri)
        assert parent is not None
        answer = await globex.post("bob", "M8", in_reply_to_id=parent.id)
        await agree(acme, globex, initech)
        for company in (acme, initech):
            found = await company.find_post(answer.iri)
            assert found is not None
            assert found.in_reply_to_iri == post.iri


async def test_without_the_host_the_others_go_on(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await acme.shut_door()
        post = await globex.post("bob", "Bolts are in")
        await agree(globex, initech)
        assert await initech.find_post(post.iri)


async def test_who_was_away_gets_what_it_missed_from_another_party(tmp_path: Path):
    """The author's node is gone by then: entries carry their author's proof, so any node may re-serve them."""
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await initech.shut_door()
        posts = [await acme.post("alice", f"Part {number}") for number in range(3)]
        await agree(acme, globex)
        await acme.stop()
        await initech.open_door()
        await initech.node.fetcher.exchange_heads()
        await agree(globex, initech)
        assert all([await initech.find_post(post.iri) for post in posts])
        await acme.start()


async def test_a_deleted_post_is_gone_everywhere_and_its_place_in_the_log_stays(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        post = await acme.post("alice", "A slip of the pen")
        await agree(acme, globex, initech)
        await acme.delete("alice", post.id)
        await agree(acme, globex, initech)
        for company in (acme, globex, initech):
            entries = await company.entries(acme.host)
            assert [entry.state for entry in entries] == ["applied", "redacted", "applied"]
            assert "slip" not in "".join(entry.document for entry in entries)


async def test_what_is_deleted_before_it_was_delivered_is_never_delivered(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await initech.shut_door()
        post = await acme.post("alice", "A slip of the pen")
        await agree(acme, globex)
        await acme.delete("alice", post.id)
        rows = await acme.node.read(lambda tx: delivery.undelivered(tx, initech.host, 10))
        assert [(row.state, row.last_error) for row in rows] == [("closed", "deleted")]
        await initech.open_door()
        await acme.node.try_now(initech.host)
        await agree(acme, globex, initech)
        assert await initech.find_post(post.iri) is None
        assert [entry.state for entry in await initech.entries(acme.host)][-2:] == ["redacted", "ignored"]


async def test_who_comes_later_takes_redacted_entries_by_the_hash_that_the_next_one_names(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await initech.shut_door()
        kept = await acme.post("alice", "Stays")
        gone = await acme.post("alice", "A slip of the pen")
        await acme.delete("alice", gone.id)
        await agree(acme, globex)
        await acme.stop()
        await initech.open_door()
        await initech.node.fetcher.exchange_heads()
        await agree(globex, initech)
        assert await initech.find_post(kept.iri)
        assert await initech.find_post(gone.iri) is None
        assert [entry.state for entry in await initech.entries(acme.host)][-2:] == ["redacted", "ignored"]
        await acme.start()


async def test_a_suspended_charter_closes_the_letters_that_wait(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        post = await acme.post("alice", "The frame is ready")
        await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await until(globex.charter_state, "suspended")
        await until(lambda: queued(acme), 0)
        rows = await acme.node.read(lambda tx: delivery.undelivered(tx, globex.host, 10))
        assert [row.state for row in rows] == ["closed"]
        assert await globex.find_post(post.iri) is None


async def test_what_a_suspension_held_back_comes_when_the_charter_is_resumed(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await globex.shut_door()
        post = await acme.post("alice", "The frame is ready")
        await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await until(globex.charter_state, "suspended")
        await acme.node.perform(lambda tx: charter.resume(tx, acme.project_iri))
        await until(globex.charter_state, "live")
        await agree(acme, globex, initech)
        assert await globex.find_post(post.iri)


async def test_every_party_knows_how_far_the_others_hold_its_entries(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await acme.post("alice", "The frame is ready")
        head = (await acme.heads())[acme.host]

        async def held_by() -> set[str]:
            receipts = await acme.node.read(lambda tx: log.receipts(tx, acme.project_iri))
            return {row.holder for row in receipts if (row.party, row.seq) == (acme.host, head.seq)}

        await until(held_by, {globex.host, initech.host})
