"""A node that is killed in the middle of its work loses nothing and says nothing twice."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from instance.storage import delivery
from tests.nodes import Company, a_company, agree, running, tie, until

ACTIVITIES = 200


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
