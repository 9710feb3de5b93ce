"""The documented entities as a table, and what in an answer does not agree with it.

    faults("[Status]", answer) == []

entities.toml says how a type is written.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

TABLE = Path(__file__).parent / "entities.toml"
_ATTRIBUTE = re.compile(r"(?P<type>\S+)(?P<null> or null)?(?P<optional> optional)?, (?P<since>[\d.]+)")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: _is_text(value) and re.fullmatch(pattern, value, re.DOTALL) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


PLAIN: dict[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "string": _is_text,
    "html": _is_text,
    "id": _matches(r".+"),
    "url": _matches(r"(https?|wss?)://.+"),
    "datetime": _matches(_DATETIME.pattern),
    "date": _matches(r"\d{4}-\d\d-\d\d"),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: _is_number(value) and isinstance(value, int),
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "empty": lambda value: value == {},
}


class Attribute(NamedTuple):
    """What is documented of one attribute."""

    type: str
    nullable: bool
    optional: bool
    since: str


def attribute(written: str) -> Attribute:
    found = _ATTRIBUTE.fullmatch(written)
    assert found is not None, f"not an attribute: {written!r}"
    return Attribute(found["type"], bool(found["null"]), bool(found["optional"]), found["since"])


@cache
def entities() -> dict[str, dict[str, Attribute]]:
    """Every documented entity with its attributes."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return {name: _attributes(table, name) for name in table}


def _attributes(table: dict[str, dict[str, str]], name: str) -> dict[str, Attribute]:
    own = {key: attribute(written) for key, written in table[name].items() if key != "extends"}
    parent = table[name].get("extends")
    return (_attributes(table, parent) if parent else {}) | own


def faults(kind: str, value: Any, where: str = "") -> list[str]:
    """What does not agree with the documented type, each named by entity and attribute."""
    return list(_faults(kind, value, where or kind))


def _faults(kind: str, value: Any, where: str) -> Iterator[str]:
    if kind in PLAIN:
        if not PLAIN[kind](value):
            yield f"{where}: {value!r} is no {kind}"
    elif kind.startswith("{"):
        if value not in kind[1:-1].split("|"):
            yield f"{where}: {value!r} is none of {kind}"
    elif kind.startswith("["):
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no list"
            return
        for item in value:
            yield from _faults(kind[1:-1], item, where)
    else:
        yield from _entity_faults(kind, value)


def _entity_faults(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{name}: {value!r} is no object"
        return
    known = entities()[name]
    yield from (f"{name}.{key}: not documented" for key in value.keys() - known.keys())
    for key, expected in known.items():
        where = f"{name}.{key}"
        if key not in value:
            if not expected.optional:
                yield f"{where}: missing"
        elif value[key] is not None:
            yield from _faults(expected.type, value[key], where)
        elif not expected.nullable and expected.type != "any":
            yield f"{where}: null"
