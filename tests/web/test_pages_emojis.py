"""Emojis on pages: pictures where they are read, and words everywhere else."""

import re

import pytest

from tests.nodes import Company
from tests.web.client import App, Browser, apps_of
from tests.web.test_emojis import drawn
from tests.web.test_media import fetched
from web.pages.emoji_view import with_emojis

URLS = {"crane": "/app/media/1/original?key=a&b"}
IMAGE = '<img class="emoji" src="/app/media/1/original?key=a&amp;b" alt=":crane:" title=":crane:">'


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<p>up :crane:</p>", f"<p>up {IMAGE}</p>"),
        ("<p>:crane: :none:</p>", f"<p>{IMAGE} :none:</p>"),
        ("<p><b>:crane:</b></p>", f"<p><b>{IMAGE}</b></p>"),
        ("<p><code>:crane:</code> :crane:</p>", f"<p><code>:crane:</code> {IMAGE}</p>"),
        ("<pre><code>:crane:</code> :crane:</pre>", "<pre><code>:crane:</code> :crane:</pre>"),
        ('<a href="https://x.example/?:crane:">x</a>', '<a href="https://x.example/?:crane:">x</a>'),
        (
            '<a href="https://x.example/>:crane:onclick=1">x</a>',
            '<a href="https://x.example/>:crane:onclick=1">x</a>',
        ),
        ("no colon", "no colon"),
    ],
)
def test_a_name_is_a_picture_in_what_is_read_alone(content: str, shown: str):
    assert with_emojis(content, URLS) == shown


async def test_a_page_shows_the_emojis_of_a_post(acme: Company):
    await drawn(acme, "crane")
    async with apps_of(acme, "alice") as (alice,):
        post = await alice.post("/api/v1/statuses", status="up :crane: and :none:")
        browser = Browser(App(acme, alice.session))
        await browser.sign_in("alice")
        page = (await browser.get(f"/app/posts/{post['id']}")).content
        found = re.search(r'up <img class="emoji" src="([^"]+)" alt=":crane:"[^>]*> and :none:', page)
        assert found is not None
        assert (await fetched(alice, found[1].replace("&amp;", "&")))[0] == 200
