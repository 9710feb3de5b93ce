"""Audiences are read in every shape and written in one; the blind fields never go out."""

import pytest

from federation.audience import Audience, without_blind
from federation.vocabulary import PUBLIC
from tests.federation.activities import ALICE, BOB


@pytest.mark.parametrize("spelling", [PUBLIC, "as:Public", "Public"])
def test_public_is_known_in_its_three_spellings(spelling: str):
    assert Audience.of({"cc": spelling}).is_public


def test_an_audience_is_read_from_every_field_and_written_to_two():
    audience = Audience.of(
        {"to": ALICE, "cc": [BOB], "bcc": "https://a/x", "audience": {"id": "https://a/y"}}
    )
    assert audience.render() == {"to": [ALICE], "cc": [BOB, "https://a/x", "https://a/y"]}


def test_blind_fields_are_taken_out_at_every_depth():
    sent = without_blind({"bto": ALICE, "object": {"bcc": BOB, "to": BOB}, "to": ALICE})
    assert sent == {"to": ALICE, "object": {"to": BOB}}
    assert without_blind({"object": [{"object": {"bto": ALICE, "to": BOB}}]}) == {
        "object": [{"object": {"to": BOB}}]
    }


def test_taking_the_blind_fields_out_leaves_the_document_as_it_was():
    document = {"bto": ALICE, "object": {"bcc": BOB}}
    without_blind(document)
    assert document == {"bto": ALICE, "object": {"bcc": BOB}}


def test_who_is_named_twice_is_named_once_and_to_goes_before_cc():
    assert Audience.of({"to": ALICE, "cc": [ALICE, BOB, BOB]}).render() == {"to": [ALICE], "cc": [BOB]}


def test_a_document_that_names_nobody_is_for_nobody():
    audience = Audience.of({"to": [], "cc": [{}, 3, None]})
    assert audience.all == frozenset()
    assert not audience.is_public


def test_all_are_those_of_both_fields():
    assert Audience.of({"to": ALICE, "cc": BOB}).all == {ALICE, BOB}
