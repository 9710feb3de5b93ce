"""What a token may do is what its scopes say, at every single route: the table of doors is walked with too little, with enough, and with nobody."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from federation.doors import Route
from instance.domain.scopes import SCOPES, covers
from tests.nodes import Company, a_company, running
from tests.web.client import App, apps_of, token_for
from web import doors
from web.app import build_app
from web.doors import ByToken
from web.limits import Limit, Limits

# Any good token of a person is enough: Mastodon asks for no scope here, or for no token at all.
WITHOUT_SCOPE = {
    ("GET", "/api/v1/apps/verify_credentials"),
    ("GET", "/api/v1/announcements"),
    ("GET", "/api/v1/custom_emojis"),
    ("GET", "/api/v1/directory"),
    ("GET", "/api/v1/tags/{name}"),
}
# What an application may do by itself, with nobody behind it.
BY_AN_APPLICATION = {("GET", "/api/v1/apps/verify_credentials")}
NEEDS_PERSON = {"error": "This method requires an authenticated user"}
OUTSIDE = {"error": "This action is outside the authorized scopes"}


def routes(company: Company) -> Iterator[tuple[Route, ByToken]]:
    """Every route that is opened by a token."""
    for route in build_app(company.node)[doors.ROUTES]:
        door = getattr(route.handler, "__self__", None)
        if isinstance(door, ByToken):
            yield route, door


def path_of(route: Route) -> str:
    return re.sub(r"\{[^}]+\}", "1", route.path)


async def token_of(company: Company, scopes: str) -> str:
    return await token_for(company, "alice", scopes)


@asynccontextmanager
async def unlimited(directory: Path) -> AsyncIterator[App]:
    """An app without a token, of a company in which it may ask as often as it likes and where alice works."""
    many = Limits(api=Limit(10**6, 300), media=Limit(10**6, 300))
    company = a_company(directory, "acme", app_of=partial(build_app, limits=many))
    async with running(company), apps_of(company, "") as (app,):
        await company.hire("alice")
        yield app


async def test_every_scope_that_a_route_wants_is_one_that_can_be_had(acme: Company):
    for route, door in routes(acme):
        assert all(one in SCOPES for one in door.scope.split("|") if one), route.path


async def test_the_routes_without_a_scope_are_known(acme: Company):
    found = {(route.method, route.path) for route, door in routes(acme) if not door.scope}
    assert found == WITHOUT_SCOPE


async def test_a_token_with_everything_but_the_scope_of_a_route_is_refused_there(tmp_path: Path):
    async with unlimited(tmp_path) as app:
        acme = app.company
        tokens: dict[str, str] = {}
        for route, door in routes(acme):
            if not door.scope:
                continue
            if door.scope not in tokens:
                rest = [
                    one for one in SCOPES if not any(covers(one, wanted) for wanted in door.scope.split("|"))
                ]
                tokens[door.scope] = await token_of(acme, " ".join(rest))
            answer = await App(acme, app.session, tokens[door.scope]).call(route.method, path_of(route))
            assert (answer.status, answer.content) == (403, OUTSIDE), (route, answer)


async def test_a_token_with_the_scope_of_a_route_alone_is_let_in_there(tmp_path: Path):
    async with unlimited(tmp_path) as app:
        acme = app.company
        tokens: dict[str, str] = {}
        for route, door in routes(acme):
            for scope in door.scope.split("|"):
                if scope not in tokens:
                    tokens[scope] = await token_of(acme, scope)
                answer = await App(acme, app.session, tokens[scope]).call(route.method, path_of(route))
                assert answer.status != 500, (route, answer)
                assert answer.content != OUTSIDE, (route, scope)


async def test_an_application_with_nobody_behind_it_gets_nowhere(tmp_path: Path):
    async with unlimited(tmp_path) as app:
        acme = app.company
        body = {"client_name": "Rope", "redirect_uris": "https://app.example/cb", "scopes": " ".join(SCOPES)}
        client = await app.post("/api/v1/apps", **body)
        proof = {name: client[name] for name in ("client_id", "client_secret")}
        grant = await app.post(
            "/oauth/token", grant_type="client_credentials", scope=" ".join(SCOPES), **proof
        )
        own = App(acme, app.session, grant["access_token"])
        opened: set[tuple[str, str]] = set()
        for route, _ in routes(acme):
            answer = await own.call(route.method, path_of(route))
            if (answer.status, answer.content) != (422, NEEDS_PERSON):
                opened.add((route.method, route.path))
        assert opened == BY_AN_APPLICATION


async def test_an_application_with_nobody_behind_it_learns_of_nobody(tmp_path: Path):
    async with unlimited(tmp_path) as app:
        alice = app.company.people["alice"]
        client = await app.post(
            "/api/v1/apps", client_name="Rope", redirect_uris="https://app.example/cb", scopes="read"
        )
        proof = {name: client[name] for name in ("client_id", "client_secret")}
        grant = await app.post("/oauth/token", grant_type="client_credentials", **proof)
        for token, status in ((grant["access_token"], 422), (await token_of(app.company, "read"), 200)):
            own = App(app.company, app.session, token)
            for path in (f"/api/v1/accounts?id[]={alice.id}", "/api/v1/accounts/lookup?acct=alice"):
                assert (await own.call("GET", path)).status == status
