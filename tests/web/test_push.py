"""Push subscriptions as apps make them: one for each token, seen and changed by that token alone."""

from typing import Any

import pytest

from instance.domain import push
from instance.domain.token import hash_of
from instance.storage import pushes
from instance.storage.tokens import by_hash
from tests.nodes import Company
from tests.web.client import App, apps_of, token_for
from tests.web.push_app import PushApp, b64, unb64

PATH = "/api/v1/push/subscription"
ENDPOINT = "https://push.example/for/alice"


def changed(asking: dict[str, Any], **subscription: Any) -> dict[str, Any]:
    return asking | {"subscription": asking["subscription"] | subscription}


async def test_an_app_subscribes_and_sees_what_it_asked_for(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post(PATH, **PushApp().asking(ENDPOINT, "mention", "follow", policy="followed"))
        assert (made["endpoint"], made["standard"], made["policy"]) == (ENDPOINT, True, "followed")
        assert {kind for kind, wanted in made["alerts"].items() if wanted} == {"mention", "follow"}
        assert set(made["alerts"].values()) == {True, False}
        assert isinstance(made["id"], int)
        assert made["id"] < 2**31
        assert await alice.get(PATH) == made


async def test_an_app_subscribes_with_a_form(acme: Company):
    app = PushApp()
    form = {
        "subscription[endpoint]": ENDPOINT,
        "subscription[keys][p256dh]": b64(app.public),
        "subscription[keys][auth]": b64(app.secret),
        "data[alerts][mention]": "true",
        "data[alerts][admin.sign_up]": "1",
        "data[alerts][poll]": "false",
    }
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", PATH, data=form)
        assert answer.status == 200
        assert {kind for kind, on in answer.content["alerts"].items() if on} == {"mention", "admin.sign_up"}
        assert (answer.content["standard"], answer.content["policy"]) == (False, "all")


async def test_the_key_of_the_server_is_the_same_wherever_it_is_told(acme: Company):
    async with apps_of(acme, "alice", "") as (alice, nobody):
        made = await alice.post(PATH, **PushApp().asking(ENDPOINT))
        told = (await nobody.get("/api/v2/instance"))["configuration"]["vapid"]["public_key"]
        app = await nobody.post("/api/v1/apps", client_name="Rope", redirect_uris="https://app.example/cb")
        assert made["server_key"] == told == app["vapid_key"]
        assert (len(unb64(told.rstrip("="))), len(told)) == (65, 88)


async def test_an_application_is_told_the_key_of_the_server_with_its_credentials(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        app = await nobody.post("/api/v1/apps", client_name="Rope", redirect_uris="https://app.example/cb")
        proof = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
        grant = await nobody.post("/oauth/token", grant_type="client_credentials", **proof)
        own = App(acme, nobody.session, grant["access_token"])
        assert (await own.get("/api/v1/apps/verify_credentials"))["vapid_key"] == app["vapid_key"]


async def test_a_new_subscription_takes_the_place_of_the_former_one(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        await alice.post(PATH, **PushApp().asking(ENDPOINT))
        await alice.post(PATH, **PushApp().asking(f"{ENDPOINT}/2"))
        assert (await alice.get(PATH))["endpoint"] == f"{ENDPOINT}/2"


async def test_each_token_has_a_subscription_of_its_own(acme: Company):
    async with apps_of(acme, "alice", "alice", "bob") as (phone, tablet, bob):
        await phone.post(PATH, **PushApp().asking(f"{ENDPOINT}/phone"))
        await tablet.post(PATH, **PushApp().asking(f"{ENDPOINT}/tablet"))
        assert (await phone.get(PATH))["endpoint"].endswith("phone")
        assert (await tablet.get(PATH))["endpoint"].endswith("tablet")
        assert (await bob.call("GET", PATH)).status == 404
        await phone.call("DELETE", PATH)
        assert (await phone.call("GET", PATH)).status == 404
        assert (await tablet.get(PATH))["endpoint"].endswith("tablet")


async def test_the_kinds_are_changed_and_the_address_stays(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post(PATH, **PushApp().asking(ENDPOINT, "mention", "reblog"))
        answer = await alice.call(
            "PUT", PATH, json={"data": {"alerts": {"favourite": True}}, "policy": "follower"}
        )
        assert answer.status == 200
        assert {kind for kind, on in answer.content["alerts"].items() if on} == {"favourite"}
        assert answer.content["policy"] == "follower"
        assert {name: answer.content[name] for name in ("id", "endpoint")} == {
            name: made[name] for name in ("id", "endpoint")
        }


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_who_has_not_subscribed_has_nothing_to_see_or_change(acme: Company, method: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call(method, PATH)
        assert (answer.status, answer.content) == (404, {"error": "Record not found"})


async def test_unsubscribing_twice_is_fine(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        await alice.post(PATH, **PushApp().asking(ENDPOINT))
        for _ in range(2):
            answer = await alice.call("DELETE", PATH)
            assert (answer.status, answer.content) == (200, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": ""},
        {"endpoint": "push.example/x"},
        {"endpoint": "ftp://push.example/x"},
        {"endpoint": "https://me@push.example/x"},
        {"endpoint": "https://push.example/" + "x" * 2000},
        {"endpoint": "https://push.example/é"},
        {"keys": {}},
        {"keys": {"p256dh": b64(PushApp().public), "auth": "short"}},
        {"keys": {"p256dh": b64(b"\x04" * 65), "auth": b64(bytes(16))}},
    ],
)
async def test_what_nobody_could_push_to_is_refused(acme: Company, wrong: dict[str, Any]):
    async with apps_of(acme, "alice") as (alice,):
        await alice.post(PATH, **PushApp().asking(ENDPOINT))
        answer = await alice.call("POST", PATH, json=changed(PushApp().asking(f"{ENDPOINT}/2"), **wrong))
        assert answer.status == 422
        assert answer.content["error"].startswith("Validation failed: ")
        assert (await alice.get(PATH))["endpoint"] == ENDPOINT


async def test_nobody_is_pushed_to_at_this_very_node(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", PATH, json=PushApp().asking(f"{acme.config.base_url}/inbox"))
        assert answer.status == 422


@pytest.mark.parametrize("scopes", ["read write follow", "read:notifications"])
async def test_a_token_without_the_scope_may_not_subscribe(acme: Company, scopes: str):
    await acme.hire("alice")
    async with apps_of(acme, "") as (nobody,):
        nobody.token = await token_for(acme, "alice", scopes)
        assert (await nobody.call("POST", PATH, json=PushApp().asking(ENDPOINT))).status == 403
        assert (await nobody.call("GET", PATH)).status == 403


async def test_the_token_is_stored_so_that_the_seal_key_alone_opens_it(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        await alice.post(PATH, **PushApp().asking(ENDPOINT))
        found = await acme.node.read(lambda tx: by_hash(tx, hash_of(alice.token)))
        assert found is not None
        row = await acme.node.read(lambda tx: pushes.of_token(tx, found.id))
        assert row is not None
        assert alice.token not in row.token
        assert push.open_token(acme.node.seal_key, unb64(row.token)) == alice.token
