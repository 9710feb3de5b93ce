"""Hosts that do not show the key of who signs, or another one, or something that is none: refused after a few questions, and the node goes on."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
import pytest_asyncio
from aiohttp.web import Request, Response, StreamResponse

from federation import keys
from federation.wire import MAX_REDIRECTS
from tests.foreign.guest import Guest, a_guest
from tests.foreign.server import ACTIVITY, Json, key_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guest(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guest]:
    """A guest whose ann follows."""
    async with a_guest(tmp_path_factory.mktemp("keys")) as found:
        yield found


def documents(change: Callable[[Guest, Json], Any], media_type: str = ACTIVITY) -> Callable[[Guest], Any]:
    """The actor's document as changed."""

    def made(guest: Guest) -> Callable[[Request], Awaitable[StreamResponse]]:
        async def answer(request: Request) -> StreamResponse:
            shown = change(guest, dict(guest.foreign.documents[request.path]))
            body = shown if isinstance(shown, bytes) else orjson.dumps(shown)
            return Response(body=body, headers={"Content-Type": media_type})

        return answer

    return made


def leading(target: str) -> Callable[[Guest], Any]:
    """A redirect, or a chain of them."""

    def made(guest: Guest) -> Callable[[Request], Awaitable[StreamResponse]]:
        async def answer(request: Request) -> StreamResponse:
            away = target.format(base=guest.foreign.base, path=request.path)
            return Response(status=302, headers={"Location": away})

        return answer

    return made


def status(code: int) -> Callable[[Guest], Any]:
    """Nothing but a status."""

    def made(_: Guest) -> Callable[[Request], Awaitable[StreamResponse]]:
        async def answer(_: Request) -> StreamResponse:
            return Response(status=code, body=b"{}", headers={"Content-Type": ACTIVITY})

        return answer

    return made


def bomb(_: Guest) -> Callable[[Request], Awaitable[StreamResponse]]:
    """A few bytes that unpack to many."""

    async def answer(_: Request) -> StreamResponse:
        packed = gzip.compress(b'{"a":"' + b"x" * 20_000_000 + b'"}', compresslevel=9)
        return Response(body=packed, headers={"Content-Type": ACTIVITY, "Content-Encoding": "gzip"})

    return answer


def endless(_: Guest) -> Callable[[Request], Awaitable[StreamResponse]]:
    """A body that never ends."""

    async def answer(request: Request) -> StreamResponse:
        response = StreamResponse(headers={"Content-Type": ACTIVITY})
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    return answer


def cut(_: Guest) -> Callable[[Request], Awaitable[StreamResponse]]:
    """An answer that breaks off."""

    async def answer(request: Request) -> StreamResponse:
        assert request.transport is not None
        request.transport.close()
        await asyncio.sleep(0)
        return Response()

    return answer


def claims(iri: str) -> Callable[[Guest, Json], Json]:
    """The document says that it is of somebody else."""
    return lambda guest, document: document | {"id": iri.format(base=guest.foreign.base)}


def keyed(**change: Any) -> Callable[[Guest, Json], Json]:
    """The key is another."""
    return lambda guest, document: document | {"publicKey": document["publicKey"] | _of(guest, change)}


def _of(guest: Guest, change: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.format(base=guest.foreign.base) if isinstance(value, str) else value
        for name, value in change.items()
    }


ANOTHERS = keys.public_to_pem(key_for("another").public_key())
ANSWERS: list[tuple[str, Callable[[Guest], Any]]] = [
    ("loops", leading("{path}")),
    ("leads away", leading("http://evil.example/users/eve")),
    ("leads inside", leading("http://127.0.0.1:22/")),
    ("leads nowhere", leading("")),
    ("leads to a file", leading("file:///etc/passwd")),
    ("a page", documents(lambda _, document: document, "text/html")),
    ("a picture", documents(lambda _, document: document, "image/png")),
    ("a list", documents(lambda _, document: [document])),
    ("no JSON", documents(lambda _, document: b"<html>")),
    ("empty", documents(lambda _, document: b"")),
    ("a neighbour", documents(claims("{base}/users/ben"))),
    ("another host", documents(claims("http://evil.example/users/eve"))),
    ("no id", documents(lambda _, document: document | {"id": None})),
    ("a note", documents(lambda _, document: document | {"type": "Note"})),
    ("no key", documents(lambda _, document: document | {"publicKey": None})),
    ("a neighbour's key", documents(keyed(owner="{base}/users/ben"))),
    ("another key", documents(keyed(publicKeyPem=ANOTHERS))),
    ("no PEM", documents(keyed(publicKeyPem="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"))),
    ("a key that is none", documents(keyed(publicKeyPem={"a": [1]}))),
    ("a key elsewhere", documents(keyed(id="http://evil.example/key"))),
    ("packed tightly", bomb),
    ("without end", endless),
    ("cut off", cut),
    *((f"status {code}", status(code)) for code in (401, 403, 404, 410, 418, 500, 503)),
]


@pytest.mark.parametrize("answers", [it[1] for it in ANSWERS], ids=[it[0] for it in ANSWERS])
async def test_who_does_not_show_a_key_is_refused_after_a_few_questions(
    guest: Guest, answers: Callable[[Guest], Any]
):
    eve = guest.somebody()
    path = eve.removeprefix(guest.foreign.base)
    guest.foreign.instead[path] = answers(guest)
    before = len(guest.foreign.asked)
    follow = guest.foreign.said(eve, "Follow", guest.acme.project_iri)
    rule = await guest.brings(follow, who=eve)
    assert rule in {"key", "signature"}
    assert await guest.brings(follow, who=eve) == rule
    asked = guest.foreign.asked[before:].count(path)
    assert (
        1 <= asked <= 2 * (MAX_REDIRECTS + 1)
    )  # a question to which the host answers 401 is asked in both forms
    assert eve not in await guest.place.followers()
    await guest.is_well()


async def test_an_actor_that_is_somebody_else_the_next_time_is_still_the_one_we_know(guest: Guest):
    """Ben's key is asked for anew since a signature does not fit, and now the address shows eve."""
    path = guest.who.removeprefix(guest.foreign.base)
    guest.foreign.instead[path] = documents(claims("{base}/users/eve"))(guest)
    assert await guest.brings(guest.answer(), forged=True) == "signature"
    del guest.foreign.instead[path]
    await guest.is_well()


async def test_a_profile_without_a_key_takes_none_away_and_one_without_an_inbox_is_refused(guest: Guest):
    shown = guest.foreign.documents[guest.who.removeprefix(guest.foreign.base)]
    less = {name: value for name, value in shown.items() if name != "publicKey"}
    assert await guest.brings(guest.foreign.said(guest.who, "Update", less)) == "taken"
    no_way = {name: value for name, value in shown.items() if name != "inbox"}
    assert await guest.brings(guest.foreign.said(guest.who, "Update", no_way)) == "no_inbox"
    await guest.is_well()


@pytest.mark.parametrize(
    ("ahead_s", "rule"), [(4 * 60, "taken"), (10 * 60, "clock"), (-50 * 60, "taken"), (-2 * 3600, "clock")]
)
async def test_a_clock_that_goes_wrong_is_borne_for_minutes_ahead_and_an_hour_behind(
    guest: Guest, ahead_s: int, rule: str
):
    guest.foreign.ahead_s = ahead_s
    assert await guest.brings(guest.answer()) == rule
    guest.foreign.ahead_s = 0
    await guest.is_well()
