"""Canonical JSON (RFC 8785). The rule kept here: the fast path is taken only where it provably gives the same bytes as the library.

orjson sorts keys by their UTF-8 bytes and RFC 8785 by UTF-16 units: for ASCII keys these agree. Floats are written differently, and
integers past 2^53 are refused by the library; such documents take the slow path.
"""

from contextlib import suppress
from typing import Any

import orjson
import rfc8785

from federation.errors import Malformed

_SAFE_INTEGER = 2**53


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value. Raises Malformed("not_canonical") for what RFC 8785 cannot express."""
    if _is_plain(value):
        with suppress(
            orjson.JSONEncodeError
        ):  # a lone surrogate, or a key of a class of its own: the library decides
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise Malformed("not_canonical", str(error)) from error


def _is_plain(value: Any) -> bool:
    stack = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is dict:
            if not _has_ascii_keys(item):
                return False
            stack += [one for one in item.values() if type(one) is not str]
        elif kind is list:
            stack += [one for one in item if type(one) is not str]
        elif kind is int:
            if not -_SAFE_INTEGER < item < _SAFE_INTEGER:
                return False
        elif kind is not str and kind is not bool and item is not None:
            return False
    return True


def _has_ascii_keys(item: dict[Any, Any]) -> bool:
    try:
        return "".join(item).isascii()  # one pass in C: this runs for every document, three times
    except TypeError:
        return False
