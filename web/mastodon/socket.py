"""The socket itself, and the answer without end for those who read server-sent events: who may open it, and what is subscribed to. The rule kept here: a stream needs the scope of its timeline."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import orjson
from aiohttp import WSMsgType, hdrs
from aiohttp.web import HTTPException, Request, StreamResponse, WebSocketResponse

from federation.doors import Door, Route
from federation.letters import Disclosure
from instance.domain.access import Bearer
from instance.domain.scopes import covers
from instance.domain.token import hash_of
from instance.fold import folded
from web import errors
from web.doors import BEARER, CORS, NODE, anyone, bearer_of, caller, disclose, locale_of, token_of
from web.errors import ApiError, NotFound, TooMany
from web.mastodon.lists import check_list
from web.mastodon.params import as_id, of_query
from web.mastodon.streaming import STREAMS, Feed, Socket, Stream, chunk

SOCKETS_PER_PERSON = 20
MESSAGE_LIMIT_BYTES = 4096
HEARTBEAT_S = 30.0
THUMP_S = 10.0
TAG_LIMIT_CHARS = 200
_FEED = {"Content-Type": "text/event-stream", "Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
SCOPE_OF = {
    "user": "read:statuses",
    "user:notification": "read:notifications",
    "public": "read:statuses",
    "public:media": "read:statuses",
    "public:local": "read:statuses",
    "public:local:media": "read:statuses",
    "public:remote": "read:statuses",
    "public:remote:media": "read:statuses",
    "hashtag": "read:statuses",
    "hashtag:local": "read:statuses",
    "list": "read:statuses",
    "direct": "read:statuses",
}


class Unsubscribable(ApiError):
    """There is no such stream for this app."""

    text = "Unknown stream type"


@dataclass(frozen=True, slots=True)
class BySocket:
    """The employees' door for sockets: browsers cannot set headers on them, so the token may come in two other places."""

    async def enter(self, request: Request) -> StreamResponse:
        """Check the token, then listen until the app goes."""
        try:
            return await self._open(request)
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  every failure becomes an answer here, and the unexpected goes to the log
            answer = errors.answer(error, locale_of(request))
            answer.headers.update(CORS)
            return answer

    async def _open(self, request: Request) -> StreamResponse:
        if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            raise NotFound  # as Mastodon says that streaming is on this very host
        offered = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
        token = token_of(request) or request.query.get("access_token", "") or offered
        viewer_id = await _admitted(request, token)
        response = WebSocketResponse(
            protocols=[offered] if offered else (),
            heartbeat=HEARTBEAT_S,
            max_msg_size=MESSAGE_LIMIT_BYTES,
            compress=False,  # a shared frame is written as it is
        )
        await response.prepare(request)
        assert request.transport is not None
        transport = cast("Any", request.transport)
        may_notify = _may_notify(request)
        await _listen(
            request,
            Socket(transport, viewer_id, hash_of(token), may_notify=may_notify, response=response),
        )
        return response


@dataclass(frozen=True, slots=True)
class ByFeed:
    """The employees' door for server-sent events, each path one stream: what some libraries read in place of a socket."""

    stream: str

    async def enter(self, request: Request) -> StreamResponse:
        """Check the token, then tell until the app goes."""
        try:
            return await self._open(request)
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  every failure becomes an answer here, and the unexpected goes to the log
            answer = errors.answer(error, locale_of(request))
            answer.headers.update(CORS)
            return answer

    async def _open(self, request: Request) -> StreamResponse:
        token = token_of(request) or request.query.get("access_token", "")
        viewer_id = await _admitted(request, token)
        media = ":media" if self.stream.startswith("public") and of_query(request).flag("only_media") else ""
        name, stream = await _name(request, {**request.query, "stream": self.stream + media})
        response = StreamResponse(headers={**CORS, **_FEED})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b":)\n")
        assert request.transport is not None
        transport, heard = cast("Any", request.transport), {name: stream}
        await _tell(request, Feed(transport, viewer_id, hash_of(token), heard, _may_notify(request)))
        return response


async def _tell(request: Request, feed: Feed) -> None:
    """Keep an answer open; the comment now and then shows whether anybody still reads."""
    streams = request.app[STREAMS]
    streams.add(feed)
    try:
        while not (feed.ended.is_set() or feed.transport.is_closing()):
            with suppress(TimeoutError):
                await asyncio.wait_for(feed.ended.wait(), THUMP_S)
            feed.send(chunk(b":thump\n"))
    finally:
        streams.remove(feed)


async def _admitted(request: Request, token: str) -> int:
    """The id of the person whose token it is, who has not too many connections already. Raises ApiError."""
    request[BEARER] = await bearer_of(request, token)
    viewer_id = caller(request).id
    if len(request.app[STREAMS].of(viewer_id)) >= SOCKETS_PER_PERSON:
        raise TooMany
    return viewer_id


async def _listen(request: Request, socket: Socket) -> None:
    streams = request.app[STREAMS]
    streams.add(socket)
    try:
        if "stream" in request.query:
            await _obey(request, socket, {"type": "subscribe", **request.query})
        async for message in socket.response:
            if message.type is WSMsgType.TEXT:
                await _obey(request, socket, _read(message.data))
    finally:
        streams.remove(socket)


def _read(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def _obey(request: Request, socket: Socket, said: dict[str, Any]) -> None:
    """Subscribe or unsubscribe; what is not possible is said on the socket, which stays open."""
    try:
        if said.get("type") == "subscribe":
            name, stream = await _name(request, said)
            socket.names[name] = stream
        elif said.get("type") == "unsubscribe":
            socket.names.pop((await _name(request, said))[0], None)
    except ApiError as error:
        said_back = orjson.dumps({"error": str(error), "status": error.status})
        await socket.response.send_str(said_back.decode())


async def _name(request: Request, said: Mapping[str, Any]) -> tuple[str, Stream]:
    """The name of the stream meant, and how the app says it. Raises ApiError when there is none, or it is not for this app."""
    stream = said.get("stream")
    if not isinstance(stream, str) or stream not in SCOPE_OF:
        raise Unsubscribable
    _check(request[BEARER], stream)
    if stream.startswith("hashtag"):
        tag = str(said.get("tag") or "").strip().removeprefix("#")
        if not tag or len(tag) > TAG_LIMIT_CHARS:
            raise Unsubscribable("Missing tag name parameter")
        return f"{stream}:{folded(tag)}", (stream, tag)
    if stream != "list":
        return stream, (stream,)
    viewer_id, list_id = caller(request).id, as_id(str(said.get("list", "")))
    await request.app[NODE].read(lambda tx: check_list(tx, viewer_id, list_id))
    return f"list:{list_id}", (stream, str(list_id))


def _may_notify(request: Request) -> bool:
    return covers(request[BEARER].token.scopes, "read:notifications")


def _check(bearer: Bearer, stream: str) -> None:
    if not covers(bearer.token.scopes, SCOPE_OF[stream]):
        raise Unsubscribable("Access token does not have the required scopes")


async def get_unknown(request: Request) -> Disclosure:
    """There is no such stream."""
    return await disclose(request, {"error": "Unknown channel requested"}, status=400)


async def get_health(request: Request) -> Disclosure:
    """Streaming is alive."""
    return await disclose(request, "OK", media_type="text/plain; charset=utf-8")


ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/v1/streaming", BySocket().enter, Door.EMPLOYEE),
    *(
        Route("GET", f"/api/v1/streaming/{stream.replace(':', '/')}", ByFeed(stream).enter, Door.EMPLOYEE)
        for stream in SCOPE_OF
        if not stream.endswith(":media")
    ),
    anyone("GET", "/api/v1/streaming/health", get_health, headers=CORS),
    anyone("GET", "/api/v1/streaming/{stream}", get_unknown, headers=CORS),
)
