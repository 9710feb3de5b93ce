"""Emojis: IT makes them, people write them, projects get copies of those that are used in them, and strangers get none."""

import asyncio
import io
from typing import Any

import pytest
from PIL import Image

from instance.domain import emoji, media
from tests.films import a_film
from tests.nodes import Company, agree, until
from tests.web.client import App, apps_of
from tests.web.test_media import fetched

Tied = tuple[Company, Company, Company]


def a_drawing(kind: str = "PNG", colour: str = "red", side: int = 16) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, kind)
    return out.getvalue()


async def drawn(company: Company, shortcode: str, data: bytes = b"", **words: Any) -> None:
    """Make an emoji, as the command does."""
    picture = emoji.check_picture(data or a_drawing())
    await asyncio.to_thread(media.save, company.config.media_dir, picture)
    await company.node.perform(lambda tx: emoji.add(tx, shortcode, picture, **words))


def names(shown: dict[str, Any]) -> list[str]:
    return [one["shortcode"] for one in shown["emojis"]]


async def test_the_companys_emojis_are_listed_with_pictures_that_can_be_fetched(acme: Company):
    await drawn(acme, "crane", category="Site", is_listed=False)
    await drawn(acme, ":acme:", a_drawing("GIF"))
    async with apps_of(acme, "alice") as (alice,):
        acme_, crane = await alice.get("/api/v1/custom_emojis")
        assert (acme_["shortcode"], acme_["category"], acme_["visible_in_picker"]) == ("acme", None, True)
        assert (crane["shortcode"], crane["category"], crane["visible_in_picker"]) == ("crane", "Site", False)
        assert crane["static_url"] == crane["url"]
        assert acme_["static_url"] != acme_["url"]
        for url, kind in (
            (crane["url"], "image/png"),
            (acme_["url"], "image/gif"),
            (acme_["static_url"], "image/webp"),
        ):
            assert [(await fetched(alice, url))[place] for place in (0, 2)] == [200, kind]


async def test_strangers_do_not_learn_what_a_company_draws(acme: Company):
    await drawn(acme, "crane")
    async with apps_of(acme, "") as (nobody,):
        assert (await nobody.call("GET", "/api/v1/custom_emojis")).status == 401


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("up :crane:", ["crane"]),
        (":crane::crane:", []),
        ("a:crane:b", []),
        (":crane: and :Crane: and :none:", ["crane"]),
        (":crane:, :hook:!", ["crane", "hook"]),
        ("no emoji: crane", []),
    ],
)
async def test_a_status_shows_the_emojis_that_are_written_in_it(acme: Company, text: str, found: list[str]):
    await drawn(acme, "crane")
    await drawn(acme, "hook")
    async with apps_of(acme, "alice") as (alice,):
        assert names(await alice.post("/api/v1/statuses", status=text)) == found


async def test_an_emoji_in_a_warning_or_in_a_name_is_shown_as_well(acme: Company):
    await drawn(acme, "crane")
    async with apps_of(acme, "alice") as (alice,):
        await alice.call(
            "PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "Alice :crane:"}
        )
        made = await alice.post("/api/v1/statuses", status="x", spoiler_text="see :crane:")
        assert (names(made), names(made["account"])) == (["crane"], ["crane"])
        history = await alice.get(f"/api/v1/statuses/{made['id']}/history")
        assert names(history[0]) == ["crane"]


async def test_an_emoji_in_an_answer_of_a_poll_is_shown_with_the_poll(tied: Tied):
    acme, globex, _ = tied
    await drawn(acme, "crane")
    await drawn(acme, "hook")
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        poll = {"options": [":crane:", "none"], "expires_in": 3600}
        made = await alice.post("/api/v1/statuses", status="@apollo which :hook:", poll=poll)
        assert (names(made), names(made["poll"])) == (["crane", "hook"], ["crane"])
        assert names(await alice.get(f"/api/v1/polls/{made['id']}")) == ["crane"]
        await agree(acme, globex)

        async def emojis() -> list[str]:
            return names((await seen_at_home(bob))["poll"])

        await until(emojis, ["crane"])


async def test_an_emoji_that_is_taken_away_is_shown_no_longer(acme: Company):
    await drawn(acme, "crane")
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post("/api/v1/statuses", status="up :crane:")
        await acme.node.perform(lambda tx: emoji.remove(tx, "crane"))
        assert await alice.get("/api/v1/custom_emojis") == []
        assert names(await alice.get(f"/api/v1/statuses/{made['id']}")) == []
        assert (await fetched(alice, made["emojis"][0]["url"]))[0] == 404


async def seen_at_home(app: App) -> dict[str, Any]:
    (status,) = await app.get("/api/v1/timelines/home")
    found: dict[str, Any] = status
    return found


async def test_a_partner_sees_the_emoji_of_a_post_in_the_project_with_a_picture_of_its_own_node(tied: Tied):
    acme, globex, _ = tied
    await drawn(acme, "crane")
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = await alice.post("/api/v1/statuses", status="@apollo up :crane:")
        assert names(made) == ["crane"]
        await agree(acme, globex)

        async def emojis() -> list[str]:
            return names(await seen_at_home(bob))

        await until(emojis, ["crane"])
        (shown,) = (await seen_at_home(bob))["emojis"]
        assert shown["url"].startswith(globex.config.base_url)
        assert (await fetched(bob, shown["url"]))[0] == 200
        assert await bob.get("/api/v1/custom_emojis") == []


async def test_what_was_written_before_a_project_had_the_emoji_shows_it_from_then_on(tied: Tied):
    acme = tied[0]
    before = await acme.post("alice", "Lift it with the :crane:")
    async with apps_of(acme, "alice") as (alice,):
        assert names(await alice.get(f"/api/v1/statuses/{before.id}")) == []
        await drawn(acme, "crane")
        assert names(await alice.get(f"/api/v1/statuses/{before.id}")) == []  # the project has it not
        await acme.post("alice", "The :crane: is here")
        assert names(await alice.get(f"/api/v1/statuses/{before.id}")) == ["crane"]


async def test_an_emoji_of_a_partner_stands_for_nothing_outside_its_project(tied: Tied):
    acme, globex, _ = tied
    await drawn(acme, "crane")
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await alice.post("/api/v1/statuses", status="@apollo up :crane:")
        await agree(acme, globex)

        async def emojis() -> list[str]:
            return names((await bob.get("/api/v1/timelines/list/" + await apollo(bob)))[-1])

        await until(emojis, ["crane"])
        assert names(await bob.post("/api/v1/statuses", status="inside :crane:")) == []
        assert names(await bob.post("/api/v1/statuses", status="@apollo mine :crane:")) == []


async def apollo(app: App) -> str:
    (project,) = await app.get("/api/v1/lists")
    return str(project["id"])


async def test_an_emoji_written_inside_names_nothing_that_could_leave(tied: Tied):
    acme = tied[0]
    await drawn(acme, "crane")
    async with apps_of(acme, "alice") as (alice,):
        await alice.post("/api/v1/statuses", status="inside :crane:")
        entry = (await acme.entries(acme.host))[-1]
        assert "crane" not in entry.document
        await alice.post("/api/v1/statuses", status="@apollo up :crane:")
        entry = (await acme.entries(acme.host))[-1]
        assert '":crane:"' in entry.document


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (a_drawing("JPEG"), "PNG, GIF or WebP"),
        (a_drawing() + bytes(256 * 1024), "256 KiB"),
        (a_film(), "Only"),
    ],
)
def test_what_can_be_no_emoji_is_refused(data: bytes, error: str):
    with pytest.raises(Exception, match=error):
        emoji.check_picture(data)
