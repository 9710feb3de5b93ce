"""Masto.js, the library of Elk and Phanpy, works with a node of ours: what these apps do, it does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.nodes import Company, a_company, running
from tests.third_party.app import Refused, an_app, as_file
from tests.third_party.partner import require_fedify
from tests.web.test_media import a_picture
from web.app import build_app

require_fedify()


@pytest_asyncio.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Company]:
    async with running(a_company(tmp_path, "acme", app_of=build_app)) as (company,):
        yield company


async def test_posts_are_written_answered_and_marked(acme: Company):
    async with an_app(acme, "alice", "zoe") as (alice, zoe):
        made = await alice("v1/statuses/create", status="The #frame", spoilerText="s", language="en")
        post = f"v1/statuses/:{made['id']}"
        assert (made["content"][:8], made["spoilerText"]) == ("<p>The <", "s")
        answer = await zoe("v1/statuses/create", status="@alice yes", inReplyToId=made["id"])
        assert [one["id"] for one in (await alice(f"{post}/context/fetch"))["descendants"]] == [answer["id"]]
        for deed, mark in (("favourite", "favourited"), ("bookmark", "bookmarked"), ("reblog", "reblogged")):
            shown = await zoe(f"{post}/{deed}")
            assert (shown["reblog"] or shown)[mark]
            assert not (await zoe(f"{post}/un{deed}"))[mark]
        assert (await alice(f"{post}/pin"))["pinned"]
        assert (await alice(f"{post}/mute"))["muted"]
        changed = await alice(f"{post}/update", status="The beam")
        assert changed["editedAt"]
        assert (await alice(f"{post}/source/fetch"))["text"] == "The beam"
        assert len(await alice(f"{post}/history/list")) == 2
        assert (await alice(f"{post}/remove"))["text"] == "The beam"
        with pytest.raises(Refused) as refused:
            await alice(f"{post}/fetch")
        assert refused.value.status == 404


async def test_a_picture_and_a_poll(acme: Company):
    async with an_app(acme, "alice", "zoe") as (alice, zoe):
        media = await alice("v2/media/create", file=as_file(a_picture()), description="The frame")
        shown = await alice("v1/statuses/create", status="Look", mediaIds=[media["id"]])
        assert [one["description"] for one in shown["mediaAttachments"]] == ["The frame"]
        asked = await alice(
            "v1/statuses/create", status="Which?", poll={"options": ["a", "b"], "expiresIn": 600}
        )
        voted = await zoe(f"v1/polls/:{asked['poll']['id']}/votes/create", choices=[1])
        assert (voted["ownVotes"], [one["votesCount"] for one in voted["options"]]) == ([1], [0, 1])


async def test_a_timeline_is_read_page_by_page(acme: Company):
    async with an_app(acme, "alice") as (alice,):
        made = [(await alice("v1/statuses/create", status=str(n)))["id"] for n in range(5)][::-1]
        assert await alice.pages("v1/timelines/home/list", 3, limit=2) == [made[:2], made[2:4], made[4:]]


async def test_people_lists_and_filters(acme: Company):
    async with an_app(acme, "alice", "zoe") as (alice, zoe):
        person = await alice("v1/accounts/lookup", acct="zoe")
        assert (await alice(f"v1/accounts/:{person['id']}/follow"))["following"]
        (stands,) = await alice("v1/accounts/relationships/fetch", id=[person["id"]])
        assert stands["following"]
        made = await alice("v1/lists/create", title="Frames")
        await alice(f"v1/lists/:{made['id']}/accounts/create", accountIds=[person["id"]])
        assert [one["acct"] for one in await alice(f"v1/lists/:{made['id']}/accounts/list")] == ["zoe"]
        said = await zoe("v1/statuses/create", status="some noise")
        words = [{"keyword": "noise", "wholeWord": True}]
        await alice(
            "v2/filters/create",
            title="Noise",
            context=["home"],
            filterAction="warn",
            keywordsAttributes=words,
        )
        shown = await alice(f"v1/statuses/:{said['id']}/fetch")
        assert [one["filter"]["title"] for one in shown["filtered"]] == ["Noise"]
        me = await alice("v1/accounts/updateCredentials", note="Frames", source={"privacy": "unlisted"})
        assert (me["source"]["note"], me["source"]["privacy"]) == ("Frames", "unlisted")


async def test_notifications_one_by_one_and_in_groups(acme: Company):
    async with an_app(acme, "alice", "zoe") as (alice, zoe):
        made = await alice("v1/statuses/create", status="hello")
        await zoe(f"v1/statuses/:{made['id']}/favourite")
        await zoe("v1/statuses/create", status="@alice hi")
        assert [one["type"] for one in await alice("v1/notifications/list")] == ["mention", "favourite"]
        grouped = await alice("v2/notifications/list", groupedTypes=["favourite"])
        assert [one["type"] for one in grouped["notificationGroups"]] == ["mention", "favourite"]
        assert (await alice("v2/notifications/policy/fetch"))["forNotFollowing"] == "accept"
        await alice("v1/notifications/clear")
        assert await alice("v1/notifications/list") == []


async def test_what_an_app_asks_at_its_start(acme: Company):
    async with an_app(acme, "alice") as (alice,):
        instance = await alice("v2/instance/fetch")
        assert (instance["domain"], instance["apiVersions"]["mastodon"]) == (acme.host, 10)
        assert (await alice("v1/accounts/verifyCredentials"))["acct"] == "alice"
        assert (await alice("v1/preferences/fetch"))["posting:default:visibility"] == "public"
        assert await alice("v1/customEmojis/list") == await alice("v1/announcements/list") == []
        found = await alice("v2/search/list", q="alice", type="accounts")
        assert [one["acct"] for one in found["accounts"]] == ["alice"]
        assert (await alice("v1/tags/:frame/fetch"))["name"] == "frame"
        assert await alice("v1/conversations/list") == await alice("v2/filters/list") == []


async def test_a_stream_tells_what_happens(acme: Company):
    async with an_app(acme, "alice", "zoe") as (alice, zoe):
        await alice.listen("user")
        made = await alice("v1/statuses/create", status="mine")
        await alice.heard(1)  # what is gone when its turn comes is told no more: each is waited for
        await alice(f"v1/statuses/:{made['id']}/update", status="changed")
        await alice.heard(2)
        await alice(f"v1/statuses/:{made['id']}/remove")
        await zoe("v1/statuses/create", status="@alice hi")
        told = await alice.heard(4)
        assert [one["event"] for one in told] == ["update", "status.update", "delete", "notification"]
        assert told[0]["payload"]["content"] == "<p>mine</p>"
        assert told[3]["payload"]["status"]["account"]["acct"] == "zoe"
