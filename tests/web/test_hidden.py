"""What somebody may not read is not there, at every single route: the id of a hidden thing gets, to the byte, the answer of an id that never was."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from instance import ids
from instance.domain import hearing
from tests.nodes import three_nodes
from tests.web.client import Answer, App, apps_of
from tests.web.pages import reader
from web import doors
from web.app import build_app
from web.limits import Limit, Limits

OFTEN = Limit(10**6, 300)
MANY = Limits(api=OFTEN, media=OFTEN, anonymous=OFTEN, files=OFTEN)
PARAMETER = re.compile(r"\{[^}]+\}")
# A GET of these waits for what comes; who may listen to what is in test_streaming.
WAITS = "/api/v1/streaming"
# What the verbs ask for, so that none ends before it has looked for the thing.
BODY = {
    "choices": [0],
    "status": "It fits",
    "comment": "so",
    "title": "Rope",
    "keyword": "rope",
    "context": ["home"],
    "quote_approval_policy": "nobody",
    "scheduled_at": "2099-01-01T00:00:00Z",
}
# Where an id stands elsewhere than in the path.
IN_QUERY = (
    "/api/v1/statuses?id[]={id}",
    "/api/v1/accounts/relationships?id[]={id}",
    "/api/v1/search?q=https://{host}/posts/{id}&resolve=true",
    "/api/v2/search?q=https://{host}/posts/{id}&resolve=true",
    "/app/search?q=https://{host}/posts/{id}",
)
IN_BODY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/api/v1/statuses", {"status": "It fits", "in_reply_to_id": "{id}"}),
    ("POST", "/api/v1/statuses", {"status": "See this", "quoted_status_id": "{id}"}),
    ("POST", "/api/v1/statuses", {"status": "Look", "media_ids": ["{id}"]}),
    ("POST", "/api/v1/lists/{mine}/accounts", {"account_ids": ["{id}"]}),
    ("POST", "/api/v2/filters/{filter}/statuses", {"status_id": "{id}"}),
    ("POST", "/api/v1/collections/{id}/items", {"account_id": "{id}"}),
    ("POST", "/api/v1/reports", {"account_id": "{id}"}),
)


class Hidden(NamedTuple):
    """Zoe's app, and by what it is what she may not read: ids of posts, and of what others have for themselves."""

    zoe: App
    things: dict[str, str]
    mine: dict[str, str]


@asynccontextmanager
async def a_company_with_secrets(directory: Path) -> AsyncIterator[Hidden]:
    """Acme, where zoe is in no project, follows nobody, and is blocked by yan."""
    async with (
        three_nodes(directory, app_of=partial(build_app, limits=MANY)) as (acme, _, _),
        apps_of(acme, "alice", "yan", "zoe") as (alice, yan, zoe),
    ):
        yans, zoes = acme.people["yan"], acme.people["zoe"]
        poll = {"options": ["M8", "M10"], "expires_in": 3600}
        inside = await acme.post("alice", "inside the project")
        things = {
            "project": str(inside.id),
            "answer": str((await acme.post("alice", "and more", in_reply_to_id=inside.id)).id),
            "private": (await alice.post("/api/v1/statuses", status="p", visibility="private", poll=poll))[
                "id"
            ],
            "direct": (await alice.post("/api/v1/statuses", status="@yan psst", visibility="direct"))["id"],
            "blocked": (await yan.post("/api/v1/statuses", status="not for zoe"))["id"],
            "deleted": (await alice.post("/api/v1/statuses", status="a slip"))["id"],
            "later": (await alice.post("/api/v1/statuses", status="l", scheduled_at="2099-01-01T00:00:00Z"))[
                "id"
            ],
            "list": (await alice.post("/api/v1/lists", title="Rope"))["id"],
            "filter": (await alice.post("/api/v2/filters", title="f", context=["home"]))["id"],
            "conversation": (await alice.get("/api/v1/conversations"))[0]["id"],
            "notification": (await yan.get("/api/v1/notifications"))[0]["id"],
        }
        await alice.call("DELETE", f"/api/v1/statuses/{things['deleted']}")
        await acme.node.perform(lambda tx: hearing.block(tx, yans, zoes.id))
        mine = {
            "mine": (await zoe.post("/api/v1/lists", title="Mine"))["id"],
            "filter": (await zoe.post("/api/v2/filters", title="f", context=["home"]))["id"],
        }
        yield Hidden(zoe, things, mine)


def paths(app: App) -> Iterator[tuple[str, str]]:
    """Method and path of every route that has something in its path."""
    for route in build_app(app.company.node)[doors.ROUTES]:
        if PARAMETER.search(route.path) and "{tail" not in route.path and not route.path.startswith(WAITS):
            yield ("GET" if route.method == "*" else route.method), route.path


def plain(answer: Answer, thing: str) -> tuple[int, str]:
    """What came back, with the id that was asked for taken out: an answer may repeat it."""
    text = re.sub(r'name="csrf" value="[^"]*"', "", str(answer.content))
    return answer.status, text.replace(thing, "")


async def test_at_every_route_a_hidden_thing_is_one_that_never_was(tmp_path: Path):
    async with a_company_with_secrets(tmp_path) as (zoe, things, _):
        never = str(ids.snowflake(zoe.company.clock()))
        for method, path in paths(zoe):
            right = plain(await zoe.call(method, PARAMETER.sub(never, path), json=BODY), never)
            for what, thing in things.items():
                answer = await zoe.call(method, PARAMETER.sub(thing, path), json=BODY)
                assert plain(answer, thing) == right, (method, path, what)


async def test_on_every_page_a_hidden_thing_is_one_that_never_was(tmp_path: Path):
    async with a_company_with_secrets(tmp_path) as (zoe, things, _), reader(zoe.company, "zoe") as page:
        never = str(ids.snowflake(zoe.company.clock()))
        pages = [path for method, path in paths(zoe) if method == "GET" and path.startswith("/app/")]
        assert pages
        for path in pages:
            right = plain(await page.get(PARAMETER.sub(never, path)), never)
            for what, thing in things.items():
                answer = await page.get(PARAMETER.sub(thing, path))
                assert plain(answer, thing) == right, (path, what)


async def test_named_elsewhere_than_in_the_path_a_hidden_thing_is_one_that_never_was(tmp_path: Path):
    async with a_company_with_secrets(tmp_path) as (zoe, things, mine):
        never, host = str(ids.snowflake(zoe.company.clock())), zoe.company.host

        async def asked(thing: str) -> list[tuple[int, str]]:
            answers = [await zoe.call("GET", path.format(id=thing, host=host)) for path in IN_QUERY]
            for method, path, body in IN_BODY:
                said = {key: _with(value, thing) for key, value in body.items()}
                answers.append(await zoe.call(method, path.format(id=thing, **mine), json=said))
            return [plain(answer, thing) for answer in answers]

        right = await asked(never)
        for what, thing in things.items():
            assert await asked(thing) == right, what


def _with(value: Any, thing: str) -> Any:
    return [thing] if isinstance(value, list) else value.replace("{id}", thing)


async def test_what_is_hidden_from_zoe_is_there_for_who_may_read_it(tmp_path: Path):
    """So that the walks above say something."""
    async with (
        a_company_with_secrets(tmp_path) as (zoe, things, _),
        apps_of(zoe.company, "alice") as (alice,),
    ):
        for what, path in product(("project", "answer", "private", "direct"), ("", "/context", "/source")):
            await alice.get(f"/api/v1/statuses/{things[what]}{path}")
