"""What a company's network has not: each answer is Mastodon's own with the feature off."""

import pytest

from tests.nodes import Company
from tests.web.client import apps_of

EMPTY = ("/api/v1/accounts/1/identity_proofs", "/api/v1/trends")
MISSING = (
    ("GET", "/api/v1/timelines/link?url=https://example.org/"),
    ("GET", "/api/v1/annual_reports/2025"),
    ("POST", "/api/v1/annual_reports/2025/read"),
)


async def test_nobody_signs_up(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", "/api/v1/accounts", json={"username": "mallory"})
        assert (answer.status, answer.content) == (403, {"error": "This action is not allowed"})


async def test_the_instance_says_that_nobody_signs_up(acme: Company):
    async with apps_of(acme, "") as (stranger,):
        assert (await stranger.get("/api/v2/instance"))["registrations"]["enabled"] is False


async def test_an_address_needs_no_confirmation(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        assert await alice.get("/api/v1/emails/check_confirmation") is True


async def test_a_confirmation_is_not_sent_again(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        assert (await alice.call("POST", "/api/v1/emails/confirmations")).status == 403


async def test_a_post_is_not_translated(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post("/api/v1/statuses", status="Bonjour", language="fr")
        answer = await alice.call("POST", f"/api/v1/statuses/{made['id']}/translate")
        assert (answer.status, answer.content) == (404, {"error": "Record not found"})


async def test_the_instance_says_that_nothing_is_translated(acme: Company):
    async with apps_of(acme, "") as (stranger,):
        assert (await stranger.get("/api/v2/instance"))["configuration"]["translation"] == {"enabled": False}


async def test_nobodys_year_has_a_report(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        assert await alice.get("/api/v1/annual_reports") == {
            "annual_reports": [],
            "accounts": [],
            "statuses": [],
        }
        assert await alice.get("/api/v1/annual_reports/2025/state") == {"state": "ineligible"}
        assert await alice.post("/api/v1/annual_reports/2025/generate") == {}


@pytest.mark.parametrize(("method", "path"), MISSING)
async def test_what_there_is_none_of_is_not_found(acme: Company, method: str, path: str):
    async with apps_of(acme, "alice") as (alice,):
        assert (await alice.call(method, path)).status == 404


@pytest.mark.parametrize("path", EMPTY)
async def test_what_there_is_nothing_of_is_an_empty_list(acme: Company, path: str):
    async with apps_of(acme, "alice") as (alice,):
        assert await alice.get(path) == []


async def test_strangers_may_read_what_becomes_of_their_words(acme: Company):
    async with apps_of(acme, "") as (stranger,):
        policy = await stranger.get("/api/v1/instance/privacy_policy")
        assert "stays in the company" in policy["content"]
        assert policy["updated_at"].endswith("Z")


async def test_strangers_may_read_which_languages_the_pages_speak(acme: Company):
    async with apps_of(acme, "") as (stranger,):
        assert {"code": "fr", "name": "Français"} in await stranger.get("/api/v1/instance/languages")


async def test_the_machine_is_watched_without_a_token(acme: Company):
    async with apps_of(acme, "") as (stranger,):
        answer = await stranger.call("GET", "/health")
        assert (answer.status, answer.content) == (200, "OK")


@pytest.mark.parametrize(
    "path",
    ["/api/oembed", "/api/v1/instance/terms_of_service", "/api/v1/instance/terms_of_service/2026-01-01"],
)
async def test_strangers_find_nothing_where_nothing_is_public(acme: Company, path: str):
    async with apps_of(acme, "") as (stranger,):
        assert (await stranger.call("GET", path)).status == 404


async def test_nobody_is_asked_for_donations(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        assert (await alice.call("GET", "/api/v1/donation_campaigns")).status == 204
