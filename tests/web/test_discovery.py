"""The directory, suggestions, and followers one knows."""

from typing import Any

import pytest

from tests.nodes import Company
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]


def names(accounts: list[Any]) -> list[str]:
    return [one["acct"].partition("@")[0] for one in accounts]


async def me(app: App) -> str:
    return str((await app.get("/api/v1/accounts/verify_credentials"))["id"])


async def follow(app: App, other: App) -> None:
    await app.post(f"/api/v1/accounts/{await me(other)}/follow")


# The directory


async def test_the_directory_begins_with_who_wrote_last_or_who_came_last(acme: Company):
    async with apps_of(acme, "alice", "max", "zoe") as (alice, max_, _):
        await alice.post("/api/v1/statuses", status="first")
        await max_.post("/api/v1/statuses", status="second")
        assert names(await alice.get("/api/v1/directory")) == ["max", "alice", "zoe"]
        assert names(await alice.get("/api/v1/directory", order="new")) == ["zoe", "max", "alice"]
        assert names(await alice.get("/api/v1/directory", order="new", limit="1", offset="1")) == ["max"]


async def test_the_directory_lists_partners_people_unless_only_colleagues_are_wanted(tied: Tied):
    async with apps_of(tied[0], "alice") as (alice,):
        assert sorted(names(await alice.get("/api/v1/directory"))) == ["alice", "bob", "carol"]
        assert names(await alice.get("/api/v1/directory", local="true")) == ["alice"]


@pytest.mark.parametrize("path", ["/api/v1/directory", "/api/v1/suggestions"])
async def test_neither_side_of_a_block_is_listed_to_the_other(acme: Company, path: str):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, max_):
        await alice.post(f"/api/v1/accounts/{await me(zoe)}/block")
        assert "zoe" not in names(await alice.get(path))
        assert "alice" not in names(await zoe.get(path))
        assert {"alice", "zoe"} <= set(names(await max_.get(path)))


async def test_who_is_muted_is_not_suggested(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        assert names(await alice.get("/api/v1/suggestions")) == ["zoe"]
        await alice.post(f"/api/v1/accounts/{await me(zoe)}/mute")
        assert await alice.get("/api/v1/suggestions") == []


# Suggestions


async def test_suggested_are_people_of_ones_projects_then_friends_of_friends_then_colleagues(tied: Tied):
    async with apps_of(tied[0], "alice", "max", "zoe", "kim") as (alice, max_, zoe, _):
        await follow(alice, max_)
        await follow(max_, zoe)
        found = await alice.get("/api/v2/suggestions")
        assert set(names([one["account"] for one in found[:2]])) == {"bob", "carol"}
        assert names([one["account"] for one in found[2:]]) == ["zoe", "kim"]
        assert [(one["source"], one["sources"]) for one in found[1:]] == [
            ("past_interactions", ["most_interactions"]),
            ("past_interactions", ["friends_of_friends"]),
            ("global", ["most_followed"]),
        ]
        assert len(await alice.get("/api/v2/suggestions", limit="3")) == 3


async def test_people_of_projects_one_is_not_in_are_not_suggested(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (_, zoe):
        assert names(await zoe.get("/api/v1/suggestions")) == ["alice"]


async def test_who_is_followed_or_turned_down_is_suggested_no_more(acme: Company):
    async with apps_of(acme, "alice", "max", "zoe") as (alice, max_, zoe):
        await follow(alice, max_)
        assert names(await alice.get("/api/v1/suggestions")) == ["zoe"]
        gone = await alice.call("DELETE", f"/api/v1/suggestions/{await me(zoe)}")
        assert (gone.status, gone.content) == (200, {})
        assert await alice.get("/api/v1/suggestions") == []
        assert set(names(await zoe.get("/api/v1/suggestions"))) == {"alice", "max"}


async def test_turning_down_nobody_changes_nothing(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, _):
        assert (await alice.call("DELETE", "/api/v1/suggestions/1")).status == 200
        assert names(await alice.get("/api/v1/suggestions")) == ["zoe"]


# Familiar followers


async def test_familiar_followers_are_those_whom_one_follows_oneself(acme: Company):
    async with apps_of(acme, "alice", "max", "zoe", "kim") as (alice, max_, zoe, kim):
        for follower in (max_, kim):
            await follow(follower, zoe)
        await follow(alice, max_)
        zoe_id, kim_id = await me(zoe), await me(kim)
        query = [("id[]", zoe_id), ("id[]", kim_id)]
        answer = await alice.call("GET", "/api/v1/accounts/familiar_followers", params=query)
        assert [(one["id"], names(one["accounts"])) for one in answer.content] == [
            (zoe_id, ["max"]),
            (kim_id, []),
        ]
