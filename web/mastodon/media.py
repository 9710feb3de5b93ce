"""Pictures: uploaded with a token, fetched with a link. The rule kept here: decoding is CPU work, done in a thread, two at a time."""

import asyncio
from dataclasses import dataclass

from aiohttp.web import FileResponse, Request, Response, StreamResponse

from federation.doors import Door, Route
from instance.domain import media
from instance.domain.picture import Picture
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

FORM_BYTES = 64 * 1024  # the form around the file
_decoding = asyncio.Semaphore(2)
_SHOWN = {
    **CORS,
    "Cache-Control": "private, max-age=3600, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


async def post_media(request: Request) -> Response:
    """Upload a picture, to be attached to a post afterwards."""
    me, node = caller(request), request.app[NODE]
    sent = await params.of_body(request, limit_bytes=body_limit(request))
    upload = sent.upload("file")
    if upload is None:
        raise Invalid("File can't be blank")
    picture = await saved(request, upload)
    row = await node.perform(
        lambda tx: media.store(
            tx, me.actor, picture, description=sent.text("description"), focus=sent.text("focus")
        )
    )
    return await _shown(request, row)


def body_limit(request: Request, *, files: int = 1) -> int:
    """Bytes that a form with this many files may have."""
    return request.app[NODE].config.upload_limit_mib * 1024 * 1024 * files + FORM_BYTES


async def saved(request: Request, upload: Upload, *, shape: tuple[int, int] | None = None) -> Picture:
    """An upload decoded, cut to a shape, and saved; its row is the caller's to write. Raises BadInput."""
    config = request.app[NODE].config
    directory, limit_mib = config.media_dir, config.upload_limit_mib
    async with _decoding:
        picture = await asyncio.to_thread(
            media.accept,
            upload.data,
            upload.media_type,
            limit_bytes=limit_mib * 1024 * 1024,
            shape=shape,
        )
        await asyncio.to_thread(media.save, directory, picture)
    return picture


async def get_media(request: Request) -> Response:
    """A picture that the caller uploaded."""
    me, media_id = caller(request), path_id(request)
    return await _shown(request, await request.app[NODE].read(lambda tx: _own(tx, me.id, media_id)))


async def put_media(request: Request) -> Response:
    """Change what is said of a picture that no post has yet."""
    me, media_id, sent = caller(request), path_id(request), await params.of_body(request)

    def work(tx: Tx) -> MediaRow:
        row = _own(tx, me.id, media_id)
        description, focus = _kept(sent, "description", row.description), _kept(sent, "focus", row.focus)
        return media.describe(tx, me.actor, media_id, description=description, focus=focus)

    return await _shown(request, await request.app[NODE].write(work))


def _kept(sent: Params, name: str, before: str) -> str:
    return sent.text(name) if name in sent else before


def _own(tx: Tx, owner_id: int, media_id: int) -> MediaRow:
    row = next(iter(rows.owned(tx, owner_id, [media_id])), None)
    if row is None:
        raise NotFound
    return row


async def _shown(request: Request, row: MediaRow) -> Response:
    pictures = request.app[PICTURES]
    return reply((await request.app[NODE].read(lambda tx: show.attachments(tx, [row], pictures)))[0])


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
    path = path_below(node.config.media_dir, row.path, size)
    if not await asyncio.to_thread(path.is_file):
        raise NotFound
    return FileResponse(path, headers={**_SHOWN, "Content-Type": media_type})


ROUTES: tuple[Route, ...] = (
    api("POST", "/api/v1/media", post_media, "write:media", limit=lambda limits: limits.media),
    api("POST", "/api/v2/media", post_media, "write:media", limit=lambda limits: limits.media),
    api("GET", "/api/v1/media/{id}", get_media, "write:media"),
    api("PUT", "/api/v1/media/{id}", put_media, "write:media"),
    Route("GET", "/app/media/{id}/{size}", ByLink().enter, Door.EMPLOYEE),
)
