"""One's own account: the language of the pages, and a new password."""

import re

import pytest

from instance.domain import access, token
from instance.storage import pushes
from tests.nodes import Company
from tests.web.client import PASSWORD, REDIRECT, Answer, apps_of
from tests.web.pages import Reader, reader
from tests.web.push_app import PushApp

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


async def let_in(company: Company, name: str, app_name: str, scopes: str = "read push") -> str:
    """A token of an app of that name that the person has let in."""
    row = await company.node.perform(
        lambda tx: access.register_app(tx, name=app_name, redirect_uris=[REDIRECT], scopes="read write push")
    )
    actor_id = company.people[name].id
    return await company.node.perform(
        lambda tx: token.issue(tx, actor_id=actor_id, scopes=scopes, app_id=row.app.id)
    )


async def test_the_apps_that_have_access_are_named_with_what_they_may_do(acme: Company):
    async with reader(acme, "alice") as alice, reader(acme, "bob"):
        assert "No app may act for you." in await alice.read("/app/account")
        await let_in(acme, "alice", "<Rope>", "read write:statuses")
        await let_in(acme, "bob", "Knot")
        page = await alice.read("/app/account")
        for words in ("&lt;Rope&gt;", "read, write:statuses"):
            assert words in page
        assert "Knot" not in page
        assert "No app may act for you." not in page


async def test_an_app_that_is_shut_out_has_a_good_token_no_more(acme: Company):
    async with reader(acme, "alice") as alice, apps_of(acme, "", "") as (rope, knot):
        rope.token, knot.token = await let_in(acme, "alice", "Rope"), await let_in(acme, "alice", "Knot")
        await rope.post("/api/v1/push/subscription", **PushApp().asking("https://push.example/1", "mention"))
        (path,) = re.findall(
            r'action="(/app/account/apps/\d+/revoke)"(?:(?!form).)*Rope', await page_of(alice)
        )
        answer = await alice.send(path)
        assert (answer.status, answer.headers["Location"]) == (303, "/app/account?done=app")
        assert "The app is shut out." in await alice.read("/app/account?done=app")
        assert (await rope.call("GET", "/api/v1/preferences")).status == 401
        assert (await knot.call("GET", "/api/v1/preferences")).status == 200
        assert "Rope" not in await alice.read("/app/account")
        assert await acme.node.read(pushes.last_id) == 0


async def page_of(alice: Reader) -> str:
    return (await alice.read("/app/account")).replace("\n", " ")


async def test_nobody_shuts_out_the_app_of_somebody_else(acme: Company):
    async with reader(acme, "alice") as alice, reader(acme, "bob") as bob, apps_of(acme, "") as (rope,):
        rope.token = await let_in(acme, "alice", "Rope")
        (path,) = re.findall(r'action="(/app/account/apps/\d+/revoke)"', await alice.read("/app/account"))
        assert (await bob.send(path)).status == 404
        assert (await bob.send("/app/account/apps/x/revoke")).status == 404
        await rope.get("/api/v1/preferences")


async def test_a_token_of_no_app_is_shut_out_as_well(acme: Company):
    async with reader(acme, "alice") as alice, apps_of(acme, "alice") as (app,):
        assert "Made at the command line" in await alice.read("/app/account")
        assert (await alice.send("/app/account/apps/0/revoke")).status == 303
        assert (await app.call("GET", "/api/v1/preferences")).status == 401
