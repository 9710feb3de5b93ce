"""Fakes that stand for the node, the clock and the other end of the wire; everything else in the tests is real."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aiohttp.abc import AbstractResolver, ResolveResult

from federation.activity import Activity
from federation.document import Document
from federation.errors import FederationError, TooFast, Unavailable, Unreachable
from federation.keys import PublicKey
from federation.letters import Disclosure, Inquiry, L, Outbound, seal_of
from federation.node import Receipt
from federation.origin import host_of
from federation.signature import Sender

SEAL_KEY = b"a key that only the gate has"


def sealed(letter: L) -> L:
    """The letter as the gate would seal it."""
    return replace(letter, seal=seal_of(letter, SEAL_KEY))


def an_outbound(
    inbox: str, *, body: bytes = b'{"type":"Create"}', signer: str = "https://acme.example/actor"
) -> Outbound:
    """A sealed letter to an inbox."""
    return sealed(
        Outbound(
            id=1,
            host=host_of(inbox),
            inbox=inbox,
            activity="https://acme.example/activities/1",
            signer=signer,
            rule="project",
            space="https://acme.example/projects/apollo",
            body=body,
        )
    )


def an_inquiry(url: str, *, signer: str = "https://acme.example/actor") -> Inquiry:
    """A sealed question."""
    return sealed(Inquiry(url=url, accept="application/activity+json", signer=signer, reason="test"))


@dataclass
class FakeClock:
    """Seconds since the epoch, as told."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeNode:
    """A node that knows what the test tells it, and remembers what it was asked."""

    origin: str = "https://acme.example"
    clock: FakeClock = field(default_factory=FakeClock)
    parties: set[str] = field(default_factory=set)
    guests: set[str] = field(default_factory=set)
    keys: dict[str, PublicKey] = field(default_factory=dict)
    newer_keys: dict[str, PublicKey] = field(default_factory=dict)
    documents: dict[str, Disclosure] = field(default_factory=dict)
    receipt: Receipt = field(default_factory=lambda: Receipt(202, "accepted"))
    asked_for_keys: list[str] = field(default_factory=list)
    asked_for: list[tuple[str, str, str]] = field(default_factory=list)
    received: list[tuple[Activity, Sender, bytes, str | None]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    said_of_followers: list[tuple[str, str]] = field(default_factory=list)
    too_fast_s: int = 0
    unavailable_s: int = 0

    def now(self) -> float:
        return self.clock()

    async def party_known(self, host: str, document: Document | None) -> bool:
        return host in self.parties or (document is not None and document.get("type") == "Offer")

    async def find_key(self, key_id: str, *, host: str, fresh: bool = False) -> PublicKey:
        self.asked_for_keys.append(key_id)
        if self.too_fast_s:
            raise TooFast("too_fast", host, wait_s=self.too_fast_s)
        key = (self.newer_keys if fresh and key_id in self.newer_keys else self.keys).get(key_id)
        if key is None:
            raise Unreachable("timeout", key_id)
        return key

    async def knows_key(self, key_id: str) -> bool:
        return key_id in self.keys

    def explain(self, rule: str) -> str:
        return f"What {rule} means."

    async def receive(self, activity: Activity, *, signer: Sender, raw: bytes, heads: str | None) -> Receipt:
        if self.unavailable_s:
            raise Unavailable("disk_full", wait_s=self.unavailable_s)
        self.received.append((activity, signer, raw, heads))
        return self.receipt

    async def followers_said(self, sender: str, value: str) -> None:
        self.said_of_followers.append((sender, value))

    async def turned_away(self, host: str, error: FederationError) -> None:
        self.refused.append((host, error.rule))

    def origin_at(self, host: str) -> str:
        return self.origin

    async def disclose(self, path: str, *, viewer: str, accept: str, at: str) -> Disclosure:
        self.asked_for.append((path, viewer, accept))
        return self.documents.get(path) or nothing_for(viewer)

    async def guest_named(self, agent: str) -> str:
        return next((host for host in sorted(self.guests) if host in agent), "*")

    async def webfinger(self, resource: str, *, viewer: str) -> Disclosure:
        return self.documents.get(resource) or nothing_for(viewer)


def a_disclosure(body: bytes = b"{}", *, viewer: str = "*", status: int = 200) -> Disclosure:
    """A sealed answer, made for a viewer."""
    return sealed(Disclosure(viewer=viewer, status=status, media_type="application/activity+json", body=body))


def nothing_for(viewer: str) -> Disclosure:
    """The answer that there is nothing."""
    return a_disclosure(b"", viewer=viewer, status=404)


@dataclass
class FakeNames(AbstractResolver):
    """A name server that answers each name with the next of its lists of addresses, then keeps to the last one."""

    names: dict[str, list[Sequence[str]]]

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        answers = self.names.get(host)
        if not answers:
            raise OSError(f"there is no {host}")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_resolved(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing to close."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = 10 if ":" in address else 2
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
