"""One's own account: the language of the pages, and a new password."""

import pytest

from tests.nodes import Company
from tests.web.client import PASSWORD, Answer, apps_of
from tests.web.pages import Reader, reader

NEW = "four on one rope"


async def test_the_pages_speak_the_language_that_was_chosen(acme: Company):
    async with reader(acme, "alice") as alice:
        assert '<html lang="en">' in await alice.read("/app/projects")
        answer = await alice.send("/app/account/language", locale="fr", next="/app/company?before=9")
        assert answer.headers["Location"] == "/app/company?before=9"
        page = await alice.read("/app/projects")
        assert '<html lang="fr">' in page
        assert "Mes projets" in page


@pytest.mark.parametrize("wanted", ["de", "", "../en"])
async def test_a_language_that_we_do_not_speak_changes_nothing(acme: Company, wanted: str):
    async with reader(acme, "alice") as alice:
        assert (await alice.send("/app/account/language", locale=wanted, next="/app")).status == 303
        assert '<html lang="en">' in await alice.read("/app/projects")


async def test_a_new_password_takes_the_place_of_the_old_one(acme: Company):
    async with reader(acme, "alice") as alice:
        answer = await change(alice)
        assert (answer.status, answer.headers["Location"]) == (303, "/app/account?done=password")
        assert "Your password is changed." in await alice.read("/app/account?done=password")
        assert (await Reader(alice.app).sign_in("alice", PASSWORD)).status == 422
        assert (await Reader(alice.app).sign_in("alice", NEW)).status == 303


async def test_a_new_password_ends_other_browsers_and_apps_and_keeps_this_one(acme: Company):
    async with reader(acme, "alice") as other, apps_of(acme, "alice") as (app,):
        here = Reader(other.app)
        await here.sign_in("alice")
        assert (await app.call("GET", "/api/v1/accounts/verify_credentials")).status == 200
        await change(here)
        assert (await here.get("/app/projects")).status == 200
        assert (await other.get("/app/projects")).status == 303
        assert (await app.call("GET", "/api/v1/accounts/verify_credentials")).status == 401


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"current": "guessed"}, "This is not your present password."),
        ({"again": "something else"}, "The two new passwords differ."),
        ({"new": "short", "again": "short"}, "A password needs 10 characters or more."),
    ],
)
async def test_a_password_that_is_not_taken_is_explained(acme: Company, wrong: dict[str, str], said: str):
    async with reader(acme, "alice") as alice:
        answer = await change(alice, **wrong)
        assert answer.status == 422
        assert said in answer.content
        assert NEW not in answer.content
        assert (await Reader(alice.app).sign_in("alice", PASSWORD)).status == 303


async def test_the_present_password_cannot_be_guessed_at_leisure(acme: Company):
    async with reader(acme, "alice") as alice:
        statuses = [(await change(alice, current="guessed")).status for _ in range(21)]
        assert 429 in statuses


async def change(browser: Reader, **other: str) -> Answer:
    return await browser.send(
        "/app/account/password", **{"current": PASSWORD, "new": NEW, "again": NEW, **other}
    )
