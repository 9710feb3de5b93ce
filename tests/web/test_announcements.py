"""Announcements: shown to everybody in the company until they end, dismissed, reacted to, and told at once to apps that listen."""

from typing import Any
from urllib.parse import quote

import pytest

from instance.domain import announcement
from instance.domain.character import is_character
from instance.node import Cordee
from instance.storage.announcements import AnnouncementRow
from tests.nodes import Company
from tests.web.client import App, apps_of
from tests.web.test_emojis import drawn

PLACE = "/api/v1/announcements"
HOUR_MS = 3_600_000


async def announced(
    company: Company, words: str = "The node is down tonight.", **facts: Any
) -> AnnouncementRow:
    return await company.node.perform(lambda tx: announcement.add(tx, words, **facts))


async def react(app: App, row: AnnouncementRow, name: str, method: str = "PUT") -> int:
    return (await app.call(method, f"{PLACE}/{row.id}/reactions/{quote(name)}")).status


async def reactions(app: App) -> list[Any]:
    (shown,) = await app.get(PLACE)
    return [(one["name"], one["count"], one["me"]) for one in shown["reactions"]]


async def test_an_announcement_is_shown_with_all_that_apps_read_of_it(acme: Company):
    await drawn(acme, "crane")
    async with apps_of(acme, "alice", "amine") as (alice, _):
        row = await announced(acme, "Ask @amine about **lifts** :crane: #site")
        (shown,) = await alice.get(PLACE)
        stamp = shown.pop("published_at")
        assert shown.pop("updated_at") == stamp
        (emoji,) = shown.pop("emojis")
        assert emoji["shortcode"] == "crane"
        amine = acme.people["amine"]
        assert shown == {
            "id": str(row.id),
            "content": row.content,
            "starts_at": None,
            "ends_at": None,
            "published": True,
            "all_day": False,
            "read": False,
            "mentions": [{"id": str(amine.id), "username": "amine", "url": amine.iri, "acct": "amine"}],
            "statuses": [],
            "tags": [{"name": "site", "url": f"{acme.config.base_url}/app/tags/site"}],
            "reactions": [],
        }
        assert "<strong>lifts</strong>" in row.content


async def test_an_announcement_is_shown_until_it_ends(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        now_ms = int(acme.node.now() * 1000)
        row = await announced(acme, ends_at_ms=now_ms + HOUR_MS, all_day=True)
        (shown,) = await alice.get(PLACE)
        assert (shown["all_day"], shown["ends_at"] is None) == (True, False)
        base = acme.clock
        await acme.stop()
        acme.clock = lambda: base() + 2 * HOUR_MS
        await acme.start()
        assert await alice.get(PLACE) == []
        assert row.ends_at_ms is not None


async def test_what_one_has_dismissed_is_shown_only_when_asked_for(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        row = await announced(acme)
        for _ in range(2):
            answer = await alice.call("POST", f"{PLACE}/{row.id}/dismiss")
            assert (answer.status, answer.content) == (200, {})
        assert await alice.get(PLACE) == []
        (shown,) = await alice.get(PLACE, with_dismissed="true")
        assert shown["read"] is True
        assert (await amine.get(PLACE))[0]["read"] is False


async def test_reactions_are_counted_and_ones_own_is_marked(acme: Company):
    await drawn(acme, "crane")
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        row = await announced(acme)
        for app, name in ((alice, "🤔"), (alice, "🤔"), (amine, "🤔"), (amine, "crane")):
            assert await react(app, row, name) == 200
        assert sorted(await reactions(alice)) == [("crane", 1, False), ("🤔", 2, True)]
        (shown,) = await alice.get(PLACE)
        crane, thinking = sorted(shown["reactions"], key=lambda one: str(one["name"]))
        assert crane["url"].startswith(acme.config.base_url)
        assert "url" not in thinking
        assert await react(alice, row, "🤔", "DELETE") == 200
        assert sorted(await reactions(alice)) == [("crane", 1, False), ("🤔", 1, False)]
        assert await react(alice, row, "🤔", "DELETE") == 404


@pytest.mark.parametrize("name", ["👍🏽", "👩‍👩‍👧", "🇫🇷", "1️⃣", "❤️", "☂"])
def test_a_character_that_people_see_as_one_emoji_is_one(name: str):
    assert is_character(name)


@pytest.mark.parametrize("name", ["a", "1", "👍👍", "thumbsup", " ", "", "+", "🇫", "👍x"])
async def test_what_is_no_emoji_is_refused(acme: Company, name: str):
    assert is_character(name) is False
    if name.strip():
        async with apps_of(acme, "alice") as (alice,):
            row = await announced(acme)
            place = f"{PLACE}/{row.id}/reactions/{quote(name)}"
            answer = await alice.call("PUT", place)
            assert answer.content["error"] == "Validation failed: Name is not a recognized emoji"


async def test_an_announcement_has_so_many_different_reactions(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        row = await announced(acme)
        assert [await react(alice, row, name) for name in "🍏🍐🍑🍒🍓🍇🍈🍉"] == [200] * 8
        assert [await react(amine, row, name) for name in "🍏🍊"] == [200, 422]


async def test_what_is_announced_no_longer_is_not_found(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        row = await announced(acme)
        await react(alice, row, "🤔")
        await alice.call("POST", f"{PLACE}/{row.id}/dismiss")
        await acme.node.perform(lambda tx: announcement.remove(tx, row.id))
        assert await alice.get(PLACE, with_dismissed="true") == []
        assert await react(alice, row, "🤔") == 404
        assert (await alice.call("POST", f"{PLACE}/{row.id}/dismiss")).status == 404


async def test_a_stranger_learns_nothing_of_what_is_announced(acme: Company):
    await announced(acme)
    async with apps_of(acme, "") as (nobody,):
        assert (await nobody.call("GET", PLACE)).status == 401


async def test_who_listens_is_told_of_announcements_and_reactions_at_once(acme: Company):
    before = await announced(acme, "old news")
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        socket = await alice.socket(f"?access_token={alice.token}&stream=user")
        row = await announced(acme, "news")
        told = await socket.receive_json(timeout=5)
        assert (told["stream"], told["event"]) == (["user"], "announcement")
        assert f'"id":"{row.id}"' in told["payload"]
        assert '"read"' not in told["payload"]
        await react(amine, row, "🤔")
        told = await socket.receive_json(timeout=5)
        assert told["event"] == "announcement.reaction"
        assert told["payload"] == f'{{"name":"🤔","count":1,"announcement_id":"{row.id}"}}'
        await acme.node.perform(lambda tx: announcement.remove(tx, before.id))
        told = await socket.receive_json(timeout=5)
        assert (told["event"], told["payload"]) == ("announcement.delete", str(before.id))


async def test_what_the_command_line_announces_is_told_at_once_as_well(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        socket = await alice.socket(f"?access_token={alice.token}&stream=user")
        other = await Cordee.open(acme.config, clock=acme.clock)
        try:
            row = await other.perform(lambda tx: announcement.add(tx, "from a shell"))
        finally:
            await other.close()
        told = await socket.receive_json(timeout=5)
        assert told["event"] == "announcement"
        assert f'"id":"{row.id}"' in told["payload"]
