"""What apps are told the moment it happens, over WebSocket or as server-sent events. The rule kept here: who gets a post is who the domain put it into the home of.

A frame is made once for each name of a stream and written to every socket as it is. A socket that does not keep up is dropped: its
app connects again and reads what it missed, which is cheaper for everybody than a queue without end.
"""

import asyncio
import struct
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import orjson
import structlog
from aiohttp import WSCloseCode
from aiohttp.web import AppKey, WebSocketResponse

from instance import events
from instance.events import Event
from instance.fold import folded
from instance.node import Cordee
from instance.policy import INTERNAL
from instance.storage import actors, fanout, hearing, media, own_lists, posts, tags
from instance.storage import announcements as announcement_rows
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from web.mastodon import announcements, conversations, notifications
from web.mastodon.cache import Cache

Stream = tuple[str, ...]  # as apps name it: ("user",), ("list", "17"), ("hashtag", "rope")
BUFFER_LIMIT_BYTES = 1024 * 1024
WAITING_LIMIT = 10_000
_log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Listener(ABC):
    """One connected app, and the names of the streams it listens to ("user", "list:17"), each with what the app calls it.

    `may_notify`: whether its token may read notifications, which come on the stream of its person as well.
    """

    transport: asyncio.Transport
    viewer_id: int
    token_hash: str
    names: dict[str, Stream] = field(default_factory=dict)
    may_notify: bool = True

    def send(self, frame: bytes) -> None:
        """Write a whole frame, or drop an app that does not keep up."""
        if self.transport.get_write_buffer_size() > BUFFER_LIMIT_BYTES:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.write(frame)

    @abstractmethod
    def tell(self, frames: "_Frames", stream: Stream) -> None:
        """Send the event on that stream."""

    @abstractmethod
    async def close(self, code: WSCloseCode) -> None:
        """Say good-bye, as far as there is a way to say why."""


@dataclass(eq=False, slots=True)
class Socket(Listener):
    """An app on a WebSocket, which listens to several streams."""

    response: WebSocketResponse = field(kw_only=True)

    def tell(self, frames: "_Frames", stream: Stream) -> None:
        """Send the event on that stream."""
        self.send(frames.framed(stream))

    async def close(self, code: WSCloseCode) -> None:
        """Close the socket with that code."""
        await self.response.close(code=code)


@dataclass(eq=False, slots=True)
class Feed(Listener):
    """An app that reads server-sent events: an answer without end, of one stream."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, frames: "_Frames", stream: Stream) -> None:  # noqa: ARG002  its one stream needs no name
        """Send the event."""
        self.send(frames.chunk)

    async def close(self, code: WSCloseCode) -> None:  # noqa: ARG002  an answer has said its status already
        """End the answer."""
        self.ended.set()


class Streams:
    """The connected apps. `hear` takes every event of the node; `run` works through them in order."""

    def __init__(self, node: Cordee, cache: Cache) -> None:
        self._node, self._cache = node, cache
        self._sockets: dict[int, set[Listener]] = {}
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(WAITING_LIMIT)
        self._announced: frozenset[int] = frozenset()

    def add(self, socket: Listener) -> None:
        """Tell a socket what happens from now on."""
        self._sockets.setdefault(socket.viewer_id, set()).add(socket)

    def remove(self, socket: Listener) -> None:
        """Tell a socket nothing more."""
        mine = self._sockets.get(socket.viewer_id, set())
        mine.discard(socket)
        if not mine:
            self._sockets.pop(socket.viewer_id, None)

    def of(self, viewer_id: int) -> frozenset[Listener]:
        """The sockets of one person."""
        return frozenset(self._sockets.get(viewer_id, ()))

    def hear(self, event: Event) -> None:
        """Keep an event for `run`, when anybody listens."""
        if type(event) not in _TELLS or not (self._sockets or type(event) in _ALWAYS):
            return
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            _log.warning("stream_behind", rule=type(event).__name__)

    async def run(self) -> None:
        """Tell the sockets of each event. Runs until cancelled."""
        self._announced = frozenset(row.id for row in await self._node.read(announcement_rows.shown))
        while True:
            event = await self._waiting.get()
            try:
                await _TELLS[type(event)](self, event)
            except Exception:  # noqa: BLE001  one event that cannot be told does not end the telling
                _log.exception("stream_failed", rule=type(event).__name__)

    async def close(self) -> None:
        """Close every socket."""
        for socket in list(self._all()):
            await socket.close(WSCloseCode.GOING_AWAY)

    def _all(self) -> Iterator[Listener]:
        return (socket for mine in self._sockets.values() for socket in mine)

    def _of(self, viewer_ids: Iterable[int]) -> list[Listener]:
        """The sockets of these people."""
        return [socket for viewer_id in viewer_ids for socket in self._sockets.get(viewer_id, ())]

    async def appeared(self, event: events.PostAppeared) -> None:
        """`update` to the homes it entered, to its project's list, to all one's projects, to the company, or to lists of one's own."""
        place = await self._place(event.post_id)
        if place is None:
            return
        at_home, listed = set(event.owners), await self._listed(place.post)
        reached = at_home.union(listed, event.away)
        listeners = list(self._all()) if place.for_company else self._of(reached)
        told: list[tuple[Listener, list[str]]] = []
        for one in listeners:
            home = ["user"] if one.viewer_id in at_home else []
            here = [*place.names, *listed.get(one.viewer_id, ()), *home]
            if not one.names.keys().isdisjoint(here):
                told.append((one, here))
        await self._tell_post("update", place.post, told)

    async def _listed(self, post: PostRow) -> dict[int, list[str]]:
        """By whom: the names of their own lists that show a post and that somebody listens to."""
        listening = [viewer_id for viewer_id, mine in self._sockets.items() if any(map(_has_list, mine))]
        if not listening:
            return {}
        found = await self._node.read(
            lambda tx: {viewer_id: own_lists.holding(tx, viewer_id, post.id) for viewer_id in listening}
        )
        return {viewer_id: [f"list:{one}" for one in held] for viewer_id, held in found.items() if held}

    async def _place(self, post_id: int) -> "_Place | None":
        return await self._node.read(lambda tx: _place(tx, post_id))

    async def changed(self, event: events.PostChanged) -> None:
        """`status.update` wherever the post stands, when its words changed."""
        place = await self._place(event.post_id) if event.edited else None
        if place is None:
            return
        post = place.post
        listed = await self._listed(post)
        at_home = set(await self._node.read(lambda tx: fanout.owners_of(tx, post.id)))
        told: list[tuple[Listener, list[str]]] = []
        for viewer_id in list(self._sockets):
            home = ["user"] if viewer_id in at_home else []
            here = [*place.names, *listed.get(viewer_id, ()), *home]
            mine = [one for one in self.of(viewer_id) if not one.names.keys().isdisjoint(here)]
            if mine and (place.for_company or await self._cache.one(post.id, viewer_id) is not None):
                told += [(one, here) for one in mine]
        await self._tell_post("status.update", post, told)

    async def gone(self, event: events.PostGone) -> None:
        """`delete` with the id to the homes it stood in, to its project's list, or to the company: the id says nothing else."""
        project, listed = await self._node.read(lambda tx: _left(tx, event))
        places = ["public", "public:remote"] if project else ["public:local"]
        names = [*places, *_with_media(places), *([f"list:{project.id}"] if project else []), *listed]
        frames, at_home = _Frames("delete", str(event.post_id).encode()), set(event.owners)
        for socket in self._of(at_home) if project else list(self._all()):
            of_tags = [name for name in socket.names if name.startswith("hashtag:")]
            home = ["user"] if socket.viewer_id in at_home else []
            frames.send(socket, [*names, *of_tags, *home])

    async def notified(self, event: events.Notified) -> None:
        """`notification` to its owner."""
        if event.owner_id not in self._sockets:
            return
        found = await self._node.read(lambda tx: notifications.one(tx, event.owner_id, event.notification_id))
        for shown in await notifications.rendered(self._cache, event.owner_id, found):
            frames = _Frames("notification", orjson.dumps(shown))
            for socket in self.of(event.owner_id):
                if socket.may_notify:
                    frames.send(socket, ["user", "user:notification"])

    async def conversed(self, event: events.ConversationChanged) -> None:
        """`conversation` to its owner."""
        if event.owner_id not in self._sockets:
            return
        known = await self._node.read(lambda tx: conversations.one(tx, event.owner_id, event.thread_id))
        for shown in await conversations.rendered(self._cache, event.owner_id, known):
            frames = _Frames("conversation", orjson.dumps(shown))
            for socket in self.of(event.owner_id):
                frames.send(socket, ["direct"])

    async def filters_changed(self, event: events.FiltersChanged) -> None:
        """`filters_changed`, which says no more, to who has changed them."""
        frames = _Frames("filters_changed", b"")
        for socket in self.of(event.owner_id):
            frames.send(socket, ["user"])

    async def merged(self, event: events.NotificationsMerged) -> None:
        """`notifications_merged`, after which an app reads the list anew."""
        frames = _Frames("notifications_merged", b"1")
        for socket in self.of(event.owner_id):
            frames.send(socket, ["user", "user:notification"])

    async def announced(self, _: Event) -> None:
        """`announcement` and `announcement.delete` to everybody, of what is new and of what is gone since they were last told."""
        rows = await self._node.read(announcement_rows.shown)
        before, self._announced = self._announced, frozenset(row.id for row in rows)
        new = [row for row in rows if row.id not in before]
        for shown in await self._node.read(lambda tx: announcements.rendered(tx, new)) if new else ():
            self._tell_all("announcement", orjson.dumps(shown))
        for announcement_id in before - self._announced:
            self._tell_all("announcement.delete", str(announcement_id).encode())

    async def reacted(self, event: events.AnnouncementReacted) -> None:
        """`announcement.reaction` to everybody: how many think so now."""
        told = await self._node.read(
            lambda tx: announcements.reaction_told(tx, event.announcement_id, event.name)
        )
        self._tell_all("announcement.reaction", orjson.dumps(told))

    def _tell_all(self, event: str, payload: bytes) -> None:
        frames = _Frames(event, payload)
        for socket in list(self._all()):
            frames.send(socket, ["user"])

    async def elsewhere(self, event: events.ChangedElsewhere) -> None:
        """Another process has written: look whose token is good still, and what is announced."""
        await self.checked(event)
        await self.announced(event)

    async def checked(self, _: Event) -> None:
        """Close the sockets whose token is good for nothing now."""
        for socket in list(self._all()):
            if await self._cache.caller(socket.token_hash) is None:
                await socket.close(WSCloseCode.POLICY_VIOLATION)

    async def _tell_post(self, event: str, post: PostRow, told: list[tuple[Listener, list[str]]]) -> None:
        """A post looks the same to all who get it but those who filter; a boost, a quote, a card or who may quote it each reader sees apart."""
        if not told:
            return
        shared: _Frames | None = None
        filtering = await self._cache.who_filters()
        viewers = {socket.viewer_id for socket, _ in told}
        apart = await self._node.read(lambda tx: hearing.apart(tx, viewers, post.author_id))
        for socket, names in told:
            if socket.viewer_id in apart:
                continue
            if post.boost_of_id is not None or socket.viewer_id in filtering:
                shown = await self._cache.one(post.id, socket.viewer_id)
                frames = _Frames(event, shown) if shown else None
            else:
                frames = shared
                if frames is None and (new := await self._cache.as_new(post.id, socket.viewer_id)):
                    frames = _Frames(event, new.shown)
                    shared = frames if new.for_all else None
            if frames is not None:
                frames.send(socket, names)


class _Frames:
    """One event as frames, made for each stream when it is first wanted. An event without a payload says nothing but itself."""

    def __init__(self, event: str, payload: bytes) -> None:
        told = b',"payload":' + orjson.dumps(payload.decode()) if payload else b""
        self._rest = b"".join((b',"event":', orjson.dumps(event), told, b"}"))
        self._event, self._payload = event.encode(), payload or b"undefined"
        self._made: dict[Stream, bytes] = {}

    def send(self, socket: Listener, names: Iterable[str]) -> None:
        """Send the event on those of these streams that the socket listens to."""
        for name in names:
            if name in socket.names:
                socket.tell(self, socket.names[name])

    def framed(self, stream: Stream) -> bytes:
        """The event on that stream, as a WebSocket frame."""
        return self._made.get(stream) or self._make(stream)

    @cached_property
    def chunk(self) -> bytes:
        """The event as a server-sent one, in one chunk of an answer. JSON has no line breaks of its own."""
        return chunk(b"event: %b\ndata: %b\n\n" % (self._event, self._payload))

    def _make(self, stream: Stream) -> bytes:
        frame = self._made[stream] = text_frame(b'{"stream":' + orjson.dumps(stream) + self._rest)
        return frame


def chunk(body: bytes) -> bytes:
    """A part of an answer without a length (RFC 9112 7.1)."""
    return b"%x\r\n%b\r\n" % (len(body), body)


def text_frame(body: bytes) -> bytes:
    """A whole WebSocket text frame as a server sends it (RFC 6455 5.2): not masked, so the same for every socket."""
    size = len(body)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + body
    if size < 65_536:
        return struct.pack("!BBH", 0x81, 126, size) + body
    return struct.pack("!BBQ", 0x81, 127, size) + body


class _Place(NamedTuple):
    """A post, and the streams besides "user" on which it belongs, as the timelines of these names would show it.

    `for_company`: these are the streams of everybody in the company.
    """

    post: PostRow
    names: Sequence[str] = ()
    for_company: bool = False


def _place(tx: Tx, post_id: int) -> _Place | None:
    post = posts.by_id(tx, post_id)
    if post is None or post.boost_of_id is not None:
        return None if post is None else _Place(post)
    if post.space == INTERNAL and post.visibility != "public":
        return _Place(post)
    tagged = [folded(name) for name in tags.of_posts(tx, [post_id]).get(post_id, ())]
    by_tag = [f"hashtag:{name}" for name in tagged]
    if post.space == INTERNAL:
        by_tag += [f"hashtag:local:{name}" for name in tagged]
        return _Place(post, [*_places(tx, post, "public:local"), *by_tag], for_company=True)
    project = actors.by_iri(tx, post.space)
    here = [f"list:{project.id}"] if project else []
    return _Place(post, [*here, *_places(tx, post, "public", "public:remote"), *by_tag])


def _places(tx: Tx, post: PostRow, *names: str) -> list[str]:
    """These streams, and their twins for media, of a post that answers nobody but its own author."""
    parent = posts.by_id(tx, post.in_reply_to_id) if post.in_reply_to_id is not None else None
    continues = parent is not None and parent.author_id == post.author_id
    if post.in_reply_to_iri is not None and not continues:
        return []
    return [*names, *(_with_media(names) if media.of_posts(tx, [post.id]) else [])]


def _with_media(names: Iterable[str]) -> list[str]:
    return [f"{name}:media" for name in names]


def _left(tx: Tx, event: events.PostGone) -> tuple[ActorRow | None, list[str]]:
    """The project of a post that is gone, and the streams of all lists that its author is in."""
    post = posts.by_id(tx, event.post_id)
    listed = own_lists.with_author(tx, post.author_id) if post else []
    return actors.by_iri(tx, event.space), [f"list:{one}" for one in listed]


def _has_list(listener: Listener) -> bool:
    return any(name.startswith("list:") for name in listener.names)


_TELLS: dict[type[Any], Callable[[Streams, Any], Awaitable[None]]] = {
    events.PostAppeared: Streams.appeared,
    events.PostChanged: Streams.changed,
    events.PostGone: Streams.gone,
    events.Notified: Streams.notified,
    events.NotificationsMerged: Streams.merged,
    events.ConversationChanged: Streams.conversed,
    events.FiltersChanged: Streams.filters_changed,
    events.TokenChanged: Streams.checked,
    events.ActorChanged: Streams.checked,
    events.AnnouncementsChanged: Streams.announced,
    events.AnnouncementReacted: Streams.reacted,
    events.ChangedElsewhere: Streams.elsewhere,
}
# Heard even when nobody listens: what is new is told by what was known before.
_ALWAYS = frozenset({events.AnnouncementsChanged, events.ChangedElsewhere})

STREAMS: AppKey[Streams] = AppKey("streams", Streams)
