"""What is kept in memory so that a home timeline costs no query: callers by token, homes by owner, statuses by id.

The rule kept here: nothing is shown to a viewer before the database has let that viewer read it. The viewer's marks on a post are the
evidence, and go with every change of what the viewer may read. What makes which memory go stands in the one table at the end.

A status is kept once for everybody, as bytes without its last part, its tail: that depends on who looks, and is kept for each viewer. How
many posts and followers its author has is told as it was when the status was rendered: nobody waits for that number to move.
"""

import time
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from instance import events
from instance.domain import access
from instance.domain.access import Bearer
from instance.events import Event
from instance.node import Cordee
from instance.storage import filters, timelines
from instance.storage.window import Window
from web.files import PictureKeys
from web.mastodon import show
from web.mastodon.quote_entities import Quoted
from web.mastodon.show import Rendered, Seen
from web.recent import Recent

STATUSES_LIMIT = 20_000
VIEWERS_LIMIT = 2_000
MARKS_LIMIT = 500
CALLERS_LIMIT = 10_000
HOME_LIMIT = 400
HOME_READ = 80


class Kept(NamedTuple):
    """A status in memory."""

    rendered: Rendered
    version: int


class Mark(NamedTuple):
    """How a viewer sees a status: good for the one version that it was read with."""

    version: int
    tail: bytes
    quote: Quoted | None = None
    card: bytes = b""


class New(NamedTuple):
    """A status that has just come, as JSON: the same for everybody without filters who gets it, or for one viewer alone."""

    shown: bytes
    for_all: bool


@dataclass(slots=True)
class HomeIds:
    """The upper end of a home timeline, oldest first; `whole` when there is nothing below."""

    ids: list[int]
    whole: bool

    def add(self, post_id: int) -> None:
        """A post that appeared."""
        at = bisect_left(self.ids, post_id)
        if self.ids[at : at + 1] != [post_id]:
            insort(self.ids, post_id)
        if len(self.ids) > HOME_LIMIT:
            del self.ids[: HOME_LIMIT // 2]
            self.whole = False

    def remove(self, post_id: int) -> None:
        """A post that is gone."""
        if post_id in self.ids:
            self.ids.remove(post_id)

    def page(self, window: Window) -> list[int] | None:
        """The ids of a window, newest first; None when the window may reach below what is known."""
        ids = self.ids
        end = len(ids) if window.max_id is None else bisect_left(ids, window.max_id)
        if window.min_id is not None:
            start = bisect_left(ids, window.min_id + 1)
            known = start > 0 or self.whole
            return ids[start : min(end, start + window.limit)][::-1] if known else None
        start = max(0, end - window.limit)
        if window.since_id is not None:
            start = max(start, bisect_left(ids, window.since_id + 1))
        known = start > 0 or self.whole or end - start >= window.limit
        return ids[start:end][::-1] if known else None


class Cache:
    """The memory of one process. `hear` is called with every event of the node, in order."""

    def __init__(
        self, node: Cordee, pictures: PictureKeys, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._node = node
        self._pictures = pictures
        self._clock = clock
        self._version = 0
        self.callers: Recent[str, Bearer] = Recent(CALLERS_LIMIT)
        self.homes: Recent[int, HomeIds] = Recent(VIEWERS_LIMIT)
        self.statuses: Recent[int, Kept] = Recent(STATUSES_LIMIT)
        self.marks: Recent[int, dict[int, Mark]] = Recent(VIEWERS_LIMIT)
        self.filterers: Recent[None, frozenset[int]] = Recent(1)

    def hear(self, event: Event) -> None:
        """Forget what the event makes stale."""
        forget = FORGETS.get(type(event))
        if forget is not None:
            forget(self, event)

    async def caller(self, token_hash: str) -> Bearer | None:
        """Whom a token speaks for."""
        known = self.callers.get(token_hash)
        if known is not None:
            return known
        with self.callers.reading() as since:
            found = await self._node.read(lambda tx: access.bearer(tx, token_hash))
            if found is not None:
                self.callers.keep(token_hash, found, since=since)
        return found

    async def home(self, owner_id: int, window: Window) -> list[int]:
        """Ids of a page of the owner's home timeline, newest first."""
        known = self.homes.get(owner_id) or await self._read_home(owner_id)
        page = known.page(window)
        if page is not None:
            return page
        return await self._node.read(lambda tx: timelines.home(tx, owner_id, window))

    async def _read_home(self, owner_id: int) -> HomeIds:
        with self.homes.reading() as since:
            ids = await self._node.read(lambda tx: timelines.home(tx, owner_id, Window(limit=HOME_READ)))
            known = HomeIds(ids[::-1], len(ids) < HOME_READ)
            self.homes.keep(owner_id, known, since=since)
        return known

    async def shown(self, post_ids: Sequence[int], viewer_id: int) -> list[bytes]:
        """Statuses as JSON in the order of the ids, as far as the viewer may read them."""
        found = await self.found(post_ids, viewer_id)
        return [found[post_id] for post_id in post_ids if post_id in found]

    async def found(self, post_ids: Sequence[int], viewer_id: int) -> dict[int, bytes]:
        """Statuses as JSON by id, as far as the viewer may read them."""
        found = self._known(post_ids, viewer_id)
        if len(found) < len(post_ids):
            missing = [post_id for post_id in post_ids if post_id not in found]
            found |= await self._read_statuses(missing, viewer_id)
        return found

    async def one(self, post_id: int, viewer_id: int) -> bytes | None:
        """One status as JSON, or None when there is none that the viewer may read."""
        return (await self.found([post_id], viewer_id)).get(post_id)

    async def who_filters(self) -> frozenset[int]:
        """Who has a filter: a new post may look otherwise to them than to everybody else."""
        known = self.filterers.get(None)
        if known is None:
            with self.filterers.reading() as since:
                known = await self._node.read(filters.owners)
                self.filterers.keep(None, known, since=since)
        return known

    async def as_new(self, post_id: int, viewer_id: int) -> New | None:
        """A status that the viewer may read, as JSON without marks; of what each reader sees otherwise, as this one does."""
        shown = await self.one(post_id, viewer_id)
        kept = self.statuses.get(post_id)
        if shown is None:
            return None
        if kept is None or kept.rendered.boost_of_id is not None or not kept.rendered.is_plain:
            return New(shown, for_all=False)
        return New(show.as_new(kept.rendered), for_all=True)

    def _known(self, post_ids: Iterable[int], viewer_id: int) -> dict[int, bytes]:
        mine = self.marks.get(viewer_id)
        if not mine:
            return {}
        in_memory, now_s = self.statuses.get, self._clock()

        def seen(post_id: int) -> Seen | None:
            """A status in memory that this viewer was allowed to read, when it is still as it was then."""
            mark = mine.get(post_id)
            kept = in_memory(post_id) if mark is not None else None
            if mark is None or kept is None or mark.version != kept.version:
                return None
            one = kept.rendered
            return Seen(one, mark.tail, mark.quote, mark.card) if one.until_s > now_s else None

        found: dict[int, bytes] = {}
        for post_id in post_ids:
            one = seen(post_id)
            if one is None:
                continue
            if one.rendered.boost_of_id is None and one.quote is None and not one.card:
                found[post_id] = one.rendered.head + one.tail
            elif (shown := show.composed(post_id, seen)) is not None:
                found[post_id] = shown
        return found

    async def _read_statuses(self, post_ids: list[int], viewer_id: int) -> dict[int, bytes]:
        with self.statuses.reading() as since, self.marks.reading() as marks_since:
            filters_any = viewer_id in await self.who_filters()
            found = await self._node.read(
                lambda tx: show.statuses(
                    tx, post_ids, viewer_id, pictures=self._pictures, filters_any=filters_any
                )
            )
            fresh = {post_id: self._keep(post_id, one, since) for post_id, one in found.items()}
            mine = self.marks.get(viewer_id) or {}
            self.marks.keep(viewer_id, _newest({**mine, **fresh}), since=marks_since)
        shown = {post_id: show.composed(post_id, partial(_fresh, found)) for post_id in post_ids}
        return {post_id: one for post_id, one in shown.items() if one is not None}

    def _keep(self, post_id: int, rendered: Rendered, since: int) -> Mark:
        """Keep a status; the viewer's mark has its version, or none when it has changed meanwhile."""
        before = self.statuses.get(post_id)
        if before is None:
            self._version += 1
        version = before.version if before else self._version
        kept = self.statuses.keep(post_id, Kept(rendered, version), since=since)
        return Mark(version if kept else 0, rendered.tail, rendered.quote, rendered.card)


def _newest(marks: dict[int, Mark]) -> dict[int, Mark]:
    """As many marks as are kept of a viewer, those made last."""
    return dict(islice(marks.items(), max(0, len(marks) - MARKS_LIMIT), None))


def _fresh(found: Mapping[int, Rendered], post_id: int) -> Seen | None:
    """A status that was read for the viewer just now."""
    one = found.get(post_id)
    return Seen(one, one.tail, one.quote, one.card) if one else None


def _post_appeared(cache: Cache, event: events.PostAppeared) -> None:
    for owner_id in event.owners:
        home = cache.homes.touch(owner_id)
        if home is not None:
            home.add(event.post_id)


def _post_changed(cache: Cache, event: events.PostChanged) -> None:
    if event.viewer is None:
        cache.statuses.drop(event.post_id)
        return
    mine = cache.marks.touch(event.viewer)
    if mine is not None:
        mine.pop(event.post_id, None)


def _post_gone(cache: Cache, event: events.PostGone) -> None:
    cache.statuses.drop(event.post_id)
    for owner_id in event.owners:
        home = cache.homes.touch(owner_id)
        if home is not None:
            home.remove(event.post_id)


def _actor_changed(cache: Cache, event: events.ActorChanged) -> None:
    cache.callers.drop_where(lambda caller: caller.token.actor_id == event.actor_id)
    cache.statuses.drop_where(lambda kept: event.actor_id in kept.rendered.actor_ids)


def _token_changed(cache: Cache, event: events.TokenChanged) -> None:
    cache.callers.drop_where(lambda caller: caller.token.actor_id == event.actor_id)


def _viewer_changed(cache: Cache, event: events.TimelineChanged | events.MembershipChanged) -> None:
    viewer_id = event.owner_id if isinstance(event, events.TimelineChanged) else event.actor_id
    cache.homes.drop(viewer_id)
    cache.marks.drop(viewer_id)


def _membership_changed(cache: Cache, event: events.MembershipChanged) -> None:
    _viewer_changed(cache, event)
    cache.statuses.drop_where(lambda kept: event.actor_id in kept.rendered.actor_ids)


def _filters_changed(cache: Cache, event: events.FiltersChanged) -> None:
    cache.marks.drop(event.owner_id)
    cache.filterers.clear()


def _all_changed(cache: Cache, _: events.CharterChanged) -> None:
    cache.homes.clear()
    cache.marks.clear()


def _emojis_changed(cache: Cache, _: events.EmojisChanged) -> None:
    cache.statuses.clear()


def _changed_elsewhere(cache: Cache, _: events.ChangedElsewhere) -> None:
    cache.callers.clear()
    cache.homes.clear()
    cache.statuses.clear()
    cache.marks.clear()
    cache.filterers.clear()


# What makes which memory go. An event that is not here changes nothing of what is kept.
FORGETS: dict[type[Any], Callable[[Cache, Any], None]] = {
    events.PostAppeared: _post_appeared,  # homes of its owners get it
    events.PostChanged: _post_changed,  # the status; or one viewer's marks on it
    events.PostGone: _post_gone,  # the status; homes of its owners lose it
    events.ActorChanged: _actor_changed,  # callers that are the actor; statuses that show the actor
    events.TokenChanged: _token_changed,  # callers of that person (or of applications alone)
    events.TimelineChanged: _viewer_changed,  # home and marks of its owner
    events.MembershipChanged: _membership_changed,  # home and marks of the member; statuses that show the member's role
    events.FiltersChanged: _filters_changed,  # marks of who filters; who does
    events.CharterChanged: _all_changed,  # homes and marks of everybody
    events.EmojisChanged: _emojis_changed,  # every status: which show it is not known
    events.ChangedElsewhere: _changed_elsewhere,  # everything: another process has written, nobody knows what
}
