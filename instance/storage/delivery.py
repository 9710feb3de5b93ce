"""Letters on their way, and one lane for each host. The rule kept here: a letter is a row before it is a request, and settled only by a result."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, func, insert, null, select, update

from federation.letters import Outbound
from instance import ids
from instance.events import LettersQueued
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table, upsert
from instance.storage.tables import Delivery, Lane, Outgoing

QUEUED, DONE, REFUSED, CLOSED, EXPIRED = "queued", "done", "refused", "closed", "expired"
_FAILED = array([REFUSED, CLOSED, EXPIRED])


class LetterRow(NamedTuple):
    """A letter that waits, as it was sealed."""

    id: int
    host: str
    inbox: str
    activity_iri: str
    signer: str
    rule: str
    space: str
    body: bytes
    seal: bytes
    attempts: int
    created_at_ms: int

    def outbound(self) -> Outbound:
        """The letter as the gate made it, its seal to be checked."""
        return Outbound(
            self.id,
            self.host,
            self.inbox,
            self.activity_iri,
            self.signer,
            self.rule,
            self.space,
            self.body,
            self.seal,
        )


class SettledRow(NamedTuple):
    """A letter that did not arrive, for those who look after the node."""

    id: int
    host: str
    activity_iri: str
    state: str
    attempts: int
    created_at_ms: int
    settled_at_ms: int | None
    last_error: str


class LaneRow(NamedTuple):
    """The line of letters to a host."""

    host: str
    due_at_ms: int
    failures: int
    leased_until_ms: int
    last_status: int | None
    last_error: str
    reached_at_ms: int | None


class Result(NamedTuple):
    """What became of one letter: its new state (`queued` when it is tried again), and why."""

    letter_id: int
    state: str
    error: str = ""


class WaitingRow(NamedTuple):
    """The letters that wait for a host, and since when."""

    host: str
    letters: int
    oldest_at_ms: int


_d, _o, _l = columns(Delivery), columns(Outgoing), columns(Lane)
_LETTER = (
    _d.id,
    _d.host,
    _d.inbox,
    _o.activity_iri,
    _d.signer,
    _d.rule,
    _d.space,
    _o.body,
    _d.seal,
    _d.attempts,
    _d.created_at_ms,
)
_QUEUED_ONES = exists().where(_d.host == _l.host, _d.state == QUEUED)
_ADD_OUTGOING = Command(insert(table(Outgoing)))
_ADD_LETTER = Command(insert(table(Delivery)))
_OPEN_LANE = Command(insert_or_ignore(Lane))
_NEXT = Query(
    select(*_LETTER)
    .join_from(table(Delivery), table(Outgoing), _d.outgoing_id == _o.id)
    .where(_d.host == bindparam("host"), _d.state == QUEUED)
    .order_by(_d.id)
    .limit(bindparam("limit")),
    LetterRow,
)
_LANES = Query(select(*(_l[name] for name in LaneRow._fields)).order_by(_l.host), LaneRow)
_BUSY_LANES = Query(select(*(_l[name] for name in LaneRow._fields)).where(_QUEUED_ONES), LaneRow)
_LANE = Query(select(*(_l[name] for name in LaneRow._fields)).where(_l.host == bindparam("host")), LaneRow)
_LEASE = Command(
    update(table(Lane))
    .where(_l.host == bindparam("lane_host"), _l.leased_until_ms <= bindparam("now"))
    .values(leased_until_ms=bindparam("until"))
)
_RELEASE_ALL = Command(update(table(Lane)).values(leased_until_ms=0))
_SET_LANE = Command(
    upsert(
        Lane,
        ["host"],
        ["due_at_ms", "failures", "leased_until_ms", "last_status", "last_error", "reached_at_ms"],
    )
)
_DUE_NOW = Command(
    update(table(Lane))
    .where(_l.host == bindparam("lane_host"))
    .values(due_at_ms=bindparam("now"), failures=0)
)
_SETTLE = Command(
    update(table(Delivery))
    .where(_d.id == bindparam("letter_id"), _d.state == QUEUED)
    .values(
        state=bindparam("new_state"),
        attempts=_d.attempts + bindparam("tries"),
        settled_at_ms=bindparam("at_ms"),
        last_error=bindparam("error"),
    )
)
_WAITING = Query(
    select(_d.host, func.count(), func.min(_d.created_at_ms)).where(_d.state == QUEUED).group_by(_d.host),
    WaitingRow,
)
_UNDELIVERED = Query(
    select(
        _d.id,
        _d.host,
        _o.activity_iri,
        _d.state,
        _d.attempts,
        _d.created_at_ms,
        _d.settled_at_ms,
        _d.last_error,
    )
    .join_from(table(Delivery), table(Outgoing), _d.outgoing_id == _o.id)
    .where(_d.host == bindparam("host"), in_list(_d.state, "states"))
    .order_by(_d.id.desc())
    .limit(bindparam("limit")),
    SettledRow,
)
_REQUEUE = Command(
    update(table(Delivery))
    .where(_d.host == bindparam("lane_host"), in_list(_d.state, "states"))
    .values(state=QUEUED, settled_at_ms=null(), created_at_ms=bindparam("now"), attempts=0)
)
_EXPIRE = Command(
    update(table(Delivery))
    .where(
        _d.host == bindparam("lane_host"),
        _d.state == QUEUED,
        _d.created_at_ms < bindparam("before_ms"),
        _d.rule != "released_takeback",
    )
    .values(state=EXPIRED, settled_at_ms=bindparam("now"))
)
_CLOSE_INBOX = Command(
    update(table(Delivery))
    .where(_d.host == bindparam("lane_host"), _d.inbox == bindparam("at_inbox"), _d.state == QUEUED)
    .values(state=CLOSED, settled_at_ms=bindparam("now"), last_error="gone")
)
_ABOUT = _d.outgoing_id.in_(select(_o.id).where(in_list(_o.activity_iri, "iris")))
_UNSEND = Command(
    update(table(Delivery))
    .where(_ABOUT, _d.state != DONE)
    .values(state=CLOSED, settled_at_ms=bindparam("now"), last_error="deleted")
)
_EMPTY = Command(update(table(Outgoing)).where(in_list(_o.activity_iri, "iris")).values(body=b""))
_FORGET_LETTERS = Command(
    delete(table(Delivery)).where(_d.state != QUEUED, _d.settled_at_ms < bindparam("before_ms"))
)
_FORGET_OUTGOING = Command(delete(table(Outgoing)).where(~exists().where(_d.outgoing_id == _o.id)))


def enqueue(tx: Tx, letters: Iterable[Outbound]) -> None:
    """Queue sealed letters of one activity; their bytes are kept once."""
    waiting = list(letters)
    if not waiting:
        return
    outgoing_id = ids.snowflake(tx.now_ms)
    tx.run(_ADD_OUTGOING, id=outgoing_id, activity_iri=waiting[0].activity, body=waiting[0].body)
    tx.run_many(_ADD_LETTER, [_letter(tx, letter, outgoing_id) for letter in waiting])
    hosts = tuple(dict.fromkeys(letter.host for letter in waiting))
    tx.run_many(_OPEN_LANE, [{"host": host, "due_at_ms": tx.now_ms} for host in hosts])
    tx.emit(LettersQueued(hosts))


def _letter(tx: Tx, letter: Outbound, outgoing_id: int) -> dict[str, object]:
    return {
        "id": letter.id,
        "host": letter.host,
        "inbox": letter.inbox,
        "outgoing_id": outgoing_id,
        "signer": letter.signer,
        "rule": letter.rule,
        "space": letter.space,
        "seal": letter.seal,
        "created_at_ms": tx.now_ms,
    }


def lease(tx: Tx, host: str, *, until_ms: int) -> bool:
    """Take a lane for one worker until a time; False while another one holds it."""
    return tx.run(_LEASE, lane_host=host, now=tx.now_ms, until=until_ms) == 1


def release_all(tx: Tx) -> None:
    """Void every lease. For the start of the one process that delivers: whoever held them has died."""
    tx.run(_RELEASE_ALL)


def next_letters(tx: Tx, host: str, limit: int) -> list[LetterRow]:
    """The first letters that wait for a host, in order, with their bytes."""
    return tx.all(_NEXT, host=host, limit=limit)


def settle(tx: Tx, results: Iterable[Result]) -> None:
    """Write what became of letters that were tried. One tried again keeps its place at the head of its lane."""
    rows: list[Mapping[str, object]] = [
        {
            "letter_id": result.letter_id,
            "new_state": result.state,
            "tries": 1,
            "at_ms": None if result.state == QUEUED else tx.now_ms,
            "error": result.error,
        }
        for result in results
    ]
    tx.run_many(_SETTLE, rows)


def expire(tx: Tx, host: str, *, before_ms: int) -> int:
    """Give up the letters to a host that have waited since before a time; how many. What takes something back waits as long as its way is open."""
    return tx.run(_EXPIRE, lane_host=host, before_ms=before_ms, now=tx.now_ms)


def close_inbox(tx: Tx, host: str, inbox: str) -> int:
    """Stop what waits for an inbox whose reader is gone; how many letters."""
    count = tx.run(_CLOSE_INBOX, lane_host=host, at_inbox=inbox, now=tx.now_ms)
    try_now(tx, host)
    return count


def lane(tx: Tx, host: str) -> LaneRow | None:
    """The lane of a host."""
    return tx.first(_LANE, host=host)


def lanes(tx: Tx) -> list[LaneRow]:
    """Every lane, by host."""
    return tx.all(_LANES)


def busy_lanes(tx: Tx) -> list[LaneRow]:
    """The lanes in which letters wait."""
    return tx.all(_BUSY_LANES)


def set_lane(tx: Tx, row: LaneRow) -> None:
    """Write how a lane fares and when it is next tried."""
    tx.run(_SET_LANE, **row._asdict())


def try_now(tx: Tx, host: str) -> None:
    """Make a lane due at once, its failures forgotten (the host was heard, or an administrator asked)."""
    if tx.run(_DUE_NOW, lane_host=host, now=tx.now_ms):
        tx.emit(LettersQueued((host,)))


def waiting(tx: Tx) -> list[WaitingRow]:
    """For each host how many letters wait, and since when."""
    return tx.all(_WAITING)


def undelivered(tx: Tx, host: str, limit: int) -> list[SettledRow]:
    """Letters to a host that were refused, closed or given up, newest first, with the reason."""
    return tx.all(_UNDELIVERED, host=host, states=_FAILED, limit=limit)


def queue_again(tx: Tx, host: str) -> int:
    """Queue again what a host refused or what was given up (not what the gate closed), each as if it were new, and try now; how many letters."""
    count = tx.run(_REQUEUE, lane_host=host, states=array([REFUSED, EXPIRED]), now=tx.now_ms)
    try_now(tx, host)
    return count


def unsend(tx: Tx, activity_iris: Iterable[str]) -> None:
    """Empty the letters that carry these activities, which somebody has deleted: what has not arrived by now shall not.

    Who misses the entry asks for it, and gets its envelope.
    """
    iris = array(activity_iris)
    tx.run(_UNSEND, iris=iris, now=tx.now_ms)
    tx.run(_EMPTY, iris=iris)


def forget(tx: Tx, *, before_ms: int) -> int:
    """Drop letters settled before a time, and bytes that no letter needs any more; how many letters."""
    count = tx.run(_FORGET_LETTERS, before_ms=before_ms)
    tx.run(_FORGET_OUTGOING)
    return count
