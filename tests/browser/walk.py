"""How a test moves through the pages of one company, and the list of all pages there are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from playwright.async_api import Browser, Page

from instance.storage import charters, posts, timelines
from instance.storage.window import Window
from tests.nodes import Company
from tests.web.client import PASSWORD

MISSING = ("/app/projects/1", "/app/posts/1")
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


@asynccontextmanager
async def page_of(
    chromium: Browser, company: Company, name: str = "", **settings: Any
) -> AsyncIterator[Page]:
    """A page of a browser of its own, in which `name` has signed in."""
    settings = {"locale": "en-GB", "base_url": company.config.base_url} | settings
    context = await chromium.new_context(**settings)
    page = await context.new_page()
    if name:
        await sign_in(page, name)
    yield page
    await context.close()


async def sign_in(page: Page, name: str) -> None:
    await page.goto("/app/sign-in")
    await page.get_by_label("Username").or_(page.get_by_label("Nom d’utilisateur")).fill(name)
    await page.locator("#password").fill(PASSWORD)
    await page.locator("main button").click()
    await page.wait_for_url("**/app/projects")


async def speak_french(page: Page) -> None:
    await page.get_by_role("button", name="Français").click()
    await page.wait_for_selector("html[lang=fr]")


async def pages_of(company: Company, name: str) -> list[str]:
    """Every page that this person can open, by address, and those that are MISSING."""
    person = company.people[name]
    found = await company.person(company.project_iri)
    assert found is not None
    paths = ["/app/projects", "/app/company", "/app/account", f"/app/projects/{found.id}", *MISSING]
    window = Window(limit=3)
    ids = await company.node.read(lambda tx: timelines.project(tx, person.id, company.project_iri, window))
    for post_id in ids:
        row = await company.node.read(partial(posts.by_id, post_id=post_id))
        assert row is not None
        paths += [
            f"/app/posts/{post_id}",
            *([f"/app/posts/{post_id}/edit"] if row.author_id == person.id else []),
        ]
    if name == "admin":
        (charter,) = await company.node.read(charters.all_charters)
        paths += ["/app/charters", f"/app/charters/{charter.id}", "/app/ledger", "/app/ledger?prove=yes"]
    return paths
