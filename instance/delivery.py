"""Letters on their way: one lane for each host, in order, one letter in flight. The rule kept here: a row is settled by a result and by nothing else.

A letter is a row before it is a request, so whatever dies loses nothing; one that was posted and not yet settled is posted again, and its
receiver knows the activity. Before a letter goes, its seal is checked and the gate is asked again whether the way is still open.

A host that does not answer holds up its own lane and no other: only so many lanes work at once, but one that has waited a moment for an
answer, or whose host failed last time, takes no place among these. When a lane that waits is due, one letter goes ahead; the next follows when
it was taken (a circuit breaker, half open).
"""

import asyncio
import heapq
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import structlog

from federation import log, synchronization
from federation.errors import FederationError
from federation.letters import Outbound
from federation.wire import Answer
from instance import inbox
from instance.domain import guest_sync
from instance.egress import Gate
from instance.events import CharterChanged, Event, InboxGone, LettersQueued
from instance.storage import delivery as rows
from instance.storage import log as entries
from instance.storage import other_names, peers
from instance.storage.database import Database, Tx
from instance.storage.delivery import CLOSED, DONE, REFUSED, LaneRow, LetterRow, Result
from instance.verdict import FIRST_WAIT_S, GONE, Verdict, judge

BATCH = 20
BATCH_MS = 10_000  # after so long what was sent is written down, whatever is left of the batch
LEASE_MS = 120_000
EXPIRY_MS = 7 * 24 * 3600 * 1000
STOP_S = 10.0
PATIENCE_S = 0.25  # a lane that waits longer for an answer takes no place of another
LANES_MOST = 192  # at once, those that wait included: below the connections that the wire has
PROBES_MOST = 64  # of these, lanes to hosts that failed last time
PARK_MS = 1_000

_log = structlog.get_logger(__name__)


class Posts(Protocol):
    """What delivery needs of the wire."""

    async def post(self, outbound: Outbound, *, headers: dict[str, str] | None = None) -> Answer: ...


@dataclass(frozen=True, slots=True)
class _Batch:
    """The next letters of a lane, the headers that go with them by space, and how often the lane has failed."""

    letters: tuple[LetterRow, ...]
    headers: dict[str, dict[str, str]]
    failures: int


class _Turn(NamedTuple):
    """What a round of a lane left behind: results to write, the verdict that stopped it, and what the host says it holds, by project."""

    results: tuple[Result, ...] = ()
    stopped_by: Verdict | None = None
    held: Mapping[str, str] = {}
    inbox: str = ""  # of the letter that stopped it


class _Rest(NamedTuple):
    """The lane has nothing to send now; `until_ms` is when to look again, None when the next letter will say."""

    until_ms: int | None = None


class Delivery:
    """Delivers what waits. `run` until `stop`; `hear` events; `wake` a host that is alive again."""

    def __init__(
        self,
        database: Database,
        wire: Posts,
        gate: Gate,
        *,
        concurrency: int,
        prepare: Callable[[Tx, str], None],
        clock: Callable[[], int],
    ) -> None:
        """`prepare(tx, signer)` makes the signer's key ready for the wire; `clock` is ms since the epoch."""
        self._database, self._wire, self._gate = database, wire, gate
        self._concurrency, self._prepare, self._clock = concurrency, prepare, clock
        self._due: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._active: dict[str, asyncio.Task[None]] = {}
        self._aside: set[str] = set()  # of these, who take no place: they wait for an answer
        self._failing: set[str] = set()  # hosts that failed last time
        self._again: set[str] = set()
        self._woken_ms: dict[str, int] = {}
        self._epoch = 0
        self._stopping = False
        self._stir = asyncio.Event()

    def hear(self, event: Event) -> None:
        """Listen to what was committed."""
        if isinstance(event, LettersQueued):
            for host in event.hosts:
                self._want(host)
        elif isinstance(event, CharterChanged):
            self._epoch += 1  # letters in hand were asked about before: ask again

    def wake(self, host: str) -> None:
        """A host was heard from: if its lane waits after failures, it is tried now, though not at every word it says."""
        now = self._clock()
        if host in self._due and now - self._woken_ms.get(host, 0) >= FIRST_WAIT_S * 1000:
            self._woken_ms[host] = now
            self.hurry(host)

    def hurry(self, host: str) -> None:
        """Somebody who looks after the node, or something that was settled, says that the lane need not wait: it is tried now."""
        if host in self._due:
            self._schedule(host, self._clock())

    async def run(self) -> None:
        """Deliver until stopped."""
        await self._database.write(rows.release_all)
        await self.reload()
        while not self._stopping:
            self._start_due()
            with suppress(TimeoutError):
                async with asyncio.timeout(
                    self._pause_s()
                ):  # wait_for would swallow a cancellation (Python 3.11)
                    await self._stir.wait()
            self._stir.clear()

    async def reload(self) -> None:
        """Read which lanes have letters: at the start, and after another process has written."""
        self._epoch += 1
        now = self._clock()
        for lane in await self._database.read(rows.busy_lanes):
            if lane.failures:
                self._failing.add(lane.host)
            if lane.host in self._active:
                self._again.add(lane.host)
            else:
                self._schedule(lane.host, max(now, lane.due_at_ms))

    async def stop(self) -> None:
        """Finish what is in flight, ten seconds at most; what is not settled then is posted again at the next start."""
        self._stopping = True
        self._stir.set()
        tasks = list(self._active.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _want(self, host: str) -> None:
        if host in self._active:
            self._again.add(host)
        elif host not in self._due:
            self._schedule(host, self._clock())

    def _schedule(self, host: str, due_ms: int) -> None:
        self._due[host] = due_ms
        heapq.heappush(self._heap, (due_ms, host))
        self._stir.set()

    def _pause_s(self) -> float | None:
        """How long there is nothing to start: until the next lane is due, or until somebody stirs."""
        if not self._heap or self._is_full():
            return None
        return max((self._heap[0][0] - self._clock()) / 1000, 0.0)

    def _is_full(self) -> bool:
        return len(self._active) >= LANES_MOST or len(self._active) - len(self._aside) >= self._concurrency

    def _start_due(self) -> None:
        now = self._clock()
        while self._heap and self._heap[0][0] <= now and not self._is_full():
            due_ms, host = heapq.heappop(self._heap)
            if self._due.get(host) != due_ms:  # it was rescheduled, and this is an old entry
                continue
            if host in self._failing and len(self._failing & self._active.keys()) >= PROBES_MOST:
                self._schedule(host, now + PARK_MS)
                continue
            del self._due[host]
            self._start(host)

    def _start(self, host: str) -> None:
        task = asyncio.create_task(self._serve(host), name=f"deliver {host}")
        self._active[host] = task
        if host in self._failing:
            self._aside.add(host)
        task.add_done_callback(partial(self._ended, host))

    def _ended(self, host: str, task: asyncio.Task[None]) -> None:
        del self._active[host]
        self._aside.discard(host)
        if not task.cancelled() and (error := task.exception()):
            _log.error("lane_broke", host=host, error=repr(error))
            self._schedule(host, self._clock() + int(FIRST_WAIT_S * 1000))
        elif host in self._again and host not in self._due:
            self._schedule(host, self._clock())
        self._again.discard(host)
        self._stir.set()

    async def _serve(self, host: str) -> None:
        """Send what waits for one host until there is nothing left, or until it has to wait."""
        turn, is_first = _Turn(), True
        while True:
            self._again.discard(host)
            found = await self._database.write(partial(self._next, host=host, turn=turn, is_first=is_first))
            if isinstance(found, _Rest):
                if found.until_ms is not None:
                    self._schedule(host, found.until_ms)
                return
            turn, is_first = await self._send(found), False

    async def _send(self, batch: _Batch) -> _Turn:
        """Post the letters of a batch in order, up to the first that makes the lane wait."""
        epoch, results, held = self._epoch, list[Result](), dict[str, str]()
        failures, until_ms = batch.failures, self._clock() + BATCH_MS
        for row in batch.letters:
            if self._stopping or self._epoch != epoch or self._clock() > until_ms:
                break
            with self._stepping_aside(row.host):
                outcome = await self._post(row, _headers_of(row, batch))
            chance = random.random()  # noqa: S311  spreads retries, protects nothing
            verdict = judge(outcome, attempt=row.attempts + 1, failures=failures, chance=chance)
            results.append(Result(row.id, verdict.state, verdict.why))
            _report(row, verdict)
            if verdict.wait_s:
                self._failing.add(row.host)
                return _Turn(tuple(results), verdict, held, row.inbox)
            self._failing.discard(row.host)
            failures = 0 if verdict.state == DONE else failures
            if isinstance(outcome, Answer) and log.HEADER in outcome.headers:
                held[row.space] = outcome.headers[log.HEADER]
        return _Turn(tuple(results), held=held)

    @contextmanager
    def _stepping_aside(self, host: str) -> Iterator[None]:
        """While this lasts longer than a moment, the lane takes no place of another."""
        handle = asyncio.get_running_loop().call_later(PATIENCE_S, self._step_aside, host)
        try:
            yield
        finally:
            handle.cancel()
            self._aside.discard(host)

    def _step_aside(self, host: str) -> None:
        self._aside.add(host)
        self._stir.set()

    async def _post(self, row: LetterRow, headers: dict[str, str]) -> Answer | FederationError:
        try:
            return await self._wire.post(row.outbound(), headers=headers)
        except FederationError as error:
            return error

    def _next(self, tx: Tx, *, host: str, turn: _Turn, is_first: bool) -> _Batch | _Rest:
        """Write what became of the last batch, and take the next."""
        rows.settle(tx, turn.results)
        for project, header in turn.held.items():
            others = other_names.known(tx)
            inbox.note_heads(tx, project, host, inbox.heads_in(header, project, others))
        lane = rows.lane(tx, host)
        if lane is None:
            return _Rest()
        if is_first and not rows.lease(tx, host, until_ms=tx.now_ms + LEASE_MS):
            return _Rest(lane.leased_until_ms)
        if turn.results:
            lane = _fared(tx, lane, turn)
        letters = (
            ()
            if turn.stopped_by or self._stopping
            else self._open_letters(tx, host, limit=1 if lane.failures else BATCH)
        )
        rows.set_lane(tx, lane._replace(leased_until_ms=tx.now_ms + LEASE_MS if letters else 0))
        if not letters:
            return _Rest(lane.due_at_ms if turn.stopped_by else None)
        return _Batch(letters, _headers(tx, letters), lane.failures)

    def _open_letters(self, tx: Tx, host: str, *, limit: int) -> tuple[LetterRow, ...]:
        """The next letters whose way is still open, some of them; those whose way was closed are settled as such. `limit`: how many are looked at first."""
        while waiting := rows.next_letters(tx, host, limit):
            still_open = self._gate.still_open(tx, *(row.outbound() for row in waiting))
            open_ids = {letter.id for letter in still_open}
            rows.settle(tx, [Result(row.id, CLOSED, "closed") for row in waiting if row.id not in open_ids])
            if still_open:
                letters = tuple(row for row in waiting if row.id in open_ids)
                for signer in {row.signer for row in letters}:
                    self._prepare(tx, signer)
                return letters
            limit = BATCH
        return ()


def _fared(tx: Tx, lane: LaneRow, turn: _Turn) -> LaneRow:
    """How the lane stands after a round."""
    if any(result.state == DONE for result in turn.results):
        peers.reached(tx, lane.host)
        lane = lane._replace(reached_at_ms=tx.now_ms, failures=0, last_error="", last_status=202)
    if turn.stopped_by is None:
        return lane._replace(due_at_ms=tx.now_ms, failures=0)
    rows.expire(tx, lane.host, before_ms=tx.now_ms - EXPIRY_MS)
    if turn.stopped_by.status == GONE:
        tx.emit(InboxGone(lane.host, turn.inbox))
    return lane._replace(
        due_at_ms=tx.now_ms + int(turn.stopped_by.wait_s * 1000),
        failures=lane.failures + 1,
        last_status=turn.stopped_by.status,
        last_error=turn.stopped_by.why,
    )


def _headers(tx: Tx, letters: Sequence[LetterRow]) -> dict[str, dict[str, str]]:
    """For each space in the batch: what we hold of a project's log, or whom we count as followers at a guest host. Both are signed."""
    found: dict[str, dict[str, str]] = {}
    for space in {row.space for row in letters}:
        said = {
            log.HEADER: log.heads_header(space, heads) if (heads := entries.heads(tx, space)) else None,
            synchronization.HEADER: guest_sync.header(tx, space),
        }
        found[space] = {name: value for name, value in said.items() if value is not None}
    return found


def _headers_of(row: LetterRow, batch: _Batch) -> dict[str, str]:
    """Followers are counted with what is for all of them; an Accept is for one whom the host counts only when it has it."""
    headers = batch.headers.get(row.space, {})
    if synchronization.HEADER in headers and b'/followers"' not in row.body:
        return {name: value for name, value in headers.items() if name != synchronization.HEADER}
    return headers


def _report(row: LetterRow, verdict: Verdict) -> None:
    if verdict.state == REFUSED:
        _log.warning("letter_refused", host=row.host, iri=row.activity_iri, rule=verdict.why)
    elif verdict.state != DONE:
        _log.info("letter_waits", host=row.host, rule=verdict.why, wait_s=round(verdict.wait_s))
