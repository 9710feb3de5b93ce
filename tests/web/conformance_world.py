"""A small company with a bit of everything in it, for the tests that read every kind of answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from instance.domain import announcement, token
from tests.nodes import Company, agree, until
from tests.web.checked import Checked, Expected
from tests.web.client import App, apps_of
from tests.web.push_app import PushApp
from tests.web.test_media import a_picture, uploaded

OF_IT = "read write follow push profile admin:read admin:write"
OF_A_PERSON = "read write follow push profile"


@dataclass
class World:
    """The apps of alice and those around her; `ids` fill the parameters of addresses."""

    alice: Checked
    zoe: Checked
    max: Checked
    it: Checked
    bob: Checked
    faults: set[str] = field(default_factory=set)
    seen: set[Expected] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def a_world(acme: Company, globex: Company) -> AsyncIterator[World]:
    """Alice and zoe of acme with their IT, bob of globex, and what they have said and done."""
    await acme.hire("it", is_admin=True)
    async with apps_of(acme, "", "", "", "") as apps, apps_of(globex, "bob") as (bob,):
        faults: set[str] = set()
        seen: set[Expected] = set()
        made = await Checked(apps[0], faults, seen).post(
            "/api/v1/apps", client_name="Rope", redirect_uris="https://app.example/", scopes=OF_IT
        )
        for app, name in zip(apps, ("alice", "zoe", "max", "it"), strict=True):
            if name not in acme.people:
                await acme.hire(name)
            scopes = OF_IT if name == "it" else OF_A_PERSON
            app.token = await acme.node.perform(
                partial(token.issue, actor_id=acme.people[name].id, scopes=scopes, app_id=int(made["id"]))
            )
        world = World(*(Checked(app, faults, seen) for app in (*apps, bob)), faults, seen)
        for fill in (_people, _posts, _project, _own_things, _told):
            await fill(world, acme, globex)
        yield world


async def is_ready(app: App, media_id: str) -> bool:
    """Whether a picture can be posted: on a busy machine it is prepared after the answer."""
    return (await app.call("GET", f"/api/v1/media/{media_id}")).status == 200


async def said(app: App, status: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await app.post("/api/v1/statuses", status=status, **more)
    return made


async def _people(world: World, acme: Company, _: Company) -> None:
    for name in ("alice", "zoe", "max"):
        world.ids[name] = str(acme.people[name].id)
    ids = world.ids
    await world.alice.call(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        json={"note": "Frames", "fields_attributes": [{"name": "Room", "value": "12"}]},
    )
    await world.alice.post(f"/api/v1/accounts/{ids['zoe']}/follow")
    await world.zoe.post(f"/api/v1/accounts/{ids['alice']}/follow", notify=True)
    await world.alice.post(f"/api/v1/accounts/{ids['zoe']}/note", comment="Knows frames")
    await world.alice.post(f"/api/v1/accounts/{ids['zoe']}/endorse")
    await world.alice.post(f"/api/v1/accounts/{ids['max']}/mute", duration=3600)


async def _posts(world: World, _: Company, __: Company) -> None:
    alice, zoe, ids = world.alice, world.zoe, world.ids
    post = await said(alice, "@zoe the #frame is https://frames.example/ready", spoiler_text="careful")
    ids["status"] = post["id"]
    await alice.call("PUT", f"/api/v1/statuses/{post['id']}", json={"status": "@zoe the #frame is here"})
    await said(zoe, "@alice good", in_reply_to_id=post["id"], visibility="unlisted")
    for deed in ("favourite", "reblog"):
        await zoe.post(f"/api/v1/statuses/{post['id']}/{deed}")
    for deed in ("bookmark", "favourite", "pin", "mute", "unmute"):
        await alice.post(f"/api/v1/statuses/{post['id']}/{deed}")
    asked = await said(alice, "Which?", poll={"options": ["a", "b"], "expires_in": 3600, "multiple": True})
    ids["poll"] = asked["poll"]["id"]
    await zoe.post(f"/api/v1/polls/{ids['poll']}/votes", choices=[1])
    media = (await uploaded(alice, a_picture(), description="The frame")).content
    await until(lambda: is_ready(alice, media["id"]))
    await said(alice, "Look", media_ids=[media["id"]])
    ids["media"] = (await uploaded(alice, a_picture(), description="Another")).content["id"]
    await said(zoe, "@alice between us", visibility="direct")
    gone = await said(alice, "Never mind")
    await alice.call("DELETE", f"/api/v1/statuses/{gone['id']}")


async def _project(world: World, acme: Company, globex: Company) -> None:
    asked = await said(world.alice, "@apollo Who has the key?")
    world.ids["project_status"] = asked["id"]
    await agree(acme, globex)
    (seen,) = await world.bob.get("/api/v1/timelines/home")
    await said(world.bob, "I do", in_reply_to_id=seen["id"])
    await world.bob.post(f"/api/v1/statuses/{seen['id']}/favourite")
    await agree(acme, globex)


async def _own_things(world: World, _: Company, __: Company) -> None:
    alice, ids = world.alice, world.ids
    ids["list"] = (await alice.post("/api/v1/lists", title="Frames"))["id"]
    await alice.post(f"/api/v1/lists/{ids['list']}/accounts", account_ids=[ids["zoe"]])
    made = await alice.post(
        "/api/v2/filters",
        title="Noise",
        context=["home", "thread"],
        filter_action="warn",
        keywords_attributes=[{"keyword": "good", "whole_word": True}],
    )
    ids["filter"], ids["keyword"] = made["id"], made["keywords"][0]["id"]
    ids["filter_status"] = (
        await alice.post(f"/api/v2/filters/{ids['filter']}/statuses", status_id=ids["status"])
    )["id"]
    at = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="milliseconds")
    poll = {"options": ["a", "b"], "expires_in": 600}
    ids["later"] = (datetime.now(UTC) + timedelta(hours=2)).isoformat(timespec="milliseconds")
    ids["scheduled"] = (await said(alice, "Later", scheduled_at=at, poll=poll))["id"]
    await alice.post("/api/v1/tags/frame/follow")
    ids["featured"] = (await alice.post("/api/v1/featured_tags", name="frame"))["id"]
    await alice.post("/api/v1/push/subscription", **PushApp().asking("https://push.example/1", "mention"))
    await alice.post("/api/v1/domain_blocks", domain="elsewhere.example")
    wanted = {"name": "Good people", "account_ids": [ids["zoe"]]}
    ids["collection"] = (await alice.post("/api/v1/collections", **wanted))["collection"]["id"]


async def _told(world: World, acme: Company, _: Company) -> None:
    """What others have done is told; of somebody whom alice does not know only after a look."""
    alice, ids = world.alice, world.ids
    told = await acme.node.perform(lambda tx: announcement.add(tx, "Ask @zoe about #frame"))
    ids["announcement"] = str(told.id)
    await alice.call("PATCH", "/api/v2/notifications/policy", json={"for_not_following": "filter"})
    await alice.post(f"/api/v1/accounts/{ids['max']}/unmute")
    await said(world.max, "@alice hello")
    report = {"account_id": ids["max"], "comment": "Noise", "category": "violation", "rule_ids": ["1"]}
    await alice.post("/api/v1/reports", **report)
    (filed,) = await world.it.get("/api/v1/admin/reports")
    ids["report"] = filed["id"]
    ids["allowed"] = (await world.it.get("/api/v1/admin/domain_allows"))[0]["id"]
    ids["tag"] = (await world.it.get("/api/v1/admin/tags"))[0]["id"]
    days = {"start_at": "2026-01-01", "end_at": "2026-01-03"}
    await world.it.post("/api/v1/admin/measures", keys=["interactions", "new_users"], **days)
    await world.it.post("/api/v1/admin/dimensions", keys=["languages", "software_versions"], **days)
    await world.it.post("/api/v1/admin/retention", frequency="day", **days)

    async def kinds() -> set[str]:
        return {one["type"] for one in await alice.get("/api/v1/notifications")}

    await until(lambda: _has(kinds, {"mention", "favourite", "reblog", "follow"}))
    newest, *_ = await alice.get("/api/v1/notifications")
    (waiting,) = await alice.get("/api/v1/notifications/requests")
    ids |= {"notification": newest["id"], "request": waiting["id"]}
    groups = (await alice.get("/api/v2/notifications"))["notification_groups"]
    ids["group"] = groups[0]["group_key"]
    (talk,) = await alice.get("/api/v1/conversations")
    ids["conversation"] = talk["id"]
    await alice.post("/api/v1/markers", home={"last_read_id": ids["status"]})


async def _has(kinds: Any, wanted: set[str]) -> bool:
    return wanted <= await kinds()
