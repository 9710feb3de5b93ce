"""Looks for the posts that were answered and are not here, in the conversations that other companies serve (FEP-f228).

The rule kept here: what is found goes the way of every entry, proven and in its party's order; and whoever answers with lies, loops or much of
it costs a bounded number of questions, bytes and seconds, and is left alone for a while. Asked are companies that the project is open to, never one that a
document merely names, and never while somebody waits for an answer.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import quote

import structlog

from federation import log
from federation.collection import items_of, next_of
from federation.document import Document, id_of
from federation.errors import FederationError, Refused
from federation.log import Entry
from federation.origin import host_of
from instance import inbox
from instance.domain import missing
from instance.egress import Gate
from instance.events import CharterChanged, Event, ParentMissed
from instance.fetch import Fetcher, sources
from instance.inbox import Arrival
from instance.renaming import Renamings
from instance.storage import charters, other_names
from instance.storage import log as entries
from instance.storage import missing as rows
from instance.storage.database import Database, Tx
from instance.storage.missing import MissingRow
from instance.verdict import retry_after

AT_ONCE: Final = 4  # of the posts that are due
BATCH: Final = 50
PAGES: Final = 5  # of one collection
ITEMS: Final = 250
PAGE_LIMIT_BYTES: Final = 2 * 1024 * 1024
SOURCE_S: Final = 30.0
HOST_AN_HOUR: Final = 300  # questions to one host
HOUR_MS: Final = 3_600_000
SOON_S, IDLE_S = 1.0, 600.0
_NO_FAULT: Final = frozenset({"asked_too_often", "not_served"})  # we ask too much, or there is no such thing

_log = structlog.get_logger(__name__)


class _Plan(NamedTuple):
    """Where a missing post may be found: addresses of collections of activities, the likeliest first, and of one of posts."""

    histories: tuple[str, ...]
    context: str


class Backfill:
    """Looks for missing parents. `hear` events and `run`; `do_due` looks for what is due now."""

    def __init__(self, database: Database, fetcher: Fetcher, gate: Gate, *, clock: Callable[[], int]) -> None:
        """`clock` is ms since the epoch."""
        self._database, self._fetcher, self._gate, self._clock = database, fetcher, gate, clock
        self._pace = Patience(clock)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._round = asyncio.Lock()
        self._stir = asyncio.Event()

    def hear(self, event: Event) -> None:
        """Listen to what was committed."""
        if isinstance(event, ParentMissed | CharterChanged):
            self._stir.set()

    async def run(self) -> None:
        """Look for what is missing, at the start and whenever it is due."""
        while True:
            self._stir.clear()
            await self.do_due()
            next_ms = await self._database.read(rows.next_due_ms)
            pause_s = (
                IDLE_S if next_ms is None else min(max((next_ms - self._clock()) / 1000, SOON_S), IDLE_S)
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._stir.wait()

    async def do_due(self) -> None:
        """Look for what is due, each for itself: none keeps another from being found."""
        async with self._round:  # one at a time, so that nothing is looked for twice
            due = await self._database.read(lambda tx: rows.due(tx, BATCH))
            done = await asyncio.gather(*(self._look(row) for row in due), return_exceptions=True)
        for row, error in zip(due, done, strict=True):
            if isinstance(error, Exception):
                _log.error("backfill_broke", iri=row.parent_iri, error=repr(error))

    async def _look(self, row: MissingRow) -> None:
        async with self._slots:
            if not await self._database.write(lambda tx: missing.begin(tx, row)):
                return
            plan = await self._database.read(lambda tx: _plan(tx, row))
            await self._search(row, plan)
            await self._database.write(lambda tx: missing.end(tx, row))

    async def _search(self, row: MissingRow, plan: _Plan) -> None:
        """Ask one after the other until the post is here, or waits for its turn."""
        for url in plan.histories:
            await self._asked(url, row)
            if await self._database.read(lambda tx: missing.is_on_its_way(tx, row)):
                return
        history = await self._history_of(plan.context) if plan.context else ""
        if history and history not in plan.histories:
            await self._asked(history, row)

    async def _asked(self, url: str, row: MissingRow) -> None:
        """Take in what one collection has; who cannot be reached or believed is remembered for it."""
        host = host_of(url)
        try:
            async with asyncio.timeout(SOURCE_S):
                await self._walk(url, row)
        except FederationError as error:
            _log.info("thread_not_had", host=host, rule=error.rule, iri=row.parent_iri)
            if error.rule not in _NO_FAULT:
                self._pace.failed(host)
        except TimeoutError:
            _log.info("thread_not_had", host=host, rule="timeout", iri=row.parent_iri)
            self._pace.failed(host)
        else:
            self._pace.worked(host)

    async def _walk(self, start: str, row: MissingRow) -> None:
        """Page by page, as many as there may be, no address twice, none of another host. Raises FederationError."""
        url, seen, left = start, set[str](), ITEMS
        while url and url not in seen and len(seen) < PAGES and left > 0:
            seen.add(url)
            page = _inner(await self._ask(url))
            documents = [item for item in items_of(page)[:left] if isinstance(item, dict)]
            await self._take(documents, row)
            left -= len(documents)
            url = _following(page, host_of(start))

    async def _ask(self, url: str) -> Document:
        if not self._pace.may_ask(host_of(url)):
            raise Refused("asked_too_often", url)
        return await self._fetcher.ask(url, reason="thread", limit_bytes=PAGE_LIMIT_BYTES)

    async def _history_of(self, context_iri: str) -> str:
        """Where the activities of a conversation are, as the collection of its posts says it: at the same host, or nowhere."""
        with suppress(FederationError):
            page = await self._ask(context_iri)
            for name in ("history", "contextHistory"):
                iri = id_of(page.get(name)) or ""
                if iri and host_of(iri) == host_of(context_iri):
                    return iri
        return ""

    async def _take(self, documents: Sequence[Document], row: MissingRow) -> None:
        """Take in the entries of the project that are not here, as far as they can be believed. Raises FederationError at the first that cannot."""
        others = await self._database.read(other_names.known)
        found = _entries(documents, row.project_iri, others)
        lacking = await self._database.read(lambda tx: _lacking(tx, found))
        for entry, document in lacking:
            arrival = await self._fetcher.believe(document, (entry.project, entry.party))
            await self._database.write(partial(self._receive, arrival=arrival))

    def _receive(self, tx: Tx, *, arrival: Arrival) -> None:
        receipt = inbox.receive(tx, arrival, gate=self._gate)
        if receipt.status >= 400:
            _log.info("thread_entry_refused", rule=receipt.rule, iri=arrival.activity.iri)


class Patience:
    """Whom to ask, and whom to leave alone: a host that failed waits longer each time, and nobody is asked too often."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._resting_ms: dict[str, int] = {}
        self._asked: dict[str, tuple[int, int]] = {}  # since when, and how often

    def may_ask(self, host: str) -> bool:
        """Count a question, if it may be asked."""
        now = self._clock()
        since_ms, count = self._asked.get(host, (now, 0))
        if now - since_ms >= HOUR_MS:
            since_ms, count = now, 0
        if now < self._resting_ms.get(host, 0) or count >= HOST_AN_HOUR:
            return False
        self._asked[host] = since_ms, count + 1
        return True

    def failed(self, host: str) -> None:
        """Note that a host did not answer, or not with what can be believed."""
        if self._clock() < self._resting_ms.get(host, 0):
            return
        self._failures[host] = self._failures.get(host, 0) + 1
        self._resting_ms[host] = self._clock() + int(retry_after(self._failures[host], chance=0.5) * 1000)

    def worked(self, host: str) -> None:
        """Note that a host answered."""
        self._failures.pop(host, None)


def _plan(tx: Tx, row: MissingRow) -> _Plan:
    """The collections that the answer names where a party serves them, then what each party has of the conversation."""
    hosts = charters.open_hosts(tx, row.project_iri)
    asked = f"?project={quote(row.project_iri, safe='')}&thread={quote(row.parent_iri, safe='')}"
    logs = [f"{source.url}{asked}" for source in sources(tx, row.project_iri, first=_host(row.parent_iri))]
    said = [row.history_iri] if row.history_iri and _host(row.history_iri) in hosts else []
    context = row.context_iri if row.context_iri and _host(row.context_iri) in hosts else ""
    return _Plan((*said, *logs), context)


def _host(iri: str) -> str:
    with suppress(FederationError):
        return host_of(iri)
    return ""


def _inner(page: Document) -> Document:
    """A collection may have its first page inside."""
    first = page.get("first")
    return first if isinstance(first, dict) and not items_of(page) and items_of(first) else page


def _following(page: Document, host: str) -> str:
    following = next_of(page) or ""
    return following if following and _host(following) == host else ""


def _entries(documents: Sequence[Document], project: str, others: Renamings) -> list[tuple[Entry, Document]]:
    """Those that are whole entries of the project's log, each party's in order; others are none of our business."""
    found: list[tuple[Entry, Document]] = []
    for document in documents:
        with suppress(FederationError):
            entry = None if log.is_redacted(document) else log.entry_of(document)
            placed = None if entry is None else inbox.present(entry, others)
            if placed is not None and placed.project == project:
                found.append((placed, document))
    return sorted(found, key=lambda pair: (pair[0].party, pair[0].seq))


def _lacking(tx: Tx, found: list[tuple[Entry, Document]]) -> list[tuple[Entry, Document]]:
    return [
        (entry, document)
        for entry, document in found
        if entries.hash_at(tx, entry.project, entry.party, seq=entry.seq) is None
    ]
