"""What apps are pushed, by way of a push service of our own: it reads nothing of it, the app reads no more than that something happened."""

import asyncio
import time
from typing import Any

import pytest

from instance.domain import actor, token
from instance.domain.token import hash_of
from instance.storage import ledger, pushes
from instance.storage.database import Tx
from instance.storage.ledger import LineRow
from instance.storage.pushes import SubscriptionRow
from instance.storage.tokens import by_hash
from tests.nodes import Company, until
from tests.web.client import App, apps_of
from tests.web.push_app import PushApp, claims_of
from tests.web.push_service import PushService, push_service

PATH = "/api/v1/push/subscription"
SECRET_WORDS = "the merger is on Friday"


async def subscribed(
    app: App, service: PushService, *alerts: str, name: str = "alice", **asked: Any
) -> tuple[PushApp, str]:
    """A subscribed app, and the key of the server that it was told."""
    pushed = PushApp()
    made = await app.post(PATH, **pushed.asking(service.address(name), *alerts, **asked))
    return pushed, made["server_key"]


async def mention(app: App, name: str = "alice", words: str = SECRET_WORDS) -> None:
    await app.post("/api/v1/statuses", status=f"@{name} {words}")


async def row_of(company: Company, app: App) -> SubscriptionRow | None:
    def find(tx: Tx) -> SubscriptionRow | None:
        token = by_hash(tx, hash_of(app.token))
        return pushes.of_token(tx, token.id) if token else None

    return await company.node.read(find)


async def lines(company: Company) -> list[LineRow]:
    found = await company.node.read(lambda tx: ledger.lines(tx, limit=50))
    return [line for line in found if line.rule.endswith("_push")]


async def nothing_waits(company: Company) -> bool:
    return await company.node.read(pushes.next_due_ms) is None


@pytest.mark.parametrize("standard", [True, False])
async def test_an_app_is_told_that_something_happened(acme: Company, standard: bool):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        app, key = await subscribed(alice, service, "mention", standard=standard)
        await mention(bob)
        await until(service.count, 1)
        (taken,) = service.taken
        told = app.read(taken.body, taken.headers)
        (listed,) = await alice.get("/api/v1/notifications")
        assert told == {
            "access_token": alice.token,
            "preferred_locale": "en",
            "notification_id": int(listed["id"]),
            "notification_type": "mention",
            "icon": f"{acme.config.base_url}/static/person.png",
            "title": "New mention",
            "body": "",
        }
        assert taken.path == "/for/alice"
        assert taken.headers["Content-Encoding"] == ("aes128gcm" if standard else "aesgcm")
        assert (taken.headers["TTL"], taken.headers["Urgency"]) == ("172800", "normal")
        claims = claims_of(taken.headers, key)
        assert (claims["aud"], claims["sub"]) == (service.origin, acme.config.base_url)
        assert 0 < claims["exp"] - time.time() <= 24 * 3600
        await until(lambda: nothing_waits(acme), True)


async def test_neither_words_nor_names_are_in_what_the_app_reads(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        app, _ = await subscribed(alice, service, "mention", "favourite", "follow")
        status = await alice.post("/api/v1/statuses", status=SECRET_WORDS)
        await mention(bob)
        await bob.post(f"/api/v1/statuses/{status['id']}/favourite")
        await bob.post(f"/api/v1/accounts/{status['account']['id']}/follow")
        await until(service.count, 3)
        for taken in service.taken:
            said = str({**app.read(taken.body, taken.headers), "access_token": ""}).lower()
            assert not [word for word in ("merger", "bob", "alice") if word in said]
            assert "signature" not in {name.lower() for name in taken.headers}


async def test_an_app_is_told_in_the_language_of_its_person(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        app, _ = await subscribed(alice, service, "mention")
        await acme.node.perform(lambda tx: actor.set_locale(tx, acme.people["alice"].id, locale="fr"))
        await mention(bob)
        await until(service.count, 1)
        told = app.read(service.taken[0].body, service.taken[0].headers)
        assert (told["title"], told["preferred_locale"]) == ("Nouvelle mention", "fr")


async def test_an_app_is_told_of_the_kinds_that_it_wants_and_of_no_others(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        app, _ = await subscribed(alice, service, "favourite")
        status = await alice.post("/api/v1/statuses", status="hello")
        await mention(bob)
        await bob.post(f"/api/v1/statuses/{status['id']}/favourite")
        await until(service.count, 1)
        await until(lambda: nothing_waits(acme), True)
        kinds = [app.read(one.body, one.headers)["notification_type"] for one in service.taken]
        assert kinds == ["favourite"]


@pytest.mark.parametrize(
    ("policy", "told"),
    [("all", {"bob", "carol"}), ("followed", {"bob"}), ("follower", {"carol"}), ("none", set())],
)
async def test_an_app_is_told_of_the_people_of_whom_it_wants_to_hear(
    acme: Company, policy: str, told: set[str]
):
    async with push_service() as service, apps_of(acme, "alice", "bob", "carol") as (alice, bob, carol):
        app, _ = await subscribed(alice, service, "mention", policy=policy)
        await alice.post(f"/api/v1/accounts/{acme.people['bob'].id}/follow")
        await carol.post(f"/api/v1/accounts/{acme.people['alice'].id}/follow")
        for one in (bob, carol):
            await mention(one)
        await until(lambda: nothing_waits(acme), True)
        who = {note["id"]: note["account"]["acct"] for note in await alice.get("/api/v1/notifications")}
        heard = {who[str(app.read(one.body, one.headers)["notification_id"])] for one in service.taken}
        assert heard == told


async def test_each_app_of_a_person_is_told_with_its_own_token(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "alice", "bob") as (phone, tablet, bob):
        keys = {
            f"/for/{name}": ((await subscribed(app, service, "mention", name=name))[0], app.token)
            for name, app in (("phone", phone), ("tablet", tablet))
        }
        await mention(bob)
        await until(service.count, 2)
        assert {one.path for one in service.taken} == set(keys)
        for one in service.taken:
            app, token = keys[one.path]
            assert app.read(one.body, one.headers)["access_token"] == token


async def test_a_push_service_that_is_busy_is_asked_again(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        app, _ = await subscribed(alice, service, "mention")
        service.answers = [(503, {})]
        await mention(bob)
        await until(service.count, 1)
        await until(lambda: is_put_off(acme), True)
        await acme.node.write(pushes.release_all)
        await mention(bob)
        await until(service.count, 3)
        ids = [app.read(one.body, one.headers)["notification_id"] for one in service.taken]
        assert len(set(ids)) == 2
        assert service.taken[0].body != service.taken[1].body
        await until(lambda: nothing_waits(acme), True)


async def is_put_off(company: Company) -> bool:
    """Whether something waits for later, in no try any more."""
    due_ms = await company.node.read(pushes.next_due_ms)
    return due_ms is not None and 0 < due_ms / 1000 - time.time() < 10


@pytest.mark.parametrize("status", [404, 410])
async def test_an_app_that_is_gone_is_told_nothing_more(acme: Company, status: int):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        await subscribed(alice, service, "mention")
        service.answers = [(status, {})]
        await mention(bob)
        await until(lambda: row_of(acme, alice), None)
        assert (await alice.call("GET", PATH)).status == 404
        await mention(bob)
        assert await nothing_waits(acme)
        assert len(service.taken) == 1


async def test_a_message_that_is_refused_is_lost_and_the_next_one_is_sent(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        await subscribed(alice, service, "mention")
        service.answers = [(413, {})]
        for _ in range(2):
            await mention(bob)
            await until(lambda: nothing_waits(acme), True)
        assert len(service.taken) == 2
        assert await row_of(acme, alice) is not None


async def test_an_app_that_is_slow_to_reach_holds_up_nobody_else(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "zoe", "bob") as (alice, zoe, bob):
        await subscribed(alice, service, "mention", name="alice")
        await subscribed(zoe, service, "mention", name="zoe")
        slow = service.held["/for/alice"] = asyncio.Event()
        for _ in range(2):
            await mention(bob, "alice")
            await mention(bob, "zoe")
        await until(service.count, 3)
        assert sorted(one.path for one in service.taken) == ["/for/alice", "/for/zoe", "/for/zoe"]
        slow.set()
        await until(service.count, 4)
        await until(lambda: nothing_waits(acme), True)


async def test_a_redirect_is_not_followed(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        await subscribed(alice, service, "mention")
        service.answers = [(307, {"Location": service.address("elsewhere")})]
        await mention(bob)
        await until(lambda: row_of(acme, alice), None)
        assert [one.path for one in service.taken] == ["/for/alice"]


async def test_an_app_whose_token_is_revoked_is_told_nothing(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "alice", "bob") as (gone, here, bob):
        await subscribed(gone, service, "mention", name="gone")
        await subscribed(here, service, "mention", name="here")
        await acme.node.perform(lambda tx: token.revoke(tx, gone.token))
        await mention(bob)
        await until(lambda: nothing_waits(acme), True)
        assert [one.path for one in service.taken] == ["/for/here"]


async def test_what_its_owner_may_not_read_any_more_is_not_told(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        await subscribed(alice, service, "mention", "favourite")
        service.answers = [(503, {})]
        status = await bob.post("/api/v1/statuses", status="@alice hello")
        await until(lambda: is_put_off(acme), True)
        await bob.call("DELETE", f"/api/v1/statuses/{status['id']}")
        await acme.node.write(pushes.release_all)
        assert await nothing_waits(acme)
        assert len(service.taken) == 1


async def test_what_its_owner_has_dismissed_is_not_told(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        await subscribed(alice, service, "mention")
        service.answers = [(503, {})]
        await mention(bob)
        await until(lambda: is_put_off(acme), True)
        (listed,) = await alice.get("/api/v1/notifications")
        await alice.post(f"/api/v1/notifications/{listed['id']}/dismiss")
        assert await nothing_waits(acme)
        assert len(service.taken) == 1


async def test_a_person_who_was_disabled_is_told_nothing(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        await subscribed(alice, service, "mention")
        service.answers = [(503, {})]
        await mention(bob)
        await until(lambda: is_put_off(acme), True)
        await acme.node.perform(lambda tx: actor.disable_person(tx, acme.people["alice"].id))
        await acme.node.write(pushes.release_all)
        await mention(bob)
        await until(lambda: nothing_waits(acme), True)
        assert len(service.taken) == 1


async def test_what_was_to_be_told_when_the_node_stopped_is_told_when_it_starts(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        app, _ = await subscribed(alice, service, "mention")
        service.answers = [(503, {})]
        await mention(bob)
        await until(lambda: is_put_off(acme), True)
        await acme.stop()
        await acme.start()
        await until(service.count, 2)
        one, two = (app.read(taken.body, taken.headers) for taken in service.taken)
        assert one == two


async def test_every_message_is_a_line_of_the_ledger_that_says_nothing_of_the_address(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        await subscribed(alice, service, "mention")
        await mention(bob)
        await until(lambda: nothing_waits(acme), True)
        (line,) = await lines(acme)
        (listed,) = await alice.get("/api/v1/notifications")
        assert (line.verdict, line.rule, line.letter) == ("released", "released_push", "outbound")
        assert (line.host, line.what) == (f"127.0.0.1:{service.port}", listed["id"])
        assert line.size_bytes == len(service.taken[0].body)


async def test_an_address_that_names_something_of_ours_is_told_nothing(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):
        status = await alice.post("/api/v1/statuses", status=SECRET_WORDS)
        app = PushApp()
        await alice.post(PATH, **app.asking(f"{service.origin}/?of={status['uri']}", "mention"))
        await mention(bob)
        await until(lambda: nothing_waits(acme), True)
        (line,) = await lines(acme)
        assert (line.verdict, line.rule) == ("withheld", "withheld_push")
        assert status["uri"] in line.names
        assert service.taken == []


async def test_a_private_address_is_not_pushed_to_and_the_subscription_ends(acme: Company):
    async with apps_of(acme, "alice", "bob") as (alice, bob):
        await alice.post(PATH, **PushApp().asking("https://10.1.2.3/metadata", "mention"))
        await mention(bob)
        await until(lambda: row_of(acme, alice), None)


async def test_people_are_pushed_to_about_projects_without_their_names(
    tied: tuple[Company, Company, Company],
):
    acme, globex, _ = tied
    async with push_service() as service, apps_of(acme, "alice") as (alice,):
        app, _ = await subscribed(alice, service, "mention")
        await globex.post("bob", f"@alice@{acme.host} {SECRET_WORDS}")
        await until(service.count, 1)
        said = str(app.read(service.taken[0].body, service.taken[0].headers))
        assert not [word for word in ("merger", "bob", "globex", "apollo") if word in said.lower()]
