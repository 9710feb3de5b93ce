"""`make bench`: what a node costs, in CPU time of one core, beside the machine's floor measured in the same run.

Not a test: figures and ratios only. Every node is real; the one that is measured runs `cordee serve` pinned to one core, its load comes from
another. `python -m tests.bench [section …] [--scale 0.2] [--log FILE]`; sections: floor start inbound outbound home latency slow dead sockets growth push.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import uvloop
from aiohttp import ClientSession, WSMsgType

from instance.storage import delivery
from instance.storage.database import Database
from tests.bench import machine, pushes, site
from tests.bench import sockets as listening
from tests.bench.fill import fill
from tests.bench.growth import measure
from tests.bench.machine import Measure
from tests.nodes import Company

Section = Callable[[argparse.Namespace], Awaitable[None]]
FLOOR_PORT = 7990
BODY = orjson.dumps({"id": "https://a.example/1", "type": "Create", "object": {"content": "x" * 2600}})


def say(what: str, figure: str) -> None:
    print(f"{what:<46} {figure}", flush=True)


async def drive(count: int, workers: int, one: Callable[[int], Awaitable[None]]) -> None:
    """Call `one(n)` for n below `count`, with so many at a time."""
    numbers = iter(range(count))

    async def work() -> None:
        for n in numbers:
            await one(n)

    await asyncio.gather(*(work() for _ in range(workers)))


async def floor(asked: argparse.Namespace) -> None:
    """The bare handler."""
    count = int(8000 * asked.scale)
    with machine.process("-m", "tests.bench.floor", str(FLOOR_PORT)) as child:
        async with ClientSession(f"http://127.0.0.1:{FLOOR_PORT}") as session:
            await _until_open(session)

            async def post(n: int) -> None:
                async with session.post("/inbox", data=BODY + str(n).encode()) as answer:
                    assert answer.status == 202

            await drive(count // 10, 16, post)
            with Measure(child.pid) as cost:
                await drive(count, 16, lambda n: post(n + count))
    say("floor: aiohttp + RSA verify + SQLite insert", cost.per(count))


async def _until_open(session: ClientSession) -> None:
    for _ in range(400):
        try:
            async with session.get("/"):
                return
        except OSError:
            await asyncio.sleep(0.02)
    raise RuntimeError("the floor does not answer")


async def start(asked: argparse.Namespace) -> None:
    """Cold start and idle memory."""
    with tempfile.TemporaryDirectory() as directory:
        company = site.a_company(Path(directory), "acme")
        await company.start()
        await company.stop()
        times = []
        async with ClientSession() as session:
            for _ in range(3):
                begun = time.perf_counter()
                with site.serve(company, log=asked.log) as child:
                    await site.answers(session, company, child)
                    times.append(time.perf_counter() - begun)
                    await asyncio.sleep(2)
                    memory = machine.rss_mib(child.pid)
        say("cold start to the first answer", f"{statistics.median(times):8.2f} s")
        say("idle memory (RSS)", f"{memory:8.0f} MiB")


async def inbound(asked: argparse.Namespace) -> None:
    """Partners' activities: signature, proof, log, post, timelines. Written and signed before, so that the load costs the load's core little.

    The partners are shut meanwhile: else they bring the same letters once more.
    """
    each, partners = int(250 * asked.scale), 16
    with tempfile.TemporaryDirectory() as directory:
        async with site.tied(Path(directory), partners, hub=False) as (acme, others):
            await acme.stop()
            for other in others:
                await asyncio.gather(*(other.post("bob", _text(n)) for n in range(each)))
            lines = [await site.signed_letters(other, acme) for other in others]
            for other in others:
                await other.stop()
            with site.serve(acme, log=asked.log) as child:
                async with site.client(acme, connections=partners) as session:
                    await site.answers(session, acme, child)
                    for line in lines:
                        await _send(session, line[:20])
                    with Measure(child.pid) as cost:
                        await asyncio.gather(*(_send(session, line[20:]) for line in lines))
                say("inbound: project activities taken in", cost.per(sum(len(line) - 20 for line in lines)))
            for company in (acme, *others):
                await company.start()


async def _send(session: ClientSession, line: list[site.Signed]) -> None:
    """One partner's letters, in order, one at a time."""
    for letter in line:
        async with session.post("/inbox", data=letter.body, headers=letter.headers) as answer:
            assert answer.status == 202, await answer.text()


def _text(n: int) -> str:
    return (
        f"Part {n} of the frame is ready. "
        + "It fits, was measured twice and goes on the truck tomorrow. " * 8
    )


async def outbound(asked: argparse.Namespace) -> None:
    """Deliveries to 16 hosts: seal, charter asked again, signature, POST, result written."""
    posts, partners = int(150 * asked.scale), 16
    with tempfile.TemporaryDirectory() as directory:
        async with site.tied(Path(directory), partners, hub=True) as (acme, others):
            for other in others:
                await other.shut_door()
            sinks = [site.Sink(other) for other in others]
            await asyncio.gather(*(acme.post("alice", _text(n)) for n in range(posts)))
            await acme.stop()
            with site.serve(acme, log=asked.log) as child:
                async with ClientSession() as session:
                    await site.answers(session, acme, child)
                for sink in sinks:
                    await sink.open()
                with Measure(child.pid) as cost:
                    await _deliver_all(acme, sinks, posts * partners)
                say("outbound: deliveries to 16 hosts", cost.per(posts * partners))
            for sink in sinks:
                await sink.close()
            await acme.start()


async def _deliver_all(acme: Company, sinks: list[site.Sink], total: int) -> None:
    """Another process makes every lane due, as `cordee` would; the node notices and delivers."""
    database = await Database.open(str(acme.config.database), acme.config.home)
    for sink in sinks:
        await database.write(lambda tx, host=sink.company.host: delivery.try_now(tx, host))
    await database.close()
    while sum(sink.count for sink in sinks) < total:  # noqa: ASYNC110  polling is cheaper than an event a letter
        await asyncio.sleep(0.02)


async def home(asked: argparse.Namespace) -> None:
    """A home timeline of 20 statuses, and posting a status."""
    reads, posts = int(6000 * asked.scale), int(600 * asked.scale)
    with tempfile.TemporaryDirectory() as directory:
        acme = site.a_company(Path(directory), "acme")
        async with site.running(acme):
            await acme.hire("alice")
            bearers = [await site.bearer(acme, "alice") for _ in range((reads + posts) // 200 + 1)]
        with site.serve(acme, log=asked.log) as child:
            async with site.client(acme) as session:
                await site.answers(session, acme, child)
                await _post(session, 30, bearers[:1])
                await _get_home(session, len(bearers), bearers)
                with Measure(child.pid) as cost:
                    await _get_home(session, reads, bearers)
                say("home timeline of 20 statuses", cost.per(reads))
                with Measure(child.pid) as cost:
                    await _post(session, posts, bearers)
                say("status posted (internal)", cost.per(posts))


async def _get_home(session: ClientSession, count: int, bearers: list[str]) -> None:
    async def one(n: int) -> None:
        async with session.get("/api/v1/timelines/home?limit=20", headers=_as(bearers, n)) as answer:
            assert answer.status == 200, await answer.text()
            assert len(await answer.read()) > 5000

    await drive(count, 8, one)


async def _post(session: ClientSession, count: int, bearers: list[str]) -> None:
    async def one(n: int) -> None:
        body = {"status": _text(n)}
        async with session.post("/api/v1/statuses", json=body, headers=_as(bearers, n)) as answer:
            assert answer.status == 200, await answer.text()

    await drive(count, 8, one)


def _as(bearers: list[str], n: int) -> dict[str, str]:
    """Many apps of one person, so that the rate limit of each stays out of the way."""
    return {"Authorization": f"Bearer {bearers[n % len(bearers)]}"}


async def latency(asked: argparse.Namespace) -> None:
    """From the POST on one node to the streamed status on the other, empty and with 100,000 statuses in both databases."""
    with tempfile.TemporaryDirectory() as directory:
        async with site.tied(Path(directory), 1, hub=True) as (acme, others):
            globex = others[0]
            tokens = [await site.bearer(acme, "alice"), await site.bearer(globex, "bob")]
            await acme.stop()
            await globex.stop()
            try:
                await _latency(asked, acme, globex, tokens, "empty")
                for company in (acme, globex):
                    await asyncio.to_thread(fill, company.config, int(100_000 * asked.scale))
                await _latency(asked, acme, globex, tokens, f"{int(100_000 * asked.scale):,} statuses")
            finally:
                await acme.start()
                await globex.start()


async def _latency(
    asked: argparse.Namespace, acme: Company, globex: Company, tokens: list[str], state: str
) -> None:
    times: list[float] = []
    with site.serve(acme, log=asked.log) as one, site.serve(globex, log=asked.log) as other:
        async with site.client(acme, tokens[0]) as writer, site.client(globex, tokens[1]) as reader:
            await site.answers(writer, acme, one)
            await site.answers(reader, globex, other)
            async with reader.ws_connect(f"/api/v1/streaming?stream=user&access_token={tokens[1]}") as stream:
                for n in range(int(100 * max(asked.scale, 0.2))):
                    begun = time.perf_counter()
                    async with writer.post(
                        "/api/v1/statuses", json={"status": f"Latency {n} @apollo"}
                    ) as answer:
                        assert answer.status == 200, await answer.text()
                    async for message in stream:
                        if message.type is WSMsgType.TEXT and f"Latency {n} " in message.data:
                            break
                    times.append(1000 * (time.perf_counter() - begun))
    times.sort()
    say(
        f"post → visible at the partner, {state}",
        f"{statistics.median(times):8.1f} ms median {times[len(times) * 95 // 100]:8.1f} ms p95",
    )


async def slow(asked: argparse.Namespace) -> None:
    """One host that takes 5 s for each letter among 16: when does the last healthy one have its letters?"""

    async def hurt(sinks: list[site.Sink]) -> None:
        sinks[0].delay_s = 5.0

    a, b = await _compared(asked, hurt, 1)
    say("last healthy delivery, all 16 healthy", f"{1000 * a:8.0f} ms")
    say("last healthy delivery, one takes 5 s", f"{1000 * b:8.0f} ms = {b / a:.2f} ×")


async def dead(asked: argparse.Namespace) -> None:
    """Half of 16 hosts are dead: when does the last of the other half have its letters, beside when nothing is sent to the dead ones at all?"""
    for what, hurt in (
        ("closed or silent", _closed_or_silent),
        ("answer in 30 s", _late),
        ("accept and never answer", _mute),
    ):
        a, b = await _compared(asked, hurt, 8, apart=True)
        say("last of 8 healthy, without the other 8", f"{1000 * a:8.0f} ms")
        say(f"last of 8 healthy, the other 8 {what}", f"{1000 * b:8.0f} ms = {b / a:.2f} ×")


async def _closed_or_silent(sinks: list[site.Sink]) -> None:
    for sink in sinks[:4]:
        await sink.close()
    for sink in sinks[4:8]:
        sink.delay_s = 3600.0


async def _late(sinks: list[site.Sink]) -> None:
    for sink in sinks[:8]:
        sink.delay_s = 30.0


async def _mute(sinks: list[site.Sink]) -> None:
    """The connection is taken, and nobody is behind it: not even the request is read."""
    for sink in sinks[:8]:
        await sink.fall_silent()


async def _compared(
    asked: argparse.Namespace,
    hurt: Callable[[list[site.Sink]], Awaitable[None]],
    ill: int,
    *,
    apart: bool = False,
) -> tuple[float, float]:
    """Seconds until the last healthy host has its letters, before and after the first `ill` of 16 hosts are hurt. `apart`: before, these get none."""
    posts = max(2, int(20 * asked.scale))
    with tempfile.TemporaryDirectory() as directory:
        async with site.tied(Path(directory), 16, hub=True) as (acme, others):
            sinks = [site.Sink(other) for other in others]
            for sink in sinks:
                await sink.open()
            healthy = sinks[ill:]
            for warm in range(2):
                await _last_healthy(acme, healthy, 1, f"warm {warm}")
            if apart:
                await _set_apart(acme, sinks[:ill])
            without = [await _last_healthy(acme, healthy, posts, f"without {n}") for n in range(5)]
            await hurt(sinks)
            await _take_back(acme, sinks[:ill])
            hurting = [await _last_healthy(acme, healthy, posts, f"with {n}") for n in range(5)]
            for sink in sinks:
                await sink.close()
    return statistics.median(without), statistics.median(hurting)


async def _set_apart(acme: Company, sinks: list[site.Sink]) -> None:
    """Have the lanes to these hosts as if another worker held them."""
    for sink in sinks:
        host = sink.company.host
        await acme.node.write(lambda tx, host=host: delivery.lease(tx, host, until_ms=tx.now_ms + 3_600_000))


async def _take_back(acme: Company, sinks: list[site.Sink]) -> None:
    await acme.node.write(delivery.release_all)
    for sink in sinks:
        await acme.node.try_now(sink.company.host)


async def _last_healthy(acme: Company, healthy: list[site.Sink], posts: int, text: str) -> float:
    goal = sum(sink.count for sink in healthy) + posts * len(healthy)
    begun = time.perf_counter()
    await asyncio.gather(*(acme.post("alice", f"{text} {n}") for n in range(posts)))
    while sum(sink.count for sink in healthy) < goal:  # noqa: ASYNC110  the same
        await asyncio.sleep(0.002)
    return max(sink.last for sink in healthy) - begun


async def sockets(asked: argparse.Namespace) -> None:
    """2,000 streaming sockets that are idle, and a post that all of them hear."""
    for what, figure in await listening.measured(int(2000 * asked.scale), asked.log):
        say(what, figure)


async def growth(asked: argparse.Namespace) -> None:
    """The same requests with few statuses and with many: neither p50 nor p99 may double."""
    for what, (few, many) in (await measure(asked)).items():
        ratios = f"{many.p50 / few.p50:5.2f} × {many.p99 / few.p99:5.2f} ×"
        say(
            f"{what}, p50 and p99",
            f"{few.p50:7.2f} {few.p99:7.2f} ms → {many.p50:7.2f} {many.p99:7.2f} ms: {ratios}",
        )


async def push(asked: argparse.Namespace) -> None:
    """Notifications pushed to apps."""
    for what, figure in await pushes.measured(int(1000 * asked.scale), asked.log):
        say(what, figure)


SECTIONS: dict[str, Section] = {
    "floor": floor,
    "start": start,
    "inbound": inbound,
    "outbound": outbound,
    "home": home,
    "latency": latency,
    "slow": slow,
    "dead": dead,
    "sockets": sockets,
    "growth": growth,
    "push": push,
}


async def main(asked: argparse.Namespace) -> None:
    machine.pin(machine.LOAD_CORE)
    print(
        f"Python {os.sys.version.split()[0]}, {len(os.sched_getaffinity(0)) and os.cpu_count()} cores; CPU time of the measured process\n"
    )
    for name in asked.sections or SECTIONS:
        await SECTIONS[name](asked)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []])
    parser.add_argument(
        "--scale", type=float, default=1.0, help="how much of each load (0.2 for a quick look)"
    )
    parser.add_argument("--directory", type=Path, help="where the databases are made")
    parser.add_argument("--log", type=Path, help="where the measured nodes write their logs")
    uvloop.run(main(parser.parse_args()))
