"""Writing, reading, changing and marking posts, as an app does it."""

from typing import Any

import pytest

from instance.domain import member
from tests.nodes import Company, agree
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]


async def test_a_post_without_a_project_is_internal_and_comes_back_whole(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post(
            "/api/v1/statuses", status="Hello **all** #task", visibility="unlisted", language="fr-CA"
        )
        url = f"{acme.config.base_url}/app/tags/task"
        link = f'<a href="{url}" class="mention hashtag" rel="tag">#<span>task</span></a>'
        assert (made["content"], made["visibility"], made["language"]) == (
            f"<p>Hello <strong>all</strong> {link}</p>",
            "unlisted",
            "fr",
        )
        assert [tag["name"] for tag in made["tags"]] == ["task"]
        assert await alice.get(f"/api/v1/statuses/{made['id']}") == made


@pytest.mark.parametrize("way", ["json", "data"])
async def test_a_post_may_be_sent_as_json_or_as_a_form(acme: Company, way: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call(
            "POST", "/api/v1/statuses", **{way: {"status": "x", "spoiler_text": "careful"}}
        )
        assert answer.content["spoiler_text"] == "careful"


async def test_the_handle_of_a_project_puts_a_post_there(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe), apps_of(globex, "bob") as (bob,):
        made = await alice.post("/api/v1/statuses", status="@apollo The frame is ready")
        assert made["visibility"] == "private"
        assert made["mentions"][0]["acct"] == "apollo"
        await agree(acme, globex)
        (seen,) = await bob.get("/api/v1/timelines/home")
        assert seen["uri"] == made["uri"]
        assert seen["account"]["acct"] == f"alice@{acme.host}"
        assert seen["mentions"][0]["acct"] == f"apollo@{acme.host}"
        assert (await zoe.call("GET", f"/api/v1/statuses/{made['id']}")).status == 404


async def test_an_answer_in_a_projects_thread_stays_in_the_project(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        asked = await alice.post("/api/v1/statuses", status="@apollo Who has the key?")
        await agree(acme, globex)
        (question,) = await bob.get("/api/v1/timelines/home")
        answer = await bob.post("/api/v1/statuses", status="I do", in_reply_to_id=question["id"])
        assert (answer["visibility"], answer["in_reply_to_account_id"]) == (
            "private",
            question["account"]["id"],
        )
        await agree(acme, globex)
        context = await alice.get(f"/api/v1/statuses/{asked['id']}/context")
        assert [one["content"] for one in context["descendants"]] == ["<p>I do</p>"]
        above = await bob.get(f"/api/v1/statuses/{answer['id']}/context")
        assert [one["id"] for one in above["ancestors"]] == [question["id"]]


async def test_what_cannot_be_published_is_explained_in_the_persons_language(tied: Tied):
    acme, _, _ = tied
    await acme.hire("zoe", locale="fr")
    await acme.join("zoe")
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        inner = await alice.post("/api/v1/statuses", status="Our price is 100")
        refused = await zoe.call("POST", "/api/v1/statuses", json={"status": f"@apollo see {inner['uri']}"})
        assert refused.status == 422
        assert refused.content["rule"] == "withheld_internal"
        assert "Retirez-le" in refused.content["error"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"status": " "}, "Write something or attach a picture."),
        ({"status": "x" * 5001}, "A post has at most 5000 characters; this one has 5001."),
        ({"status": "x", "poll": {"options": ["a"]}}, "A poll has at least two answers to choose from."),
        ({"status": "x", "media_ids": ["17"]}, "A picture is missing or already in another post."),
        ({"status": "x", "in_reply_to_id": "17"}, "The post that you answer is no longer there."),
        ({"status": ["x"]}, "Validation failed: status must be a text"),
    ],
)
async def test_a_post_that_is_not_possible_is_refused_with_the_reason(
    acme: Company, body: dict[str, Any], error: str
):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", "/api/v1/statuses", json=body)
        assert answer.status == 422
        assert answer.content["error"].startswith(error)


async def test_an_idempotency_key_makes_one_post(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        sent = {"json": {"status": "once"}, "headers": {"Idempotency-Key": "k1"}}
        first, second = [await alice.call("POST", "/api/v1/statuses", **sent) for _ in range(2)]
        assert first.content["id"] == second.content["id"]
        other = await amine.call("POST", "/api/v1/statuses", **sent)
        assert other.content["id"] != first.content["id"]


async def test_a_changed_post_keeps_its_history(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="first", spoiler_text="s")
        answer = await alice.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "second"})
        assert (answer.content["content"], answer.content["edited_at"] is None) == ("<p>second</p>", False)
        history = await amine.get(f"/api/v1/statuses/{made['id']}/history")
        assert [one["content"] for one in history] == ["<p>first</p>", "<p>second</p>"]
        assert history[0]["created_at"] == made["created_at"]
        assert (await alice.get(f"/api/v1/statuses/{made['id']}/source")) == {
            "id": made["id"],
            "text": "second",
            "spoiler_text": "",
        }


async def test_only_the_author_changes_deletes_and_gets_the_source(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="mine")
        place = f"/api/v1/statuses/{made['id']}"
        answers = [
            await amine.call("PUT", place, json={"status": "yours"}),
            await amine.call("DELETE", place),
            await amine.call("GET", f"{place}/source"),
        ]
        assert [(one.status, one.content) for one in answers] == [(404, {"error": "Record not found"})] * 3


async def test_a_deleted_post_gives_its_words_back_once_and_is_gone(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="a *mistake*")
        place = f"/api/v1/statuses/{made['id']}"
        assert (await amine.call("GET", place)).status == 200
        gone = await alice.call("DELETE", place)
        assert (gone.status, gone.content["text"]) == (200, "a *mistake*")
        assert (await amine.call("GET", place)).status == 404
        assert await amine.get("/api/v1/timelines/public", local="true") == []


@pytest.mark.parametrize(
    ("do", "undo", "mark", "count"),
    [
        ("favourite", "unfavourite", "favourited", "favourites_count"),
        ("reblog", "unreblog", "reblogged", "reblogs_count"),
        ("bookmark", "unbookmark", "bookmarked", None),
    ],
)
async def test_a_mark_is_the_viewers_own_and_can_be_taken_back(
    acme: Company, do: str, undo: str, mark: str, count: str | None
):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="look")
        place = f"/api/v1/statuses/{made['id']}"
        await alice.get(place)
        await amine.post(f"{place}/{do}")
        await amine.post(f"{place}/{do}")
        mine, theirs = await amine.get(place), await alice.get(place)
        assert (mine[mark], theirs[mark]) == (True, False)
        assert count is None or mine[count] == theirs[count] == 1
        await amine.post(f"{place}/{undo}")
        after = await amine.get(place)
        assert after[mark] is False
        assert count is None or after[count] == 0


async def test_a_boost_shows_what_is_boosted_with_the_viewers_marks(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="look")
        await amine.post(f"/api/v1/statuses/{made['id']}/favourite")
        boost = await amine.post(f"/api/v1/statuses/{made['id']}/reblog")
        assert (boost["account"]["acct"], boost["content"]) == ("amine", "")
        assert (boost["reblog"]["id"], boost["reblog"]["reblogs_count"]) == (made["id"], 1)
        assert (boost["reblog"]["favourited"], boost["reblog"]["reblogged"]) == (True, True)
        again = await alice.get(f"/api/v1/statuses/{boost['id']}")
        assert again["reblog"]["favourited"] is False
        await alice.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "changed"})
        assert (await amine.get(f"/api/v1/statuses/{boost['id']}"))["reblog"]["content"] == "<p>changed</p>"


async def test_who_has_marked_a_post_is_told(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await alice.post("/api/v1/statuses", status="look")
        await amine.post(f"/api/v1/statuses/{made['id']}/favourite")
        await amine.post(f"/api/v1/statuses/{made['id']}/reblog")
        for what in ("favourited_by", "reblogged_by"):
            who = await alice.get(f"/api/v1/statuses/{made['id']}/{what}")
            assert [one["acct"] for one in who] == ["amine"]


async def test_several_posts_are_read_at_once_those_that_one_may_read(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        open_one = await alice.post("/api/v1/statuses", status="for all")
        secret = await alice.post("/api/v1/statuses", status="for me", visibility="direct")
        query = f"?id[]={open_one['id']}&id[]={secret['id']}&id[]=17&id[]=x"
        assert [one["id"] for one in await amine.get(f"/api/v1/statuses{query}")] == [open_one["id"]]


async def unseen(app: App, place: str) -> bool:
    return (await app.call("GET", place)).status == 404


async def test_a_direct_post_is_for_those_it_mentions(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        made = await alice.post("/api/v1/statuses", status="@amine between us", visibility="direct")
        place = f"/api/v1/statuses/{made['id']}"
        assert [await unseen(one, place) for one in (alice, amine, zoe)] == [False, False, True]


async def test_who_leaves_a_project_reads_nothing_of_it_from_that_moment(tied: Tied):
    acme, _, _ = tied
    await acme.hire("zoe")
    await acme.join("zoe")
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="@apollo inside")
        place = f"/api/v1/statuses/{made['id']}"
        assert len(await zoe.get("/api/v1/timelines/home")) == 1
        assert not await unseen(zoe, place)
        await acme.node.perform(
            lambda tx: member.remove(tx, acme.project_iri, actor_id=acme.people["zoe"].id)
        )
        assert await zoe.get("/api/v1/timelines/home") == []
        assert await unseen(zoe, place)
