"""The ledger of what left and what was held back, as rows. The rule kept here: a line is only ever added, and covers the one before.

The hash of a line is the SHA-256, in hex, over the canonical JSON (RFC 8785) of all its columns but `hash`, and `prev`, the hash of the
line before (64 zeros for the first). Lines are numbered from 1 without a hole.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select

from federation.jcs import canonical
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table
from instance.storage.tables import LedgerLine

GENESIS = "0" * 64
PAGE = 1_000

# For migrations. Without the third, INSERT OR REPLACE would rewrite a line without touching the first two.
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
_OUT_OF_ORDER = "NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger)"
TRIGGERS = (
    f"CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger {_REFUSE}",
    f"CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger {_REFUSE}",
    f"CREATE TRIGGER ledger_in_order BEFORE INSERT ON ledger WHEN {_OUT_OF_ORDER} {_REFUSE}",
)


class Entry(NamedTuple):
    """What a line says. `names` is a JSON array; `digest` the SHA-256, in hex, of the letter's bytes."""

    at_ms: int
    verdict: str
    letter: str
    rule: str
    host: str
    space: str
    what: str
    names: str
    label: int
    size_bytes: int
    digest: str


class LineRow(NamedTuple):
    """A line as it stands in the ledger."""

    seq: int
    at_ms: int
    verdict: str
    letter: str
    rule: str
    host: str
    space: str
    what: str
    names: str
    label: int
    size_bytes: int
    digest: str
    hash: str


class LedgerHead(NamedTuple):
    """The end of the ledger. Kept elsewhere, it shows later that nothing was cut off."""

    seq: int
    hash: str


_line = columns(LedgerLine)
_COLUMNS = [_line[name] for name in LineRow._fields]
_APPEND = Command(insert(table(LedgerLine)))
_HEAD = Query(select(_line.seq, _line.hash).order_by(_line.seq.desc()).limit(1), LedgerHead)
_NEXT = Query(
    select(*_COLUMNS).where(_line.seq > bindparam("after")).order_by(_line.seq).limit(bindparam("limit")),
    LineRow,
)


def append(tx: Tx, entries: Iterable[Entry]) -> None:
    """Add lines, in order."""
    head = last(tx)
    rows: list[Mapping[str, int | str]] = []
    for entry in entries:
        fields = {"seq": head.seq + 1, **entry._asdict()}
        head = LedgerHead(head.seq + 1, hash_of(fields, head.hash))
        rows.append({**fields, "hash": head.hash})
    tx.run_many(_APPEND, rows)


def last(tx: Tx) -> LedgerHead:
    """The end of the ledger; of an empty one number 0."""
    return tx.first(_HEAD) or LedgerHead(0, GENESIS)


def hash_of(fields: dict[str, int | str], prev: str) -> str:
    """The hash of a line with these columns (without `hash`) after the line whose hash is `prev`."""
    return hashlib.sha256(canonical({**fields, "prev": prev})).hexdigest()


def lines(
    tx: Tx,
    *,
    host: str | None = None,
    verdict: str | None = None,
    space: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[LineRow]:
    """The newest lines, newest first, of one host, verdict or space where these are given, older than line `before`."""
    given = {
        name: value
        for name, value in (("host", host), ("verdict", verdict), ("space", space))
        if value is not None
    }
    return tx.all(_newest(tuple(given)), before=before or 1 << 62, limit=limit, **given)


def in_order(tx: Tx) -> Iterator[LineRow]:
    """Every line from the first on, a page at a time."""
    after = 0
    while page := tx.all(_NEXT, after=after, limit=PAGE):
        yield from page
        after = page[-1].seq


@lru_cache(maxsize=8)
def _newest(given: tuple[str, ...]) -> Query[LineRow]:
    """One statement for each set of conditions, so that each takes its index."""
    statement = select(*_COLUMNS).where(
        _line.seq < bindparam("before"), *(_line[name] == bindparam(name) for name in given)
    )
    return Query(statement.order_by(_line.seq.desc()).limit(bindparam("limit")), LineRow)
