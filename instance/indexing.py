"""Keeps the index of words in order, beside all else. The rule kept here: in small steps, so that nobody who writes waits for what others wrote before.

Each post adds a piece to the index of its own, and pieces are merged so that a search need not look into thousands. Left to itself SQLite
does that within every 64th post, and the more there is, the longer that one takes.
"""

import asyncio

from instance.domain import index
from instance.events import Event, PostAppeared, PostChanged, PostGone
from instance.storage import search
from instance.storage.database import Database

OLD_EVERY_S = 0.1
MERGE_EVERY_S = 0.5
POSTS_EACH_STEP = 4  # as many as a step of merging makes up for
STEPS_MOST = 16


class Indexing:
    """Reads what was there before there was an index, then merges what is written. `run` it; it has to `hear` events."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written = 0
        self._stir = asyncio.Event()

    def hear(self, event: Event) -> None:
        """Count what changes the index."""
        if isinstance(event, PostAppeared | PostGone) or (isinstance(event, PostChanged) and event.edited):
            self._written += 1
            self._stir.set()

    async def run(self) -> None:
        """Index and merge, for ever."""
        await self._database.write(search.merge_apart)
        while await self._database.write(index.keep_old):
            await self._database.write(search.merge)
            await asyncio.sleep(OLD_EVERY_S)
        while True:
            await self._stir.wait()
            await asyncio.sleep(MERGE_EVERY_S)
            self._stir.clear()
            await self._merge()

    async def _merge(self) -> None:
        steps = min(-(-self._written // POSTS_EACH_STEP), STEPS_MOST)
        self._written = max(0, self._written - steps * POSTS_EACH_STEP)
        for _ in range(steps):
            await self._database.write(search.merge)
        if self._written:
            self._stir.set()
