"""Answers in JSON. The rule kept here: what is bytes already is joined, never parsed and written again."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from aiohttp.web import Response

_JSON = {"Content-Type": "application/json; charset=utf-8"}


def reply(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer from any content that JSON can hold; rendered parts go in as `fragment`."""
    return _answer(orjson.dumps(content), status, headers)


def reply_nothing() -> Response:
    """An answer without content."""
    return Response(status=204)


def reply_bytes(body: bytes, *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is JSON already."""
    return _answer(body, 200, headers)


def reply_list(parts: Iterable[bytes], *, headers: Mapping[str, str] | None = None) -> Response:
    """An array of parts that are JSON already."""
    return _answer(array(parts), 200, headers)


def array(parts: Iterable[bytes]) -> bytes:
    """A JSON array of parts that are JSON already."""
    return b"[" + b",".join(parts) + b"]"


def fragment(part: bytes) -> orjson.Fragment:
    """A part that is JSON already, inside other content."""
    return orjson.Fragment(part)


def _answer(body: bytes, status: int, headers: Mapping[str, str] | None) -> Response:
    return Response(body=body, status=status, headers={**_JSON, **headers} if headers else _JSON)
