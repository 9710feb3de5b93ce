"""Timelines: who sees what where, and pages that meet without a gap or an overlap."""

import re

import pytest

from instance.events import ChangedElsewhere
from tests.nodes import Company, agree
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]


def linked(answer_headers: dict[str, str], rel: str) -> str | None:
    """The path of a link in the Link header."""
    match = re.search(rf'<https?://[^/]+([^>]+)>; rel="{rel}"', answer_headers.get("Link", ""))
    return match[1] if match else None


async def walked(app: App, path: str, rel: str) -> list[str]:
    """The ids of all pages, following the links."""
    ids: list[str] = []
    while path:
        answer = await app.call("GET", path)
        assert answer.status == 200
        ids += [one["id"] for one in answer.content]
        path = linked(answer.headers, rel) or ""
        if not answer.content:
            break
    return ids


@pytest.mark.parametrize(
    "place", ["/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/notifications"]
)
async def test_pages_meet_without_a_gap_or_an_overlap(acme: Company, place: str):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = [(await amine.post("/api/v1/statuses", status=f"@alice {n}"))["id"] for n in range(7)]
        await alice.post(f"/api/v1/accounts/{acme.people['amine'].id}/follow")
        query = f"?limit=3{'&local=true' if 'public' in place else ''}"
        ids = await walked(alice, place + query, "next")
        assert len(ids) == len(set(ids)) == 7
        if "notifications" not in place:
            assert ids == made[::-1]


async def test_the_page_before_holds_what_came_since(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        await alice.post("/api/v1/statuses", status="old")
        first = await alice.call("GET", "/api/v1/timelines/home")
        newer = [(await alice.post("/api/v1/statuses", status=str(n)))["id"] for n in range(3)]
        before = await alice.call("GET", linked(first.headers, "prev") or "")
        assert [one["id"] for one in before.content] == newer[::-1]


async def test_a_link_keeps_what_was_asked(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        await alice.post("/api/v1/statuses", status="x")
        answer = await alice.call("GET", "/api/v1/timelines/public?local=true&limit=1")
        assert "local=true" in (linked(answer.headers, "next") or "")
        assert answer.headers["Link"].startswith(f"<{acme.config.base_url}/api/v1/timelines/public?")


async def test_the_local_timeline_is_the_company_and_the_other_one_all_my_projects(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe), apps_of(globex, "bob") as (bob,):
        await alice.post("/api/v1/statuses", status="for the company")
        await alice.post("/api/v1/statuses", status="not listed", visibility="unlisted")
        await bob.post("/api/v1/statuses", status="@apollo@" + acme.host + " from Globex")
        await agree(acme, globex)
        here = await zoe.get("/api/v1/timelines/public", local="true")
        assert [one["content"] for one in here] == ["<p>for the company</p>"]
        (there,) = await alice.get("/api/v1/timelines/public")
        assert there["account"]["acct"] == f"bob@{globex.host}"
        assert await zoe.get("/api/v1/timelines/public") == []
        assert await bob.get("/api/v1/timelines/public", local="true") == []


async def test_a_list_is_a_project_with_its_people_and_its_timeline(tied: Tied):
    acme, globex, initech = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="@apollo inside")
        (one,) = await alice.get("/api/v1/lists")
        assert one["title"] == "Apollo"
        assert await alice.get(f"/api/v1/lists/{one['id']}") == one
        assert [post["id"] for post in await alice.get(f"/api/v1/timelines/list/{one['id']}")] == [made["id"]]
        people = {person["acct"] for person in await alice.get(f"/api/v1/lists/{one['id']}/accounts")}
        assert people == {"alice", f"bob@{globex.host}", f"carol@{initech.host}"}
        for path in (f"/api/v1/lists/{one['id']}", f"/api/v1/timelines/list/{one['id']}"):
            assert (await zoe.call("GET", path)).status == 404
        assert await zoe.get("/api/v1/lists") == []


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("DELETE", ""), ("POST", "/accounts"), ("DELETE", "/accounts")]
)
async def test_a_project_is_not_changed_as_a_list(tied: Tied, method: str, path: str):
    async with apps_of(tied[0], "alice") as (alice,):
        (one,) = await alice.get("/api/v1/lists")
        sent = {"title": "Friends", "account_ids": [one["id"]]}
        answer = await alice.call(method, f"/api/v1/lists/{one['id']}{path}", json=sent)
        assert answer.status == 403
        assert answer.content["error"].startswith("Lists are your projects.")


async def test_the_lists_that_i_share_with_somebody(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        bob = await alice.get("/api/v1/accounts/lookup", acct=f"bob@{globex.host}")
        assert [one["title"] for one in await alice.get(f"/api/v1/accounts/{bob['id']}/lists")] == ["Apollo"]
        assert await zoe.get(f"/api/v1/accounts/{bob['id']}/lists") == []


async def test_what_i_marked_is_listed_the_latest_first(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        ids = [(await alice.post("/api/v1/statuses", status=str(n)))["id"] for n in range(3)]
        for post_id in (ids[0], ids[2]):
            await alice.post(f"/api/v1/statuses/{post_id}/bookmark")
            await alice.post(f"/api/v1/statuses/{post_id}/favourite")
        for place in ("/api/v1/bookmarks", "/api/v1/favourites"):
            assert [one["id"] for one in await alice.get(place)] == [ids[2], ids[0]]
            assert await walked(alice, f"{place}?limit=1", "next") == [ids[2], ids[0]]


async def test_a_post_that_is_deleted_leaves_a_timeline_that_was_in_memory(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await amine.get("/api/v1/timelines/home")
        made = await alice.post("/api/v1/statuses", status="x")
        await amine.post(f"/api/v1/accounts/{acme.people['alice'].id}/follow")
        assert len(await amine.get("/api/v1/timelines/home")) == 1
        await alice.call("DELETE", f"/api/v1/statuses/{made['id']}")
        assert await amine.get("/api/v1/timelines/home") == []


async def test_a_page_from_memory_is_the_page_from_the_database(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for n in range(5):
            await alice.post("/api/v1/statuses", status=str(n))
        path = "/api/v1/timelines/home?limit=2"
        warm = [await alice.call("GET", path) for _ in range(2)][1]
        acme.node.bus.tell(ChangedElsewhere())
        cold = await alice.call("GET", path)
        for one in (*warm.content, *cold.content):
            del one["account"]["statuses_count"]  # it is as old as the status in memory
        assert (warm.content, warm.headers["Link"]) == (cold.content, cold.headers["Link"])
