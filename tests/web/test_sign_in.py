"""Signing in and out with a browser."""

import pytest

from instance.domain import actor
from tests.nodes import Company
from tests.web.client import PASSWORD, PASSWORD_HASH, Browser, apps_of


async def test_name_and_password_start_a_session(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        browser = Browser(app)
        answer = await browser.sign_in("Alice")
        assert (answer.status, answer.headers["Location"]) == (303, "/app/projects")
        cookie = answer.headers["Set-Cookie"]
        for word in ("HttpOnly", "SameSite=Lax", "Path=/"):
            assert word in cookie
        assert (await browser.get("/app/projects")).status == 200


async def test_the_address_works_as_well_as_the_name(acme: Company):
    await acme.hire("alice", email="alice.martin@acme.example", password_hash=PASSWORD_HASH)
    async with apps_of(acme, "alice") as (app,):
        assert (await Browser(app).sign_in("Alice.Martin@acme.example")).status == 303


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_name_and_a_wrong_password_look_the_same(acme: Company, name: str, password: str):
    async with apps_of(acme, "alice") as (app,):
        browser = Browser(app)
        answer = await browser.sign_in(name, password)
        assert answer.status == 422
        assert "This name and password do not belong together." in answer.content
        assert "Set-Cookie" not in answer.headers


async def test_the_page_does_not_repeat_what_was_typed(acme: Company):
    async with apps_of(acme, "") as (app,):
        answer = await Browser(app).sign_in('"><script>alert(1)</script>')
        assert "alert(1)" not in answer.content


async def test_who_tries_too_often_with_one_name_has_to_wait(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        statuses = [(await Browser(app).sign_in("alice", "wrong")).status for _ in range(21)]
        assert statuses[:10] == [422] * 10
        assert 429 in statuses


async def test_a_form_from_another_site_is_not_taken(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        answer = await Browser(app).submit(
            "/app/sign-in", origin="https://evil.example", name="alice", password=PASSWORD
        )
        assert (answer.status, "Set-Cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/app/projects/17", "/app/projects/17"),
        ("https://evil.example/", "/app/projects"),
        ("//evil.example/", "/app/projects"),
        ("/\\evil.example/", "/app/projects"),
        ("evil", "/app/projects"),
    ],
)
async def test_signing_in_leads_to_no_other_site(acme: Company, wanted: str, goes_to: str):
    async with apps_of(acme, "alice") as (app,):
        browser = Browser(app)
        answer = await app.call(
            "POST",
            "/app/sign-in",
            params={"next": wanted},
            data={"name": "alice", "password": PASSWORD},
            headers={"Origin": acme.config.base_url},
        )
        assert browser.cookie == ""
        assert answer.headers["Location"] == goes_to


async def test_who_signs_out_is_out(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        browser = Browser(app)
        await browser.sign_in("alice")
        cookie = browser.cookie
        page = (await browser.get("/app/projects")).content
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        assert (await browser.submit("/app/sign-out", csrf=csrf)).headers["Location"] == "/app/sign-in"
        browser.cookie = cookie
        assert (await browser.get("/app/projects")).headers["Location"].startswith("/app/sign-in")


async def test_no_other_site_signs_a_person_out(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        browser = Browser(app)
        await browser.sign_in("alice")
        assert (await browser.submit("/app/sign-out", csrf="guessed")).status == 403
        assert (await browser.get("/app/projects")).status == 200


async def test_a_disabled_person_is_out_at_once_and_cannot_come_back(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        browser = Browser(app)
        await browser.sign_in("alice")
        await acme.node.perform(lambda tx: actor.disable_person(tx, acme.people["alice"].id))
        assert (await browser.get("/app/projects")).status == 303
        assert (await browser.sign_in("alice")).status == 422


@pytest.mark.parametrize(
    ("language", "words"), [("fr-FR,fr;q=0.9", "Mot de passe"), ("de,en;q=0.5", "Password")]
)
async def test_the_form_speaks_the_browsers_language(acme: Company, language: str, words: str):
    async with apps_of(acme, "") as (app,):
        answer = await app.call("GET", "/app/sign-in", headers={"Accept-Language": language})
        assert words in answer.content


async def test_the_form_works_without_script_and_shows_none_of_it_inline(acme: Company):
    async with apps_of(acme, "") as (app,):
        answer = await app.call("GET", "/app/sign-in")
        assert '<form class="card narrow" method="post">' in answer.content
        assert "<script>" not in answer.content
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
