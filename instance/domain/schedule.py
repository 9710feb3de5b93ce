"""Writing now what is published later. The rule kept here: it is decided about twice, when it is written and at its time, and kept when the second answer is no."""

from dataclasses import fields

import orjson

from instance import ids
from instance.domain import post
from instance.domain.compose import TEXT_LIMIT_CHARS, AsksGate, MediaWords, PostDraft, check_publish
from instance.domain.outcome import Outcome
from instance.domain.place import writer_of
from instance.domain.poll import PollDraft
from instance.domain.refusal import cannot
from instance.errors import NotFound
from instance.storage import actors, scheduled
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from instance.storage.scheduled import ScheduledRow

AHEAD_MS = 5 * 60_000
TOTAL_LIMIT = 300
DAILY_LIMIT = 25
DAY_MS = 24 * 3_600_000
_FIELD = "scheduled_at"
_FOREVER_MS = 1 << 60


def schedule(
    tx: Tx,
    gate: AsksGate,
    author: ActorRow,
    draft: PostDraft,
    *,
    due_at_ms: int,
    key: str = "",
    limit_chars: int = TEXT_LIMIT_CHARS,
) -> ScheduledRow:
    """Keep a draft for a time that is AHEAD_MS off at least, once for each key. Raises CannotPublish."""
    known = scheduled.by_key(tx, author.id, key) if key else None
    if known is not None:
        return known
    _check_time(tx, author, due_at_ms)
    _check_limits(tx, author, due_at_ms)
    check_publish(tx, gate, author, draft, limit_chars=limit_chars)
    row = ScheduledRow(
        id=ids.snowflake(tx.now_ms),
        owner_id=author.id,
        due_at_ms=due_at_ms,
        draft=_written(draft),
        idempotency=key,
        refused="",
        created_at_ms=tx.now_ms,
    )
    scheduled.add(tx, row, draft.media_ids)
    return row


def move(tx: Tx, author: ActorRow, scheduled_id: int, *, due_at_ms: int) -> ScheduledRow:
    """Give it another time; one that was refused gets another chance. Raises CannotPublish, NotFound."""
    row = _own(tx, author, scheduled_id)
    _check_time(tx, author, due_at_ms)
    scheduled.move(tx, row, due_at_ms=due_at_ms)
    return row._replace(due_at_ms=due_at_ms, refused="")


def cancel(tx: Tx, author: ActorRow, scheduled_id: int) -> None:
    """Throw it away. Raises NotFound."""
    scheduled.remove(tx, _own(tx, author, scheduled_id).id)


def publish(tx: Tx, gate: AsksGate, row: ScheduledRow, *, limit_chars: int) -> Outcome[PostRow | None]:
    """Publish it as its author would now. None when it is there no longer, or for another time. Raises CannotPublish."""
    author = actors.by_id(tx, row.owner_id)
    if author is None or scheduled.one(tx, row.owner_id, row.id) != row:
        return Outcome(None)
    if author.state != "active":
        raise cannot("scheduled_by_nobody", writer_of(tx, author).locale)
    scheduled.remove(tx, row.id)
    made = post.publish(tx, gate, author, draft_of(row), limit_chars=limit_chars)
    return Outcome(made.value, made.drafts)


def refuse(tx: Tx, row: ScheduledRow, *, why: str) -> None:
    """Keep it, with the reason why it was not published at its time, unless its author has changed it meanwhile."""
    if scheduled.one(tx, row.owner_id, row.id) == row:
        scheduled.refuse(tx, row.id, why)


def draft_of(row: ScheduledRow) -> PostDraft:
    """What will be published."""
    said = orjson.loads(row.draft)
    poll = said["poll"]
    if poll is not None:
        said["poll"] = PollDraft(**poll | {"options": tuple(poll["options"])})
    said["media_ids"] = tuple(said["media_ids"])
    said["media_words"] = tuple(MediaWords(**words) for words in said["media_words"])
    return PostDraft(**said)


def _written(draft: PostDraft) -> str:
    said = {field.name: getattr(draft, field.name) for field in fields(draft)}
    poll = draft.poll._asdict() if draft.poll else None
    words = [each._asdict() for each in draft.media_words]
    return orjson.dumps(said | {"poll": poll, "media_words": words}).decode()


def _own(tx: Tx, author: ActorRow, scheduled_id: int) -> ScheduledRow:
    row = scheduled.one(tx, author.id, scheduled_id)
    if row is None:
        raise NotFound("scheduled post of yours")
    return row


def _check_time(tx: Tx, author: ActorRow, due_at_ms: int) -> None:
    if due_at_ms < tx.now_ms + AHEAD_MS:
        locale = writer_of(tx, author).locale
        raise cannot("scheduled_too_soon", locale, field=_FIELD, minutes=AHEAD_MS // 60_000)


def _check_limits(tx: Tx, author: ActorRow, due_at_ms: int) -> None:
    day_ms = due_at_ms - due_at_ms % DAY_MS
    for rule, limit, from_ms, until_ms in (
        ("scheduled_too_many", TOTAL_LIMIT, 0, _FOREVER_MS),
        ("scheduled_too_many_a_day", DAILY_LIMIT, day_ms, day_ms + DAY_MS),
    ):
        if scheduled.count(tx, author.id, from_ms=from_ms, until_ms=until_ms) >= limit:
            raise cannot(rule, writer_of(tx, author).locale, field=_FIELD, limit=limit)
