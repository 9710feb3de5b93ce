"""The page of the servers outside as a real browser shows it: with one let in and one that gave back what it had."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.conftest import allow_in
from tests.browser.test_reading import NARROW, WIDE, faults_of
from tests.browser.walk import page_of, speak_french
from tests.nodes import until
from tests.scenarios.guest_place import Place, a_place
from tests.web.client import PASSWORD_HASH
from web.app import build_app


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Two servers follow; one of them is revoked."""
    async with a_place(tmp_path, may="read", app_of=build_app) as found:
        await found.acme.hire("admin", password_hash=PASSWORD_HASH, is_admin=True)
        await allow_in(found.acme, found.acme.people["admin"].id)
        await found.let_in(found.stranger)
        for outside in (found.mastodon, found.stranger):
            await outside.follow(found.acme, "ann")
        await found.acme.post("alice", "The rail is up")
        await found.mastodon.arrived("Create")
        await found.revoke(found.stranger)
        await found.stranger.arrived("Reject")
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_the_page_of_guests_gives_everybody_what_they_need_to_read_it(
    chromium: Browser, place: Place, size: dict[str, int], scheme: str
):
    async with page_of(chromium, place.acme, "admin", color_scheme=scheme, viewport=size) as page:
        await page.goto("/app/guests")
        assert await faults_of(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await speak_french(page)
        await page.goto("/app/guests")
        assert await faults_of(page) == []
        await page.locator("h1", has_text="Invités").wait_for()


async def test_it_ends_the_following_of_a_server_with_a_tick_and_a_button(chromium: Browser, place: Place):
    async with page_of(chromium, place.acme, "admin") as page:
        await page.goto("/app/guests")
        await page.get_by_label("It shall follow no longer, and delete what it had.").check()
        await page.get_by_role("button", name="Let in no longer").click()
        await place.mastodon.arrived("Delete")

        async def is_whole() -> int:
            await page.goto("/app/guests")
            return await page.get_by_text("2 of 2").count()

        await until(is_whole, 2)
