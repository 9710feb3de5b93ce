"""Who is known, and by which keys. The rule kept here: nothing is fetched for a stranger, and for a party not more than a few things.

A host is known while a charter names it that is not long over, or while IT lets it in as a guest. A stranger may bring an Offer of a charter that names us: for that
its node's actor is fetched, once a while. Keys are remembered; one that no longer fits is asked for anew, not more often than every
five minutes. Whoever writes a key's id into a request makes us ask its host for it, so a host is asked for some hundreds at once and then for a few a second; known keys
go on to count.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final, cast
from urllib.parse import urldefrag

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation import keys, proof
from federation.activity import Activity, moment_ms
from federation.document import Document, first_type, id_of, one_or_many, parse
from federation.errors import FederationError, Malformed, Refused, Unauthentic, Unreachable
from federation.keys import PublicKey
from federation.origin import host_of
from federation.pace import Pace
from federation.vocabulary import ACCEPT, ACTOR_TYPES, is_activity_media_type
from federation.wire import Wire
from instance import renaming
from instance.domain import guest, partner
from instance.domain.profile import public_key
from instance.egress import OFFER, Gate
from instance.events import ActorChanged, CharterChanged, Event
from instance.ids import Home
from instance.renaming import Renamings
from instance.storage import actors, charters, guests, other_names, peers
from instance.storage import keys as key_rows
from instance.storage.database import Database, Tx

FETCHES_PER_ACTIVITY: Final = 3
ASKED_AT_ONCE: Final = 500
ASKED_PER_S: Final = 5.0
STEPS_TO_ACTOR: Final = 3  # a key, a part of an actor, an actor
REMEMBERED: Final = 4096
ASK_AGAIN_MS: Final = 5 * 60_000
ASK_AGAIN_AFTER_FAILURE_MS: Final = 30_000
STRANGER_EVERY_MS: Final = 10_000
STRANGERS: Final = 64
AFTERMATH_MS: Final = 30 * 24 * 3_600_000  # so long after its end a charter's last words may still arrive

_log = structlog.get_logger(__name__)


class KeyRing:
    """The hosts that have dealings with us, and public keys by id. Use on one event loop."""

    def __init__(
        self, database: Database, wire: Wire, gate: Gate, *, home: Home, clock: Callable[[], int]
    ) -> None:
        self._database, self._wire, self._gate, self._clock = database, wire, gate, clock
        self._own_host = home.host
        self._epoch = 0  # counts up when what was read is forgotten: what is being read just then is not kept
        self._parties: frozenset[str] | None = None
        self._names: Renamings | None = None
        self._keys: OrderedDict[str, PublicKey] = OrderedDict()
        self._asked_at_ms: OrderedDict[str, int] = OrderedDict()
        self._strangers_ms: OrderedDict[str, int] = OrderedDict()
        self._asking: dict[str, asyncio.Task[PublicKey]] = {}
        self._pace = Pace(ASKED_AT_ONCE, rate_per_s=ASKED_PER_S)

    def hear(self, event: Event) -> None:
        """Forget what may have changed."""
        if isinstance(event, CharterChanged | ActorChanged):
            self.forget()

    def forget(self) -> None:
        """Forget what was read: it may have been written since, perhaps by another process."""
        self._epoch += 1
        self._parties = self._names = None
        self._keys.clear()

    async def is_known(self, host: str, document: Document | None) -> bool:
        """Whether a host has dealings with us, or with `document` offers some and may be asked who it is."""
        if host in await self._known_hosts():
            return True
        if document is None or not _is_offer_by(document, host) or not _names(document, self._own_host):
            return False
        return self._admit_stranger(host)

    async def names(self) -> Renamings:
        """The names that nodes have besides the one they have now."""
        if self._names is not None:
            return self._names
        epoch = self._epoch
        found = await self._database.read(other_names.known)
        if epoch == self._epoch:
            self._names = found
        return found

    async def _known_hosts(self) -> frozenset[str]:
        if self._parties is not None:
            return self._parties
        epoch = self._epoch
        found = await self._database.read(_hosts_of_charters)
        if epoch == self._epoch:
            self._parties = found
        return found

    def _admit_stranger(self, host: str) -> bool:
        """A stranger with an offer is let in once in ten seconds, and at most some dozens of them at a time."""
        now = self._clock()
        while self._strangers_ms and next(iter(self._strangers_ms.values())) <= now - STRANGER_EVERY_MS:
            self._strangers_ms.popitem(last=False)
        if host in self._strangers_ms or len(self._strangers_ms) >= STRANGERS:
            return False
        self._strangers_ms[host] = now
        return True

    def _is_let_in(self, host: str) -> bool:
        return self._clock() - self._strangers_ms.get(host, -STRANGER_EVERY_MS) < STRANGER_EVERY_MS

    async def find(self, key_id: str, *, host: str, fresh: bool = False) -> PublicKey:
        """The key with this id, whose actor lives on `host`, to check a letter that comes now. Raises FederationError.

        Under a name that was given up it is the key of the same actor under the new one, for as long as both answer.
        """
        others = [each for each in await self.names() if each.old_host == host]
        if any(each.until_ms <= self._clock() for each in others):
            raise Refused("name_given_up", host, safe="This name was given up; its company has another.")
        called, at = renaming.iri(others, key_id), renaming.host(others, host)
        found = await self._find(called, host=at, fresh=fresh)
        if found.is_over(self._clock()) and not fresh:
            # Its host may have thought better of it, or we have heard of its end out of turn.
            found = await self._find(called, host=at, fresh=True)
        if found.is_over(self._clock()):
            raise Unauthentic("key_expired", key_id, safe="The key signs no more: its actor has another.")
        if not others:
            return found
        owner = renaming.iri([each.back for each in others], found.owner)
        return replace(found, id=key_id, owner=owner)

    async def _find(self, key_id: str, *, host: str, fresh: bool = False) -> PublicKey:
        """The same, whether the key still signs or not."""
        known = self._keys.get(key_id) or await self._read(key_id)
        if known is not None and not fresh:
            return known
        counts = known is not None and not known.is_over(self._clock())
        if host_of(key_id) != host or not (self._is_let_in(host) or host in await self._known_hosts()):
            raise Refused("party_unknown", host)
        if known is None:
            self._pace.check(host, now=self._clock() / 1000)
        if not self._may_ask(key_id, ASK_AGAIN_MS if counts else ASK_AGAIN_AFTER_FAILURE_MS):
            # Who asked a moment ago may have got the answer while we looked.
            known = known or self._keys.get(key_id) or await self._read(key_id)
            if known is None:
                raise Unauthentic("unknown_key", key_id)
            return known
        try:
            return await self._ask_once(key_id, host)
        except FederationError:
            if known is None:
                raise
            return known

    async def knows(self, key_id: str) -> bool:
        """Whether a key is known without asking anybody."""
        return key_id in self._keys or await self._read(key_id) is not None

    async def prove(self, activity: Activity) -> str | None:
        """The actor of the activity, as it is called now, when its integrity proof holds; None without any proof of our suite. Raises FederationError.

        What was proven under a name that its company has no more is as good as it was: the key is the same, and none is asked for there.
        """
        others = await self.names()
        ours = [item for item in proof.proofs_of(activity.raw) if item.get("cryptosuite") == proof.SUITE]
        methods = [proof.method_of(item) for item in ours]
        if not methods:
            return None
        if len(methods) > FETCHES_PER_ACTIVITY:
            raise Refused("too_many_proofs", activity.iri)
        called = {method: renaming.iri(others, method) for method in methods}
        found = {method: await self._find(called[method], host=host_of(called[method])) for method in methods}
        try:
            self._check(activity, found)
        except Unauthentic as error:
            if error.rule != "bad_proof":
                raise
            newer = {
                method: await self._find(key_id, host=host_of(key_id), fresh=True)
                for method, key_id in called.items()
            }
            if all(newer[method].key == found[method].key for method in methods):
                raise
            self._check(activity, newer)
        actor = renaming.iri(others, activity.actor)
        return actor if actor in {key.owner for key in found.values()} else None

    async def check_known(self, activity: Activity) -> None:
        """Raise Unauthentic("bad_proof") when a proof by keys that we know does not hold. Nothing is asked for those that we do not; proofs of another kind say nothing."""
        for item in proof.proofs_of(activity.raw):
            method = item.get("verificationMethod")
            if not isinstance(method, str) or not await self.knows(method):
                return
        try:
            await self.prove(activity)
        except FederationError as error:
            if error.rule == "bad_proof":
                raise

    def _check(self, activity: Activity, found: dict[str, PublicKey]) -> None:
        proof.check_proof(
            activity.raw, find_key=lambda method: _ed25519(found.get(method)), now_ms=self._clock()
        )
        for item in proof.proofs_of(activity.raw):
            key, made_ms = found[proof.method_of(item)], moment_ms(item.get("created"))
            if key.is_over(self._clock() if made_ms is None else made_ms):
                raise Unauthentic("key_expired", key.id, safe="The proof was made after its key had ceased.")

    async def _read(self, key_id: str) -> PublicKey | None:
        epoch = self._epoch
        found = await self._database.read(lambda tx: _stored(tx, key_id))
        return self._remember(found) if found is not None and epoch == self._epoch else found

    def _may_ask(self, key_id: str, every_ms: int) -> bool:
        """Whether a key may be asked for now; who comes while it is being asked for waits for that answer."""
        if key_id in self._asking:
            return True
        now = self._clock()
        if now - self._asked_at_ms.get(key_id, -every_ms) < every_ms:
            return False
        self._asked_at_ms[key_id] = now
        self._asked_at_ms.move_to_end(key_id)
        if len(self._asked_at_ms) > REMEMBERED:
            self._asked_at_ms.popitem(last=False)
        return True

    async def _ask_once(self, key_id: str, host: str) -> PublicKey:
        """However many wait for a key, one request is made."""
        task = self._asking.get(key_id)
        if task is None:
            self._pace.charge(host, now=self._clock() / 1000)
            task = asyncio.create_task(self._ask(key_id, host), name=f"key of {host}")
            self._asking[key_id] = task
            task.add_done_callback(lambda _: self._asking.pop(key_id, None))
        return await asyncio.shield(task)

    async def _ask(self, key_id: str, host: str) -> PublicKey:
        document = await self._actor(urldefrag(key_id).url, host)
        await self._database.write(lambda tx: _store(tx, document, key_id))
        listed = keys.public_keys_of(document)
        for key in keys.own_keys(document, asked=key_id):
            self._remember(key)
        _log.info("key_fetched", iri=key_id, host=host)
        found = next((key for key in listed if key.id == key_id), None) or _meant(document, listed, key_id)
        if found is None:
            raise Unauthentic("unknown_key", key_id)
        self._keys[key_id] = found
        return found

    async def _actor(self, url: str, host: str) -> Document:
        """The actor behind the address of a key: that of the actor, or one of the key's own, which names its owner or shows a part of the actor."""
        for _ in range(STEPS_TO_ACTOR):
            document = await self._fetch(url, host)
            is_actor = first_type(document) in ACTOR_TYPES
            named = id_of(document) if is_actor else id_of(document.get("owner", document.get("controller")))
            if is_actor and named == url:
                return document
            url = named or ""
        raise Refused("actor_under_another_id", url)

    async def _fetch(self, url: str, host: str) -> Document:
        """An actor of the host. A node's own is for everybody, and asked for without a signature.

        For who checks that signature may have to ask us for our key first, signed with theirs that we do not know: when both have new
        keys, each would wait for the other. Who shows it to nobody is asked with a signature after all.
        """
        if host_of(url) != host:
            raise Refused("key_of_another_host", url)
        if host not in await self._known_hosts():
            return await self._get(url, host, OFFER)
        peer = await self._database.read(lambda tx: peers.by_host(tx, host))
        if peer is not None and peer.node_iri == url:
            try:
                return await self._get(url, host, OFFER)
            except Unreachable as error:
                if error.rule != "no_actor":
                    raise
        return await self._get(url, host, "actor")

    async def _get(self, url: str, host: str, reason: str) -> Document:
        inquiry = await self._database.write(
            lambda tx: self._gate.inquire(tx, url, reason=reason, accept=ACCEPT)
        )
        if inquiry is None:
            raise Refused("not_to_be_asked", url)
        answer = await self._wire.get(inquiry)
        if answer.status != 200 or host_of(answer.url) != host:
            raise Unreachable("no_actor", f"{url} answers {answer.status}")
        if not is_activity_media_type(answer.headers.get("Content-Type", "")):
            raise Malformed("actor_media_type", url)  # a file that somebody uploaded there is no actor
        return parse(answer.body)

    def _remember(self, key: PublicKey) -> PublicKey:
        self._keys[key.id] = key
        if len(self._keys) > REMEMBERED:
            self._keys.popitem(last=False)
        return key


def _ed25519(key: PublicKey | None) -> Ed25519PublicKey | None:
    return cast("Ed25519PublicKey", key.key) if key is not None and key.kind == "ed25519" else None


def _stored(tx: Tx, key_id: str) -> PublicKey | None:
    row = key_rows.key_by_iri(tx, key_id) or key_rows.key_of(tx, key_id, key_rows.RSA)
    if row is None:
        return None
    return public_key(row)


def _meant(document: Document, listed: list[PublicKey], key_id: str) -> PublicKey | None:
    """The key that is meant by the id of its actor alone, as PeerTube writes it up to version 7."""
    transport = [key for key in listed if key.kind == "rsa"]
    return transport[0] if transport and key_id == id_of(document) else None


def _store(tx: Tx, document: Document, key_id: str) -> None:
    """Keep a node's actor, and what we knew already; a person comes to be known by joining a project. Guests are kept apart."""
    if guest.is_guest(tx, host_of(id_of(document) or "")):
        guest.know(tx, document, asked=key_id)
    elif first_type(document) == "Application" or actors.by_iri(tx, id_of(document) or "") is not None:
        partner.upsert_partner(tx, document, asked=True)


def _hosts_of_charters(tx: Tx) -> frozenset[str]:
    """Every other host that a charter names which is under way, in force, or over since not long; and every guest host."""
    recent = [
        row
        for row in charters.all_charters(tx)
        if row.state in {"offered", "approved", "live", "suspended"}
        or row.updated_at_ms > tx.now_ms - AFTERMATH_MS
    ]
    named = {party.host for row in recent for party in charters.parties(tx, row.id)}
    former = {row.host for row in other_names.every(tx) if row.to_host in named and row.until_ms > tx.now_ms}
    return frozenset(named - {tx.home.host}) | former | guests.open_hosts(tx)


def _is_offer_by(document: Document, host: str) -> bool:
    """An Offer of a Charter by an actor of that very host."""
    if first_type(document) != "Offer" or first_type(document.get("object")) != "Charter":
        return False
    try:
        return host_of(id_of(document.get("actor")) or "") == host
    except FederationError:
        return False


def _names(offer: Document, host: str) -> bool:
    parties = one_or_many(offer["object"].get("parties"))
    return any(isinstance(party, dict) and party.get("host") == host for party in parties)
