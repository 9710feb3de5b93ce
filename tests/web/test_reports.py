"""People report to their own IT, and to nobody else; IT reads what is reported as far as it may read it anyway."""

import re
from typing import Any

import pytest

from instance.domain import actor
from instance.storage import actors, ledger, reports
from instance.storage.reports import ReportRow
from instance.storage.window import Window
from tests.nodes import Company, agree, until
from tests.web.client import PASSWORD_HASH, App, apps_of
from tests.web.pages import reader

Tied = tuple[Company, Company, Company]


async def account_id(app: App, acct: str) -> str:
    return (await app.get("/api/v1/accounts/lookup", acct=acct))["id"]


async def test_a_report_is_answered_with_what_was_reported(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await zoe.post("/api/v1/statuses", status="Buy my car")
        made = await alice.post(
            "/api/v1/reports",
            account_id=said["account"]["id"],
            status_ids=[said["id"]],
            comment="Third time today",
            category="violation",
            rule_ids=["2"],
            forward=True,
        )
        assert {key: made[key] for key in ("category", "comment", "forwarded", "status_ids", "rule_ids")} == {
            "category": "violation",
            "comment": "Third time today",
            "forwarded": False,
            "status_ids": [said["id"]],
            "rule_ids": ["2"],
        }
        assert (made["action_taken"], made["action_taken_at"]) == (False, None)
        assert made["target_account"]["acct"] == "zoe"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"category": "dull"}, 422),
        ({"comment": "x" * 1001}, 422),
        ({"category": "violation", "rule_ids": ["9"]}, 422),
        ({"status_ids": ["1"]}, 404),
        ({"account_id": "1"}, 404),
        ({"account_id": None}, 404),
    ],
)
async def test_a_report_that_means_nothing_here_is_refused(acme: Company, wrong: dict[str, Any], status: int):
    async with apps_of(acme, "alice", "zoe") as (alice, _):
        right = {"account_id": await account_id(alice, "zoe"), "comment": "x"}
        assert (await alice.call("POST", "/api/v1/reports", json=right)).status == 200
        assert (await alice.call("POST", "/api/v1/reports", json=right | wrong)).status == status


async def test_a_post_that_the_reporter_may_not_read_cannot_be_reported(acme: Company):
    async with apps_of(acme, "alice", "zoe", "yann") as (alice, zoe, yann):
        said = await zoe.post("/api/v1/statuses", status="@yann for you", visibility="direct")
        what = {"account_id": said["account"]["id"], "status_ids": [said["id"]]}
        assert (await alice.call("POST", "/api/v1/reports", json=what)).status == 404
        assert (await yann.call("POST", "/api/v1/reports", json=what)).status == 200


async def test_a_post_of_somebody_else_is_not_part_of_a_report(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, _):
        own = await alice.post("/api/v1/statuses", status="Mine")
        what = {"account_id": await account_id(alice, "zoe"), "status_ids": [own["id"]]}
        assert (await alice.call("POST", "/api/v1/reports", json=what)).status == 404


async def test_administrators_are_notified_and_nobody_else(acme: Company):
    await acme.hire("it", is_admin=True)
    async with apps_of(acme, "alice", "zoe", "it") as (alice, zoe, it):
        zoe_id = await account_id(alice, "zoe")
        made = await alice.post("/api/v1/reports", account_id=zoe_id, comment="Rude")
        (told,) = await it.get("/api/v1/notifications")
        assert (told["type"], told["account"]["acct"], told["report"]) == ("admin.report", "alice", made)
        assert await zoe.get("/api/v1/notifications") == await alice.get("/api/v1/notifications") == []


async def test_who_no_longer_administers_reads_no_report(acme: Company):
    it = await acme.hire("it", is_admin=True)
    await acme.hire("boss", is_admin=True)
    async with apps_of(acme, "alice", "zoe", "it", "boss") as (alice, _, former, boss):
        await alice.post("/api/v1/reports", account_id=await account_id(alice, "zoe"), comment="Rude")
        await acme.node.perform(lambda tx: actor.set_admin(tx, it.id, is_admin=False))
        assert await former.get("/api/v1/notifications") == []
        assert len(await boss.get("/api/v1/notifications")) == 1


async def bobs_word(alice: App, acme: Company, globex: Company) -> dict[str, Any]:
    """What bob of Globex said in the project, as alice sees it."""
    await globex.post("bob", "@apollo Bad news")
    await agree(acme, globex)
    said, *_ = await alice.get("/api/v1/timelines/home")
    return said


async def reports_at(company: Company) -> list[ReportRow]:
    return await company.node.read(lambda tx: reports.page(tx, Window()))


async def test_a_report_about_a_partner_is_told_to_no_other_company_unasked(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        said = await bobs_word(alice, acme, globex)
        before = await acme.node.read(ledger.last)
        made = await alice.post(
            "/api/v1/reports", account_id=said["account"]["id"], status_ids=[said["id"]], forward=False
        )
        assert made["forwarded"] is False
        assert await acme.node.read(ledger.last) == before


async def test_a_report_that_is_to_go_on_reaches_it_of_that_company_alone_and_names_nobody(tied: Tied):
    acme, globex, initech = tied
    await globex.hire("it", is_admin=True)
    async with apps_of(acme, "alice") as (alice,):
        said = await bobs_word(alice, acme, globex)
        made = await alice.post(
            "/api/v1/reports",
            account_id=said["account"]["id"],
            status_ids=[said["id"]],
            comment="Not polite",
            forward=True,
        )
        assert made["forwarded"] is True

    async def count() -> int:
        return len(await reports_at(globex))

    await until(count, 1)
    (row,) = await reports_at(globex)
    assert row.comment == "Not polite"
    people = await globex.node.read(lambda tx: actors.by_ids(tx, [row.reporter_id, row.target_id]))
    assert people[row.reporter_id].iri == acme.config.home.node
    assert people[row.target_id].username == "bob"
    meant = await globex.node.read(lambda tx: reports.posts_of(tx, [row.id]))
    assert len(meant[row.id]) == 1
    assert await reports_at(initech) == []
    async with apps_of(globex, "it") as (it,):
        (told,) = await it.get("/api/v1/notifications")
        assert (told["type"], told["report"]["comment"]) == ("admin.report", "Not polite")


async def test_what_a_report_may_not_say_outside_keeps_it_from_going_on(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        inside = await alice.post("/api/v1/statuses", status="Among us")
        said = await bobs_word(alice, acme, globex)
        about = {"account_id": said["account"]["id"], "comment": f"As I said: {inside['uri']}"}
        answer = await alice.call("POST", "/api/v1/reports", json=about | {"forward": True})
        assert (answer.status, "only inside the company" in answer.content["error"]) == (422, True)
        assert await reports_at(acme) == []
        assert (await alice.call("POST", "/api/v1/reports", json=about)).status == 200


async def test_it_sends_a_report_on_from_its_page(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), reader(acme, "it", is_admin=True) as it:
        said = await bobs_word(alice, acme, globex)
        made = await alice.post("/api/v1/reports", account_id=said["account"]["id"], comment="Rude")
        path = f"/app/reports/{made['id']}"
        assert f"{path}/forward" in await it.read(path)
        assert (await it.send(f"{path}/forward")).status == 303
        page = await it.read(path)
        assert "Told to their company" in page
        assert f"{path}/forward" not in page

    async def told() -> list[str]:
        return [row.comment for row in await reports_at(globex)]

    await until(told, ["Rude"])


async def test_what_is_about_a_colleague_cannot_go_on(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, _), reader(acme, "it", is_admin=True) as it:
        made = await alice.post("/api/v1/reports", account_id=await account_id(alice, "zoe"), forward=True)
        assert made["forwarded"] is False
        path = f"/app/reports/{made['id']}"
        assert f"{path}/forward" not in await it.read(path)
        assert (await it.send(f"{path}/forward")).status == 409
        assert (await it.send("/app/reports/1/forward")).status == 404


async def test_it_takes_a_report_on_and_closes_it(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe), reader(acme, "it", is_admin=True) as it:
        said = await zoe.post("/api/v1/statuses", status="Buy my car")
        made = await alice.post(
            "/api/v1/reports", account_id=said["account"]["id"], status_ids=[said["id"]], comment="Ads"
        )
        path = f"/app/reports/{made['id']}"
        assert path in await it.read("/app/reports")
        assert "Buy my car" in await it.read(path)
        for verb in ("take", "resolve"):
            assert (await it.send(f"{path}/{verb}")).status == 303
        page = await it.read(path)
        assert re.search(r"In the hands of</dt><dd>@it<", page)
        assert f"{path}/reopen" in page
        assert f"{path}/resolve" not in page


async def test_it_reads_no_reported_post_of_a_project_that_it_is_not_in(tied: Tied):
    acme, _, _ = tied
    await acme.hire("yann", password_hash=PASSWORD_HASH)
    await acme.join("yann")
    async with apps_of(acme, "alice", "yann") as (alice, yann), reader(acme, "it", is_admin=True) as it:
        said = await yann.post("/api/v1/statuses", status="@apollo The secret frame")
        made = await alice.post(
            "/api/v1/reports", account_id=said["account"]["id"], status_ids=[said["id"]], comment="Why?"
        )
        page = await it.read(f"/app/reports/{made['id']}")
        assert "Why?" in page
        assert "secret frame" not in page
        assert "1 post that you may not read" in page
        async with apps_of(acme, "it") as (app,):
            (told,) = await app.get("/api/v1/notifications")
            assert told["report"]["status_ids"] == []


async def test_a_report_has_no_page_for_others(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, _), reader(acme, "yann") as yann:
        made = await alice.post("/api/v1/reports", account_id=await account_id(alice, "zoe"))
        assert (await yann.get("/app/reports")).status == 403
        assert (await yann.get(f"/app/reports/{made['id']}")).status == 403
        assert (await yann.send(f"/app/reports/{made['id']}/resolve")).status == 403
