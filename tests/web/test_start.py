"""What Mastodon's apps ask for when they start is answered."""

import pytest

from tests.nodes import Company
from tests.web.client import apps_of

EMPTY = (
    "/api/v1/filters",
    "/api/v2/filters",
    "/api/v1/announcements",
    "/api/v1/blocks",
    "/api/v1/mutes",
    "/api/v1/domain_blocks",
    "/api/v1/conversations",
    "/api/v1/followed_tags",
    "/api/v1/featured_tags",
    "/api/v1/endorsements",
    "/api/v1/scheduled_statuses",
    "/api/v1/follow_requests",
    "/api/v1/lists",
    "/api/v1/notifications/requests",
    "/api/v2/suggestions",
)


@pytest.mark.parametrize("path", EMPTY)
async def test_what_there_is_none_of_is_an_empty_list(acme: Company, path: str):
    async with apps_of(acme, "alice") as (alice,):
        assert await alice.get(path) == []


@pytest.mark.parametrize("path", ["/api/v1/instance/peers", "/api/v1/trends/tags"])
async def test_strangers_may_ask_for_what_there_is_none_of(acme: Company, path: str):
    async with apps_of(acme, "") as (nobody,):
        assert await nobody.get(path) == []


async def test_nothing_is_filtered(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        policy = await alice.get("/api/v2/notifications/policy")
        assert policy["for_not_following"] == "accept"


async def test_preferences_are_in_the_persons_language(acme: Company):
    await acme.hire("zoe", locale="fr")
    async with apps_of(acme, "zoe") as (zoe,):
        assert (await zoe.get("/api/v1/preferences"))["posting:default:language"] == "fr"


async def test_what_is_not_offered_answers_as_mastodon_does_and_from_any_origin(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("GET", "/api/v1/push/subscription")
        assert answer.status == 404
        assert "error" in answer.content
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_the_version_begins_with_that_of_mastodon(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        told = await nobody.get("/api/v2/instance")
        assert told["version"].startswith("4.")
        assert "Cordée" in told["version"]
        assert told["configuration"]["urls"]["streaming"] == acme.config.base_url.replace("http", "ws")
