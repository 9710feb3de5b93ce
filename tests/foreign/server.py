"""A small server of any kind of software, on loopback: its people, its keys, its signatures, its inbox.

    async with a_server(kinds.LEMMY) as lemmy:
        ann = lemmy.person("ann")
        await lemmy.send(acme, ann, lemmy.kind.follow(lemmy, ann, acme.project_iri))

It shares no code with what it is to test but the reading of signatures: requests are signed here by hand, as each kind does it.
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urldefrag, urlsplit

import aiohttp
import orjson
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response, StreamResponse
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation import keys, signature
from tests.nodes import Company, until

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[StreamResponse]]
Shape = Callable[["Foreign", str, str], Any]
AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
PERSON, SERVER = "person", "server"  # whose key it is
ACTIVITY = "application/activity+json"
LD = f'application/ld+json; profile="{AS}"'


@cache
def key_for(name: str) -> RSAPrivateKey:
    """One for each name in a run: making them takes its time."""
    return keys.generate_rsa()


@dataclass(frozen=True)
class Signs:
    """How requests are signed. `covered` of RFC 9421 are its components; `key_id` is what stands in the signature, where it is not the key's id."""

    covered: tuple[str, ...] = ("(request-target)", "host", "date", "digest", "content-type")
    algorithm: str | None = "rsa-sha256"
    prefix: str = ""
    key_id: str = ""
    is_rfc9421: bool = False


@dataclass(frozen=True)
class Kind:
    """What makes a kind of software; a Shape makes what somebody there says about something. `agent` and paths have {base}, {actor} and {name}."""

    name: str
    agent: str
    follow: Shape
    unfollow: Shape
    note: Shape
    gone: Shape
    understands: Callable[[Json, Json], bool]
    block: Shape | None = None
    reactions: tuple[Shape, ...] = ()
    people: str = "{base}/users/{name}"
    kind_of_person: str = "Person"
    server: str = "{base}/actor"
    names_its_server: bool = True
    key: str = "{actor}#main-key"
    at_key: str = "actor"
    signs: Signs = field(default_factory=Signs)
    media_type: str = ACTIVITY
    accept: str = f"{ACTIVITY}, {LD}"
    asks: tuple[str, ...] = ("acct:{handle}",)
    asks_meta: bool = False
    inbox: str = "{actor}/inbox"
    shared: str = "{base}/inbox"
    is_locked: bool = False
    buries: bool = True  # what is deleted is a Tombstone; else it is named by its id


@dataclass
class Foreign:
    """The server, up. `taken` is what its inbox took, with the path; `turned_away` what it did not believe."""

    kind: Kind
    base: str = ""
    documents: dict[str, Json] = field(default_factory=dict)
    taken: list[tuple[str, Json]] = field(default_factory=list)
    turned_away: list[str] = field(default_factory=list)
    follows: dict[str, Json] = field(default_factory=dict)  # the last Follow of each
    instead: dict[str, Handler] = field(default_factory=dict)  # what answers at a path instead of a document
    asked: list[str] = field(default_factory=list)  # the paths that were asked for
    _found: dict[str, keys.PublicKey] = field(default_factory=dict)
    ahead_s: int = 0  # of its clock
    _serial: int = 0
    _moments: set[int] = field(default_factory=set)

    @property
    def host(self) -> str:
        return urlsplit(self.base).netloc

    @property
    def server_actor(self) -> str:
        return self.kind.server.format(base=self.base)

    def person(self, name: str) -> str:
        """Somebody there, who can be asked for; their id."""
        iri = self.kind.people.format(base=self.base, name=name)
        shared = self.kind.shared.format(base=self.base)
        endpoints = {"endpoints": {"sharedInbox": shared}} if shared else {}
        facts = {"type": self.kind.kind_of_person, "preferredUsername": name, "name": name.title()}
        self.show(iri, PERSON, facts | endpoints)
        return iri

    def show(self, iri: str, key: str, facts: Json) -> None:
        """Let an actor be asked for, with the key of that name."""
        key_iri = self.kind.key.format(base=self.base, actor=iri)
        pem = keys.public_to_pem(key_for(key).public_key())
        shown_key = {"id": key_iri, "owner": iri, "publicKeyPem": pem}
        document = {
            "@context": [AS, "https://w3id.org/security/v1"],
            "id": iri,
            "publicKey": shown_key,
            **facts,
        }
        part = dict(document)
        document["inbox"] = self.kind.inbox.format(base=self.base, actor=iri)
        document |= {"outbox": f"{iri}/outbox", "followers": f"{iri}/followers"}
        at_key = {"actor": document, "part": part, "key": shown_key | {"type": "CryptographicKey"}}
        self.documents[self._path(urldefrag(key_iri).url)] = at_key[self.kind.at_key]
        self.documents[self._path(iri)] = document

    def _path(self, iri: str) -> str:
        return iri.removeprefix(self.base)

    def new_id(self, kind: str) -> str:
        self._serial += 1
        return f"{self.base}/{kind}/{self._serial}"

    def said(self, who: str, kind: str, carried: Any, **more: Any) -> Json:
        """An activity, as most write it; None leaves a property out."""
        activity = {
            "@context": AS,
            "id": self.new_id("activities"),
            "type": kind,
            "actor": who,
            "object": carried,
        }
        return {name: value for name, value in (activity | more).items() if value is not None}

    def of(self, kind: str) -> list[Json]:
        """The activities of a type that were taken, in order."""
        return [activity for _, activity in self.taken if activity["type"] == kind]

    async def arrived(self, kind: str, count: int = 1) -> Json:
        """The last of so many activities of a type, once they are there."""

        async def number() -> int:
            return len(self.of(kind))

        await until(number, count)
        return self.of(kind)[-1]

    async def arrived_some(self, kind: str, least: int) -> None:
        """Wait for at least so many activities of a type."""

        async def are_there() -> bool:
            return len(self.of(kind)) >= least

        await until(are_there)

    async def get(
        self, company: Company, path: str, *, is_signed: bool = True, accept: str = ""
    ) -> tuple[int, str, bytes]:
        """Ask a company's node, in the name of the server; status, media type and body of the answer."""
        headers = {"Accept": accept or self.kind.accept, "User-Agent": self.kind.agent.format(base=self.base)}
        if is_signed:
            headers |= self._signed(company, "GET", path, b"", self.server_actor, SERVER)
        url = f"http://127.0.0.1:{company.port}{path}"
        async with (
            self._session() as session,
            session.get(url, headers={**headers, "Host": company.host}) as answer,
        ):
            return answer.status, answer.content_type, await answer.read()

    async def send(
        self, company: Company, who: str, activity: Any, *, path: str = "/inbox", forged: bool = False
    ) -> tuple[int, Json]:
        """Deliver an activity of somebody there, or any bytes; status and problem of the answer. `forged`: with another key."""
        body = activity if isinstance(activity, bytes) else orjson.dumps(activity)
        name = "another" if forged else SERVER if who == self.server_actor else PERSON
        headers = {
            "Host": company.host,
            "User-Agent": self.kind.agent.format(base=self.base),
            "Content-Type": self.kind.media_type,
        }
        headers |= self._signed(company, "POST", path, body, who, name)
        url = f"http://127.0.0.1:{company.port}{path}"
        async with (
            self._session() as session,
            session.post(url, data=BytesIO(body), headers=headers) as answer,
        ):
            said = await answer.read()
            return answer.status, orjson.loads(said) if said else {}

    async def follow(self, company: Company, name: str = "ann") -> tuple[str, Json, Json]:
        """Follow the company's project as somebody there; who, the Follow and the Accept."""
        who, before = self.person(name), len(self.of("Accept"))
        follow = self.follows[who] = self.kind.follow(self, who, company.project_iri)
        status, problem = await self.send(company, who, follow)
        assert status == 202, problem
        return who, follow, await self.arrived("Accept", before + 1)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(skip_auto_headers=["User-Agent"])

    def _signed(
        self, company: Company, method: str, path: str, body: bytes, who: str, name: str
    ) -> dict[str, str]:
        signs, key_id = self.kind.signs, self.kind.key.format(base=self.base, actor=who)
        key_id = signs.key_id.format(actor=who) or key_id
        moment = self._moment()
        sign = _in_rfc9421 if signs.is_rfc9421 else _in_cavage
        known = {
            "content-type": self.kind.media_type,
            "host": company.host,
            "date": formatdate(moment, usegmt=True),
        }
        known |= {"user-agent": self.kind.agent.format(base=self.base), "accept": self.kind.accept}
        return sign(
            signs, key_for(name), key_id, method=method, path=path, body=body, known=known, moment=moment
        )

    def _moment(self) -> int:
        """The time by its clock, a little earlier where it has signed something by then: no two signatures are the same."""
        moment = int(time.time()) + self.ahead_s
        while moment in self._moments:
            moment -= 1
        self._moments.add(moment)
        return moment

    async def answer(self, request: Request) -> StreamResponse:
        """Whatever is asked or brought."""
        return await (self._take(request) if request.method == "POST" else self._tell(request))

    async def _tell(self, request: Request) -> StreamResponse:
        self.asked.append(request.path_qs)
        if request.path_qs in self.instead:
            return await self.instead[request.path_qs](request)
        document = self.documents.get(request.path_qs)
        if document is None:
            return Response(status=404)
        is_open = document.get("id") == self.server_actor or "inbox" not in document
        if self.kind.is_locked and not is_open and await self._sender(request, b"") is None:
            return Response(status=401)
        return Response(body=orjson.dumps(document), headers={"Content-Type": f"{ACTIVITY}; charset=utf-8"})

    async def _take(self, request: Request) -> Response:
        body = await request.read()
        activity = orjson.loads(body)
        if await self._sender(request, body) != activity["actor"]:
            self.turned_away.append(activity["id"])
            return Response(status=401)
        if activity["id"] not in {known["id"] for _, known in self.taken}:
            self.taken.append((request.path, activity))
        return Response(status=202)

    async def _sender(self, request: Request, body: bytes) -> str | None:
        """Who signed a request; nobody when that cannot be proven."""
        message = signature.Request(request.method, self.base, request.raw_path, request.headers, body)
        try:
            claims = signature.parse_signature(message)
            key = await self._key(claims.key_id)
            return signature.verify(message, key=key, now=time.time(), claims=claims).owner
        except (signature.FederationError, KeyError):
            return None

    async def _key(self, key_id: str) -> keys.PublicKey:
        """A key of ours, asked for in the server's name and remembered. Raises KeyError."""
        if key_id not in self._found:
            parts = urlsplit(key_id)
            company: Any = _Address(parts.netloc, parts.port or 80)
            status, _, body = await self.get(company, parts.path)
            listed = keys.public_keys_of(orjson.loads(body)) if status == 200 else []
            self._found |= {key.id: key for key in listed}
        return self._found[key_id]


@dataclass(frozen=True)
class _Address:
    host: str
    port: int


def _in_cavage(
    signs: Signs,
    key: RSAPrivateKey,
    key_id: str,
    *,
    method: str,
    path: str,
    body: bytes,
    known: dict[str, str],
    moment: int,
) -> dict[str, str]:
    """The headers of draft-cavage-http-signatures-12."""
    created = str(moment)
    known = known | {"(request-target)": f"{method.lower()} {path}", "(created)": created}
    if body:
        known |= {"digest": f"SHA-256={_sha256(body)}", "content-length": str(len(body))}
    without = set() if body else {"digest", "content-type", "content-length"}
    covered = [name for name in signs.covered if name not in without]
    text = "\n".join(f"{name}: {known[name]}" for name in covered)
    parameters = {"keyId": key_id, "algorithm": signs.algorithm, "headers": " ".join(covered)}
    parameters["signature"] = base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
    value = ",".join(f'{name}="{text}"' for name, text in parameters.items() if text)
    value += f",created={created}" if "(created)" in covered else ""
    sent = {
        name: known[name]
        for name in {*covered, "digest"} & known.keys() - {"host", "(request-target)", "(created)"}
    }
    return sent | {"signature": signs.prefix + value}


def _in_rfc9421(
    signs: Signs,
    key: RSAPrivateKey,
    key_id: str,
    *,
    method: str,
    path: str,
    body: bytes,
    known: dict[str, str],
    moment: int,
) -> dict[str, str]:
    """The headers of RFC 9421."""
    target = f"http://{known['host']}{path}"
    known = known | {"@method": method, "@target-uri": target, "@authority": known["host"], "@path": path}
    if body:
        known["content-digest"] = f"sha-256=:{_sha256(body)}:"
    covered = [name for name in signs.covered if body or name not in {"content-digest", "content-type"}]
    algorithm = f';alg="{signs.algorithm}"' if signs.algorithm else ""
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f'({names});created={moment};keyid="{key_id}"{algorithm}'
    lines = [*(f'"{name}": {known[name]}' for name in covered), f'"@signature-params": {parameters}']
    signed = base64.b64encode(key.sign("\n".join(lines).encode(), PKCS1v15(), SHA256())).decode()
    sent = {name: known[name] for name in covered if name != "host" and not name.startswith("@")}
    return sent | {"signature-input": f"sig={parameters}", "signature": f"sig=:{signed}:"}


def _sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


@asynccontextmanager
async def a_server(kind: Kind) -> AsyncIterator[Foreign]:
    """A server of that kind, up and listening."""
    foreign, app = Foreign(kind), Application()
    app.router.add_route("*", "/{path:.*}", foreign.answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    foreign.base = f"http://{kind.name}.localhost:{server.port}"
    named = {"preferredUsername": foreign.host} if kind.names_its_server else {}
    foreign.show(foreign.server_actor, SERVER, {"type": "Application"} | named)
    try:
        yield foreign
    finally:
        await asyncio.wait_for(server.close(), 10)
