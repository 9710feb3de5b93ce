"""Untrusted JSON: whatever comes in, the answer is a value or one of our own errors."""

import json
from time import process_time_ns

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import document
from federation.errors import FederationError, Malformed

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def rule_of(body: bytes, **limits: int) -> str:
    with pytest.raises(Malformed) as caught:
        document.parse(body, **limits)
    return caught.value.rule


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_an_object_is_read():
    assert document.parse(b'{"type":"Note"}') == {"type": "Note"}


def test_of_a_key_written_twice_the_last_counts():
    assert document.parse(b'{"actor":"a","actor":"b"}') == {"actor": "b"}


def test_a_document_at_the_size_limit_is_read_and_one_byte_more_is_refused():
    body = b'{"a":"b"}'
    assert document.parse(body, limit_bytes=len(body)) == {"a": "b"}
    assert rule_of(body, limit_bytes=len(body) - 1) == "document_too_large"


def test_a_document_at_the_depth_limit_is_read_and_one_deeper_is_refused():
    assert document.parse(nested(32))
    assert rule_of(nested(33)) == "document_too_deep"


def test_brackets_inside_strings_do_not_count_as_depth():
    assert document.parse(json.dumps({"content": '[[{"' * 100}).encode())


def test_a_deep_list_behind_a_quoted_quote_is_still_refused():
    assert rule_of(b'{"a":"\\"","b":' + b"[" * 40 + b"]" * 40 + b"}") == "document_too_deep"


def cpu_ns(body: bytes) -> int:
    """The least of three readings: what else the machine does only ever adds."""

    def once() -> int:
        begun = process_time_ns()
        assert rule_of(body) == "document_too_deep"
        return process_time_ns() - begun

    return min(once() for _ in range(3))


@pytest.mark.parametrize("flood", [b'\\"', b'"', b"\\\\", b'\\\\"', b'"\\'])
def test_no_arrangement_of_quotes_makes_the_check_of_depth_slow(flood: bytes):
    """A stranger's body is read before its signature is checked; a check that looks back takes thousands of times as long here."""
    begin, size = b'{"a":' + b"[" * 40, 32_000
    plain = cpu_ns(begin + b'"' + b"x" * size)
    assert cpu_ns(begin + b'"' + flood * (size // len(flood))) < 100 * plain


@given(ANY_JSON, st.integers(1, 6))
def test_depth_is_counted_as_brackets_outside_strings(value: object, limit: int):
    body = json.dumps({"a": value}).encode()
    try:
        document.parse(body, max_depth=limit)
        found = "read"
    except Malformed as error:
        found = error.rule
    assert (found == "document_too_deep") is (depth_of({"a": value}) > limit)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":NaN}', b"\xff\xfe", b'{"a":1}x', b"'a'"])
def test_what_is_not_json_is_refused(body: bytes):
    assert rule_of(body) == "not_json"


@pytest.mark.parametrize("body", [b"[]", b"1", b'"a"', b"null"])
def test_json_that_is_no_object_is_refused(body: bytes):
    assert rule_of(body) == "not_an_object"


@given(st.binary(max_size=400))
def test_any_bytes_give_a_document_or_our_own_error(body: bytes):
    try:
        assert isinstance(document.parse(body), dict)
    except FederationError as error:
        assert error.status == 400


@pytest.mark.parametrize(
    ("value", "iri"),
    [
        ("https://a/1", "https://a/1"),
        ({"id": "https://a/1"}, "https://a/1"),
        ([{"@id": "https://a/1"}], "https://a/1"),
        ([], None),
        (3, None),
        ("", None),
    ],
)
def test_an_id_is_found_in_every_shape(value: object, iri: str | None):
    assert document.id_of(value) == iri


@pytest.mark.parametrize(
    "name", ["Note", "as:Note", "https://www.w3.org/ns/activitystreams#Note", ["Note", "Extra"]]
)
def test_a_type_is_known_in_every_spelling(name: object):
    assert document.first_type({"type": name}) == "Note"


def test_a_language_map_gives_its_first_text():
    assert document.text_of({"fr": "bonjour", "en": "hello"}) == "bonjour"


def test_strings_lists_keys_and_values_at_every_depth():
    assert set(document.strings({"a": ["b", {"c": "d"}], "e": 1})) == {"a", "b", "c", "d", "e"}


@given(ANY_JSON)
def test_every_string_of_any_document_is_listed(value: object):
    listed = set(document.strings(value))
    assert all(json.dumps(text) in json.dumps(value) for text in listed)
