"""Quotes: who may, what a reader is shown of them, and that they stay where the quoted post is."""

from typing import Any

import pytest

from instance.domain.outcome import Outcome
from instance.storage import quotes
from tests.nodes import Company, agree
from tests.web.client import Answer, App, apps_of
from tests.web.pages import reader

Tied = tuple[Company, Company, Company]


async def say(app: App, text: str, **more: Any) -> dict[str, Any]:
    return await app.post("/api/v1/statuses", status=text, **more)


async def quote(app: App, quoted: dict[str, Any], text: str = "Look at this", **more: Any) -> Answer:
    return await app.call(
        "POST", "/api/v1/statuses", json={"status": text, "quoted_status_id": quoted["id"], **more}
    )


async def status(app: App, one: dict[str, Any]) -> dict[str, Any]:
    return await app.get(f"/api/v1/statuses/{one['id']}")


async def test_a_quote_shows_what_it_quotes(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "The frame is ready")
        made = (await quote(zoe, said)).content
        assert (made["quote"]["state"], made["quote"]["quoted_status"]["content"]) == (
            "accepted",
            "<p>The frame is ready</p>",
        )
        assert await status(zoe, made) == made
        assert (await status(alice, said))["quotes_count"] == 1
        assert [one["id"] for one in await alice.get(f"/api/v1/statuses/{said['id']}/quotes")] == [made["id"]]


async def test_a_quote_in_a_quote_is_told_by_its_id(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        first = await say(alice, "One")
        second = (await quote(alice, first)).content
        third = (await quote(alice, second)).content
        assert third["quote"]["quoted_status"]["quote"] == {
            "state": "accepted",
            "quoted_status_id": first["id"],
        }


async def test_a_quoted_post_is_shown_with_the_readers_own_marks(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = (await quote(alice, said)).content
        await zoe.post(f"/api/v1/statuses/{said['id']}/favourite")
        assert (await status(zoe, made))["quote"]["quoted_status"]["favourited"] is True
        shown = (await status(alice, made))["quote"]["quoted_status"]
        assert (shown["favourited"], shown["favourites_count"]) == (False, 1)


async def test_an_edit_of_what_is_quoted_is_shown_in_the_quote_and_told(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = (await quote(zoe, said)).content
        await alice.call("PUT", f"/api/v1/statuses/{said['id']}", json={"status": "Two"})
        assert (await status(zoe, made))["quote"]["quoted_status"]["content"] == "<p>Two</p>"
        (told,) = await zoe.get("/api/v1/notifications")
        assert (told["type"], told["status"]["id"]) == ("quoted_update", made["id"])


async def test_who_may_not_read_what_is_quoted_is_not_shown_it(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "Only for me", visibility="private")
        made = (await quote(alice, said)).content
        assert made["quote"]["state"] == "accepted"
        assert (await status(zoe, made))["quote"] == {"state": "unauthorized", "quoted_status": None}
        assert "Only for me" not in str(await zoe.get("/api/v1/timelines/public", local="true"))


async def test_a_quote_of_what_is_deleted_says_so(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = (await quote(zoe, said)).content
        await alice.call("DELETE", f"/api/v1/statuses/{said['id']}")
        assert (await status(zoe, made))["quote"] == {"state": "deleted", "quoted_status": None}


async def test_a_quote_that_is_deleted_is_not_counted_any_more(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = (await quote(zoe, said)).content
        await zoe.call("DELETE", f"/api/v1/statuses/{made['id']}")
        assert (await status(alice, said))["quotes_count"] == 0
        assert await alice.get("/api/v1/notifications") == []


async def test_of_whom_one_has_muted_or_blocked_a_quote_is_marked(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = (await quote(zoe, said)).content
        for verb, state in (("mute", "muted_account"), ("block", "blocked_account")):
            await zoe.post(f"/api/v1/accounts/{acme.people['alice'].id}/{verb}")
            assert (await status(zoe, made))["quote"]["state"] == state


@pytest.mark.parametrize(
    ("policy", "follows", "current", "answer"),
    [
        ("public", False, "automatic", 200),
        ("followers", False, "denied", 422),
        ("followers", True, "automatic", 200),
        ("nobody", True, "denied", 422),
    ],
)
async def test_who_may_quote_is_what_the_author_says(
    acme: Company, policy: str, *, follows: bool, current: str, answer: int
):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        if follows:
            await zoe.post(f"/api/v1/accounts/{acme.people['alice'].id}/follow")
        said = await say(alice, "One", quote_approval_policy=policy)
        shown = (await status(zoe, said))["quote_approval"]
        groups = [] if policy == "nobody" else [policy]
        assert shown == {"automatic": groups, "manual": [], "current_user": current}
        assert said["quote_approval"]["current_user"] == "automatic"
        assert (await quote(zoe, said)).status == answer
        assert (await quote(alice, said)).status == 200


async def test_who_may_quote_can_be_said_anew(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        place = f"/api/v1/statuses/{said['id']}/interaction_policy"
        changed = await alice.call("PUT", place, json={"quote_approval_policy": "nobody"})
        assert changed.content["quote_approval"]["automatic"] == []
        assert (await quote(zoe, said)).status == 422
        assert (await zoe.call("PUT", place, json={"quote_approval_policy": "public"})).status == 404
        assert (await alice.call("PUT", place, json={"quote_approval_policy": "some"})).status == 422


async def test_what_only_some_colleagues_read_is_quoted_by_nobody_else(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "@zoe Hush", visibility="direct", quote_approval_policy="public")
        assert (await quote(zoe, said)).status == 422


async def test_a_post_that_one_may_not_read_cannot_be_quoted(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "Only for me", visibility="private")
        assert (await quote(zoe, said)).status == 404
        assert (await zoe.call("GET", f"/api/v1/statuses/{said['id']}/quotes")).status == 404


async def test_an_author_is_told_and_takes_a_post_out_of_the_quote(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = (await quote(zoe, said)).content
        (told,) = await alice.get("/api/v1/notifications")
        assert (told["type"], told["account"]["acct"], told["status"]["id"]) == ("quote", "zoe", made["id"])
        place = f"/api/v1/statuses/{said['id']}/quotes/{made['id']}/revoke"
        assert (await zoe.call("POST", place)).status == 403
        revoked = await alice.post(place)
        assert revoked["quote"] == {"state": "revoked", "quoted_status": None}
        assert (await status(zoe, made))["quote"]["state"] == "revoked"
        assert await alice.get(f"/api/v1/statuses/{said['id']}/quotes") == []
        assert (await status(alice, said))["quotes_count"] == 0
        assert (await alice.call("POST", place.replace(made["id"], "1"))).status == 404


async def test_a_boost_shows_the_quote_in_what_it_boosts(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = (await quote(zoe, said)).content
        boost = await alice.post(f"/api/v1/statuses/{made['id']}/reblog")
        assert (boost["quote"], boost["reblog"]["quote"]["quoted_status"]["id"]) == (None, said["id"])


async def test_a_quote_in_a_project_stays_there(tied: Tied):
    acme, _, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said, inner = await say(alice, "@apollo The frame is ready"), await say(alice, "Our price is 100")
        made = (await quote(alice, said)).content
        assert made["visibility"] == "private"
        assert (await zoe.call("GET", f"/api/v1/statuses/{made['id']}")).status == 404
        refused = await quote(alice, inner, "@apollo See here")
        assert (refused.status, refused.content["rule"]) == (422, "quote_space")


async def test_a_partners_post_is_quoted_when_its_author_lets_it(tied: Tied):
    acme, globex, initech = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        said = await say(alice, "@apollo The frame is ready")
        await agree(*tied)
        (seen,) = await bob.get("/api/v1/timelines/home")
        assert seen["quote_approval"]["current_user"] == "automatic"
        made = (await quote(bob, seen)).content
        await agree(*tied)
        shown = (await status(bob, made))["quote"]
        assert (shown["state"], shown["quoted_status"]["uri"]) == ("accepted", said["uri"])
        (told,) = await alice.get("/api/v1/notifications")
        assert (told["type"], told["status"]["quote"]["state"]) == ("quote", "accepted")
        async with apps_of(initech, "carol") as (carol,):
            latest = (await carol.get("/api/v1/timelines/home"))[0]
            assert (latest["uri"], latest["quote"]["state"]) == (made["uri"], "accepted")


async def test_a_partners_post_is_not_shown_in_a_quote_that_its_author_does_not_let(tied: Tied):
    acme, globex, initech = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await say(alice, "@apollo The frame is ready", quote_approval_policy="nobody")
        await agree(*tied)
        (seen,) = await bob.get("/api/v1/timelines/home")
        assert seen["quote_approval"]["current_user"] == "denied"
        assert (await quote(bob, seen)).status == 422
        await globex.node.perform(lambda tx: Outcome(quotes.set_policy(tx, int(seen["id"]), "public")))
        made = (await quote(bob, seen)).content  # bob's node has not heard that she lets nobody
        await agree(*tied)
        assert (await status(bob, made))["quote"] == {"state": "rejected", "quoted_status": None}
        assert await alice.get("/api/v1/notifications") == []
        async with apps_of(initech, "carol") as (carol,):
            latest = (await carol.get("/api/v1/timelines/home"))[0]
            assert (latest["uri"], latest["quote"]["state"]) == (made["uri"], "rejected")


async def test_partners_hear_who_may_quote_from_now_on(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        said = await say(alice, "@apollo The frame is ready")
        place = f"/api/v1/statuses/{said['id']}"
        for method, path, more, expected in (
            ("PUT", f"{place}/interaction_policy", {}, "nobody"),
            ("PUT", place, {"status": "@apollo It is ready now"}, "public"),
        ):
            await alice.call(method, path, json={"quote_approval_policy": expected, **more})
            await agree(acme, globex)
            (seen,) = await bob.get("/api/v1/timelines/home")
            assert seen["quote_approval"]["automatic"] == [one for one in (expected,) if one != "nobody"]
            assert (seen["edited_at"] is None) is (expected == "nobody")


async def test_a_page_shows_the_first_words_of_what_is_quoted_to_who_may_read_it(acme: Company):
    async with apps_of(acme, "alice") as (alice,), reader(acme, "zoe") as zoe:
        said = await say(alice, "The frame is ready")
        hidden = await say(alice, "Only for me", visibility="private")
        for one in (said, hidden):
            await quote(alice, one)
        page = await zoe.read("/app/company")
        assert f'<a href="/app/posts/{said["id"]}">The frame is ready</a>' in page
        assert "Only for me" not in page


async def test_a_page_says_who_wrote_what_is_quoted_also_where_that_post_is_not_on_it(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe), reader(acme, "amine") as page:
        said = await say(alice, "The frame is ready")
        quoting = (await quote(zoe, said)).content
        seen = await page.read(f"/app/posts/{quoting['id']}")
        assert ("<b>Alice</b>" in seen, "<b>Zoe</b>" in seen) == (True, False)


async def test_a_post_that_is_taken_out_of_a_quote_is_out_of_it_at_every_partner(tied: Tied):
    acme, globex, initech = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        said = await say(alice, "@apollo The frame is ready")
        await agree(*tied)
        (seen,) = await bob.get("/api/v1/timelines/home")
        made = (await quote(bob, seen)).content
        await agree(*tied)
        (one,) = await alice.get(f"/api/v1/statuses/{said['id']}/quotes")
        await alice.post(f"/api/v1/statuses/{said['id']}/quotes/{one['id']}/revoke")
        await agree(*tied)
        assert (await status(bob, made))["quote"]["state"] == "revoked"
        async with apps_of(initech, "carol") as (carol,):
            assert (await carol.get("/api/v1/timelines/home"))[0]["quote"]["state"] == "revoked"
