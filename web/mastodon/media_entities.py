"""Pictures, films and sound, rendered for apps. The rule kept here: what is not known (the length of some films) is left out, never guessed."""

from instance.domain.picture import preview_size
from instance.storage.media import MediaRow
from web.mastodon.entities import Json, PictureLinks


def media_attachment(row: MediaRow, links: PictureLinks | None) -> Json:
    """MediaAttachment. Without links it is not here (yet); a film without a thumbnail has no preview."""
    has_preview = links is not None and (_kind_of(row) == "image" or bool(row.thumbnail))
    return {
        "id": str(row.id),
        "type": _kind_of(row) if links or row.state == "processing" else "unknown",
        "url": links.url if links else None,
        "preview_url": links.preview_url if links and has_preview else None,
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _picture_meta(row) if _kind_of(row) == "image" else _film_meta(row),
        "description": row.description or None,
        "blurhash": row.blurhash,
    }


def _kind_of(row: MediaRow) -> str:
    return row.media_type.partition("/")[0]


def _picture_meta(row: MediaRow) -> Json:
    x, _, y = row.focus.partition(",")
    return {
        "original": _size(row.width, row.height),
        "small": _small(row) or _size(*preview_size(row.width, row.height)),
        "focus": {"x": _number(x), "y": _number(y)},
    }


def _film_meta(row: MediaRow) -> Json:
    """Of a film or sound: how long and how large, as far as that is known."""
    whole: Json = {"width": row.width, "height": row.height} if row.width else {}
    shown: Json = _size(row.width, row.height) if row.width else {}
    if row.duration_ms:
        minutes, seconds = divmod(row.duration_ms / 1000, 60)
        shown |= {
            "length": f"{int(minutes // 60)}:{int(minutes % 60):02d}:{seconds:05.2f}",
            "duration": row.duration_ms / 1000,
        }
        whole |= {
            "duration": row.duration_ms / 1000,
            "bitrate": row.size_bytes * 8000 // row.duration_ms,
        }
    small = _small(row)
    return shown | {"original": whole} | ({"small": small} if small else {})


def _small(row: MediaRow) -> Json | None:
    """The size of the thumbnail that was sent along."""
    width, _, height = row.thumbnail_size.partition("x")
    return _size(int(width), int(height)) if row.thumbnail else None


def _size(width: int, height: int) -> Json:
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": width / height if height else 1.0,
    }


def _number(words: str) -> float:
    try:
        return max(-1.0, min(1.0, float(words)))
    except ValueError:
        return 0.0
