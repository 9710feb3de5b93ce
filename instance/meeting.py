"""Getting to know a company's node by its host alone, before a charter is offered to it, and seeing whether a node answers.

The rule kept here: like everything that leaves, a question passes the gate and is a line of the ledger; it is asked without a signature,
since it proves nothing, and an answer of another host is no answer.
"""

import asyncio
from collections.abc import Iterable
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation.discovery import parse_server_actor
from federation.document import Document, first_type, id_of, parse
from federation.errors import FederationError, Malformed, Refused, Unreachable
from federation.keys import own_keys, to_multikey
from federation.origin import host_of
from federation.vocabulary import ACCEPT
from federation.wire import Answer, Wire
from instance.domain import partner
from instance.domain.charter_document import WORDS
from instance.egress import OFFER, Gate
from instance.errors import Conflict
from instance.home import Home
from instance.storage.actors import ActorRow
from instance.storage.database import Database

ABOUT = "/.well-known/nodeinfo"
JSON = "application/json"


class Meeting:
    """Asks nodes, over one wire."""

    def __init__(self, database: Database, gate: Gate, wire: Wire, *, home: Home) -> None:
        self._database, self._gate, self._wire, self._home = database, gate, wire, home

    async def meet(self, host: str) -> ActorRow:
        """Fetch the actor of the node at `host` and keep it with its keys. Raises FederationError."""
        document = await self._node(host)
        return await self._database.write(lambda tx: partner.upsert_partner(tx, document, asked=True))

    async def check_given_up(self, names: Iterable[tuple[str, str]]) -> None:
        """Raise Conflict when a node lives at one of these hosts that shows another key: then somebody says they had a name that is another's.

        A host that has no node says nothing against it: the name was given up.
        """
        await asyncio.gather(*(self._check_key(host, key) for host, key in names))

    async def _check_key(self, host: str, key: str) -> None:
        try:
            document = await self._node(host)
        except FederationError:
            return
        shown = [each.key for each in own_keys(document) if isinstance(each.key, Ed25519PublicKey)]
        if key not in map(to_multikey, shown):
            raise Conflict("key_contradicts", WORDS["key_contradicts"][1])

    async def _node(self, host: str) -> Document:
        """The actor of the node at `host`. Raises FederationError."""
        iri = parse_server_actor(_document(await self.about(host), host))
        document = _document(await self._get(iri, accept=ACCEPT), host)
        if id_of(document) != iri or first_type(document) != "Application":
            raise Malformed("no_node", f"{iri} is not the actor of a node")
        return document

    async def about(self, host: str) -> Answer:
        """What a node says of itself to anybody (NodeInfo), whatever the status. Raises FederationError."""
        scheme = urlsplit(
            self._home.base
        ).scheme  # plain http is for nodes of one machine, and then for all of them
        return await self._get(f"{scheme}://{host}{ABOUT}", accept=JSON)

    async def _get(self, url: str, *, accept: str) -> Answer:
        inquiry = await self._database.write(
            lambda tx: self._gate.inquire(tx, url, reason=OFFER, accept=accept)
        )
        if inquiry is None:
            raise Refused("not_to_be_asked", url)
        return await self._wire.get(inquiry)


def _document(answer: Answer, host: str) -> Document:
    if answer.status != 200 or host_of(answer.url) != host:
        raise Unreachable("no_node", f"{answer.url} answers {answer.status}")
    return parse(answer.body)
