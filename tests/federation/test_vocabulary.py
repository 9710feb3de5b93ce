"""The names of the wire."""

import pytest

from federation.vocabulary import (
    ACTIVITY_JSON,
    CONTEXT,
    CORDEE,
    LD_JSON,
    POST_CONTEXT,
    is_activity_media_type,
)


@pytest.mark.parametrize(
    ("content_type", "known"),
    [
        ("application/activity+json", True),
        ("application/activity+json; charset=utf-8", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ('application/ld+json; profile="https://other.example https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", False),
        ("application/json", False),
        ("text/html", False),
        ("", False),
        ("APPLICATION/Activity+JSON", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams#x"', False),
    ],
)
def test_activity_media_types_are_told_from_others(content_type: str, known: bool):
    assert is_activity_media_type(content_type) is known


def test_a_post_says_no_term_that_the_full_context_does_not_say_too():
    assert POST_CONTEXT[-1].items() <= CONTEXT[-1].items()


def test_every_term_of_ours_lies_in_a_vocabulary_that_the_context_names():
    prefixes = {*CONTEXT[-1], "as", "https", "http"}
    terms = [term["@id"] if isinstance(term, dict) else term for term in CONTEXT[-1].values()]
    assert {term.partition(":")[0] for term in terms} <= prefixes
    assert CONTEXT[-1]["cordee"] == CORDEE


def test_who_reads_json_ld_finds_the_keys_of_our_proofs():
    assert CONTEXT[-1]["assertionMethod"]["@id"] == "https://w3id.org/security#assertionMethod"


def test_the_types_that_we_send_are_the_types_that_we_know():
    assert is_activity_media_type(ACTIVITY_JSON)
    assert is_activity_media_type(LD_JSON)
