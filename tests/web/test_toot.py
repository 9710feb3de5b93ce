"""toot, the client of the command line, does its commands against a node of ours."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest_asyncio

from tests.nodes import Company
from tests.web.client import App, apps_of, token_for
from tests.web.test_media import a_picture

Toot = Callable[..., Awaitable[str]]


@pytest_asyncio.fixture
async def toot(acme: Company, tmp_path: Path) -> Toot:
    """Run toot as alice; what it says, once it has ended well."""
    token, address = await token_for(acme, "alice"), f"http://127.0.0.1:{acme.port}"
    app = {"instance": acme.host, "base_url": address, "client_id": "x", "client_secret": "x"}
    user = {"instance": acme.host, "username": "alice", "access_token": token}
    name = f"alice@{acme.host}"
    place = tmp_path / "config/toot/config.json"
    place.parent.mkdir(parents=True)
    place.write_text(
        json.dumps({"apps": {acme.host: app}, "users": {name: user}, "active_user": name}), "utf-8"
    )

    async def run(*words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "toot", "--no-color", *words),
            env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()
        return told.decode()

    return run


async def the_post(app: App) -> str:
    """The id of the newest post of alice's."""
    newest, *_ = await app.get("/api/v1/timelines/home")
    return str(newest["id"])


async def test_who_one_is_and_where(acme: Company, toot: Toot):
    assert "@alice" in await toot("whoami")
    assert acme.config.company in await toot("instance")
    assert acme.host in await toot("auth")


async def test_a_post_is_written_read_marked_and_deleted(acme: Company, toot: Toot):
    async with apps_of(acme, "alice") as (alice,):
        await toot("post", "The #frame is ready", "--spoiler-text", "careful")
        post = await the_post(alice)
        assert "The #frame is ready" in await toot("status", post)
        assert "The #frame is ready" in await toot("timelines", "home")
        assert "The #frame is ready" in await toot("timelines", "tag", "frame")
        await toot("post", "indeed", "--reply-to", post)
        assert "indeed" in await toot("thread", post)
        for deed in ("favourite", "bookmark", "pin", "reblog"):
            await toot(deed, post)
        shown = await alice.get(f"/api/v1/statuses/{post}")
        assert [shown[one] for one in ("favourited", "bookmarked", "pinned", "reblogged")] == [True] * 4
        assert "The #frame is ready" in await toot("bookmarks")
        assert "alice" in await toot("reblogged-by", post)
        await toot("delete", post)
        assert (await alice.call("GET", f"/api/v1/statuses/{post}")).status == 404


async def test_a_picture_is_posted_with_its_description(acme: Company, toot: Toot, tmp_path: Path):
    picture = tmp_path / "frame.png"
    picture.write_bytes(a_picture())
    async with apps_of(acme, "alice") as (alice,):
        await toot("post", "Look", "--media", str(picture), "--description", "The frame")
        shown = await alice.get(f"/api/v1/statuses/{await the_post(alice)}")
        assert [one["description"] for one in shown["media_attachments"]] == ["The frame"]


async def test_a_poll_is_asked_and_answered(acme: Company, toot: Toot):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        words = ("--poll-option", "left", "--poll-option", "right", "--poll-expires-in", "1 day")
        await toot("post", "Which?", *words)
        assert (await alice.get(f"/api/v1/statuses/{await the_post(alice)}"))["poll"]["multiple"] is False
        asked = await zoe.post(
            "/api/v1/statuses", status="And?", poll={"options": ["up", "down"], "expires_in": 600}
        )
        assert "up" in await toot("polls", "show", asked["poll"]["id"])
        await toot("polls", "vote", asked["poll"]["id"], "0")
        assert (await zoe.get(f"/api/v1/polls/{asked['poll']['id']}"))["votes_count"] == 1


async def test_people_are_found_followed_listed_and_muted(acme: Company, toot: Toot):
    async with apps_of(acme, "alice", "zoe") as (_, zoe):
        assert "zoe" in await toot("whois", "zoe")
        assert "zoe" in await toot("search", "zoe")
        await toot("follow", "zoe")
        assert "zoe" in await toot("following", "alice")
        assert "alice" in await toot("followers", "zoe")
        await toot("lists", "create", "Frames")
        await toot("lists", "add", "Frames", "zoe")
        assert "zoe" in await toot("lists", "accounts", "Frames")
        await zoe.post("/api/v1/statuses", status="For the list")
        assert "For the list" in await toot("timelines", "list", "Frames")
        await toot("mute", "zoe")
        assert "zoe" in await toot("muted")
        await toot("unmute", "zoe")
        await toot("block", "zoe")
        assert "zoe" in await toot("blocked")


async def test_notifications_are_shown(acme: Company, toot: Toot):
    async with apps_of(acme, "alice", "zoe") as (_, zoe):
        await zoe.post("/api/v1/statuses", status="@alice have a look")
        assert "have a look" in await toot("notifications")
        await toot("notifications", "--clear")
        assert "have a look" not in await toot("notifications")


async def test_hashtags_are_followed_and_featured(acme: Company, toot: Toot):
    await toot("tags", "follow", "frame")
    assert "frame" in await toot("tags", "followed")
    await toot("tags", "feature", "frame")
    assert "frame" in await toot("tags", "featured")


async def test_a_profile_is_changed(acme: Company, toot: Toot):
    async with apps_of(acme, "alice") as (alice,):
        await toot("update-account", "--note", "Frames and beams", "--privacy", "unlisted")
        source = (await alice.get("/api/v1/accounts/verify_credentials"))["source"]
        assert (source["note"], source["privacy"]) == ("Frames and beams", "unlisted")
