"""Conversations: direct posts gathered by thread, each person's for themselves."""

import sqlite3
from contextlib import closing
from importlib import import_module
from typing import Any

import pytest

from tests.nodes import Company, agree
from tests.web.client import App, apps_of
from tests.web.test_streaming import heard, listening, silent

Tied = tuple[Company, Company, Company]
PATH = "/api/v1/conversations"


async def direct(app: App, status: str, **more: Any) -> Any:
    return await app.post("/api/v1/statuses", status=status, visibility="direct", **more)


async def talks(app: App) -> list[tuple[str, bool, list[str]]]:
    """Each conversation: its last words, whether unread, and with whom."""
    return [
        (one["last_status"]["id"], one["unread"], sorted(person["acct"] for person in one["accounts"]))
        for one in await app.get(PATH)
    ]


async def test_a_direct_post_opens_a_conversation_for_those_in_it_and_nobody_else(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        made = await direct(alice, "@amine between us")
        assert await talks(alice) == [(made["id"], False, ["amine"])]
        assert await talks(amine) == [(made["id"], True, ["alice"])]
        assert await talks(zoe) == []
        (shown,) = await amine.get(PATH)
        assert set(shown) == {"id", "unread", "accounts", "last_status"}
        assert shown["last_status"] == await amine.get(f"/api/v1/statuses/{made['id']}")


@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_what_is_not_direct_is_no_conversation(acme: Company, visibility: str):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await alice.post("/api/v1/statuses", status="@amine hello", visibility=visibility)
        assert (await talks(alice), await talks(amine)) == ([], [])


async def test_a_projects_post_is_no_conversation_since_all_in_it_read_it(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await direct(alice, f"@bob@{globex.host} ready?")
        await agree(acme, globex)
        assert (await talks(alice), await talks(bob)) == ([], [])


async def test_an_answer_moves_a_conversation_up_and_makes_it_unread_for_the_other(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, _):
        first = await direct(alice, "@amine one")
        second = await direct(alice, "@zoe two")
        assert [one[0] for one in await talks(alice)] == [second["id"], first["id"]]
        answer = await direct(amine, "@alice yes", in_reply_to_id=first["id"])
        assert await talks(alice) == [(answer["id"], True, ["amine"]), (second["id"], False, ["zoe"])]
        assert await talks(amine) == [(answer["id"], False, ["alice"])]


async def test_a_conversation_is_marked_read_and_unread_for_oneself_alone(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, _):
        await direct(alice, "@amine @zoe hello")
        (shown,) = await amine.get(PATH)
        assert await amine.post(f"{PATH}/{shown['id']}/read") == shown | {"unread": False}
        assert [one["unread"] for one in await amine.get(PATH)] == [False]
        assert await amine.post(f"{PATH}/{shown['id']}/unread") == shown
        assert [one["unread"] for one in await alice.get(PATH)] == [False]


async def test_a_removed_conversation_is_gone_for_oneself_until_somebody_writes_again(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        first = await direct(alice, "@amine one")
        (shown,) = await amine.get(PATH)
        removed = await amine.call("DELETE", f"{PATH}/{shown['id']}")
        assert (removed.status, removed.content) == (200, {})
        assert (await talks(amine), len(await talks(alice))) == ([], 1)
        assert (await amine.get(f"/api/v1/statuses/{first['id']}"))["id"] == first["id"]
        again = await direct(alice, "@amine two", in_reply_to_id=first["id"])
        assert await talks(amine) == [(again["id"], True, ["alice"])]


async def test_somebody_elses_conversation_is_not_there(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, _, zoe):
        await direct(alice, "@amine between us")
        (shown,) = await alice.get(PATH)
        calls = [("DELETE", ""), ("POST", "/read"), ("POST", "/unread")]
        answers = [await zoe.call(method, f"{PATH}/{shown['id']}{rest}") for method, rest in calls]
        assert {(answer.status, answer.content["error"]) for answer in answers} == {(404, "Record not found")}
        assert len(await talks(alice)) == 1


async def test_a_deleted_post_leaves_the_one_before_it_or_nothing(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        first = await direct(alice, "@amine one")
        second = await direct(alice, "@amine two", in_reply_to_id=first["id"])
        await alice.call("DELETE", f"/api/v1/statuses/{second['id']}")
        assert [one[0] for one in await talks(amine)] == [first["id"]]
        await alice.call("DELETE", f"/api/v1/statuses/{first['id']}")
        assert (await talks(alice), await talks(amine)) == ([], [])


async def test_conversations_are_paged_by_their_last_posts(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, _):
        made = [await direct(alice, f"@amine {number}") for number in range(3)]
        page = await alice.call("GET", PATH, params={"limit": 2})
        assert [one["last_status"]["id"] for one in page.content] == [made[2]["id"], made[1]["id"]]
        assert f"max_id={made[1]['id']}" in page.headers["Link"]
        (rest,) = await alice.get(PATH, max_id=made[1]["id"])
        assert rest["last_status"]["id"] == made[0]["id"]


async def test_a_conversation_is_told_to_those_in_it(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        ear, other = await listening(amine, "direct"), await listening(zoe, "direct")
        made = await direct(alice, "@amine between us")
        stream, event, payload = await heard(ear)
        assert (stream, event, payload["last_status"]["id"]) == (["direct"], "conversation", made["id"])
        assert [payload] == await amine.get(PATH)
        assert await silent(other)


async def test_words_to_oneself_are_a_conversation_with_oneself(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await direct(alice, "remember the key")
        assert await talks(alice) == [(made["id"], False, ["alice"])]


async def test_direct_posts_of_before_are_gathered_as_read(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        first = await direct(alice, "@amine one")
        second = await direct(amine, "@alice two", in_reply_to_id=first["id"])
        await alice.post("/api/v1/statuses", status="@zoe to all")
        gather = import_module("instance.storage.migrations.versions.0003_talk").GATHER
        with closing(sqlite3.connect(acme.config.database)) as connection, connection:
            connection.execute("DELETE FROM conversation")
            connection.execute(gather)
        assert await talks(alice) == [(second["id"], False, ["amine"])]
        assert await talks(amine) == [(second["id"], False, ["alice"])]
        assert await talks(zoe) == []
