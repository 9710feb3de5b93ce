"""Letters on their way: one lane for each host, in order, one letter in flight. The rule kept here: a row is settled by a result and by nothing else.

A letter is a row before it is a request, so whatever dies loses nothing; one that was posted and not yet settled is posted again, and its
receiver knows the activity. A host that does not answer holds up its own lane and no other. Before a letter goes, its seal is checked
and the gate is asked again whether the way is still open.
"""

import asyncio
import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import orjson
import structlog

from federation import log, synchronization
from federation.errors import FederationError, Refused
from federation.letters import Outbound
from federation.wire import Answer
from instance import inbox
from instance.domain import guest_sync
from instance.egress import Gate
from instance.events import CharterChanged, Event, LettersQueued
from instance.storage import delivery as rows
from instance.storage import log as entries
from instance.storage import peers
from instance.storage.database import Database, Tx
from instance.storage.delivery import CLOSED, DONE, QUEUED, REFUSED, LaneRow, LetterRow, Result

BATCH = 20
LEASE_MS = 120_000
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 6 * 3600.0
SLOW = 12  # a host that does not know us is asked again at a twelfth of the pace
EXPIRY_MS = 7 * 24 * 3600 * 1000
STOP_S = 10.0
REASON_LIMIT = 200
_NOT_FOUND_TRIES = 4
_UNKNOWN_SENDER_TRIES = 10  # over some eight hours
_TRY_LATER = frozenset({408, 425, 429})
_OUR_FAULT = frozenset({"seal", "host", "url"})

_log = structlog.get_logger(__name__)


class Verdict(NamedTuple):
    """What an answer means: the letter's new state, why, and how long (s) its lane waits; 0 when it goes on."""

    state: str
    why: str = ""
    wait_s: float = 0.0
    status: int | None = None


def retry_after(attempt: int, *, chance: float) -> float:
    """Seconds to wait after the attempt-th failure in a row (attempt >= 1): doubles from 5 s, a fifth more or less by `chance` (0..1), never over 6 h."""
    return min(FIRST_WAIT_S * 2.0 ** min(attempt - 1, 30) * (0.8 + 0.4 * chance), LONGEST_WAIT_S)


def judge(outcome: Answer | FederationError, *, attempt: int, failures: int, chance: float) -> Verdict:
    """What the outcome of the attempt-th try of a letter means, in a lane that has failed `failures` times in a row before."""
    wait = retry_after(failures + 1, chance=chance)
    if isinstance(outcome, FederationError):
        return _judge_error(outcome, wait)
    status = outcome.status
    if status < 300:
        return Verdict(DONE, status=status)
    why = f"{status} {_reason(outcome)}".strip()
    if status >= 500 or status in _TRY_LATER:
        return Verdict(QUEUED, why, max(wait, asked_wait_s(outcome)), status)
    if status == 404 and attempt < _NOT_FOUND_TRIES:
        return Verdict(QUEUED, why, wait, status)
    if status in {401, 403} and attempt < _UNKNOWN_SENDER_TRIES:
        return Verdict(QUEUED, why, min(wait * SLOW, LONGEST_WAIT_S), status)
    return Verdict(REFUSED, why, status=status)


def _judge_error(error: FederationError, wait: float) -> Verdict:
    if (
        error.status == 410
    ):  # the inbox is gone for good: this letter is lost, and the next is not hurried after it
        return Verdict(REFUSED, error.rule, wait, 410)
    if isinstance(error, Refused) and error.rule in _OUR_FAULT:
        return Verdict(REFUSED, error.rule)
    return Verdict(QUEUED, error.rule, wait)


def _reason(answer: Answer) -> str:
    """What the host said, for the one who looks after our node: rule and title of problem details (RFC 9457), else its first printable characters."""
    with suppress(ValueError):
        problem = orjson.loads(answer.body)
        if isinstance(problem, dict) and isinstance(problem.get("rule"), str):
            return _printable(f"{problem['rule']}: {problem.get('title', '')}")
    return _printable(answer.body[:REASON_LIMIT].decode("utf-8", "replace"))


def _printable(text: str) -> str:
    return "".join(character for character in text[:REASON_LIMIT] if character.isprintable())


def asked_wait_s(answer: Answer) -> float:
    """Retry-After in seconds, capped; a date is not worth its parsing: the doubling gets there."""
    value = answer.headers.get("Retry-After", "")
    return min(float(value), LONGEST_WAIT_S) if value.isascii() and value.isdecimal() else 0.0


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
            self._schedule(host, now)

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
        if not self._heap or len(self._active) >= self._concurrency:
            return None
        return max((self._heap[0][0] - self._clock()) / 1000, 0.0)

    def _start_due(self) -> None:
        now = self._clock()
        while self._heap and self._heap[0][0] <= now and len(self._active) < self._concurrency:
            due_ms, host = heapq.heappop(self._heap)
            if self._due.get(host) == due_ms:  # else it was rescheduled, and this is an old entry
                del self._due[host]
                task = asyncio.create_task(self._serve(host), name=f"deliver {host}")
                self._active[host] = task
                task.add_done_callback(partial(self._ended, host))

    def _ended(self, host: str, task: asyncio.Task[None]) -> None:
        del self._active[host]
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
        failures = batch.failures
        for row in batch.letters:
            if self._stopping or self._epoch != epoch:
                break
            outcome = await self._post(row, _headers_of(row, batch))
            chance = random.random()  # noqa: S311  spreads retries, protects nothing
            verdict = judge(outcome, attempt=row.attempts + 1, failures=failures, chance=chance)
            results.append(Result(row.id, verdict.state, verdict.why))
            _report(row, verdict)
            if verdict.wait_s:
                return _Turn(tuple(results), verdict, held)
            failures = 0 if verdict.state == DONE else failures
            if isinstance(outcome, Answer) and log.HEADER in outcome.headers:
                held[row.space] = outcome.headers[log.HEADER]
        return _Turn(tuple(results), held=held)

    async def _post(self, row: LetterRow, headers: dict[str, str]) -> Answer | FederationError:
        try:
            return await self._wire.post(row.outbound(), headers=headers)
        except FederationError as error:
            return error

    def _next(self, tx: Tx, *, host: str, turn: _Turn, is_first: bool) -> _Batch | _Rest:
        """Write what became of the last batch, and take the next."""
        rows.settle(tx, turn.results)
        for project, header in turn.held.items():
            inbox.note_heads(tx, project, host, inbox.heads_in(header, project))
        lane = rows.lane(tx, host)
        if lane is None:
            return _Rest()
        if is_first and not rows.lease(tx, host, until_ms=tx.now_ms + LEASE_MS):
            return _Rest(lane.leased_until_ms)
        if turn.results:
            lane = _fared(tx, lane, turn)
        letters = () if turn.stopped_by or self._stopping else self._open_letters(tx, host)
        rows.set_lane(tx, lane._replace(leased_until_ms=tx.now_ms + LEASE_MS if letters else 0))
        if not letters:
            return _Rest(lane.due_at_ms if turn.stopped_by else None)
        return _Batch(letters, _headers(tx, letters), lane.failures)

    def _open_letters(self, tx: Tx, host: str) -> tuple[LetterRow, ...]:
        """The next letters whose way is still open; those whose way was closed are settled as such."""
        while waiting := rows.next_letters(tx, host, BATCH):
            closed = [row for row in waiting if not self._gate.still_open(tx, row.outbound())]
            rows.settle(tx, [Result(row.id, CLOSED, "closed") for row in closed])
            if len(closed) < len(waiting):
                letters = tuple(row for row in waiting if row not in closed)
                for signer in {row.signer for row in letters}:
                    self._prepare(tx, signer)
                return letters
        return ()


def _fared(tx: Tx, lane: LaneRow, turn: _Turn) -> LaneRow:
    """How the lane stands after a round."""
    if any(result.state == DONE for result in turn.results):
        peers.reached(tx, lane.host)
        lane = lane._replace(reached_at_ms=tx.now_ms, failures=0, last_error="", last_status=202)
    if turn.stopped_by is None:
        return lane._replace(due_at_ms=tx.now_ms, failures=0)
    rows.expire(tx, lane.host, before_ms=tx.now_ms - EXPIRY_MS)
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
