"""Collections of accounts, which colleagues recommend to each other."""

from typing import Any

import pytest

from tests.nodes import Company
from tests.web.client import App, apps_of

COLLECTIONS = "/api/v1/collections"


async def id_of(app: App, acct: str) -> str:
    return str((await app.get("/api/v1/accounts/lookup", acct=acct))["id"])


async def a_collection(app: App, *names: str, **body: Any) -> Any:
    ids = [await id_of(app, name) for name in names]
    made = await app.post(COLLECTIONS, **{"name": "Welders", "account_ids": ids, **body})
    return made["collection"]


async def test_a_collection_is_read_by_colleagues_with_the_accounts_in_it(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        made = await a_collection(alice, "max", description="who weld", tag_name="#steel", language="en")
        seen = await zoe.get(f"{COLLECTIONS}/{made['id']}")
        assert seen["collection"] == made
        assert {one["acct"] for one in seen["accounts"]} == {"alice", "max"}
        assert (made["item_count"], made["tag"]["name"], made["items"][0]["state"]) == (
            1,
            "steel",
            "accepted",
        )
        owner = await zoe.get(f"/api/v1/accounts/{made['account_id']}/collections")
        assert owner["collections"] == [made]
        assert [one["acct"] for one in owner["partial_accounts"]] == ["alice", "max"]
        within = f"/api/v1/accounts/{await id_of(other, 'max')}/in_collections"
        assert (await zoe.get(within))["collections"] == [made]


async def test_a_collection_is_changed_filled_and_removed_by_its_owner(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, _):
        made = await a_collection(alice)
        path = f"{COLLECTIONS}/{made['id']}"
        changed = await alice.call("PATCH", path, json={"name": "Fitters", "sensitive": True})
        assert (changed.content["collection"]["name"], changed.content["collection"]["sensitive"]) == (
            "Fitters",
            True,
        )
        zoe_id = await id_of(alice, "zoe")
        item = (await alice.post(f"{path}/items", account_id=zoe_id))["collection_item"]
        assert item["account_id"] == zoe_id
        assert (await alice.get(path))["collection"]["items"] == [item]
        await alice.call("DELETE", f"{path}/items/{item['id']}")
        assert (await alice.get(path))["collection"]["items"] == []
        await alice.call("DELETE", path)
        assert (await alice.call("GET", path)).status == 404


async def test_nobody_else_changes_a_collection(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await a_collection(alice, "zoe")
        path = f"{COLLECTIONS}/{made['id']}"
        item = made["items"][0]["id"]
        for method, place in [
            ("PATCH", path),
            ("DELETE", path),
            ("POST", f"{path}/items"),
            ("DELETE", f"{path}/items/{item}"),
        ]:
            answer = await zoe.call(method, place, json={"account_id": made["account_id"], "name": "x"})
            assert answer.status == 403, (method, place)


async def test_who_has_left_a_collection_is_not_put_in_again(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await a_collection(alice, "zoe")
        place = f"{COLLECTIONS}/{made['id']}/items"
        assert (await alice.call("POST", f"{place}/{made['items'][0]['id']}/revoke")).status == 403
        await zoe.post(f"{place}/{made['items'][0]['id']}/revoke")
        assert (await alice.get(f"{COLLECTIONS}/{made['id']}"))["collection"]["item_count"] == 0
        answer = await alice.call("POST", place, json={"account_id": await id_of(alice, "zoe")})
        assert answer.status == 422


async def test_who_has_blocked_the_owner_is_not_put_in(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await zoe.post(f"/api/v1/accounts/{await id_of(zoe, 'alice')}/block")
        answer = await alice.call(
            "POST", COLLECTIONS, json={"name": "x", "account_ids": [await id_of(alice, "zoe")]}
        )
        assert answer.status == 422
        assert (await alice.get(f"/api/v1/accounts/{await id_of(alice, 'alice')}/collections"))[
            "collections"
        ] == []


async def test_a_hidden_collection_is_for_its_owner_and_who_is_in_it(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        made = await a_collection(alice, "zoe", discoverable=False)
        path = f"{COLLECTIONS}/{made['id']}"
        assert [(await app.call("GET", path)).status for app in (alice, zoe, other)] == [200, 200, 404]
        owner = f"/api/v1/accounts/{made['account_id']}/collections"
        assert await other.get(owner) == {"collections": [], "partial_accounts": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"description": "x" * 101}, "description"),
        ({"tag_name": "#"}, "tag_name"),
        ({"account_ids": ["1"]}, "account_id"),
    ],
)
async def test_a_collection_that_cannot_be_is_refused_by_its_field(acme: Company, body: Any, field: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", COLLECTIONS, json={"name": "ok"} | body)
        assert (answer.status, answer.content["field"]) == (422, field)


async def test_a_person_has_ten_collections(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for n in range(10):
            await a_collection(alice, name=f"c{n}")
        assert (await alice.call("POST", COLLECTIONS, json={"name": "one more"})).status == 422
