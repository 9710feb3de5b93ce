"""A company whose server is made with Fedify: a process of its own, which a test tells what to say and asks what arrived.

    async with a_partner("vega", "bob") as vega:
        await vega.join(acme, "bob")
        await vega.says("bob", "Create", {"type": "Note", …})

Keys, signatures, proofs and documents are Fedify's work. What it has no words for is done here: the charter's proof, and the place in the log.
"""

import asyncio
import os
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import playwright
import pytest
from cryptography.hazmat.primitives import serialization as pem

from federation import keys, log, proof
from federation.document import Document, id_of
from federation.log import Head
from tests.nodes import Company, free_port, until

HERE = Path(__file__).parent
FETCHED = HERE / "node_modules" / ".fetched"
LOCK = HERE / "package-lock.json"
NODE = Path(playwright.__file__).parent / "driver" / "node"
CREATED = "2026-11-25T03:00:00Z"
FORMS = ("cavage", "rfc9421")


def require_fedify() -> None:
    """Skip the module where Fedify could not be fetched, or the Node that Playwright brings lacks its library; never in CI."""
    missing = ""
    if not FETCHED.exists() or FETCHED.stat().st_mtime < LOCK.stat().st_mtime:
        missing = "What package-lock.json names was not fetched from the npm registry: make partners"
    elif subprocess.run([NODE, "--version"], capture_output=True, check=False).returncode != 0:
        missing = "Node does not run for want of libatomic1: make browser"
    assert not (missing and os.environ.get("CI")), missing
    if missing:
        pytest.skip(missing, allow_module_level=True)


@cache
def _keys(host: str, name: str) -> dict[str, Any]:
    return {"rsa": keys.generate_rsa(), "ed25519": keys.generate_ed25519()}


def _told(key: Any) -> dict[str, str]:
    """A key pair in the form that Fedify's side reads."""
    private = key.private_bytes(pem.Encoding.DER, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    public = key.public_key().public_bytes(pem.Encoding.DER, pem.PublicFormat.SubjectPublicKeyInfo)
    return {"privateKey": b64encode(private).decode(), "publicKey": b64encode(public).decode()}


def _ids(activity: Document, kind: str) -> set[str | None]:
    """What an activity may be found by, when it is of that kind."""
    return {activity["id"], id_of(activity["object"])} if kind in {"", activity["type"]} else set()


@dataclass
class Partner:
    """The company: its host, the project it is in, the end of its log."""

    host: str
    session: aiohttp.ClientSession
    project: str = ""
    inbox: str = ""
    head: Head | None = None
    form: str = "rfc9421"
    _numbers: Any = field(default_factory=lambda: count(1))

    @property
    def base(self) -> str:
        return f"http://{self.host}"

    def iri(self, name: str) -> str:
        return f"{self.base}/actors/{name}"

    def new_id(self, kind: str) -> str:
        return f"{self.base}/{kind}/{next(self._numbers)}"

    async def tell(self, verb: str, **words: Any) -> Any:
        """Have Fedify's side do something."""
        url = f"http://127.0.0.1:{self.host.split(':')[1]}/control/{verb}"
        async with self.session.post(url, json=words) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def rekey(self, name: str) -> None:
        """Give somebody here new keys, under the ids of the old ones."""
        fresh = {"rsa": keys.generate_rsa(), "ed25519": keys.generate_ed25519()}
        await self.tell("rekey", name=name, keys={kind: _told(key) for kind, key in fresh.items()})

    async def received(self) -> list[dict[str, Any]]:
        """What arrived there, oldest first."""
        return await self.tell("received")

    async def arrived(self, iri: str, kind: str = "") -> dict[str, Any]:
        """What Fedify made of the activity with this id, or about the object with this id, once it is there."""

        async def found() -> list[dict[str, Any]]:
            return [one for one in await self.received() if iri in _ids(one["document"], kind)]

        async def is_there() -> bool:
            return bool(await found())

        await until(is_there)
        return (await found())[-1]

    async def send(self, by: str, activity: Document, **extensions: Any) -> dict[str, Any]:
        """Have Fedify sign, prove and send an activity; the letter that got the last answer."""
        letters = await self.tell(
            "send", form=self.form, by=by, inbox=self.inbox, activity=activity, extensions=extensions
        )
        return letters[-1]

    async def post(self, by: str, document: Document, *, instead: Document | None = None) -> tuple[int, str]:
        """Have Fedify sign and post any words, changed on the way or not; status and rule of the answer."""
        words = {"form": self.form, "by": by, "inbox": self.inbox, "document": document, "instead": instead}
        answer = await self.tell("post", **words)
        return answer["status"], orjson.loads(answer["answer"] or "{}").get("rule", "")

    async def says(self, by: str, kind: str, carried: Any, **more: Any) -> dict[str, Any]:
        """Say something in the project, as the next entry of our log; the letter and its answer."""
        extensions = more.pop("extensions", {})
        word = "person" if kind == "Add" else "object"
        activity = {"id": self.new_id("activities"), "type": kind, "actor": self.iri(by), "to": self.project}
        place = log.log_fields(project=self.project, party=self.host, head=self.head)
        letter = await self.send(by, activity | {word: carried} | more, log=place, **extensions)
        if letter["status"] < 300:
            self.head = Head(place["seq"], log.entry_hash(letter["document"]))
        return letter

    def note(self, by: str, content: str, **more: Any) -> Document:
        """A note of one of our people."""
        return {
            "id": self.new_id("notes"),
            "type": "Note",
            "attributedTo": self.iri(by),
            "content": content,
            "to": self.project,
            "published": CREATED,
            **more,
        }

    async def approve(self, offer: Document, company: Company) -> None:
        """Say yes to a charter that was offered: our node's proof of it, which Fedify brings."""
        self.project, self.inbox = company.project_iri, company.inbox
        charter = {name: value for name, value in offer.items() if name != "proof"}
        key = _keys(self.host, "node")["ed25519"]
        signed = proof.add_proof(charter, key=key, key_id=f"{self.iri('node')}#multikey-2", created=CREATED)
        stub = {"id": charter["id"], "type": "Charter"}
        activity = {"id": self.new_id("activities"), "type": "Accept", "actor": self.iri("node")}
        activity |= {"object": charter["id"], "to": charter["attributedTo"]}
        letter = await self.send("node", activity, object=stub, result=signed["proof"])
        assert letter["status"] == 202, letter

    async def join(self, name: str) -> None:
        """Put one of our people into the project."""
        target, role = f"{self.project}/members", {"memberRole": "member"}
        letter = await self.says("node", "Add", name, target=target, extensions=role)
        assert letter["status"] == 202, letter


@asynccontextmanager
async def a_partner(name: str, *people: str) -> AsyncIterator[Partner]:
    """The company, up and listening."""
    host = f"{name}.localhost:{free_port()}"
    told = {
        one: {
            "name": one.title(),
            "keys": {kind: _told(key) for kind, key in _keys(host, one).items()},
        }
        for one in ("node", *people)
    }
    process = await asyncio.create_subprocess_exec(
        NODE, HERE / "partner.mjs", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(orjson.dumps({"host": host, "people": told}) + b"\n")
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
        async with aiohttp.ClientSession() as session:
            yield Partner(host, session)
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 10)
