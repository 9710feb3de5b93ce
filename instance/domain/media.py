"""Pictures: what is taken in, how it is kept, and who gets it by a link that expires.

The rule kept here: ours carries no metadata (places, cameras, names); a partner's is kept only when its bytes are the ones that its post
was signed with. Decoding and files are for a thread; a transaction only writes rows.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from math import inf
from pathlib import Path

from instance import ids
from instance.domain.outcome import Outcome
from instance.domain.picture import FORMATS, Picture, decoded, renewed, sniff
from instance.errors import BadInput
from instance.events import PostChanged
from instance.storage import media as rows
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.media import MediaRow

UPLOAD_LIMIT_BYTES = 16 * 1024 * 1024
DESCRIPTION_LIMIT_CHARS = 1500
LINK_SECONDS = 3600
MEDIA_TYPES = tuple(FORMATS)
_PREVIEW = ".preview.webp"


def accept(
    data: bytes,
    declared_type: str,
    *,
    limit_bytes: int = UPLOAD_LIMIT_BYTES,
    shape: tuple[int, int] | None = None,
) -> Picture:
    """An upload, decoded, turned upright, cut to a shape and written anew without metadata. For a thread. Raises BadInput("file")."""
    if len(data) > limit_bytes:
        raise BadInput("file", f"A picture has at most {limit_bytes // 1024 // 1024} MiB.")
    media_type = sniff(data)
    if declared_type.startswith("image/") and declared_type.lower() not in {media_type, "image/jpg"}:
        raise BadInput("file", f"The file says it is {declared_type} but it is {media_type}.")
    return renewed(data, shape=shape)


def check_fetched(row: MediaRow, data: bytes) -> Picture:
    """A partner's picture as fetched: the bytes its post was signed with, and decodable. For a thread. Raises BadInput("file")."""
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), row.sha256):
        raise BadInput("file", "The picture is not the one that its post was signed with.")
    picture = decoded(data)
    if picture.media_type != row.media_type:
        raise BadInput("file", f"The post says it is {row.media_type} but it is {picture.media_type}.")
    return picture


def save(directory: Path, picture: Picture) -> None:
    """Write the picture and its preview below the media directory, under the name of their content. For a thread."""
    path = path_of(picture.sha256, picture.media_type)
    _write(directory / path, picture.data)
    _write(directory / preview_of(path), picture.preview)


def path_of(sha256: str, media_type: str) -> str:
    """Where a picture lies below the media directory."""
    return f"{sha256[:2]}/{sha256}.{FORMATS[media_type].lower()}"


def preview_of(path: str) -> str:
    """Where the preview of a stored picture lies below the media directory."""
    return f"{path.rpartition('.')[0]}{_PREVIEW}"


def stored(directory: Path, *, before_s: float) -> list[str]:
    """Paths of the pictures written before a time; what is younger may not have its row yet. For a thread."""
    files = (file for file in directory.glob("*/*") if not file.name.endswith(_PREVIEW))
    return [str(file.relative_to(directory)) for file in files if _written_s(file) < before_s]


def discard(directory: Path, paths: Iterable[str], *, before_s: float) -> None:
    """Remove pictures that no row needs any more (`storage.media.paths_in_use`), with their previews. For a thread.

    One that was written again since `stored` was asked is about to get its row, and stays.
    """
    for path in paths:
        if _written_s(directory / path) < before_s:
            (directory / path).unlink(missing_ok=True)
            (directory / preview_of(path)).unlink(missing_ok=True)


def _written_s(file: Path) -> float:
    """When a file was written; a file that is gone by now is not old."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return inf


def store(
    tx: Tx, owner: ActorRow, picture: Picture, *, description: str = "", focus: str = ""
) -> Outcome[MediaRow]:
    """Keep an upload (already saved) as the owner's. Raises BadInput("description").

    It gets its place when a post takes it; until then it is what any unknown id of ours is, internal.
    """
    row = _row(tx, owner, picture, description=_described(description), focus=_focused(focus))
    rows.insert_one(tx, row)
    return Outcome(row)


def store_for(tx: Tx, owner: ActorRow, picture: Picture, *, purpose: str) -> MediaRow:
    """Keep an upload (already saved) that is for no post: its link works for our own people as long as it is in use."""
    row = _row(tx, owner, picture)._replace(purpose=purpose, link_key=secrets.token_urlsafe(24))
    rows.insert_one(tx, row)
    return row


def _row(tx: Tx, owner: ActorRow, picture: Picture, *, description: str = "", focus: str = "") -> MediaRow:
    media_id = ids.snowflake(tx.now_ms)
    return MediaRow(
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
        description=description,
        focus=focus,
        path=path_of(picture.sha256, picture.media_type),
        state="ready",
        created_at_ms=tx.now_ms,
    )


def describe(tx: Tx, owner: ActorRow, media_id: int, *, description: str, focus: str) -> MediaRow:
    """Change the words for a picture that no post has taken yet. Raises BadInput."""
    row = next(iter(rows.owned(tx, owner.id, [media_id])), None)
    if row is None or row.post_id is not None:
        raise BadInput("id", "There is no such picture of yours that is still free.")
    said = row._replace(description=_described(description), focus=_focused(focus))
    rows.set_words(tx, media_id, description=said.description, focus=said.focus)
    return said


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
    expected = link_token(key, media_id, expires_at_s).encode()
    return now_s < expires_at_s and hmac.compare_digest(expected, token.encode())


def opens_lasting(row: MediaRow, key: str) -> bool:
    """Whether the key opens a picture that is for no post, such as an avatar."""
    return bool(row.link_key) and hmac.compare_digest(row.link_key.encode(), key.encode())


def _described(description: str) -> str:
    if len(description) > DESCRIPTION_LIMIT_CHARS:
        raise BadInput("description", f"A description has at most {DESCRIPTION_LIMIT_CHARS} characters.")
    return description


def _focused(focus: str) -> str:
    """Mastodon's "x,y", each from -1 to 1, or nothing."""
    if not focus:
        return ""
    try:
        x, y = map(float, focus.split(","))
    except ValueError as error:
        raise BadInput("focus", 'A focus is two numbers from -1 to 1, such as "0.5,-0.25".') from error
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise BadInput("focus", 'A focus is two numbers from -1 to 1, such as "0.5,-0.25".')
    return f"{x:g},{y:g}"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all; the same content has the same name, and a file touched again is young again."""
    if path.exists():
        path.touch()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
