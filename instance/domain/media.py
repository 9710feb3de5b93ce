"""Pictures: what is taken in, how it is stored, and who gets it by a link that expires.

The rule kept here: a picture is proven by decoding it; ours carries no metadata (places, cameras, names); a partner's is kept only
when its bytes are the ones that its post was signed with. Decoding is CPU work for a thread; a transaction only writes rows.
"""

import hashlib
import hmac
import io
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import blurhash
import filetype
from PIL import Image, ImageOps, ImageSequence

from instance import ids
from instance.domain.outcome import Outcome
from instance.errors import BadInput
from instance.events import PostChanged
from instance.storage import media as rows
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.media import MediaRow

UPLOAD_LIMIT_BYTES = 16 * 1024 * 1024
PIXELS_LIMIT = 50_000_000  # of all frames together
SIDE_LIMIT_PX = 4096  # larger pictures of ours are scaled down to it
PREVIEW_SIDE_PX = 640
DESCRIPTION_LIMIT_CHARS = 1500
LINK_SECONDS = 3600

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
MEDIA_TYPES = tuple(_FORMATS)


class Picture(NamedTuple):
    """A decoded picture: the bytes to keep, a preview (WebP) and what is known of it."""

    media_type: str
    data: bytes
    preview: bytes
    width: int
    height: int
    blurhash: str
    sha256: str


class _Pixels(Image.Image):
    """blurhash 1.2 asks for the pixels by a name that Pillow 14 drops."""

    def getdata(self, band: int | None = None) -> Any:
        return self.get_flattened_data(band)


def accept(data: bytes, declared_type: str) -> Picture:
    """An upload, decoded, turned upright and written anew without metadata. Pure CPU, for a thread. Raises BadInput("file")."""
    media_type = _sniff(data)
    if declared_type.startswith("image/") and declared_type.lower() not in {media_type, "image/jpg"}:
        raise BadInput("file", f"The file says it is {declared_type} but it is {media_type}.")
    try:
        frames = _upright(_open(data, media_type), SIDE_LIMIT_PX)
        return _picture(media_type, _encode(frames, media_type), frames[0])
    except BadInput:
        raise
    except Exception as error:  # decoders raise whatever they like on a broken file
        raise BadInput("file", "The picture is damaged and cannot be read.") from error


def check_fetched(row: MediaRow, data: bytes) -> Picture:
    """A partner's picture as fetched: the bytes its post was signed with, and decodable. For a thread. Raises BadInput("file")."""
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), row.sha256):
        raise BadInput("file", "The picture is not the one that its post was signed with.")
    media_type = _sniff(data)
    try:
        return _picture(media_type, data, _upright(_open(data, media_type), PIXELS_LIMIT)[0])
    except BadInput:
        raise
    except Exception as error:
        raise BadInput("file", "The picture is damaged and cannot be read.") from error


def save(directory: Path, picture: Picture) -> None:
    """Write the picture and its preview below the media directory, under the name of their content. For a thread."""
    path = path_of(picture.sha256, picture.media_type)
    _write(directory / path, picture.data)
    _write(directory / preview_of(path), picture.preview)


def path_of(sha256: str, media_type: str) -> str:
    """Where a picture lies below the media directory."""
    return f"{sha256[:2]}/{sha256}.{_FORMATS[media_type].lower()}"


def preview_of(path: str) -> str:
    """Where the preview of a stored picture lies below the media directory."""
    return f"{path.rpartition('.')[0]}.preview.webp"


def store(
    tx: Tx, owner: ActorRow, picture: Picture, *, description: str = "", focus: str = ""
) -> Outcome[MediaRow]:
    """Keep an upload (already saved) as the owner's. Raises BadInput("description").

    It gets its place when a post takes it; until then it is what any unknown id of ours is, internal.
    """
    media_id = ids.snowflake(tx.now_ms)
    row = MediaRow(
        id=media_id,
        iri=tx.home.iri("media", media_id),
        owner_id=owner.id,
        post_id=None,
        position=0,
        media_type=picture.media_type,
        sha256=picture.sha256,
        size_bytes=len(picture.data),
        width=picture.width,
        height=picture.height,
        blurhash=picture.blurhash,
        description=_described(description),
        focus=focus,
        path=path_of(picture.sha256, picture.media_type),
        state="ready",
        created_at_ms=tx.now_ms,
    )
    rows.insert_one(tx, row)
    return Outcome(row)


def describe(tx: Tx, owner: ActorRow, media_id: int, *, description: str, focus: str) -> MediaRow:
    """Change the words for a picture that no post has taken yet. Raises BadInput."""
    row = next(iter(rows.owned(tx, owner.id, [media_id])), None)
    if row is None or row.post_id is not None:
        raise BadInput("id", "There is no such picture of yours that is still free.")
    rows.set_words(tx, media_id, description=_described(description), focus=focus)
    return row._replace(description=description, focus=focus)


def receive(tx: Tx, media_id: int, picture: Picture | None) -> None:
    """A partner's picture has come and passed `check_fetched` and `save`; None marks it as broken."""
    row = rows.by_id(tx, media_id)
    if row is None:
        return
    if picture is None:
        rows.set_broken(tx, media_id)
    else:
        path = path_of(picture.sha256, picture.media_type)
        ready = row._replace(path=path, blurhash=picture.blurhash, size_bytes=len(picture.data))
        rows.set_ready(tx, ready._replace(width=picture.width, height=picture.height))
    if row.post_id is not None:
        tx.emit(PostChanged(row.post_id))


def link_token(key: bytes, media_id: int, expires_at_s: int) -> str:
    """A token that opens one picture until a time, for use in its URL beside that time."""
    return hmac.new(key, f"media:{media_id}:{expires_at_s}".encode(), hashlib.sha256).hexdigest()[:32]


def check_link(key: bytes, media_id: int, expires_at_s: int, *, token: str, now_s: int) -> bool:
    """Whether the token opens that picture now."""
    return now_s < expires_at_s and hmac.compare_digest(
        link_token(key, media_id, expires_at_s).encode(), token.encode()
    )


def _described(description: str) -> str:
    if len(description) > DESCRIPTION_LIMIT_CHARS:
        raise BadInput("description", f"A description has at most {DESCRIPTION_LIMIT_CHARS} characters.")
    return description


def _sniff(data: bytes) -> str:
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise BadInput("file", f"A picture has at most {UPLOAD_LIMIT_BYTES // 1024 // 1024} MiB.")
    kind = filetype.guess(data[:512])
    if kind is None or kind.mime not in _FORMATS:
        raise BadInput("file", "Only JPEG, PNG, GIF and WebP pictures can be attached.")
    return str(kind.mime)


def _open(data: bytes, media_type: str) -> Image.Image:
    """The picture with its size checked before a pixel is decoded."""
    try:
        image = Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    if image.width * image.height * getattr(image, "n_frames", 1) > PIXELS_LIMIT:
        raise _too_large()
    return image


def _too_large() -> BadInput:
    return BadInput(
        "file", f"A picture has at most {PIXELS_LIMIT // 1_000_000} million pixels, all its frames together."
    )


def _upright(image: Image.Image, side: int) -> list[Image.Image]:
    """Every frame decoded, turned as its EXIF says, no side longer than `side` pixels."""
    image.draft("RGB", (side, side))
    frames = []
    for frame in ImageSequence.Iterator(image):
        upright = ImageOps.exif_transpose(frame.copy())
        upright.thumbnail((side, side))
        frames.append(upright)
    return frames


def _encode(frames: list[Image.Image], media_type: str) -> bytes:
    """The frames written anew. Only colour profile and timing survive of what came with them."""
    options: dict[str, Any] = {
        "format": _FORMATS[media_type],
        "icc_profile": frames[0].info.get("icc_profile"),
    }
    if media_type == "image/jpeg":
        options |= {"quality": 88, "optimize": True, "progressive": True}
    if len(frames) > 1:
        durations = [int(frame.info.get("duration", 100)) for frame in frames]
        options |= {"save_all": True, "append_images": [_bare(f, media_type) for f in frames[1:]]}
        options |= {"duration": durations, "loop": int(frames[0].info.get("loop", 0))}
    out = io.BytesIO()
    _bare(frames[0], media_type).save(out, **options)
    return out.getvalue()


def _bare(image: Image.Image, media_type: str) -> Image.Image:
    """The pixels alone, in a mode that the format can hold."""
    modes = {"image/jpeg": ("RGB", "L"), "image/png": ("RGB", "RGBA", "L", "LA", "1", "I;16")}
    if image.mode not in modes.get(media_type, ("RGB", "RGBA")):
        image = image.convert("RGBA" if image.has_transparency_data and media_type != "image/jpeg" else "RGB")
    image.info = {}
    return image


def _picture(media_type: str, data: bytes, upright: Image.Image) -> Picture:
    shown = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    width, height = shown.size
    shown.thumbnail((PREVIEW_SIDE_PX, PREVIEW_SIDE_PX))
    shown.info = {}
    preview = io.BytesIO()
    shown.save(preview, format="WEBP", quality=80)
    sha256 = hashlib.sha256(data).hexdigest()
    return Picture(media_type, data, preview.getvalue(), width, height, _blurhash(shown), sha256)


def _blurhash(image: Image.Image) -> str:
    small = image.resize((32, 24)).convert("RGB")
    small.__class__ = _Pixels
    return str(blurhash.encode(small, 4, 3))


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all; the same content has the same name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
