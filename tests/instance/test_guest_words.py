"""What guests read of a post's words: names for handles, a sign for addresses, and all else as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance import names
from instance.domain import guest_words, text
from tests.builders import ACME, GLOBEX

HOSTS = {ACME, GLOBEX}
BOB, IRI = f"@bob@{GLOBEX}", f"https://{GLOBEX}/people/bob"
PEOPLE = {BOB: "Bob", IRI: "Bob"}
CARD = f'<span class="h-card" translate="no"><a href="{IRI}" class="u-url mention" rel="nofollow noopener noreferrer">@<span>bob</span></a></span>'
AWAY = '<a href="https://elsewhere.example/x" rel="nofollow noopener noreferrer">there</a>'


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<p>up &amp; <em>down</em></p>", "<p>up &amp; <em>down</em></p>"),
        (f"<p>{CARD}!</p>", '<p><span class="h-card" translate="no">Bob</span>!</p>'),
        (f"<p>see {AWAY}</p>", f"<p>see {AWAY}</p>"),
        (f'<p><a href="https://{GLOBEX}/tags/plan">#plan</a></p>', "<p>#plan</p>"),
        (f'<p><a href="{IRI}/x">{IRI}/x</a></p>', "<p>[…]</p>"),
        (f"<p>{BOB}, {BOB.upper()} and @eve@{GLOBEX}</p>", "<p>Bob, Bob and […]</p>"),
        (f"<p>https://{ACME}/posts/1, {ACME}/posts/2</p>", "<p>[…] […]</p>"),
        (f"<p>we at {GLOBEX}, mail bob@{GLOBEX}.</p>", f"<p>we at {GLOBEX}, mail Bob.</p>"),
        ("<p>@ann@mastodon.example</p>", "<p>@ann@mastodon.example</p>"),
        ("<p>1 &lt; 2 &amp;amp; 3</p>", "<p>1 &lt; 2 &amp;amp; 3</p>"),
        ("", ""),
    ],
)
def test_words_for_guests(content: str, shown: str):
    assert guest_words.for_guests(content, people=PEOPLE, hosts=HOSTS) == shown


def test_a_name_that_is_markup_stays_a_name():
    shown = guest_words.for_guests(f"<p>{BOB}</p>", people={BOB: "<b>Bob</b>"}, hosts=HOSTS)
    assert shown == "<p>&lt;b&gt;Bob&lt;/b&gt;</p>"
    assert guest_words.signed("<p>hi</p>", name="<b>", company="A&B") == "<p>&lt;b&gt;, A&amp;B: hi</p>"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<p>hi</p>", "<p>Bob, Globex: hi</p>"),
        ("<blockquote>hi</blockquote>", "<p>Bob, Globex: </p><blockquote>hi</blockquote>"),
        ("", "<p>Bob, Globex:</p>"),
    ],
)
def test_who_said_it_stands_in_front(content: str, shown: str):
    assert guest_words.signed(content, name="Bob", company="Globex") == shown


PIECES = st.sampled_from(
    [
        "ask ",
        BOB,
        f"@Carol@{ACME}",
        IRI,
        f"https://{ACME}/posts/7",
        f"{GLOBEX}/posts/8",
        "`",
        "*",
        "[x](",
        ")",
        "\n",
        " ",
        "é",
    ]
)


@given(st.lists(PIECES, max_size=12))
def test_of_what_people_write_plainly_no_name_is_left(pieces: list[str]):
    html = text.to_html("".join(pieces), {})
    shown = guest_words.for_guests(html, people=PEOPLE, hosts=HOSTS)
    found = names.names_in(shown, own_host=ACME)
    assert {name for name in found if name.rpartition("@")[2].partition("/")[0] in HOSTS} == set()
