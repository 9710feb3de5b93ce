"""Search finds people, projects, and words in what the searcher may read."""

import pytest

from tests.nodes import Company
from tests.web.client import App, apps_of

Tied = tuple[Company, Company, Company]


async def found(app: App, q: str, **more: str) -> tuple[list[str], list[str]]:
    answer = await app.get("/api/v2/search", q=q, **more)
    assert answer["hashtags"] == []
    return [one["acct"] for one in answer["accounts"]], [one["content"] for one in answer["statuses"]]


async def test_people_and_words_are_found(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, _):
        await alice.post("/api/v1/statuses", status="Amazing 100% frame_1")
        assert await found(alice, "am") == (["amine"], ["<p>Amazing 100% frame_1</p>"])
        assert await found(alice, "am", type="accounts") == (["amine"], [])
        assert await found(alice, "am", type="statuses") == ([], ["<p>Amazing 100% frame_1</p>"])
        assert await found(alice, "0%") == ([], ["<p>Amazing 100% frame_1</p>"])
        assert await found(alice, "amaz%frame") == ([], [])
        assert await found(alice, "  ") == ([], [])


@pytest.mark.parametrize("words", ["Étude", "étude", "ÉTUDE DU CHÂSSIS"])
async def test_letters_with_accents_are_found_in_either_case(acme: Company, words: str):
    async with apps_of(acme, "alice") as (alice,):
        said = await alice.post("/api/v1/statuses", status="Étude du châssis")
        found = await alice.get("/api/v2/search", q=words)
        assert [one["id"] for one in found["statuses"]] == [said["id"]]


async def test_only_what_the_searcher_may_read_is_found(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        await alice.post("/api/v1/statuses", status="@apollo the frame")
        await alice.post("/api/v1/statuses", status="the frame alone", visibility="direct")
        assert len((await found(alice, "the frame"))[1]) == 2
        assert (await found(zoe, "the frame"))[1] == []


async def test_the_next_ones_are_found_by_offset(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        for n in range(3):
            await alice.post("/api/v1/statuses", status=f"word {n}")
        pages = [(await found(alice, "word", limit="2", offset=offset))[1] for offset in ("0", "2")]
        assert pages == [["<p>word 2</p>", "<p>word 1</p>"], ["<p>word 0</p>"]]


@pytest.mark.parametrize("what", ["post", "person", "project", "page"])
async def test_an_address_finds_what_stands_there(tied: Tied, what: str):
    async with apps_of(tied[0], "alice") as (alice,):
        made = await alice.post("/api/v1/statuses", status="@apollo x")
        project = made["mentions"][0]
        address = {
            "post": made["uri"],
            "person": made["account"]["uri"],
            "project": tied[0].project_iri,
            "page": project["url"],
        }[what]
        accounts, statuses = await found(alice, address)
        assert (accounts, len(statuses)) == {
            "post": ([], 1),
            "person": (["alice"], 0),
            "project": (["apollo"], 0),
            "page": (["apollo"], 0),
        }[what]


async def test_the_address_of_what_is_not_for_the_searcher_finds_nothing(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="@apollo x")
        assert await found(zoe, made["uri"]) == ([], [])
        assert await found(zoe, "https://nowhere.example/posts/1") == ([], [])
