"""An ordinary server outside, as Mastodon is one: people with RSA keys, signed requests, an inbox that proves who writes to it.

    async with an_outsider() as outside:
        outside.person("ann")
        await outside.send(acme, "ann", outside.follow("ann", acme.project_iri))

It knows nothing of Cordée: no proofs, no log, no node. It believes an activity when its actor's own key signed the request.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from multidict import CIMultiDict

from federation import keys, signature
from federation.signature import Form
from tests.nodes import Company, until

JSON = "application/activity+json"
COUNTED = "Collection-Synchronization"


@cache
def _key(name: str) -> RSAPrivateKey:
    """One for each name in a run: making them takes its time."""
    return keys.generate_rsa()


@dataclass
class Outsider:
    """The server, up. `lists` are what it answers about followers, by path; `asked` those that it was asked for. `posts` are what its inbox took; `shared` whether it has one inbox for all; `counted` what came beside, signed, about its followers.

    `gone` are the paths that answer 410.
    """

    base: str = ""
    shared: bool = True
    busy: bool = False
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=list)
    turned_away: list[dict[str, Any]] = field(default_factory=list)
    inboxes: list[str] = field(default_factory=list)
    counted: list[str | None] = field(default_factory=list)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    _keys: dict[str, keys.PublicKey] = field(default_factory=dict)
    _serial: int = 0

    @property
    def host(self) -> str:
        return urlsplit(self.base).netloc

    @property
    def agent(self) -> str:
        return f"Mastodon/4.4.0 (http.rb/5.2.0; +{self.base}/)"

    def iri(self, name: str) -> str:
        return f"{self.base}/users/{name}"

    def person(self, name: str) -> str:
        """Somebody there."""
        iri = self.iri(name)
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": iri,
            "type": "Application" if name == "instance" else "Person",
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{iri}/inbox",
            "followers": f"{iri}/followers",
            "publicKey": {
                "id": f"{iri}#main-key",
                "owner": iri,
                "publicKeyPem": keys.public_to_pem(_key(name).public_key()),
            },
        }
        if self.shared:
            document["endpoints"] = {"sharedInbox": f"{self.base}/inbox"}
        self.people[name] = document
        return iri

    def new_id(self, kind: str) -> str:
        self._serial += 1
        return f"{self.base}/{kind}/{self._serial}"

    def said(self, name: str, kind: str, carried: Any, **more: Any) -> dict[str, Any]:
        """An activity of somebody there."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.new_id("activities"),
            "type": kind,
            "actor": self.iri(name),
            "object": carried,
            **more,
        }

    def note(self, name: str, content: str, **more: Any) -> dict[str, Any]:
        """A note of somebody there."""
        return {
            "id": self.new_id(f"users/{name}/statuses"),
            "type": "Note",
            "attributedTo": self.iri(name),
            "content": content,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            **more,
        }

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The activities of a type that arrived, in order."""
        return [post for post in self.posts if post["type"] == kind]

    async def arrived(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The last of so many activities of a type, once they are there."""

        async def number() -> int:
            return len(self.of(kind))

        await until(number, count)
        return self.of(kind)[-1]

    async def get(
        self, company: Company, path: str, *, signed_by: str = "", agent: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Ask a company's node; status and document of the answer."""
        headers = {"Accept": JSON, "User-Agent": agent or self.agent}
        if signed_by:
            headers |= self._signed(company, "GET", path, b"", signed_by)
        async with (
            self._session() as session,
            session.get(self._at(company, path), headers=headers) as answer,
        ):
            body = await answer.read()
            return answer.status, orjson.loads(body) if body else {}

    async def send(
        self, company: Company, name: str, activity: dict[str, Any], *, counted: str = "", claimed: str = ""
    ) -> int:
        """Deliver an activity of somebody there; the status of the answer. `counted` goes beside, signed, about their followers; `claimed` unsigned."""
        body = orjson.dumps(activity)
        headers = {"Content-Type": JSON, "User-Agent": self.agent} | ({COUNTED: counted} if counted else {})
        headers |= self._signed(company, "POST", "/inbox", body, name, counted)
        headers |= {COUNTED: claimed} if claimed else {}
        url = self._at(company, "/inbox")
        async with self._session() as session, session.post(url, data=body, headers=headers) as answer:
            return answer.status

    async def follow(self, company: Company, name: str) -> dict[str, Any]:
        """Follow the company's project, as somebody there; the answer."""
        self.person(name)
        before = len(self.of("Accept"))
        assert await self.send(company, name, self.said(name, "Follow", company.project_iri)) == 202
        return await self.arrived("Accept", before + 1)

    def _at(self, company: Company, path: str) -> str:
        return f"http://127.0.0.1:{company.port}{path}"

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(skip_auto_headers=["User-Agent"])

    def _signed(
        self, company: Company, method: str, path: str, body: bytes, name: str, counted: str = ""
    ) -> dict[str, str]:
        covered = CIMultiDict({"Content-Type": JSON} if body else {})
        covered.update({COUNTED: counted} if counted else {})
        request = signature.Request(method, company.config.base_url, path, covered, body)
        iri = self.iri(name)
        return signature.sign(
            request, key=_key(name), key_id=f"{iri}#main-key", form=Form.CAVAGE, now=time.time()
        )

    async def answer_get(self, request: Request) -> Response:
        """Who somebody is."""
        if request.path in self.gone:
            return Response(status=410)
        document = self.people.get(request.match_info["name"])
        if document is None:
            return Response(status=404)
        return Response(body=orjson.dumps(document), content_type=JSON)

    async def answer_list(self, request: Request) -> Response:
        """Who follows somebody there, as far as it says."""
        self.asked.append(request.raw_path)
        found = self.lists.get(request.raw_path)
        return (
            Response(status=404) if found is None else Response(body=orjson.dumps(found), content_type=JSON)
        )

    async def answer_post(self, request: Request) -> Response:
        """Take an activity in, when the key of its own actor signed the request; nothing while the server is `busy`."""
        if self.busy:
            return Response(status=503)
        body = await request.read()
        if request.path in self.gone:
            return Response(status=410)
        activity = orjson.loads(body)
        message = signature.Request("POST", self.base, request.raw_path, request.headers, body)
        claims = signature.parse_signature(message)
        key = await self.key_of(claims.key_id)
        if key is None or key.owner != activity["actor"]:
            self.turned_away.append(activity)
            return Response(status=401)
        signature.verify(message, key=key, now=time.time(), claims=claims)
        self.inboxes.append(request.path)
        if activity["id"] not in {post["id"] for post in self.posts}:
            is_signed = COUNTED.lower() in claims.covered
            self.counted.append(request.headers.get(COUNTED) if is_signed else None)
            self.posts.append(activity)
        return Response(status=202)

    async def key_of(self, key_id: str) -> keys.PublicKey | None:
        """The key with this id, asked for once with a signature of the server's own actor, and remembered as such servers do."""
        if key_id in self._keys:
            return self._keys[key_id]
        parts = urlsplit(key_id)
        headers = {"Accept": JSON, "User-Agent": self.agent}
        path, origin = parts.path, f"{parts.scheme}://{parts.netloc}"
        request = signature.Request("GET", origin, path, CIMultiDict())
        headers |= signature.sign(
            request,
            key=_key("instance"),
            key_id=f"{self.iri('instance')}#main-key",
            form=Form.CAVAGE,
            now=time.time(),
        )
        url = f"http://127.0.0.1:{parts.port}{path}"
        async with self._session() as session, session.get(url, headers=headers) as answer:
            if answer.status != 200:
                return None
            found = keys.public_keys_of(orjson.loads(await answer.read()))
        self._keys |= {key.id: key for key in found}
        return self._keys.get(key_id)


@asynccontextmanager
async def an_outsider(name: str = "mastodon", *, shared: bool = True) -> AsyncIterator[Outsider]:
    """An ordinary server, up and listening."""
    outside, app = Outsider(shared=shared), Application()
    app.router.add_get("/users/{name}", outside.answer_get)
    app.router.add_get("/lists/{name}", outside.answer_list)
    app.router.add_post("/inbox", outside.answer_post)
    app.router.add_post("/users/{name}/inbox", outside.answer_post)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    outside.base = f"http://{name}.localhost:{server.port}"
    outside.person("instance")
    try:
        yield outside
    finally:
        await asyncio.wait_for(server.close(), 10)
