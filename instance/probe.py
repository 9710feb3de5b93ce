"""Walks the way to another node step by step and says how far it comes. The rule kept here: every step passes the gate, and the first that fails ends the walk.

What is asked is what a partner's letters need in turn: the node answers, says who speaks for it, shows that actor and its keys, answers a
signed question, and takes a letter. The letter is a View of their node by ours: it says that we were there, and nothing else.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from federation import keys
from federation.discovery import parse_webfinger
from federation.document import Document, first_type, id_of, parse
from federation.errors import FederationError, Refused, Unreachable
from federation.letters import Inquiry, Outbound
from federation.origin import host_of
from federation.vocabulary import ACCEPT, JRD_JSON
from federation.wire import Answer, Wire
from instance.domain import saying
from instance.egress import OFFER, Gate
from instance.home import Home
from instance.meeting import Meeting
from instance.storage import keys as key_rows
from instance.storage import things
from instance.storage.database import Database, Tx

SIGNED = "probe"  # the reason of a question that is signed


class Step(NamedTuple):
    """One step of the way. `says` is what was found, `rule` names what failed."""

    name: str
    ok: bool
    says: str
    rule: str = ""


class Probe:
    """The walk to one host."""

    def __init__(self, database: Database, gate: Gate, wire: Wire, *, home: Home, host: str) -> None:
        self._database, self._gate, self._wire = database, gate, wire
        self._meeting = Meeting(database, gate, wire, home=home)
        self._base, self._host = f"{urlsplit(home.base).scheme}://{host}", host
        self._actor: Document = {}

    async def walk(self) -> AsyncIterator[Step]:
        """The steps, as they are done; after the first that fails there is none."""
        for name, step in (
            ("node", self._node),
            ("webfinger", self._webfinger),
            ("actor", self._actor_shown),
            ("key", self._key),
            ("signed question", self._signed_question),
            ("letter", self._letter),
        ):
            try:
                yield Step(name, ok=True, says=await step())
            except FederationError as error:
                yield Step(name, ok=False, says=str(error), rule=error.rule)
                return

    async def _node(self) -> str:
        answer = _good(await self._meeting.about(self._host))
        return f"answers; its time is {answer.headers.get('Date', 'not said')}"

    async def _webfinger(self) -> str:
        resource = quote(f"acct:{self._host}@{self._host}", safe="")
        url = f"{self._base}/.well-known/webfinger?resource={resource}"
        subject, actor = parse_webfinger(parse((await self._ask(url, OFFER, JRD_JSON)).body))
        self._actor = {"id": actor}
        return f"{subject} is {actor}"

    async def _actor_shown(self) -> str:
        iri = self._actor["id"]
        document = parse((await self._ask(iri, OFFER, ACCEPT)).body)
        if id_of(document) != iri or host_of(iri) != self._host:
            raise Refused("actor_under_another_id", f"{iri} shows {id_of(document)}")
        self._actor = document
        return f"{first_type(document)} “{document.get('name', '')}”"

    async def _key(self) -> str:
        """The keys that the actor shows; those that we hold and that it no longer shows are refused from now on, and say why."""
        shown = {key.id for key in keys.public_keys_of(self._actor)}
        held = await self._database.read(lambda tx: key_rows.keys_of(tx, self._actor["id"]))
        if gone := {row.key_iri for row in held} - shown:
            raise Refused("key_contradicts", ", ".join(sorted(gone)))
        if not shown:
            raise Refused("bad_key", "the actor shows no key")
        return f"{len(shown)} keys, {'as we know them' if held else 'not known to us yet'}"

    async def _signed_question(self) -> str:
        if not await self._database.read(lambda tx: things.is_named(tx, self._host)):
            raise Refused("not_a_party", "no charter names this company yet; offer one to go on")
        await self._ask(self._actor["id"], SIGNED, ACCEPT)
        return "they take our signature"

    async def _letter(self) -> str:
        letter = await self._database.write(self._sealed_letter)
        if letter is None:
            raise Refused("not_to_be_asked", self._host)
        answer = await self._wire.post(letter)
        if answer.status >= 300:
            raise Unreachable("status", f"their inbox answers {answer.status}")
        return f"they took a letter ({answer.status})"

    def _sealed_letter(self, tx: Tx) -> Outbound | None:
        document = saying.in_public(tx, "View", self._actor["id"])
        return self._gate.knock(tx, document, host=self._host, inbox=str(self._actor.get("inbox", "")))

    async def _ask(self, url: str, reason: str, accept: str) -> Answer:
        def ask(tx: Tx) -> Inquiry | None:
            return self._gate.inquire(tx, url, reason=reason, accept=accept)

        inquiry = await self._database.write(ask)
        if inquiry is None:
            raise Refused("not_to_be_asked", url)
        return _good(await self._wire.get(inquiry))


def _good(answer: Answer) -> Answer:
    if answer.status != 200:
        raise Unreachable("status", f"{answer.url} answers {answer.status}")
    return answer
