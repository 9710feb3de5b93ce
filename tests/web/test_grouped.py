"""Notifications in groups: who liked the same thing within some hours makes one."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from instance.storage.notifications import Group, NotificationRow
from instance.storage.window import Window
from tests.nodes import Company
from tests.web.client import App, apps_of
from web.mastodon.grouped import GROUPED_KINDS, bundles

NOTIFICATIONS = "/api/v2/notifications"


async def liked(alice: App, *others: App) -> Any:
    """A post of alice's that everybody else likes."""
    made = await alice.post("/api/v1/statuses", status="hello")
    for other in others:
        await other.post(f"/api/v1/statuses/{made['id']}/favourite")
    return made


async def test_who_likes_the_same_post_makes_one_group(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        made = await liked(alice, zoe, other)
        await zoe.post("/api/v1/statuses", status="@alice hi")
        found = await alice.get(NOTIFICATIONS)
        mention, likes = found["notification_groups"]
        assert (mention["type"], mention["notifications_count"]) == ("mention", 1)
        assert mention["group_key"] == f"ungrouped-{mention['most_recent_notification_id']}"
        assert (likes["type"], likes["notifications_count"], likes["status_id"]) == (
            "favourite",
            2,
            made["id"],
        )
        names = {one["id"]: one["acct"] for one in found["accounts"]}
        assert [names[one] for one in likes["sample_account_ids"]] == ["max", "zoe"]
        assert {one["id"] for one in found["statuses"]} == {made["id"], mention["status_id"]}
        assert int(likes["page_min_id"]) < int(likes["page_max_id"])
        assert likes["most_recent_notification_id"] == likes["page_max_id"]


async def test_a_kind_that_an_app_does_not_group_stands_alone(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await liked(alice, zoe, other)
        found = await alice.get(NOTIFICATIONS, **{"grouped_types[]": "follow"})
        assert [one["notifications_count"] for one in found["notification_groups"]] == [1, 1]


async def test_accounts_are_cut_short_for_an_app_that_wants_faces_alone(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await liked(alice, zoe, other)
        found = await alice.get(NOTIFICATIONS, expand_accounts="partial_avatars")
        assert [one["acct"] for one in found["accounts"]] == ["max"]
        (short,) = found["partial_accounts"]
        assert set(short) == {
            *("id", "acct", "url", "avatar", "avatar_static", "avatar_description", "locked", "bot"),
        }


async def test_a_page_of_groups_leads_to_the_next_and_shows_no_group_twice(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        made = await liked(alice, zoe)
        await zoe.post("/api/v1/statuses", status="@alice hi")
        await other.post(f"/api/v1/statuses/{made['id']}/favourite")
        answer = await alice.call("GET", NOTIFICATIONS, params={"limit": 1})
        (first,) = answer.content["notification_groups"]
        assert (first["type"], first["notifications_count"]) == ("favourite", 2)
        older = answer.headers["Link"].partition("max_id=")[2].partition(">")[0]
        second = await alice.get(NOTIFICATIONS, limit=5, max_id=older)
        assert [one["type"] for one in second["notification_groups"]] == ["mention"]
        newer = await alice.get(NOTIFICATIONS, min_id=0)
        assert [one["type"] for one in newer["notification_groups"]] == ["favourite", "mention"]


async def test_one_group_is_read_listed_and_dismissed(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await liked(alice, zoe, other)
        (group,) = (await alice.get(NOTIFICATIONS))["notification_groups"]
        path = f"{NOTIFICATIONS}/{group['group_key']}"
        assert (await alice.get(path))["notification_groups"][0]["notifications_count"] == 2
        assert [one["acct"] for one in await alice.get(f"{path}/accounts")] == ["max", "zoe"]
        assert (await zoe.call("GET", path)).status == 404
        await zoe.post(f"{path}/dismiss")
        assert await alice.get(f"{NOTIFICATIONS}/unread_count") == {"count": 1}
        await alice.post(f"{path}/dismiss")
        assert (await alice.call("GET", path)).status == 404
        assert await alice.get(f"{NOTIFICATIONS}/unread_count") == {"count": 0}


async def test_several_notifications_are_removed_at_once(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await liked(alice, zoe, other)
        ids = [one["id"] for one in await alice.get("/api/v1/notifications")]
        await zoe.call("DELETE", "/api/v1/notifications/destroy_multiple", json={"ids": ids})
        assert len(await alice.get("/api/v1/notifications")) == 2
        await alice.call("DELETE", "/api/v1/notifications/destroy_multiple", json={"ids": ids[:1]})
        await alice.call("DELETE", f"/api/v1/notifications/{ids[1]}")
        assert await alice.get("/api/v1/notifications") == []


async def test_unread_ones_are_counted_as_they_are_asked_for(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await liked(alice, zoe, other)
        await zoe.post("/api/v1/statuses", status="@alice hi")
        path = "/api/v1/notifications/unread_count"
        assert await alice.get(path) == {"count": 3}
        assert await alice.get(path, limit=2) == {"count": 2}
        assert await alice.get(path, **{"types[]": "mention"}) == {"count": 1}
        assert await alice.get(f"{NOTIFICATIONS}/unread_count") == {"count": 2}


kinds = st.lists(st.sampled_from(["favourite-1", "favourite-2", "mention"]), max_size=30)


@given(kinds, st.integers(1, 5))
def test_whatever_the_order_pages_hold_every_notification_and_each_group_once(names, limit):
    rows = [
        NotificationRow(n, 1, name.partition("-")[0], 2, None, 0, name if "-" in name else "")
        for n, name in enumerate(names, start=1)
    ][::-1]
    known = {
        key: Group(key, len(members), max(row.id for row in members))
        for key, members in itertools.groupby(
            sorted((row for row in rows if row.group_key), key=lambda row: row.group_key),
            key=lambda row: row.group_key,
        )
        for members in [list(members)]
    }
    seen, window = list[str](), Window(limit=limit)
    while page := bundles(
        [row for row in rows if window.max_id is None or row.id < window.max_id], known, window, GROUPED_KINDS
    ):
        assert len(page) <= limit
        seen += [bundle.key for bundle in page]
        window = window._replace(max_id=min(row.id for bundle in page for row in bundle.rows))
    assert len(seen) == len(set(seen))
    assert set(seen) == {row.group_key or f"ungrouped-{row.id}" for row in rows}
