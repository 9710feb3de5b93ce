"""A person at a page: signed in with a browser of one company, sending the forms that the page has."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from instance.domain import actor
from instance.storage import charters
from tests.nodes import Company
from tests.web.client import PASSWORD_HASH, Answer, Browser, apps_of, fields_of


@dataclass
class Reader(Browser):
    """A browser whose person is signed in."""

    async def read(self, path: str, **options: object) -> str:
        """A page that must be there."""
        answer = await self.get(path, **options)
        assert answer.status == 200, (path, answer.status, answer.content)
        return str(answer.content)

    async def send(self, path: str, **form: str) -> Answer:
        """A form of a page, with what every form of this session carries."""
        csrf = fields_of(await self.read("/app/account"))["csrf"]
        return await self.submit(path, **{"csrf": csrf, **form})


@asynccontextmanager
async def reader(company: Company, name: str, *, is_admin: bool = False) -> AsyncIterator[Reader]:
    """One of the company's people at a page, hired when not there yet."""
    if name not in company.people:
        await company.hire(name, password_hash=PASSWORD_HASH, is_admin=is_admin)
    person = company.people[name]
    await company.node.perform(lambda tx: actor.set_password(tx, person.id, password_hash=PASSWORD_HASH))
    async with apps_of(company, "") as (app,):
        browser = Reader(app)
        assert (await browser.sign_in(name)).status == 303
        yield browser


async def project_path(company: Company) -> str:
    """Where the company's people find the project."""
    found = await company.person(company.project_iri)
    assert found is not None
    return f"/app/projects/{found.id}"


async def charter_path(company: Company) -> str:
    """Where the company's IT finds the newest version of the project's charter."""
    rows = await company.node.read(charters.all_charters)
    return f"/app/charters/{max(row.id for row in rows)}"


def ids_on(page: str) -> list[int]:
    """The posts on a page, in order."""
    return [int(number) for number in re.findall(r'<li id="p(\d+)">', page)]
