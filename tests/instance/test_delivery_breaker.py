"""A host that answers late or never: it holds up itself alone, and is tried with one letter at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp.web import Application, Request, Response, StreamResponse

from instance.node import Cordee
from instance.storage import delivery as rows
from tests.instance.test_delivery_lanes import HOSTS, a_post
from tests.instance.test_delivery_lanes import empty as empty
from tests.nodes import Company, a_company, protocol_app, running, tie, until

Door = Callable[[Request], Awaitable[StreamResponse]]


class Place(NamedTuple):
    """Acme, which delivers to one host at a time; Globex and Hooli, whose doors a test chooses; Initech, which is well."""

    acme: Company
    globex: Company
    hooli: Company
    initech: Company

    async def set_doors(self, door: Door) -> None:
        for company in (self.globex, self.hooli):
            await company.shut_door()
            company.app_of = standing(door)
            await company.open_door()

    async def waiting(self, company: Company) -> int:
        found = await self.acme.node.read(rows.waiting)
        return sum(row.letters for row in found if row.host == company.host)

    async def nothing_waits(self, *companies: Company) -> None:
        for company in companies:
            await until(lambda company=company: self.waiting(company), 0)


@asynccontextmanager
async def a_place(directory: Path) -> AsyncIterator[Place]:
    companies = [a_company(directory, "acme", delivery_concurrency=1)]
    companies += [a_company(directory, name) for name in ("globex", "hooli", "initech")]
    async with running(*companies):
        place = Place(*companies)
        await tie(*companies)
        await place.acme.hire("alice")
        await place.acme.join("alice")
        await place.nothing_waits(place.globex, place.hooli, place.initech)
        yield place


def standing(door: Door) -> Callable[[Cordee], Application]:
    def app_of(_: Cordee) -> Application:
        app = Application()
        app.router.add_route("*", "/{path:.*}", door)
        return app

    return app_of


async def never(_: Request) -> StreamResponse:
    """Take the letter and say nothing."""
    await asyncio.Future()
    raise AssertionError


async def a_byte_at_a_time(request: Request) -> StreamResponse:
    """Begin an answer that does not end."""
    response = StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("door", [never, a_byte_at_a_time])
async def test_hosts_that_never_answer_keep_no_other_from_its_letters(tmp_path: Path, door: Door):
    """Both are asked first, and there is one place: it is given back."""
    async with a_place(tmp_path) as place:
        await place.set_doors(door)
        for number in range(3):
            await place.acme.post("alice", f"Part {number}")
        await place.nothing_waits(place.initech)
        assert await place.waiting(place.globex) == await place.waiting(place.hooli) == 3
        for company in (place.globex, place.hooli):
            await company.shut_door()
            company.app_of = protocol_app
            await company.open_door()
        await place.acme.node.try_now(place.globex.host)
        await place.acme.node.try_now(place.hooli.host)
        await place.nothing_waits(place.globex, place.hooli)


async def test_a_host_that_answers_late_gets_every_letter_once_and_in_order(tmp_path: Path):
    async with a_place(tmp_path) as place:
        taken: list[bytes] = []

        async def late(request: Request) -> Response:
            if request.method == "POST":
                taken.append(await request.read())
                await asyncio.sleep(0.5)  # longer than a lane keeps its place
            return Response(status=202)

        await place.set_doors(late)
        posts = [await place.acme.post("alice", f"Part {number}") for number in range(3)]
        await place.nothing_waits(place.globex, place.hooli, place.initech)
        assert len(taken) == 6
        bodies = list(dict.fromkeys(taken))
        assert [post.iri.encode() in body for post, body in zip(posts, bodies, strict=True)] == [True] * 3


async def test_a_letter_that_is_tried_again_is_the_same_to_the_byte(tmp_path: Path):
    async with a_place(tmp_path) as place:
        came: list[bytes] = []

        async def busy_at_first(request: Request) -> Response:
            if request.method == "POST":
                came.append(await request.read())
            return Response(status=503 if len(came) < 3 else 202)

        await place.set_doors(busy_at_first)
        await place.hooli.shut_door()
        await place.acme.post("alice", "The frame is ready")

        async def has_it() -> bool:
            await place.acme.node.try_now(place.globex.host)
            return len(came) == 3

        await until(has_it)
        await place.nothing_waits(place.globex)
        assert came == [came[0]] * 3


async def test_a_host_that_failed_is_tried_with_one_letter_and_gets_the_others_when_it_took_that(
    empty: Path,
):
    async with a_post(empty, {HOSTS[0]: [503, 503, 503]}) as post:
        for number in range(1, 6):
            await post.queue(HOSTS[0], number)
        tried = []
        while (due_ms := await post.work()) is not None:
            tried.append(len(post.wire.posted[HOSTS[0]]))
            post.now_ms[0] = due_ms
        assert tried == [1, 2, 3]
        assert post.wire.posted[HOSTS[0]] == [1, 1, 1, 1, 2, 3, 4, 5]
