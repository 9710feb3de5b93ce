"""Pictures: uploaded with a token, fetched with a link. The rule kept here: decoding is CPU work, done in a thread, two at a time."""

import asyncio
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from aiohttp.web import AppKey, Application, FileResponse, Request, Response, StreamResponse

from federation.doors import Door, Route
from instance.domain import media
from instance.domain.compose import MediaWords
from instance.domain.picture import Picture
from instance.errors import BadInput
from instance.node import Cordee
from instance.storage import media as rows
from instance.storage.database import Tx
from instance.storage.media import MediaRow
from web import errors
from web.doors import CORS, NODE, PICTURES, api, caller
from web.errors import Invalid, NotFound
from web.files import path_below
from web.mastodon import params, show
from web.mastodon.params import Params, Upload, as_id, of_query, path_id
from web.mastodon.reply import reply

_DATA_URL = re.compile(r"data:([\w/+.-]+);base64,([\w+/=\s]+)", re.ASCII)
FORM_BYTES = 64 * 1024  # the form around the file
PATIENCE_S = 1.0  # an upload that takes longer is answered before it is ready
DECODING: AppKey[asyncio.Semaphore] = AppKey("decoding", asyncio.Semaphore)
PREPARING: AppKey[set[asyncio.Task[None]]] = AppKey("preparing", set[asyncio.Task[None]])
_SHOWN = {
    **CORS,
    "Cache-Control": "private, max-age=3600, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class _Prepared(NamedTuple):
    """An upload, decoded and saved, with the preview that was sent along."""

    picture: Picture
    thumbnail: Picture | None


async def post_media(request: Request) -> Response:
    """Upload a picture, to be attached to a post afterwards; the answer comes when it is ready."""
    sent, upload = await _uploaded(request)
    return await _stored(request, sent, await _prepared(request, upload, sent.upload("thumbnail")))


async def post_media_at_once(request: Request) -> Response:
    """Upload a picture; what takes long to prepare is answered with 202, and asked for again until it is ready."""
    sent, upload = await _uploaded(request)
    media_type = media.sniff(upload.data)
    task = asyncio.create_task(_prepared(request, upload, sent.upload("thumbnail")))
    done, _ = await asyncio.wait([task], timeout=PATIENCE_S)
    if done:
        return await _stored(request, sent, task.result())
    me = caller(request)
    description, focus = sent.text("description"), sent.text("focus")
    row = await request.app[NODE].write(
        lambda tx: media.begin(tx, me.actor, media_type, description=description, focus=focus)
    )
    ending = asyncio.create_task(_finish(request.app[NODE], row.id, task))
    request.app[PREPARING].add(ending)
    ending.add_done_callback(request.app[PREPARING].discard)
    return await _shown(request, row, status=202)


async def _finish(node: Cordee, media_id: int, task: asyncio.Task[_Prepared]) -> None:
    """Write down what became of an upload that was answered with 202."""
    try:
        picture, thumbnail = await task
    except (BadInput, OSError):
        await node.write(lambda tx: media.finish(tx, media_id, None))
        return
    await node.write(lambda tx: media.finish(tx, media_id, picture, thumbnail=thumbnail))


async def stop_preparing(app: Application) -> None:
    """Drop what is under way when the node stops: its owner is told to upload it again."""
    preparing = app[PREPARING]
    tasks = list(preparing)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _uploaded(request: Request) -> tuple[Params, Upload]:
    sent = await params.of_body(request, limit_bytes=body_limit(request, files=2))
    upload = sent.upload("file")
    if upload is None:
        raise Invalid("File can't be blank")
    return sent, upload


async def _prepared(request: Request, upload: Upload, thumbnail: Upload | None) -> _Prepared:
    picture = await saved(request, upload, accept=media.accept)
    return _Prepared(picture, await _preview(request, thumbnail))


def given(sent: Params, name: str) -> Upload | None:
    """A file of a form, or the same written as a data: URL, which JSON needs; an empty text counts as absent."""
    upload = sent.upload(name)
    if upload is not None or name not in sent or not sent.text(name):
        return upload
    match = _DATA_URL.fullmatch(sent.text(name))
    if match is None:
        raise Invalid(f"{name} must be a picture")
    try:
        return Upload(name, match[1], b64decode(match[2], validate=True))
    except ValueError as error:
        raise Invalid(f"{name} must be a picture") from error


async def said_of(request: Request, sent: Params) -> tuple[MediaWords, ...]:
    """What an edit says of pictures: `media_attributes[]`."""
    return tuple([await _words(request, row) for row in sent.rows("media_attributes")])


async def _words(request: Request, sent: Params) -> MediaWords:
    description, focus = (sent.text(name) if name in sent else None for name in ("description", "focus"))
    thumbnail = await _preview(request, given(sent, "thumbnail"))
    return MediaWords(sent.row_id("id") or 0, description, focus, thumbnail)


async def _preview(request: Request, upload: Upload | None) -> Picture | None:
    return await saved(request, upload, accept=media.accept_picture) if upload else None


async def _stored(request: Request, sent: Params, prepared: _Prepared) -> Response:
    me, (picture, thumbnail) = caller(request), prepared
    description, focus = sent.text("description"), sent.text("focus")
    row = await request.app[NODE].perform(
        lambda tx: media.store(
            tx, me.actor, picture, thumbnail=thumbnail, description=description, focus=focus
        )
    )
    return await _shown(request, row)


def body_limit(request: Request, *, files: int = 1) -> int:
    """Bytes that a form with this many files may have."""
    return request.app[NODE].config.upload_limit_mib * 1024 * 1024 * files + FORM_BYTES


async def saved(request: Request, upload: Upload, *, accept: Callable[..., Picture]) -> Picture:
    """An upload taken in by `accept`, and saved; its row is the caller's to write. Raises BadInput."""
    config = request.app[NODE].config
    async with request.app[DECODING]:
        picture = await asyncio.to_thread(
            accept, upload.data, limit_bytes=config.upload_limit_mib * 1024 * 1024
        )
        await asyncio.to_thread(media.save, config.media_dir, picture)
    return picture


async def get_media(request: Request) -> Response:
    """A picture that the caller uploaded: 206 while it is being prepared."""
    me, media_id, node = caller(request), path_id(request), request.app[NODE]
    row = await node.read(lambda tx: _own(tx, me.id, media_id))
    if media.is_lost(row, int(node.now() * 1000)):
        raise Invalid("The file could not be read. Upload it again")
    return await _shown(request, row, status=206 if row.state == "processing" else 200)


async def put_media(request: Request) -> Response:
    """Change what is said of a picture that no post has yet, or its preview."""
    me, media_id = caller(request), path_id(request)
    sent = await params.of_body(request, limit_bytes=body_limit(request))
    await request.app[NODE].read(lambda tx: _own(tx, me.id, media_id))
    upload = sent.upload("thumbnail")
    thumbnail = await _preview(request, upload)
    description, focus = (sent.text(name) if name in sent else None for name in ("description", "focus"))

    def work(tx: Tx) -> MediaRow:
        row = media.describe(tx, me.actor, media_id, description=description, focus=focus)
        return media.set_thumbnail(tx, row, thumbnail) if thumbnail else row

    return await _shown(request, await request.app[NODE].write(work))


async def delete_media(request: Request) -> Response:
    """Take back an upload that no post has taken."""
    me, media_id = caller(request), path_id(request)
    await request.app[NODE].write(lambda tx: media.remove(tx, me.actor, media_id))
    return reply({})


def _own(tx: Tx, owner_id: int, media_id: int) -> MediaRow:
    row = next(iter(rows.owned(tx, owner_id, [media_id])), None)
    if row is None:
        raise NotFound
    return row


async def _shown(request: Request, row: MediaRow, *, status: int = 200) -> Response:
    pictures = request.app[PICTURES]
    shown = await request.app[NODE].read(lambda tx: show.attachments(tx, [row], pictures))
    return reply(shown[0], status=status)


@dataclass(frozen=True, slots=True)
class ByLink:
    """The employees' door for pictures: the link is the key, since apps fetch pictures without a token."""

    async def enter(self, request: Request) -> StreamResponse:
        """The picture that the link opens; all else looks as if it never was."""
        try:
            return await _file(request)
        except NotFound as error:
            return errors.answer(error)


async def _file(request: Request) -> FileResponse:
    node, asked = request.app[NODE], of_query(request)
    media_id, size = as_id(request.match_info["id"]), request.match_info["size"]
    until, key = asked.text("until"), asked.text("key")
    if until and not request.app[PICTURES].opens(media_id, until, key, now_s=node.now()):
        raise NotFound
    row = await node.read(lambda tx: rows.by_id(tx, media_id))
    if row is None or row.path is None or size not in {"original", "small"}:
        raise NotFound
    if not until and not media.opens_lasting(row, key):
        raise NotFound
    media_type = "image/webp" if size == "small" else row.media_type
    kept = row.thumbnail if size == "small" and row.thumbnail else row.path
    path = path_below(node.config.media_dir, kept, size)
    if not await asyncio.to_thread(path.is_file):
        raise NotFound
    return FileResponse(path, headers={**_SHOWN, "Content-Type": media_type})


ROUTES: tuple[Route, ...] = (
    api("POST", "/api/v1/media", post_media, "write:media", limit=lambda limits: limits.media),
    api("POST", "/api/v2/media", post_media_at_once, "write:media", limit=lambda limits: limits.media),
    api("GET", "/api/v1/media/{id}", get_media, "write:media"),
    api("PUT", "/api/v1/media/{id}", put_media, "write:media"),
    api("DELETE", "/api/v1/media/{id}", delete_media, "write:media"),
    Route("GET", "/app/media/{id}/{size}", ByLink().enter, Door.EMPLOYEE),
)
