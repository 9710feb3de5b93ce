"""Follows as they are meant, mutes, blocks, notes, recommendations: what one decides about others, and what one reads then."""

from pathlib import Path

from instance.domain import hearing
from tests.nodes import Company, a_company, agree, running
from tests.web.client import App, Later, apps_of
from web.app import build_app

Tied = tuple[Company, Company, Company]


async def account_id(app: App, acct: str) -> str:
    found = await app.get("/api/v1/accounts/lookup", acct=acct)
    return str(found["id"])


async def relate(app: App, verb: str, acct: str, **body: object):
    return await app.post(f"/api/v1/accounts/{await account_id(app, acct)}/{verb}", **body)


async def said(app: App, path: str = "/api/v1/timelines/home", **query: object) -> list[str]:
    return [one["content"] for one in await app.get(path, **query)]


async def told(app: App) -> list[str]:
    return [one["type"] for one in await app.get("/api/v1/notifications")]


async def test_a_muted_colleague_comes_home_no_more_and_all_of_it_again_when_unmuted(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await relate(zoe, "follow", "alice")
        await alice.post("/api/v1/statuses", status="before")
        assert await said(zoe) == ["<p>before</p>"]
        stands = await relate(zoe, "mute", "alice")
        assert (stands["muting"], stands["muting_notifications"], stands["following"]) == (True, True, True)
        await alice.post("/api/v1/statuses", status="meanwhile @zoe")
        assert await said(zoe) == []
        assert await said(zoe, "/api/v1/timelines/public", local="true") == []
        assert await told(zoe) == []
        assert (await relate(zoe, "unmute", "alice"))["muting"] is False
        assert len(await said(zoe)) == 2


async def test_a_mute_without_notifications_leaves_these(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        stands = await relate(zoe, "mute", "alice", notifications=False)
        assert (stands["muting"], stands["muting_notifications"]) == (True, False)
        await alice.post("/api/v1/statuses", status="@zoe look")
        assert await told(zoe) == ["mention"]


async def test_a_boost_of_what_a_muted_colleague_wrote_stays_out(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await relate(zoe, "follow", "max")
        await relate(zoe, "mute", "alice")
        made = await alice.post("/api/v1/statuses", status="a")
        await other.post(f"/api/v1/statuses/{made['id']}/reblog")
        assert await said(zoe) == []


async def test_a_mute_ends_on_its_date(tmp_path: Path):
    company = a_company(tmp_path, "acme", app_of=build_app)
    company.clock = clock = Later(company.clock)
    async with running(company), apps_of(company, "alice", "zoe") as (alice, zoe):
        await relate(zoe, "follow", "alice")
        stands = await relate(zoe, "mute", "alice", duration=3600)
        assert stands["muting_expires_at"].endswith("Z")
        (listed,) = await zoe.get("/api/v1/mutes")
        assert listed["mute_expires_at"] == stands["muting_expires_at"]
        await alice.post("/api/v1/statuses", status="meanwhile")
        clock.by_ms = 3_601_000
        await company.node.perform(hearing.end_due)
        assert await said(zoe) == ["<p>meanwhile</p>"]
        assert await zoe.get("/api/v1/mutes") == []


async def test_a_muted_project_comes_home_no_more_and_is_still_a_list(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await relate(alice, "mute", "apollo")
        await bob.post("/api/v1/statuses", status=f"@apollo@{acme.host} ready")
        await agree(acme, globex)
        assert await said(alice) == []
        (project,) = await alice.get("/api/v1/lists")
        assert len(await said(alice, f"/api/v1/timelines/list/{project['id']}")) == 1
        await relate(alice, "unmute", "apollo")
        assert len(await said(alice)) == 1


async def test_a_blocked_colleague_reads_no_more_internal_posts_of_who_blocked(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await relate(zoe, "follow", "alice")
        await relate(alice, "follow", "zoe")
        made = await alice.post("/api/v1/statuses", status="mine")
        assert await said(zoe) == ["<p>mine</p>"]
        stands = await relate(alice, "block", "zoe")
        assert (stands["blocking"], stands["following"], stands["followed_by"]) == (True, False, False)
        assert await said(zoe) == []
        assert (await zoe.call("GET", f"/api/v1/statuses/{made['id']}")).status == 404
        (other,) = await zoe.get("/api/v1/accounts/relationships", id=await account_id(zoe, "alice"))
        assert other["blocked_by"] is True
        refused = await zoe.call("POST", f"/api/v1/accounts/{await account_id(zoe, 'alice')}/follow")
        assert refused.status == 403
        assert (await relate(alice, "unblock", "zoe"))["blocking"] is False
        assert (await zoe.call("GET", f"/api/v1/statuses/{made['id']}")).status == 200


async def test_who_is_blocked_is_not_heard_of(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await zoe.post("/api/v1/statuses", status="@alice first")
        assert await told(alice) == ["mention"]
        await relate(alice, "block", "zoe")
        await zoe.post("/api/v1/statuses", status="@alice second", visibility="direct")
        assert await told(alice) == []
        assert await said(alice) == []
        assert [one["acct"] for one in await alice.get("/api/v1/blocks")] == ["zoe"]


async def test_a_block_hides_nothing_that_was_said_in_a_project(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await relate(bob, "block", f"alice@{acme.host}")
        made = await bob.post("/api/v1/statuses", status=f"@apollo@{acme.host} ready")
        await agree(acme, globex)
        (seen,) = await alice.get("/api/v1/timelines/home")
        assert seen["uri"] == made["uri"]
        await alice.post("/api/v1/statuses", status="Good", in_reply_to_id=seen["id"])
        await agree(acme, globex)
        assert len(await bob.get("/api/v1/timelines/home")) == 1
        thread = await bob.get(f"/api/v1/statuses/{made['id']}/context")
        assert thread == {"ancestors": [], "descendants": []}


async def test_a_project_cannot_be_blocked(tied: Tied):
    async with apps_of(tied[0], "alice") as (alice,):
        answer = await alice.call("POST", f"/api/v1/accounts/{await account_id(alice, 'apollo')}/block")
        assert (answer.status, answer.content["rule"]) == (403, "block_project")


async def test_a_company_that_one_does_not_want_to_read_is_gone_from_home(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await bob.post("/api/v1/statuses", status=f"@apollo@{acme.host} ready")
        await agree(acme, globex)
        assert len(await said(alice)) == 1
        await alice.post("/api/v1/domain_blocks", domain=globex.host)
        assert await said(alice) == []
        assert await alice.get("/api/v1/domain_blocks") == [globex.host]
        stands = await relate(alice, "note", f"bob@{globex.host}", comment="")
        assert stands["domain_blocking"] is True
        answer = await alice.call("DELETE", "/api/v1/domain_blocks", params={"domain": globex.host})
        assert answer.status == 200
        assert len(await said(alice)) == 1


async def test_ones_own_company_cannot_be_blocked(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", "/api/v1/domain_blocks", json={"domain": acme.host})
        assert (answer.status, answer.content["rule"]) == (403, "block_home")


async def test_a_note_is_its_writers_alone(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        assert (await relate(alice, "note", "zoe", comment="from Lyon"))["note"] == "from Lyon"
        (other,) = await zoe.get("/api/v1/accounts/relationships", id=await account_id(zoe, "alice"))
        assert other["note"] == ""
        assert (await relate(alice, "note", "zoe", comment=""))["note"] == ""


async def test_a_note_has_an_end(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, _):
        path = f"/api/v1/accounts/{await account_id(alice, 'zoe')}/note"
        answer = await alice.call("POST", path, json={"comment": "x" * 2001})
        assert (answer.status, answer.content["field"]) == (422, "comment")


async def test_one_recommends_whom_one_follows(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        path = f"/api/v1/accounts/{await account_id(alice, 'zoe')}/endorse"
        assert (await alice.call("POST", path)).status == 422
        await relate(alice, "follow", "zoe")
        assert (await alice.post(path))["endorsed"] is True
        of_alice = f"/api/v1/accounts/{await account_id(zoe, 'alice')}/endorsements"
        assert [one["acct"] for one in await zoe.get(of_alice)] == ["zoe"]
        assert [one["acct"] for one in await alice.get("/api/v1/endorsements")] == ["zoe"]
        assert (await relate(alice, "unendorse", "zoe"))["endorsed"] is False


async def test_a_follow_without_boosts_brings_none_home(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        stands = await relate(zoe, "follow", "max", reblogs=False)
        assert (stands["following"], stands["showing_reblogs"]) == (True, False)
        made = await alice.post("/api/v1/statuses", status="a")
        await other.post(f"/api/v1/statuses/{made['id']}/reblog")
        assert await said(zoe) == []
        assert (await relate(zoe, "follow", "max", reblogs=True))["showing_reblogs"] is True


async def test_who_wants_to_be_told_of_each_post_is_told(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        assert (await relate(zoe, "follow", "alice", notify=True))["notifying"] is True
        made = await alice.post("/api/v1/statuses", status="a")
        await alice.post("/api/v1/statuses", status="@zoe b")
        assert await told(zoe) == ["mention", "status"]
        assert (await zoe.get("/api/v1/notifications", types="status"))[0]["status"]["id"] == made["id"]


async def test_a_follow_in_some_languages_brings_home_these_alone(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        assert (await relate(zoe, "follow", "alice", languages=["fr", "de"]))["languages"] == ["fr", "de"]
        await alice.post("/api/v1/statuses", status="hello", language="en")
        await alice.post("/api/v1/statuses", status="bonjour", language="fr")
        assert await said(zoe) == ["<p>bonjour</p>"]
        assert (await relate(zoe, "follow", "alice", languages=[]))["languages"] is None


async def test_a_colleague_can_be_taken_off_ones_followers(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await relate(zoe, "follow", "alice")
        await alice.post("/api/v1/statuses", status="a")
        assert (await relate(alice, "remove_from_followers", "zoe"))["followed_by"] is False
        assert await said(zoe) == []


async def test_a_page_of_mutes_leads_to_the_next(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, _, _):
        await relate(alice, "mute", "zoe")
        await relate(alice, "mute", "max")
        first = await alice.call("GET", "/api/v1/mutes", params={"limit": 1})
        assert [one["acct"] for one in first.content] == ["max"]
        assert 'rel="next"' in first.headers["Link"]
