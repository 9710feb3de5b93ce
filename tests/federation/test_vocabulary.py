"""The names of the wire."""

from typing import Any

import pytest

from federation.vocabulary import (
    ACTIVITY_JSON,
    CONTEXT,
    CORDEE,
    LD_JSON,
    POST_CONTEXT,
    PUBLIC,
    fitting,
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


NOTE: dict[str, Any] = {
    "type": "Note",
    "content": "<p>x</p>",
    "sensitive": False,
    "tag": [{"type": "Emoji", "name": ":rope:", "icon": {"type": "Image", "blurhash": "x"}}],
    "interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}},
}
CREATE = {"@context": POST_CONTEXT, "type": "Create", "object": NOTE}


def terms_of(document: dict[str, Any], *, is_entry: bool = False) -> set[str]:
    return set(fitting(document, is_entry=is_entry)["@context"][-1])


def test_what_is_sent_says_the_terms_that_it_uses_with_their_prefixes():
    quoting = {"interactionPolicy", "canQuote", "automaticApproval", "gts"}
    assert terms_of(CREATE) == {"sensitive", "Emoji", "blurhash", *quoting}


def test_an_entry_of_a_log_says_those_of_its_place_and_of_what_is_left_when_it_is_redacted():
    more = terms_of(CREATE, is_entry=True) - terms_of(CREATE)
    assert more == {"cordee", "log", "project", "party", "seq", "prev", "entryHash", "redacted"}


@pytest.mark.parametrize("term", POST_CONTEXT[-1])
def test_every_term_is_said_where_it_is_a_key_or_a_type_however_deep(term: str):
    meant = POST_CONTEXT[-1][term]
    for used in ({"object": {term: 1}}, {"tag": [[{"type": term}]]}, {"type": ["Note", term]}, {term: None}):
        assert fitting({"@context": POST_CONTEXT, **used}, is_entry=False)["@context"][-1][term] == meant


def test_nothing_but_the_context_changes_and_the_whole_one_stays_whole():
    said = fitting(CREATE, is_entry=True)
    assert {**said, "@context": POST_CONTEXT} == CREATE
    assert {"entryHash", "votersCount"} <= POST_CONTEXT[-1].keys()


def test_another_context_is_left_as_it_is():
    for context in (CONTEXT, "https://www.w3.org/ns/activitystreams", [*POST_CONTEXT]):
        said = {"@context": context, "type": "Offer"}
        assert fitting(said, is_entry=True) is said


def test_who_reads_json_ld_finds_the_keys_of_our_proofs():
    assert CONTEXT[-1]["assertionMethod"]["@id"] == "https://w3id.org/security#assertionMethod"


def test_the_types_that_we_send_are_the_types_that_we_know():
    assert is_activity_media_type(ACTIVITY_JSON)
    assert is_activity_media_type(LD_JSON)
