"""The bytes of pictures: sniffed, decoded, and ours written anew. The rule kept here: a picture is proven by decoding it, within limits.

Everything here is pure CPU work for a thread.
"""

import hashlib
import io
from typing import Any, NamedTuple

import blurhash
import filetype
from PIL import Image, ImageOps, ImageSequence

from instance.errors import BadInput

PIXELS_LIMIT = 50_000_000  # of all frames together
SIDE_LIMIT_PX = 4096  # larger pictures of ours are scaled down to it
PREVIEW_SIDE_PX = 640

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}


_ALSO_CALLED = {"image/apng": "image/png"}  # a PNG that moves


class Picture(NamedTuple):
    """A decoded picture: the bytes to keep, a preview (WebP) and what is known of it."""

    media_type: str
    data: bytes
    preview: bytes
    width: int
    height: int
    blurhash: str | None
    sha256: str
    duration_ms: int = 0


class _Pixels(Image.Image):
    """blurhash 1.2 asks for the pixels by a name that Pillow 14 drops."""

    def getdata(self, band: int | None = None) -> Any:
        return self.get_flattened_data(band)


def picture_type(data: bytes) -> str | None:
    """The media type that the bytes themselves show, when it is one of a picture that can be attached."""
    kind = filetype.guess(data[:512])
    media_type = _ALSO_CALLED.get(kind.mime, str(kind.mime)) if kind is not None else None
    return media_type if media_type in FORMATS else None


def _type(data: bytes) -> str:
    media_type = picture_type(data)
    if media_type is None:
        raise BadInput("file", "Only JPEG, PNG, GIF, WebP and AVIF pictures can be shown there.")
    return media_type


def decoded(data: bytes) -> Picture:
    """The picture in these very bytes. Raises BadInput("file")."""
    media_type = _type(data)
    frames = _frames(data, media_type, PIXELS_LIMIT)
    return _picture(media_type, data, frames[0])


def renewed(data: bytes, *, shape: tuple[int, int] | None = None) -> Picture:
    """The picture upright, at most SIDE_LIMIT_PX large, in new bytes that hold no metadata. Raises BadInput("file").

    With a shape its middle is cut out in these proportions, no larger than that.
    """
    media_type = _type(data)
    frames = _frames(data, media_type, SIDE_LIMIT_PX)
    if shape is not None:
        frames = [_cut(frame, shape) for frame in frames]
    return _picture(media_type, _encode(frames, media_type), frames[0])


def _frames(data: bytes, media_type: str, side: int) -> list[Image.Image]:
    """Every frame decoded, turned as its EXIF says, no side longer than `side` pixels."""
    try:
        image = _opened(data, media_type)
        image.draft("RGB", (side, side))
        return [_upright(frame.copy(), side) for frame in ImageSequence.Iterator(image)]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except BadInput:
        raise
    except Exception as error:  # decoders raise whatever they like on a broken file
        raise BadInput("file", "The picture is damaged and cannot be read.") from error


def _opened(data: bytes, media_type: str) -> Image.Image:
    """The picture, its size checked before a pixel is decoded."""
    image = Image.open(io.BytesIO(data), formats=[FORMATS[media_type]])
    if image.width * image.height * getattr(image, "n_frames", 1) > PIXELS_LIMIT:
        raise _too_large()
    return image


def _too_large() -> BadInput:
    millions = PIXELS_LIMIT // 1_000_000
    return BadInput("file", f"A picture has at most {millions} million pixels, all its frames together.")


def _upright(frame: Image.Image, side: int) -> Image.Image:
    upright = ImageOps.exif_transpose(frame)
    upright.thumbnail((side, side))
    return upright


def _cut(frame: Image.Image, shape: tuple[int, int]) -> Image.Image:
    width, height = shape
    scale = min(1.0, frame.width / width, frame.height / height)
    cut = ImageOps.fit(frame, (max(1, round(width * scale)), max(1, round(height * scale))))
    cut.info = frame.info
    return cut


def _encode(frames: list[Image.Image], media_type: str) -> bytes:
    """The frames written anew. Only colour profile and timing survive of what came with them."""
    first = frames[0]
    options: dict[str, Any] = {"format": FORMATS[media_type], "icc_profile": first.info.get("icc_profile")}
    if media_type == "image/jpeg":
        options |= {"quality": 88, "optimize": True, "progressive": True}
    if len(frames) > 1:
        durations = [int(frame.info.get("duration", 100)) for frame in frames]
        options |= {"save_all": True, "append_images": [_bare(frame, media_type) for frame in frames[1:]]}
        options |= {"duration": durations, "loop": int(first.info.get("loop", 0))}
    out = io.BytesIO()
    _bare(first, media_type).save(out, **options)
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


def preview_size(width: int, height: int) -> tuple[int, int]:
    """Pixels of the preview of a picture."""
    longest = max(width, height, 1)
    if longest <= PREVIEW_SIDE_PX:
        return width, height
    return max(1, round(width * PREVIEW_SIDE_PX / longest)), max(1, round(height * PREVIEW_SIDE_PX / longest))


def _blurhash(image: Image.Image) -> str:
    small = image.resize((32, 24)).convert("RGB")
    small.__class__ = _Pixels
    return str(blurhash.encode(small, 4, 3))
