"""Pictures: uploaded, described, attached, and fetched by a link that expires."""

import io
from urllib.parse import urlsplit

import pytest
from aiohttp import FormData
from PIL import Image

from tests.nodes import Company, a_company, agree, running, until
from tests.web.client import Answer, App, Later, apps_of
from web.app import build_app

Tied = tuple[Company, Company, Company]


def a_picture(kind: str = "PNG", size: tuple[int, int] = (1300, 100)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (29, 78, 95)).save(out, format=kind)
    return out.getvalue()


async def uploaded(
    app: App, data: bytes, *, path: str = "/api/v2/media", name: str = "a.png", **words: str
) -> Answer:
    form = FormData()
    form.add_field("file", data, filename=name, content_type="image/png")
    for key, value in words.items():
        form.add_field(key, value)
    return await app.call("POST", path, data=form)


async def fetched(app: App, url: str) -> tuple[int, bytes, str]:
    parts = urlsplit(url)
    async with app.session.get(f"{app.base}{parts.path}?{parts.query}") as answer:
        return answer.status, await answer.read(), answer.headers.get("Content-Type", "")


@pytest.mark.parametrize("path", ["/api/v1/media", "/api/v2/media"])
async def test_a_picture_is_uploaded_and_can_be_fetched_with_its_preview(acme: Company, path: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await uploaded(alice, a_picture(), path=path, description="A frame", focus="0.5,-0.25")
        made = answer.content
        assert (answer.status, made["type"], made["description"]) == (200, "image", "A frame")
        assert made["meta"]["original"] == {"width": 1300, "height": 100, "size": "1300x100", "aspect": 13.0}
        assert made["meta"]["small"]["size"] == "640x49"
        assert made["meta"]["focus"] == {"x": 0.5, "y": -0.25}
        assert made["blurhash"]
        for url, size, kind in (
            (made["url"], (1300, 100), "image/png"),
            (made["preview_url"], (640, 49), "image/webp"),
        ):
            status, data, media_type = await fetched(alice, url)
            assert (status, media_type) == (200, kind)
            assert Image.open(io.BytesIO(data)).size == size


async def test_a_picture_is_described_until_a_post_has_it(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = (await uploaded(alice, a_picture())).content
        place = f"/api/v1/media/{made['id']}"
        assert (await alice.call("PUT", place, json={"description": "new"})).content["description"] == "new"
        await alice.call("PUT", place, json={"focus": "1,1"})
        assert (await alice.get(place))["description"] == "new"
        status = await alice.post("/api/v1/statuses", status="", media_ids=[made["id"]])
        assert status["media_attachments"][0]["description"] == "new"
        assert (await alice.call("PUT", place, json={"description": "late"})).status == 404


async def test_a_picture_is_its_owners_until_it_is_posted(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = (await uploaded(alice, a_picture())).content
        assert (await amine.call("GET", f"/api/v1/media/{made['id']}")).status == 404
        refused = await amine.call(
            "POST", "/api/v1/statuses", json={"status": "mine", "media_ids": [made["id"]]}
        )
        assert refused.status == 422


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"not a picture", "can be attached"), (a_picture()[:80], "damaged"), (b"", "can be attached")],
    ids=["text", "cut", "empty"],
)
async def test_what_is_no_picture_is_refused_with_the_reason(acme: Company, data: bytes, error: str):
    async with apps_of(acme, "alice") as (alice,):
        answer = await uploaded(alice, data)
        assert answer.status == 422
        assert error in answer.content["error"]


async def test_an_upload_without_a_file_is_refused(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("POST", "/api/v2/media", data={"description": "x"})
        assert answer.content["error"] == "Validation failed: File can't be blank"


async def test_a_link_opens_one_picture_for_a_while(tmp_path):
    company = a_company(tmp_path, "acme", app_of=build_app)
    company.clock = clock = Later(company.clock)
    async with running(company), apps_of(company, "alice") as (alice,):
        first, second = [(await uploaded(alice, a_picture(size=(n, 10)))).content for n in (20, 30)]
        wrong = first["url"].replace(first["id"], second["id"])
        assert [(await fetched(alice, url))[0] for url in (first["url"], wrong)] == [200, 404]
        for broken in (first["url"][:-1], first["url"] + "0", first["url"].partition("?")[0]):
            assert (await fetched(alice, broken))[0] == 404
        clock.by_ms += 2 * 3_600_000
        assert (await fetched(alice, first["url"]))[0] == 404
        again = await alice.get(f"/api/v1/media/{first['id']}")
        assert (await fetched(alice, again["url"]))[0] == 200


async def test_a_status_in_memory_never_shows_a_link_that_has_expired(tmp_path):
    company = a_company(tmp_path, "acme", app_of=build_app)
    company.clock = clock = Later(company.clock)
    async with running(company), apps_of(company, "alice") as (alice,):
        made = (await uploaded(alice, a_picture())).content
        await alice.post("/api/v1/statuses", status="look", media_ids=[made["id"]])
        for _ in range(4):
            (status,) = await alice.get("/api/v1/timelines/home")
            assert (await fetched(alice, status["media_attachments"][0]["url"]))[0] == 200
            clock.by_ms += 45 * 60_000


async def test_a_picture_in_a_project_arrives_at_the_partners(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = (await uploaded(alice, a_picture(), description="The frame")).content
        await alice.post("/api/v1/statuses", status="@apollo look", media_ids=[made["id"]])
        await agree(acme, globex)

        async def kind() -> str:
            (seen,) = await bob.get("/api/v1/timelines/home")
            return str(seen["media_attachments"][0]["type"])

        await until(kind, "image")
        (seen,) = await bob.get("/api/v1/timelines/home")
        picture = seen["media_attachments"][0]
        assert picture["description"] == "The frame"
        assert picture["url"].startswith(globex.config.base_url)
        assert (await fetched(bob, picture["url"]))[0] == 200
