"""Emojis under posts in apps and on pages: put, counted, taken back, by whoever may read the post."""

from urllib.parse import quote

from instance.domain import emoji_reaction
from instance.storage import emoji_reactions, emojis
from tests.nodes import Company, agree, three_nodes, until
from tests.web.client import App, Browser, apps_of
from tests.web.test_emojis import drawn

THUMB = quote("👍")


async def under(app: App, post_id: int) -> list[tuple[str, int, bool]]:
    shown = await app.get(f"/api/v1/statuses/{post_id}")
    assert shown.get("reactions") == shown.get("emoji_reactions")
    return [(one["name"], one["count"], one["me"]) for one in shown.get("emoji_reactions", [])]


async def test_an_emoji_is_put_and_taken_back_by_either_way_that_apps_know(acme: Company):
    async with apps_of(acme, "alice", "carol") as (alice, carol):
        post = await acme.post("alice", "one", project=None)
        at = f"/api/v1/statuses/{post.id}"
        assert await under(carol, post.id) == []
        assert (await carol.call("PUT", f"{at}/emoji_reactions/{THUMB}")).status == 200
        assert await under(alice, post.id) == [("👍", 1, False)]
        assert (await alice.call("POST", f"{at}/react/{THUMB}")).status == 200
        assert await under(alice, post.id) == [("👍", 2, True)]
        assert (await carol.call("DELETE", f"{at}/emoji_reactions/{THUMB}")).status == 200
        assert (await alice.call("POST", f"{at}/unreact/{THUMB}")).status == 200
        assert await under(carol, post.id) == []


async def test_what_is_no_emoji_is_refused_in_words(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        post = await acme.post("alice", "one", project=None)
        answer = await alice.call("PUT", f"/api/v1/statuses/{post.id}/emoji_reactions/words")
        assert (answer.status, "not a recognized emoji" in answer.content["error"]) == (422, True)


async def test_a_post_that_one_may_not_read_is_none(acme: Company):
    async with apps_of(acme, "alice", "carol") as (_, carol):
        post = await acme.post("alice", "mine", project=None, visibility="direct")
        answer = await carol.call("PUT", f"/api/v1/statuses/{post.id}/emoji_reactions/{THUMB}")
        assert answer.status == 404


async def test_an_emoji_of_the_company_has_its_picture(acme: Company):
    await drawn(acme, "bolt")
    async with apps_of(acme, "alice") as (alice,):
        post = await acme.post("alice", "one", project=None)
        await alice.call("PUT", f"/api/v1/statuses/{post.id}/emoji_reactions/bolt")
        (one,) = (await alice.get(f"/api/v1/statuses/{post.id}"))["emoji_reactions"]
        assert (one["name"], one["count"]) == ("bolt", 1)
        assert one["url"].startswith(acme.config.base_url)


async def test_a_page_shows_emojis_and_its_buttons_put_them(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        post, browser = await acme.post("alice", "one", project=None), Browser(alice)
        await browser.sign_in("alice")
        page = await browser.get(f"/app/posts/{post.id}")
        csrf = page.content.partition('name="csrf" value="')[2].partition('"')[0]
        put = await browser.submit(f"/app/posts/{post.id}/react", csrf=csrf, name="🎉")
        assert put.status == 303
        assert 'aria-pressed="true">🎉 1</button>' in (await browser.get(f"/app/posts/{post.id}")).content
        await browser.submit(f"/app/posts/{post.id}/unreact", csrf=csrf, name="🎉")
        assert await under(alice, post.id) == []


async def test_an_emoji_reaches_every_company_of_the_project_and_goes_again(tmp_path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        post = await acme.post("alice", "Look")
        await agree(acme, globex, initech)
        await drawn(globex, "bolt")
        at_globex = await globex.find_post(post.iri)
        assert at_globex is not None
        names = ("👍", "bolt")
        bob = globex.people["bob"]
        from_globex = [
            (lambda tx, name=name: emoji_reaction.react(tx, globex.node.gate, bob, at_globex.id, name))
            for name in names
        ]
        for verb in from_globex:
            await globex.node.perform(verb)

        async def counted(company: Company = initech) -> set[str]:
            row = await company.find_post(post.iri)
            assert row is not None
            found = await company.node.read(lambda tx: emoji_reactions.counts(tx, [row.id], 0))
            return {one.name for one in found.get(row.id, [])}

        await until(counted, {"👍", f"bolt@{globex.host}"})

        async def pictured() -> str:
            found = await initech.node.read(
                lambda tx: emojis.named(tx, ["bolt"], hosts=[globex.host], spaces=[post.space])
            )
            return found[0].state if found else ""

        await until(pictured, "ready")
        await globex.node.perform(
            lambda tx: emoji_reaction.unreact(tx, globex.node.gate, bob, at_globex.id, "bolt")
        )
        await until(counted, {"👍"})


async def test_a_page_shows_who_takes_part_in_a_milestone_and_lets_one_take_part(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        post, browser = await acme.post("alice", "Done by May #milestone", project=None), Browser(alice)
        await browser.sign_in("alice")
        path = f"/app/posts/{post.id}"
        page = await browser.get(path)
        csrf = page.content.partition('name="csrf" value="')[2].partition('"')[0]
        assert "Nobody has said yet to take part." in page.content
        assert (await browser.submit(f"{path}/join", csrf=csrf)).status == 303
        assert "Taking part:" in (await browser.get(path)).content
        assert (await browser.submit(f"{path}/leave", csrf=csrf)).status == 303
        assert "Taking part:" not in (await browser.get(path)).content
