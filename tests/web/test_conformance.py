"""Every answer of the client API has the documented attributes, with their types and nulls."""

import asyncio
import json
import re

import pytest

from instance.domain import announcement
from tests.nodes import PATIENCE_S, Company
from tests.web.checked import expected
from tests.web.client import apps_of
from tests.web.conformance_deeds import BY_IT, DEEDS, filled
from tests.web.conformance_world import World, a_world
from tests.web.entity_table import PLAIN, entities, faults
from tests.web.test_endpoints import endpoint, listed

Tied = tuple[Company, Company, Company]

# What fills the parameters of an address, by the word before them.
PARAMETERS = {
    "accounts": "zoe",
    "statuses": "status",
    "polls": "poll",
    "lists": "list",
    "list": "list",
    "filters": "filter",
    "keywords": "keyword",
    "scheduled_statuses": "scheduled",
    "media": "media",
    "notifications": "notification",
    "requests": "request",
    "reports": "report",
    "collections": "collection",
}
OTHERS = {"/api/v2/filters/statuses/:id": "filter_status", "/api/v1/filters/:id": "keyword"}
GROUPED = "/api/v2/notifications/:group_key"
QUERIES = {
    "/api/v1/accounts": {"id[]": "zoe"},
    "/api/v1/statuses": {"id[]": "status"},
    "/api/v1/accounts/relationships": {"id[]": "zoe"},
    "/api/v1/accounts/familiar_followers": {"id[]": "zoe"},
}
PLAIN_QUERIES = {
    "/api/v1/accounts/lookup": {"acct": "zoe"},
    "/api/v1/accounts/search": {"q": "zo"},
    "/api/v2/search": {"q": "frame"},
    "/api/v1/domain_blocks/preview": {"domain": "elsewhere.example"},
    "/api/v1/markers": {"timeline[]": "home"},
    "/api/v1/peers/search": {"q": "glob"},
}
NAMED = {"/api/v1/tags/:name": "frame", "/api/v1/timelines/tag/:hashtag": "frame"}
# Those that answer 404 here, as Mastodon's does without the thing.
ABSENT = re.compile(
    r"/api/v1/instance/terms_of_service.*|/api/v1/admin/(canonical_email|email_domain|ip|domain)_(block|allow)s/:id"
    r"|/api/v1/admin/tags/:id"
)


def address(world: World, path: str) -> str:
    """The path with its parameters filled in from what there is."""
    if path in NAMED:
        return re.sub(r":\w+", NAMED[path], path)
    if path.startswith(GROUPED):
        return path.replace(":group_key", world.ids["group"])
    if path.endswith("annual_reports/:year/state"):
        return path.replace(":year", "2026")
    if path in OTHERS:
        return re.sub(r":\w+", world.ids[OTHERS[path]], path)
    return re.sub(r"(\w+)/:\w+", lambda found: f"{found[1]}/{world.ids[PARAMETERS[found[1]]]}", path)


async def read_everything(world: World) -> dict[str, int]:
    """Ask for everything that can be read; the answer is what was refused."""
    refused = {}
    for row in expected():
        missing = endpoint(row.method, row.path) in listed("not_yet.csv")
        if row.method != "GET" or missing or ABSENT.fullmatch(row.path):
            continue
        query = {key: world.ids[name] for key, name in QUERIES.get(row.path, {}).items()}
        app = world.it if "/admin/" in row.path else world.alice
        answer = await app.call(
            "GET", address(world, row.path), params=query | PLAIN_QUERIES.get(row.path, {})
        )
        if answer.status not in {200, 206}:
            refused[row.path] = answer.status
    return refused


async def do_everything(world: World) -> list[str]:
    """Do every deed; the answer is what was refused."""
    refused = []
    for app, deeds in ((world.alice, DEEDS), (world.it, BY_IT)):
        for method, path, body in deeds:
            answer = await app.call(method, filled(path, world.ids), json=filled(body, world.ids))
            if answer.status != 200:
                refused.append(f"{method} {path}: {answer.status} {answer.content}")
    return refused


# Those that always refuse here, that need an app's secret, or whose answer another test looks at.
NOT_ASKED = re.compile(
    r".*/admin/((canonical_email|email_domain|ip|domain)_(block|allow)s(/:id)?|accounts/:id(/(approve|reject))?)"
    r"|.*/terms_of_service.*|/oauth/.*|/api/v1/media|/api/v1/filters/:id|/api/v1/notifications/:id"
    r"|/api/v1/follow_requests/.*|/api/v1/notifications/requests/:id/dismiss"
    r"|.*/items/:id(/revoke)?|.*/quotes/:quoting_status_id/revoke"
)


async def test_every_answer_is_as_documented(tied: Tied):
    acme, globex, _ = tied
    async with a_world(acme, globex) as world:
        assert await read_everything(world) == {}
        assert "\n".join(await do_everything(world)) == ""
        unseen = [row for row in expected() if row not in world.seen and not NOT_ASKED.fullmatch(row.path)]
        assert unseen == []
        if world.faults:
            pytest.fail("\n".join(sorted(world.faults)))


STREAMED = {
    "update": "Status",
    "status.update": "Status",
    "notification": "Notification",
    "conversation": "Conversation",
    "announcement": "Announcement",
    "announcement.reaction": "Streaming::Reaction",
}


async def test_what_streams_tell_is_as_documented(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        ear = await alice.socket(f"?access_token={alice.token}&stream=user")
        await ear.send_json({"type": "subscribe", "stream": "direct"})
        await alice.post(f"/api/v1/accounts/{acme.people['zoe'].id}/follow")
        await zoe.post("/api/v1/statuses", status="@alice between us", visibility="direct")
        made = await zoe.post("/api/v1/statuses", status="@alice the #frame")
        await zoe.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "@alice the #beam"})
        told = await acme.node.perform(lambda tx: announcement.add(tx, "The lift is out of order."))
        await zoe.call("PUT", f"/api/v1/announcements/{told.id}/reactions/👍")
        heard: dict[str, list[str]] = {}
        while not heard.keys() >= STREAMED.keys():
            event = json.loads((await asyncio.wait_for(ear.receive(), PATIENCE_S)).data)
            kind = STREAMED.get(event["event"], "any")
            heard[event["event"]] = faults(kind, json.loads(event["payload"]) if kind != "any" else None)
        await ear.close()
        assert {name: said for name, said in heard.items() if said} == {}


def test_every_type_in_the_table_is_defined():
    used = {
        re.sub(r"[\[\]]", "", attribute.type)
        for attributes in entities().values()
        for attribute in attributes.values()
    } | {row.kind.strip("[]") for row in expected()}
    assert {kind for kind in used if not kind.startswith("{")} <= entities().keys() | PLAIN.keys()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"id": "1", "status_id": "2"}, []),
        ({"id": 1, "status_id": "2"}, ["FilterStatus.id: 1 is no id"]),
        ({"id": "1"}, ["FilterStatus.status_id: missing"]),
        ({"id": "1", "status_id": None}, ["FilterStatus.status_id: null"]),
        ({"id": "1", "status_id": "2", "x": 1}, ["FilterStatus.x: not documented"]),
        ([], ["FilterStatus: [] is no object"]),
    ],
)
def test_what_does_not_agree_is_named(value: object, said: list[str]):
    assert faults("FilterStatus", value) == said
