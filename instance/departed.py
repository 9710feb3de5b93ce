"""Whose inbox at a guest host is gone for good, and whether they are. The rule kept here: an inbox that says so stops no mail; the actor that it belongs to has to say so as well.

An actor that is gone gets no more letters: who followed from there is forgotten, and what waits for that inbox is closed. A company of a charter
is not: its letters wait for a week, whatever a proxy of theirs says, and its charter is ended by people.
"""

import asyncio
from collections.abc import Callable

import structlog

from federation.errors import FederationError, Gone
from federation.vocabulary import ACCEPT
from federation.wire import Wire
from instance.egress import Gate
from instance.events import Event, InboxGone
from instance.storage import delivery, guests
from instance.storage.database import Database, Tx

ASKED_MOST = 20  # of those who read at one inbox, each time it says that it is gone

_log = structlog.get_logger(__name__)


class Departed:
    """Asks whether actors are gone whose inbox is. `hear` events, and `stop`."""

    def __init__(self, database: Database, wire: Wire, gate: Gate, *, hurry: Callable[[str], None]) -> None:
        """`hurry(host)` lets what else waits for a host go on."""
        self._database, self._wire, self._gate, self._hurry = database, wire, gate, hurry
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def hear(self, event: Event) -> None:
        """Begin to ask, unless that is under way."""
        if isinstance(event, InboxGone) and event.inbox not in self._tasks:
            task = asyncio.create_task(self._look(event), name=f"gone {event.host}")
            self._tasks[event.inbox] = task
            task.add_done_callback(lambda _: self._tasks.pop(event.inbox, None))

    async def stop(self) -> None:
        """Drop what is under way; the next 410 begins it again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, event: InboxGone) -> None:
        actors = await self._database.read(
            lambda tx: guests.readers(tx, event.host, event.inbox, limit=ASKED_MOST)
        )
        gone = [actor for actor in actors if await self._is_gone(actor)]
        if gone:
            closed = await self._database.write(lambda tx: _bury(tx, event, gone))
            _log.warning("actors_gone", host=event.host, actors=len(gone), letters=closed)
            self._hurry(event.host)

    async def _is_gone(self, actor: str) -> bool:
        inquiry = await self._database.write(
            lambda tx: self._gate.inquire(tx, actor, reason="actor", accept=ACCEPT)
        )
        if inquiry is None:
            return False
        try:
            await self._wire.get(inquiry)
        except Gone:
            return True
        except FederationError as error:
            _log.info("not_known_to_be_gone", iri=actor, rule=error.rule)
        return False


def _bury(tx: Tx, event: InboxGone, gone: list[str]) -> int:
    """Forget the followers who are gone; close what waits for the inbox when nobody is left to read it. How many letters."""
    for actor in gone:
        guests.forget_actor(tx, actor)
    if guests.readers(tx, event.host, event.inbox, limit=1):
        return 0
    return delivery.close_inbox(tx, event.host, event.inbox)
