"""Search finds people, projects, hashtags, and words in what the searcher may read."""

from typing import Any

import pytest
from sqlalchemy import text as sql

from instance.storage import search
from instance.storage.database import Command, Tx
from tests.nodes import Company, agree, until
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]


async def say(app: App, words: str, **more: Any) -> str:
    return str((await app.post("/api/v1/statuses", status=words, **more))["id"])


async def found(app: App, q: str, **more: str) -> tuple[list[str], list[str]]:
    answer = await app.get("/api/v2/search", q=q, **more)
    return [one["acct"] for one in answer["accounts"]], [one["content"] for one in answer["statuses"]]


async def ids(app: App, q: str, **more: str) -> list[str]:
    answer = await app.get("/api/v2/search", q=q, type="statuses", **more)
    assert (answer["accounts"], answer["hashtags"]) == ([], [])
    return [one["id"] for one in answer["statuses"]]


async def me(app: App) -> str:
    return str((await app.get("/api/v1/accounts/verify_credentials"))["id"])


async def test_people_and_words_are_found(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, _):
        await say(alice, "Amine has 100% frame_1")
        said = ["<p>Amine has 100% frame_1</p>"]
        assert await found(alice, "amine") == (["amine"], said)
        assert await found(alice, "amine", type="accounts") == (["amine"], [])
        assert await found(alice, "amine", type="statuses") == ([], said)
        assert await found(alice, "frame_1") == ([], said)
        assert await found(alice, "wheel") == ([], [])
        assert await found(alice, "  ") == ([], [])


# Words


@pytest.mark.parametrize("words", ["Étude", "etude", "ÉTUDES DU CHASSIS", "châssis études"])
async def test_words_are_found_in_any_case_form_and_order_with_or_without_accents(acme: Company, words: str):
    async with apps_of(acme, "alice") as (alice,):
        said = await say(alice, "Étude du châssis", language="fr")
        assert await ids(alice, words) == [said]


async def test_a_phrase_is_found_as_it_stands(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        said = await say(alice, "The big frame is ready")
        assert await ids(alice, '"big frame"') == [said]
        assert await ids(alice, '"frame big"') == []
        assert await ids(alice, "frame big") == [said]


async def test_what_holds_a_refused_word_is_not_found(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        kept = await say(alice, "frame")
        await say(alice, "frame and wheel")
        assert await ids(alice, "frame -wheels") == [kept]


async def test_a_warning_a_picture_and_a_polls_answers_are_searched(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        warned = await say(alice, "x", spoiler_text="Careful")
        asked = await say(alice, "y", poll={"options": ["Titanium", "Steel"], "expires_in": 3600})
        assert await ids(alice, "careful") == [warned]
        assert await ids(alice, "titanium") == [asked]


async def test_an_edit_is_found_by_its_new_words_alone(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        said = await say(alice, "frame")
        await alice.call("PUT", f"/api/v1/statuses/{said}", json={"status": "wheel"})
        assert (await ids(alice, "frame"), await ids(alice, "wheel")) == ([], [said])


async def test_a_deleted_post_is_not_found(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        said = await say(alice, "frame")
        assert await ids(alice, "frame") == [said]
        await alice.call("DELETE", f"/api/v1/statuses/{said}")
        assert await ids(alice, "frame") == []
        assert await acme.node.read(index_size) == 0


def index_size(tx: Tx) -> int:
    return len(tx.all(search.Query(sql("SELECT rowid FROM post_words"), search.PostId)))


async def test_partners_posts_are_found_by_their_newest_words(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        said = await say(alice, "@apollo The frame")
        await agree(acme, globex)
        assert len(await ids(bob, "frames")) == 1
        await alice.call("PUT", f"/api/v1/statuses/{said}", json={"status": "@apollo The wheel"})
        await agree(acme, globex)
        assert (await ids(bob, "frame"), len(await ids(bob, "wheel"))) == ([], 1)
        await alice.call("DELETE", f"/api/v1/statuses/{said}")
        await agree(acme, globex)
        assert await ids(bob, "wheel") == []


# Who finds what


async def test_only_what_the_searcher_may_read_is_found(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        await say(alice, "@apollo the frame")
        await say(alice, "the frame alone", visibility="direct")
        await say(alice, "the frame for followers", visibility="private")
        assert len(await ids(alice, "the frame")) == 3
        assert await ids(zoe, "the frame") == []
        await zoe.post(f"/api/v1/accounts/{await me(alice)}/follow")
        assert len(await ids(zoe, "the frame")) == 1


async def test_what_is_direct_is_found_by_those_it_is_for(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, max_):
        said = await say(alice, "@zoe the frame", visibility="direct")
        assert (await ids(zoe, "frame"), await ids(max_, "frame")) == ([said], [])


async def test_what_is_hidden_makes_no_page_shorter(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        seen = [await say(alice, "frame") for _ in range(3)]
        for _ in range(3):
            await say(alice, "@apollo frame")
        assert await ids(zoe, "frame", limit="2") == seen[:0:-1]
        assert await ids(zoe, "frame", limit="2", offset="2") == [seen[0]]


async def test_who_has_left_a_project_finds_nothing_of_it(tied: Tied):
    acme, _, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        await say(alice, "@apollo frame")
        assert len(await ids(alice, "frame")) == 1
        await acme.leave_out("alice")
        assert await ids(alice, "frame") == []


# Facts


@pytest.mark.parametrize("who", ["me", "alice", "@alice"])
async def test_posts_of_one_author_are_found(acme: Company, who: str):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        mine, other = await say(alice, "frame"), await say(zoe, "frame")
        assert await ids(alice, f"frame from:{who}") == [mine]
        assert await ids(alice, f"frame -from:{who}") == [other]
        assert await ids(alice, f"from:{who}") == [mine]
        assert await ids(alice, "frame from:nobody") == []
        assert await ids(alice, "frame", account_id=await me(alice)) == [mine]


async def test_posts_are_found_by_what_they_are(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        plain = await say(alice, "frame #tag", language="en")
        poll = await say(alice, "frame", poll={"options": ["a", "b"], "expires_in": 3600}, language="fr")
        link = await say(alice, "frame https://x.example", sensitive=True)
        reply = await say(alice, "frame", in_reply_to_id=plain)
        assert await ids(alice, "frame has:poll") == [poll]
        assert await ids(alice, "frame has:link") == [link]
        assert await ids(alice, "frame has:media") == []
        assert await ids(alice, "frame has:nothing") == []
        assert await ids(alice, "frame is:reply") == [reply]
        assert await ids(alice, "frame is:sensitive") == [link]
        assert await ids(alice, "frame language:fr") == [poll]
        assert await ids(alice, "frame -is:reply -has:poll -has:link") == [plain]


async def test_posts_that_quote_are_found_by_partners_as_well(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        quoted = await say(alice, "@apollo frame")
        await say(alice, "@apollo frame, quoted", quoted_status_id=quoted)
        await agree(acme, globex)
        for app in (alice, bob):
            (found,) = await ids(app, "frame has:embed")
            assert "quoted" in (await app.get(f"/api/v1/statuses/{found}"))["content"]


async def test_a_partners_poll_is_found_by_its_answers(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        poll = {"options": ["Titanium", "Steel"], "expires_in": 3600}
        await say(alice, "@apollo Which?", poll=poll)
        await agree(acme, globex)
        assert len(await ids(bob, "titanium has:poll")) == 1


async def test_posts_are_found_by_where_they_are(tied: Tied):
    async with apps_of(tied[0], "alice") as (alice,):
        inside, outside = await say(alice, "@apollo frame"), await say(alice, "frame")
        assert await ids(alice, "frame in:project") == [inside]
        assert await ids(alice, "frame in:apollo") == [inside]
        assert await ids(alice, "frame in:company") == [outside]
        assert await ids(alice, "frame in:all") == [outside, inside]
        assert await ids(alice, "frame in:gemini") == []


async def test_the_library_is_what_one_wrote_marked_or_is_named_in(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = {words: await say(zoe, f"frame {words}") for words in ("a", "b", "c", "d")}
        named, own = await say(zoe, "frame @alice"), await say(alice, "frame")
        for words, verb in (("a", "favourite"), ("b", "bookmark"), ("c", "reblog")):
            await alice.post(f"/api/v1/statuses/{said[words]}/{verb}")
        assert await ids(alice, "frame in:library") == [own, named, said["c"], said["b"], said["a"]]
        assert await ids(alice, "frame -in:library") == [said["d"]]


async def test_posts_are_found_by_their_day(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        shown = await alice.post("/api/v1/statuses", status="frame")
        said, today = shown["id"], shown["created_at"][:10]
        for query, expected in {
            f"during:{today}": [said],
            f"before:{today}": [],
            f"after:{today}": [],
            f"-before:{today}": [said],
            f"-after:{today}": [said],
            f"-during:{today}": [],
            "after:2020-01-01": [said],
            "before:2020-01-01": [],
            "during:never": [],
            "before:never": [],
        }.items():
            assert await ids(alice, f"frame {query}") == expected, query


# Pages


async def test_the_next_ones_are_found_by_offset_or_by_id(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        said = [await say(alice, f"word {n}") for n in range(3)]
        pages = [await ids(alice, "word", limit="2", offset=offset) for offset in ("0", "2")]
        assert pages == [[said[2], said[1]], [said[0]]]
        assert await ids(alice, "word", max_id=said[1]) == [said[0]]
        assert await ids(alice, "word", min_id=said[0], limit="1") == [said[1]]


# Hashtags


async def test_hashtags_are_found_by_how_they_begin(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        for words in ("#Étude", "#etudes", "#other", "@apollo #etudesecret"):
            await say(alice, words)
        assert await hashtags(alice, "#étude") == ["Étude", "etudes", "etudesecret"]
        assert await hashtags(zoe, "étude") == ["Étude", "etudes"]
        assert await hashtags(zoe, "étude", limit="1", offset="1") == ["etudes"]
        old = await zoe.get("/api/v1/search", q="etude")
        assert old["hashtags"] == ["Étude", "etudes"]


async def hashtags(app: App, q: str, **more: str) -> list[str]:
    answer = await app.get("/api/v2/search", q=q, type="hashtags", **more)
    assert all(len(tag["history"]) == 7 for tag in answer["hashtags"])
    return [tag["name"] for tag in answer["hashtags"]]


# People


async def test_of_people_those_one_follows_fill_the_page(acme: Company):
    async with apps_of(acme, "alice", "amber", "amine", "amos") as (alice, *others):
        for app in others[1:]:
            await alice.post(f"/api/v1/accounts/{await me(app)}/follow")
        for path in ("/api/v1/accounts/search", "/api/v2/search"):
            pages = [
                await alice.get(path, q="am", following="true", limit="1", offset=offset, type="accounts")
                for offset in ("0", "1", "2")
            ]
            people = [page if isinstance(page, list) else page["accounts"] for page in pages]
            assert [[one["acct"] for one in page] for page in people] == [["amine"], ["amos"], []]


# Addresses


@pytest.mark.parametrize("what", ["post", "person", "project", "page", "page of the post"])
async def test_an_address_finds_what_stands_there(tied: Tied, what: str):
    async with apps_of(tied[0], "alice") as (alice,):
        made = await alice.post("/api/v1/statuses", status="@apollo x")
        project = made["mentions"][0]
        address = {
            "post": made["uri"],
            "person": made["account"]["uri"],
            "project": tied[0].project_iri,
            "page": project["url"],
            "page of the post": made["url"],
        }[what]
        accounts, statuses = await found(alice, address)
        assert (accounts, len(statuses)) == {
            "post": ([], 1),
            "person": (["alice"], 0),
            "project": (["apollo"], 0),
            "page": (["apollo"], 0),
            "page of the post": ([], 1),
        }[what]


async def test_the_address_of_what_is_not_for_the_searcher_finds_nothing(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="@apollo x")
        assert await found(zoe, made["uri"]) == ([], [])
        assert await found(zoe, made["url"]) == ([], [])
        assert await found(zoe, "https://nowhere.example/posts/1") == ([], [])


# What was there before


async def test_what_was_there_before_the_index_is_read_when_the_node_runs(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        said = await say(alice, "frame #tag")
        await acme.node.write(before_the_index)
        assert (await ids(alice, "frame"), await alice.get("/api/v1/timelines/tag/tag")) == ([], [])
    await acme.stop()
    await acme.start()
    async with apps_of(acme, "alice") as (alice,):

        async def now() -> list[str]:
            return await ids(alice, "frame")

        await until(now, [said])
        assert [one["id"] for one in await alice.get("/api/v1/timelines/tag/tag")] == [said]


def before_the_index(tx: Tx) -> None:
    for statement in (
        "DELETE FROM post_words",
        "DELETE FROM post_tag",
        "INSERT INTO meta (key, value) SELECT 'unindexed_below', max(id) + 1 FROM post",
    ):
        tx.run(Command(sql(statement)))
