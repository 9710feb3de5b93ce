"""Lists of one's own: made, filled, read, told of, and known to nobody else."""

from typing import Any

import pytest

from tests.nodes import Company, agree
from tests.web.client import App, apps_of
from tests.web.test_streaming import heard, listening, silent

Tied = tuple[Company, Company, Company]
PATH = "/api/v1/lists"


async def account(app: App, acct: str) -> str:
    return str((await app.get("/api/v1/accounts/lookup", acct=acct))["id"])


async def follow(app: App, acct: str) -> str:
    actor_id = await account(app, acct)
    await app.post(f"/api/v1/accounts/{actor_id}/follow")
    return actor_id


async def a_list(app: App, *accts: str, **more: Any) -> str:
    """A list of people, who are followed for it."""
    made = await app.post(PATH, **{"title": "Friends"} | more)
    ids = [await follow(app, acct) for acct in accts]
    await app.post(f"{PATH}/{made['id']}/accounts", account_ids=ids)
    return str(made["id"])


async def shown(app: App, list_id: str, **query: Any) -> list[str]:
    return [one["content"] for one in await app.get(f"/api/v1/timelines/list/{list_id}", **query)]


async def home(app: App) -> list[str]:
    return [one["content"] for one in await app.get("/api/v1/timelines/home")]


async def say(app: App, status: str, **more: Any) -> Any:
    return await app.post("/api/v1/statuses", status=status, **more)


async def test_a_list_is_made_changed_and_removed(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post(PATH, title="Friends")
        assert made == {
            "id": made["id"],
            "title": "Friends",
            "replies_policy": "list",
            "exclusive": False,
        }
        changed = await alice.call(
            "PUT",
            f"{PATH}/{made['id']}",
            json={"title": "Shift", "replies_policy": "none", "exclusive": True},
        )
        assert changed.content == made | {"title": "Shift", "replies_policy": "none", "exclusive": True}
        assert await alice.get(f"{PATH}/{made['id']}") == changed.content
        assert await alice.get(PATH) == [changed.content]
        assert (await alice.call("DELETE", f"{PATH}/{made['id']}")).content == {}
        assert await alice.get(PATH) == []
        assert (await alice.call("GET", f"{PATH}/{made['id']}")).status == 404


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"title": " "}, "Title can't be blank"),
        ({}, "Title can't be blank"),
        ({"title": "x" * 256}, "Title is too long (maximum is 255 characters)"),
        ({"title": "x", "replies_policy": "all"}, "Replies policy is one of followed, list, none"),
    ],
)
async def test_a_list_that_is_none_is_refused(acme: Company, sent: dict[str, Any], error: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", PATH, json=sent)
        assert (answer.status, answer.content["error"]) == (422, f"Validation failed: {error}")
        assert await alice.get(PATH) == []


async def test_a_list_holds_whom_its_owner_follows_each_once(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, _, __):
        list_id = await a_list(alice, "amine")
        path, amine_id, zoe_id = (
            f"{PATH}/{list_id}/accounts",
            await account(alice, "amine"),
            await account(alice, "zoe"),
        )
        again = await alice.call("POST", path, json={"account_ids": [amine_id]})
        assert again.content["error"] == "Validation failed: Account has already been taken"
        assert (await alice.call("POST", path, json={"account_ids": [zoe_id]})).status == 404
        assert [one["acct"] for one in await alice.get(path)] == ["amine"]


async def test_people_are_taken_out_of_a_list_and_stay_followed(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        list_id, amine_id = await a_list(alice, "amine"), await account(alice, "amine")
        await say(amine, "hello")
        assert await shown(alice, list_id) == ["<p>hello</p>"]
        for _ in range(2):
            gone = await alice.call("DELETE", f"{PATH}/{list_id}/accounts?account_ids[]={amine_id}")
            assert (gone.status, gone.content) == (200, {})
        assert await shown(alice, list_id) == []
        assert await home(alice) == ["<p>hello</p>"]


async def test_whom_one_follows_no_longer_is_in_no_list(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, _):
        list_id, amine_id = await a_list(alice, "amine"), await account(alice, "amine")
        assert [one["id"] for one in await alice.get(f"/api/v1/accounts/{amine_id}/lists")] == [list_id]
        await alice.post(f"/api/v1/accounts/{amine_id}/unfollow")
        assert await alice.get(f"/api/v1/accounts/{amine_id}/lists") == []
        assert await alice.get(f"{PATH}/{list_id}/accounts") == []


async def test_the_people_of_a_list_are_paged(acme: Company):
    async with apps_of(acme, "alice", "amine", "bea", "zoe") as (alice, *_):
        list_id = await a_list(alice, "amine", "bea", "zoe")
        page = await alice.call("GET", f"{PATH}/{list_id}/accounts", params={"limit": 2})
        assert [one["acct"] for one in page.content] == ["zoe", "bea"]
        assert f"max_id={page.content[-1]['id']}" in page.headers["Link"]
        rest = await alice.get(f"{PATH}/{list_id}/accounts", max_id=page.content[-1]["id"])
        assert [one["acct"] for one in rest] == ["amine"]
        whole = await alice.call("GET", f"{PATH}/{list_id}/accounts", params={"limit": 0})
        assert (len(whole.content), "Link" in whole.headers) == (3, False)


async def test_a_list_is_there_for_its_owner_alone(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, _, zoe):
        list_id, amine_id = await a_list(alice, "amine"), await account(alice, "amine")
        await follow(zoe, "amine")
        calls = [
            ("GET", f"{PATH}/{list_id}"),
            ("PUT", f"{PATH}/{list_id}"),
            ("DELETE", f"{PATH}/{list_id}"),
            ("GET", f"{PATH}/{list_id}/accounts"),
            ("POST", f"{PATH}/{list_id}/accounts"),
            ("DELETE", f"{PATH}/{list_id}/accounts"),
            ("GET", f"/api/v1/timelines/list/{list_id}"),
        ]
        sent = {"title": "mine", "account_ids": [amine_id]}
        answers = [await zoe.call(method, path, json=sent) for method, path in calls]
        assert {answer.status for answer in answers} == {404}
        assert (await alice.get(f"{PATH}/{list_id}"))["title"] == "Friends"


async def test_a_list_shows_what_its_owner_may_read_and_no_more(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, _):
        list_id = await a_list(alice, "amine")
        await say(amine, "to all")
        await say(amine, "to followers", visibility="private")
        await say(amine, "@zoe between us", visibility="direct")
        assert await shown(alice, list_id) == ["<p>to followers</p>", "<p>to all</p>"]


async def test_a_list_shows_what_its_people_say_in_projects_of_mine(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe), apps_of(globex, "bob") as (bob,):
        await say(bob, f"@apollo@{acme.host} ready")
        await agree(acme, globex)
        seen = []
        for app in (alice, zoe):
            list_id = (await app.post(PATH, title="Globex"))["id"]
            bob_id = str(await bob_at(acme, globex))
            await app.call("POST", f"/api/v1/accounts/{bob_id}/follow")
            await app.call("POST", f"{PATH}/{list_id}/accounts", json={"account_ids": [bob_id]})
            seen.append(len(await shown(app, list_id)))
        assert seen == [1, 0]


async def bob_at(acme: Company, globex: Company) -> int:
    """The id by which Acme knows Bob."""
    row = await acme.person(globex.people["bob"].iri)
    assert row is not None
    return row.id


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ("none", ["to alice", "to self", "first"]),
        ("list", ["to bea", "to alice", "to self", "first"]),
        ("followed", ["to carl", "to bea", "to alice", "to self", "first"]),
    ],
)
async def test_which_answers_a_list_shows(acme: Company, policy: str, wanted: list[str]):
    async with apps_of(acme, "alice", "amine", "bea", "carl", "zoe") as (alice, amine, bea, carl, zoe):
        list_id = await a_list(alice, "amine", "bea", replies_policy=policy)
        await follow(alice, "carl")
        first = await say(amine, "first")
        await say(amine, "to self", in_reply_to_id=first["id"])
        for app, name in ((alice, "alice"), (bea, "bea"), (carl, "carl"), (zoe, "zoe")):
            asked = await say(app, f"{name} asks", visibility="unlisted")
            await say(amine, f"to {name}", in_reply_to_id=asked["id"])
        words = [one for one in await shown(alice, list_id) if "asks" not in one]
        assert words == [f"<p>{one}</p>" for one in wanted]


async def test_who_is_in_an_exclusive_list_is_read_there_and_not_at_home(acme: Company):
    async with apps_of(acme, "alice", "amine", "bea") as (alice, amine, bea):
        list_id = await a_list(alice, "amine", exclusive=True)
        await follow(alice, "bea")
        await home(alice)  # in memory from now on
        await say(amine, "in the list")
        await say(bea, "at home")
        assert await home(alice) == ["<p>at home</p>"]
        assert await shown(alice, list_id) == ["<p>in the list</p>"]
        await alice.call("PUT", f"{PATH}/{list_id}", json={"exclusive": False})
        assert await home(alice) == ["<p>at home</p>", "<p>in the list</p>"]


async def test_what_stands_at_home_leaves_it_with_its_author(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await follow(alice, "amine")
        await say(amine, "hello")
        assert await home(alice) == ["<p>hello</p>"]
        list_id = await a_list(alice, "amine", exclusive=True)
        assert await home(alice) == []
        await alice.call("DELETE", f"{PATH}/{list_id}")
        assert await home(alice) == ["<p>hello</p>"]


async def test_a_stream_of_a_list_tells_what_the_list_shows(acme: Company):
    async with apps_of(acme, "alice", "amine", "bea") as (alice, amine, bea):
        list_id = await a_list(alice, "amine", exclusive=True)
        await follow(alice, "bea")
        ear, home_ear = await listening(alice, "list", list=list_id), await listening(alice, "user")
        await say(bea, "not in the list")
        made = await say(amine, "in the list")
        stream, event, payload = await heard(ear)
        assert (stream, event, payload["id"]) == (["list", list_id], "update", made["id"])
        await amine.call("DELETE", f"/api/v1/statuses/{made['id']}")
        assert (await heard(ear))[1:] == ("delete", made["id"])
        assert (await heard(home_ear))[2]["content"] == "<p>not in the list</p>"


async def test_the_stream_of_somebody_elses_list_is_not_there(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        list_id = await a_list(alice, "amine")
        ear = await zoe.socket(headers={"Authorization": f"Bearer {zoe.token}"})
        await ear.send_json({"type": "subscribe", "stream": "list", "list": list_id})
        assert (await ear.receive_json())["status"] == 404
        await say(amine, "hello")
        assert await silent(ear)
