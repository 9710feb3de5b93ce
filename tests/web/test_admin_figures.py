"""Figures of the node for IT: real ones, by day, and of hashtags only what the asker may read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from instance.storage.figures import DAY_MS, Span
from tests.nodes import Company, agree
from tests.web.client import App
from tests.web.test_admin import it_and, reported
from web.mastodon.admin_figures import cohorts, in_words, period_of

Tied = tuple[Company, Company, Company]
TODAY = datetime.now(UTC).date()
DAYS = {"start_at": str(TODAY - timedelta(days=2)), "end_at": str(TODAY + timedelta(days=1))}


async def measured(it: App, *keys: str, **about: Any) -> dict[str, dict[str, Any]]:
    found = await it.post("/api/v1/admin/measures", keys=list(keys), **DAYS, **about)
    return {one["key"]: one for one in found}


async def shares(it: App, key: str, **about: Any) -> dict[str, str]:
    (found,) = await it.post("/api/v1/admin/dimensions", keys=[key], **DAYS, **about)
    return {one["key"]: one["value"] for one in found["data"]}


async def test_what_people_do_is_counted(acme: Company):
    async with it_and(acme, "alice", "zoe") as (it, alice, zoe):
        said = await alice.post("/api/v1/statuses", status="The frame is ready")
        await zoe.post(f"/api/v1/statuses/{said['id']}/favourite")
        await zoe.post("/api/v1/statuses", status="Good", in_reply_to_id=said["id"])
        await reported(alice, zoe)
        found = await measured(it, "active_users", "new_users", "interactions", "opened_reports")
        totals = {key: (one["total"], one["previous_total"]) for key, one in found.items()}
        assert totals == {
            "active_users": ("2", "0"),
            "new_users": ("3", "0"),
            "interactions": ("2", "0"),
            "opened_reports": ("1", "0"),
        }
        assert sum(int(point["value"]) for point in found["interactions"]["data"]) == 2
        assert len(found["interactions"]["data"]) == 4


async def test_what_a_partner_brings_is_counted_for_that_partner(tied: Tied):
    acme, globex, initech = tied
    async with it_and(acme) as (it,):
        await globex.post("bob", "@apollo One")
        await globex.post("bob", "@apollo Two")
        await agree(acme, globex)
        for host, statuses, accounts in ((globex.host, "2", "1"), (initech.host, "0", "1")):
            found = await measured(
                it,
                "instance_statuses",
                "instance_accounts",
                instance_statuses={"domain": host},
                instance_accounts={"domain": host},
            )
            assert (found["instance_statuses"]["total"], found["instance_accounts"]["total"]) == (
                statuses,
                accounts,
            )
        assert await shares(it, "servers") == {globex.host: "2"}


async def test_of_a_hashtag_is_counted_what_the_asker_may_read(tied: Tied):
    acme, _, _ = tied
    about = {key: {"id": "frame"} for key in ("tag_uses", "tag_accounts")}
    async with it_and(acme, "alice") as (it, alice):
        await alice.post("/api/v1/statuses", status="The #frame")
        await alice.post("/api/v1/statuses", status="@apollo The #Frame")
        found = await measured(it, "tag_uses", "tag_accounts", **about)
        assert (found["tag_uses"]["total"], found["tag_accounts"]["total"]) == ("1", "1")
        await acme.join("it")
        assert (await measured(it, "tag_uses", **about))["tag_uses"]["total"] == "2"


async def test_the_largest_shares_are_told(acme: Company):
    async with it_and(acme, "alice") as (it, alice):
        for language in ("fr", "fr", "en"):
            await alice.post("/api/v1/statuses", status="x", language=language)
        assert await shares(it, "languages") == {"fr": "2", "en": "1"}
        assert await shares(it, "languages", limit=1) == {"fr": "2"}
        assert int((await shares(it, "space_usage"))["sqlite"]) > 0
        assert "sqlite" in await shares(it, "software_versions")


@pytest.mark.parametrize(
    "asked",
    [
        {"keys": ["new_users"]},
        {"keys": ["new_users"], "start_at": "2020-01-01", "end_at": "2026-01-01"},
        {"keys": ["new_users"], "start_at": "2026-01-02", "end_at": "2026-01-01"},
        {"keys": ["tag_uses"], **DAYS},
        {"keys": ["instance_statuses"], **DAYS},
    ],
)
async def test_figures_of_no_days_or_of_nothing_are_refused(acme: Company, asked: dict[str, Any]):
    async with it_and(acme) as (it,):
        assert (await it.call("POST", "/api/v1/admin/measures", json=asked)).status == 422


async def test_who_came_and_is_active_is_told(acme: Company):
    async with it_and(acme, "alice", "zoe") as (it, alice, _):
        await alice.post("/api/v1/statuses", status="x")
        found = await it.post("/api/v1/admin/retention", frequency="day", **DAYS)
        today = next(one for one in found if one["period"].startswith(str(TODAY)))
        assert (today["frequency"], today["data"][0]["value"]) == ("day", "1")
        assert today["data"][0]["rate"] == pytest.approx(1 / 3)
        assert await it.post("/api/v1/admin/retention", frequency="day") == []


def test_a_cohort_is_counted_from_its_own_period_on():
    found = cohorts(
        {1: 0, 2: 5, 3: DAY_MS}, [(1, 0), (2, DAY_MS), (3, DAY_MS)], span=Span(0, 2 * DAY_MS), frequency="day"
    )
    assert [(one.size, one.active) for one in found] == [(2, {0: 1, DAY_MS: 1}), (1, {DAY_MS: 1})]


def test_a_month_begins_with_its_first_day():
    first, late = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert period_of(round(late.timestamp() * 1000), "month") == first.timestamp() * 1000


@pytest.mark.parametrize(("size", "words"), [(0, "0 Bytes"), (2048, "2 KB"), (49_581_359_907, "46.2 GB")])
def test_a_size_is_told_in_words(size: int, words: str):
    assert in_words(size) == words
