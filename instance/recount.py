"""What guest hosts say of their people's followers here (FEP-8fcf). The rule kept here: nobody of ours follows outside, and nothing is concluded from a part of a list.

A host that counts followers among us is asked for all of them. A project of ours that it counts, and that it is the guest of, takes its
following back, for it never asked. About persons nothing is said: neither that they exist nor that they do not.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import structlog

from federation import collection
from federation.document import Document, id_of, parse
from federation.errors import FederationError, Refused, Unreachable
from federation.origin import host_of, same_origin
from federation.synchronization import Said, followers_digest, read
from federation.vocabulary import ACCEPT
from federation.wire import Wire
from instance import outbox
from instance.domain import guest_sync
from instance.egress import Gate
from instance.storage import guests
from instance.storage.database import Database, Tx

NOBODY = followers_digest(())
ASK_AGAIN_MS = 3_600_000  # one sender's list
REMEMBERED = 1000
AT_ONCE = 4  # lists that are read at the same time, whoever sends however much
PAGES, MOST = 20, 5_000

_log = structlog.get_logger(__name__)


class Recount:
    """Takes what comes beside deliveries. `hear` it, and `stop`."""

    def __init__(self, database: Database, wire: Wire, gate: Gate, *, clock: Callable[[], int]) -> None:
        self._database, self._wire, self._gate, self._clock = database, wire, gate, clock
        self._asked_ms: OrderedDict[str, int] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, sender: str, value: str) -> str:
        """Take the header that came with a delivery of `sender`, an actor's IRI, or pass it over; the rule that decided."""
        try:
            said = read(value, sender=sender)
        except FederationError as error:
            return error.rule
        if said.digest == NOBODY:
            return "followers_agree"
        if len(self._tasks) >= AT_ONCE or not self._may_ask(sender):
            return "followers_asked_lately"
        task = asyncio.create_task(self._look(sender, said), name=f"followers of {sender}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return "followers_differ"

    async def stop(self) -> None:
        """Drop what is under way; the next delivery begins it again."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _may_ask(self, sender: str) -> bool:
        now = self._clock()
        if now - self._asked_ms.get(sender, -ASK_AGAIN_MS) < ASK_AGAIN_MS:
            return False
        self._asked_ms[sender] = now
        self._asked_ms.move_to_end(sender)
        if len(self._asked_ms) > REMEMBERED:
            self._asked_ms.popitem(last=False)
        return True

    async def _look(self, sender: str, said: Said) -> None:
        if not await self._database.read(lambda tx: guests.is_let_in(tx, host_of(sender))):
            return
        try:
            listed = await self._whole(said.url)
        except FederationError as error:
            _log.info("followers_not_read", iri=said.url, rule=error.rule)
            return
        if listed is None or followers_digest(listed) != said.digest:
            _log.info("followers_not_read", iri=said.url, rule="followers_in_part")
            return
        await self._database.write(partial(self._settle, sender=sender, listed=listed))

    def _settle(self, tx: Tx, *, sender: str, listed: list[str]) -> None:
        outbox.send(tx, guest_sync.disown(tx, sender, listed), gate=self._gate)

    async def _whole(self, url: str) -> list[str] | None:
        """Everybody on a list, over its pages; None when it ends before it is whole. Raises FederationError."""
        found: list[str] = []
        document = await self._fetch(url)
        total = document.get("totalItems")
        for _ in range(PAGES):
            found += [iri for item in collection.items_of(document) if (iri := id_of(item))]
            following = collection.next_of(document)
            if following is None:
                return found if total in {None, len(found)} else None
            if len(found) > MOST or not same_origin(following, url):
                return None
            document = await self._fetch(following)
        return None

    async def _fetch(self, url: str) -> Document:
        inquiry = await self._database.write(
            lambda tx: self._gate.inquire(tx, url, reason="followers", accept=ACCEPT)
        )
        if inquiry is None:
            raise Refused("not_to_be_asked", url)
        answer = await self._wire.get(inquiry)
        if answer.status != 200:
            raise Unreachable("no_list", f"{url} answers {answer.status}")
        return parse(answer.body)
