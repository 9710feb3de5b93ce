"""Every attribute that Mastodon documents is there, with its type, on what a real node shows."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.nodes import Company
from tests.web.client import App, apps_of

Shape = Mapping[str, type | tuple[type, ...]]
NONE = type(None)
TEXT_OR_NONE = (str, NONE)

ACCOUNT: Shape = {
    "id": str,
    "username": str,
    "acct": str,
    "url": str,
    "display_name": str,
    "note": str,
    "avatar": str,
    "avatar_static": str,
    "header": str,
    "header_static": str,
    "locked": bool,
    "fields": list,
    "emojis": list,
    "bot": bool,
    "group": bool,
    "discoverable": (bool, NONE),
    "created_at": str,
    "last_status_at": TEXT_OR_NONE,
    "statuses_count": int,
    "followers_count": int,
    "following_count": int,
}
STATUS: Shape = {
    "id": str,
    "uri": str,
    "created_at": str,
    "account": dict,
    "content": str,
    "visibility": str,
    "sensitive": bool,
    "spoiler_text": str,
    "media_attachments": list,
    "mentions": list,
    "tags": list,
    "emojis": list,
    "reblogs_count": int,
    "favourites_count": int,
    "replies_count": int,
    "url": TEXT_OR_NONE,
    "in_reply_to_id": TEXT_OR_NONE,
    "in_reply_to_account_id": TEXT_OR_NONE,
    "reblog": (dict, NONE),
    "poll": NONE,
    "card": NONE,
    "language": TEXT_OR_NONE,
    "edited_at": TEXT_OR_NONE,
    "application": (dict, NONE),
    "favourited": bool,
    "reblogged": bool,
    "muted": bool,
    "bookmarked": bool,
    "filtered": list,
}
MENTION: Shape = {"id": str, "username": str, "url": str, "acct": str}
TAG: Shape = {"name": str, "url": str}
SOURCE: Shape = {
    "note": str,
    "fields": list,
    "privacy": str,
    "sensitive": bool,
    "language": str,
    "follow_requests_count": int,
}
ROLE: Shape = {"id": str, "name": str, "color": str, "permissions": str, "highlighted": bool}
RELATIONSHIP: Shape = {
    "id": str,
    "following": bool,
    "showing_reblogs": bool,
    "notifying": bool,
    "languages": (list, NONE),
    "followed_by": bool,
    "blocking": bool,
    "blocked_by": bool,
    "muting": bool,
    "muting_notifications": bool,
    "requested": bool,
    "requested_by": bool,
    "domain_blocking": bool,
    "endorsed": bool,
    "note": str,
}
NOTIFICATION: Shape = {"id": str, "type": str, "created_at": str, "account": dict, "status": dict}
V1_INSTANCE: Shape = {
    "uri": str,
    "title": str,
    "short_description": str,
    "description": str,
    "email": str,
    "version": str,
    "urls": dict,
    "stats": dict,
    "thumbnail": TEXT_OR_NONE,
    "languages": list,
    "registrations": bool,
    "approval_required": bool,
    "invites_enabled": bool,
    "configuration": dict,
    "contact_account": (dict, NONE),
    "rules": list,
}
INSTANCE: Shape = {
    "domain": str,
    "title": str,
    "version": str,
    "source_url": str,
    "description": str,
    "usage": dict,
    "thumbnail": dict,
    "languages": list,
    "configuration": dict,
    "registrations": dict,
    "contact": dict,
    "rules": list,
}
CONFIGURATION: Shape = {
    "urls": dict,
    "accounts": dict,
    "statuses": dict,
    "media_attachments": dict,
    "polls": dict,
    "translation": dict,
}
MARKER: Shape = {"last_read_id": str, "version": int, "updated_at": str}
LIST: Shape = {"id": str, "title": str, "replies_policy": str, "exclusive": bool}


def check(entity: Mapping[str, Any], shape: Shape) -> None:
    for name, kind in shape.items():
        assert name in entity, name
        is_flag = isinstance(entity[name], bool)
        assert isinstance(entity[name], kind), (name, entity[name])
        assert not is_flag or kind is bool or (isinstance(kind, tuple) and bool in kind), name


async def a_status(alice: App) -> Any:
    first = await alice.post("/api/v1/statuses", status="first")
    return await alice.post("/api/v1/statuses", status="@amine #task", in_reply_to_id=first["id"])


async def test_a_status_has_every_documented_attribute(acme: Company):
    async with apps_of(acme, "amine", "alice") as (_, alice):
        status = await a_status(alice)
        check(status, STATUS)
        check(status["account"], ACCOUNT)
        check(status["mentions"][0], MENTION)
        check(status["tags"][0], TAG)


async def test_a_boost_has_every_documented_attribute_inside_and_outside(acme: Company):
    async with apps_of(acme, "amine", "alice") as (_, alice):
        boost = await alice.post(f"/api/v1/statuses/{(await a_status(alice))['id']}/reblog")
        check(boost, STATUS)
        check(boost["reblog"], STATUS)
        assert boost["reblog"]["reblog"] is None


async def test_a_credential_account_has_every_documented_attribute(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        me = await alice.get("/api/v1/accounts/verify_credentials")
        check(me, ACCOUNT)
        check(me["source"], SOURCE)
        check(me["role"], ROLE)


async def test_a_notification_and_a_relationship_have_every_documented_attribute(acme: Company):
    async with apps_of(acme, "amine", "alice") as (amine, alice):
        await a_status(alice)
        (told,) = await amine.get("/api/v1/notifications")
        check(told, NOTIFICATION)
        check(told["status"], STATUS)
        check(
            (await alice.get(f"/api/v1/accounts/relationships?id[]={told['account']['id']}"))[0], RELATIONSHIP
        )


async def test_the_instance_has_every_documented_attribute(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        instance = await nobody.get("/api/v2/instance")
        check(instance, INSTANCE)
        check(instance["configuration"], CONFIGURATION)
        check(await nobody.get("/api/v1/instance"), V1_INSTANCE)
        assert (await nobody.get("/api/v1/instance/rules")) == instance["rules"]


async def test_a_marker_a_list_and_preferences_have_every_documented_attribute(
    tied: tuple[Company, Company, Company],
):
    async with apps_of(tied[0], "alice") as (alice,):
        check((await alice.post("/api/v1/markers", home={"last_read_id": "17"}))["home"], MARKER)
        check((await alice.get("/api/v1/lists"))[0], LIST)
        preferences = await alice.get("/api/v1/preferences")
        for name in ("posting:default:visibility", "reading:expand:media"):
            assert isinstance(preferences[name], str)
        for name in ("posting:default:sensitive", "reading:expand:spoilers"):
            assert isinstance(preferences[name], bool)


@pytest.mark.parametrize("path", ["/api/v2/instance", "/api/v1/instance", "/api/v1/instance/peers"])
async def test_strangers_learn_neither_who_works_here_nor_with_whom(
    tied: tuple[Company, Company, Company], path: str
):
    async with apps_of(tied[0], "") as (nobody,):
        answer = str((await nobody.call("GET", path)).content)
        assert answer != "None"
        for secret in ("alice", "apollo", "globex", "initech"):
            assert secret not in answer.lower()
