"""Avatars and headers: taken from apps, cut, served by the node, told to colleagues, and gone when they are taken away."""

import io
from base64 import b64encode

import pytest
from aiohttp import FormData
from PIL import Image

from tests.nodes import Company
from tests.web.client import Answer, App, apps_of
from tests.web.test_media import a_picture, fetched

PLACE = "/api/v1/accounts/update_credentials"


async def shown_as(
    app: App, which: str, data: bytes, *, kind: str = "image/png", path: str = PLACE, **words: str
) -> Answer:
    form = FormData()
    form.add_field(which, data, filename="face", content_type=kind)
    for name, value in words.items():
        form.add_field(name, value)
    return await app.call("PATCH", path, data=form)


def a_moving_picture() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=200)
    return out.getvalue()


@pytest.mark.parametrize(
    ("which", "sent", "kept"),
    [
        ("avatar", (1300, 1000), (400, 400)),
        ("avatar", (300, 100), (100, 100)),
        ("header", (3000, 3000), (1500, 500)),
        ("header", (600, 100), (300, 100)),
    ],
)
async def test_a_portrait_is_cut_to_its_shape_and_served_by_the_node(
    acme: Company, which: str, sent: tuple[int, int], kept: tuple[int, int]
):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await shown_as(alice, which, a_picture(size=sent), **{f"{which}_description": "Me, climbing"})
        seen = await amine.get("/api/v1/accounts/lookup", acct="alice")
        assert seen[f"{which}_description"] == "Me, climbing"
        assert seen[f"{which}_static"] == seen[which]
        status, data, media_type = await fetched(amine, seen[which])
        assert (status, media_type) == (200, "image/png")
        assert Image.open(io.BytesIO(data)).size == kept


async def test_a_portrait_comes_as_a_data_url_in_json_as_well(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        written = f"data:image/png;base64,{b64encode(a_picture()).decode()}"
        shown = (await alice.call("PATCH", PLACE, json={"avatar": written})).content
        assert (await fetched(alice, shown["avatar"]))[0] == 200


@pytest.mark.parametrize("written", ["https://elsewhere.example/a.png", "data:image/png;base64,!"])
async def test_any_other_text_is_no_portrait(acme: Company, written: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("PATCH", PLACE, json={"avatar": written})
        assert answer.content == {"error": "Validation failed: avatar must be a picture"}


async def test_a_portrait_that_moves_has_a_still_one_beside_it(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        shown = (await shown_as(alice, "avatar", a_moving_picture(), kind="image/gif")).content
        moving = Image.open(io.BytesIO((await fetched(alice, shown["avatar"]))[1]))
        still = Image.open(io.BytesIO((await fetched(alice, shown["avatar_static"]))[1]))
        assert (getattr(moving, "n_frames", 1), getattr(still, "n_frames", 1)) == (2, 1)


async def test_what_is_no_picture_is_refused_and_the_old_one_stays(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        before = (await shown_as(alice, "avatar", a_picture())).content["avatar"]
        assert (await shown_as(alice, "avatar", b"<svg/>")).status == 422
        assert (await alice.get("/api/v1/accounts/verify_credentials"))["avatar"] == before


async def test_a_new_portrait_is_seen_in_posts_already_shown_and_the_old_link_is_dead(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        old = (await shown_as(alice, "avatar", a_picture())).content["avatar"]
        made = await alice.post("/api/v1/statuses", status="hello")
        await amine.get(f"/api/v1/statuses/{made['id']}")
        new = (await shown_as(alice, "avatar", a_picture(size=(90, 90)))).content["avatar"]
        seen = await amine.get(f"/api/v1/statuses/{made['id']}")
        assert (old != new, seen["account"]["avatar"] == new) == (True, True)
        assert [(await fetched(amine, url))[0] for url in (old, new)] == [404, 200]


@pytest.mark.parametrize("which", ["avatar", "header"])
async def test_a_portrait_that_is_taken_away_is_nowhere_any_more(acme: Company, which: str):
    async with apps_of(acme, "alice") as (alice,):
        without = (await alice.get("/api/v1/accounts/verify_credentials"))[which]
        url = (await shown_as(alice, which, a_picture(), path="/api/v1/profile")).content[which]
        for _ in range(2):
            answer = await alice.call("DELETE", f"/api/v1/profile/{which}")
            assert (answer.status, answer.content[which]) == (200, without)
        assert (await alice.get("/api/v1/profile"))[which] is None
        assert (await fetched(alice, url))[0] == 404


async def test_the_link_of_a_portrait_opens_nothing_without_its_key(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        urls = [
            (await shown_as(app, "avatar", a_picture(size=(side, side)))).content["avatar"]
            for app, side in ((alice, 50), (amine, 60))
        ]
        place, _, key = urls[0].partition("?")
        for broken in (place, f"{place}?key=", urls[0][:-1], f"{urls[1].partition('?')[0]}?{key}"):
            assert (await fetched(alice, broken))[0] == 404


async def test_a_portrait_cannot_be_attached_to_a_post(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        url = (await shown_as(alice, "avatar", a_picture())).content["avatar"]
        media_id = url.split("/")[-2]
        answer = await alice.call("POST", "/api/v1/statuses", json={"status": "x", "media_ids": [media_id]})
        assert answer.status == 422
        assert (await alice.call("GET", f"/api/v1/media/{media_id}")).status == 404


async def test_a_description_without_a_picture_is_not_kept(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("PATCH", PLACE, json={"avatar_description": "Nothing"})
        assert answer.content["avatar_description"] == ""
        long = await alice.call("PATCH", PLACE, json={"avatar_description": "x" * 1501})
        assert (long.status, long.content["field"]) == (422, "avatar_description")
