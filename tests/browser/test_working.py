"""People at work in a real browser: with a mouse, with the keyboard alone, without JavaScript, in French."""

import re

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Tied
from tests.browser.walk import page_of, speak_french
from tests.nodes import until
from tests.web.client import PASSWORD


async def test_what_is_posted_at_globex_is_read_at_acme(chromium: Browser, tied: Tied):
    acme, globex, _ = tied
    async with page_of(chromium, globex, "bob") as there, page_of(chromium, acme, "alice") as here:
        await there.get_by_role("link", name="Apollo").click()
        await there.get_by_label("Write to the project").fill("The rail is up by 20 mm")
        await there.get_by_role("button", name="Post", exact=True).click()
        await expect(there.get_by_role("article").first).to_contain_text("The rail is up by 20 mm")
        await here.get_by_role("link", name="Apollo").click()

        async def arrived() -> bool:
            await here.reload()
            return await here.get_by_text("The rail is up by 20 mm").count() == 1

        await until(arrived)
        await expect(here.get_by_role("article", name="Bob Globex")).to_be_visible()


async def test_a_person_works_with_the_keyboard_alone(chromium: Browser, tied: Tied):
    async with page_of(chromium, tied[0]) as page:
        await page.goto("/app/sign-in")
        await expect(page.get_by_label("Username or e-mail")).to_be_focused()
        await page.keyboard.type("alice")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/app/projects")
        await tab_to(page, "Apollo")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/app/projects/*")
        await tab_to(page, "Write to the project")
        await page.keyboard.type("Typed without a mouse")
        await tab_to(page, "Post")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("article").first).to_contain_text("Typed without a mouse")


async def test_the_first_stop_of_the_keyboard_leads_past_the_menu(chromium: Browser, tied: Tied):
    async with page_of(chromium, tied[0], "alice") as page:
        await page.goto("/app/projects")
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Apollo")).to_be_focused()


async def test_who_has_the_focus_is_seen(chromium: Browser, tied: Tied):
    async with page_of(chromium, tied[0], "alice") as page:
        await page.get_by_role("link", name="Apollo").click()
        await page.wait_for_url("**/app/projects/*")
        outlines: dict[str, str] = {}
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break  # once around
            outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            outlines[await focused(page)] = outline
        assert len(outlines) > 6
        assert set(outlines.values()) == {"solid"}


async def test_everything_works_without_javascript(chromium: Browser, tied: Tied):
    globex = tied[1]
    async with page_of(chromium, globex, "bob", java_script_enabled=False) as page:
        await page.get_by_role("link", name="Apollo").click()
        await page.get_by_label("Write to the project").fill("Plain HTML")
        await page.get_by_role("button", name="Post", exact=True).click()
        post = page.get_by_role("article").first
        await expect(post).to_contain_text("Plain HTML")
        await post.get_by_role("button", name="Favourite").click()
        await expect(post.get_by_role("button", name="Favourite: 1")).to_have_attribute(
            "aria-pressed", "true"
        )
        await post.get_by_role("link", name="Answer").click()
        await page.get_by_label("Your answer to Bob").fill("Answered as plainly")
        await page.get_by_role("button", name="Answer").click()
        await expect(page.get_by_role("article")).to_have_count(2)
        await page.get_by_role("article").first.get_by_role("link", name="Change").click()
        await page.get_by_label("Your words").fill("Plainer HTML")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("article").first).to_contain_text("Plainer HTML")
        await page.get_by_role("article").first.get_by_role("link", name="Change").click()
        await page.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("Plainer HTML")).to_have_count(0)
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/app/sign-in")


async def test_what_is_refused_comes_back_with_the_cursor_in_it(chromium: Browser, tied: Tied):
    acme = tied[0]
    async with page_of(chromium, acme, "alice") as page:
        await page.get_by_role("link", name="Apollo").click()
        await page.get_by_label("Write to the project").fill("Ask @admin <b>now</b>")
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("Not in Apollo, so not to be named there")
        box = page.get_by_label("Write to the project")
        await expect(box).to_have_value("Ask @admin <b>now</b>")
        await expect(box).to_be_focused()
        await expect(box).to_have_accessible_description(
            re.compile("Not in Apollo.*Read by: Acme", re.DOTALL)
        )
        assert (await page.title()).startswith("Not done · ")
        await box.fill("Ask IT")
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.get_by_role("article").first).to_contain_text("Ask IT")


async def test_ctrl_and_enter_send(chromium: Browser, tied: Tied):
    async with page_of(chromium, tied[0], "alice") as page:
        await page.goto("/app/company")
        await page.get_by_label("Write to your colleagues").fill("Sent by keys")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("article")).to_contain_text("Sent by keys")


async def test_a_browser_that_asks_for_french_signs_in_in_french(chromium: Browser, tied: Tied):
    async with page_of(chromium, tied[0], locale="fr-CA") as page:
        await page.goto("/app/sign-in")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
        assert await page.locator("html").get_attribute("lang") == "fr"


async def test_the_language_is_changed_where_one_stands(chromium: Browser, tied: Tied):
    async with page_of(chromium, tied[0], "alice") as page:
        await page.get_by_role("link", name="Apollo").click()
        await page.wait_for_url("**/app/projects/*")
        where = page.url
        await speak_french(page)
        assert page.url == where
        await expect(page.get_by_role("heading", name="Qui en fait partie")).to_be_visible()
        await expect(page.get_by_label("Écrire au projet")).to_be_visible()


async def test_it_suspends_a_charter_and_resumes_it(chromium: Browser, tied: Tied):
    acme, globex, _ = tied
    async with page_of(chromium, globex, "admin") as page:
        await page.get_by_role("link", name="Charters").click()
        await page.get_by_role("link", name="Apollo").click()
        await page.get_by_role("button", name="Suspend").click()
        await until(acme.charter_state, "suspended")
        await page.get_by_role("button", name="Resume").click()
        await until(acme.charter_state, "live")


async def test_leaving_is_held_until_the_box_is_ticked(chromium: Browser, tied: Tied):
    globex = tied[1]
    async with page_of(chromium, globex, "admin") as page:
        await page.get_by_role("link", name="Charters").click()
        await page.get_by_role("link", name="Apollo").click()
        await page.get_by_role("button", name="Leave the project").click()
        await expect(page.get_by_role("checkbox")).to_be_focused()
        assert await globex.charter_state() == "live"
        await page.get_by_role("checkbox").check()
        await page.get_by_role("button", name="Leave the project").click()
        await expect(page.get_by_role("heading", name="What you can do")).to_have_count(0)
        assert await globex.charter_state() == "ended"


async def test_the_ledger_is_narrowed_to_what_was_held_back(chromium: Browser, told: Tied):
    async with page_of(chromium, told[0], "admin") as page:
        await page.get_by_role("link", name="What left").click()
        await page.get_by_label("Verdict").select_option("held back")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_label("Verdict")).to_have_value("withheld")
        rows = page.locator("tbody tr")
        await expect(rows.first).to_contain_text("known only inside the company")
        await expect(page.locator("tbody .chip.good")).to_have_count(0)
        await rows.first.get_by_text("Names and digest").click()
        await expect(rows.first).to_contain_text("withheld_internal")


async def test_a_new_password_is_the_one_that_signs_in(chromium: Browser, tied: Tied):
    async with page_of(chromium, tied[0], "alice") as page:
        await page.get_by_role("link", name="My account: Alice").click()
        await page.get_by_label("Present password").fill(PASSWORD)
        await page.get_by_label("New password", exact=True).fill("four on one rope")
        await page.get_by_label("New password, again").fill("four on one rope")
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.get_by_role("status")).to_contain_text("Your password is changed.")
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_label("Username").fill("alice")
        await page.get_by_label("Password").fill("four on one rope")
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/app/projects")


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await focused(page) == name:
            return
    raise AssertionError(f"{name} is not reached by Tab")


async def focused(page: Page) -> str:
    """What has the focus is called."""
    return str(
        await page.evaluate(
            "() => (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        )
    )
