"""Words cut to what they have in common."""

import pytest

from instance.stems import stemmed, terms, ways


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("L'Étude du châssis, v2.1", ["l", "etude", "du", "chassis", "v2", "1"]),
        ("frame_1", ["frame", "1"]),
        ("日本go", ["日", "本", "go"]),
        ("%$ --", []),
    ],
)
def test_a_text_is_taken_apart_into_folded_words(words: str, found: list[str]):
    assert terms(words) == found


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("fr", "études", "étude"),
        ("fr", "décisions", "décision"),
        ("fr-CA", "châteaux", "chateau"),
        ("en", "reports", "reporting"),
        (None, "decisions", "decision"),
    ],
)
def test_forms_of_a_word_have_one_stem(language: str | None, one: str, other: str):
    assert stemmed(terms(one), language) == stemmed(terms(other), language)


def test_different_words_have_different_stems():
    assert stemmed(["frame"], "en") != stemmed(["wheel"], "en")


@pytest.mark.parametrize("language", ["fr", "en", "de", None])
def test_what_is_looked_for_is_cut_in_every_way_that_the_index_may_hold(language: str | None):
    words = terms("les moteurs running")
    assert tuple(stemmed(words, language)) in ways(words)
