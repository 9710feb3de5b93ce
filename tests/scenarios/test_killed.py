"""A node that is killed in the middle of its work loses nothing and says nothing twice."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from aiohttp import ClientError

from instance.domain import guest
from instance.storage import delivery
from tests.foreign import kinds
from tests.foreign.server import Foreign, Json, a_server
from tests.nodes import Company, a_company, agree, running, tie, until

ACTIVITIES = 200
ANSWERS = 50  # fewer than one person may give in an hour


async def spawn(company: Company) -> asyncio.subprocess.Process:
    """The company's node in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.scenarios.runner",
        company.config.model_dump_json(),
        str(company.port),
        company.project_iri,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    await said(process, b"ready\n")
    return process


async def said(process: asyncio.subprocess.Process, line: bytes) -> None:
    assert process.stdout is not None
    while (found := await process.stdout.readline()) != line:
        assert found, "the node ended"


async def seq(company: Company, party: str) -> int:
    head = (await company.heads()).get(party)
    return head.seq if head else 0


async def test_killed_in_the_middle_of_two_hundred_activities(tmp_path: Path):
    acme, globex = (a_company(tmp_path, name) for name in ("acme", "globex"))
    async with running(globex):
        await acme.start()
        await tie(acme, globex)
        await acme.hire("alice")
        await acme.join("alice")
        await agree(acme, globex)
        await acme.stop()
        process = await spawn(acme)
        assert process.stdin is not None
        process.stdin.write(f"alice {ACTIVITIES}\n".encode())
        await said(process, b"published\n")

        async def half_way() -> bool:
            return await seq(globex, acme.host) > ACTIVITIES // 4

        await until(half_way)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        taken = await seq(globex, acme.host)
        assert taken < ACTIVITIES + 1, "it was killed too late for this to prove anything"
        await acme.start()
        try:
            await until(lambda: seq(globex, acme.host), ACTIVITIES + 1)
            await agree(acme, globex)
            here, there = await acme.entries(acme.host), await globex.entries(acme.host)
            assert [row.hash for row in here] == [row.hash for row in there]
            assert {row.state for row in there} == {"applied"}
        finally:
            await acme.stop()


async def test_a_receiver_killed_in_the_middle_ends_equal(tmp_path: Path):
    acme, globex = (a_company(tmp_path, name) for name in ("acme", "globex"))
    async with running(acme):
        await globex.start()
        await tie(acme, globex)
        await acme.hire("alice")
        await acme.join("alice")
        await agree(acme, globex)
        await globex.stop()
        for number in range(ACTIVITIES):
            await acme.post("alice", f"Part {number}")
        process = await spawn(globex)
        await acme.node.try_now(globex.host)

        async def half_way() -> bool:
            rows = await acme.node.read(delivery.waiting)
            return sum(row.letters for row in rows) < ACTIVITIES * 3 // 4

        await until(half_way)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await globex.start()
        try:
            await acme.node.try_now(globex.host)
            await until(lambda: seq(globex, acme.host), ACTIVITIES + 1)
            await agree(acme, globex)
            assert {row.state for row in await globex.entries(acme.host)} == {"applied"}
        finally:
            await globex.stop()


async def kill(process: asyncio.subprocess.Process) -> None:
    """End it as a power cut would."""
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()


@asynccontextmanager
async def a_guest_of(acme: Company, globex: Company) -> AsyncIterator[Foreign]:
    """A guest of the project whose ann follows; acme is stopped when it comes, and alice is of it."""
    await acme.start()
    await tie(acme, globex, guests="answer")
    await acme.hire("alice")
    await acme.join("alice")
    await agree(acme, globex)
    async with a_server(kinds.MASTODON) as foreign:
        await acme.node.perform(lambda tx: guest.allow(tx, acme.project_iri, host=foreign.host))
        await foreign.follow(acme)
        await acme.stop()
        yield foreign


async def test_a_guest_gets_each_post_once_though_the_node_was_killed_as_it_told_them(tmp_path: Path):
    acme, globex = (a_company(tmp_path, name) for name in ("acme", "globex"))
    async with running(globex), a_guest_of(acme, globex) as foreign:
        process = await spawn(acme)
        assert process.stdin is not None
        process.stdin.write(f"alice {ACTIVITIES // 2}\n".encode())
        await said(process, b"published\n")
        await foreign.arrived_some("Create", ACTIVITIES // 8)
        await kill(process)
        assert len(foreign.of("Create")) < ACTIVITIES // 2, (
            "it was killed too late for this to prove anything"
        )
        await acme.start()
        try:
            await acme.node.try_now(foreign.host)
            await foreign.arrived("Create", ACTIVITIES // 2)
            await agree(acme, globex)
            assert len({create["object"]["content"] for create in foreign.of("Create")}) == ACTIVITIES // 2
        finally:
            await acme.stop()


async def test_each_answer_of_a_guest_counts_once_though_the_node_was_killed_as_they_came(tmp_path: Path):
    """A server sends again what was not answered, and what was answered just as the line broke."""
    acme, globex = (a_company(tmp_path, name) for name in ("acme", "globex"))
    async with running(globex), a_guest_of(acme, globex) as foreign:
        who = foreign.person("ann")
        answers = [foreign.kind.note(foreign, who, acme.project_iri) for _ in range(ANSWERS)]
        letters = [foreign.said(who, "Create", note) for note in answers]
        process, taken, lanes = await spawn(acme), asyncio.Semaphore(0), asyncio.Semaphore(3)

        async def bring(letter: Json) -> bool:
            async with lanes:
                with suppress(ClientError):
                    return await is_taken(letter)
            return False

        async def is_taken(letter: Json) -> bool:
            status, _ = await foreign.send(acme, who, letter)
            taken.release()
            return status == 202

        async def kill_half_way() -> None:
            for _ in range(ANSWERS // 4):
                await taken.acquire()
            await kill(process)

        *before, _ = await asyncio.gather(*(bring(letter) for letter in letters), kill_half_way())
        assert not all(before), "it was killed too late for this to prove anything"
        await acme.start()
        try:
            assert await asyncio.gather(*(bring(letter) for letter in letters)) == [True] * ANSWERS
            await agree(acme, globex)
            for company in (acme, globex):
                said_by_project = [row for row in await company.entries(acme.host) if row.object_iri]
                created = [row for row in said_by_project if b'"Create"' in row.document.encode()]
                assert len(created) == len({row.object_iri for row in created}) == ANSWERS
        finally:
            await acme.stop()


async def test_two_nodes_that_are_killed_as_they_write_to_each_other_end_equal(tmp_path: Path):
    acme, globex = companies = [a_company(tmp_path, name) for name in ("acme", "globex")]
    async with running(*companies):
        await tie(acme, globex)
        for company, name in zip(companies, ("alice", "bob"), strict=True):
            await company.hire(name)
            await company.join(name)
        await agree(*companies)
    processes = [await spawn(company) for company in companies]
    for process, name in zip(processes, (b"alice", b"bob"), strict=True):
        assert process.stdin is not None
        process.stdin.write(b"%s %d\n" % (name, ACTIVITIES // 2))
    await asyncio.gather(*(said(process, b"published\n") for process in processes))
    for process in processes:
        await kill(process)
    async with running(*companies):
        for company, other in ((acme, globex), (globex, acme)):
            await company.node.try_now(other.host)
            await until(partial(seq, other, company.host), await seq(company, company.host))
        await agree(*companies)
        for party in (acme.host, globex.host):
            here, there = await acme.entries(party), await globex.entries(party)
            assert [row.hash for row in here] == [row.hash for row in there]
            assert [row.seq for row in here] == list(range(1, len(here) + 1))
            assert {row.state for row in (*here, *there)} == {"applied"}
            assert len(here) > ACTIVITIES // 2
