"""Charters as IT makes them: a project of Acme, offered to others, decided about on the pages of each company's IT.

deal = await Deal.offered(rope, "borealis", rope.globex)
await deal.decides(rope.globex, "approve")
await deal.stands("live")
"""

import re
from dataclasses import dataclass, field
from typing import Any

from instance.domain import charter, member, project
from instance.domain.charter import PartyTerms
from instance.storage import charters
from instance.storage.charters import CharterRow
from tests.nodes import Company, until
from tests.scenarios.app import Phone, Rope
from tests.web.client import PASSWORD_HASH, Answer, Browser


@dataclass
class Deal:
    """A project, the companies that its charter names, and the browsers of their IT."""

    rope: Rope
    name: str
    iri: str
    companies: tuple[Company, ...]
    browsers: dict[str, Browser] = field(default_factory=dict)

    @classmethod
    async def offered(cls, rope: Rope, name: str, *others: Company, **terms: Any) -> "Deal":
        """A charter that the others have before them."""
        acme = rope.acme.node
        made = await acme.perform(
            lambda tx: project.create(tx, name=name, title=name.title(), purpose="Build")
        )
        deal = cls(rope, name, made.iri, (rope.acme, *others))
        parties = [PartyTerms(other.host, role="supplier") for other in others]
        asked = {"purpose": f"Build the {name}", "parties": parties} | terms
        await acme.perform(lambda tx: charter.offer(tx, made.iri, **asked))
        for other in others:
            await until(lambda other=other: deal.state(other), "offered")
        return deal

    @classmethod
    async def live(cls, rope: Rope, name: str, *others: Company, **terms: Any) -> "Deal":
        """A charter in force, with one person of each company in the project."""
        deal = await cls.offered(rope, name, *others, **terms)
        for other in others:
            await deal.decides(other, "approve")
        await deal.stands("live")
        for phone in deal.people:
            await deal.join(phone)
        return deal

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.rope.acme.host}"

    @property
    def people(self) -> list[Phone]:
        """One person of each company."""
        phones = {self.rope.acme.host: self.rope.alice, self.rope.globex.host: self.rope.bob}
        return [phones.get(company.host, self.rope.carol) for company in self.companies]

    async def join(self, phone: Phone) -> None:
        """Put a person into the project, and wait until all know."""
        company = phone.company
        person = company.people[phone.name]
        await company.node.perform(lambda tx: member.add(tx, self.iri, actor_id=person.id, role="member"))

        async def known(at: Company) -> bool:
            names = await at.node.read(lambda tx: member.members.of_project(tx, self.iri))
            row = await at.person(person.iri)
            return row is not None and row.id in {one.actor_id for one in names}

        for other in self.companies:
            await until(lambda other=other: known(other))

    async def versions(self, company: Company) -> list[CharterRow]:
        """Every version that a company knows, the newest first."""
        return await company.node.read(lambda tx: charters.of_project(tx, self.iri))

    async def state(self, company: Company) -> str:
        """How the newest version stands at a company."""
        rows = await self.versions(company)
        return rows[0].state if rows else ""

    async def stands(self, state: str, *companies: Company) -> None:
        """Wait until the newest version stands like that, at all or at some."""
        for company in companies or self.companies:
            await until(lambda company=company: self.state(company), state)

    async def it_of(self, company: Company) -> Browser:
        """The browser of a company's IT, signed in."""
        if company.host not in self.browsers:
            if "admin" not in company.people:
                await company.hire("admin", password_hash=PASSWORD_HASH, is_admin=True)
            browser = Browser(Phone(company, self.rope.session))
            assert (await browser.sign_in("admin")).status == 303
            self.browsers[company.host] = browser
        return self.browsers[company.host]

    async def page(self, company: Company) -> str:
        """The page of the newest version."""
        row = (await self.versions(company))[0]
        answer = await (await self.it_of(company)).get(f"/app/charters/{row.id}")
        assert answer.status == 200, answer.status
        return answer.content

    async def decides(self, company: Company, verb: str, *, reason: str = "") -> Answer:
        """IT of a company presses a button on the page of the newest version."""
        row, page = (await self.versions(company))[0], await self.page(company)
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert token, "the page has a form"
        browser = await self.it_of(company)
        form = {"csrf": token[1], "reason": reason, "sure": "yes"}
        answer = await browser.submit(f"/app/charters/{row.id}/{verb}", **form)
        assert answer.status == 303, answer.status
        return answer
