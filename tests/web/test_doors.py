"""No route without a door, no door that is not documented, nothing through a door but what was made for who asks."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request, Response

from federation.doors import Door, Route
from federation.letters import ANYONE, Disclosure
from instance.domain import actor
from tests.nodes import Company
from tests.web.client import PASSWORD_HASH, Browser, apps_of, token_for
from web import doors
from web.app import build_app
from web.doors import ByToken, Sealed, anyone, mount
from web.mastodon.media import ByLink
from web.mastodon.socket import ByFeed, BySocket
from web.session import BySession

DOCUMENT = (Path(__file__).parents[2] / "docs/doors.md").read_text("utf-8")
CHECKS = {
    Door.EMPLOYEE: (ByToken, BySession, ByLink, BySocket, ByFeed),
    Door.ADMIN: (ByToken, BySession),
}


def documented() -> list[tuple[str, str, str]]:
    return re.findall(r"^\| `([A-Z*]+)` \| `([^`]+)` \| (\w+) \|", DOCUMENT, re.MULTILINE)


async def test_every_route_of_the_application_is_in_the_table_of_doors(acme: Company):
    app = build_app(acme.node)
    mounted = {
        (route.method, route.resource.canonical.rstrip("/") or "/")
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"  # who may have the whole may have its head
    }
    table = {(route.method, re.sub(r":[^}]+", "", route.path)) for route in app[doors.ROUTES]}
    assert mounted == table


async def test_every_door_is_documented_and_every_documented_door_exists(acme: Company):
    table = [(route.method, route.path, route.door.value) for route in build_app(acme.node)[doors.ROUTES]]
    assert sorted(documented()) == sorted(table)


async def test_no_route_for_employees_is_without_its_check(acme: Company):
    for route in build_app(acme.node)[doors.ROUTES]:
        if route.door in CHECKS:
            assert isinstance(getattr(route.handler, "__self__", None), CHECKS[route.door]), route.path
        if route.door is Door.ADMIN:
            assert route.handler.__self__.admin, route.path  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_stranger_gets_nothing_from_a_route_for_employees(acme: Company, method: str):
    async with apps_of(acme, "") as (nobody,):
        for route in build_app(acme.node)[doors.ROUTES]:
            if route.method == method and route.door in CHECKS:
                path = re.sub(r"\{[^}]+\}", "1", route.path)
                answer = await nobody.call(method, path, headers={"Origin": acme.config.base_url})
                refused = answer.status in {401, 404} or answer.headers.get("Location", "").startswith(
                    "/app/sign-in"
                )
                assert refused, (route.path, answer)


async def test_what_is_not_there_has_one_answer(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        answers = [await nobody.call("GET", path) for path in ("/wp-login.php", "/app/nothing", "/people")]
        bodies = {(one.status, str(one.content), one.headers["Content-Type"]) for one in answers}
        assert bodies == {(404, "{'error': 'Not found'}", "application/json")}


@pytest.mark.parametrize("path", ["/api/v1/instance", "/api/v1/statuses/1", "/api/v1/streaming/health"])
async def test_an_address_of_the_api_may_end_in_a_slash(acme: Company, path: str):
    async with apps_of(acme, "alice") as (alice,):
        plain, slashed = await alice.call("GET", path), await alice.call("GET", f"{path}/")
        assert (slashed.status, slashed.content) == (plain.status, plain.content)
        assert plain.content != {"error": "Not found"}


async def served(company: Company, route: Route) -> tuple[int, bytes]:
    """What a route answers when it stands alone in an application."""
    app = Application()
    full = build_app(company.node)
    for key in (doors.NODE, doors.LIMITS):
        app[key] = full[key]
    app[doors.ROUTES] = []
    mount(app, [route])
    async with TestClient(TestServer(app)) as client, client.get(route.path) as answer:
        return answer.status, await answer.read()


async def a_disclosure(company: Company, viewer: str = ANYONE) -> Disclosure:
    node = company.node
    return await node.write(
        lambda tx: node.gate.disclose(tx, "hello", viewer=viewer, media_type="text/plain")
    )


async def test_a_disclosure_for_anyone_is_served(acme: Company):
    made = await a_disclosure(acme)

    async def show(_: Request) -> Disclosure:
        return made

    assert await served(acme, anyone("GET", "/hello", show)) == (200, b"hello")


async def test_a_disclosure_that_was_changed_since_is_not_served(acme: Company):
    made = replace(await a_disclosure(acme), body=b"the secret")

    async def show(_: Request) -> Disclosure:
        return made

    status, body = await served(acme, anyone("GET", "/hello", show))
    assert (status, b"secret" in body) == (404, False)


async def test_a_disclosure_for_one_partner_is_not_served_to_anyone(acme: Company):
    made = await a_disclosure(acme, viewer="globex.example")

    async def show(_: Request) -> Disclosure:
        return made

    assert (await served(acme, anyone("GET", "/hello", show)))[0] == 404


async def test_what_goes_wrong_behind_a_door_for_anyone_says_nothing_of_it(acme: Company):
    async def show(_: Request) -> Disclosure:
        raise RuntimeError("alice@acme.example")

    status, body = await served(acme, anyone("GET", "/hello", show))
    assert (status, b"alice" in body) == (500, False)


async def test_the_door_for_anyone_takes_nothing_but_disclosures():
    async def show(_: Request) -> Response:
        return Response()

    assert isinstance(anyone("GET", "/", show).handler.__self__, Sealed)  # type: ignore[arg-type, attr-defined]


async def test_a_page_for_administrators_is_refused_to_an_employee(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        browser = Browser(app)
        await browser.sign_in("alice")
        assert (await browser.get("/app/ledger")).status == 403


async def test_a_page_for_administrators_opens_for_an_administrator(acme: Company):
    await acme.hire("it", is_admin=True, password_hash=PASSWORD_HASH)
    async with apps_of(acme, "it") as (app,):
        browser = Browser(app)
        await browser.sign_in("it")
        assert (await browser.get("/app/ledger")).status == 200


async def test_every_request_of_a_token_says_what_is_left(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        first = await alice.call("GET", "/api/v1/preferences")
        second = await alice.call("GET", "/api/v1/preferences")
        left = [int(one.headers["X-RateLimit-Remaining"]) for one in (first, second)]
        assert left[0] - left[1] in {1, -299}  # a window may end in between
        assert first.headers["X-RateLimit-Limit"] == "300"
        assert first.headers["X-RateLimit-Reset"].endswith("Z")


async def test_a_token_that_asks_too_often_has_to_wait(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        statuses = [(await alice.call("GET", "/api/v1/preferences")).status for _ in range(601)]
        assert 429 in statuses
        assert statuses[:300] == [200] * 300


async def test_an_app_in_a_browser_may_call_the_api_from_any_origin(acme: Company):
    async with apps_of(acme, "alice", "") as (alice, nobody):
        answer = await alice.call("GET", "/api/v1/preferences", headers={"Origin": "https://app.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Link" in answer.headers["Access-Control-Expose-Headers"]
        asked = await nobody.call("OPTIONS", "/api/v1/statuses")
        assert asked.status == 204
        assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]


async def test_pages_are_not_for_other_origins(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        answer = await nobody.call("GET", "/app/sign-in", headers={"Origin": "https://app.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("scopes", "status"),
    [("read", 200), ("read:accounts", 200), ("read:lists", 403), ("write", 403), ("profile", 403)],
)
async def test_a_route_needs_its_scope(acme: Company, scopes: str, status: int):
    await acme.hire("alice")
    async with apps_of(acme, "") as (nobody,):
        nobody.token = await token_for(acme, "alice", scopes)
        answer = await nobody.call("GET", "/api/v1/preferences")
        assert answer.status == status
        if status == 403:
            assert answer.content == {"error": "This action is outside the authorized scopes"}


async def test_a_token_of_a_disabled_person_is_good_for_nothing(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        await alice.get("/api/v1/preferences")
        await acme.node.perform(lambda tx: actor.disable_person(tx, acme.people["alice"].id))
        answer = await alice.call("GET", "/api/v1/preferences")
        assert (answer.status, answer.content) == (401, {"error": "The access token is invalid"})


async def test_a_token_in_the_address_is_not_read(acme: Company):
    async with apps_of(acme, "alice", "") as (alice, nobody):
        answer = await nobody.call("GET", f"/api/v1/preferences?access_token={alice.token}")
        assert answer.status == 401
