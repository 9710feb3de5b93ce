"""Every page as a real browser shows it: readable, named, in order, narrow and wide, light and dark, in both languages."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Request

from instance.domain import access
from tests.browser.conftest import Tied
from tests.browser.walk import MISSING, OUT_OF_BAND, page_of, pages_of, speak_french
from tests.nodes import Company

CHECKS = (Path(__file__).parent / "checks.js").read_text("utf-8")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


async def faults_of(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(CHECKS)
    return found


async def open_page(page: Page, path: str) -> None:
    """Go to a page of the list, which is what it is meant to be."""
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == (404 if path in MISSING else 200), path


@pytest.mark.parametrize("french", [False, True], ids=["English", "French"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["bob", "admin"])
async def test_every_page_gives_everybody_what_they_need_to_read_it(
    chromium: Browser, told: Tied, name: str, scheme: str, french: bool
):
    globex = told[1]
    async with page_of(chromium, globex, name, color_scheme=scheme, viewport=WIDE) as page:
        if french:
            await speak_french(page)
        found = {}
        for path in await pages_of(globex, name):
            await open_page(page, path)
            found[path] = await faults_of(page)
        assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_that_are_answers_do_so_too(chromium: Browser, told: Tied, scheme: str):
    globex = told[1]
    async with page_of(chromium, globex, color_scheme=scheme) as page:
        await page.goto("/app/sign-in")
        assert await faults_of(page) == []
        await page.locator("#name").fill("bob")
        await page.locator("#password").fill("wrong")
        await page.locator("main button").click()
        await page.locator("[role=alert]").wait_for()
        assert await faults_of(page) == []
    async with page_of(chromium, globex, "bob", color_scheme=scheme) as page:
        await page.get_by_role("link", name="Apollo").click()
        await page.locator("textarea").fill("Ask @admin@" + globex.host)
        await page.get_by_role("button", name="Post").click()
        await page.locator("[role=alert]").wait_for()
        assert await faults_of(page) == []


async def test_the_form_of_an_app_and_its_code_do_so_too(chromium: Browser, tied: Tied):
    globex = tied[1]
    async with page_of(chromium, globex, "bob") as page:
        await page.goto(await authorize_path(globex))
        assert await faults_of(page) == []
        await page.get_by_role("button", name="Allow", exact=True).click()
        await page.locator("#code").wait_for()
        assert await faults_of(page) == []


async def authorize_path(company: Company) -> str:
    made = await company.node.perform(
        lambda tx: access.register_app(tx, name="Rope", redirect_uris=[OUT_OF_BAND], scopes="read write")
    )
    return (
        f"/oauth/authorize?response_type=code&client_id={made.app.client_id}"
        f"&redirect_uri={OUT_OF_BAND}&scope=read+write"
    )


@pytest.mark.parametrize("name", ["alice", "admin"])
async def test_no_page_is_wider_than_a_narrow_phone(chromium: Browser, told: Tied, name: str):
    acme = told[0]
    async with page_of(chromium, acme, name, viewport=NARROW) as page:
        await speak_french(page)
        wide = {}
        for path in await pages_of(acme, name):
            await open_page(page, path)
            for closed in await page.locator("summary").all():
                await closed.click()
            width = await page.evaluate("document.documentElement.scrollWidth")
            if width > NARROW["width"]:
                wide[path] = width
        assert wide == {}


def given_up(request: Request) -> bool:
    """Whether the browser itself let go of a request, as it does with a page's icon when it goes on to the next page."""
    return "ERR_ABORTED" in (request.failure or "")


async def test_no_page_asks_for_what_its_policy_forbids(chromium: Browser, told: Tied):
    globex = told[1]
    async with page_of(chromium, globex, "admin") as page:
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("requestfailed", lambda request: said.append(request.url) if not given_up(request) else None)
        for path in await pages_of(globex, "admin"):
            if path not in MISSING:
                await page.goto(path, wait_until="networkidle")
        assert said == []


async def test_dates_are_in_the_time_zone_of_the_reader(chromium: Browser, told: Tied):
    globex = told[1]
    async with page_of(chromium, globex, "bob", timezone_id="Asia/Tokyo") as page:
        await page.get_by_role("link", name="Apollo").click()
        await page.wait_for_url("**/app/projects/*")
        time = page.locator("time").first
        assert "UTC" in str(await time.get_attribute("title"))
        shown = await page.evaluate(
            "() => new Date(document.querySelector('time').dateTime).toLocaleString('en-GB', {dateStyle: 'medium', timeStyle: 'short'})"
        )
        assert await time.text_content() == shown


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<input id=lost>", "no label: input lost"),
        ("<img src=x>", "no alt"),
        ("<a href=x></a>", "no name"),
        ("<h3>Deep</h3>", "a heading is left out: 1,3"),
        ("<p id=twice></p><p id=twice></p>", "id used twice: twice"),
        ("<p aria-describedby=nobody></p>", "aria-describedby leads nowhere: nobody"),
        ("<p style='color: #999; background: #fff'>Pale</p>", "contrast 2.85"),
        ("<aside>Hm</aside>", "region without a name: ASIDE"),
        ("<button style='height: 20px'>Small</button>", "too small to touch: button Small"),
        ("<p tabindex=3>Me first</p>", "tabindex"),
    ],
)
async def test_a_fault_would_be_found(chromium: Browser, body: str, fault: str):
    page = await chromium.new_page()
    await page.set_content(
        f"<html lang=en><title>x</title><header>x</header><main><h1>x</h1>{body}</main></html>"
    )
    assert any(found.startswith(fault) for found in await faults_of(page)), await faults_of(page)
