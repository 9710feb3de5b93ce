"""Text: what people write becomes HTML that names nothing of ours, what partners send becomes HTML that is safe to show."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import text
from instance.domain.text import Anchor, Handle

ALICE = Anchor("https://acme.example/people/alice", "alice")


def html(source, mentions=None):
    return text.to_html(source, mentions or {})


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("**bold**", "<p><strong>bold</strong></p>"),
        ("*italics*", "<p><em>italics</em></p>"),
        ("`code`", "<p><code>code</code></p>"),
        ("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("3. one", '<ol start="3">\n<li>one</li>\n</ol>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
    ],
)
def test_light_markdown_is_markup(source, shown):
    assert html(source) == shown


@pytest.mark.parametrize("source", ["# heading", "***", "a | b", "snake_case_name", "[a]: https", "&amp;"])
def test_other_markdown_stays_as_written(source):
    assert text.plain(html(source)) == source


def test_a_picture_of_another_site_is_never_loaded():
    assert "<img" not in html("![a](https://x.example/a.png)")


def test_html_that_a_person_writes_is_shown_and_not_obeyed():
    assert html("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>"


def test_an_address_becomes_a_link_that_tells_the_other_side_nothing():
    link = '<a href="https://x.example/a_b" rel="nofollow noopener noreferrer">https://x.example/a_b</a>'
    assert html("see https://x.example/a_b.") == f"<p>see {link}.</p>"


@pytest.mark.parametrize("source", ["x.example.com", "readme.md", "bob@x.com"])
def test_what_only_looks_like_an_address_is_no_link(source):
    assert html(source) == f"<p>{source}</p>"


@pytest.mark.parametrize(
    "scheme", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"]
)
def test_a_link_of_a_dangerous_scheme_is_no_link(scheme):
    assert "href" not in html(f"[x]({scheme})")


def test_a_known_handle_becomes_a_card_that_names_the_actor():
    card = '<span class="h-card" translate="no"><a href="https://acme.example/people/alice" class="u-url mention"'
    assert card in html("hi @alice!", {Handle("alice", ""): ALICE})


def test_an_unknown_handle_stays_words():
    assert html("hi @nobody@x.example") == "<p>hi @nobody@x.example</p>"


def test_a_hashtag_is_no_link_into_our_pages():
    assert html("#Plan") == '<p><span class="hashtag">#Plan</span></p>'


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("@alice", [("alice", "")]),
        ("@Alice@ACME.example", [("alice", "acme.example")]),
        ("@apollo@acme.localhost:7001: hi", [("apollo", "acme.localhost:7001")]),
        ("(@a.b_c-d)", [("a.b_c-d", "")]),
        ("@alice, @alice and @bob.", [("alice", ""), ("bob", "")]),
        ("**@alice**", [("alice", "")]),
        ("mail@x.example", []),
        ("`@alice`", []),
        ("```\n@alice\n```", []),
        ("https://x.example/@alice", []),
        ("[@alice](https://x.example)", []),
        (r"\@alice", []),
    ],
)
def test_handles_are_found_outside_code_and_links(source, found):
    assert list(text.handles_in(source)) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("#a #B #a", ["a", "b"]),
        ("#été_2026", ["été_2026"]),
        ("#42", []),
        ("a#b &#x41;", []),
        ("`#a`", []),
        ("https://x.example/#a", []),
        ("# heading", []),
    ],
)
def test_hashtags_are_found_outside_code_and_links(source, found):
    assert list(text.tags_in(source)) == found


def test_the_first_hashtag_that_is_a_kind_of_work_counts():
    assert text.work_kind(text.tags_in("#plan #Blocker #task")) == "blocker"


@pytest.mark.parametrize(
    ("source", "count"),
    [("abc", 3), ("https://x.example/" + "a" * 100, 23), ("@alice@acme.example", 6), ("é", 1), ("#tag", 4)],
)
def test_length_is_counted_as_mastodons_apps_count(source, count):
    assert text.length(source) == count


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('<p class="x" style="y">a</p>', "<p>a</p>"),
        ("<script>alert(1)</script>a", "a"),
        ("<style>p{}</style>a", "a"),
        ('<img src="https://x.example/t.gif">a', "a"),
        ("<!-- c -->a", "a"),
        ("<h1>a</h1>", "a"),
        ('<span class="h-card evil">a</span>', '<span class="h-card">a</span>'),
        ("<p>open", "<p>open</p>"),
    ],
)
def test_a_partners_html_keeps_only_what_may_be_shown(sent, kept):
    assert text.clean(sent) == kept


@pytest.mark.parametrize("href", ["/app/sign-out", "javascript:x", "//x.example", "?a=b"])
def test_a_partners_link_goes_nowhere_but_to_a_full_address(href):
    assert "href" not in text.clean(f'<a href="{href}">x</a>')


def test_plain_words_keep_their_lines_and_lose_their_markup():
    assert text.plain("<p>a &amp; b<br>c</p><p>d</p>") == "a & b\nc\nd"


def test_words_made_html_are_words_and_nothing_else():
    assert (
        text.from_plain("a <b>\nhttps://x.example\n\nc") == "<p>a &lt;b&gt;<br>https://x.example</p><p>c</p>"
    )


@given(st.text())
def test_whatever_is_written_is_clean_already(source):
    once = html(source)
    assert text.clean(once) == once


@given(st.text(alphabet="@#`*_[]()<>!\\\n -.:/abc"))
def test_no_text_opens_an_element_that_is_not_allowed(source):
    allowed = {"p", "br", "span", "a", "s", "pre", "blockquote", "code", "strong", "em", "ul", "ol", "li"}
    assert set(re.findall(r"</?([a-z0-9]+)", html(source))) <= allowed


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("#Santé #E\u0301tude", ["Santé", "Étude"]),
        ("#ingénieur·e·s.", ["ingénieur·e·s"]),
        ("#1·2 #a·", ["a"]),
    ],
)
def test_hashtags_are_given_as_they_are_written(source: str, found: list[str]):
    assert list(text.hashtags_in(source)) == found


@pytest.mark.parametrize(
    ("written", "meant"), [("#Été", "Été"), (" a ", "a"), ("42", None), ("a b", None), ("a" * 141, None)]
)
def test_a_hashtag_is_letters_and_digits_without_spaces(written: str, meant: str | None):
    assert text.as_tag(written) == meant
