"""A partner's Note of any shape: read within limits, never an error, and clean whatever came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import note, text

NOW_MS = 1_790_000_000_000
KEYS = [
    "id",
    "type",
    "content",
    "contentMap",
    "summary",
    "tag",
    "attachment",
    "url",
    "href",
    "mediaType",
    "size",
    "digestMultibase",
    "focalPoint",
    "work",
    "kind",
    "published",
    "updated",
    "inReplyTo",
    "attributedTo",
    "name",
    "sensitive",
    "oneOf",
    "anyOf",
    "replies",
    "totalItems",
    "votersCount",
    "endTime",
    "closed",
]
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=8))
def test_a_document_of_any_shape_is_read_as_a_clean_note(document):
    read = note.read_note(document, now_ms=NOW_MS)
    assert text.clean(read.content) == read.content
    assert note.EARLIEST_MS <= read.published_at_ms <= NOW_MS
    assert note.EARLIEST_MS <= read.updated_at_ms <= NOW_MS
    assert read.work_kind is None or read.work_kind in text.WORK_KINDS


@given(st.text())
def test_the_words_of_a_summary_hold_no_markup(summary):
    read = note.read_note({"type": "Note", "summary": f"<b>{summary}</b>"}, now_ms=NOW_MS)
    assert "<b>" not in read.spoiler
    assert len(read.spoiler) <= note.SPOILER_LIMIT_CHARS


def test_content_past_the_limit_is_cut():
    read = note.read_note({"type": "Note", "content": "x" * (note.CONTENT_LIMIT_CHARS + 1)}, now_ms=NOW_MS)
    assert len(read.content) == note.CONTENT_LIMIT_CHARS


def test_mentions_and_pictures_past_their_limits_are_left_out():
    tags = [{"type": "Mention", "href": f"https://x.example/{n}"} for n in range(note.MENTIONS_LIMIT + 5)]
    assert len(note.read_note({"type": "Note", "tag": tags}, now_ms=NOW_MS).mentions) == note.MENTIONS_LIMIT


def test_the_language_is_the_one_under_which_the_content_stands():
    document = {"type": "Note", "content": "hi", "contentMap": {"fr": "salut", "en": "hi"}}
    assert note.read_note(document, now_ms=NOW_MS).language == "en"


def test_content_that_stands_only_under_its_language_is_read():
    read = note.read_note({"type": "Note", "contentMap": {"fr": "<p>salut</p>"}}, now_ms=NOW_MS)
    assert (read.language, read.content) == ("fr", "<p>salut</p>")


def test_a_nul_in_a_partners_words_is_left_out():
    read = note.read_note({"type": "Event", "name": "a\x00b", "content": "c\x00"}, now_ms=NOW_MS)
    assert read.content == "<p>ab</p><p>c</p>"


def an_emoji(**icon):
    told = {
        "type": "Image",
        "url": "https://globex.example/media/9",
        "mediaType": "image/png",
        "size": 300,
        "digestMultibase": "f1220" + "ab" * 32,
    }
    return {"type": "Emoji", "name": ":crane:", "icon": told | icon}


def emojis_of(*tags):
    document = {"id": "https://globex.example/posts/1", "type": "Note", "content": "x", "tag": list(tags)}
    return note.read_note(document, now_ms=1).emojis


def test_an_emoji_is_read_with_its_picture():
    (read,) = emojis_of(an_emoji())
    assert (read.shortcode, read.picture.iri) == ("crane", "https://globex.example/media/9")


@pytest.mark.parametrize(
    "told",
    [
        an_emoji(url="https://elsewhere.example/media/9"),
        an_emoji(size=256 * 1024 + 1),
        an_emoji(digestMultibase="no digest"),
        an_emoji(mediaType="video/mp4"),
        an_emoji(mediaType="image/svg+xml"),
        an_emoji() | {"name": ":no emoji:"},
        an_emoji() | {"name": 7},
        an_emoji() | {"icon": "https://globex.example/media/9"},
        an_emoji() | {"type": "Mention"},
        "crane",
    ],
)
def test_an_emoji_whose_picture_the_note_does_not_vouch_for_is_left_out(told):
    assert emojis_of(told) == ()


def a_question(**more: object) -> dict[str, object]:
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
        for name, count in (("encoder", 2), ("barrier", 1))
    ]
    return {"type": "Question", "content": "<p>Which?</p>", "oneOf": options} | more


def test_a_question_is_read_with_its_answers_totals_and_end():
    read = note.read_note(a_question(endTime="2026-12-01T08:00:00Z", votersCount=3), now_ms=NOW_MS)
    assert read.poll == note.Asked(
        multiple=False,
        titles=("encoder", "barrier"),
        counts=(2, 1),
        voters_count=3,
        ends_at_ms=1_796_112_000_000,
    )
    assert read.content == "<p>Which?</p>"


def test_totals_that_are_not_told_are_unknown():
    answers = [{"type": "Note", "name": "a"}, {"type": "Note", "name": "b"}]
    read = note.read_note({"type": "Question", "anyOf": answers}, now_ms=NOW_MS)
    assert read.poll is not None
    assert (read.poll.multiple, read.poll.counts) == (True, (None, None))


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [{"name": "only"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": "a"}, {"name": ""}],
        [{"name": str(number)} for number in range(note.ANSWERS_LIMIT + 1)],
        ["a", "b"],
    ],
)
def test_a_question_without_answers_to_choose_from_is_words(answers):
    read = note.read_note(a_question(oneOf=answers), now_ms=NOW_MS)
    assert (read.poll, read.content) == (None, "<p>Which?</p>")


@pytest.mark.parametrize(
    ("said", "meant"),
    [("0001-01-01T00:00:00+23:00", note.EARLIEST_MS), ("9999-12-31T23:59:59-23:00", note.LATEST_MS)],
)
def test_the_end_of_a_question_is_a_time_that_can_be_shown(said, meant):
    read = note.read_note(a_question(endTime=said), now_ms=NOW_MS)
    assert read.poll is not None
    assert read.poll.ends_at_ms == meant
