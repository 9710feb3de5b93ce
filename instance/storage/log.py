"""The log of projects as rows: entries, heads, forks, receipts. The rule kept here: an entry's place and hash never change; only its content can go."""

from collections.abc import Iterable
from typing import NamedTuple

import orjson
from sqlalchemy import bindparam, delete, insert, select, update

from federation.document import first_type
from federation.log import Head, redacted
from instance import ids
from instance.storage import delivery
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, insert_or_ignore, table, upsert
from instance.storage.tables import LogEntry, LogFork, LogHead, LogReceipt

HELD, APPLIED, IGNORED, REDACTED = "held", "applied", "ignored", "redacted"
FORKS_KEPT = 8
_WITH_CONTENT = frozenset({"Create", "Update"})


class EntryRow(NamedTuple):
    """One entry of a party's sequence; `document` is JSON text, `rule` names why it was ignored."""

    project_iri: str
    party: str
    seq: int
    hash: str
    prev: str | None
    activity_iri: str
    object_iri: str
    state: str
    rule: str
    document: str
    received_at_ms: int


class HeadRow(NamedTuple):
    """The end of a party's unbroken sequence as this node holds it."""

    project_iri: str
    party: str
    seq: int
    hash: str


class ForkRow(NamedTuple):
    """A second entry with a number already taken."""

    id: int
    project_iri: str
    party: str
    seq: int
    hash: str
    document: str
    noticed_at_ms: int


class ReceiptRow(NamedTuple):
    """What `holder` says it holds: entries of `party` up to `seq`."""

    project_iri: str
    holder: str
    party: str
    seq: int
    hash: str
    at_ms: int


class _Hash(NamedTuple):
    hash: str


_e, _h, _f, _r = columns(LogEntry), columns(LogHead), columns(LogFork), columns(LogReceipt)
_ENTRY = select(*(_e[name] for name in EntryRow._fields))
_SEQUENCE = (_e.project_iri == bindparam("project_iri"), _e.party == bindparam("party"))
_PLACE = (*_SEQUENCE, _e.seq == bindparam("seq"))

_HEAD = Query(
    select(*(_h[name] for name in HeadRow._fields)).where(
        _h.project_iri == bindparam("project_iri"), _h.party == bindparam("party")
    ),
    HeadRow,
)
_HEADS = Query(
    select(*(_h[name] for name in HeadRow._fields))
    .where(_h.project_iri == bindparam("project_iri"))
    .order_by(_h.party),
    HeadRow,
)
_SET_HEAD = Command(upsert(LogHead, ["project_iri", "party"], ["seq", "hash"]))
_AT = Query(_ENTRY.where(*_PLACE), EntryRow)
_HASH_AT = Query(select(_e.hash).where(*_PLACE), _Hash)
_OF_ACTIVITY = Query(_ENTRY.where(_e.activity_iri == bindparam("activity_iri")), EntryRow)
_OF_OBJECT = Query(
    _ENTRY.where(_e.object_iri == bindparam("object_iri"), _e.project_iri == bindparam("project_iri")),
    EntryRow,
)
_AFTER = Query(
    _ENTRY.where(*_SEQUENCE, _e.seq > bindparam("after"), _e.seq <= bindparam("upto"))
    .order_by(_e.seq)
    .limit(bindparam("limit")),
    EntryRow,
)
_FIRST_HELD = Query(
    _ENTRY.where(*_SEQUENCE, _e.state == HELD).order_by(_e.seq).limit(1),
    EntryRow,
)
_INSERT = Command(insert(table(LogEntry)))
_HOLD = Command(insert_or_ignore(LogEntry))
_SETTLE = Command(
    update(table(LogEntry)).where(*_PLACE).values(state=bindparam("new_state"), rule=bindparam("new_rule"))
)
_REDACT = Command(
    update(table(LogEntry)).where(*_PLACE).values(state=REDACTED, document=bindparam("new_document"))
)
_DROP = Command(delete(table(LogEntry)).where(*_PLACE, _e.state == HELD))
_ADD_FORK = Command(insert(table(LogFork)))
_FORKS = Query(
    select(*(_f[name] for name in ForkRow._fields))
    .where(_f.project_iri == bindparam("project_iri"))
    .order_by(_f.id),
    ForkRow,
)
_SET_RECEIPT = Command(upsert(LogReceipt, ["project_iri", "holder", "party"], ["seq", "hash", "at_ms"]))
_RECEIPTS = Query(
    select(*(_r[name] for name in ReceiptRow._fields)).where(_r.project_iri == bindparam("project_iri")),
    ReceiptRow,
)
_RECEIPT = Query(
    select(*(_r[name] for name in ReceiptRow._fields)).where(
        _r.project_iri == bindparam("project_iri"),
        _r.holder == bindparam("holder"),
        _r.party == bindparam("party"),
    ),
    ReceiptRow,
)
_PAST = Query(
    select(*(_r[name] for name in ReceiptRow._fields)).where(
        _r.project_iri == bindparam("project_iri"),
        _r.party == bindparam("party"),
        _r.seq > bindparam("past_seq"),
    ),
    ReceiptRow,
)


def head(tx: Tx, project_iri: str, party: str) -> Head | None:
    """The end of a party's unbroken sequence."""
    row = tx.first(_HEAD, project_iri=project_iri, party=party)
    return None if row is None else Head(row.seq, row.hash)


def heads(tx: Tx, project_iri: str) -> dict[str, Head]:
    """The version vector: for each party the end of its sequence as we hold it."""
    return {row.party: Head(row.seq, row.hash) for row in tx.all(_HEADS, project_iri=project_iri)}


def append(tx: Tx, entry: EntryRow) -> None:
    """Write the next entry of a party's sequence and move its head. The caller has checked its place."""
    tx.run(_INSERT, **entry._asdict())
    _set_head(tx, entry)


def hold(tx: Tx, entry: EntryRow) -> bool:
    """Keep an entry that came before those in front of it; False when it is held already."""
    return tx.run(_HOLD, **entry._asdict()) == 1


def decide(tx: Tx, entry: EntryRow, *, state: str, rule: str) -> None:
    """Write what an entry became, at another look."""
    place = {"project_iri": entry.project_iri, "party": entry.party, "seq": entry.seq}
    tx.run(_SETTLE, **place, new_state=state, new_rule=rule)


def settle(tx: Tx, entry: EntryRow, *, state: str, rule: str) -> None:
    """A held entry has its turn: it becomes applied, ignored or redacted, and the head."""
    decide(tx, entry, state=state, rule=rule)
    _set_head(tx, entry)


def about(tx: Tx, project_iri: str, object_iri: str, *, state: str) -> list[EntryRow]:
    """The entries in one state that act on this object, as they came in."""
    found = tx.all(_OF_OBJECT, project_iri=project_iri, object_iri=object_iri)
    return sorted((row for row in found if row.state == state), key=lambda row: (row.received_at_ms, row.seq))


def drop_held(tx: Tx, entry: EntryRow) -> None:
    """Take a held entry out of the sequence again: it does not fit what came before it."""
    tx.run(_DROP, project_iri=entry.project_iri, party=entry.party, seq=entry.seq)


def at(tx: Tx, project_iri: str, party: str, *, seq: int) -> EntryRow | None:
    """The entry with this number, held ones included."""
    return tx.first(_AT, project_iri=project_iri, party=party, seq=seq)


def hash_at(tx: Tx, project_iri: str, party: str, *, seq: int) -> str | None:
    """The hash of the entry with this number, held ones included."""
    found = tx.first(_HASH_AT, project_iri=project_iri, party=party, seq=seq)
    return found.hash if found else None


def first_held(tx: Tx, project_iri: str, party: str) -> EntryRow | None:
    """The first entry of a party that waits for those before it."""
    return tx.first(_FIRST_HELD, project_iri=project_iri, party=party)


def after(tx: Tx, project_iri: str, party: str, *, seq: int, upto: int, limit: int) -> list[EntryRow]:
    """Up to `limit` entries of a party behind `seq`, in order, none past `upto`."""
    return tx.all(_AFTER, project_iri=project_iri, party=party, after=seq, upto=upto, limit=limit)


def of_activity(tx: Tx, activity_iri: str) -> EntryRow | None:
    """The entry that is this activity."""
    return tx.first(_OF_ACTIVITY, activity_iri=activity_iri)


def redact(tx: Tx, project_iri: str, object_iri: str) -> int:
    """Take the content out of every entry that carried this object, and out of its letters; keep its envelope and hash. How many there were."""
    carried = [
        (row, document)
        for row in tx.all(_OF_OBJECT, project_iri=project_iri, object_iri=object_iri)
        if first_type(document := orjson.loads(row.document)) in _WITH_CONTENT
    ]
    for row, document in carried:
        place = {"project_iri": row.project_iri, "party": row.party, "seq": row.seq}
        tx.run(_REDACT, **place, new_document=orjson.dumps(redacted(document)).decode())
    delivery.unsend(tx, [row.activity_iri for row, _ in carried])
    return len(carried)


def add_fork(tx: Tx, entry: EntryRow) -> None:
    """Keep the evidence of a second entry with a number already taken: each once, and a few for one number."""
    known = [
        row.hash for row in forks(tx, entry.project_iri) if (row.party, row.seq) == (entry.party, entry.seq)
    ]
    if entry.hash in known or len(known) >= FORKS_KEPT:
        return
    tx.run(
        _ADD_FORK,
        id=ids.snowflake(tx.now_ms),
        project_iri=entry.project_iri,
        party=entry.party,
        seq=entry.seq,
        hash=entry.hash,
        document=entry.document,
        noticed_at_ms=tx.now_ms,
    )


def forks(tx: Tx, project_iri: str) -> list[ForkRow]:
    """The forks noticed in a project's log, oldest first."""
    return tx.all(_FORKS, project_iri=project_iri)


def put_receipts(tx: Tx, project_iri: str, holder: str, held: Iterable[tuple[str, Head]]) -> None:
    """Note what `holder` says it holds, party by party."""
    common = {"project_iri": project_iri, "holder": holder, "at_ms": tx.now_ms}
    tx.run_many(_SET_RECEIPT, [{**common, "party": party, **head._asdict()} for party, head in held])


def receipts(tx: Tx, project_iri: str) -> list[ReceiptRow]:
    """What every other node said last that it holds of a project's log."""
    return tx.all(_RECEIPTS, project_iri=project_iri)


def receipt(tx: Tx, project_iri: str, *, holder: str, party: str) -> ReceiptRow | None:
    """How far `holder` said last that it holds the entries of `party`."""
    return tx.first(_RECEIPT, project_iri=project_iri, holder=holder, party=party)


def past(tx: Tx, project_iri: str, party: str, *, seq: int) -> list[ReceiptRow]:
    """Who said last that it holds entries of `party` past a number."""
    return tx.all(_PAST, project_iri=project_iri, party=party, past_seq=seq)


def _set_head(tx: Tx, entry: EntryRow) -> None:
    tx.run(_SET_HEAD, project_iri=entry.project_iri, party=entry.party, seq=entry.seq, hash=entry.hash)
