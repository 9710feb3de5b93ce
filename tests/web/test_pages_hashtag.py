"""The page of a hashtag shows the posts that have it, as far as the reader may read them."""

import re

from tests.nodes import Company
from tests.web.pages import reader

Tied = tuple[Company, Company, Company]


async def test_a_hashtag_in_a_post_leads_to_a_page_with_the_others(acme: Company):
    async with reader(acme, "alice") as alice, reader(acme, "zoe") as zoe:
        for text in ("Cake #Goûter", "Tea #gouter", "Work"):
            await alice.send("/app/company/posts", text=text)
        link = re.search(r'<a class="hashtag" href="([^"]+)">#Goûter</a>', await zoe.read("/app/company"))
        assert link is not None
        page = await zoe.read(link[1])
        assert "Cake" in page
        assert "Tea" in page
        assert "Work" not in page


async def test_a_hashtag_shows_a_project_only_to_those_in_it(tied: Tied):
    acme, _, _ = tied
    await acme.post("alice", "Secret #frame")
    async with reader(acme, "alice") as alice, reader(acme, "zoe") as zoe:
        assert "Secret" in await alice.read("/app/tags/frame")
        page = await zoe.read("/app/tags/frame")
        assert "Secret" not in page
        assert "No post that you may read has this hashtag." in page


async def test_what_cannot_be_a_hashtag_has_no_page(acme: Company):
    async with reader(acme, "alice") as alice:
        assert (await alice.get("/app/tags/42")).status == 404
