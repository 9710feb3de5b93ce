"""A link to a post that is here, or to a page of ours, has a card, which shows its reader what that reader may read. Nothing is fetched."""

from typing import Any

import pytest

from instance.home import Home
from instance.storage import ledger
from tests.nodes import Company, agree
from tests.web.client import App, apps_of
from web.mastodon.card_entities import Place, link_in, place_of

Tied = tuple[Company, Company, Company]
HOME = Home("https://acme.example", "Acme")


async def say(app: App, text: str, **more: Any) -> dict[str, Any]:
    return await app.post("/api/v1/statuses", status=text, **more)


async def card(app: App, one: dict[str, Any]) -> Any:
    return (await app.get(f"/api/v1/statuses/{one['id']}"))["card"]


async def test_a_link_to_a_post_has_a_card(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "The frame is **ready**")
        made = await say(zoe, f"Look: {said['uri']}")
        shown = made["card"]
        assert (shown["url"], shown["title"], shown["description"], shown["type"]) == (
            said["uri"],
            "Alice",
            "The frame is ready",
            "link",
        )
        assert (shown["provider_name"], shown["published_at"]) == ("Acme", said["created_at"])
        assert await card(alice, made) == shown
        assert await alice.get(f"/api/v1/statuses/{made['id']}/card") == shown


async def test_a_card_of_what_is_edited_or_deleted_is_not_as_it_was(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = await say(zoe, f"Look: {said['uri']}")
        await alice.call("PUT", f"/api/v1/statuses/{said['id']}", json={"status": "Two"})
        assert (await card(zoe, made))["description"] == "Two"
        await alice.call("DELETE", f"/api/v1/statuses/{said['id']}")
        assert await card(zoe, made) is None


async def test_a_card_shows_nothing_to_who_may_not_read_what_is_behind_the_link(tied: Tied):
    acme, _, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "@apollo The secret frame")
        made = await say(alice, f"See {said['uri']}")
        assert "secret" in made["card"]["description"]
        assert await card(zoe, made) is None
        assert "secret" in (await card(alice, made))["description"]
        assert await zoe.get(f"/api/v1/statuses/{made['id']}/card") == {}


async def test_a_link_to_a_partners_post_has_a_card_with_its_company(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        said = await globex.post("bob", "@apollo Ready")
        await agree(acme, globex)
        made = await say(alice, f"@apollo see {said.iri}")
        assert (made["card"]["author_name"], made["card"]["provider_name"]) == ("Bob", "Globex")


async def test_a_link_to_a_page_of_a_project_has_its_title(tied: Tied):
    acme, _, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        project = await acme.person(acme.project_iri)
        assert project is not None
        page = f"{acme.config.base_url}/app/projects/{project.id}"
        assert (await say(alice, f"Here: {page}"))["card"]["title"] == "Apollo"


async def test_a_page_of_the_open_web_is_not_asked_for(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await say(alice, f"See http://127.0.0.1:{acme.port}/a-page-elsewhere")
        assert made["card"] is None
        assert await alice.get(f"/api/v1/statuses/{made['id']}/card") == {}
        letters = await acme.node.read(lambda tx: {line.letter for line in ledger.in_order(tx)})
        assert letters == {"outbound"}  # the post itself, held back; nothing was asked for


async def test_a_boost_has_no_card_and_what_it_boosts_has_its_own(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        said = await say(alice, "One")
        made = await say(zoe, f"Look: {said['uri']}")
        boost = await alice.post(f"/api/v1/statuses/{made['id']}/reblog")
        assert (boost["card"], boost["reblog"]["card"]["description"]) == (None, "One")


@pytest.mark.parametrize(
    ("content", "href"),
    [
        ("<p>no link</p>", None),
        ('<p><a href="https://a.example/x?a=1&amp;b=2" rel="x">x</a></p>', "https://a.example/x?a=1&b=2"),
        ('<a href="https://a.example/@bob" class="u-url mention">@bob</a>', None),
        ('<a class="mention hashtag" href="https://a.example/t">#t</a>', None),
        ('<a href="https://a/@b" class="mention">b</a> <a href="https://c/">c</a>', "https://c/"),
    ],
)
def test_the_first_link_that_is_no_name_counts(content: str, href: str | None):
    assert link_in(content) == href


@pytest.mark.parametrize(
    ("path", "post_id", "project_id"),
    [
        ("/app/posts/5", 5, None),
        ("/app/projects/7", None, 7),
        ("/app/projects/7#p5", 5, 7),
        ("/posts/5", None, None),
        ("/app/posts/x", None, None),
    ],
)
def test_a_page_of_ours_is_known_by_its_address(path: str, post_id: int | None, project_id: int | None):
    assert place_of(HOME.base + path, HOME) == Place(HOME.base + path, post_id, project_id)
    assert place_of(f"https://elsewhere.example{path}", HOME) == Place(f"https://elsewhere.example{path}")
