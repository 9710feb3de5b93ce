"""Streaming sockets that nobody writes to, and then a post that all of them hear. The rule kept here: figures are of the node's own process."""

import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import orjson
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.bench import machine, site
from tests.bench.machine import Measure
from tests.nodes import Company, a_company, running

PEOPLE = 1000
IDLE_S = 35.0  # longer than a heartbeat
AT_ONCE = 32
POSTS = 10

Figures = list[tuple[str, str]]


async def measured(count: int, log: Path | None) -> Figures:
    """Memory and CPU of so many idle sockets, and how long a post takes to the first and to the last of them."""
    with tempfile.TemporaryDirectory() as directory:
        acme = a_company(Path(directory), "acme")
        async with running(acme):
            names = [f"person{n:03d}" for n in range(PEOPLE)]
            for name in names:
                await acme.hire(name)
            bearers = [await site.bearer(acme, name) for name in names]
        with site.serve(acme, log=log) as child:
            async with site.client(acme, connections=0) as session:
                await site.answers(session, acme, child)
                return await _listened(acme, session, bearers, count, child.pid)


async def _listened(
    company: Company, session: ClientSession, bearers: list[str], count: int, pid: int
) -> Figures:
    await _post(session, bearers[0], "warm")
    before_mib, begun = machine.rss_mib(pid), time.perf_counter()
    with Measure(pid) as opening:
        sockets = await _opened(company, session, bearers, count)
    opened_s = time.perf_counter() - begun
    async with AsyncExitStack() as stack:
        for socket in sockets:
            stack.push_async_callback(socket.close)
        heard: asyncio.Queue[float] = asyncio.Queue()
        ears = [asyncio.create_task(_listen(socket, heard)) for socket in sockets]
        stack.callback(lambda: [ear.cancel() for ear in ears])
        with Measure(pid) as idle:
            await asyncio.sleep(IDLE_S)
        each_kib = 1024 * (machine.rss_mib(pid) - before_mib) / count
        with Measure(pid) as telling:
            firsts, lasts, status_id = await _told(session, bearers[0], heard, count)
        with Measure(pid) as changing:
            changed = await _changed(session, bearers[0], heard, count, status_id)
        assert not any(socket.closed for socket in sockets)
    what = f"{count:,} streaming sockets"
    return [
        (f"{what}, opened", f"{opening.cpu_us / count:8.0f} µs CPU each {count / opened_s:8.0f}/s"),
        (
            f"{what}, idle",
            f"{each_kib:8.1f} KiB each {100 * idle.cpu_us / 1e6 / idle.wall_s:8.1f} % of a core",
        ),
        (
            f"{what}, a post to all of them",
            f"{firsts:8.1f} ms to the first {lasts:8.1f} ms to the last {telling.cpu_us / POSTS / count:8.1f} µs CPU each",
        ),
        (
            f"{what}, an edit to all of them",
            f"{changed:8.1f} ms to the last {changing.cpu_us / count:8.1f} µs CPU each",
        ),
    ]


async def _opened(
    company: Company, session: ClientSession, bearers: list[str], count: int
) -> list[ClientWebSocketResponse]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(n: int) -> ClientWebSocketResponse:
        async with slots:
            return await session.ws_connect(
                f"http://127.0.0.1:{company.port}/api/v1/streaming?stream=public:local",
                headers={"Authorization": f"Bearer {bearers[n % len(bearers)]}"},
            )

    return await asyncio.gather(*(one(n) for n in range(count)))


async def _listen(socket: ClientWebSocketResponse, heard: asyncio.Queue[float]) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            assert orjson.loads(message.data)["event"] in {"update", "status.update"}
            heard.put_nowait(time.perf_counter())


async def _told(
    session: ClientSession, bearer: str, heard: asyncio.Queue[float], count: int
) -> tuple[float, float, str]:
    """Milliseconds from the POST to the first socket and to the last, each the median of some posts; and the id of the last post."""
    firsts, lasts, status_id = list[float](), list[float](), ""
    for n in range(POSTS):
        begun = time.perf_counter()
        status_id = await _post(session, bearer, f"to all of you {n}")
        times = [await heard.get() for _ in range(count)]
        firsts.append(1000 * (min(times) - begun))
        lasts.append(1000 * (max(times) - begun))
    return statistics.median(firsts), statistics.median(lasts), status_id


async def _changed(
    session: ClientSession, bearer: str, heard: asyncio.Queue[float], count: int, status_id: str
) -> float:
    """Milliseconds from the PUT to the last socket."""
    begun, headers = time.perf_counter(), {"Authorization": f"Bearer {bearer}"}
    path = f"/api/v1/statuses/{status_id}"
    async with session.put(path, json={"status": "changed"}, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    return 1000 * (max([await heard.get() for _ in range(count)]) - begun)


async def _post(session: ClientSession, bearer: str, text: str) -> str:
    headers = {"Authorization": f"Bearer {bearer}"}
    async with session.post("/api/v1/statuses", json={"status": text}, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])
