"""Films and sound in posts: kept, served in parts, told to apps, and brought to the partners."""

import re
from typing import Any

import pytest

from tests.films import PLACE, a_film, a_sound
from tests.nodes import Company, agree, until
from tests.web.client import App, Browser, apps_of
from tests.web.test_media import a_picture, fetched, uploaded
from tests.web.test_media_later import with_thumbnail

Tied = tuple[Company, Company, Company]


async def test_a_film_is_kept_without_its_places_and_has_no_preview(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await uploaded(alice, a_film(), description="The crane")
        made = answer.content
        assert (answer.status, made["type"], made["preview_url"], made["blurhash"]) == (
            200,
            "video",
            None,
            None,
        )
        assert made["meta"] == {
            "length": "0:01:28.65",
            "duration": 88.65,
            "width": 640,
            "height": 360,
            "size": "640x360",
            "aspect": 640 / 360,
            "original": {
                "width": 640,
                "height": 360,
                "duration": 88.65,
                "bitrate": len(a_film()) * 8000 // 88_650,
            },
        }
        status, data, media_type = await fetched(alice, made["url"])
        assert (status, media_type, len(data), PLACE in data) == (200, "video/mp4", len(a_film()), False)


async def test_a_sound_is_kept_and_measured(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = (await uploaded(alice, a_sound(seconds=3))).content
        assert (made["type"], made["meta"]["length"]) == ("audio", "0:00:03.00")
        assert (await fetched(alice, made["url"]))[1:] == (a_sound(seconds=3), "audio/wav")


async def test_a_film_is_served_in_parts(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        url = (await uploaded(alice, a_film())).content["url"]
        place = url.removeprefix(acme.config.base_url)
        answer = await alice.call("GET", place, headers={"Range": "bytes=4-7"})
        assert (answer.status, answer.content) == (206, "ftyp")


async def test_a_film_is_shown_by_the_thumbnail_that_was_sent_for_it(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await with_thumbnail(
            alice, "POST", "/api/v2/media", file=a_film(), thumbnail=a_picture(size=(64, 36))
        )
        assert answer.content["meta"]["small"]["size"] == "64x36"
        assert answer.content["blurhash"]
        assert (await fetched(alice, answer.content["preview_url"]))[0] == 200


@pytest.mark.parametrize("as_what", ["thumbnail", "avatar"])
async def test_a_film_is_no_thumbnail_and_no_portrait(acme: Company, as_what: str):
    async with apps_of(acme, "alice") as (alice,):
        if as_what == "thumbnail":
            answer = await with_thumbnail(
                alice, "POST", "/api/v2/media", file=a_picture(), thumbnail=a_film()
            )
        else:
            answer = await with_thumbnail(
                alice, "PATCH", "/api/v1/accounts/update_credentials", avatar=a_film()
            )
        assert answer.status == 422


async def test_a_damaged_film_is_refused(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await uploaded(alice, a_film()[:-9])
        assert (answer.status, answer.content["field"]) == (422, "file")


async def test_the_instance_tells_what_can_be_attached(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        told = (await nobody.get("/api/v2/instance"))["configuration"]["media_attachments"]
        for kind in ("image/avif", "video/mp4", "video/webm", "audio/mpeg"):
            assert kind in told["supported_mime_types"]
        assert (told["video_size_limit"], told["video_matrix_limit"]) == (16 * 1024 * 1024, 3840 * 2160)


async def test_a_film_in_a_project_arrives_at_the_partners(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = (await uploaded(alice, a_film(), description="The crane")).content
        await alice.post("/api/v1/statuses", status="@apollo look", media_ids=[made["id"]])
        await agree(acme, globex)

        async def seen() -> dict[str, Any]:
            (status,) = await bob.get("/api/v1/timelines/home")
            found: dict[str, Any] = status["media_attachments"][0]
            return found

        async def kind() -> str:
            return str((await seen())["type"])

        await until(kind, "video")
        there = await seen()
        assert (there["description"], there["meta"]) == ("The crane", made["meta"])
        assert (await fetched(bob, there["url"]))[1] == (await fetched(alice, made["url"]))[1]


async def test_a_film_is_played_on_the_pages(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = (await uploaded(alice, a_film(), description="The crane")).content
        post = await alice.post("/api/v1/statuses", status="look", media_ids=[made["id"]])
        browser = Browser(App(acme, alice.session))
        await browser.sign_in("alice")
        page = (await browser.get(f"/app/posts/{post['id']}")).content
        assert re.search(r'<video src="[^"]+" aria-label="The crane" controls', page)
