"""What holds for every endpoint of the client API: pages and their links, limits, refusals as Mastodon words them, headers for apps in browsers."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import FormData

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


# What apps in browsers read besides the API, before they have a token.
OPEN = (
    *("/.well-known/oauth-authorization-server", "/.well-known/nodeinfo", "/nodeinfo/2.0", "/nodeinfo/2.1"),
    *("/api/v1/instance", "/api/v1/custom_emojis", "/oauth/userinfo"),
)


async def test_apps_in_browsers_read_what_is_open_from_their_own_origin(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        answers = {
            path: await nobody.call("GET", path, headers={"Origin": "https://x.example"}) for path in OPEN
        }
        closed = [
            path for path, one in answers.items() if one.headers.get("Access-Control-Allow-Origin") != "*"
        ]
        assert closed == []
        handles = await nobody.call("GET", "/.well-known/webfinger", headers={"Origin": "https://x.example"})
        assert "Access-Control-Allow-Origin" not in handles.headers
        token = await nobody.call("POST", "/oauth/token", data={"grant_type": "none"})
        assert token.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/api/v1/statuses", "/api/v1/nothing", "/oauth/token", "/oauth/revoke"])
async def test_a_browser_that_asks_first_may_send_what_apps_send(acme: Company, path: str):
    async with apps_of(acme, "") as (nobody,):
        headers = {
            "Origin": "https://elk.example",
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, idempotency-key, x-requested-with",
        }
        answer = await nobody.call("OPTIONS", path, headers=headers)
        assert answer.status in {200, 204}
        assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(
            re.findall(r"\w+", answer.headers["Access-Control-Allow-Methods"])
        )
        allowed = {one.strip().lower() for one in answer.headers["Access-Control-Allow-Headers"].split(",")}
        assert {"authorization", "idempotency-key", "content-type", "*"} <= allowed


WRITTEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a post": (
        "POST",
        "/api/v1/statuses",
        {"status": "x", "poll": {"options": ["a", "b"], "expires_in": 600}},
    ),
    "a filter": (
        "POST",
        "/api/v2/filters",
        {
            "title": "N",
            "context": ["home", "public"],
            "keywords_attributes": [{"keyword": "n", "whole_word": True}],
        },
    ),
    "a profile": (
        "PATCH",
        "/api/v1/accounts/update_credentials",
        {"fields_attributes": [{"name": "Room", "value": "12"}], "source": {"privacy": "unlisted"}},
    ),
    "a marker": ("POST", "/api/v1/markers", {"home": {"last_read_id": "17"}}),
    "a policy": (
        "PATCH",
        "/api/v2/notifications/policy",
        {"for_bots": "filter", "for_not_following": "drop"},
    ),
    "a list": ("POST", "/api/v1/lists", {"title": "Frames", "exclusive": True}),
    "a collection": ("POST", "/api/v1/collections", {"name": "Good", "discoverable": False}),
    "an app": (
        "POST",
        "/api/v1/apps",
        {"client_name": "R", "redirect_uris": ["https://a.example/", "https://b.example/"]},
    ),
}


def pairs_of(tree: Any, name: str = "") -> list[tuple[str, str]]:
    """The names and values of a form that says the same as a tree."""
    if isinstance(tree, dict):
        found = [pairs_of(value, f"{name}[{key}]" if name else key) for key, value in tree.items()]
    elif isinstance(tree, list):
        found = [pairs_of(value, f"{name}[]") for value in tree]
    else:
        return [(name, str(tree).lower() if isinstance(tree, bool) else str(tree))]
    return [pair for pairs in found for pair in pairs]


def timeless(content: Any) -> Any:
    """What was answered, without what differs from time to time."""
    if isinstance(content, dict):
        passing = re.compile(r"id|.*_at|.*_count|ur[il]|client_.*|version")
        return {key: timeless(value) for key, value in content.items() if not passing.fullmatch(key)}
    return [timeless(one) for one in content] if isinstance(content, list) else content


@pytest.mark.parametrize("what", WRITTEN)
async def test_json_a_form_and_a_multipart_form_do_the_same(acme: Company, what: str):
    method, path, tree = WRITTEN[what]
    multipart = FormData(default_to_multipart=True)
    for name, value in pairs_of(tree):
        multipart.add_field(name, value)
    async with apps_of(acme, "alice") as (alice,):
        answers = [
            await alice.call(method, path, **sent)
            for sent in ({"json": tree}, {"data": pairs_of(tree)}, {"data": multipart})
        ]
        assert [one.status for one in answers] == [200] * 3, answers
        first, *others = [timeless(one.content) for one in answers]
        assert others == [first, first]


WORDS = (
    *(
        "status",
        "media_ids",
        "poll",
        "in_reply_to_id",
        "scheduled_at",
        "visibility",
        "language",
        "title",
        "context",
    ),
    *(
        "keywords_attributes",
        "keyword",
        "phrase",
        "expires_in",
        "account_ids",
        "account_id",
        "id",
        "ids",
        "name",
    ),
    *(
        "choices",
        "home",
        "subscription",
        "data",
        "fields_attributes",
        "source",
        "note",
        "comment",
        "duration",
    ),
    *(
        "status_ids",
        "rule_ids",
        "category",
        "timeline",
        "domain",
        "keys",
        "start_at",
        "end_at",
        "type",
        "types",
    ),
    *("limit", "offset", "focus", "description", "quoted_status_id", "quote_approval_policy", "languages"),
)
WRONG = ([["x"]], {"a": {"b": []}}, 2**70, -1, True, None, "", "\0", "x" * 20_000)


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:20])
async def test_words_that_make_no_sense_break_nothing(unhurried: Company, value: Any):
    broken = []
    await unhurried.hire("it", is_admin=True)
    async with apps_of(unhurried, "zoe", "") as (zoe, it):
        it.token = await token_for(unhurried, "it", "read write follow push admin:read admin:write")
        ids = {"it": unhurried.people["it"].id, "zoe": unhurried.people["zoe"].id}
        for route, _ in by_token(unhurried):
            if OPEN_ENDED.fullmatch(route.path):
                continue
            app, other = (it, "zoe") if route.door is Door.ADMIN else (zoe, "it")
            path = filled(route.path, str(ids[other]))
            words = dict.fromkeys(WORDS, value)
            said = {"params": {key: str(one)[:100] for key, one in words.items()}}
            answer = await app.call(
                route.method, path, **(said if route.method == "GET" else {"json": words})
            )
            if answer.status >= 500:
                broken.append(f"{route.method} {route.path}: {answer.status}")
    assert "\n".join(broken) == ""
