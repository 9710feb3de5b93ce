"""An app gets a token when a person agrees in the browser, and in no other way."""

from base64 import b64encode
from typing import Any

import pytest

from tests.nodes import Company
from tests.web.client import (
    EVERYTHING,
    PASSWORD,
    PASSWORD_HASH,
    REDIRECT,
    App,
    Browser,
    a_verifier,
    apps_of,
    fields_of,
    query_of,
    token_for,
)

OOB = "urn:ietf:wg:oauth:2.0:oob"


async def registered(app: App, **told: Any) -> dict[str, Any]:
    """An application that has just registered."""
    body = {"client_name": "Rope", "redirect_uris": REDIRECT, "scopes": EVERYTHING} | told
    return await app.post("/api/v1/apps", **body)


async def signed_in(app: App, name: str = "alice") -> Browser:
    if name not in app.company.people:
        await token_for(app.company, name)
    browser = Browser(app)
    assert (await browser.sign_in(name)).status == 303
    return browser


def asking(client: dict[str, Any], **asked: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": REDIRECT,
        "scope": "read",
    } | asked


async def agreed(browser: Browser, client: dict[str, Any], **asked: str) -> str:
    """The address that the app is sent to once the person has agreed."""
    form = await browser.get("/oauth/authorize", params=asking(client, **asked))
    assert form.status == 200, form
    answer = await browser.submit("/oauth/authorize", decision="allow", **fields_of(form.content))
    assert answer.status == 303, answer
    return answer.headers["Location"]


def redeeming(client: dict[str, Any], code: str, **told: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "redirect_uri": REDIRECT,
        "code": code,
    } | told


async def test_an_app_gets_a_token_when_the_person_agrees(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        verifier, challenge = a_verifier()
        sent_to = await agreed(
            browser, client, state="xyz", code_challenge=challenge, code_challenge_method="S256"
        )
        assert sent_to.startswith(f"{REDIRECT}?code=")
        assert query_of(sent_to)["state"] == "xyz"
        token = await app.post(
            "/oauth/token", **redeeming(client, query_of(sent_to)["code"], code_verifier=verifier)
        )
        assert set(token) == {"access_token", "token_type", "scope", "created_at"}
        assert (token["token_type"], token["scope"]) == ("Bearer", "read")
        app.token = token["access_token"]
        assert (await app.get("/api/v1/accounts/verify_credentials"))["acct"] == "alice"


async def test_an_app_may_send_its_secret_in_a_header(acme: Company):
    async with apps_of(acme, "") as (app,):
        client = await registered(app)
        basic = b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
        answer = await app.call(
            "POST",
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        )
        assert (answer.status, answer.content["scope"]) == (200, "read")


async def test_who_is_not_signed_in_signs_in_first_and_comes_back(acme: Company):
    async with apps_of(acme, "") as (app,):
        client = await registered(app)
        await token_for(acme, "alice")
        browser = Browser(app)
        answer = await browser.get("/oauth/authorize", params=asking(client))
        assert answer.status == 303
        place = answer.headers["Location"]
        assert place.startswith("/app/sign-in?next=")
        back = await browser.submit(place, name="alice", password=PASSWORD)
        assert back.status == 303
        assert (await browser.get(back.headers["Location"])).status == 200


async def test_the_form_says_who_asks_for_what(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app, client_name="<Rope>"), await signed_in(app)
        page = (
            await browser.get("/oauth/authorize", params=asking(client, scope="read write:statuses"))
        ).content
        for words in (
            "&lt;Rope&gt;",
            "Alice",
            "read",
            "write:statuses",
            "Post, change and react in your name",
        ):
            assert words in page


async def test_the_form_speaks_french_to_who_chose_french(acme: Company):
    async with apps_of(acme, "") as (app,):
        await acme.hire("zoe", locale="fr", password_hash=PASSWORD_HASH)
        client, browser = await registered(app), await signed_in(app, "zoe")
        page = await browser.get("/oauth/authorize", params=asking(client))
        assert '<html lang="fr">' in page.content
        assert "Autoriser" in page.content


async def test_a_person_who_does_not_agree_sends_the_app_away(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        form = await browser.get("/oauth/authorize", params=asking(client, state="s"))
        answer = await browser.submit("/oauth/authorize", decision="deny", **fields_of(form.content))
        assert query_of(answer.headers["Location"])["error"] == "access_denied"
        assert query_of(answer.headers["Location"])["state"] == "s"


async def test_an_app_without_an_address_of_its_own_shows_the_code(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app, redirect_uris=OOB), await signed_in(app)
        form = await browser.get("/oauth/authorize", params=asking(client, redirect_uri=OOB))
        page = await browser.submit("/oauth/authorize", decision="allow", **fields_of(form.content))
        assert page.status == 200
        code = page.content.partition('id="code" value="')[2].partition('"')[0]
        token = await app.post("/oauth/token", **redeeming(client, code, redirect_uri=OOB))
        assert token["scope"] == "read"


async def test_a_code_works_once(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        code = query_of(await agreed(browser, client))["code"]
        await app.post("/oauth/token", **redeeming(client, code))
        again = await app.call("POST", "/oauth/token", data=redeeming(client, code))
        assert (again.status, again.content["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://app.example/other"},
        {"code": "guessed"},
        {"code_verifier": ""},
        {"code_verifier": "x" * 43},
    ],
)
async def test_a_code_is_for_its_app_its_address_and_its_verifier(acme: Company, changed: dict[str, str]):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        verifier, challenge = a_verifier()
        sent_to = await agreed(browser, client, code_challenge=challenge, code_challenge_method="S256")
        right = redeeming(client, query_of(sent_to)["code"], code_verifier=verifier)
        answer = await app.call("POST", "/oauth/token", data=right | changed)
        assert (answer.status, answer.content["error"]) == (400, "invalid_grant")
        assert (await app.call("POST", "/oauth/token", data=right)).status == 200


async def test_a_code_is_not_for_another_app(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, other, browser = await registered(app), await registered(app), await signed_in(app)
        code = query_of(await agreed(browser, client))["code"]
        answer = await app.call("POST", "/oauth/token", data=redeeming(other, code))
        assert answer.content["error"] == "invalid_grant"


async def test_a_wrong_secret_is_refused(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        code = query_of(await agreed(browser, client))["code"]
        answer = await app.call("POST", "/oauth/token", data=redeeming(client, code, client_secret="guessed"))
        assert (answer.status, answer.content["error"]) == (401, "invalid_client")


async def test_the_password_grant_does_not_exist(acme: Company):
    async with apps_of(acme, "alice", "") as (_, app):
        client = await registered(app)
        answer = await app.call(
            "POST",
            "/oauth/token",
            data=redeeming(client, "")
            | {"grant_type": "password", "username": "alice", "password": PASSWORD},
        )
        assert (answer.status, answer.content["error"]) == (400, "unsupported_grant_type")


async def test_an_app_alone_gets_a_token_that_is_nobodys(acme: Company):
    async with apps_of(acme, "") as (app,):
        client = await registered(app)
        token = await app.post("/oauth/token", **redeeming(client, "") | {"grant_type": "client_credentials"})
        app.token = token["access_token"]
        assert (await app.get("/api/v1/apps/verify_credentials"))["name"] == "Rope"
        answer = await app.call("GET", "/api/v1/accounts/verify_credentials")
        assert (answer.status, answer.content["error"]) == (422, "This method requires an authenticated user")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"scope": "read write nonsense"}, "invalid_scope"),
        ({"scope": "push"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_code_challenge_method"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_what_cannot_be_asked_for_is_told_to_the_app(acme: Company, asked: dict[str, str], error: str):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app, scopes="read write"), await signed_in(app)
        answer = await browser.get("/oauth/authorize", params=asking(client, **asked))
        assert query_of(answer.headers["Location"])["error"] == error


@pytest.mark.parametrize(
    "asked",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": f"{REDIRECT}?x=1"},
        {"client_id": "unknown"},
    ],
)
async def test_nothing_is_sent_to_an_address_that_is_not_the_apps(acme: Company, asked: dict[str, str]):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        answer = await browser.get("/oauth/authorize", params=asking(client, **asked))
        assert answer.status == 400
        assert "Location" not in answer.headers


@pytest.mark.parametrize("wrong", ["csrf", "origin"])
async def test_no_other_site_agrees_in_the_persons_name(acme: Company, wrong: str):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        form = fields_of((await browser.get("/oauth/authorize", params=asking(client))).content)
        origin = "https://evil.example" if wrong == "origin" else ""
        form |= {"csrf": "guessed"} if wrong == "csrf" else {}
        answer = await browser.submit("/oauth/authorize", origin=origin, decision="allow", **form)
        assert (answer.status, "Location" in answer.headers) == (403, False)


async def test_a_form_may_lead_on_to_the_apps_own_scheme(acme: Company):
    async with apps_of(acme, "") as (app,):
        client = await registered(app, redirect_uris="rope-app://callback")
        browser = await signed_in(app)
        form = await browser.get(
            "/oauth/authorize", params=asking(client, redirect_uri="rope-app://callback")
        )
        assert "form-action 'self' rope-app:" in form.headers["Content-Security-Policy"]
        answer = await browser.submit("/oauth/authorize", decision="allow", **fields_of(form.content))
        assert answer.headers["Location"].startswith("rope-app://callback?code=")


async def test_an_app_can_ask_for_signing_in_anew(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        answer = await browser.get("/oauth/authorize", params=asking(client, force_login="true"))
        assert answer.headers["Location"].startswith("/app/sign-in?next=")
        assert "force_login" not in answer.headers["Location"]


async def test_a_revoked_token_is_good_for_nothing_at_once(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        token = await app.post(
            "/oauth/token", **redeeming(client, query_of(await agreed(browser, client))["code"])
        )
        with_token = App(acme, app.session, token["access_token"])
        await with_token.get("/api/v1/preferences")
        proof = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
        assert await app.post("/oauth/revoke", token=token["access_token"], **proof) == {}
        assert (await with_token.call("GET", "/api/v1/preferences")).status == 401
        assert await app.post("/oauth/revoke", token=token["access_token"], **proof) == {}


async def test_an_app_revokes_only_its_own_tokens(acme: Company):
    async with apps_of(acme, "alice", "") as (alice, app):
        client = await registered(app)
        proof = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
        answer = await app.call("POST", "/oauth/revoke", json={"token": alice.token, **proof})
        assert (answer.status, answer.content["error"]) == (403, "unauthorized_client")
        await alice.get("/api/v1/preferences")


async def test_the_server_says_what_it_can_do(acme: Company):
    async with apps_of(acme, "") as (app,):
        told = await app.get("/.well-known/oauth-authorization-server")
        assert told["issuer"] == f"{acme.config.base_url}/"
        assert told["code_challenge_methods_supported"] == ["S256"]
        assert "password" not in told["grant_types_supported"]
        assert {"read", "write:statuses", "push", "profile"} <= set(told["scopes_supported"])


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"client_name": " "}, "Application name must have 1 to 60 characters"),
        ({"redirect_uris": ""}, "Redirect URI can't be blank"),
        ({"redirect_uris": "javascript:alert(1)"}, "Redirect URI must be an absolute URI."),
        ({"redirect_uris": "/callback"}, "Redirect URI must be an absolute URI."),
        ({"redirect_uris": "https://app.example/#here"}, "Redirect URI must be an absolute URI."),
        ({"redirect_uris": "http://app.example/"}, "Redirect URI must be an HTTPS/SSL URI."),
        ({"scopes": "read everything"}, "Scopes doesn't match configured on the server."),
        ({"website": "javascript:alert(1)"}, "Website must be a valid URL"),
    ],
)
async def test_an_app_that_says_something_impossible_is_not_registered(
    acme: Company, told: dict[str, str], error: str
):
    async with apps_of(acme, "") as (app,):
        body = {"client_name": "Rope", "redirect_uris": REDIRECT} | told
        answer = await app.call("POST", "/api/v1/apps", data=body)
        assert (answer.status, answer.content["error"]) == (422, f"Validation failed: {error}")


async def test_an_app_registers_with_several_addresses(acme: Company):
    async with apps_of(acme, "") as (app,):
        client = await registered(app, redirect_uris=[REDIRECT, OOB, "http://127.0.0.1:8000/cb"], scopes="")
        assert client["redirect_uris"] == [REDIRECT, OOB, "http://127.0.0.1:8000/cb"]
        assert client["scopes"] == ["read"]
        assert client["client_secret_expires_at"] == 0
        assert client["website"] is None


async def test_a_person_is_told_apart_by_userinfo(acme: Company):
    await acme.hire("alice")
    async with apps_of(acme, "") as (app,):
        app.token = await token_for(acme, "alice", "profile")
        told = await app.get("/oauth/userinfo")
        account = await app.get("/api/v1/accounts/verify_credentials")
        assert told == {
            "iss": f"{acme.config.base_url}/",
            "sub": acme.people["alice"].iri,
            "name": "Alice",
            "preferred_username": "alice",
            "profile": account["url"],
            "picture": account["avatar"],
        }
        assert await app.post("/oauth/userinfo") == told


@pytest.mark.parametrize("scopes", ["read", "read:accounts write"])
async def test_userinfo_is_for_the_scope_profile_alone(acme: Company, scopes: str):
    await acme.hire("alice")
    async with apps_of(acme, "") as (app,):
        app.token = await token_for(acme, "alice", scopes)
        assert (await app.call("GET", "/oauth/userinfo")).status == 403
        app.token = ""
        assert (await app.call("GET", "/oauth/userinfo")).status == 401


async def test_the_endpoints_that_are_told_are_there(acme: Company):
    async with apps_of(acme, "") as (app,):
        told = await app.get("/.well-known/oauth-authorization-server")
        statuses = {
            name: (await app.call("GET" if name in {"authorization", "userinfo"} else "POST", path)).status
            for name, path in (
                (name.removesuffix("_endpoint"), address.removeprefix(acme.config.base_url))
                for name, address in told.items()
                if name.endswith("_endpoint")
            )
        }
        assert statuses == {
            "authorization": 303,
            "token": 401,
            "revocation": 403,
            "userinfo": 401,
            "app_registration": 422,
        }


@pytest.mark.parametrize("missing", ["grant_type", "code", "redirect_uri"])
async def test_what_is_missing_from_a_request_for_a_token_is_named(acme: Company, missing: str):
    async with apps_of(acme, "") as (app,):
        client = await registered(app)
        body = {name: value for name, value in redeeming(client, "code").items() if name != missing}
        answer = await app.call("POST", "/oauth/token", data=body)
        assert answer.status == 400
        assert answer.content == {
            "error": "invalid_request",
            "error_description": f"Missing required parameter: {missing}.",
        }


async def test_a_client_that_is_not_known_is_asked_to_prove_itself(acme: Company):
    async with apps_of(acme, "") as (app,):
        basic = b64encode(b"nobody:guessed").decode()
        answer = await app.call(
            "POST",
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {basic}"},
        )
        assert (answer.status, answer.content["error"]) == (401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


async def test_an_app_asks_for_a_language_of_the_form(acme: Company):
    async with apps_of(acme, "") as (app,):
        client, browser = await registered(app), await signed_in(app)
        french = await browser.get("/oauth/authorize", params=asking(client, lang="fr"))
        assert "Autoriser" in french.content
        other = await browser.get("/oauth/authorize", params=asking(client, lang="tlh"))
        assert '<html lang="en">' in other.content


async def test_an_app_of_another_origin_may_ask_who_the_person_is(acme: Company):
    async with apps_of(acme, "") as (app,):
        answer = await app.call("OPTIONS", "/oauth/userinfo")
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


async def test_an_app_for_it_is_explained_and_works_for_it_alone(acme: Company):
    await acme.hire("it", password_hash=PASSWORD_HASH, is_admin=True)
    wanted = "admin:read admin:write:reports"
    async with apps_of(acme, "") as (app,):
        client = await registered(app, scopes=wanted)
        for name, status in (("it", 200), ("alice", 403)):
            browser = await signed_in(app, name)
            page = await browser.get("/oauth/authorize", params=asking(client, scope=wanted))
            assert "as IT does" in page.content
            code = query_of(await agreed(browser, client, scope=wanted))["code"]
            grant = await app.post("/oauth/token", **redeeming(client, code))
            own = App(acme, app.session, grant["access_token"])
            assert (await own.call("GET", "/api/v1/admin/reports")).status == status
