"""People and projects as accounts: found, shown, followed."""

from tests.nodes import Company
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]


async def found(app: App, acct: str) -> dict[str, object]:
    account: dict[str, object] = await app.get("/api/v1/accounts/lookup", acct=acct)
    return account


async def test_a_project_is_a_locked_group_with_its_charter_in_its_fields(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        ours, theirs = await found(alice, "apollo"), await found(bob, f"apollo@{acme.host}")
        assert (ours["acct"], theirs["acct"]) == ("apollo", f"apollo@{acme.host}")
        for one in (ours, theirs):
            fields = {field["name"]: field["value"] for field in one["fields"]}  # type: ignore[attr-defined]
            assert (one["group"], one["locked"], one["bot"]) == (True, True, False)
            assert fields == {"Parties": "Acme, Globex, Initech", "Until": "–", "Label": "C1"}
            assert one["followers_count"] == 3


async def test_a_partners_person_carries_the_host_and_says_the_company(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        bob = await found(alice, f"@bob@{globex.host}")
        assert bob["acct"] == f"bob@{globex.host}"
        assert {"name": "Company", "value": "<p>Globex</p>", "verified_at": None} in bob["fields"]  # type: ignore[operator]


async def test_people_and_projects_are_found_by_the_beginning_of_a_name(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice", "amine") as (alice, _):
        for query, accts in (
            ("a", ["alice", "amine", "apollo"]),
            ("@bo", [f"bob@{globex.host}"]),
            (f"bob@{globex.host[:4]}", [f"bob@{globex.host}"]),
            ("nobody", []),
            ("", []),
            ("%", []),
        ):
            assert [one["acct"] for one in await alice.get("/api/v1/accounts/search", q=query)] == accts


async def test_only_those_followed_are_found_when_asked_so(acme: Company):
    async with apps_of(acme, "alice", "amine", "anna") as (alice, _, _):
        amine = await found(alice, "amine")
        await alice.post(f"/api/v1/accounts/{amine['id']}/follow")
        answer = await alice.get("/api/v1/accounts/search", q="a", following="true")
        assert [one["acct"] for one in answer] == ["amine"]


async def test_an_account_that_is_not_there_is_not_found(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for path in ("/api/v1/accounts/17", "/api/v1/accounts/x", "/api/v1/accounts/lookup?acct=nobody"):
            answer = await alice.call("GET", path)
            assert (answer.status, answer.content) == (404, {"error": "Record not found"})


async def test_following_brings_posts_home_and_unfollowing_takes_them_away(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="before")
        place = f"/api/v1/accounts/{made['account']['id']}"
        assert await amine.get("/api/v1/timelines/home") == []
        assert (await amine.post(f"{place}/follow"))["following"] is True
        assert [one["id"] for one in await amine.get("/api/v1/timelines/home")] == [made["id"]]
        assert [one["acct"] for one in await alice.get(f"{place}/followers")] == ["amine"]
        assert (await amine.get("/api/v1/accounts/lookup", acct="alice"))["followers_count"] == 1
        assert (await amine.post(f"{place}/unfollow"))["following"] is False
        assert await amine.get("/api/v1/timelines/home") == []


async def test_one_cannot_follow_oneself(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        me = await alice.get("/api/v1/accounts/verify_credentials")
        assert (await alice.call("POST", f"/api/v1/accounts/{me['id']}/follow")).status == 403


async def test_to_follow_a_project_is_to_ask_its_leads(tied: Tied):
    acme = tied[0]
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        project = await found(zoe, "apollo")
        place = f"/api/v1/accounts/{project['id']}"
        assert (await zoe.post(f"{place}/follow"))["requested"] is True
        assert await zoe.get("/api/v1/lists") == []
        assert (await alice.get("/api/v1/notifications"))[0]["type"] == "follow_request"
        assert (await alice.get("/api/v1/accounts/verify_credentials"))["source"][
            "follow_requests_count"
        ] == 1
        (waiting,) = await alice.get("/api/v1/follow_requests")
        assert waiting["acct"] == "zoe"
        await alice.post(f"/api/v1/follow_requests/{waiting['id']}/authorize")
        assert (await zoe.get(f"/api/v1/accounts/relationships?id[]={project['id']}"))[0]["following"] is True
        assert [one["title"] for one in await zoe.get("/api/v1/lists")] == ["Apollo"]
        refused = await zoe.call("POST", "/api/v1/statuses", json={"status": "@apollo hello"})
        assert refused.content["rule"] == "only_follows"


async def test_a_request_that_is_turned_away_is_gone(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        project = await found(zoe, "apollo")
        await zoe.post(f"/api/v1/accounts/{project['id']}/follow")
        (waiting,) = await alice.get("/api/v1/follow_requests")
        await alice.post(f"/api/v1/follow_requests/{waiting['id']}/reject")
        assert await alice.get("/api/v1/follow_requests") == []
        assert (await alice.call("POST", f"/api/v1/follow_requests/{waiting['id']}/reject")).status == 404


async def test_only_a_lead_answers_requests(tied: Tied):
    acme = tied[0]
    await acme.hire("amine")
    await acme.join("amine")
    async with apps_of(acme, "amine", "zoe") as (amine, zoe):
        project = await found(zoe, "apollo")
        await zoe.post(f"/api/v1/accounts/{project['id']}/follow")
        assert await amine.get("/api/v1/follow_requests") == []
        place = f"/api/v1/follow_requests/{acme.people['zoe'].id}/authorize"
        assert (await amine.call("POST", place)).status == 404


async def test_what_an_account_said_is_shown_as_far_as_the_viewer_may_read(tied: Tied):
    acme = tied[0]
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await alice.post("/api/v1/statuses", status="@apollo inside")
        first = await alice.post("/api/v1/statuses", status="for all")
        await alice.post("/api/v1/statuses", status="an answer", in_reply_to_id=first["id"])
        place = f"/api/v1/accounts/{first['account']['id']}/statuses"
        assert len(await alice.get(place)) == 3
        assert [one["content"] for one in await zoe.get(place)] == ["<p>an answer</p>", "<p>for all</p>"]
        assert await zoe.get(place, pinned="true") == []
        assert await zoe.get(place, only_media="true") == []
        project = await found(alice, "apollo")
        assert len(await alice.get(f"/api/v1/accounts/{project['id']}/statuses")) == 1
        assert await zoe.get(f"/api/v1/accounts/{project['id']}/statuses") == []


async def test_a_profile_is_changed_and_seen_changed_in_posts_already_shown(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="hello")
        await amine.get(f"/api/v1/statuses/{made['id']}")
        answer = await alice.call(
            "PATCH", "/api/v1/accounts/update_credentials", data={"display_name": "Alice M.", "note": "Lead"}
        )
        assert (answer.content["display_name"], answer.content["source"]["note"]) == ("Alice M.", "Lead")
        seen = await amine.get(f"/api/v1/statuses/{made['id']}")
        assert seen["account"]["display_name"] == "Alice M."
