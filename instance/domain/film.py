"""Films and sound, kept as they came: known by their first bytes, and measured as far as that takes no decoder.

The rule kept here: of a film in MP4 or QuickTime nothing is kept but the tracks: what says where, by whom and with what it was taken becomes
zeros, in place, so that no offset changes. Everything here is pure work on bytes, for a thread.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import filetype

from instance.errors import BadInput

PIXELS_LIMIT = 3840 * 2160
BOXES_LIMIT = 20_000
DEPTH_LIMIT = 6
# What a file shows itself to be, by what the library calls it.
KINDS = {
    "video/mp4": "video/mp4",
    "video/x-m4v": "video/mp4",
    "video/quicktime": "video/quicktime",
    "video/webm": "video/webm",
    "audio/mp4": "audio/mp4",
    "audio/mpeg": "audio/mpeg",
    "audio/ogg": "audio/ogg",
    "audio/x-flac": "audio/flac",
    "audio/x-wav": "audio/wav",
    "audio/aac": "audio/aac",
}
EXTENSIONS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/aac": "aac",
}
_BOXED = frozenset({"video/mp4", "video/quicktime", "audio/mp4"})
_INNER = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_TELLING = frozenset({b"udta", b"meta", b"uuid"})


class Film(NamedTuple):
    """A film or sound: its bytes, and what is known of it. Sound has no width; a length that takes a decoder is 0."""

    media_type: str
    data: bytes
    width: int = 0
    height: int = 0
    duration_ms: int = 0


class _Box(NamedTuple):
    """A box of MP4: its kind, where its head begins, and where its content begins and ends."""

    kind: bytes
    head: int
    start: int
    end: int


def sniff(data: bytes) -> str | None:
    """The media type that the bytes themselves show, when it is one of a film or of sound."""
    found = filetype.guess(data[:512])
    return KINDS.get(found.mime) if found is not None else None


def renewed(data: bytes, media_type: str) -> Film:
    """The film without what it tells besides pictures and sound. Raises BadInput("file")."""
    if media_type not in _BOXED:
        return measured(data, media_type)
    bare = bytearray(data)
    for box in _boxes(data):
        if box.kind in _TELLING:
            _blank(bare, box)
        elif box.kind == b"trak" and _handler(data, box) == b"meta":
            for start, end in _samples(data, box):
                bare[start:end] = bytes(max(0, end - start))
            _blank(bare, box)
    return measured(bytes(bare), media_type)


def measured(data: bytes, media_type: str) -> Film:
    """What is known of a film whose bytes stay as they are. Raises BadInput("file")."""
    if media_type not in _BOXED:
        return Film(media_type, data, duration_ms=_length_ms(data, media_type))
    width, height, duration_ms, has_head = 0, 0, 0, False
    for box in _boxes(data):
        if box.kind == b"mvhd":
            duration_ms, has_head = _duration_ms(data, box), True
        elif box.kind == b"trak" and _handler(data, box) == b"vide" and not width:
            width, height = _size(data, box)
    if not has_head:
        raise _damaged()
    if width * height > PIXELS_LIMIT:
        raise BadInput("file", "A film has at most 3840×2160 pixels.")
    shown = media_type if media_type.startswith("video/") else "video/mp4"
    return Film(shown if width else "audio/mp4", data, width, height, duration_ms)


def _boxes(data: bytes) -> list[_Box]:
    found = list(islice(_tree(data, 0, len(data)), BOXES_LIMIT + 1))
    if len(found) > BOXES_LIMIT:
        raise _damaged()
    return found


def _tree(data: bytes, start: int, end: int, depth: int = 0) -> Iterator[_Box]:
    """Every box, those inside others after them."""
    while start < end:
        box = _box(data, start, end)
        yield box
        if box.kind in _INNER and depth < DEPTH_LIMIT:
            yield from _tree(data, box.start, box.end, depth + 1)
        start = box.end


def _box(data: bytes, head: int, end: int) -> _Box:
    size, kind, start = int.from_bytes(data[head : head + 4], "big"), data[head + 4 : head + 8], head + 8
    if size == 1:
        size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
    stop = end if size == 0 else head + size
    if len(kind) < 4 or not start <= stop <= end:
        raise _damaged()
    return _Box(kind, head, start, stop)


def _blank(bare: bytearray, box: _Box) -> None:
    bare[box.head + 4 : box.head + 8] = b"free"
    bare[box.start : box.end] = bytes(box.end - box.start)


def _in(data: bytes, box: _Box, kind: bytes) -> bytes:
    """The content of the first box of a kind inside another."""
    found = next((one for one in _tree(data, box.start, box.end) if one.kind == kind), None)
    return data[found.start : found.end] if found else b""


def _handler(data: bytes, track: _Box) -> bytes:
    return _in(data, track, b"hdlr")[8:12]


def _size(data: bytes, track: _Box) -> tuple[int, int]:
    """Pixels as shown: a film that is turned by a quarter has its sides exchanged."""
    head = _in(data, track, b"tkhd")
    matrix, width, height = head[-44:-8], head[-8:-6], head[-4:-2]
    sides = int.from_bytes(width, "big"), int.from_bytes(height, "big")
    is_turned = not any(matrix[0:4]) and not any(matrix[16:20])
    return (sides[1], sides[0]) if is_turned else sides


def _duration_ms(data: bytes, box: _Box) -> int:
    body = data[box.start : box.end]
    at, wide = (20, 8) if body[:1] == b"\x01" else (12, 4)
    scale = int.from_bytes(body[at : at + 4], "big")
    units = int.from_bytes(body[at + 4 : at + 4 + wide], "big")
    return min(units * 1000 // scale, 1 << 31) if scale else 0


def _samples(data: bytes, track: _Box) -> Iterator[tuple[int, int]]:
    """Where the bytes of a track lie: its chunks, each with all of its samples."""
    wide = _in(data, track, b"co64")
    offsets = _numbers(wide[8:], 8) if wide else _numbers(_in(data, track, b"stco")[8:], 4)
    sizes, runs = _in(data, track, b"stsz"), _numbers(_in(data, track, b"stsc")[8:], 4)
    fixed, each = int.from_bytes(sizes[4:8], "big"), iter(_numbers(sizes[12:], 4))
    per_chunk = dict(zip(runs[0::3], runs[1::3], strict=False))
    count, left = 0, len(data)
    for number, offset in enumerate(offsets, 1):
        count = per_chunk.get(number, count)
        length = fixed * count if fixed else sum(size for _, size in zip(range(count), each, strict=False))
        left -= length
        if left < 0:
            raise _damaged()  # more than there is: the same bytes again and again
        yield min(offset, len(data)), min(offset + length, len(data))


def _numbers(body: bytes, wide: int) -> list[int]:
    return [int.from_bytes(body[at : at + wide], "big") for at in range(0, len(body) - wide + 1, wide)]


def _length_ms(data: bytes, media_type: str) -> int:
    """How long a sound lasts, where its head says so."""
    if media_type == "audio/wav" and data[12:16] == b"fmt ":
        per_s = int.from_bytes(data[28:32], "little")
        return (len(data) - 44) * 1000 // per_s if per_s and len(data) > 44 else 0
    if media_type == "audio/flac":
        facts = int.from_bytes(data[18:26], "big")
        return (facts & ((1 << 36) - 1)) * 1000 // (facts >> 44) if facts >> 44 else 0
    if media_type == "audio/ogg":
        return _ogg_length_ms(data)
    return 0


def _ogg_length_ms(data: bytes) -> int:
    vorbis, last = data[:64].find(b"\x01vorbis"), data.rfind(b"OggS")
    rate = 48_000 if b"OpusHead" in data[:64] else 0
    if vorbis >= 0:
        rate = int.from_bytes(data[vorbis + 12 : vorbis + 16], "little")
    samples = int.from_bytes(data[last + 6 : last + 14], "little")
    return min(samples * 1000 // rate, 1 << 31) if rate else 0


def _damaged() -> BadInput:
    return BadInput("file", "The film is damaged and cannot be read.")
