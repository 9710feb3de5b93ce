"""Hashtags in the HTML of posts become links to our pages, and nothing else changes."""

import pytest

from instance.home import Home
from web.mastodon.tag_entities import with_tag_links

HOME = Home("https://acme.example", "Acme")
LINK = '<a href="https://acme.example/app/tags/plan" class="mention hashtag" rel="tag">#<span>Plan</span></a>'


@pytest.mark.parametrize(
    "theirs",
    [
        '<span class="hashtag">#Plan</span>',
        '<a href="https://m.example/tags/plan" class="mention hashtag" rel="nofollow">#<span>Plan</span></a>',
        '<a class="hashtag" href="https://m.example/t/plan">#Plan</a>',
    ],
)
def test_a_hashtag_leads_to_our_page_whoever_wrote_it(theirs: str):
    assert with_tag_links(f"<p>a {theirs} b</p>", HOME) == f"<p>a {LINK} b</p>"


@pytest.mark.parametrize(
    "content",
    [
        "<p>plain</p>",
        '<a href="https://x.example" rel="nofollow">#Plan</a>',
        '<a href="https://x.example"><span class="hashtag">#Plan</span></a>',
        '<a href="https://x.example" class="hashtag">Plan</a>',
        '<span class="hashtag">#42</span>',
        '<span class="hashtag">#<b>Plan</b></span>',
        '<a href="https://m.example/hashtag" class="mention">@<span>hashtag</span></a>',
    ],
)
def test_what_is_no_hashtag_stays_as_it_is(content: str):
    assert with_tag_links(content, HOME) == content
