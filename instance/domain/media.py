"""Pictures, films and sound: what is taken in, how it is kept, and who gets it by a link that expires.

The rule kept here: ours carries no metadata (places, cameras, names); a partner's is kept only when its bytes are the ones that its post
was signed with. Decoding and files are for a thread; a transaction only writes rows.
"""

import errno
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from math import inf
from pathlib import Path

from instance import ids
from instance.domain import film
from instance.domain.film import Film
from instance.domain.outcome import Outcome
from instance.domain.picture import FORMATS, Picture, decoded, picture_type, preview_size, renewed
from instance.errors import BadInput, NotFound, disk_full
from instance.events import EmojisChanged, PostChanged
from instance.storage import media as rows
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.media import MediaRow

UPLOAD_LIMIT_BYTES = 16 * 1024 * 1024
DESCRIPTION_LIMIT_CHARS = 1500
LINK_SECONDS = 3600
DECODING_LIMIT_MS = 300_000
_EXTENSIONS = {kind: name.lower() for kind, name in FORMATS.items()} | film.EXTENSIONS
MEDIA_TYPES = tuple(_EXTENSIONS)
_PREVIEW = ".preview.webp"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def accept(data: bytes, *, limit_bytes: int = UPLOAD_LIMIT_BYTES) -> Picture:
    """An upload without what it tells besides picture and sound, whatever it was said to be. For a thread. Raises BadInput("file").

    A picture is decoded, turned upright and written anew; films and sound are kept as they came but for their metadata.
    """
    _check_size(data, limit_bytes)
    media_type = sniff(data)
    return renewed(data) if media_type in FORMATS else _recorded(film.renewed(data, media_type))


def accept_picture(
    data: bytes, *, limit_bytes: int = UPLOAD_LIMIT_BYTES, shape: tuple[int, int] | None = None
) -> Picture:
    """The same for what can only be a picture, perhaps cut to a shape. For a thread. Raises BadInput("file")."""
    _check_size(data, limit_bytes)
    return renewed(data, shape=shape)


def _check_size(data: bytes, limit_bytes: int) -> None:
    if len(data) > limit_bytes:
        raise BadInput("file", f"A file has at most {limit_bytes // 1024 // 1024} MiB.")


def sniff(data: bytes) -> str:
    """The media type that the bytes themselves show. Raises BadInput("file")."""
    media_type = film.sniff(data) or picture_type(data)
    if media_type is None:
        raise BadInput(
            "file", "Pictures, films and sound can be attached, in the formats that the web knows."
        )
    return media_type


def _recorded(taken: Film) -> Picture:
    """A film or sound, kept as pictures are; it has no preview of its own."""
    return Picture(
        media_type=taken.media_type,
        data=taken.data,
        preview=b"",
        width=taken.width,
        height=taken.height,
        blurhash=None,
        sha256=hashlib.sha256(taken.data).hexdigest(),
        duration_ms=taken.duration_ms,
    )


def check_fetched(row: MediaRow, data: bytes) -> Picture:
    """A partner's picture as fetched: the bytes its post was signed with, and decodable. For a thread. Raises BadInput("file")."""
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), row.sha256):
        raise BadInput("file", "The picture is not the one that its post was signed with.")
    media_type = sniff(data)
    picture = decoded(data) if media_type in FORMATS else _recorded(film.measured(data, media_type))
    if picture.media_type != row.media_type:
        raise BadInput("file", f"The post says it is {row.media_type} but it is {picture.media_type}.")
    return picture


def save(directory: Path, picture: Picture) -> None:
    """Write the picture and its preview below the media directory, under the name of their content. For a thread. Raises NotNow."""
    path = path_of(picture.sha256, picture.media_type)
    _write(directory / path, picture.data)
    if picture.preview:
        _write(directory / preview_of(path), picture.preview)


def path_of(sha256: str, media_type: str) -> str:
    """Where a picture lies below the media directory."""
    return f"{sha256[:2]}/{sha256}.{_EXTENSIONS[media_type]}"


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
    tx: Tx,
    owner: ActorRow,
    picture: Picture,
    *,
    thumbnail: Picture | None = None,
    description: str = "",
    focus: str = "",
) -> Outcome[MediaRow]:
    """Keep an upload (already saved) as the owner's. Raises BadInput.

    It gets its place when a post takes it; until then it is what any unknown id of ours is, internal.
    """
    row = worded(_filled(_empty(tx, owner), picture), description=description, focus=focus)
    row = with_thumbnail(row, thumbnail) if thumbnail else row
    rows.insert_one(tx, row)
    return Outcome(row)


def copied_for(tx: Tx, source: MediaRow) -> MediaRow:
    """The same picture once more, for the same purpose in another space."""
    media_id = ids.snowflake(tx.now_ms)
    row = source._replace(id=media_id, iri=tx.home.iri("media", media_id), link_key=secrets.token_urlsafe(24))
    rows.insert_one(tx, row)
    return row


def begin(tx: Tx, owner: ActorRow, media_type: str, *, description: str = "", focus: str = "") -> MediaRow:
    """Note an upload that is still being decoded, to be told by `finish` what became of it. Raises BadInput."""
    row = _empty(tx, owner)._replace(media_type=media_type)
    row = worded(row, description=description, focus=focus)
    rows.insert_one(tx, row)
    return row


def finish(tx: Tx, media_id: int, picture: Picture | None, *, thumbnail: Picture | None = None) -> None:
    """An upload that `begin` noted was decoded and saved; None when it cannot be."""
    row = rows.by_id(tx, media_id)
    if row is None:
        return
    if picture is None:
        rows.set_broken(tx, media_id)
        return
    row = _filled(row, picture)
    rows.fill(tx, row)
    if thumbnail is not None:
        rows.set_thumbnail(tx, with_thumbnail(row, thumbnail))


def is_lost(row: MediaRow, now_ms: int) -> bool:
    """Whether an upload can no longer become ready: its decoding failed, or ended with the process that did it."""
    late = now_ms - row.created_at_ms > DECODING_LIMIT_MS
    return row.state == "broken" or (row.state == "processing" and late)


def set_thumbnail(tx: Tx, row: MediaRow, thumbnail: Picture) -> MediaRow:
    """Show another picture (saved already) as the preview of one that no post has taken."""
    row = with_thumbnail(row, thumbnail)
    rows.set_thumbnail(tx, row)
    return row


def remove(tx: Tx, owner: ActorRow, media_id: int) -> None:
    """Take back an upload that no post has taken. Raises NotFound, BadInput."""
    row = _own(tx, owner, media_id)
    if row.post_id is not None:
        raise BadInput("id", "It is in a post now. Change the post, or delete it.")
    rows.drop(tx, media_id)


def with_thumbnail(row: MediaRow, thumbnail: Picture) -> MediaRow:
    """The row shown by another picture."""
    width, height = preview_size(thumbnail.width, thumbnail.height)
    return row._replace(
        thumbnail=path_of(thumbnail.sha256, thumbnail.media_type),
        thumbnail_size=f"{width}x{height}",
        blurhash=thumbnail.blurhash,
    )


def _empty(tx: Tx, owner: ActorRow) -> MediaRow:
    media_id = ids.snowflake(tx.now_ms)
    return MediaRow(
        id=media_id,
        iri=tx.home.iri("media", media_id),
        owner_id=owner.id,
        post_id=None,
        position=0,
        media_type="",
        sha256="",
        size_bytes=0,
        width=0,
        height=0,
        blurhash=None,
        description="",
        focus="",
        path=None,
        state="processing",
        created_at_ms=tx.now_ms,
    )


def _filled(row: MediaRow, picture: Picture) -> MediaRow:
    return row._replace(
        media_type=picture.media_type,
        sha256=picture.sha256,
        size_bytes=len(picture.data),
        width=picture.width,
        height=picture.height,
        blurhash=picture.blurhash,
        path=path_of(picture.sha256, picture.media_type),
        state="ready",
        duration_ms=picture.duration_ms,
    )


def store_for(tx: Tx, owner: ActorRow, picture: Picture, *, purpose: str) -> MediaRow:
    """Keep an upload (already saved) that is for no post: its link works for our own people as long as it is in use."""
    row = _filled(_empty(tx, owner), picture)._replace(purpose=purpose, link_key=secrets.token_urlsafe(24))
    rows.insert_one(tx, row)
    return row


def describe(
    tx: Tx, owner: ActorRow, media_id: int, *, description: str | None = None, focus: str | None = None
) -> MediaRow:
    """Change the words for a picture that no post has taken yet; None leaves them. Raises NotFound, BadInput."""
    row = _own(tx, owner, media_id)
    if row.post_id is not None:
        raise NotFound("picture")
    said = worded(row, description=description, focus=focus)
    rows.set_words(tx, media_id, description=said.description, focus=said.focus)
    return said


def worded(row: MediaRow, *, description: str | None, focus: str | None) -> MediaRow:
    """The row with other words; None leaves them. Raises BadInput."""
    return row._replace(
        description=row.description if description is None else _described(description),
        focus=row.focus if focus is None else _focused(focus),
    )


def _own(tx: Tx, owner: ActorRow, media_id: int) -> MediaRow:
    row = next(iter(rows.owned(tx, owner.id, [media_id])), None)
    if row is None:
        raise NotFound("picture")
    return row


def receive(tx: Tx, media_id: int, picture: Picture | None) -> None:
    """A partner's picture has come and passed `check_fetched` and `save`; None marks it as broken."""
    row = rows.by_id(tx, media_id)
    if row is None:
        return
    if picture is None:
        rows.set_broken(tx, media_id)
    else:
        rows.fill(tx, _filled(row, picture))
    if row.post_id is not None:
        tx.emit(PostChanged(row.post_id))
    elif row.purpose == "emoji":
        tx.emit(EmojisChanged())


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
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        if error.errno in _NO_ROOM:
            raise disk_full() from error
        raise
