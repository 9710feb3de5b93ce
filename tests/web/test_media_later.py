"""Pictures that take long to prepare, are taken back, get another preview, or other words with an edit."""

import io
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.web import Application
from PIL import Image

from instance.node import Cordee
from tests.nodes import Company, a_company, agree, running, until
from tests.web.client import Answer, App, apps_of
from tests.web.test_media import Later, a_picture, fetched, uploaded
from web.app import build_app
from web.mastodon import media

Tied = tuple[Company, Company, Company]


@asynccontextmanager
async def busy(tmp_path: Path) -> AsyncIterator[tuple[Company, Application]]:
    """A company whose node prepares no picture before its application's `DECODING` is let go."""
    built: list[Application] = []

    def app_of(node: Cordee) -> Application:
        built.append(build_app(node))
        return built[-1]

    company = a_company(tmp_path, "acme", app_of=app_of)
    async with running(company):
        await built[0][media.DECODING].acquire()
        await built[0][media.DECODING].acquire()
        yield company, built[0]


async def with_thumbnail(app: App, method: str, path: str, **files: bytes) -> Answer:
    form = FormData()
    for name, data in files.items():
        form.add_field(name, data, filename="a.png", content_type="image/png")
    return await app.call(method, path, data=form)


async def test_an_upload_that_takes_long_is_asked_for_again_until_it_is_ready(tmp_path: Path):
    async with busy(tmp_path) as (company, app), apps_of(company, "alice") as (alice,):
        answer = await uploaded(alice, a_picture(), description="A frame")
        made = answer.content
        assert (answer.status, made["type"], made["url"]) == (202, "image", None)
        place = f"/api/v1/media/{made['id']}"
        assert (await alice.call("GET", place)).status == 206
        early = await alice.call("POST", "/api/v1/statuses", json={"status": "x", "media_ids": [made["id"]]})
        assert (early.status, early.content["rule"]) == (422, "media_processing")
        app[media.DECODING].release()

        async def status() -> int:
            return (await alice.call("GET", place)).status

        await until(status, 200)
        ready = await alice.get(place)
        assert (ready["description"], ready["meta"]["original"]["width"]) == ("A frame", 1300)
        assert (await fetched(alice, ready["url"]))[0] == 200
        shown = await alice.post("/api/v1/statuses", status="x", media_ids=[made["id"]])
        assert shown["media_attachments"][0]["id"] == made["id"]


async def test_an_upload_that_cannot_be_read_after_all_is_said_to_be_so(tmp_path: Path):
    async with busy(tmp_path) as (company, app), apps_of(company, "alice") as (alice,):
        made = (await uploaded(alice, a_picture()[:80])).content
        place = f"/api/v1/media/{made['id']}"
        assert (await alice.call("GET", place)).status == 206
        app[media.DECODING].release()

        async def status() -> int:
            return (await alice.call("GET", place)).status

        await until(status, 422)


async def test_an_upload_whose_preparing_ended_with_the_node_is_not_waited_for_without_end(tmp_path: Path):
    async with busy(tmp_path) as (company, _), apps_of(company, "alice") as (alice,):
        made = (await uploaded(alice, a_picture())).content
        await company.stop()
        company.clock = Later(company.clock, by_ms=6 * 60_000)
        await company.start()
        assert (await alice.call("GET", f"/api/v1/media/{made['id']}")).status == 422


async def test_what_is_no_picture_is_refused_before_it_waits(tmp_path: Path):
    async with busy(tmp_path) as (company, _), apps_of(company, "alice") as (alice,):
        assert (await uploaded(alice, b"<svg/>")).status == 422


async def test_a_picture_is_what_its_bytes_are_whatever_the_app_calls_it(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = (await uploaded(alice, a_picture("GIF"))).content
        assert (await fetched(alice, made["url"]))[2] == "image/gif"


async def test_an_upload_is_taken_back_until_a_post_has_it(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = (await uploaded(alice, a_picture())).content
        place = f"/api/v1/media/{made['id']}"
        assert (await amine.call("DELETE", place)).status == 404
        answer = await alice.call("DELETE", place)
        assert (answer.status, answer.content) == (200, {})
        assert (await alice.call("GET", place)).status == 404
        assert (await fetched(alice, made["url"]))[0] == 404
        posted = (await uploaded(alice, a_picture())).content
        await alice.post("/api/v1/statuses", status="x", media_ids=[posted["id"]])
        late = await alice.call("DELETE", f"/api/v1/media/{posted['id']}")
        assert (late.status, late.content["field"]) == (422, "id")


@pytest.mark.parametrize("later", [False, True])
async def test_a_picture_is_shown_by_the_thumbnail_that_was_sent_for_it(acme: Company, later: bool):
    async with apps_of(acme, "alice") as (alice,):
        thumbnail = a_picture(size=(64, 32))
        if later:
            made = (await uploaded(alice, a_picture())).content
            answer = await with_thumbnail(alice, "PUT", f"/api/v1/media/{made['id']}", thumbnail=thumbnail)
        else:
            answer = await with_thumbnail(
                alice, "POST", "/api/v2/media", file=a_picture(), thumbnail=thumbnail
            )
        shown = answer.content
        assert (shown["meta"]["original"]["size"], shown["meta"]["small"]["size"]) == ("1300x100", "64x32")
        small = Image.open(io.BytesIO((await fetched(alice, shown["preview_url"]))[1]))
        whole = Image.open(io.BytesIO((await fetched(alice, shown["url"]))[1]))
        assert (small.size, whole.size) == ((64, 32), (1300, 100))


async def test_an_edit_says_something_else_of_a_picture_here_and_at_the_partners(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = (await uploaded(alice, a_picture(), description="before", focus="0,0")).content
        post = await alice.post("/api/v1/statuses", status="@apollo look", media_ids=[made["id"]])
        words = [{"id": made["id"], "description": "after", "focus": "0.5,1"}]
        body = {"status": "@apollo look", "media_ids": [made["id"]], "media_attributes": words}
        answer = await alice.call("PUT", f"/api/v1/statuses/{post['id']}", json=body)
        (shown,) = answer.content["media_attachments"]
        assert (shown["description"], shown["meta"]["focus"]) == ("after", {"x": 0.5, "y": 1.0})
        await agree(acme, globex)

        async def seen() -> Any:
            (status,) = await bob.get("/api/v1/timelines/home")
            (picture,) = status["media_attachments"]
            return picture["description"], picture["meta"]["focus"]

        await until(seen, ("after", {"x": 0.5, "y": 1.0}))


async def test_an_edit_shows_a_picture_by_another_thumbnail(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = (await uploaded(alice, a_picture())).content
        post = await alice.post("/api/v1/statuses", status="look", media_ids=[made["id"]])
        written = f"data:image/png;base64,{b64encode(a_picture(size=(64, 32))).decode()}"
        words = [{"id": made["id"], "thumbnail": written}]
        body = {"status": "look", "media_ids": [made["id"]], "media_attributes": words}
        answer = await alice.call("PUT", f"/api/v1/statuses/{post['id']}", json=body)
        (shown,) = answer.content["media_attachments"]
        assert (shown["meta"]["small"]["size"], shown["meta"]["original"]["size"]) == ("64x32", "1300x100")


async def test_words_of_a_picture_are_sent_by_a_form_as_well(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        ids = [(await uploaded(alice, a_picture(size=(n, 9)))).content["id"] for n in (20, 30)]
        post = await alice.post("/api/v1/statuses", status="look", media_ids=ids)
        pairs = [("status", "look"), *(("media_ids[]", one) for one in ids)]
        for one in ids:
            pairs += [("media_attributes[][id]", one), ("media_attributes[][description]", f"of {one}")]
        answer = await alice.call("PUT", f"/api/v1/statuses/{post['id']}", data=pairs)
        assert [one["description"] for one in answer.content["media_attachments"]] == [
            f"of {one}" for one in ids
        ]


async def test_what_is_said_of_a_picture_in_a_project_is_asked_of_the_gate(tied: Tied):
    acme = tied[0]
    async with apps_of(acme, "alice") as (alice,):
        inside = await alice.post("/api/v1/statuses", status="inside only")
        made = (await uploaded(alice, a_picture())).content
        post = await alice.post("/api/v1/statuses", status="@apollo look", media_ids=[made["id"]])
        body = {
            "status": "@apollo look",
            "media_ids": [made["id"]],
            "media_attributes": [{"id": made["id"], "description": f"see {inside['uri']}"}],
        }
        answer = await alice.call("PUT", f"/api/v1/statuses/{post['id']}", json=body)
        assert (answer.status, answer.content["rule"]) == (422, "withheld_internal")
        (shown,) = (await alice.get(f"/api/v1/statuses/{post['id']}"))["media_attachments"]
        assert shown["description"] is None
