"""Three companies and the people in them, each with an app, for scenarios: everything goes over HTTP as apps, browsers and servers do it.

    status = await rope.alice.say("@apollo The frame is ready")
    await rope.bob.sees(status["uri"])

In the project: alice and amine at acme, bob and beatriz at globex, carol at initech. Outside it: zoe, zach and zita, one at each.
A post has an id of its own at each node; its `uri` is the same everywhere.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, DummyCookieJar, FormData
from aiohttp.web import Application

from instance.node import Cordee
from instance.storage.database import now_ms
from tests.nodes import Company, agree, three_nodes, until
from tests.web.client import PASSWORD_HASH, Answer, App, token_for
from web.app import build_app
from web.limits import Limit, Limits

Json = dict[str, Any]
STATUSES = "/api/v1/statuses"
FRAME_S = 20.0  # how long a test waits for what must be pushed
PEOPLE = {
    "acme": (("alice", "amine"), ("zoe",)),
    "globex": (("bob", "beatriz"), ("zach",)),
    "initech": (("carol",), ("zita",)),
}


@dataclass
class Phone(App):
    """The app of one person."""

    name: str = ""

    async def say(self, text: str, **more: Any) -> Json:
        """The status of a post that must be taken."""
        return await self.post(STATUSES, status=text, **more)

    async def try_to_say(self, text: str, **more: Any) -> Answer:
        return await self.call("POST", STATUSES, json={"status": text, **more})

    async def reply(self, uri: str, text: str, **more: Any) -> Json:
        """Answer a post, which this person's node has or is about to get."""
        return await self.say(text, in_reply_to_id=(await self.sees(uri))["id"], **more)

    async def do(self, verb: str, uri: str) -> Json:
        """Favourite, unfavourite, reblog, bookmark…"""
        return await self.post(f"{STATUSES}/{(await self.sees(uri))['id']}/{verb}")

    async def edit(self, status: Json, text: str) -> Json:
        answer = await self.call("PUT", f"{STATUSES}/{status['id']}", json={"status": text})
        assert answer.status == 200, answer
        return answer.content

    async def delete(self, status: Json) -> Json:
        answer = await self.call("DELETE", f"{STATUSES}/{status['id']}")
        assert answer.status == 200, answer
        return answer.content

    async def home(self) -> list[Json]:
        return await self.get("/api/v1/timelines/home", limit="40")

    async def project(self) -> list[Json]:
        """The timeline of the list that Apollo is."""
        (project,) = [one for one in await self.get("/api/v1/lists") if one["title"] == "Apollo"]
        return await self.get(f"/api/v1/timelines/list/{project['id']}", limit="40")

    async def read(self, uri: str) -> Json | None:
        """The post as this person may read it now, or None: apps find a post by pasting its address."""
        found = await self.get("/api/v2/search", q=uri)
        return next(iter(found["statuses"]), None)

    async def sees(self, uri: str) -> Json:
        """The post, once it is there."""
        await until(lambda: self._has(uri))
        status = await self.read(uri)
        assert status is not None
        return status

    async def sees_no_more(self, uri: str) -> None:
        await until(lambda: self._has(uri), False)

    async def _has(self, uri: str) -> bool:
        return await self.read(uri) is not None

    async def hears(self, kind: str, uri: str) -> Json:
        """The notification of that kind about that post, once it is there."""

        async def found() -> list[Json]:
            every = await self.get("/api/v1/notifications", **{"types[]": kind})
            return [one for one in every if one["status"] and one["status"]["uri"] == uri]

        await until(lambda: _truth(found))
        return (await found())[0]

    async def thread(self, uri: str) -> list[str]:
        """The URIs of a thread, from its first post on."""
        status = await self.sees(uri)
        context = await self.get(f"{STATUSES}/{status['id']}/context")
        return [one["uri"] for one in (*context["ancestors"], status, *context["descendants"])]

    async def upload(self, data: bytes, *, description: str = "") -> Json:
        form = FormData({"description": description})
        form.add_field("file", data, filename="picture.png", content_type="image/png")
        answer = await self.call("POST", "/api/v2/media", data=form)
        assert answer.status == 200, answer
        return answer.content

    @asynccontextmanager
    async def listening(self, *streams: Json) -> AsyncIterator["Radio"]:
        """A socket that listens to these streams from now on, until the block ends."""
        socket = await self.socket(headers={"Authorization": f"Bearer {self.token}"})
        try:
            for stream in streams:
                await socket.send_json({"type": "subscribe", **stream})
            await socket.ping()
            await socket.send_json({"type": "subscribe", "stream": "no such stream"})
            assert "error" in await socket.receive_json(timeout=FRAME_S), (
                "what was sent before is in force now"
            )
            yield Radio(socket)
        finally:
            await socket.close()


@dataclass
class Radio:
    """A socket and what has come on it so far."""

    socket: ClientWebSocketResponse
    passed: list[Json] = field(default_factory=list)

    async def next(self, event: str, stream: str) -> Any:
        """The payload of the next event of that kind on that stream; the others are kept for later."""
        while True:
            for frame in self.passed:
                if (frame["event"], frame["stream"][0]) == (event, stream):
                    self.passed.remove(frame)
                    return frame["payload"] if event == "delete" else json.loads(frame["payload"])
            self.passed.append(await self.socket.receive_json(timeout=FRAME_S))

    async def silent(self) -> bool:
        """Whether nothing has come, nor comes for a moment. Only to be asked once others have heard."""
        if self.passed:
            return False
        with suppress(TimeoutError):
            await self.socket.receive(timeout=0.3)
            return False
        return True


async def _truth(ask: Any) -> bool:
    return bool(await ask())


@dataclass
class Clock:
    """The time that the nodes go by: the real one, as far ahead as a test says."""

    ahead_ms: int = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead_ms


@dataclass
class Rope:
    """Three companies, tied; and their people's apps by name."""

    acme: Company
    globex: Company
    initech: Company
    session: ClientSession
    phones: dict[str, Phone]
    clock: Clock

    def __getattr__(self, name: str) -> Phone:
        try:
            return self.__dict__["phones"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def companies(self) -> tuple[Company, Company, Company]:
        return self.acme, self.globex, self.initech

    @property
    def handle(self) -> str:
        """The project's whole handle."""
        return f"@apollo@{self.acme.host}"

    @property
    def outsiders(self) -> tuple[Phone, Phone, Phone]:
        return self.zoe, self.zach, self.zita

    async def newcomer(self, company: Company, name: str) -> Phone:
        """The app of one more person."""
        return Phone(company, self.session, await token_for(company, name), name=name)

    async def agree(self) -> None:
        """Wait until all hold the same of the project's log."""
        await agree(*self.companies)


def web_of(node: Cordee) -> Application:
    """The whole web, without the limits for one person: a scenario asks more often than people do."""
    return build_app(node, limits=Limits(api=Limit(100_000, 300), anonymous=Limit(100_000, 300)))


@asynccontextmanager
async def a_rope(directory: Path) -> AsyncIterator[Rope]:
    """Three companies with their whole web, tied by apollo, and everybody's app."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        companies = await stack.enter_async_context(three_nodes(directory, app_of=web_of, clock=clock))
        session = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        phones: dict[str, Phone] = {}
        for company, (inside, outside) in zip(companies, PEOPLE.values(), strict=True):
            for name in (*inside, *outside):
                if name not in company.people:
                    await company.hire(name, password_hash=PASSWORD_HASH)
                    if name in inside:
                        await company.join(name)
                phones[name] = Phone(company, session, await token_for(company, name), name=name)
        await agree(*companies)
        yield Rope(*companies, session, phones, clock)
