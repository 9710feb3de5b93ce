"""What IT does from an app: people and reports. Others are refused at the door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.nodes import Company
from tests.web.client import App, apps_of, token_for

Tied = tuple[Company, Company, Company]
ALL = "read write admin:read admin:write"
ACCOUNTS = "/api/v1/admin/accounts"
REPORTS = "/api/v1/admin/reports"


@asynccontextmanager
async def it_and(company: Company, *names: str) -> AsyncIterator[tuple[App, ...]]:
    """An app of IT, who may do everything, and apps of these people."""
    await company.hire("it", is_admin=True)
    async with apps_of(company, "", *names) as (it, *others):
        it.token = await token_for(company, "it", ALL)
        yield it, *others


def usernames(found: list[dict[str, Any]]) -> set[str]:
    return {one["username"] for one in found}


def id_of(company: Company, name: str) -> str:
    return str(company.people[name].id)


async def reported(reporter: App, author: App, **what: Any) -> dict[str, Any]:
    """A post of the author's, and the report of it."""
    said = await author.post("/api/v1/statuses", status="Buy my car")
    return await reporter.post(
        "/api/v1/reports", account_id=said["account"]["id"], status_ids=[said["id"]], **what
    )


async def test_who_does_not_administer_is_refused_with_every_scope(acme: Company):
    async with it_and(acme, "") as (it, other):
        await acme.hire("zoe")
        other.token = await token_for(acme, "zoe", ALL)
        refused = await other.call("GET", ACCOUNTS)
        assert (refused.status, refused.content) == (403, {"error": "This action is not allowed"})
        assert usernames(await it.get(ACCOUNTS)) == {"it", "zoe"}


async def test_what_a_person_may_read_of_others_opens_nothing_of_it(acme: Company):
    async with it_and(acme) as (it,):
        it.token = await token_for(acme, "it", "read write follow push")
        assert (await it.call("GET", ACCOUNTS)).status == 403


async def test_it_reads_of_its_own_people_what_nobody_else_does(acme: Company):
    async with it_and(acme, "zoe") as (it, _):
        await acme.hire("yann", email="yann@acme.example", locale="fr")
        (shown,) = await it.get(ACCOUNTS, username="yann")
        assert {key: shown[key] for key in ("email", "locale", "domain", "confirmed", "suspended")} == {
            "email": "yann@acme.example",
            "locale": "fr",
            "domain": None,
            "confirmed": True,
            "suspended": False,
        }
        assert (shown["role"]["name"], shown["account"]["acct"]) == ("", "yann")
        assert await it.get(f"{ACCOUNTS}/{shown['id']}") == shown


@pytest.mark.parametrize(
    ("path", "asked", "found"),
    [
        (ACCOUNTS, {"staff": "true"}, {"it"}),
        (ACCOUNTS, {"local": "true"}, {"it", "alice", "zoe"}),
        (ACCOUNTS, {"remote": "true"}, {"bob", "carol"}),
        (ACCOUNTS, {"disabled": "true"}, {"zoe"}),
        (ACCOUNTS, {"active": "true", "local": "true"}, {"it", "alice"}),
        (ACCOUNTS, {"pending": "true"}, set()),
        (ACCOUNTS, {"display_name": "ali"}, {"alice"}),
        ("/api/v2/admin/accounts", {"permissions": "staff"}, {"it"}),
        ("/api/v2/admin/accounts", {"origin": "remote"}, {"bob", "carol"}),
        ("/api/v2/admin/accounts", {"status": "suspended"}, {"zoe"}),
        ("/api/v2/admin/accounts", {"status": "silenced"}, set()),
        ("/api/v2/admin/accounts", {"role_ids[]": "-99"}, {"alice", "zoe"}),
    ],
)
async def test_people_are_found_by_what_is_asked(
    tied: Tied, path: str, asked: dict[str, str], found: set[str]
):
    acme, _, _ = tied
    async with it_and(acme, "zoe") as (it, _):
        await it.post(f"{ACCOUNTS}/{id_of(acme, 'zoe')}/action", type="disable")
        assert usernames(await it.get(path, **asked)) == found


async def test_the_list_of_people_is_read_in_pages(acme: Company):
    async with it_and(acme, "alice", "zoe") as (it, *_):
        first = await it.call("GET", ACCOUNTS, params={"limit": "2"})
        older = first.headers["Link"].partition("<")[2].partition(">")[0].removeprefix(acme.config.base_url)
        second = await it.get(older)
        assert usernames(first.content) | usernames(second) == {"it", "alice", "zoe"}
        assert (len(first.content), len(second)) == (2, 1)


@pytest.mark.parametrize("kind", ["disable", "suspend"])
async def test_who_is_shut_out_is_out_at_once_and_is_let_in_again(acme: Company, kind: str):
    async with it_and(acme, "zoe") as (it, zoe):
        place = f"{ACCOUNTS}/{id_of(acme, 'zoe')}"
        assert await it.post(f"{place}/action", type=kind) == {}
        assert (await zoe.call("GET", "/api/v1/timelines/home")).status == 401
        assert (await it.get(place))["suspended"] is True
        back = await it.post(f"{place}/unsuspend")
        assert (back["disabled"], back["suspended"]) == (False, False)
        assert (await it.call("POST", f"{place}/unsuspend")).status == 403


@pytest.mark.parametrize("kind", ["silence", "sensitive", "bury", ""])
async def test_nobody_is_half_shut_out(acme: Company, kind: str):
    async with it_and(acme, "zoe") as (it, _):
        answer = await it.call("POST", f"{ACCOUNTS}/{id_of(acme, 'zoe')}/action", json={"type": kind})
        assert answer.status == 422
        assert (await it.get(f"{ACCOUNTS}/{id_of(acme, 'zoe')}"))["suspended"] is False


async def test_it_neither_shuts_out_itself_nor_people_of_another_company(tied: Tied):
    acme, _, _ = tied
    async with it_and(acme) as (it,):
        (bob,) = await it.get(ACCOUNTS, username="bob")
        for one in (bob["id"], id_of(acme, "it")):
            answer = await it.call("POST", f"{ACCOUNTS}/{one}/action", json={"type": "suspend"})
            assert answer.status == 403
        assert (await it.get(f"{ACCOUNTS}/{bob['id']}"))["suspended"] is False


@pytest.mark.parametrize(
    ("method", "verb"), [("POST", "/approve"), ("POST", "/reject"), ("DELETE", "")], ids=str
)
async def test_nobody_waits_to_be_let_in_and_nobody_is_wiped_out(acme: Company, method: str, verb: str):
    async with it_and(acme, "zoe") as (it, _):
        assert (await it.call(method, f"{ACCOUNTS}/{id_of(acme, 'zoe')}{verb}")).status == 403
        assert (await it.call(method, f"{ACCOUNTS}/1{verb}")).status == 404


async def test_a_report_is_shown_to_it_with_everybody_in_it_and_the_post(acme: Company):
    async with it_and(acme, "alice", "zoe") as (it, alice, zoe):
        made = await reported(alice, zoe, comment="Ads", category="violation", rule_ids=["1"])
        (shown,) = await it.get(REPORTS)
        assert (shown["id"], shown["comment"], shown["rules"][0]["id"]) == (made["id"], "Ads", "1")
        assert (shown["account"]["username"], shown["target_account"]["username"]) == ("alice", "zoe")
        assert [one["content"] for one in shown["statuses"]] == ["<p>Buy my car</p>"]
        assert await it.get(f"{REPORTS}/{made['id']}") == shown


async def test_a_reported_post_of_a_project_is_not_shown_to_it_outside_the_project(tied: Tied):
    acme, _, _ = tied
    async with it_and(acme, "alice", "zoe") as (it, alice, zoe):
        await acme.join("zoe")
        said = await zoe.post("/api/v1/statuses", status="@apollo The secret frame")
        await alice.post("/api/v1/reports", account_id=said["account"]["id"], status_ids=[said["id"]])
        assert [one["statuses"] for one in await it.get(REPORTS)] == [[]]
        await acme.join("it")
        assert [one["statuses"][0]["id"] for one in await it.get(REPORTS)] == [said["id"]]


async def test_a_report_is_taken_on_closed_and_opened_again(acme: Company):
    async with it_and(acme, "alice", "zoe") as (it, alice, zoe):
        place = f"{REPORTS}/{(await reported(alice, zoe))['id']}"
        assert (await it.post(f"{place}/assign_to_self"))["assigned_account"]["username"] == "it"
        assert (await it.post(f"{place}/unassign"))["assigned_account"] is None
        closed = await it.post(f"{place}/resolve")
        assert (closed["action_taken"], closed["action_taken_by_account"]["username"]) == (True, "it")
        assert await it.get(REPORTS) == []
        assert len(await it.get(REPORTS, resolved="true")) == 1
        assert (await it.post(f"{place}/reopen"))["action_taken"] is False


async def test_what_a_report_is_about_can_be_said_otherwise(acme: Company):
    async with it_and(acme, "alice", "zoe") as (it, alice, zoe):
        place = f"{REPORTS}/{(await reported(alice, zoe))['id']}"
        changed = await it.call("PUT", place, json={"category": "violation", "rule_ids": ["2"]})
        assert (changed.content["category"], changed.content["rules"][0]["id"]) == ("violation", "2")
        assert (await it.call("PUT", place, json={"category": "dull"})).status == 422


async def test_shutting_out_closes_what_was_reported_and_doing_nothing_the_one_report(acme: Company):
    async with it_and(acme, "alice", "zoe") as (it, alice, zoe):
        first = await reported(alice, zoe)
        await reported(alice, zoe)
        place = f"{ACCOUNTS}/{id_of(acme, 'zoe')}/action"
        await it.post(place, type="none", report_id=first["id"])
        assert len(await it.get(REPORTS)) == 1
        await it.post(place, type="disable")
        assert await it.get(REPORTS) == []
