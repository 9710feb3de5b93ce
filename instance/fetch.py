"""What this node fetches of its own accord: missing entries, heads, partners' pictures.

The rule kept here: of parties only, within a budget, and nothing is believed for where it came from: an entry by its author's proof, a
picture by the hash that its post was signed with.

The log of a project is served at `/log` of every party's node:

    GET /log?project=<IRI>                             → {"type": "OrderedCollection", "totalItems", "heads": "<IRI>; host=seq:hash; …"}
    GET /log?project=<IRI>&party=<host>&after=<n>&upto=<m> → an OrderedCollectionPage of at most 100 entries, n < seq <= m, with `next`

Heads are exchanged with each party at the start, when a charter changed, and every ten minutes. A gap is repaired a moment after it was noticed, since the
missing entries may be on their way: first from the party that wrote them, then from any other. So is a hole in our own log (instance/ownlog.py).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import structlog

from federation import log, origin
from federation.activity import Activity
from federation.collection import items_of
from federation.document import Document, parse
from federation.errors import FederationError, Malformed, Refused, Unreachable
from federation.log import Entry
from federation.node import Receipt
from federation.origin import host_of, origin_of
from federation.vocabulary import ACCEPT
from federation.wire import Answer, Wire
from instance import inbox, ownlog, renaming
from instance.domain import media
from instance.egress import Gate
from instance.errors import BadInput
from instance.events import CharterChanged, Event, GapNoticed, MediaWanted
from instance.inbox import Arrival
from instance.keyring import KeyRing
from instance.storage import actors, charters, peers
from instance.storage import log as entries
from instance.storage import media as pictures
from instance.storage.database import Database, Tx
from instance.storage.log import EntryRow
from instance.verdict import retry_after

PAGE_ENTRIES: Final = 100
PAGES: Final = 200  # of one gap in one go: 20,000 entries
PAGE_LIMIT_BYTES: Final = 8 * 1024 * 1024
NOTICE_S: Final = 1.0
ATTEMPTS: Final = 5
AT_ONCE: Final = 4  # pictures that are looked at
OF_ONE_HOST: Final = 2  # questions at a time: whoever does not answer keeps no other waiting
EXCHANGE_EVERY_S: Final = 600.0
_GONE: Final = frozenset({404, 410})

_log = structlog.get_logger(__name__)
Gap = tuple[str, str]


class Source(NamedTuple):
    """Where to ask for a log: a host and the address of its `/log`."""

    host: str
    url: str


class _Missing(NamedTuple):
    """How far we hold a party's entries, and who may have the others."""

    head: int
    sources: tuple[Source, ...]


class Fetcher:
    """Repairs gaps, exchanges heads, fetches pictures. `hear` events, `run`, and `stop`."""

    def __init__(
        self,
        database: Database,
        wire: Wire,
        gate: Gate,
        *,
        keyring: KeyRing,
        media_dir: Path,
        own_host: str,
    ) -> None:
        self._database, self._wire, self._gate = database, wire, gate
        self._keyring, self._media_dir, self._own_host = keyring, media_dir, own_host
        self._wanted: dict[Gap, int] = {}
        self._tasks: dict[Any, asyncio.Task[None]] = {}
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(OF_ONE_HOST))
        self._looking = asyncio.Semaphore(AT_ONCE)

    def hear(self, event: Event) -> None:
        """Begin what an event asks for, unless it is under way."""
        if isinstance(event, GapNoticed):
            gap = (event.project_iri, event.party)
            self._wanted[gap] = max(event.last, self._wanted.get(gap, 0))
            self._begin(gap, lambda: self._repair(gap))
        elif isinstance(event, CharterChanged):
            self._begin(event.project_iri, lambda: self._exchange(event.project_iri))
        elif isinstance(event, MediaWanted):
            self._begin(event.media_id, lambda: self._picture(event.media_id))

    async def run(self) -> None:
        """Exchange heads and look for what is still wanted, at the start and every ten minutes."""
        while True:
            await self.exchange_heads()
            for row in await self._database.read(pictures.wanted):
                self.hear(MediaWanted(row.id))
            await asyncio.sleep(EXCHANGE_EVERY_S)

    async def stop(self) -> None:
        """Drop what is under way; it is noticed again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def exchange_heads(self) -> None:
        """Ask every party of every open project how far it holds the log; gaps become known."""
        asked = await self._database.read(_exchanges)
        await asyncio.gather(*(self._ask_heads(project, source) for project, source in asked))

    async def _exchange(self, project: str) -> None:
        """After a charter changed: what a suspension held back is not sent again, it is asked for."""
        await asyncio.sleep(NOTICE_S)
        asked = await self._database.read(lambda tx: sources(tx, project))
        await asyncio.gather(*(self._ask_heads(project, source) for source in asked))

    def _begin(self, key: Any, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(work(), name=f"fetch {key}")
            self._tasks[key].add_done_callback(lambda task: self._ended(key, task))

    def _ended(self, key: Any, task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        if not task.cancelled() and (error := task.exception()):
            _log.error("fetch_broke", what=str(key), error=repr(error))

    async def _ask_heads(self, project: str, source: Source) -> None:
        try:
            async with self._slots[source.host]:
                page = await self.ask(f"{source.url}?project={quote(project, safe='')}", reason="heads")
            header = str(page.get("heads", ""))
            named, _ = log.parse_heads(header)
            others = await self._keyring.names()
            if renaming.iri(others, named) != project:
                raise Malformed("bad_heads", named)
            theirs = inbox.heads_in(header, project, others)
        except FederationError as error:
            _log.info("heads_unknown", host=source.host, rule=error.rule)
            return
        await self._database.write(lambda tx: inbox.compare_heads(tx, project, source.host, theirs))

    async def _repair(self, gap: Gap) -> None:
        """Fetch what is missing; when nobody has it, it is noticed again at the next exchange."""
        for attempt in range(1, ATTEMPTS + 1):
            await self._wait_while_it_fills(
                gap, NOTICE_S if attempt == 1 else retry_after(attempt, chance=0.5)
            )
            if await self._is_repaired(gap):
                del self._wanted[gap]
                return
        _log.warning("gap_stays", project=gap[0], host=gap[1], last=self._wanted.pop(gap))

    async def _wait_while_it_fills(self, gap: Gap, wait_s: float) -> None:
        """As long as the party's entries come in by themselves, nobody needs to be asked for them."""
        before = None
        while (missing := await self._database.read(lambda tx: _missing(tx, gap))).head != before:
            before = missing.head
            if before >= self._wanted[gap]:
                return
            await asyncio.sleep(wait_s)

    async def _is_repaired(self, gap: Gap) -> bool:
        missing = await self._database.read(lambda tx: _missing(tx, gap))
        answered = list[str]()
        for source in missing.sources:
            if missing.head >= self._wanted[gap]:
                break
            if await self._asked(source, gap, missing.head):
                answered.append(source.host)
            missing = (await self._database.read(lambda tx: _missing(tx, gap)))._replace(sources=())
        if missing.head < self._wanted[gap] and gap[1] == self._own_host:
            await self._database.write(lambda tx: ownlog.distrust(tx, gap[0], answered))
        return missing.head >= self._wanted[gap]

    async def _asked(self, source: Source, gap: Gap, head: int) -> bool:
        """Whether the source answered; what it had that can be believed is taken in."""
        try:
            async with self._slots[source.host]:
                await self._pull(source, gap, head)
        except FederationError as error:
            _log.info("gap_not_filled", host=source.host, party=gap[1], rule=error.rule)
            return not isinstance(error, Unreachable)
        return True

    async def _pull(self, source: Source, gap: Gap, head: int) -> None:
        """Fetch a party's entries behind `head` from one source, page by page. Raises FederationError."""
        waiting: list[Document] = []
        for _ in range(PAGES):
            after = head if not waiting else head + len(waiting)
            query = f"project={quote(gap[0], safe='')}&party={quote(gap[1])}&after={after}&upto={self._wanted[gap]}"
            page = items_of(await self.ask(f"{source.url}?{query}", reason="log"))
            if not page:
                break
            waiting += [item for item in page if isinstance(item, dict)][:PAGE_ENTRIES]
            head, waiting = await self._take(waiting, gap, head)
            if head >= self._wanted[gap]:
                break

    async def _take(self, documents: list[Document], gap: Gap, head: int) -> tuple[int, list[Document]]:
        """Take in what can be believed; the new head, and what has to wait for the entry that names it.

        What cannot be proven yet may be by a key that an entry before it brings: so that is written first.
        """
        while documents:
            arrivals, error = await self._proven(documents, gap)
            held = await self._database.read(lambda tx: entries.first_held(tx, *gap))
            ready = _named(arrivals, held)
            if not ready:
                if error is not None:
                    raise error
                return head, documents
            receipts = await self._database.write(partial(self._receive, arrivals=ready))
            refused = next((receipt for receipt in receipts if receipt.status >= 400), None)
            if refused is not None:
                raise Refused(refused.rule, f"an entry of {gap[1]}")
            head, documents = head + len(ready), documents[len(ready) :]
        return head, []

    def _receive(self, tx: Tx, *, arrivals: Sequence[Arrival]) -> list[Receipt]:
        return [inbox.receive(tx, arrival, gate=self._gate) for arrival in arrivals]

    async def _proven(
        self, documents: Sequence[Document], gap: Gap
    ) -> tuple[list[Arrival], FederationError | None]:
        """The entries up to the first that is none of this sequence or whose proof does not hold."""
        arrivals: list[Arrival] = []
        for document in documents:
            try:
                arrivals.append(await self.believe(document, gap))
            except FederationError as error:
                return arrivals, error
        return arrivals, None

    async def believe(self, document: Document, gap: Gap) -> Arrival:
        """An entry of a party's sequence, its proof checked. Raises FederationError."""
        found, others = log.entry_of(document), await self._keyring.names()
        entry = None if found is None else inbox.present(found, others)
        if entry is None or (entry.project, entry.party) != gap:
            raise Malformed("another_sequence", gap[1])
        came = Activity.parse(document)
        activity = inbox.present_words(came, others)
        proven = None if log.is_redacted(document) else await self._author(came, activity, entry)
        return Arrival(activity, entry.party, carrier="", proven=proven, entry=entry)

    async def _author(self, came: Activity, activity: Activity, entry: Entry) -> str | None:
        """Whose proof it carries; None for an entry of our own whose author's key we have lost: the next one must name its hash. Raises FederationError."""
        try:
            proven = await self._keyring.prove(came)
        except Refused as error:
            if entry.party == self._own_host and error.rule == "party_unknown":
                return None
            raise
        if proven is None:
            raise Refused("no_proof", activity.iri)
        origin.check_speaks_for(proven, activity, proven=proven)
        return proven

    async def ask(self, url: str, *, reason: str, limit_bytes: int = PAGE_LIMIT_BYTES) -> Document:
        """The document at an address of a company. Raises FederationError."""
        answer = await self._inquire(url, reason=reason, accept=ACCEPT, limit_bytes=limit_bytes)
        if answer.status in _GONE:
            raise Unreachable("not_served", f"{url} answers {answer.status}")
        if answer.status != 200:
            raise Unreachable("log_not_served", f"{url} answers {answer.status}")
        return parse(answer.body, limit_bytes=limit_bytes)

    async def _picture(self, media_id: int) -> None:
        """Fetch a partner's picture; one that is not what its post says is marked broken, a silent host is asked again later."""
        row = await self._database.read(lambda tx: pictures.by_id(tx, media_id))
        if row is None or row.state != "wanted":
            return
        try:
            async with self._slots[host_of(row.iri)]:
                data = await self._bytes(row.iri)
            async with self._looking:
                picture = await asyncio.to_thread(media.check_fetched, row, data)
                await asyncio.to_thread(media.save, self._media_dir, picture)
        except Unreachable as error:
            _log.info("picture_waits", iri=row.iri, rule=error.rule)
            return
        except (FederationError, BadInput) as error:
            _log.warning("picture_refused", iri=row.iri, rule=error.rule)
            picture = None
        await self._database.write(lambda tx: media.receive(tx, media_id, picture))

    async def _bytes(self, url: str) -> bytes:
        limit = media.UPLOAD_LIMIT_BYTES
        answer = await self._inquire(url, reason="picture", accept="image/*", limit_bytes=limit)
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable("picture_not_served", f"{url} answers {answer.status}")
        if answer.status != 200:
            raise Refused("picture_not_served", f"{url} answers {answer.status}")
        return answer.body

    async def _inquire(self, url: str, *, reason: str, accept: str, limit_bytes: int) -> Answer:
        inquiry = await self._database.write(
            lambda tx: self._gate.inquire(tx, url, reason=reason, accept=accept)
        )
        if inquiry is None:
            raise Refused("not_to_be_asked", url)
        return await self._wire.get(inquiry, limit_bytes=limit_bytes)


def _named(arrivals: list[Arrival], held: EntryRow | None) -> list[Arrival]:
    """The arrivals up to the last that can be believed: one that is proven, or a redacted one whose hash the next one names.

    `held` is the entry behind the gap: it was proven when it came.
    """
    ready: list[Arrival] = []
    successor = (held.seq, held.prev) if held is not None else (0, None)
    for arrival in reversed(arrivals):
        entry = arrival.entry
        assert entry is not None
        if arrival.proven is None and successor != (entry.seq + 1, entry.hash):
            ready, successor = [], (0, None)
            continue
        ready.append(arrival if arrival.proven is not None else arrival.named())
        successor = (entry.seq, entry.prev)
    return ready[::-1]


def _missing(tx: Tx, gap: Gap) -> _Missing:
    project, party = gap
    head = entries.head(tx, project, party)
    return _Missing(head.seq if head else 0, sources(tx, project, first=party))


def _exchanges(tx: Tx) -> list[tuple[str, Source]]:
    return [(project.iri, source) for project in actors.projects(tx) for source in sources(tx, project.iri)]


def sources(tx: Tx, project: str, *, first: str = "") -> tuple[Source, ...]:
    """The other parties of an open project, `first` in front."""
    hosts = sorted(charters.open_hosts(tx, project), key=lambda host: (host != first, host))
    return tuple(_source(tx, host) for host in hosts)


def _source(tx: Tx, host: str) -> Source:
    peer = peers.by_host(tx, host)
    if peer is not None and peer.log_url:
        return Source(host, peer.log_url)
    scheme = origin_of(peer.node_iri)[0] if peer is not None and peer.node_iri else "https"
    return Source(host, f"{scheme}://{host}/log")
