"""Canonical JSON (RFC 8785): the fast path gives the bytes of the library, and the published vectors hold."""

import json
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.jcs import canonical
from tests.federation.vectors import VECTORS

SAFE = 2**53 - 1


def json_with(floats: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | st.integers(-SAFE, SAFE) | floats | st.text(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
        max_leaves=25,
    )


@given(json_with(st.floats(allow_nan=False, allow_infinity=False)))
def test_the_fast_canonical_form_is_the_librarys(value: Any):
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError):
        with pytest.raises(Malformed):
            canonical(value)
    else:
        assert canonical(value) == expected


class Name(StrEnum):
    A = "a"


@pytest.mark.parametrize("value", [{Name.A: 1}, {"a": Name.A}, {"b": {Name.A: "é"}}])
def test_a_text_of_a_class_of_its_own_is_a_text(value: Any):
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {1: 2}, {"\ud800": 1}, b"x"]
)
def test_what_canonical_json_cannot_say_is_refused(value: Any):
    with pytest.raises(Malformed, match="not_canonical"):
        canonical({"a": value})


def test_the_published_canonical_forms_hold():
    cases = [
        (p.read_text(), (VECTORS / "jcs" / "output" / p.name).read_bytes())
        for p in sorted((VECTORS / "jcs" / "input").glob("*.json"))
    ]
    assert [canonical(json.loads(given_text)) for given_text, _ in cases] == [
        expected.rstrip(b"\n") for _, expected in cases
    ]


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ('{"b": 1e2, "a": "\\u20ac", "\\u00e4": []}', '{"a":"€","b":100,"ä":[]}'),
        ('{"10": 0, "9": 1, "A": 2, "a": 3, "": 4}', '{"":4,"10":0,"9":1,"A":2,"a":3}'),
        ('{"\\ufb33": 1, "\\ud83d\\ude00": 2}', '{"😀":2,"\ufb33":1}'),  # by UTF-16 units, not by code points
        (
            '{"a": [-0, -0.0, 1.0, 0.000001, 1e-7, 1e21, 1e20]}',
            '{"a":[0,0,1,0.000001,1e-7,1e+21,100000000000000000000]}',
        ),
        ('{"a": "\\u000f\\n\\"\\\\/\\u007f\\u2028"}', '{"a":"\\u000f\\n\\"\\\\/\x7f\u2028"}'),
        ('{"a": [{"c": null, "b": true}, [[]], {}]}', '{"a":[{"b":true,"c":null},[[]],{}]}'),
    ],
)
def test_canonical_forms_of_our_own_hold(given_text: str, expected: str):
    assert canonical(json.loads(given_text)).decode() == expected


@given(json_with(st.floats(-SAFE, SAFE)))
def test_the_canonical_form_of_a_canonical_form_is_itself(value: Any):
    assert canonical(json.loads(canonical(value))) == canonical(value)
