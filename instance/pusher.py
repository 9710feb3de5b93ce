"""Telling apps that something happened, through the push services that they named. The rule kept here: a row is settled by an answer or by its age, and an app that is gone is told nothing more.

What is told is made by the gate when it is about to go, and stored nowhere: only which notification waits for which subscription is.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from federation import webpush
from federation.errors import FederationError, Gone, Refused, Unreachable
from federation.origin import host_of
from federation.webpush import Message
from federation.wire import Answer
from instance.alert import Alert
from instance.delivery import Posts
from instance.domain import push
from instance.egress import Gate, Pushed
from instance.events import ChangedElsewhere, Event, Notified
from instance.storage import notifications, pushes
from instance.storage.database import Database, Tx
from instance.storage.pushes import WaitingRow
from instance.verdict import asked_wait_s, retry_after

AT_ONCE = 32
PAGE = 200
ATTEMPTS = 8  # over some twenty minutes
LEASE_MS = 60_000
IDLE_S = 1.0
LIFE_S = 48 * 3600  # how long a push service keeps what it cannot deliver, and how long we try
_TRY_LATER = frozenset({408, 425, 429})
_NOBODY = frozenset({404, 410})
_OUR_FAULT = frozenset({"seal", "host"})

_log = structlog.get_logger(__name__)


class Fate(StrEnum):
    """What becomes of what waits."""

    TOLD = "told"
    LATER = "later"
    LOST = "lost"
    GONE = "gone"  # and with it the subscription


class Verdict(NamedTuple):
    """What an answer means, why, and in how many seconds it is tried again."""

    fate: Fate
    why: str = ""
    wait_s: float = 0.0


def judge(outcome: Answer | FederationError, *, attempt: int, chance: float) -> Verdict:
    """What the outcome of the attempt-th try means (attempt >= 1)."""
    wait_s = retry_after(attempt, chance=chance)
    if isinstance(outcome, FederationError):
        return _judge_error(outcome, attempt, wait_s)
    if outcome.status < 300:
        return Verdict(Fate.TOLD)
    if outcome.status in _NOBODY:
        return Verdict(Fate.GONE, str(outcome.status))
    if outcome.status >= 500 or outcome.status in _TRY_LATER:
        return _later(str(outcome.status), attempt, max(wait_s, asked_wait_s(outcome)))
    return Verdict(Fate.LOST, str(outcome.status))


def _judge_error(error: FederationError, attempt: int, wait_s: float) -> Verdict:
    """An address that nothing may be sent to is as good as none."""
    if isinstance(error, Gone) or (isinstance(error, Refused) and error.rule not in _OUR_FAULT):
        return Verdict(Fate.GONE, error.rule)
    if isinstance(error, Unreachable):
        return _later(error.rule, attempt, wait_s)
    return Verdict(Fate.LOST, error.rule)


def _later(why: str, attempt: int, wait_s: float) -> Verdict:
    return Verdict(Fate.LATER, why, wait_s) if attempt < ATTEMPTS else Verdict(Fate.LOST, why)


class _Letter(NamedTuple):
    row: WaitingRow
    pushed: Pushed


class Pusher:
    """Pushes what waits, one message at a time for each subscription. `run` until cancelled, then `stop`; `hear` events."""

    def __init__(
        self,
        database: Database,
        wire: Posts,
        gate: Gate,
        *,
        seal_key: bytes,
        push_key: EllipticCurvePrivateKey,
        clock: Callable[[], int],
    ) -> None:
        """`push_key` is the key by which push services know this node; `clock` is ms since the epoch."""
        self._database, self._wire, self._gate = database, wire, gate
        self._seal_key, self._push_key, self._clock = seal_key, push_key, clock
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by subscription: what is slow holds up itself
        self._stir = asyncio.Event()

    def hear(self, event: Event) -> None:
        """Look for what waits when somebody was notified."""
        if isinstance(event, Notified | ChangedElsewhere):
            self._stir.set()

    async def run(self) -> None:
        """Push until cancelled. What was under way when the node died is pushed again."""
        await self._database.write(pushes.release_all)
        while True:
            self._stir.clear()
            pause_s = await self._start_due()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._stir.wait()

    async def stop(self) -> None:
        """Drop what is under way: it is pushed again at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start_due(self) -> float | None:
        """Begin what is due; in how many seconds to look again, None when somebody will stir."""
        room = AT_ONCE - len(self._tasks)
        due_ms = await self._database.read(pushes.next_due_ms) if room else None
        if due_ms is None:
            return None
        if due_ms > self._clock():
            return (due_ms - self._clock()) / 1000
        busy = tuple(self._tasks)
        letters = await self._database.write(lambda tx: self._take(tx, room, busy))
        for letter in letters:
            task = asyncio.create_task(self._push(letter), name=f"push to {letter.pushed.letter.host}")
            self._tasks[letter.row.subscription_id] = task
            task.add_done_callback(partial(self._ended, letter.row.subscription_id))
        return 0.0 if letters else IDLE_S

    def _ended(self, subscription_id: int, task: asyncio.Task[None]) -> None:
        del self._tasks[subscription_id]
        self._stir.set()
        if not task.cancelled() and (error := task.exception()):
            _log.error("push_broke", what=task.get_name(), error=repr(error))

    def _take(self, tx: Tx, room: int, busy: Sequence[int]) -> list[_Letter]:
        """What is due, as the gate lets it go; what it does not let go, or what has nobody to hear it, waits no more."""
        pushes.expire(tx, before_ms=tx.now_ms - LIFE_S * 1000)
        first: dict[int, WaitingRow] = {}
        for row in pushes.due(tx, PAGE, busy=busy):
            first.setdefault(row.subscription_id, row)
        rows = list(first.values())[:room]
        pushes.lease(tx, rows, until_ms=tx.now_ms + LEASE_MS)
        letters = [(row, self._made(tx, row)) for row in rows]
        pushes.drop(tx, [row for row, pushed in letters if pushed is None])
        return [_Letter(row, pushed) for row, pushed in letters if pushed is not None]

    def _made(self, tx: Tx, row: WaitingRow) -> Pushed | None:
        """The letter, unless the token was revoked or the notification is not for its owner to read any more."""
        if row.revoked_at_ms is not None or not notifications.by_id(tx, row.owner_id, row.notification_id):
            return None
        try:
            token = push.open_token(self._seal_key, webpush.decode(row.token))
        except InvalidTag:  # the node has another seal key now: the app has to subscribe anew
            return None
        alert = Alert(row.notification_id, row.kind, row.locale, token)
        return self._gate.push(tx, alert, endpoint=row.endpoint, close=partial(self._closed, tx, row))

    def _closed(self, tx: Tx, row: WaitingRow, text: bytes) -> Message:
        """The text as the app alone can read it, with our word for the push service."""
        reader = webpush.check_reader(row.p256dh, row.auth, standard=bool(row.standard))
        aud = f"{urlsplit(row.endpoint).scheme}://{host_of(row.endpoint)}"
        expires = tx.now_ms // 1000 + webpush.SUBJECT_LIFE_S
        claims: dict[str, object] = {"aud": aud, "exp": expires, "sub": tx.home.base}
        message = webpush.message(text, reader, key=self._push_key, claims=claims)
        # The same urgency whatever it is about: the push service need not know.
        told = {"Content-Type": "application/octet-stream", "TTL": str(LIFE_S), "Urgency": "normal"}
        return Message(message.body, told | message.headers)

    async def _push(self, letter: _Letter) -> None:
        row = letter.row
        outcome: Answer | FederationError
        try:
            outcome = await self._wire.post(letter.pushed.letter, headers=letter.pushed.headers)
        except FederationError as error:
            outcome = error
        chance = random.random()  # noqa: S311  spreads retries, protects nothing
        verdict = judge(outcome, attempt=row.attempts + 1, chance=chance)
        if verdict.fate is not Fate.TOLD:
            _log.info("push_" + verdict.fate, host=letter.pushed.letter.host, rule=verdict.why)
        await self._database.write(lambda tx: _settle(tx, row, verdict))


def _settle(tx: Tx, row: WaitingRow, verdict: Verdict) -> None:
    if verdict.fate is Fate.LATER:
        pushes.put_off(tx, row, until_ms=tx.now_ms + int(verdict.wait_s * 1000))
    elif verdict.fate is Fate.GONE:
        pushes.end(tx, row.subscription_id, endpoint=row.endpoint)
    else:
        pushes.drop(tx, [row])
