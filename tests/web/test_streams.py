"""Which stream tells of what: media, hashtags, the company and the projects, and who is told on each."""

import asyncio
from typing import Any

import orjson
import pytest

from tests.nodes import Company
from tests.web.client import apps_of, token_for
from tests.web.test_feeds import reading
from tests.web.test_media import a_picture, uploaded
from tests.web.test_streaming import SOON_S, follow, heard, listening, silent

Tied = tuple[Company, Company, Company]


async def places(ear: Any, count: int) -> list[tuple[list[str], str, str]]:
    """The next events: on which stream, what, and about which status."""
    found = [await heard(ear) for _ in range(count)]
    return [(stream, event, said if event == "delete" else said["id"]) for stream, event, said in found]


async def test_a_post_with_a_picture_is_told_on_the_streams_of_media_too(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        every, pictures = await listening(zoe, "public:local"), await listening(zoe, "public:local:media")
        words = await alice.post("/api/v1/statuses", status="words")
        picture = (await uploaded(alice, a_picture(), path="/api/v1/media")).content["id"]
        shown = await alice.post("/api/v1/statuses", status="look", media_ids=[picture])
        wanted = [(["public:local"], "update", words["id"]), (["public:local"], "update", shown["id"])]
        assert await places(every, 2) == wanted
        assert await places(pictures, 1) == [(["public:local:media"], "update", shown["id"])]
        await alice.call("DELETE", f"/api/v1/statuses/{shown['id']}")
        assert await places(pictures, 1) == [(["public:local:media"], "delete", shown["id"])]


async def test_a_picture_of_a_project_is_told_on_the_streams_of_all_projects(tied: Tied):
    acme = tied[0]
    await acme.hire("zoe")
    await acme.join("zoe")
    async with apps_of(acme, "alice", "zoe", "eve") as (alice, zoe, eve):
        names = ("public:media", "public:remote:media", "public:local:media")
        ear, other = await listening(zoe, *names), await listening(eve, *names)
        picture = (await uploaded(alice, a_picture(), path="/api/v1/media")).content["id"]
        shown = await alice.post("/api/v1/statuses", status="@apollo look", media_ids=[picture])
        assert await places(ear, 2) == [
            (["public:media"], "update", shown["id"]),
            (["public:remote:media"], "update", shown["id"]),
        ]
        assert await silent(ear)
        assert await silent(other)


async def test_a_hashtag_is_told_in_the_words_of_the_app_that_listens(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        ear = await listening(zoe, "hashtag", "hashtag:local", tag="Été")
        other = await listening(zoe, "hashtag", tag="hiver")
        first = await alice.post("/api/v1/statuses", status="enfin #ete")
        answer = await alice.post("/api/v1/statuses", status="oui #ÉTÉ", in_reply_to_id=first["id"])
        for made in (first, answer):
            assert sorted(await places(ear, 2)) == [
                (["hashtag", "Été"], "update", made["id"]),
                (["hashtag:local", "Été"], "update", made["id"]),
            ]
        await alice.call("DELETE", f"/api/v1/statuses/{first['id']}")
        assert {event for _, event, _ in await places(ear, 2)} == {"delete"}
        await other.receive_str(timeout=SOON_S)  # that an id is gone says nothing
        assert await silent(other)


async def test_a_hashtag_in_a_project_is_told_to_its_people_alone(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice", "eve") as (alice, eve), apps_of(globex, "bob") as (bob,):
        ears = [await listening(app, "hashtag", "hashtag:local", tag="rope") for app in (alice, eve, bob)]
        made = await alice.post("/api/v1/statuses", status="@apollo #rope")
        assert await places(ears[0], 1) == [(["hashtag", "rope"], "update", made["id"])]
        stream, event, status = await heard(ears[2])
        assert (stream, event, status["uri"]) == (["hashtag", "rope"], "update", made["uri"])
        for ear in ears:
            assert await silent(ear)


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct"])
async def test_what_is_not_for_everybody_is_on_no_hashtag(acme: Company, visibility: str):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        ear = await listening(zoe, "hashtag", "hashtag:local", tag="rope")
        await alice.post("/api/v1/statuses", status="@alice #rope", visibility=visibility)
        assert await silent(ear)


async def test_a_hashtag_has_a_name(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        ear = await alice.socket(f"?stream=hashtag&access_token={alice.token}")
        said = orjson.loads(await ear.receive_str(timeout=SOON_S))
        assert said == {"error": "Missing tag name parameter", "status": 400}
        answer = await alice.call("GET", "/api/v1/streaming/hashtag")
        assert (answer.status, answer.content) == (400, {"error": "Missing tag name parameter"})


@pytest.mark.parametrize("way", ["mute", "block"])
async def test_who_does_not_want_to_read_somebody_is_told_nothing_of_them(acme: Company, way: str):
    async with apps_of(acme, "alice", "zoe", "eve") as (alice, zoe, eve):
        alice_id = acme.people["alice"].id
        await zoe.post(f"/api/v1/accounts/{alice_id}/{way}")
        ears = [await listening(app, "public:local", "hashtag", tag="rope") for app in (eve, zoe)]
        await alice.post("/api/v1/statuses", status="#rope")
        assert [stream for stream, _, _ in await places(ears[0], 2)] == [
            ["public:local"],
            ["hashtag", "rope"],
        ]
        assert await silent(ears[1])


async def test_who_is_blocked_is_told_nothing_whoever_else_listens(acme: Company):
    async with apps_of(acme, "alice", "eve", "zoe") as (alice, eve, zoe):
        await alice.post(f"/api/v1/accounts/{acme.people['zoe'].id}/block")
        ears = [await listening(app, "public:local") for app in (eve, zoe)]
        made = await alice.post("/api/v1/statuses", status="hello")
        assert await places(ears[0], 1) == [(["public:local"], "update", made["id"])]
        await alice.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "changed"})
        assert await places(ears[0], 1) == [(["public:local"], "status.update", made["id"])]
        assert await silent(ears[1])


async def test_a_token_that_may_not_read_notifications_is_told_none(acme: Company):
    await acme.hire("zoe")
    async with apps_of(acme, "alice", "zoe", "") as (alice, whole, part):
        await follow(whole, "alice")
        part.token = await token_for(acme, "zoe", "read:statuses")
        ears = [await listening(app, "user") for app in (whole, part)]
        made = await alice.post("/api/v1/statuses", status="@zoe hello")
        assert {event for _, event, _ in [await heard(ears[0]) for _ in range(2)]} == {
            "update",
            "notification",
        }
        assert await places(ears[1], 1) == [(["user"], "update", made["id"])]
        assert await silent(ears[1])


async def fed(feed: Any) -> tuple[str, str]:
    name, data = await feed.event()
    return name, orjson.loads(data)["id"]


@pytest.mark.parametrize(
    "path", ["hashtag?tag=rope", "hashtag/local?tag=Rope", "public/local?only_media=true"]
)
async def test_every_stream_is_a_feed_as_well(acme: Company, path: str):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe), reading(zoe, path) as feed:
        await alice.post("/api/v1/statuses", status="words")
        picture = (await uploaded(alice, a_picture(), path="/api/v1/media")).content["id"]
        made = await alice.post("/api/v1/statuses", status="#rope", media_ids=[picture])
        assert await asyncio.wait_for(fed(feed), SOON_S) == ("update", made["id"])


@pytest.mark.parametrize("path", ["nothing", "nothing/"])
async def test_a_stream_that_there_is_not_is_told_so(acme: Company, path: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("GET", f"/api/v1/streaming/{path}")
        assert (answer.status, answer.content) == (400, {"error": "Unknown channel requested"})


async def test_a_list_needs_no_more_than_its_statuses(tied: Tied):
    acme = tied[0]
    async with apps_of(acme, "alice", "") as (alice, app):
        (project,) = await alice.get("/api/v1/lists")
        app.token = await token_for(acme, "alice", "read:statuses")
        ear = await listening(app, "list", list=project["id"])
        made = await alice.post("/api/v1/statuses", status="@apollo inside")
        assert await places(ear, 1) == [(["list", project["id"]], "update", made["id"])]


async def test_an_edit_is_told_where_the_post_stands_and_to_nobody_who_may_not_read_it(tied: Tied):
    acme = tied[0]
    async with apps_of(acme, "alice", "zoe", "eve") as (alice, zoe, eve):
        await follow(zoe, "alice")
        streams = ("user", "public:local", "public", "hashtag")
        at_home, other = [await listening(app, *streams, tag="rope") for app in (zoe, eve)]
        private = await alice.post("/api/v1/statuses", status="#rope", visibility="private")
        inside = await alice.post("/api/v1/statuses", status="@apollo #rope")
        assert await places(at_home, 1) == [(["user"], "update", private["id"])]
        for made in (private, inside):
            await alice.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "changed #rope"})
        assert await places(at_home, 1) == [(["user"], "status.update", private["id"])]
        assert await silent(at_home)
        assert await silent(other)
