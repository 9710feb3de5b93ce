"""Who decides about their followers: asked first, then followed, or not."""

from typing import Any

from tests.nodes import Company
from tests.web.client import App, apps_of

REQUESTS = "/api/v1/follow_requests"


async def locked(app: App, value: bool = True) -> None:
    answer = await app.call("PATCH", "/api/v1/accounts/update_credentials", json={"locked": value})
    assert answer.content["locked"] is value


async def standing(app: App, company: Company, name: str) -> dict[str, Any]:
    (found,) = await app.get(f"/api/v1/accounts/relationships?id[]={company.people[name].id}")
    relationship: dict[str, Any] = found
    return relationship


def place(company: Company, name: str, verb: str) -> str:
    return f"/api/v1/accounts/{company.people[name].id}/{verb}"


async def asked(acme: Company, alice: App, amine: App) -> None:
    """Amine has asked alice, who decides."""
    await locked(alice)
    answer = await amine.post(place(acme, "alice", "follow"), reblogs=False)
    assert (answer["following"], answer["requested"]) == (False, True)


async def test_who_is_asked_first_lets_a_follower_in_as_the_follow_was_meant(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await asked(acme, alice, amine)
        await alice.post("/api/v1/statuses", status="for followers", visibility="private")
        assert await amine.get("/api/v1/timelines/home") == []
        assert (await alice.get("/api/v1/notifications"))[0]["type"] == "follow_request"
        assert (await standing(alice, acme, "amine"))["requested_by"] is True
        me = await alice.get("/api/v1/accounts/verify_credentials")
        assert me["source"]["follow_requests_count"] == 1
        assert [one["acct"] for one in await alice.get(REQUESTS)] == ["amine"]
        answer = await alice.post(f"{REQUESTS}/{acme.people['amine'].id}/authorize")
        assert (answer["followed_by"], answer["requested_by"]) == (True, False)
        seen = await standing(amine, acme, "alice")
        assert (seen["following"], seen["requested"], seen["showing_reblogs"]) == (True, False, False)
        (status,) = await amine.get("/api/v1/timelines/home")
        assert status["content"] == "<p>for followers</p>"


async def test_a_request_that_is_turned_away_is_gone(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await asked(acme, alice, amine)
        answer = f"{REQUESTS}/{acme.people['amine'].id}/reject"
        await alice.post(answer)
        seen = await standing(amine, acme, "alice")
        assert (seen["following"], seen["requested"]) == (False, False)
        assert await alice.get(REQUESTS) == []
        assert (await alice.call("POST", answer)).status == 404


async def test_only_the_one_who_is_asked_answers(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        await asked(acme, alice, amine)
        assert await zoe.get(REQUESTS) == []
        answer = f"{REQUESTS}/{acme.people['amine'].id}/authorize"
        assert (await zoe.call("POST", answer)).status == 404
        assert (await amine.call("POST", answer)).status == 404


async def test_a_request_is_told_once_and_can_be_taken_back(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await asked(acme, alice, amine)
        await amine.post(place(acme, "alice", "follow"))
        assert len(await alice.get("/api/v1/notifications")) == 1
        assert (await amine.post(place(acme, "alice", "unfollow")))["requested"] is False
        assert await alice.get(REQUESTS) == []


async def test_who_decides_no_longer_lets_all_in_who_wait(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await asked(acme, alice, amine)
        await alice.call("PATCH", "/api/v1/accounts/update_credentials", json={"note": "still deciding"})
        assert (await standing(amine, acme, "alice"))["following"] is False
        await locked(alice, False)
        assert (await standing(amine, acme, "alice"))["following"] is True
        assert await alice.get(REQUESTS) == []


async def test_who_follows_already_goes_on_when_somebody_begins_to_decide(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await amine.post(place(acme, "alice", "follow"))
        await locked(alice)
        assert (await amine.post(place(acme, "alice", "follow"), notify=True))["notifying"] is True
        assert await alice.get(REQUESTS) == []


async def test_a_block_takes_a_request_away(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await asked(acme, alice, amine)
        await alice.post(place(acme, "amine", "block"))
        assert await alice.get(REQUESTS) == []
        await alice.post(place(acme, "amine", "unblock"))
        assert (await standing(amine, acme, "alice"))["requested"] is False
