"""What the browser tests share: a real Chromium, and three companies tied by a project in which something was said."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from instance.domain import actor, reaction
from tests.nodes import Company, agree, three_nodes
from tests.web.client import PASSWORD_HASH
from web.app import build_app

Tied = tuple[Company, Company, Company]
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this directory drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium_path() -> str | None:
    """The browser that `make test` found, else the distribution's; None is the one that Playwright brings."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def tied(tmp_path: Path) -> AsyncIterator[Tied]:
    """Acme (alice), Globex (bob) and Initech (carol), tied by apollo; each with its IT, and all of them can sign in."""
    async with three_nodes(tmp_path, app_of=build_app) as companies:
        for company in companies:
            await company.hire("admin", password_hash=PASSWORD_HASH, is_admin=True)
            for person in company.people.values():
                await allow_in(company, person.id)
        yield companies


async def allow_in(company: Company, actor_id: int) -> None:
    await company.node.perform(lambda tx: actor.set_password(tx, actor_id, password_hash=PASSWORD_HASH))


@pytest_asyncio.fixture
async def told(tied: Tied) -> Tied:
    """The same, with a conversation, work items, marks, a warning and internal posts for the pages to show."""
    acme, globex, _ = tied
    first = await acme.post(
        "alice", "#decision **Encoder**, not light barrier.\n\n> one signal less\n\n`CAP-01`"
    )
    await acme.post("alice", "Long: " + "x" * 300, spoiler="About the washing cycle")
    await acme.post("alice", "Only for us: https://intranet.example/" + "a" * 120, project=None)
    await globex.post("bob", "Our view, inside", project=None)
    await agree(*tied)
    there = await globex.find_post(first.iri)
    assert there is not None
    bob = globex.people["bob"]
    await globex.post("bob", "Fine for us, @alice@" + acme.host, in_reply_to_id=there.id)
    gate = globex.node.gate
    await globex.node.perform(lambda tx: reaction.favourite(tx, gate, bob, there.id))
    await agree(*tied)
    return tied
