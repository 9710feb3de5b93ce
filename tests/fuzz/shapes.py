"""Documents that nobody would write: real shapes in which a few places hold what does not belong there."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

from federation.document import Document
from tests.scenarios.shapes import SHAPES

_AT_THE_EDGE = [
    *(None, True, False, 0, -1, 2**53, 2**63 - 1, -(2**63), 1e308, -0.0, 0.1),
    *("", " ", "\x00", "\u202e", "\ufeff", "é" * 300, "𝔘" * 300, "a" * 70_000, "<p>" * 3_000, "&#0;", "]]>"),
    *(
        "http://",
        "https://[::1",
        "https://a\\b/",
        "https://social.example:99999/",
        "//x",
        "as:Public",
        "https://ß.example/x",
    ),
    *(
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2026-02-30T00:00:00Z",
        "-1",
        "P99999999Y",
        "24:00",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        [{}],
        {"id": 1},
        {"type": []},
        {"type": [None, "Note"]},
        {"@id": "x"},
        ["a", {"b": ["c"]}],
    ),
]
_LEAVES = (
    st.sampled_from(_AT_THE_EDGE)
    | st.text(max_size=20)
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything inside a value; what a context defines is left alone, nobody here reads it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inside = [(key, () if key == "@context" else inner) for key, inner in items]
    return [found for key, inner in inside for found in ((*path, key), *places(inner, (*path, key)))]


@st.composite
def broken(draw: st.DrawFn, shapes: list[Document] = SHAPES) -> Document:
    """A shape with one to three places in which something else stands, nothing, or what stood there in a list."""
    document = copy.deepcopy(draw(st.sampled_from(shapes)))
    for _ in range(draw(st.integers(1, 3))):
        found = places(document)
        if not found:
            break
        *above, last = draw(st.sampled_from(found))
        holder: Any = document
        for key in above:
            holder = holder[key]
        change = draw(st.sampled_from(("other", "other", "other", "none", "list", "more")))
        if change == "none":
            del holder[last]
        elif change == "list":
            holder[last] = [copy.deepcopy(holder[last]) for _ in range(draw(st.integers(1, 3)))]
        elif change == "more" and isinstance(holder, dict):
            holder[draw(st.sampled_from(_WORDS))] = copy.deepcopy(draw(VALUES))
        else:
            holder[last] = copy.deepcopy(draw(VALUES))
    return document


_WORDS = sorted(
    {str(place[-1]) for shape in SHAPES for place in places(shape)}
    | {
        "log",
        "proof",
        "signature",
        "result",
        "head",
        "replies",
        "context",
        "quote",
        "name",
        "votersCount",
        "memberRole",
    }
)


def body_of(document: Document) -> bytes:
    """The bytes, with lone surrogates and all."""
    return json.dumps(document).encode()
