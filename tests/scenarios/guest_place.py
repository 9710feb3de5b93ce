"""Acme and Globex with Apollo, which has a guest host; for the scenarios of guests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from instance.domain import guest
from instance.storage import guests
from tests.foreign.server import Foreign
from tests.nodes import AppOf, Company, a_company, agree, protocol_app, running, tie
from tests.outsider import Outsider, an_outsider


class Place(NamedTuple):
    """Acme and Globex with Apollo, a guest of it, and a server that is none."""

    acme: Company
    globex: Company
    mastodon: Outsider
    stranger: Outsider

    async def followers(self) -> set[str]:
        """Who follows from outside."""
        rows = await self.acme.node.read(lambda tx: guests.followers(tx, [self.acme.project_iri]))
        return {row.actor_iri for row in rows if row.ended_at_ms is None}

    async def hosts(self) -> frozenset[str]:
        """Which hosts are guests."""
        return await self.acme.node.read(guests.open_hosts)

    async def let_in(self, outside: Outsider | Foreign, **terms: int) -> None:
        """Let a server be a guest."""
        await self.acme.node.perform(
            lambda tx: guest.allow(tx, self.acme.project_iri, host=outside.host, **terms)
        )

    async def revoke(self, outside: Outsider | Foreign) -> None:
        """Let a server be a guest no longer."""
        await self.acme.node.perform(lambda tx: guest.revoke(tx, self.acme.project_iri, host=outside.host))


@asynccontextmanager
async def a_place(directory: Path, *, may: str, app_of: AppOf = protocol_app) -> AsyncIterator[Place]:
    """The place, up; alice of Acme and bob of Globex are in the project."""
    companies = [a_company(directory, name, app_of=app_of) for name in ("acme", "globex")]
    async with running(*companies), an_outsider() as mastodon, an_outsider("hooli") as stranger:
        acme, globex = companies
        await tie(acme, globex, guests=may)
        for company, name in ((acme, "alice"), (globex, "bob")):
            await company.hire(name)
            await company.join(name)
        await agree(acme, globex)
        place = Place(acme, globex, mastodon, stranger)
        await place.let_in(mastodon)
        mastodon.person("ann")
        yield place
