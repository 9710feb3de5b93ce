"""Filters: made, changed, and told with each status that they match."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import filtering
from instance.storage.filters import FilterRow, KeywordRow, Known
from tests.nodes import Company, a_company, agree, running
from tests.web.client import App, Later, apps_of
from web.app import build_app

Tied = tuple[Company, Company, Company]
WORDS = [{"keyword": "football", "whole_word": True}, {"keyword": "#off", "whole_word": False}]


async def a_filter(app: App, **body: Any) -> Any:
    sent = {"title": "Sports", "context": ["home", "public"], "keywords_attributes": WORDS} | body
    return await app.post("/api/v2/filters", **sent)


async def test_a_filter_comes_back_as_it_was_made(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await a_filter(alice, filter_action="hide", expires_in=3600)
        assert (made["title"], made["context"], made["filter_action"]) == (
            "Sports",
            ["home", "public"],
            "hide",
        )
        assert [(one["keyword"], one["whole_word"]) for one in made["keywords"]] == [
            ("football", True),
            ("#off", False),
        ]
        assert made["expires_at"].endswith("Z")
        assert await alice.get(f"/api/v2/filters/{made['id']}") == made
        assert await alice.get("/api/v2/filters") == [made]


async def test_a_filter_can_be_sent_as_a_form(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        form = (
            "title=t&context[]=home&keywords_attributes[][keyword]=a"
            "&keywords_attributes[][whole_word]=true&keywords_attributes[][keyword]=b"
        )
        answer = await alice.call(
            "POST",
            "/api/v2/filters",
            data=form,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert [(one["keyword"], one["whole_word"]) for one in answer.content["keywords"]] == [
            ("a", True),
            ("b", False),
        ]


async def test_a_status_says_which_filters_match_it(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await a_filter(zoe)
        post = await alice.post("/api/v1/statuses", status="Football tonight, #offsite after")
        seen = await zoe.get(f"/api/v1/statuses/{post['id']}")
        (found,) = seen["filtered"]
        assert found["keyword_matches"] == ["Football", "#off"]
        assert found["status_matches"] is None
        assert found["filter"]["id"] == made["id"]
        assert "keywords" not in found["filter"]
        assert (await alice.get(f"/api/v1/statuses/{post['id']}"))["filtered"] == []


@pytest.mark.parametrize("field", ["spoiler_text", "poll"])
async def test_a_warning_and_the_answers_of_a_poll_are_matched_as_well(acme: Company, field: str):
    said = {
        "spoiler_text": "football",
        "poll": {"options": ["football", "chess"], "expires_in": 3600},
    }
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await a_filter(zoe)
        post = await alice.post("/api/v1/statuses", status="x", **{field: said[field]})
        assert len((await zoe.get(f"/api/v1/statuses/{post['id']}"))["filtered"]) == 1


async def test_a_boost_says_what_matches_in_what_it_boosts(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await a_filter(zoe)
        post = await alice.post("/api/v1/statuses", status="football")
        boost = await other.post(f"/api/v1/statuses/{post['id']}/reblog")
        seen = await zoe.get(f"/api/v1/statuses/{boost['id']}")
        assert len(seen["reblog"]["filtered"]) == 1


async def test_a_filter_can_mean_one_post(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = await a_filter(bob, keywords_attributes=[])
        await alice.post("/api/v1/statuses", status="@apollo one")
        await agree(acme, globex)
        (post,) = await bob.get("/api/v1/timelines/home")
        row = await bob.post(f"/api/v2/filters/{made['id']}/statuses", status_id=post["id"])
        assert row["status_id"] == post["id"]
        assert await bob.get(f"/api/v2/filters/{made['id']}/statuses") == [row]
        assert await bob.get(f"/api/v2/filters/statuses/{row['id']}") == row
        (seen,) = await bob.get("/api/v1/timelines/home")
        assert seen["filtered"][0]["status_matches"] == [post["id"]]
        await bob.call("DELETE", f"/api/v2/filters/statuses/{row['id']}")
        (seen,) = await bob.get("/api/v1/timelines/home")
        assert seen["filtered"] == []


async def test_a_post_that_is_not_for_one_cannot_be_filtered(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        post = await alice.post("/api/v1/statuses", status="x", visibility="private")
        made = await a_filter(zoe)
        path = f"/api/v2/filters/{made['id']}/statuses"
        assert (await zoe.call("POST", path, json={"status_id": post["id"]})).status == 404


async def test_a_changed_filter_changes_what_has_been_read_already(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        post = await alice.post("/api/v1/statuses", status="football")
        path = f"/api/v1/statuses/{post['id']}"
        assert (await zoe.get(path))["filtered"] == []
        made = await a_filter(zoe)
        assert len((await zoe.get(path))["filtered"]) == 1
        word = made["keywords"][0]["id"]
        changed = await zoe.call(
            "PUT",
            f"/api/v2/filters/{made['id']}",
            json={"keywords_attributes": [{"id": word, "keyword": "chess"}]},
        )
        assert changed.content["keywords"][0]["keyword"] == "chess"
        assert (await zoe.get(path))["filtered"] == []
        await zoe.call("PUT", f"/api/v2/filters/keywords/{word}", json={"keyword": "foot"})
        assert (await zoe.get(path))["filtered"] == []
        await zoe.call("PUT", f"/api/v2/filters/keywords/{word}", json={"whole_word": False})
        assert len((await zoe.get(path))["filtered"]) == 1
        assert (await zoe.call("DELETE", f"/api/v2/filters/{made['id']}")).content == {}
        assert (await zoe.get(path))["filtered"] == []


async def test_a_word_is_added_read_and_removed_by_its_own_doors(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await a_filter(alice, keywords_attributes=[])
        path = f"/api/v2/filters/{made['id']}/keywords"
        word = await alice.post(path, keyword="x", whole_word=True)
        assert await alice.get(path) == [word]
        assert await alice.get(f"/api/v2/filters/keywords/{word['id']}") == word
        assert (await alice.call("DELETE", f"/api/v2/filters/keywords/{word['id']}")).content == {}
        assert await alice.get(path) == []


async def test_a_word_can_be_taken_out_with_a_change_of_its_filter(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await a_filter(alice)
        gone = {"id": made["keywords"][0]["id"], "_destroy": True}
        answer = await alice.call(
            "PUT", f"/api/v2/filters/{made['id']}", json={"title": "New", "keywords_attributes": [gone]}
        )
        assert [one["keyword"] for one in answer.content["keywords"]] == ["#off"]
        assert answer.content["title"] == "New"


async def test_a_filter_ends_on_its_date(tmp_path: Path):
    company = a_company(tmp_path, "acme", app_of=build_app)
    company.clock = clock = Later(company.clock)
    async with running(company), apps_of(company, "alice", "zoe") as (alice, zoe):
        await a_filter(zoe, expires_in=3600)
        post = await alice.post("/api/v1/statuses", status="football")
        path = f"/api/v1/statuses/{post['id']}"
        assert len((await zoe.get(path))["filtered"]) == 1
        clock.by_ms = 3_601_000
        await company.node.perform(filtering.end_due)
        assert (await zoe.get(path))["filtered"] == []
        assert len(await zoe.get("/api/v2/filters")) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"title": ""}, "Title can't be blank"),
        ({"context": []}, "Context can't be blank, Context None or invalid context supplied"),
        ({"context": ["kitchen"]}, "Context None or invalid context supplied"),
        ({"filter_action": "burn"}, "Filter action is not one of warn, hide, blur_media"),
        ({"keywords_attributes": [{"keyword": " "}]}, "Keyword can't be blank"),
    ],
)
async def test_a_filter_that_says_nothing_is_refused(acme: Company, body: Any, error: str):
    async with apps_of(acme, "alice") as (alice,):
        sent = {"title": "t", "context": ["home"]} | body
        answer = await alice.call("POST", "/api/v2/filters", json=sent)
        assert (answer.status, answer.content["error"]) == (422, f"Validation failed: {error}")
        assert await alice.get("/api/v2/filters") == []


async def test_anothers_filter_is_as_good_as_none(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await a_filter(alice)
        word = made["keywords"][0]["id"]
        for method, path in [
            ("GET", f"/api/v2/filters/{made['id']}"),
            ("PUT", f"/api/v2/filters/{made['id']}"),
            ("DELETE", f"/api/v2/filters/{made['id']}"),
            ("POST", f"/api/v2/filters/{made['id']}/keywords"),
            ("PUT", f"/api/v2/filters/keywords/{word}"),
            ("DELETE", f"/api/v2/filters/keywords/{word}"),
            ("GET", f"/api/v1/filters/{word}"),
        ]:
            answer = await zoe.call(method, path, json={} if method != "GET" else None)
            assert answer.status == 404, (method, path)


async def test_an_older_app_sees_each_word_as_a_filter(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post(
            "/api/v1/filters", phrase="football", context=["home"], irreversible=True, whole_word=True
        )
        assert made | {"id": ""} == {
            "id": "",
            "phrase": "football",
            "context": ["home"],
            "whole_word": True,
            "expires_at": None,
            "irreversible": True,
        }
        assert await alice.get("/api/v1/filters") == [made]
        path = f"/api/v1/filters/{made['id']}"
        changed = await alice.call("PUT", path, json={"phrase": "chess", "context": ["home"]})
        assert changed.content["phrase"] == "chess"
        assert await alice.get(path) == changed.content
        await alice.call("DELETE", path)
        assert await alice.get("/api/v1/filters") == []


async def test_a_stream_tells_each_what_their_filters_match(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        await a_filter(zoe)
        ears = [await app.socket(f"?access_token={app.token}&stream=public:local") for app in (zoe, other)]
        await alice.post("/api/v1/statuses", status="football")
        told = [json.loads(json.loads((await ear.receive()).data)["payload"]) for ear in ears]
        assert [len(one["filtered"]) for one in told] == [1, 0]
        for ear in ears:
            await ear.close()


async def test_an_app_is_told_that_filters_changed(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        ear = await alice.socket(f"?access_token={alice.token}&stream=user")
        await a_filter(alice)
        assert json.loads((await ear.receive()).data)["event"] == "filters_changed"
        await ear.close()


async def test_nobody_is_told_of_the_posts_of_who_has_blocked_them(acme: Company):
    async with apps_of(acme, "alice", "zoe", "max") as (alice, zoe, other):
        account = await alice.get("/api/v1/accounts/lookup", acct="zoe")
        await alice.post(f"/api/v1/accounts/{account['id']}/block")
        shut, open_ = [
            await app.socket(f"?access_token={app.token}&stream=public:local") for app in (zoe, other)
        ]
        await alice.post("/api/v1/statuses", status="a")
        await open_.receive()
        await other.post("/api/v1/statuses", status="b")
        told = json.loads(json.loads((await shut.receive()).data)["payload"])
        assert told["content"] == "<p>b</p>"
        for ear in (shut, open_):
            await ear.close()


def known(keyword: str, *, whole_word: bool) -> list[Known]:
    row = FilterRow(1, 1, "t", " home ", "warn", None, 0)
    return [Known(row, (KeywordRow(1, 1, keyword, int(whole_word)),), ())]


@given(st.text(min_size=1), st.text(), st.text())
def test_a_part_of_a_text_is_found_whatever_it_is(keyword: str, before: str, after: str):
    assert filtering.matches(known(keyword, whole_word=False), 1, before + keyword + after, now_ms=0)


@pytest.mark.parametrize(
    ("keyword", "words", "found"),
    [
        ("art", "the art of", True),
        ("art", "a party", False),
        ("#art", "x#art", True),
        ("été", "l’été dernier", True),
        ("été", "étés", False),
    ],
)
def test_a_whole_word_ends_where_a_letter_ends(keyword: str, words: str, found: bool):
    assert bool(filtering.matches(known(keyword, whole_word=True), 1, words, now_ms=0)) is found
