"""What an activity costs on its way between two nodes, on each side: CPU of a process of its own for the receiver, everything included.

Run: .venv/bin/python -m tests.bench.delivery [activities] [--profile]
"""

import asyncio
import cProfile
import json
import pstats
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from instance.storage import delivery
from tests.nodes import Company, a_company, running, tie, until


def cpu_s(pid: int) -> float:
    """CPU seconds, user and system, of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def main(count: int, *, profile: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        acme, globex = (a_company(Path(directory), name) for name in ("acme", "globex"))
        async with running(acme, globex):
            await tie(acme, globex)
            await acme.hire("alice")
            await acme.join("alice")
            await globex.hire("bob")
            await globex.join("bob")
            await until(lambda: _seq(globex, acme.host), 1)
        await acme.start()
        try:
            await _measure(acme, globex, count, profile=profile)
        finally:
            await acme.stop()


async def _measure(acme: Company, globex: Company, count: int, *, profile: bool) -> None:
    started = time.process_time()
    await asyncio.gather(
        *(acme.post("alice", f"Part {number} of the frame is ready") for number in range(count))
    )
    print(
        f"publish (post, proof, gate, ledger, queue): {(time.process_time() - started) / count * 1e6:.0f} µs"
    )
    settings = json.loads(globex.config.model_dump_json())
    command = ["-m", "tests.scenarios.runner", json.dumps(settings), str(globex.port), globex.project_iri]
    profiler = ["-m", "cProfile", "-o", "/dev/shm/inbound.prof"] if profile else []
    receiver = await asyncio.create_subprocess_exec(
        sys.executable, *profiler, *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert receiver.stdout is not None
    await receiver.stdout.readline()
    before, started, wall = cpu_s(receiver.pid), time.process_time(), time.monotonic()
    if profile:
        sender = cProfile.Profile()
        sender.enable()
    await acme.node.try_now(globex.host)
    await until(lambda: _waiting(acme), 0)
    if profile:
        sender.disable()
        pstats.Stats(sender).sort_stats("tottime").print_stats(35)
    print(f"outbound: {(time.process_time() - started) / count * 1e6:.0f} µs")
    print(f"inbound: {(cpu_s(receiver.pid) - before) / count * 1e6:.0f} µs")
    print(f"both, one after the other: {count / (time.monotonic() - wall):.0f} a second")
    receiver.terminate()
    await receiver.wait()


async def _seq(company: Company, party: str) -> int:
    head = (await company.heads()).get(party)
    return head.seq if head else 0


async def _waiting(company: Company) -> int:
    rows = await company.node.read(delivery.waiting)
    return sum(row.letters for row in rows)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()]
    uvloop.run(main(numbers[0] if numbers else 1000, profile="--profile" in sys.argv))
