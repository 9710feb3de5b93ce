"""Hashtags: what is shown of them, their timelines, following and featuring them."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.nodes import Company, agree
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]


async def say(app: App, words: str, **more: Any) -> Any:
    return await app.post("/api/v1/statuses", status=words, **more)


async def tagged(app: App, name: str, **query: Any) -> list[str]:
    """The ids of a tag's timeline."""
    return [one["id"] for one in await app.get(f"/api/v1/timelines/tag/{quote(name)}", **query)]


async def home(app: App) -> list[str]:
    return [one["id"] for one in await app.get("/api/v1/timelines/home")]


# What is shown


async def test_the_hashtags_of_a_post_are_listed_and_linked_to_the_same_page(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await say(alice, "The #Châssis, not the #moteur, `#code`")
        url = f"{acme.config.base_url}/app/tags/"
        assert made["tags"] == [
            {"name": "châssis", "url": f"{url}ch%C3%A2ssis"},
            {"name": "moteur", "url": f"{url}moteur"},
        ]
        assert (
            f'<a href="{url}ch%C3%A2ssis" class="mention hashtag" rel="tag">#<span>Châssis</span></a>'
            in made["content"]
        )


async def test_an_edit_changes_the_hashtags(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await say(alice, "#before")
        changed = await alice.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "#after"})
        assert [tag["name"] for tag in changed.content["tags"]] == ["after"]
        assert await tagged(alice, "before") == []
        assert await tagged(alice, "after") == [made["id"]]


async def test_a_deleted_post_has_no_hashtags_left(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await say(alice, "#gone")
        assert (await alice.get("/api/v1/tags/gone"))["history"][0]["uses"] == "1"
        await alice.call("DELETE", f"/api/v1/statuses/{made['id']}")
        assert await tagged(alice, "gone") == []
        assert (await alice.get("/api/v1/tags/gone"))["history"][0]["uses"] == "0"


async def test_a_partners_hashtags_are_listed_and_lead_to_our_pages(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await say(alice, "@apollo The #Étude")
        await agree(acme, globex)
        (seen,) = await bob.get("/api/v1/timelines/home")
        url = f"{globex.config.base_url}/app/tags/%C3%A9tude"
        assert seen["tags"] == [{"name": "étude", "url": url}]
        assert f'<a href="{url}" class="mention hashtag" rel="tag">#<span>Étude</span></a>' in seen["content"]
        assert await tagged(bob, "etude") == [seen["id"]]


async def test_a_partners_edit_and_delete_change_the_hashtags(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = await say(alice, "@apollo #before")
        await alice.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "@apollo #after"})
        await agree(acme, globex)
        assert await tagged(bob, "before") == []
        assert len(await tagged(bob, "after")) == 1
        await alice.call("DELETE", f"/api/v1/statuses/{made['id']}")
        await agree(acme, globex)
        assert await tagged(bob, "after") == []


# Timelines


@pytest.mark.parametrize("name", ["Été", "ete", "ÉTÉ", "E\u0301te\u0301"])
async def test_a_hashtag_is_one_whatever_its_case_and_accents(acme: Company, name: str):
    async with apps_of(acme, "alice") as (alice,):
        made = await say(alice, "#été")
        assert await tagged(alice, name) == [made["id"]]


async def test_a_hashtag_shows_a_project_only_to_those_in_it(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        inside = await say(alice, "@apollo #frame")
        outside = await say(alice, "#frame")
        assert await tagged(alice, "frame") == [outside["id"], inside["id"]]
        assert await tagged(zoe, "frame") == [outside["id"]]


@pytest.mark.parametrize(
    ("visibility", "shown"), [("public", 1), ("unlisted", 0), ("private", 0), ("direct", 0)]
)
async def test_a_hashtag_shows_of_the_company_what_its_timeline_shows(
    acme: Company, visibility: str, shown: int
):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await say(alice, "#frame", visibility=visibility)
        assert len(await tagged(zoe, "frame")) == shown


async def test_local_is_the_company_and_remote_the_projects(tied: Tied):
    async with apps_of(tied[0], "alice") as (alice,):
        inside = await say(alice, "@apollo #frame")
        outside = await say(alice, "#frame")
        assert await tagged(alice, "frame", local="true") == [outside["id"]]
        assert await tagged(alice, "frame", remote="true") == [inside["id"]]


async def test_more_hashtags_widen_or_narrow_a_timeline(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        one, two, both = [(await say(alice, words))["id"] for words in ("#a", "#b", "#a #b")]
        assert await tagged(alice, "a", **{"any[]": "b"}) == [both, two, one]
        assert await tagged(alice, "a", **{"all[]": "b"}) == [both]
        assert await tagged(alice, "a", **{"none[]": "b"}) == [one]
        assert await tagged(alice, "a", **{"all[]": "never"}) == []
        assert await tagged(alice, "a", **{"none[]": "never"}) == [both, one]


async def test_only_media_leaves_out_what_has_none(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        await say(alice, "#frame")
        assert await tagged(alice, "frame", only_media="true") == []


async def test_a_hashtag_is_read_in_pages(tied: Tied):
    async with apps_of(tied[0], "alice") as (alice,):
        ids = [(await say(alice, f"{place} #frame"))["id"] for place in ("", "@apollo", "", "@apollo")]
        first = await alice.call("GET", "/api/v1/timelines/tag/frame", params={"limit": "3"})
        assert [one["id"] for one in first.content] == ids[:0:-1]
        assert f'max_id={ids[1]}>; rel="next"' in first.headers["Link"]
        assert await tagged(alice, "frame", max_id=ids[1]) == [ids[0]]
        assert await tagged(alice, "frame", min_id=ids[0], limit="2") == [ids[2], ids[1]]
        assert await tagged(alice, "frame", since_id=ids[0], limit="2") == [ids[3], ids[2]]


@pytest.mark.parametrize("name", ["42", "a b", "a-b", "%"])
async def test_what_cannot_be_a_hashtag_is_not_found(acme: Company, name: str):
    async with apps_of(acme, "alice") as (alice,):
        path = f"/api/v1/tags/{quote(name)}"
        assert (await alice.call("GET", path)).status == 404
        assert (await alice.call("POST", f"{path}/follow")).status == 404


# How often


async def test_a_hashtag_of_a_project_looks_to_others_as_if_nobody_used_it(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        before = await zoe.get("/api/v1/tags/secret")
        await say(alice, "@apollo #SECRET")
        await alice.post("/api/v1/tags/SECRET/follow")
        assert await zoe.get("/api/v1/tags/secret") == before
        assert (await alice.get("/api/v1/tags/secret"))["history"][0]["uses"] == "1"


async def test_a_hashtag_nobody_has_used_is_shown_as_such(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        shown = await alice.get("/api/v1/tags/Never")
        assert (shown["name"], shown["following"], shown["featuring"]) == ("Never", False, False)
        assert [(day["uses"], day["accounts"]) for day in shown["history"]] == [("0", "0")] * 7


async def test_the_history_counts_what_the_viewer_may_read(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        for words in ("#Frame", "@apollo #frame", "#frame"):
            await say(alice, words)
        await say(zoe, "#frame")
        mine = await alice.get("/api/v1/tags/frame")
        assert mine["name"] == "frame"
        assert (mine["history"][0]["uses"], mine["history"][0]["accounts"]) == ("4", "2")
        assert (await zoe.get("/api/v1/tags/frame"))["history"][0]["uses"] == "3"


# Following


async def test_posts_with_a_followed_hashtag_come_home_until_it_is_followed_no_longer(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        followed = await zoe.post("/api/v1/tags/Frame/follow")
        assert (followed["name"], followed["following"]) == ("Frame", True)
        made = await say(alice, "#frame")
        await say(alice, "#other")
        assert await home(zoe) == [made["id"]]
        assert [tag["name"] for tag in await zoe.get("/api/v1/followed_tags")] == ["Frame"]
        assert (await zoe.post("/api/v1/tags/frame/unfollow"))["following"] is False
        assert await home(zoe) == []
        assert await zoe.get("/api/v1/followed_tags") == []


async def test_a_followed_hashtag_brings_home_nothing_that_was_not_for_everybody(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        await zoe.post("/api/v1/tags/frame/follow")
        await say(alice, "@apollo #frame")
        await say(alice, "#frame", visibility="private")
        await say(alice, "@alice #frame", visibility="direct")
        assert await home(zoe) == []


async def test_what_is_at_home_for_another_reason_stays_when_a_hashtag_is_unfollowed(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, max_):
        for name in ("frame", "wheel"):
            await zoe.post(f"/api/v1/tags/{name}/follow")
        author = (await alice.get("/api/v1/accounts/verify_credentials"))["id"]
        await zoe.post(f"/api/v1/accounts/{author}/follow")
        kept = [
            (await say(alice, "#frame"))["id"],
            (await say(zoe, "#frame"))["id"],
            (await say(max_, "#frame #wheel"))["id"],
        ]
        gone = await say(max_, "#frame")
        assert await home(zoe) == [gone["id"], *reversed(kept)]
        await zoe.post("/api/v1/tags/frame/unfollow")
        assert await home(zoe) == kept[::-1]


async def test_followed_hashtags_are_read_in_pages(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for name in ("one", "two", "three"):
            await alice.post(f"/api/v1/tags/{name}/follow")
        first = await alice.call("GET", "/api/v1/followed_tags", params={"limit": "2"})
        assert [tag["name"] for tag in first.content] == ["three", "two"]
        rest = first.headers["Link"].partition("max_id=")[2].partition(">")[0]
        assert [tag["name"] for tag in await alice.get("/api/v1/followed_tags", max_id=rest)] == ["one"]


# Featuring


async def test_a_featured_hashtag_stands_on_the_profile_until_it_is_taken_off(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await say(alice, "#Frame")
        made = await alice.post("/api/v1/featured_tags", name="#frame")
        assert (made["name"], made["statuses_count"]) == ("frame", "1")
        assert len(made["last_status_at"]) == len("2026-01-01")
        me = (await alice.get("/api/v1/accounts/verify_credentials"))["id"]
        assert await zoe.get(f"/api/v1/accounts/{me}/featured_tags") == [made]
        assert await alice.get("/api/v1/featured_tags") == [made]
        assert (await alice.get("/api/v1/tags/frame"))["featuring"] is True
        removed = await alice.call("DELETE", f"/api/v1/featured_tags/{made['id']}")
        assert (removed.status, removed.content) == (200, {})
        assert await zoe.get(f"/api/v1/accounts/{me}/featured_tags") == []


async def test_a_featured_hashtag_counts_for_each_viewer_what_they_may_read(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        await say(alice, "@apollo #frame")
        await alice.post("/api/v1/featured_tags", name="frame")
        me = (await alice.get("/api/v1/accounts/verify_credentials"))["id"]
        (mine,) = await alice.get(f"/api/v1/accounts/{me}/featured_tags")
        (theirs,) = await zoe.get(f"/api/v1/accounts/{me}/featured_tags")
        assert (mine["statuses_count"], theirs["statuses_count"], theirs["last_status_at"]) == (
            "1",
            "0",
            None,
        )


async def test_only_ones_own_hashtags_can_be_taken_off(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/featured_tags", name="frame")
        assert (await zoe.call("DELETE", f"/api/v1/featured_tags/{made['id']}")).status == 404
        assert await alice.get("/api/v1/featured_tags") == [made]


@pytest.mark.parametrize("name", ["", "42", "two words", "frame"])
async def test_what_is_no_hashtag_or_there_already_is_not_featured(acme: Company, name: str):
    async with apps_of(acme, "alice") as (alice,):
        await alice.post("/api/v1/featured_tags", name="frame")
        refused = await alice.call("POST", "/api/v1/featured_tags", json={"name": name})
        assert (refused.status, refused.content["field"]) == (422, "name")


async def test_a_profile_shows_ten_hashtags_at_most(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for n in range(10):
            await alice.post("/api/v1/featured_tags", name=f"tag{n}")
        assert (await alice.call("POST", "/api/v1/featured_tags", json={"name": "eleven"})).status == 422
        assert (await alice.post("/api/v1/tags/tag3/feature"))["featuring"] is True


async def test_a_hashtag_is_featured_and_not_by_its_name(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        assert (await alice.post("/api/v1/tags/frame/feature"))["featuring"] is True
        assert [one["name"] for one in await alice.get("/api/v1/featured_tags")] == ["frame"]
        assert (await alice.post("/api/v1/tags/frame/unfeature"))["featuring"] is False
        assert await alice.get("/api/v1/featured_tags") == []


async def test_what_one_writes_most_and_does_not_show_is_suggested(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for words in ("#often", "#often #shown", "#once"):
            await say(alice, words)
        await alice.post("/api/v1/featured_tags", name="shown")
        found = await alice.get("/api/v1/featured_tags/suggestions")
        assert [tag["name"] for tag in found] == ["often", "once"]
        assert found[0]["history"][0]["uses"] == "2"


# Whom one would rather not hear


async def test_neither_side_of_a_block_reads_the_other_by_a_hashtag(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        for app in (alice, zoe):
            await app.post("/api/v1/tags/frame/follow")
        other = (await zoe.get("/api/v1/accounts/verify_credentials"))["id"]
        await alice.post(f"/api/v1/accounts/{other}/block")
        said = [(await say(app, "#frame"))["id"] for app in (alice, zoe)]
        for app, own in zip((alice, zoe), said, strict=True):
            assert await tagged(app, "frame") == [own]
            assert await home(app) == [own]


async def test_a_muted_author_is_left_out_of_a_hashtag(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await say(zoe, "#frame")
        assert len(await tagged(alice, "frame")) == 1
        other = (await zoe.get("/api/v1/accounts/verify_credentials"))["id"]
        await alice.post(f"/api/v1/accounts/{other}/mute")
        assert await tagged(alice, "frame") == []
