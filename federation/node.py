"""What the protocol asks of its host, in one place. The rule kept here: federation speaks, the node decides."""

from typing import NamedTuple, Protocol

from federation.activity import Activity
from federation.document import Document
from federation.errors import FederationError
from federation.keys import PublicKey
from federation.letters import Disclosure
from federation.signature import Sender


class Receipt(NamedTuple):
    """What became of an activity: an HTTP status, the rule that decided, and headers for the answer (our heads)."""

    status: int
    rule: str
    headers: tuple[tuple[str, str], ...] = ()


class Node(Protocol):
    """The host of the endpoints. An expected refusal is a Receipt or a Disclosure; a FederationError is answered as such."""

    @property
    def origin(self) -> str:
        """Scheme and authority under which the world knows us, lower case, no default port: "https://acme.example"."""
        ...

    def origin_at(self, host: str) -> str:
        """The origin that a request was made to, by its Host header: one of ours, or else the one that counts."""
        ...

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    async def party_known(self, host: str, document: Document | None) -> bool:
        """Whether a host has dealings with us: a living charter, or (with the document) an Offer of one that names us.

        Asked before anything of the host is fetched, and before anything is proven. A guest host is known as well.
        """
        ...

    async def find_key(self, key_id: str, *, host: str, fresh: bool = False) -> PublicKey:
        """The public key with this id, from memory or fetched through the gate.

        `fresh`: the remembered key did not fit, so the sender may have a new one. Anyone can bring that about: fetch
        again only now and then, otherwise answer from memory. Raises FederationError.
        """
        ...

    async def knows_key(self, key_id: str) -> bool:
        """Whether `find_key` would answer without asking anybody; of an actor's id, whether a key of its transport is known."""
        ...

    def explain(self, rule: str) -> str:
        """What a rule means and what can be done, for whoever was refused by it; nothing when it has no words."""
        ...

    async def receive(self, activity: Activity, *, signer: Sender, raw: bytes, heads: str | None) -> Receipt:
        """Take an activity in, once, whose transport is proven; return when it is safe on disk.

        Whether the signer may speak for the actor is decided here (`origin.check_speaks_for`), since it may take the
        actor's own proof. `heads` is the Cordee-Heads header, given only when the signature covers it.
        """
        ...

    async def followers_said(self, sender: str, value: str) -> None:
        """What came beside a delivery of `sender` (an actor's IRI) about its followers here (FEP-8fcf), under the signature."""
        ...

    async def turned_away(self, host: str, error: FederationError) -> None:
        """Note that a request in the name of `host` was refused before its sender was proven. Who came may be anybody."""
        ...

    async def disclose(self, path: str, *, viewer: str, accept: str, at: str) -> Disclosure:
        """The answer to a GET of `path` (with its query, as sent) at one of our origins, made for `viewer`: a proven host, or ANYONE.

        An internal thing and one that never was have the same answer: status 404.
        """
        ...

    async def guest_named(self, agent: str) -> str:
        """The guest host that a User-Agent names, else ANYONE. It proves nothing: who says so gets the address of a project, no more."""
        ...

    async def webfinger(self, resource: str, *, viewer: str) -> Disclosure:
        """The answer to a WebFinger question, made for `viewer`."""
        ...
