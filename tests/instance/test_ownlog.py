"""A backup that is too old was restored: what we had said since comes back from the partners, before anything new is said."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from federation.log import Head
from instance import inbox, ownlog
from instance.errors import Conflict
from instance.storage import log as entries
from instance.storage import members
from tests.builders import GLOBEX, NOW_MS, a_project, a_tx
from tests.nodes import Company, agree, three_nodes, until

Three = tuple[Company, Company, Company]


@pytest.fixture
async def companies(tmp_path: Path) -> AsyncIterator[Three]:
    async with three_nodes(tmp_path) as found:
        yield found


async def back_up(acme: Company) -> Path:
    """A copy of the database as it is now."""
    copy = acme.config.data_dir / "backup.sqlite"
    await acme.stop()
    shutil.copy(acme.config.database, copy)
    await acme.start()
    return copy


async def restore(acme: Company, copy: Path) -> None:
    """Put the copy in the place of the database, while the node is off."""
    await acme.stop()
    for suffix in ("-wal", "-shm"):
        acme.config.database.with_name(acme.config.database.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, acme.config.database)
    await acme.start()


async def test_what_we_said_since_comes_back_from_the_partners(companies: Three):
    acme, *_ = companies
    copy = await back_up(acme)
    posts = [await acme.post("alice", word) for word in ("One", "Two")]
    await agree(*companies)
    await restore(acme, copy)
    assert await acme.find_post(posts[1].iri) is None
    await agree(*companies)
    assert [row.state for row in await acme.entries(acme.host)] == ["applied"] * 3
    back = await acme.find_post(posts[1].iri)
    assert back is not None
    assert (back.content, back.author_id) == (posts[1].content, acme.people["alice"].id)


async def test_then_we_go_on_and_nobody_sees_a_fork(companies: Three):
    acme, globex, _ = companies
    copy = await back_up(acme)
    await acme.post("alice", "One")
    await agree(*companies)
    await restore(acme, copy)
    await agree(*companies)
    await acme.post("alice", "Two")
    await agree(*companies)
    assert (await globex.heads())[acme.host].seq == 3
    assert await globex.node.read(lambda tx: entries.forks(tx, acme.project_iri)) == []


async def test_a_colleague_who_had_joined_since_is_in_the_project_again(companies: Three):
    acme, *_ = companies
    dora = await acme.hire("dora")
    copy = await back_up(acme)
    await acme.join("dora")
    post = await acme.post("dora", "Hello")
    await agree(*companies)
    await restore(acme, copy)
    await agree(*companies)
    assert await acme.find_post(post.iri)
    assert await acme.node.read(lambda tx: members.is_active(tx, acme.project_iri, dora.id))


async def test_words_of_one_whose_account_is_lost_keep_their_place(companies: Three):
    """Her key is gone with her account; the entry behind hers, which is proven, names the hash of hers."""
    acme, *_ = companies
    copy = await back_up(acme)
    await acme.hire("dora")
    await acme.join("dora")
    await acme.post("dora", "Hello")
    await acme.post("alice", "Goodbye")
    await agree(*companies)
    await restore(acme, copy)
    await agree(*companies)
    states = [(row.state, row.rule) for row in await acme.entries(acme.host)][1:]
    assert states == [
        ("ignored", "not_a_person"),
        ("ignored", "author_not_in_project"),
        ("applied", "post_of_a_member"),
    ]


async def claim(acme: Company, holder: Company, *, more: int = 1) -> None:
    """`holder` says that it holds more of Acme's entries than Acme does."""
    heads = await acme.heads()
    heads[acme.host] = Head(heads[acme.host].seq + more, "a" * 64)
    await acme.node.write(lambda tx: inbox.compare_heads(tx, acme.project_iri, holder.host, heads))


async def test_nothing_new_is_numbered_while_entries_are_missing_and_the_author_is_told_why(companies: Three):
    acme, globex, initech = companies
    for other in (globex, initech):
        await other.shut_door()
    await claim(acme, globex)
    with pytest.raises(Conflict, match=f"fetched from {globex.host}") as refusal:
        await acme.post("alice", "One")
    assert refusal.value.rule == "own_log_behind"
    assert (await acme.heads())[acme.host].seq == 1
    await acme.post("alice", "Among ourselves", project=None)


async def receipt_of(acme: Company, holder: Company) -> int:
    """How far `holder` is believed to hold Acme's entries."""
    row = await acme.node.read(
        lambda tx: entries.receipt(tx, acme.project_iri, holder=holder.host, party=acme.host)
    )
    return row.seq if row else -1


async def test_who_cannot_show_what_it_claims_is_not_believed(companies: Three):
    acme, globex, _ = companies
    await claim(acme, globex, more=1_000)

    async def is_whole() -> bool:
        return await acme.node.read(lambda tx: ownlog.lacking(tx, acme.project_iri)) is None

    # Asked, it says first how far its log really goes; only then is it distrusted.
    await until(lambda: receipt_of(acme, globex), 0)
    assert await is_whole()
    await claim(acme, globex, more=2_000)
    assert await is_whole()
    await acme.post("alice", "One")
    await agree(*companies)


async def test_who_went_on_from_an_old_backup_is_told_that_there_are_two_histories(companies: Three):
    acme, globex, initech = companies
    copy = await back_up(acme)
    await acme.post("alice", "One")
    await agree(*companies)
    for other in (globex, initech):
        await other.shut_door()
    await restore(acme, copy)
    await acme.post("alice", "Another one")
    await globex.open_door()
    await acme.node.fetcher.exchange_heads()
    row = await acme.node.read(lambda tx: ownlog.forked(tx, acme.project_iri))
    assert row is not None
    assert (row.holder, row.seq) == (globex.host, 2)


def test_a_claim_that_was_not_shown_is_heard_again_after_a_day():
    tx = a_tx()
    project, heads = a_project(tx, "apollo", GLOBEX), {tx.home.host: Head(7, "a" * 64)}
    inbox.compare_heads(tx, project, GLOBEX, heads)
    ownlog.distrust(tx, project, [GLOBEX])
    for passed_ms, is_heard in ((0, False), (ownlog.DISTRUST_MS - 1, False), (ownlog.DISTRUST_MS, True)):
        tx.now_ms = NOW_MS + passed_ms
        inbox.compare_heads(tx, project, GLOBEX, heads)
        assert (ownlog.lacking(tx, project) is not None) is is_heard


def test_who_is_not_believed_about_our_log_is_believed_about_its_own():
    tx = a_tx()
    project = a_project(tx, "apollo", GLOBEX)
    inbox.compare_heads(tx, project, GLOBEX, {tx.home.host: Head(7, "a" * 64)})
    ownlog.distrust(tx, project, [GLOBEX])
    inbox.compare_heads(tx, project, GLOBEX, {tx.home.host: Head(8, "a" * 64), GLOBEX: Head(3, "b" * 64)})
    assert {(row.party, row.seq) for row in entries.receipts(tx, project)} == {(tx.home.host, 0), (GLOBEX, 3)}


def test_a_company_that_left_keeps_nobody_silent():
    tx = a_tx()
    project = a_project(tx, "apollo", GLOBEX, left=(GLOBEX,))
    entries.put_receipts(tx, project, GLOBEX, [(tx.home.host, Head(7, "a" * 64))])
    assert ownlog.lacking(tx, project) is None


def test_only_who_claims_more_than_we_hold_is_distrusted():
    tx = a_tx()
    project = a_project(tx, "apollo", GLOBEX)
    ownlog.distrust(tx, project, [GLOBEX])
    assert entries.receipts(tx, project) == []
