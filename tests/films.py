"""Films made of nothing but their boxes, for tests: what is measured and blanked in them is known to the byte."""

PLACE = b"+48.8577+002.2950/"
SAMPLES = b"a picture, a picture"
TELEMETRY = b"N48.85 E2.29"
TURNED = (0, 1, -1, 0)
UPRIGHT = (1, 0, 0, 1)


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of MP4."""
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def number(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "big", signed=value < 0) for value in values)


def track(
    handler: bytes, *, size: tuple[int, int] = (0, 0), turn: tuple[int, ...] = UPRIGHT, table: bytes = b""
) -> bytes:
    """A track: its head with matrix and size, its handler, and perhaps the table of its samples."""
    a, b, c, d = (part << 16 for part in turn)
    matrix = number(a, b, 0, c, d, 0, 0, 0, 1 << 30)
    head = number(0, 0, 0, 1, 0, 0) + bytes(16) + matrix + number(size[0] << 16, size[1] << 16)
    media = box(b"mdia", box(b"hdlr", number(0, 0), handler, bytes(12)), box(b"minf", box(b"stbl", table)))
    return box(b"trak", box(b"tkhd", head), media)


def a_film(
    *,
    brand: bytes = b"isom",
    size: tuple[int, int] = (640, 360),
    turn: tuple[int, ...] = UPRIGHT,
    duration_ms: int = 88_650,
    telling: bool = True,
    telemetry: bool = False,
) -> bytes:
    """An MP4 of a picture track; with what telephones write into it about place and person, and perhaps with a track of places."""
    start = box(b"ftyp", brand, number(512), brand)
    mdat = box(b"mdat", SAMPLES, TELEMETRY if telemetry else b"")
    offset = len(start) + 8 + len(SAMPLES)
    table = box(b"stco", number(0, 1, offset)) + box(b"stsc", number(0, 1, 1, 1, 1))
    places = track(b"meta", table=table + box(b"stsz", number(0, 0, 1, len(TELEMETRY))))
    told = box(b"udta", box(b"\xa9xyz", PLACE)) + box(b"meta", number(0), PLACE)
    moov = box(
        b"moov",
        box(b"mvhd", number(0, 0, 0, 1000, duration_ms)),
        track(b"vide", size=size, turn=turn) if size[0] else track(b"soun"),
        places if telemetry else b"",
        told if telling else b"",
    )
    return start + mdat + moov + (box(b"uuid", bytes(16), PLACE) if telling else b"")


def a_sound(*, seconds: int = 3) -> bytes:
    """A WAV of silence, 1000 bytes a second."""
    head = (
        b"fmt "
        + (16).to_bytes(4, "little")
        + bytes([1, 0, 1, 0])
        + (1000).to_bytes(4, "little") * 2
        + bytes([1, 0, 8, 0])
    )
    data = b"data" + (seconds * 1000).to_bytes(4, "little") + bytes(seconds * 1000)
    body = b"WAVE" + head + data
    return b"RIFF" + len(body).to_bytes(4, "little") + body
