"""Posts for later, as an app writes them: kept, moved, cancelled, published by the clock, and never lost."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from instance.storage import media as pictures
from tests.nodes import Company, a_company, agree, running, three_nodes, until
from tests.web.client import App, apps_of
from tests.web.test_media import a_picture, uploaded
from tests.web.test_polls import Clock
from web.app import build_app

PATH = "/api/v1/scheduled_statuses"
HOUR_MS = 3_600_000


@pytest_asyncio.fixture
async def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def acme(tmp_path: Path, clock: Clock) -> AsyncIterator[Company]:
    async with running(a_company(tmp_path, "acme", app_of=build_app, clock=clock)) as (company,):
        yield company


def in_(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")


async def later(app: App, status: str = "Good morning", minutes: float = 60, **more: Any) -> Any:
    return await app.post("/api/v1/statuses", status=status, scheduled_at=in_(minutes), **more)


async def pass_ms(company: Company, clock: Clock, spent_ms: int) -> None:
    """Let time pass, and the node look at its clock."""
    clock.ahead_ms += spent_ms
    await company.node.do_due()


async def home(app: App) -> list[str]:
    return [one["content"] for one in await app.get("/api/v1/timelines/home")]


async def test_a_post_for_later_is_kept_and_not_published(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        at = in_(60)
        made = await alice.post(
            "/api/v1/statuses", status="Good morning", scheduled_at=at, visibility="unlisted", language="fr"
        )
        assert made == {
            "id": made["id"],
            "scheduled_at": at.replace("+00:00", "Z"),
            "params": {
                "text": "Good morning",
                "poll": None,
                "media_ids": None,
                "sensitive": False,
                "spoiler_text": None,
                "visibility": "unlisted",
                "language": "fr",
                "in_reply_to_id": None,
                "application_id": None,
                "scheduled_at": None,
                "idempotency": None,
                "with_rate_limit": False,
                "quoted_status_id": None,
                "quote_approval_policy": None,
            },
            "media_attachments": [],
        }
        assert await alice.get(f"{PATH}/{made['id']}") == made
        assert await home(alice) == []


async def test_the_clock_publishes_what_is_due_and_nothing_else(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        await later(alice, "first", 10)
        second = await later(alice, "second", 180)
        await pass_ms(acme, clock, HOUR_MS)
        assert await home(alice) == ["<p>first</p>"]
        assert [one["id"] for one in await alice.get(PATH)] == [second["id"]]


async def test_a_poll_runs_from_when_it_is_published(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        poll = {"options": ["a", "b"], "expires_in": 600, "multiple": True}
        kept = await later(alice, "Which?", poll=poll)
        assert kept["params"]["poll"] == {
            "options": ["a", "b"],
            "expires_in": 600,
            "multiple": True,
            "hide_totals": False,
        }
        await pass_ms(acme, clock, 2 * HOUR_MS)
        (made,) = await alice.get("/api/v1/timelines/home")
        assert (made["poll"]["multiple"], made["poll"]["expired"]) == (True, False)


async def test_what_waits_outlives_a_restart(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        await later(alice)
        await acme.stop()
        await acme.start()
        await pass_ms(acme, clock, 2 * HOUR_MS)
        assert await home(alice) == ["<p>Good morning</p>"]


async def test_the_clock_is_looked_at_without_being_asked(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        await later(alice)
        clock.ahead_ms += 2 * HOUR_MS
        await until(lambda: home(alice), ["<p>Good morning</p>"])


async def test_a_time_too_near_is_refused_when_written_and_when_moved(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for at in (in_(4), in_(-60), "tomorrow"):
            answer = await alice.call("POST", "/api/v1/statuses", json={"status": "x", "scheduled_at": at})
            assert answer.status == 422
        made = await later(alice)
        assert (await alice.call("PUT", f"{PATH}/{made['id']}", json={"scheduled_at": in_(4)})).status == 422
        assert await alice.get(PATH) == [made]


async def test_a_moved_post_comes_at_its_new_time(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        made = await later(alice)
        at = in_(180)
        moved = await alice.call("PUT", f"{PATH}/{made['id']}", json={"scheduled_at": at})
        assert moved.content == made | {"scheduled_at": at.replace("+00:00", "Z")}
        await pass_ms(acme, clock, 2 * HOUR_MS)
        assert await home(alice) == []
        await pass_ms(acme, clock, 2 * HOUR_MS)
        assert await home(alice) == ["<p>Good morning</p>"]


async def test_a_cancelled_post_never_comes(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        made = await later(alice)
        assert (await alice.call("DELETE", f"{PATH}/{made['id']}")).content == {}
        assert (await alice.call("GET", f"{PATH}/{made['id']}")).status == 404
        await pass_ms(acme, clock, 2 * HOUR_MS)
        assert await home(alice) == []


async def test_what_somebody_wrote_for_later_is_not_there_for_others(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        path = f"{PATH}/{(await later(alice))['id']}"
        assert await amine.get(PATH) == []
        calls = [await amine.call("PUT", path, json={"scheduled_at": in_(90)})]
        calls += [await amine.call(method, path) for method in ("GET", "DELETE")]
        assert [answer.status for answer in calls] == [404, 404, 404]
        assert len(await alice.get(PATH)) == 1


async def test_an_idempotency_key_keeps_one_post_for_later(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        sent = {"json": {"status": "once", "scheduled_at": in_(60)}, "headers": {"Idempotency-Key": "k1"}}
        first, second = [await alice.call("POST", "/api/v1/statuses", **sent) for _ in range(2)]
        assert first.content == second.content
        assert first.content["params"]["idempotency"] == "k1"


async def test_the_list_is_paged(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = [await later(alice, str(number)) for number in range(3)]
        page = await alice.call("GET", PATH, params={"limit": 2})
        assert [one["id"] for one in page.content] == [made[2]["id"], made[1]["id"]]
        assert f"max_id={made[1]['id']}" in page.headers["Link"]
        (last,) = await alice.get(PATH, max_id=made[1]["id"])
        assert last["id"] == made[0]["id"]


async def test_a_day_takes_so_many_and_no_more(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        sent = {"json": {"status": "x", "scheduled_at": f"{day}T12:00:00Z"}}
        answers = [await alice.call("POST", "/api/v1/statuses", **sent) for _ in range(26)]
        assert [answer.status for answer in answers] == [200] * 25 + [422]
        assert answers[-1].content["rule"] == "scheduled_too_many_a_day"
        assert (await later(alice))["id"]


async def test_a_picture_waits_with_its_post(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        ids = [(await uploaded(alice, a_picture())).content["id"] for _ in range(2)]
        made = await later(alice, minutes=3 * 24 * 60, media_ids=ids[:1])
        assert [one["id"] for one in made["media_attachments"]] == ids[:1]
        clock.ahead_ms += 2 * 24 * HOUR_MS
        await acme.node.write(lambda tx: pictures.forget_free(tx, before_ms=tx.now_ms - 24 * HOUR_MS))
        await pass_ms(acme, clock, 2 * 24 * HOUR_MS)
        (shown,) = await alice.get("/api/v1/timelines/home")
        assert [one["id"] for one in shown["media_attachments"]] == ids[:1]
        assert (await alice.call("GET", f"/api/v1/media/{ids[1]}")).status == 404


async def test_all_that_was_said_of_a_post_for_later_is_said_of_it_at_its_time(acme: Company, clock: Clock):
    async with apps_of(acme, "alice") as (alice,):
        first = await alice.post("/api/v1/statuses", status="first")
        media_id = (await uploaded(alice, a_picture())).content["id"]
        made = await later(
            alice,
            "second",
            in_reply_to_id=first["id"],
            spoiler_text="careful",
            sensitive=True,
            visibility="unlisted",
            language="fr",
            media_ids=[media_id],
            media_attributes=[{"id": media_id, "description": "a rope"}],
        )
        assert made["params"]["in_reply_to_id"] == int(first["id"])
        await pass_ms(acme, clock, 2 * HOUR_MS)
        (shown, _) = await alice.get("/api/v1/timelines/home")
        said = ("in_reply_to_id", "spoiler_text", "sensitive", "visibility", "language")
        assert [shown[name] for name in said] == [first["id"], "careful", True, "unlisted", "fr"]
        assert [one["id"] for one in shown["media_attachments"]] == [media_id]


async def test_what_may_not_leave_at_its_time_is_kept_with_the_reason(tmp_path: Path, clock: Clock):
    async with three_nodes(tmp_path, app_of=build_app, clock=clock) as tied:
        acme, globex, _ = tied
        async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
            made = await later(alice, "@apollo The frame is ready")
            await acme.leave_out("alice")
            await pass_ms(acme, clock, 2 * HOUR_MS)
            (kept,) = await alice.get(PATH)
            assert (kept["params"], kept["id"]) == (made["params"], made["id"])
            assert kept["refused"].startswith("You are not a member of Apollo")
            await acme.join("alice")
            at = datetime.fromtimestamp(clock() / 1000, UTC) + timedelta(minutes=10)
            again = await alice.call("PUT", f"{PATH}/{made['id']}", json={"scheduled_at": at.isoformat()})
            assert "refused" not in again.content
            await pass_ms(acme, clock, HOUR_MS)
            await agree(acme, globex)
            assert "The frame is ready" in (await home(bob))[0]
            assert await alice.get(PATH) == []
