"""What IT tells everybody in the company. The rule kept here: it is shown until it ends, to our own people alone."""

import orjson

from instance import ids
from instance.domain import text
from instance.domain.character import is_character
from instance.domain.emoji import shortcodes_in
from instance.domain.outcome import Outcome
from instance.domain.text import Anchor
from instance.errors import BadInput, NotFound
from instance.events import AnnouncementReacted, AnnouncementsChanged
from instance.storage import actors, announcements, emojis
from instance.storage.actors import ActorRow
from instance.storage.announcements import AnnouncementRow
from instance.storage.database import Tx

TEXT_LIMIT_CHARS = 5000
REACTIONS_LIMIT = 8  # different ones under one announcement


def add(
    tx: Tx,
    words: str,
    *,
    starts_at_ms: int | None = None,
    ends_at_ms: int | None = None,
    all_day: bool = False,
) -> Outcome[AnnouncementRow]:
    """Tell everybody something, perhaps about a time, at the end of which it is no longer shown. Raises BadInput."""
    if not words.strip():
        raise BadInput("text", "Write what is to be announced.")
    if len(words) > TEXT_LIMIT_CHARS:
        raise BadInput("text", f"{TEXT_LIMIT_CHARS} characters at most.")
    if ends_at_ms is not None and ends_at_ms <= max(tx.now_ms, starts_at_ms or 0):
        raise BadInput("ends", "It would end before it begins, or has ended already.")
    named = {handle: who for handle in text.handles_in(words) if (who := _named(tx, handle))}
    row = AnnouncementRow(
        id=ids.snowflake(tx.now_ms),
        content=text.to_html(words, {handle: Anchor(a.iri, a.username) for handle, a in named.items()}),
        mentions=orjson.dumps([actor.id for actor in named.values()]).decode(),
        starts_at_ms=starts_at_ms,
        ends_at_ms=ends_at_ms,
        all_day=int(all_day and (starts_at_ms or ends_at_ms) is not None),
        published_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
    )
    announcements.insert_one(tx, row)
    tx.emit(AnnouncementsChanged())
    return Outcome(row)


def remove(tx: Tx, announcement_id: int) -> Outcome[None]:
    """Take an announcement back. Raises NotFound."""
    _found(tx, announcement_id)
    announcements.remove(tx, announcement_id)
    tx.emit(AnnouncementsChanged())
    return Outcome(None)


def dismiss(tx: Tx, reader: ActorRow, announcement_id: int) -> None:
    """Note that somebody has read it. Raises NotFound."""
    announcements.mark_read(tx, _found(tx, announcement_id).id, reader.id)


def react(tx: Tx, reader: ActorRow, announcement_id: int, name: str) -> None:
    """Put an emoji under it. Raises NotFound, BadInput."""
    row = _found(tx, announcement_id)
    if not _is_known(tx, name):
        raise BadInput("name", "Name is not a recognized emoji")
    there = {one.name for one in announcements.reactions(tx, [row.id], reader.id)}
    if name not in there and len(there) >= REACTIONS_LIMIT:
        raise BadInput("name", "Limit of different reactions reached")
    if announcements.react(tx, row.id, reader.id, name):
        tx.emit(AnnouncementReacted(row.id, name))


def unreact(tx: Tx, reader: ActorRow, announcement_id: int, name: str) -> None:
    """Take one's emoji back. Raises NotFound."""
    if not announcements.unreact(tx, _found(tx, announcement_id).id, reader.id, name):
        raise NotFound("reaction")
    tx.emit(AnnouncementReacted(announcement_id, name))


def _is_known(tx: Tx, name: str) -> bool:
    if is_character(name):
        return True
    return bool(shortcodes_in(f":{name}:")) and any(row.shortcode == name for row in emojis.own(tx))


def _named(tx: Tx, handle: text.Handle) -> ActorRow | None:
    row = actors.by_username(tx, handle.name, handle.host or tx.home.host)
    return row if row is not None and row.state == "active" and row.kind != "node" else None


def _found(tx: Tx, announcement_id: int) -> AnnouncementRow:
    row = announcements.by_id(tx, announcement_id)
    if row is None:
        raise NotFound("announcement")
    return row
