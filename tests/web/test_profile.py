"""What people say of themselves through their apps: kept, shown, bounded, and seen by colleagues alone."""

from typing import Any

import pytest

from tests.nodes import Company, agree
from tests.web.client import Answer, App, apps_of

Tied = tuple[Company, Company, Company]
PLACE = "/api/v1/accounts/update_credentials"


async def told(app: App, **body: Any) -> Answer:
    return await app.call("PATCH", PLACE, json=body)


async def told_by_form(app: App, *pairs: tuple[str, str]) -> Answer:
    return await app.call("PATCH", PLACE, data=list(pairs))


def own_fields(account: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in account["fields"] if one["name"] != "Company"]


async def test_lines_of_a_profile_are_taken_as_an_array(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        sent = [
            {"name": "Desk", "value": "B 214"},
            {"name": "", "value": ""},
            {"name": "Wiki", "value": "https://wiki.example/alice?a=1&b=2"},
        ]
        shown = (await told(alice, fields_attributes=sent)).content
        link = '<a href="https://wiki.example/alice?a=1&amp;b=2" rel="nofollow noopener noreferrer">https://wiki.example/alice?a=1&amp;b=2</a>'
        assert own_fields(shown) == [("Desk", "B 214"), ("Wiki", link)]
        assert shown["source"]["fields"] == [
            {"name": "Desk", "value": "B 214", "verified_at": None},
            {"name": "Wiki", "value": "https://wiki.example/alice?a=1&b=2", "verified_at": None},
        ]


@pytest.mark.parametrize(
    "pairs",
    [
        (
            ("fields_attributes[10][name]", "b"),
            ("fields_attributes[10][value]", "2"),
            ("fields_attributes[9][name]", "a"),
            ("fields_attributes[9][value]", "1"),
        ),
        (
            ("fields_attributes[][name]", "a"),
            ("fields_attributes[][value]", "1"),
            ("fields_attributes[][name]", "b"),
            ("fields_attributes[][value]", "2"),
        ),
    ],
    ids=["numbered", "one after another"],
)
async def test_lines_of_a_profile_are_taken_from_a_form(acme: Company, pairs: tuple[tuple[str, str], ...]):
    async with apps_of(acme, "alice") as (alice,):
        shown = (await told_by_form(alice, *pairs)).content
        assert own_fields(shown) == [("a", "1"), ("b", "2")]


async def test_lines_are_taken_as_an_object_of_numbers_in_json(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        rows = {"1": {"name": "b", "value": "2"}, "0": {"name": "a", "value": "1"}}
        assert own_fields((await told(alice, fields_attributes=rows)).content) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fields_attributes": [{"name": "n", "value": "v"}] * 5}, "fields"),
        ({"fields_attributes": [{"name": "", "value": "v"}]}, "fields"),
        ({"fields_attributes": [{"name": "n", "value": "v" * 256}]}, "fields"),
        ({"display_name": "x" * 101}, "display_name"),
        ({"note": "x" * 501}, "summary"),
        ({"source": {"privacy": "everybody"}}, "privacy"),
        ({"source": {"quote_policy": "some"}}, "quote_policy"),
        ({"source": {"language": "1"}}, "language"),
        ({"attribution_domains": ["not a host"]}, "attribution_domains"),
    ],
)
async def test_what_breaks_a_limit_is_refused_and_nothing_is_changed(
    acme: Company, body: dict[str, Any], field: str
):
    async with apps_of(acme, "alice") as (alice,):
        before = await alice.get("/api/v1/accounts/verify_credentials")
        answer = await told(alice, bot=True, **body)
        assert (answer.status, answer.content["field"]) == (422, field)
        assert await alice.get("/api/v1/accounts/verify_credentials") == before


async def test_a_line_that_is_no_object_is_refused(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await told(alice, fields_attributes=["x"])
        assert answer.content["error"] == "Validation failed: fields_attributes must be a list of objects"


@pytest.mark.parametrize("name", ["locked", "bot", "discoverable", "indexable", "hide_collections"])
async def test_a_setting_is_turned_on_and_off_and_stays_when_it_is_not_sent(acme: Company, name: str):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        for value in (True, False):
            assert (await told(alice, **{name: value})).content[name] is value
            await told(alice, note="Lead")
            seen = await amine.get("/api/v1/accounts/lookup", acct="alice")
            assert seen[name] is value


async def test_what_an_app_is_told_to_write_like_is_what_a_post_without_it_is(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        usual = {"privacy": "private", "sensitive": True, "language": "fr", "quote_policy": "followers"}
        source = (await told(alice, source=usual)).content["source"]
        assert source | usual == source
        assert await alice.get("/api/v1/preferences") == {
            "posting:default:visibility": "private",
            "posting:default:sensitive": True,
            "posting:default:language": "fr",
            "posting:default:quote_policy": "followers",
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
            "reading:autoplay:gifs": False,
        }
        made = await alice.post("/api/v1/statuses", status="as usual")
        assert (made["visibility"], made["sensitive"], made["language"]) == ("private", True, "fr")
        other = await alice.post(
            "/api/v1/statuses", status="not so", visibility="unlisted", sensitive=False, language="de"
        )
        assert (other["visibility"], other["sensitive"], other["language"]) == ("unlisted", False, "de")


async def test_whoever_hides_whom_they_follow_shows_it_to_nobody_else(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        place = f"/api/v1/accounts/{acme.people['alice'].id}"
        await amine.post(f"{place}/follow")
        await alice.post(f"/api/v1/accounts/{acme.people['amine'].id}/follow")
        for hidden, seen in ((True, []), (False, ["amine"])):
            await told(alice, hide_collections=hidden)
            for which in ("followers", "following"):
                assert [one["acct"] for one in await amine.get(f"{place}/{which}")] == seen
                assert [one["acct"] for one in await alice.get(f"{place}/{which}")] == ["amine"]


async def test_the_words_of_a_profile_are_shown_as_words_and_never_as_markup(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        words = "<script>alert(1)</script> & more"
        shown = (
            await told(alice, note=words, fields_attributes=[{"name": "n", "value": "<b>x</b>"}])
        ).content
        assert shown["note"] == "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</p>"
        assert shown["source"]["note"] == words
        assert own_fields(shown) == [("n", "&lt;b&gt;x&lt;/b&gt;")]


async def test_a_profile_is_read_and_changed_in_the_words_typed(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call(
            "PATCH",
            "/api/v1/profile",
            json={
                "display_name": "Alice M.",
                "note": "Line 3 & 4",
                "show_media": False,
                "attribution_domains": ["Blog.Example.com"],
                "fields_attributes": [{"name": "Desk", "value": "B 214"}],
            },
        )
        assert answer.status == 200
        assert answer.content == await alice.get("/api/v1/profile")
        assert answer.content == {
            "id": str(acme.people["alice"].id),
            "display_name": "Alice M.",
            "note": "Line 3 & 4",
            "fields": [{"name": "Desk", "value": "B 214", "verified_at": None}],
            "avatar": None,
            "avatar_static": None,
            "avatar_description": "",
            "header": None,
            "header_static": None,
            "header_description": "",
            "locked": False,
            "bot": False,
            "hide_collections": False,
            "discoverable": False,
            "indexable": False,
            "show_media": False,
            "show_media_replies": True,
            "show_featured": True,
            "attribution_domains": ["blog.example.com"],
            "featured_tags": [],
        }


async def test_the_hashtags_on_a_profile_are_read_with_it(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post("/api/v1/featured_tags", name="rope")
        (tag,) = (await alice.get("/api/v1/profile"))["featured_tags"]
        assert (tag["id"], tag["name"]) == (made["id"], "rope")


async def test_partners_learn_a_new_name_and_none_of_what_is_for_colleagues(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        secret = [{"name": "Desk", "value": "B 214"}]
        await told(alice, display_name="Alice M.", note="Secretly climbing", fields_attributes=secret)
        await agree(acme, globex)
        seen = await bob.get("/api/v1/accounts/lookup", acct=f"alice@{acme.host}")
        assert seen["display_name"] == "Alice M."
        row = await globex.person(acme.people["alice"].iri)
        assert row is not None
        assert "B 214" not in str(row)
        assert "climbing" not in str(row)


async def test_the_profile_of_the_caller_needs_a_token_that_may_read_it(acme: Company):
    async with apps_of(acme, "") as (nobody,):
        for method in ("GET", "PATCH"):
            assert (await nobody.call(method, "/api/v1/profile")).status == 401
