"""The node, put together: database, gate, wire, and what runs beside them. The rule kept here: this composes and decides nothing.

`perform` for what people do, `read` for what they look at; the protocol's endpoints speak to the same object (federation.node.Node).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial, wraps
from importlib.metadata import version
from typing import Any, NamedTuple, ParamSpec, TypeVar

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation import webpush
from federation.activity import Activity
from federation.document import Document
from federation.errors import FederationError, Unavailable
from federation.keys import PublicKey
from federation.letters import ANYONE, Disclosure
from federation.node import Receipt
from federation.origin import host_of
from federation.signature import Form, Sender
from federation.wire import KnownForm, Wire
from instance import admission, inbox, outbox, reasons, renaming, residence, serving
from instance.backfill import Backfill
from instance.config import Config
from instance.delivery import Delivery
from instance.departed import Departed
from instance.domain import (
    actor,
    charter,
    filtering,
    guest,
    guest_mirror,
    hearing,
    media,
    move,
    profile,
    schedule,
    vote,
)
from instance.domain.missing import AGAIN_MS
from instance.domain.outcome import Outcome
from instance.egress import Gate
from instance.errors import CannotPublish, ConfigError, NotNow, Refusal
from instance.events import ChangedElsewhere, Event
from instance.fetch import Fetcher
from instance.indexing import Indexing
from instance.keyring import KeyRing
from instance.meeting import Meeting
from instance.pusher import Pusher
from instance.recount import Recount
from instance.serving import Permitted
from instance.storage import delivery as letters
from instance.storage import (
    exchanges,
    marks,
    migrate,
    missing,
    oauth,
    other_names,
    peers,
    polls,
    received,
    scheduled,
    sessions,
    tokens,
)
from instance.storage import keys as key_rows
from instance.storage import media as pictures
from instance.storage.actors import ActorRow
from instance.storage.database import Database, Tx, now_ms

P = ParamSpec("P")
T = TypeVar("T")
Listener = Callable[[Event], None]

WATCH_EVERY_S = 0.25
DUE_EVERY_S = 5.0
TIDY_EVERY_S = 60.0
SWEEP_EVERY_S = 3600.0
SWEEP_AGE_S = 3600.0  # so long a file waits for its row
SWEEP_BATCH = 1000
HEARD_EVERY_MS = 60_000
DAY_MS = (
    24 * 3_600_000
)  # so long a client may repeat an Idempotency-Key, and a code is known to have been used
KEEP_MS = 90 * DAY_MS  # of letters that are settled, of what came in, and of tokens that were revoked

_log = structlog.get_logger(__name__)


def _or_later(method: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """What cannot be done now is told to other servers in their words."""

    @wraps(method)
    async def answering(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(*args, **kwargs)
        except NotNow as error:
            _log.error("not_now", rule=error.rule)
            raise Unavailable(error.rule, error.text, wait_s=error.wait_s) from error

    return answering


async def _lasting(work: Callable[[], Awaitable[None]]) -> None:
    """Do what runs beside; when the disk or another process does not let it, begin again a little later."""
    while True:
        try:
            return await work()
        except NotNow as error:
            _log.error("not_now", rule=error.rule)
            await asyncio.sleep(error.wait_s)


class _Said(NamedTuple):
    """When a party was last noted as heard from, and the heads it then said it holds."""

    at_ms: int
    heads: str | None


class Bus:
    """Tells subscribers what was committed, in order, on the event loop."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every event from now on; call what is returned to hear no more."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, event: Event) -> None:
        """Tell everybody; one who fails does not keep it from the others."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001
                _log.exception("listener_failed", rule=type(event).__name__)


class Cordee:
    """A company's node. `await Cordee.open(config)`, then `await node.close()`."""

    def __init__(self, config: Config, database: Database, seal_key: bytes, clock: Callable[[], int]) -> None:
        """For `open`, which has read what is needed."""
        self.config, self.home, self.seal_key = config, config.home, seal_key
        self.gate, self.bus = Gate(seal_key), Bus()
        self.push_key = webpush.server_key(seal_key)
        self._database, self._clock = database, clock
        self._signers: dict[str, tuple[str, RSAPrivateKey]] = {}
        self.wire = Wire(
            seal_key,
            keys=self._signers.__getitem__,
            user_agent=f"Cordee/{version('cordee')} (+{self.home.base})",
            allowed_networks=config.allowed_networks,
            clock=self.now,
        )
        self.meeting = Meeting(database, self.gate, self.wire, home=self.home)
        self._keyring = KeyRing(database, self.wire, self.gate, home=self.home, clock=clock)
        self.delivery = Delivery(
            database,
            self.wire,
            self.gate,
            concurrency=config.delivery_concurrency,
            prepare=self._prepare_signer,
            clock=clock,
        )
        self.fetcher = Fetcher(
            database,
            self.wire,
            self.gate,
            keyring=self._keyring,
            media_dir=config.media_dir,
            own_host=self.home.host,
        )
        self.recount = Recount(database, self.wire, self.gate, clock=clock)
        self.departed = Departed(database, self.wire, self.gate, hurry=self.delivery.hurry)
        self.backfill = Backfill(database, self.fetcher, self.gate, clock=clock)
        self.indexing = Indexing(database)
        self.pusher = Pusher(
            database, self.wire, self.gate, seal_key=seal_key, push_key=self.push_key, clock=clock
        )
        self._origins: dict[str, str] = {}
        self.has_moved = asyncio.Event()
        self._turned_away_ms: dict[tuple[str, str], int] = {}
        self._said: dict[str, _Said] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, config: Config, *, clock: Callable[[], int] = now_ms) -> "Cordee":
        """Open the node that `cordee init` made, and begin to deliver and fetch. Raises ConfigError."""
        if migrate.revision(config.database) != migrate.head():
            raise ConfigError(
                f"{config.database}: missing, or of another version of Cordée. Run: cordee init"
            )
        config, seal_key = residence.of(config), residence.seal_key(config)
        database = await Database.open(str(config.database), config.home, clock=clock)
        self = cls(config, database, seal_key, clock)
        try:
            await self._begin()
        except BaseException:
            await self.wire.close()
            await database.close()
            raise
        return self

    async def close(self) -> None:
        """Finish what is in flight, and end. Nothing is lost: what is not done is done at the next start."""
        await self.delivery.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for part in (self.fetcher, self.departed, self.recount, self.pusher):
            await part.stop()
        with suppress(NotNow):  # it may live elsewhere by now: then this process writes no more
            await self._database.write(self._keep_forms)
        await self.wire.close()
        await self._database.close()

    async def perform(self, verb: Callable[[Tx], Outcome[T]]) -> T:
        """Run a verb of the domain and send what it wants said, all or nothing; its value, once it is safe on disk.

        What the gate holds back on the way undoes the verb, and is a line of the ledger.
        """

        def work(tx: Tx) -> T:
            outcome = verb(tx)
            outbox.send(tx, outcome.drafts, gate=self.gate)
            return outcome.value

        try:
            return await self._database.write(work)
        except CannotPublish as refusal:
            if (withheld := refusal.withheld) is not None:
                await self._database.write(lambda tx: self.gate.note(tx, withheld))
            raise

    async def do_due(self) -> None:
        """End the polls and publish the posts whose time has come, each for itself: none holds up the others.

        A post that cannot be published is kept, with the reason, for its author; what only has to wait is tried again.
        """
        for poll in await self._database.read(polls.due):
            try:
                await self.perform(partial(vote.end, post_id=poll.post_id))
            except Refusal as refusal:
                _log.warning("poll_not_ended", rule=refusal.rule)
        limit_chars = self.config.text_limit_chars
        for row in await self._database.read(scheduled.due):
            try:
                await self.perform(
                    partial(schedule.publish, gate=self.gate, row=row, limit_chars=limit_chars)
                )
            except CannotPublish as refusal:
                await self._database.write(partial(schedule.refuse, row=row, why=refusal.text))
            except Refusal as refusal:
                _log.warning("scheduled_post_waits", rule=refusal.rule)

    async def read(self, query: Callable[[Tx], T]) -> T:
        """Run a query on one consistent snapshot."""
        return await self._database.read(query)

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run a write about which nobody outside hears (a marker, a session)."""
        return await self._database.write(work)

    async def meet(self, host: str) -> ActorRow:
        """Get to know the node of a company, by its host, so that a charter can be offered to it. Raises FederationError."""
        return await self.meeting.meet(host)

    async def try_now(self, host: str) -> None:
        """Deliver to a host at once, whatever its lane was waiting for."""
        await self._database.write(lambda tx: letters.try_now(tx, host))
        self.delivery.hurry(host)

    # What the endpoints ask (federation.node.Node)

    @property
    def vapid_key(self) -> str:
        """The public key by which push services know this node (RFC 8292), as apps read it."""
        return webpush.encode(webpush.public_bytes(self.push_key), padded=True)

    @property
    def origin(self) -> str:
        """Scheme and authority under which the world knows us."""
        return self.home.base

    def origin_at(self, host: str) -> str:
        """The origin that a request was made to: under the name that we have, one that we had, or one that we are about to take."""
        return self._origins.get(host.lower(), self.home.base)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock() / 1000

    @_or_later
    async def party_known(self, host: str, document: Document | None) -> bool:
        """Whether a host has dealings with us, or offers some."""
        return await self._keyring.is_known(host, document)

    @_or_later
    async def find_key(self, key_id: str, *, host: str, fresh: bool = False) -> PublicKey:
        """The public key with this id. Raises FederationError."""
        return await self._keyring.find(key_id, host=host, fresh=fresh)

    @_or_later
    async def knows_key(self, key_id: str) -> bool:
        """Whether the public key with this id is known without asking."""
        return await self._keyring.knows(key_id)

    def explain(self, rule: str) -> str:
        """What a rule means, in English."""
        return reasons.explain(rule)

    @_or_later
    async def receive(self, activity: Activity, *, signer: Sender, raw: bytes, heads: str | None) -> Receipt:  # noqa: ARG002
        """Take an activity in, once; return when it is safe on disk. Raises FederationError, recorded."""
        others = await self._keyring.names()
        host = renaming.host(others, host_of(signer.owner))
        try:
            arrival = await admission.arrival(
                self._keyring, self._database, activity, signer=signer.owner, heads=heads
            )
        except FederationError as error:
            receipt = Receipt(error.status, error.rule)
            await self._database.write(lambda tx: inbox.refuse(tx, activity, host, receipt))
            raise
        said = self._said.get(host)
        is_news = said is None or self._clock() - said.at_ms >= HEARD_EVERY_MS or said.heads != heads
        receipt = await self._database.write(
            lambda tx: inbox.receive(tx, arrival, gate=self.gate, is_news=is_news)
        )
        if is_news:
            self._said[host] = _Said(self._clock(), heads)
        self.delivery.wake(host)
        if receipt.status >= 400:
            _log.warning("refused", rule=receipt.rule, iri=activity.iri, host=host)
        return receipt

    async def followers_said(self, sender: str, value: str) -> None:
        """Take or pass over what came beside a delivery about followers here."""
        _log.info("followers_said", iri=sender, rule=self.recount.hear(sender, value))

    @_or_later
    async def turned_away(self, host: str, error: FederationError) -> None:
        """Note that a request in the name of a company we know was refused at the door, once a second for each company and rule."""
        now, what = self._clock(), (host, error.rule)
        if now - self._turned_away_ms.get(what, 0) < 1000 or not await self._keyring.is_known(host, None):
            return
        self._turned_away_ms[what] = now
        note = partial(
            exchanges.turn_away, host=host, status=error.status, rule=error.rule, detail=error.safe
        )
        await self._database.write(note)

    @_or_later
    async def disclose(self, path: str, *, viewer: str, accept: str, at: str = "") -> Disclosure:  # noqa: ARG002
        """The answer to a GET, made for `viewer`. A partner's question is a line of the ledger, so it is a write."""
        run = self._database.read if viewer == ANYONE else self._database.write
        answer = await run(lambda tx: serving.disclose(tx, self.gate, path, viewer=viewer, at=at))
        if isinstance(answer, Permitted):
            return await asyncio.to_thread(serving.read, self.config.media_dir, answer)
        return answer

    @_or_later
    async def guest_named(self, agent: str) -> str:
        """The guest host that a User-Agent names, else ANYONE."""
        return await self._database.read(lambda tx: guest.named_in(tx, agent))

    @_or_later
    async def webfinger(self, resource: str, *, viewer: str) -> Disclosure:
        """The answer to a WebFinger question, made for `viewer`."""
        run = self._database.read if viewer == ANYONE else self._database.write
        return await run(lambda tx: serving.webfinger(tx, self.gate, resource, viewer=viewer))

    # What runs beside

    async def _begin(self) -> None:
        await self.perform(actor.create_node)
        await self._database.write(other_names.settle)
        await self._database.read(self.know_names)
        await self._database.write(self._remember_forms)
        self._database.listen(self.bus.tell)
        first = (self._keyring, self.delivery, self.fetcher, self.backfill)
        for part in (*first, self.departed, self.pusher, self.indexing):
            self.bus.subscribe(part.hear)
        for name, work in (
            ("deliver", self.delivery.run),
            ("fetch", self.fetcher.run),
            ("backfill", self.backfill.run),
            ("push", self.pusher.run),
            ("watch", self._watch),
            ("due", self._keep_time),
            ("tidy", self._tidy),
            ("sweep", self._sweep),
            ("index", self.indexing.run),
        ):
            task = asyncio.create_task(_lasting(work), name=name)
            task.add_done_callback(_report_end)
            self._tasks.append(task)

    async def _watch(self) -> None:
        """Notice what the command line writes into the database."""
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if await self._database.changed_elsewhere():
                self._keyring.forget()
                if await self._database.read(other_names.lives_at) != self.home.base:
                    _log.warning("moved", base=self.home.base)  # under this name nothing is written any more
                    self.has_moved.set()
                    return
                await self._database.read(self.know_names)
                await self._database.read(lambda tx: self._prepare_signer(tx, tx.home.node))
                await self.delivery.reload()
                self.bus.tell(ChangedElsewhere())

    async def _keep_time(self) -> None:
        """Do what people have set a time for, within seconds of it."""
        while True:
            await self.do_due()
            await asyncio.sleep(DUE_EVERY_S)

    async def _tidy(self) -> None:
        """End on its date what has one; drop what is no longer needed."""
        while True:
            for end_due in (charter.end_due, hearing.end_due, filtering.end_due, guest.end_due, move.end_due):
                await self.perform(end_due)
            for some in (guest.take_back, guest_mirror.catch_up):
                while await self.perform(some):
                    pass
            await self._database.write(self._forget_old)
            await self._database.write(self._keep_forms)
            await self._database.read(self.know_names)
            await asyncio.sleep(TIDY_EVERY_S)

    async def _sweep(self) -> None:
        """Remove the files of pictures that are in no post any more. Files have the machine's time, whatever clock the node goes by."""
        while True:
            before_s, directory = time.time() - SWEEP_AGE_S, self.config.media_dir
            stored = await asyncio.to_thread(media.stored, directory, before_s=before_s)
            for start in range(0, len(stored), SWEEP_BATCH):
                paths = stored[start : start + SWEEP_BATCH]
                used = await self._database.read(partial(pictures.paths_in_use, paths=paths))
                await asyncio.to_thread(media.discard, directory, set(paths) - used, before_s=before_s)
            await asyncio.sleep(SWEEP_EVERY_S)

    @staticmethod
    def _forget_old(tx: Tx) -> None:
        letters.forget(tx, before_ms=tx.now_ms - KEEP_MS)
        received.forget(tx, before_ms=tx.now_ms - KEEP_MS)
        tokens.forget(tx, before_ms=tx.now_ms - KEEP_MS)
        marks.forget_keys(tx, before_ms=tx.now_ms - DAY_MS)
        oauth.forget_codes(tx, before_ms=tx.now_ms - DAY_MS)
        pictures.forget_free(tx, before_ms=tx.now_ms - DAY_MS)
        missing.forget(tx, before_ms=tx.now_ms - AGAIN_MS)
        sessions.forget(tx)
        key_rows.forget_transport(tx)

    def _prepare_signer(self, tx: Tx, signer: str) -> None:
        """Have the transport key of one of our actors ready for the wire."""
        key_id = profile.transport_key_id(tx, signer)
        if signer not in self._signers or self._signers[signer][0] != key_id:
            self._signers[signer] = profile.transport_key(tx, signer)

    def know_names(self, tx: Tx) -> None:
        """The origins that requests are made to: one that we had answers until its time is over."""
        self._origins = other_names.origins(tx)

    def _remember_forms(self, tx: Tx) -> None:
        """Start with the forms of signature that hosts are known to take."""
        self._prepare_signer(tx, tx.home.node)
        for row in peers.all_peers(tx):
            if row.form in set(Form):
                self.wire.known_forms[row.host] = KnownForm(Form(row.form), row.form_at_ms / 1000)

    def _keep_forms(self, tx: Tx) -> None:
        """For the next start, with their age."""
        for host, known in self.wire.known_forms.items():
            peers.takes_form(tx, host, known.form, at_ms=int(known.at_s * 1000))


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.error("task_broke", rule=task.get_name(), error=repr(error))
