"""What an app sends, however it sends it: query, form, multipart or JSON, read into one tree.

The rule kept here: everything is bounded before it is kept (bytes, fields, depth), and a wrong type is an error that names the field.
Names nest as in Rails: `media_ids[]` is a list, `poll[options][]` a list in a tree, `fields_attributes[0][name]` a row of a table,
`media_attributes[][id]` begins a row of one.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl

import orjson
from aiohttp import BodyPartReader, MultipartReader
from aiohttp.web import Request

from web.errors import ApiError, Invalid, NotFound

BODY_LIMIT_BYTES = 1024 * 1024
FIELDS_LIMIT = 500
DEPTH_LIMIT = 5
ID_LIMIT = 1 << 63
_TRUE = frozenset({"1", "true", "t", "on", "yes"})
_NAME = re.compile(r"[^\[\]]+|\[([^\[\]]*)\]")


class Upload(NamedTuple):
    """A file that came with a form."""

    name: str
    media_type: str
    data: bytes


class TooLarge(ApiError):
    """The body is larger than the limit."""

    status = 413
    text = "The request is too large"


class Params:
    """The parameters of one request. Every reader says what it wants and gets that, or an error that names the field."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self._tree = tree

    def __contains__(self, name: str) -> bool:
        return self._tree.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A text; numbers and truth values count as what they look like."""
        value = self._tree.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        raise Invalid(f"{name} must be a text")

    def flag(self, name: str) -> bool:
        """True or false, false when absent."""
        return self.text(name).lower() in _TRUE

    def number(self, name: str, default: int) -> int:
        """A whole number; what is none counts as absent, as in Rails."""
        if name not in self._tree:
            return default
        text = self.text(name)
        return (
            int(text) if text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 20 else default
        )

    def row_id(self, name: str) -> int | None:
        """An id, or None when absent. NotFound when it cannot be one."""
        text = self.text(name)
        return as_id(text) if text else None

    def texts(self, name: str) -> list[str]:
        """A list of texts: `name[]` repeated, a JSON array, or a single value."""
        value = self._tree.get(name)
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list):
            return [self.text(name)] if name in self else []
        return [Params({name: item}).text(name) for item in value]

    def ids(self, name: str) -> list[int]:
        """A list of ids; what cannot be one is left out."""
        return [int(text) for text in self.texts(name) if _is_id(text)]

    def inside(self, name: str) -> "Params":
        """The parameters nested below a name."""
        value = self._tree.get(name)
        return Params(value if isinstance(value, dict) else {})

    def rows(self, name: str) -> list["Params"]:
        """A table: a list of trees, or one tree for each number (`fields_attributes[0][name]`), in the order of the numbers."""
        value = self._tree.get(name)
        if isinstance(value, dict):
            value = [value[key] for key in sorted(value, key=_place)]
        if not isinstance(value, list):
            return []
        if not all(isinstance(row, dict) for row in value):
            raise Invalid(f"{name} must be a list of objects")
        return [Params(row) for row in value]

    def upload(self, name: str) -> Upload | None:
        """A file, or None."""
        value = self._tree.get(name)
        return value if isinstance(value, Upload) else None


def _place(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isascii() and key.isdecimal() and len(key) < 20 else (0, key)


def as_id(text: str) -> int:
    """An id as apps write it: a decimal text. Raises NotFound, since no other text is the id of anything."""
    if not _is_id(text):
        raise NotFound
    return int(text)


def path_id(request: Request, name: str = "id") -> int:
    """The id in the path."""
    return as_id(request.match_info[name])


def of_query(request: Request) -> Params:
    """The parameters of the query string alone."""
    return Params(_nested(request.query.items()))


async def of_body(request: Request, *, limit_bytes: int = BODY_LIMIT_BYTES) -> Params:
    """The parameters of query and body; the body wins. Raises ApiError, TooLarge, Invalid."""
    tree = _nested(request.query.items())
    if not request.body_exists:
        return Params(tree)
    if (request.content_length or 0) > limit_bytes:
        raise TooLarge
    media_type = request.content_type
    if media_type == "multipart/form-data":
        return Params(tree | await _of_multipart(request, limit_bytes))
    body = await _read(request, limit_bytes)
    if media_type == "application/json" or media_type.endswith("+json"):
        return Params(tree | _of_json(body))
    return Params(tree | _nested(_pairs(_decoded(body))))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < ID_LIMIT


async def _read(request: Request, limit_bytes: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > limit_bytes:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ApiError("The request is not UTF-8") from error


def _of_json(body: bytes) -> dict[str, Any]:
    try:
        tree = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as error:
        raise ApiError("The request is not JSON") from error
    if not isinstance(tree, dict):
        raise ApiError("The request is not a JSON object")
    return tree


def _pairs(text: str) -> list[tuple[str, Any]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_LIMIT, errors="replace")
    except ValueError as error:
        raise ApiError(f"A request may have {FIELDS_LIMIT} fields") from error


async def _of_multipart(request: Request, limit_bytes: int) -> dict[str, Any]:
    try:
        return _nested(await _parts(await request.multipart(), limit_bytes))
    except ValueError as error:  # aiohttp's way to say that the form is broken
        raise ApiError("The form could not be read") from error


async def _parts(reader: MultipartReader, limit_bytes: int) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if len(pairs) == FIELDS_LIMIT:
            raise ApiError(f"A request may have {FIELDS_LIMIT} fields")
        data = await _part(part, limit_bytes)
        limit_bytes -= len(data)
        if part.filename is None:
            pairs.append((part.name, _decoded(data)))
        else:
            media_type = (
                part.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip()
            )
            pairs.append((part.name, Upload(part.filename, media_type, data)))
    return pairs


async def _part(part: BodyPartReader, limit_bytes: int) -> bytes:
    chunks, size = [], 0
    while chunk := await part.read_chunk(65_536):
        size += len(chunk)
        if size > limit_bytes:
            raise TooLarge
        chunks.append(chunk)
    return bytes(part.decode(b"".join(chunks)))


def _nested(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _put(tree, [name] if name.isidentifier() else _path(name), value)
    return tree


def _path(name: str) -> list[str]:
    return [match[1] if match[1] is not None else match[0] for match in _NAME.finditer(name)]


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """Hang a value where its name says; a name that contradicts an earlier one is dropped, the earlier stays."""
    if not path or len(path) > DEPTH_LIMIT:
        return
    *above, last = path
    if last == "":
        while above and above[-1] == "":  # `ids[][]`, as some libraries write a list of a list
            above.pop()
        if not above:
            return
        *above, last = above
        place = _descend(tree, above)
        if place is not None and isinstance(found := place.setdefault(last, []), list):
            found.append(value)
        return
    in_table = len(above) > 1 and above[-1] == ""
    place = _row(tree, above[:-1], last) if in_table else _descend(tree, above)
    if place is not None and not isinstance(place.get(last), list | dict):
        place[last] = value


def _descend(tree: dict[str, Any], path: list[str]) -> dict[str, Any] | None:
    place: Any = tree
    for name in path:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            return None
    return place if isinstance(place, dict) else None


def _row(tree: dict[str, Any], above: list[str], column: str) -> dict[str, Any] | None:
    """The row that `table[][column]` goes to: the last one, or a new one when that has the column already, as in Rails."""
    *path, name = above
    place = _descend(tree, path)
    rows = None if place is None else place.setdefault(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    if not rows or column in rows[-1]:
        rows.append({})
    return cast("dict[str, Any]", rows[-1])
