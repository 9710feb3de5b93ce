"""What IT reads from an app of other hosts, hashtags and trends; what Mastodon keeps against those who sign up is not there."""

import pytest

from instance.domain import charter
from tests.nodes import Company
from tests.web.client import apps_of
from tests.web.test_admin import it_and

Tied = tuple[Company, Company, Company]
ADMIN = "/api/v1/admin"


async def test_the_companies_of_a_live_charter_are_allowed_and_of_a_suspended_one_blocked(tied: Tied):
    acme, globex, initech = tied
    others = sorted([globex.host, initech.host])
    async with it_and(acme) as (it,):
        allowed = await it.get(f"{ADMIN}/domain_allows")
        assert [one["domain"] for one in allowed] == others
        assert await it.get(f"{ADMIN}/domain_allows/{globex.host}") in allowed
        assert await it.get(f"{ADMIN}/domain_blocks") == []
        await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
        assert await it.get(f"{ADMIN}/domain_allows") == []
        blocked = await it.get(f"{ADMIN}/domain_blocks")
        assert [(one["domain"], one["severity"]) for one in blocked] == [(one, "suspend") for one in others]


async def test_a_charter_is_not_changed_from_an_app(tied: Tied):
    acme, globex, _ = tied
    place = f"{ADMIN}/domain_allows"
    async with it_and(acme) as (it,):
        assert (await it.post(place, domain=globex.host))["domain"] == globex.host
        for domain, status in ((None, 422), ("nowhere.example", 403)):
            assert (await it.call("POST", place, json={"domain": domain})).status == status
        refused = await it.call("DELETE", f"{place}/{globex.host}")
        assert (refused.status, "charter" in refused.content["error"]) == (403, True)
        assert (await it.call("DELETE", f"{place}/nowhere.example")).status == 404
        assert len(await it.get(place)) == 2


@pytest.mark.parametrize("name", ["email_domain_blocks", "ip_blocks", "canonical_email_blocks"])
async def test_nothing_is_kept_against_those_who_sign_up(acme: Company, name: str):
    async with it_and(acme) as (it,):
        assert await it.get(f"{ADMIN}/{name}") == []
        refused = await it.call("POST", f"{ADMIN}/{name}", json={"domain": "x.example", "ip": "10.0.0.1"})
        assert (refused.status, "Nobody signs up" in refused.content["error"]) == (403, True)
        for method in ("GET", "DELETE"):
            assert (await it.call(method, f"{ADMIN}/{name}/1")).status == 404


@pytest.mark.parametrize("what", ["links", "links/publishers", "statuses", "tags"])
async def test_nothing_trends(acme: Company, what: str):
    async with it_and(acme) as (it,):
        assert await it.get(f"{ADMIN}/trends/{what}") == []
        assert (await it.call("POST", f"{ADMIN}/trends/{what}/1/approve")).status == 404


async def test_it_sees_the_hashtags_of_what_it_may_read_and_no_others(tied: Tied):
    acme, _, _ = tied
    async with it_and(acme, "alice") as (it, alice):
        await alice.post("/api/v1/statuses", status="@apollo The #prototype is ready")
        await alice.post("/api/v1/statuses", status="Lunch at #noon")
        (shown,) = await it.get(f"{ADMIN}/tags")
        assert (shown["name"], shown["usable"], shown["trendable"]) == ("noon", True, False)
        assert await it.get(f"{ADMIN}/tags/noon") == shown
        assert (await it.call("GET", f"{ADMIN}/tags/prototype")).status == 404


async def test_a_hashtag_is_not_taken_out_of_use(acme: Company):
    async with it_and(acme, "alice") as (it, alice):
        await alice.post("/api/v1/statuses", status="Lunch at #noon")
        place = f"{ADMIN}/tags/noon"
        assert (await it.call("PUT", place, json={"usable": True})).status == 200
        assert (await it.call("PUT", place, json={"usable": False})).status == 403


async def test_none_of_this_is_open_to_others(tied: Tied):
    async with apps_of(tied[0], "alice") as (alice,):
        for name in ("domain_allows", "domain_blocks", "tags", "trends/tags", "ip_blocks"):
            assert (await alice.call("GET", f"{ADMIN}/{name}")).status == 403
