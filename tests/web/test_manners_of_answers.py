"""What holds for every endpoint of the client API: pages and their links, limits, refusals as Mastodon words them, headers for apps in browsers."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest_asyncio

from federation.doors import Door, Route
from tests.nodes import Company, a_company, running
from tests.web.client import App, apps_of, token_for
from tests.web.conformance_world import a_world
from tests.web.entity_table import faults
from tests.web.test_conformance import address
from web import doors
from web.app import build_app
from web.doors import ByToken
from web.limits import Limit, Limits

Tied = tuple[Company, Company, Company]
PAGED = (
    *("/api/v1/accounts/:id/statuses", "/api/v1/accounts/:id/followers", "/api/v1/accounts/:id/following"),
    *("/api/v1/bookmarks", "/api/v1/favourites", "/api/v1/domain_blocks", "/api/v1/endorsements"),
    *("/api/v1/followed_tags", "/api/v1/notifications", "/api/v1/notifications/requests"),
    *("/api/v2/notifications", "/api/v1/conversations", "/api/v1/lists/:id/accounts"),
    *("/api/v1/scheduled_statuses", "/api/v1/statuses/:id/favourited_by", "/api/v1/timelines/home"),
    *("/api/v1/statuses/:id/reblogged_by", "/api/v1/timelines/list/:list_id", "/api/v1/timelines/public"),
    *("/api/v1/timelines/tag/:hashtag", "/api/v1/admin/accounts", "/api/v1/admin/reports"),
)
STRANGE = (
    "limit=0",
    "limit=-1",
    "limit=many",
    "limit=100000",
    "max_id=abc",
    "since_id=-1",
    f"min_id={'9' * 30}",
)
# Those that say the same of what was never there, as Mastodon's do, and one that asks first what is chosen.
SAME = re.compile(r".*/(suggestions/\{id\}|identity_proofs|votes)")
# What is no answer of the API: streams and pages.
OPEN_ENDED = re.compile(r"/api/v1/streaming.*|/app/.*|/oauth/.*")


@pytest_asyncio.fixture
async def unhurried(tmp_path: Path) -> AsyncIterator[Company]:
    """A company that lets apps ask as often as they like."""
    app_of = partial(build_app, limits=Limits(api=Limit(100_000, 300)))
    async with running(a_company(tmp_path, "acme", app_of=app_of)) as (company,):
        yield company


def by_token(company: Company) -> list[tuple[Route, ByToken]]:
    """The routes of the client API for who has a token."""
    routes = build_app(company.node)[doors.ROUTES]
    found = [(route, getattr(route.handler, "__self__", None)) for route in routes]
    return [(route, door) for route, door in found if isinstance(door, ByToken)]


def filled(path: str, word: str) -> str:
    return re.sub(r"\{[^}]+\}", word, path)


def items(content: Any) -> list[Any]:
    found: list[Any] = content["notification_groups"] if isinstance(content, dict) else content
    return found


async def walked(app: App, path: str) -> list[str]:
    """What is found by following "next" from page to page of one."""
    found: list[str] = []
    query = "limit=1"
    while query and len(found) < 40:
        answer = await app.call("GET", f"{path}?{query}")
        found += [identity(one) for one in items(answer.content)]
        older = re.search(r'<[^>]+\?([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        query = older[1] if older else ""
    return found


def identity(item: Any) -> str:
    return item if isinstance(item, str) else str(item.get("id") or item.get("group_key"))


async def test_page_after_page_shows_everything_once(tied: Tied):
    acme, globex, _ = tied
    async with a_world(acme, globex) as world:
        for path in PAGED:
            app = world.it if "/admin/" in path else world.alice
            place = address(world, path)
            whole = [identity(one) for one in items((await app.call("GET", f"{place}?limit=40")).content)]
            assert await walked(app, place) == whole, path
            assert whole, path


async def test_every_list_has_its_pages_linked_and_its_limit_kept(tied: Tied):
    acme, globex, _ = tied
    wrong: list[str] = []
    async with a_world(acme, globex) as world:
        for path in PAGED:
            app = world.it if "/admin/" in path else world.alice
            answer = await app.call("GET", address(world, path), params={"limit": 1})
            link = answer.headers.get("Link", "")
            if len(items(answer.content)) != 1:
                wrong.append(f"{path}: {len(items(answer.content))} items")
            if 'rel="next"' not in link or 'rel="prev"' not in link or "limit=1" not in link:
                wrong.append(f"{path}: Link {link!r}")
            for query in STRANGE:
                odd = await app.call("GET", f"{address(world, path)}?{query}")
                if odd.status != 200:
                    wrong.append(f"{path}?{query}: {odd.status}")
    assert "\n".join(wrong) == ""


async def refused(app: App, route: Route, word: str) -> Any:
    return await app.call(route.method, filled(route.path, word), json={})


async def test_what_does_not_exist_is_not_found_wherever_it_is_asked_for(unhurried: Company):
    wrong, acme = [], unhurried
    await acme.hire("it", is_admin=True)
    async with apps_of(acme, "alice", "") as (alice, it):
        it.token = await token_for(acme, "it", "read write follow push admin:read admin:write")
        for route, _ in by_token(acme):
            known = OPEN_ENDED.fullmatch(route.path) or SAME.fullmatch(route.path)
            if "{id}" not in route.path or known:
                continue
            app = it if route.door is Door.ADMIN else alice
            for word in ("17", "0", "abc", "9" * 30):
                answer = await refused(app, route, word)
                if answer.status not in {403, 404, 422} or faults("Error", strip(answer.content)):
                    wrong.append(f"{route.method} {route.path} {word}: {answer.status} {answer.content}")
    assert "\n".join(wrong) == ""


def strip(content: Any) -> Any:
    """Our own words beside Mastodon's: the rule, and the field."""
    return {key: content[key] for key in content if key not in {"rule", "field"}}


async def test_every_scope_is_asked_for(unhurried: Company):
    wrong, acme = [], unhurried
    await acme.hire("alice")
    async with apps_of(acme, "") as (nobody,):
        nobody.token = await token_for(acme, "alice", "profile")
        for route, door in by_token(acme):
            if door.scope and "profile" not in door.scope and not OPEN_ENDED.fullmatch(route.path):
                answer = await refused(nobody, route, "17")
                if answer.content != {"error": "This action is outside the authorized scopes"}:
                    wrong.append(f"{route.method} {route.path}: {answer.status} {answer.content}")
    assert wrong == []


async def test_refusals_have_the_headers_that_apps_in_browsers_need(acme: Company):
    async with apps_of(acme, "", "alice") as (nobody, alice):
        for app, path, status in (
            (nobody, "/api/v1/timelines/home", 401),
            (alice, "/api/v1/statuses/17", 404),
            (alice, "/api/v1/nothing", 404),
            (nobody, "/api/v2/instance", 200),
        ):
            answer = await app.call("GET", path, headers={"Origin": "https://elk.example"})
            assert answer.status == status, path
            assert answer.headers["Access-Control-Allow-Origin"] == "*", path
            exposed = {one.strip() for one in answer.headers["Access-Control-Expose-Headers"].split(",")}
            assert {"Link", "X-RateLimit-Reset", "X-RateLimit-Limit", "X-RateLimit-Remaining"} <= exposed
