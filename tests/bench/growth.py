"""What grows with what a company has written: the same requests at 10,000 statuses and at 1,000,000, one at a time, by the clock of who asks."""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from aiohttp import ClientSession

from tests.bench import site
from tests.bench.fill import DAYS, TAGS, VOCABULARY, fill

SIZES = (10_000, 1_000_000)
EACH = 400
EACH_TOKEN = 200  # requests, so that the rate limit of each app stays out of the way


class Times(NamedTuple):
    """Milliseconds at the middle, and at the 99th of a hundred."""

    p50: float
    p99: float


Ask = Callable[[random.Random], tuple[str, dict[str, str] | None]]


def _deep(path: str) -> Ask:
    """A page somewhere in the past."""

    def ask(chance: random.Random) -> tuple[str, None]:
        at_ms = int(time.time() * 1000) - chance.randrange(DAYS * 86_400_000 // 2)
        return f"{path}?limit=20&max_id={at_ms << 16}", None

    return ask


def _search(*among: int, more: str = "") -> Ask:
    """Words, each one of so many of the most common ones: with few statuses as with many they fill a page."""

    def ask(chance: random.Random) -> tuple[str, None]:
        words = "+".join(chance.choice(VOCABULARY[:upto]) for upto in among)
        return f"/api/v2/search?type=statuses&limit=20&q={words}{more}", None

    return ask


ASKS: dict[str, Ask] = {
    "home timeline, the newest": lambda _: ("/api/v1/timelines/home?limit=20", None),
    "home timeline, older": _deep("/api/v1/timelines/home"),
    "notifications": lambda _: ("/api/v1/notifications?limit=20", None),
    "hashtag timeline": lambda chance: (f"/api/v1/timelines/tag/{chance.choice(TAGS)}?limit=20", None),
    "search of a word": _search(100),
    "search of two words": _search(20, 20),
    "search of two words by one author": _search(20, 20, more="+from:me"),
    "search of any word, the page full or not": _search(len(VOCABULARY)),
    "status posted (internal)": lambda chance: (
        "/api/v1/statuses",
        {"status": " ".join(chance.choices(VOCABULARY, k=20)) + " #frame"},
    ),
}


async def measure(asked: argparse.Namespace) -> dict[str, list[Times]]:
    """Times of each kind of request, by size."""
    found: dict[str, list[Times]] = {what: [] for what in ASKS}
    for size in SIZES:
        with tempfile.TemporaryDirectory(dir=asked.directory) as directory:
            async with site.tied(Path(directory), 1, hub=True) as (acme, _):
                tokens = [await site.bearer(acme, "alice") for _ in range(len(ASKS) * 2 * EACH // EACH_TOKEN)]
                await acme.stop()
                try:
                    await asyncio.to_thread(fill, acme.config, int(size * asked.scale))
                    with site.serve(acme, log=asked.log) as child:
                        async with site.client(acme) as session:
                            await site.answers(session, acme, child)
                            for what, ask in ASKS.items():
                                found[what].append(await _times(session, ask, tokens))
                finally:
                    await acme.start()
    return found


async def _times(session: ClientSession, ask: Ask, tokens: list[str]) -> Times:
    chance = random.Random(2)
    times = []
    for n in range(EACH + EACH // 4):
        if n % EACH_TOKEN == 0:
            headers = {"Authorization": f"Bearer {tokens.pop()}"}
        path, body = ask(chance)
        begun = time.perf_counter()
        method = "GET" if body is None else "POST"
        async with session.request(method, path, json=body, headers=headers) as answer:
            await answer.read()
            assert answer.status == 200, (path, await answer.text())
        times.append(1000 * (time.perf_counter() - begun))
    times = sorted(times[EACH // 4 :])  # the first ones warm up
    return Times(statistics.median(times), times[len(times) * 99 // 100])
