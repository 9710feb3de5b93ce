"""Whose notifications come at once, wait, or never come."""

import itertools
import json
from typing import Any

import pytest

from instance.domain.manners import TREATMENTS, Acquaintance, treatment
from instance.storage.manners import PolicyRow
from tests.nodes import Company, agree
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]
POLICY = "/api/v2/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"


async def setting(app: App, **said: str) -> Any:
    answer = await app.call("PATCH", POLICY, json=said)
    assert answer.status == 200, answer
    return answer.content


async def told(app: App, **query: str) -> list[str]:
    return [one["type"] for one in await app.get("/api/v1/notifications", **query)]


async def test_a_policy_is_kept_and_accepts_everybody_at_first(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        before = await alice.get(POLICY)
        assert [before.pop("summary"), *before.values()] == [
            {"pending_requests_count": 0, "pending_notifications_count": 0},
            *["accept"] * 5,
        ]
        after = await setting(alice, for_not_following="filter", for_private_mentions="drop")
        assert (after["for_not_following"], after["for_private_mentions"], after["for_new_accounts"]) == (
            "filter",
            "drop",
            "accept",
        )
        assert await alice.get(POLICY) == after
        answer = await alice.call("PATCH", POLICY, json={"for_not_following": "perhaps"})
        assert (answer.status, answer.content["field"]) == (422, "for_not_following")


async def test_who_is_not_followed_waits_for_a_decision(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await setting(alice, for_not_following="filter")
        made = await zoe.post("/api/v1/statuses", status="@alice hi")
        assert await told(alice) == []
        assert await told(alice, include_filtered="true") == ["mention"]
        (waiting,) = await alice.get(REQUESTS)
        assert (waiting["account"]["acct"], waiting["notifications_count"], waiting["last_status"]["id"]) == (
            "zoe",
            "1",
            made["id"],
        )
        assert await alice.get(f"{REQUESTS}/{waiting['id']}") == waiting
        assert (await zoe.call("GET", f"{REQUESTS}/{waiting['id']}")).status == 404
        summary = (await alice.get(POLICY))["summary"]
        assert summary == {"pending_requests_count": 1, "pending_notifications_count": 1}


async def test_who_is_let_through_comes_with_what_was_held_back_and_from_then_on(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await setting(alice, for_not_following="filter")
        await zoe.post("/api/v1/statuses", status="@alice one")
        (waiting,) = await alice.get(REQUESTS)
        ear = await alice.socket(f"?access_token={alice.token}&stream=user")
        await alice.post(f"{REQUESTS}/{waiting['id']}/accept")
        assert json.loads((await ear.receive()).data)["event"] == "notifications_merged"
        await ear.close()
        assert await alice.get(f"{REQUESTS}/merged") == {"merged": True}
        await zoe.post("/api/v1/statuses", status="@alice two")
        assert await told(alice) == ["mention", "mention"]
        assert await alice.get(REQUESTS) == []


async def test_what_is_dismissed_is_gone_and_the_next_waits_again(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await setting(alice, for_not_following="filter")
        await zoe.post("/api/v1/statuses", status="@alice one")
        (waiting,) = await alice.get(REQUESTS)
        assert (await zoe.call("POST", f"{REQUESTS}/{waiting['id']}/dismiss")).status == 404
        await alice.post(f"{REQUESTS}/dismiss", id=[waiting["id"]])
        assert await told(alice, include_filtered="true") == []
        await zoe.post("/api/v1/statuses", status="@alice two")
        assert len(await alice.get(REQUESTS)) == 1


async def test_several_are_let_through_at_once(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await setting(alice, for_not_following="filter")
        for app in (zoe, other):
            await app.post("/api/v1/statuses", status="@alice hi")
        ids = [one["id"] for one in await alice.get(REQUESTS)]
        await alice.post(f"{REQUESTS}/accept", id=ids)
        assert await told(alice) == ["mention", "mention"]


async def test_what_is_dropped_never_was(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await setting(alice, for_private_mentions="drop")
        await zoe.post("/api/v1/statuses", status="@alice psst", visibility="direct")
        assert await told(alice, include_filtered="true") == []
        await zoe.post("/api/v1/statuses", status="@alice aloud")
        assert await told(alice) == ["mention"]


async def test_an_answer_to_ones_own_private_post_always_comes(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await setting(alice, for_private_mentions="drop")
        made = await alice.post("/api/v1/statuses", status="@zoe psst", visibility="direct")
        await zoe.post(
            "/api/v1/statuses", status="@alice yes", visibility="direct", in_reply_to_id=made["id"]
        )
        assert await told(alice) == ["mention"]


async def test_what_is_said_in_a_project_always_comes(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await setting(alice, for_not_following="drop", for_not_followers="drop", for_new_accounts="drop")
        await bob.post("/api/v1/statuses", status=f"@apollo@{acme.host} @alice@{acme.host} ready")
        await agree(acme, globex)
        assert await told(alice) == ["mention"]


@pytest.mark.parametrize("said", TREATMENTS)
def test_a_policy_is_as_strict_as_its_strictest_word_that_applies(said: str):
    facts = itertools.product([False, True], repeat=4)
    for following, followed_by, is_new, is_private in facts:
        how = Acquaintance(following, followed_by, is_new, is_private)
        assert treatment(PolicyRow(1), how) == "accept"
        strict = treatment(PolicyRow(1, not_following=said, new_accounts="filter"), how)
        applies = [] if following else [said, *(["filter"] if is_new else [])]
        assert strict == max(["accept", *applies], key=TREATMENTS.index)


async def test_of_several_those_that_wait_no_longer_are_passed_over(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await setting(alice, for_not_following="filter")
        await zoe.post("/api/v1/statuses", status="@alice one")
        (waiting,) = await alice.get(REQUESTS)
        for _ in range(2):
            assert await alice.post(f"{REQUESTS}/dismiss", id=[waiting["id"]]) == {}
        assert (await alice.call("POST", f"{REQUESTS}/{waiting['id']}/dismiss")).status == 404
