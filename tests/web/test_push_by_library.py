"""Registering, subscribing and being pushed to as the best-known client library does it: what it reads, it reads whole."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import derive_private_key
from mastodon import Mastodon

from tests.nodes import Company, until
from tests.web.client import REDIRECT, App, apps_of
from tests.web.push_app import CURVE, PushApp
from tests.web.push_service import push_service

T = TypeVar("T")


async def by(app: App, work: Callable[[Mastodon], T]) -> T:
    """What the library makes of it, on a thread of its own: it waits for answers where it stands."""
    library = Mastodon(
        access_token=app.token, api_base_url=app.base, version_check_mode="none", ratelimit_method="throw"
    )
    return await asyncio.to_thread(work, library)


async def test_an_app_registers_and_knows_the_key_of_the_server(acme: Company):
    async with apps_of(acme, "alice", "") as (alice, nobody):
        client_id, secret = await asyncio.to_thread(
            lambda: Mastodon.create_app(
                "Rope", scopes=["read", "push"], redirect_uris=[REDIRECT], api_base_url=nobody.base
            )
        )
        assert client_id != secret
        told = await by(alice, lambda library: library.instance_v2())
        assert len(told.configuration.vapid.public_key) == 88


async def test_an_app_is_pushed_to_at_the_keys_that_the_library_made(acme: Company):
    async with push_service() as service, apps_of(acme, "alice", "bob") as (alice, bob):

        def subscribe(library: Mastodon) -> Any:
            private, public = library.push_subscription_generate_keys()
            made = library.push_subscription_set(
                service.address("alice"), public, mention_events=True, poll_events=False, policy="all"
            )
            return private, made

        private, made = await by(alice, subscribe)
        assert (made.endpoint, made.policy, made.standard) == (service.address("alice"), "all", False)
        assert (made.alerts.mention, made.alerts.poll, made.alerts.favourite) == (True, False, False)
        await by(bob, lambda library: library.status_post("@alice hello"))
        await until(service.count, 1)
        app = PushApp(derive_private_key(private["privkey"], CURVE), private["auth"])
        told = app.read(service.taken[0].body, service.taken[0].headers)
        note = await by(alice, lambda library: library.notifications(told["notification_id"]))
        assert (note.type, note.account.acct) == ("mention", "bob")


async def test_an_app_changes_its_mind_and_leaves(acme: Company):
    async with push_service() as service, apps_of(acme, "alice") as (alice,):

        def change(library: Mastodon) -> Any:
            _, public = library.push_subscription_generate_keys()
            library.push_subscription_set(service.address("alice"), public, mention_events=True)
            library.push_subscription_update(follow_events=True, favourite_events=False)
            found = library.push_subscription()
            library.push_subscription_delete()
            return found

        found = await by(alice, change)
        assert (found.alerts.follow, found.alerts.mention) == (True, False)
        assert (await alice.call("GET", "/api/v1/push/subscription")).status == 404
