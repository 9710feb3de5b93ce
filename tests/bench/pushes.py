"""Notifications pushed to apps by way of a push service on loopback. The rule kept here: figures are of the node's own process."""

import asyncio
import tempfile
from pathlib import Path

from aiohttp import ClientSession

from tests.bench import site
from tests.bench.machine import Measure
from tests.nodes import a_company, running
from tests.web.push_app import PushApp
from tests.web.push_service import push_service

PEOPLE = 50


async def measured(count: int, log: Path | None) -> list[tuple[str, str]]:
    """CPU of so many messages: each a mention of one of fifty people, encrypted, written to the ledger and posted."""
    with tempfile.TemporaryDirectory() as directory:
        acme = a_company(Path(directory), "acme")
        async with running(acme):
            names = [f"person{n:03d}" for n in range(PEOPLE)]
            for name in ("bob", *names):
                await acme.hire(name)
            tokens = {name: await site.bearer(acme, name) for name in ("bob", *names)}
        with site.serve(acme, log=log) as child:
            async with site.client(acme) as session, push_service() as service:
                await site.answers(session, acme, child)
                for name in names:
                    asked = PushApp().asking(service.address(name), "mention")
                    await _send(session, "/api/v1/push/subscription", tokens[name], asked)
                handles, rounds = " ".join(f"@{name}" for name in names), max(1, count // PEOPLE)
                with Measure(child.pid) as cost:
                    for n in range(rounds):
                        body = {"status": f"{handles} {n}", "visibility": "direct"}
                        await _send(session, "/api/v1/statuses", tokens["bob"], body)
                    async with asyncio.timeout(120):
                        while len(service.taken) < rounds * PEOPLE:  # noqa: ASYNC110  the bench waits for the last
                            await asyncio.sleep(0.01)
                return [("notification pushed to an app", cost.per(rounds * PEOPLE))]


async def _send(session: ClientSession, path: str, token: str, body: dict[str, object]) -> None:
    async with session.post(path, json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 200, await answer.text()
