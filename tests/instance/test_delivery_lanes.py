"""Lanes under any weather: in order within a host, nothing lost, nobody waits for another, whatever the answers and whenever the node dies."""

import asyncio
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from federation.errors import Gone, Unreachable
from federation.letters import Outbound
from federation.wire import Answer
from instance.delivery import EXPIRY_MS, Delivery
from instance.egress import Gate
from instance.events import LettersQueued
from instance.home import Home
from instance.policy import PUBLIC
from instance.storage import delivery as rows
from instance.storage.database import Database
from instance.verdict import LONGEST_WAIT_S
from tests import databases
from tests.builders import NOW_MS
from tests.fakes import an_outbound
from tests.nodes import PATIENCE_S

HOSTS = ("globex.example", "initech.example", "hooli.example")
CRASH, TIMEOUT, GONE = "crash", "timeout", "gone"
HOUR_MS, DAY_MS = 3_600_000, 24 * 3_600_000
FLOWING = {202, 422, CRASH}  # after these a lane goes on at once
Weather = Mapping[str, Sequence[int | str]]


class Fate(NamedTuple):
    """What became of a letter."""

    host: str
    state: str
    created_at_ms: int
    settled_at_ms: int | None


@dataclass
class Wire:
    """The other ends: each host gives its answers in turn, then takes everything. `posted` are the ids of the letters each one got."""

    weather: dict[str, list[int | str]]
    always: int = 202
    posted: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    crashed: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, outbound: Outbound, *, headers: dict[str, str] | None = None) -> Answer:
        answers = self.weather.get(outbound.host)
        answer = answers.pop(0) if answers else self.always
        self.posted[outbound.host].append(outbound.id)
        await asyncio.sleep(0)
        if answer == CRASH:
            self.crashed.set()
            await asyncio.Future()
        if answer == TIMEOUT:
            raise Unreachable("timeout")
        if answer == GONE:
            raise Gone("gone")
        assert isinstance(answer, int)
        return Answer(answer, CIMultiDict(), b"", outbound.inbox)


@dataclass
class Post:
    """A post office whose clock the test moves, and that may die and be opened again on the same database."""

    path: Path
    database: Database
    wire: Wire
    now_ms: list[int]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Delivery]:
        """Deliver; at the end everything that runs is cut off, as by a kill."""
        delivery = Delivery(
            self.database,
            self.wire,
            Gate(b"k"),
            concurrency=8,
            prepare=lambda _, __: None,
            clock=lambda: self.now_ms[0],
        )
        task = asyncio.create_task(delivery.run(), name="deliver")
        try:
            yield delivery
        finally:
            running = [one for one in asyncio.all_tasks() if one.get_name().startswith("deliver")]
            for one in running:
                one.cancel()
            await asyncio.gather(task, *running, return_exceptions=True)

    async def queue(self, host: str, letter_id: int) -> None:
        """A letter that is open to everybody."""
        letter = replace(
            an_outbound(f"https://{host}/inbox"), id=letter_id, space=PUBLIC, rule="released_public"
        )
        await self.database.write(lambda tx: rows.enqueue(tx, [letter]))

    async def work(self) -> int | None:
        """Deliver until every lane is empty or waits; when the first of those that wait is due, None when none does. It may crash on the way."""
        while True:
            async with self.open():
                due_ms = await self._rest()
            if not self.wire.crashed.is_set():
                return due_ms
            self.wire.crashed.clear()

    async def _rest(self) -> int | None:
        while not self.wire.crashed.is_set():
            busy = await self.database.read(rows.busy_lanes)
            if all(lane.due_at_ms > self.now_ms[0] and not lane.leased_until_ms for lane in busy):
                return min((lane.due_at_ms for lane in busy), default=None)
            await asyncio.sleep(0.001)
        return None

    def fates(self) -> list[Fate]:
        """Every letter, in the order in which they were written."""
        with closing(sqlite3.connect(self.path)) as from_outside:
            found = from_outside.execute(
                "SELECT host, state, created_at_ms, settled_at_ms FROM delivery ORDER BY id"
            )
            return [Fate(*row) for row in found]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without rows, to be copied."""
    path = tmp_path_factory.mktemp("lanes") / "node.sqlite"
    databases.write(path)
    return path


def a_copy(empty: Path) -> Path:
    path = empty.with_name("used.sqlite")
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copy(empty, path)
    return path


@asynccontextmanager
async def a_post(empty: Path, weather: Weather, *, always: int = 202) -> AsyncIterator[Post]:
    path, now_ms = a_copy(empty), [NOW_MS]
    database = await Database.open(str(path), Home("https://acme.example", "Acme"), clock=lambda: now_ms[0])
    try:
        yield Post(path, database, Wire({host: list(it) for host, it in weather.items()}, always), now_ms)
    finally:
        await database.close()


answers = st.lists(st.sampled_from([202, 202, 422, 404, 401, 503, 429, TIMEOUT, GONE, CRASH]), max_size=12)
weathers = st.fixed_dictionaries(dict.fromkeys(HOSTS, answers))
ANY_WEATHER = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ANY_WEATHER
@given(weather=weathers, letters=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=30))
def test_in_any_weather_each_host_gets_its_letters_in_order_and_none_is_lost(
    empty: Path, weather: Weather, letters: list[str]
):
    asyncio.run(in_any_weather(empty, weather, letters))


async def in_any_weather(empty: Path, weather: Weather, letters: list[str]) -> None:
    async with a_post(empty, weather) as post:
        for number, host in enumerate(letters, 1):
            await post.queue(host, number)
        due_ms = await post.work()
        check_nobody_waits_for_another(post, weather)
        while due_ms is not None:
            post.now_ms[0] = due_ms
            due_ms = await post.work()
        assert {fate.state for fate in post.fates()} <= {rows.DONE, rows.REFUSED}
        for host in HOSTS:
            mine = [number for number, to in enumerate(letters, 1) if to == host]
            assert list(dict.fromkeys(post.wire.posted[host])) == mine, "each arrived, in order"
            check_repeats(post.wire.posted[host], weather)


def check_nobody_waits_for_another(post: Post, weather: Weather) -> None:
    """Before any time has passed, a host that made nobody wait has all of its letters."""
    for host in HOSTS:
        if set(weather[host]) <= FLOWING:
            waiting = [fate for fate in post.fates() if fate.host == host and fate.state == rows.QUEUED]
            assert not waiting, f"{host} waits for another"


def check_repeats(posted: list[int], weather: Weather) -> None:
    """Without a crash, which is one for every lane, a letter is posted again only while it is the one that the host would not take."""
    if not any(CRASH in answers for answers in weather.values()):
        assert posted == sorted(posted)


@ANY_WEATHER
@given(steps_ms=st.lists(st.integers(1, 2 * DAY_MS), min_size=1, max_size=12))
def test_a_letter_is_given_up_after_seven_days_and_not_before(empty: Path, steps_ms: list[int]):
    asyncio.run(given_up_in_time(empty, steps_ms))


async def given_up_in_time(empty: Path, steps_ms: list[int]) -> None:
    async with a_post(empty, {}, always=503) as post:
        for number, step_ms in enumerate(steps_ms, 1):
            await post.queue(HOSTS[0], number)
            end_ms = post.now_ms[0] + step_ms
            while (due_ms := await post.work()) is not None and due_ms <= end_ms:
                post.now_ms[0] = due_ms
            post.now_ms[0] = end_ms
            for fate in post.fates():
                age_ms = (fate.settled_at_ms or post.now_ms[0]) - fate.created_at_ms
                if fate.state == rows.EXPIRED:
                    assert age_ms > EXPIRY_MS
                else:
                    assert fate.state == rows.QUEUED
                    assert age_ms <= EXPIRY_MS + LONGEST_WAIT_S * 1000 + 1


async def test_a_host_that_is_away_is_asked_ever_more_rarely_and_at_least_every_six_hours(empty: Path):
    async with a_post(empty, {}, always=503) as post:
        await post.queue(HOSTS[0], 1)
        waits_ms = []
        for _ in range(20):
            due_ms = await post.work()
            assert due_ms is not None
            waits_ms.append(due_ms - post.now_ms[0])
            post.now_ms[0] = due_ms
        assert waits_ms == sorted(waits_ms)
        assert waits_ms[-1] == LONGEST_WAIT_S * 1000


async def test_an_answer_resets_how_long_a_host_is_waited_for(empty: Path):
    async with a_post(empty, {HOSTS[0]: [503] * 6 + [202, 503]}) as post:
        for number in (1, 2):
            await post.queue(HOSTS[0], number)
        waits_ms = []
        while (due_ms := await post.work()) is not None:
            waits_ms.append(due_ms - post.now_ms[0])
            post.now_ms[0] = due_ms
        assert len(waits_ms) == 7
        assert waits_ms[6] < waits_ms[2]


async def test_who_is_told_to_end_ends_though_something_stirs_at_that_moment(empty: Path):
    async with a_post(empty, {}) as post:
        delivery = Delivery(
            post.database,
            post.wire,
            Gate(b"k"),
            concurrency=1,
            prepare=lambda _, __: None,
            clock=lambda: NOW_MS,
        )
        task = asyncio.create_task(delivery.run())
        await asyncio.sleep(0.05)
        delivery.hear(LettersQueued((HOSTS[0],)))
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        assert task.done()
