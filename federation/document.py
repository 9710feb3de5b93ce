"""Untrusted JSON: read within limits, and asked for its parts without trusting their shape.

The rule kept here: whatever comes in, the answer is a value or a Malformed; nothing else is raised. Of a key that is written
twice in one object the last counts, as in ECMAScript; a proof covers what was read so.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from federation.compact import short
from federation.errors import Malformed

Document = dict[str, Any]
LIMIT_BYTES = 1024 * 1024
MAX_DEPTH = 32
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse(body: bytes, *, limit_bytes: int = LIMIT_BYTES, max_depth: int = MAX_DEPTH) -> Document:
    """The JSON object in `body`. Raises Malformed: document_too_large, document_too_deep, not_json, not_an_object."""
    if len(body) > limit_bytes:
        raise Malformed(
            "document_too_large", f"{len(body)} bytes", safe=f"A document may have {limit_bytes} bytes."
        )
    _check_depth(body, max_depth)
    try:
        value = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise Malformed("not_json", str(error), safe="The body is not JSON.") from error
    if not isinstance(value, dict):
        raise Malformed("not_an_object", type(value).__name__, safe="The body is JSON, but not an object.")
    return value


def _check_depth(body: bytes, max_depth: int) -> None:
    if body.count(b"{") + body.count(b"[") <= max_depth:
        return
    # A few passes at the speed of memory, linear in whatever a stranger sends: this runs before any signature is checked.
    outside_strings = body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    depth = 0
    for bracket in b"".join(outside_strings).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > max_depth:
            raise Malformed("document_too_deep", safe=f"A document may be nested {max_depth} deep.")


def one_or_many(value: Any) -> list[Any]:
    """A property as a list: absent is empty, one is a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def id_of(value: Any) -> str | None:
    """The id of a thing given as its id, as an object, or as a list of one of these."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("id", value.get("@id"))
    return value if isinstance(value, str) and value else None


def ids_of(value: Any) -> list[str]:
    """The ids in a property, in order, whatever its shape."""
    return [iri for item in one_or_many(value) if (iri := id_of(item))]


def types_of(thing: Any) -> tuple[str, ...]:
    """The types of an object as short names ("Note"), whether written short, with `as:` or as full IRIs."""
    if not isinstance(thing, dict):
        return ()
    names = one_or_many(thing.get("type", thing.get("@type")))
    return tuple(short(name) for name in names if isinstance(name, str))


def first_type(thing: Any) -> str:
    """The first type of an object, or nothing."""
    return next(iter(types_of(thing)), "")


def text_of(value: Any) -> str:
    """A text property: the string itself, or the first string of a list or a language map."""
    if isinstance(value, dict):
        value = list(value.values())
    return next((item for item in one_or_many(value) if isinstance(item, str)), "")


def words_of(thing: Document, name: str, *, language: str = "") -> str:
    """A text property, or where it is not there its map of languages: in that language, else in the first one."""
    found, by_language = text_of(thing.get(name)), thing.get(f"{name}Map")
    if found or not isinstance(by_language, dict):
        return found
    said = (text_of(value) for value in (by_language.get(language), *by_language.values()))
    return next((words for words in said if words), "")


def strings(value: Any) -> Iterator[str]:
    """Every string in a document, the keys of its objects included."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
            yield from _texts(item.values(), stack)
        elif isinstance(item, list | tuple):
            yield from _texts(item, stack)


def _texts(values: Iterable[Any], rest: list[Any]) -> list[str]:
    """The strings among these values, most of all; what may hold more goes to the rest."""
    found = []
    for value in values:
        if type(value) is str:
            found.append(value)
        elif value is not None:
            rest.append(value)
    return found
