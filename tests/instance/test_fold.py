"""Letters as people look for them."""

import pytest

from instance.fold import folded


@pytest.mark.parametrize("written", ["Été", "ÉTÉ", "ete", "E\u0301te\u0301", "ｅｔｅ"])
def test_case_accents_and_width_make_no_other_word(written: str):
    assert folded(written) == "ete"


@pytest.mark.parametrize(
    ("written", "found"), [("Œuvre", "oeuvre"), ("Straße", "strasse"), ("Łódź", "lodz"), ("Ærø", "aero")]
)
def test_joined_letters_are_taken_apart(written: str, found: str):
    assert folded(written) == found


def test_a_mark_that_makes_another_letter_stays():
    assert folded("Йод") == "йод"
