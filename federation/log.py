"""The project log, pure: entries, how they chain, heads, gaps, forks, redaction.

The rule kept here: each party's sequence is a chain that one party alone writes, and anybody can check.

An entry is an activity with a `log` property and its author's integrity proof:

    "log": {"project": <IRI>, "party": <host>, "seq": <1, 2, 3 …>, "prev": <hash of entry seq - 1; absent at 1>}

The hash of an entry is the SHA-256, in lower-case hex, of the canonical JSON (RFC 8785) of the whole activity, proof included.

A redacted entry keeps its envelope: its object is only an id, `redacted` is true and `entryHash` says the hash it had. Its own proof
no longer fits, so it is believed through its successor: the next entry of that party is proven and names the hash as `prev`. A deletion is
itself a later entry of the same party, so a redacted entry always has a proven successor.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import NamedTuple

from federation.compact import compacted, compacted_part
from federation.document import Document, id_of
from federation.errors import Malformed
from federation.jcs import canonical
from federation.origin import host_of

HEADER = "Cordee-Heads"
_HEX = frozenset("0123456789abcdef")
_KEPT_WHEN_REDACTED = ("@context", "id", "type", "actor", "published", "log")
_HEADS_LIMIT = 64
_NAMED = re.compile(r"<(?P<project>[^<>]+)>(?P<heads>|\s*;.*)")
_HEAD = re.compile(r"(?P<party>[^\s=<>]+)=(?P<seq>[1-9][0-9]{0,14}):(?P<hash>[0-9a-f]{64})")


class Head(NamedTuple):
    """The end of a party's sequence: its last number and that entry's hash."""

    seq: int
    hash: str


Heads = dict[str, Head]


@dataclass(frozen=True, slots=True)
class Entry:
    """The place of an activity in a project's log."""

    project: str
    party: str
    seq: int
    prev: str | None
    hash: str
    iri: str


class Place(Enum):
    """Where an entry stands with regard to what we hold of its party."""

    APPEND = "append"
    DUPLICATE = "duplicate"
    GAP = "gap"
    FORK = "fork"


class Placement(NamedTuple):
    """The place of an entry; for a gap the first and last missing numbers."""

    place: Place
    first: int = 0
    last: int = 0


def log_fields(*, project: str, party: str, head: Head | None) -> Document:
    """The `log` property of the entry that comes after `head`."""
    fields: Document = {"project": project, "party": party, "seq": head.seq + 1 if head else 1}
    return {**fields, "prev": head.hash} if head else fields


def entry_hash(document: Document) -> str:
    """The hash of an entry; of a redacted one the hash it had."""
    if is_redacted(document):
        return _hash(document.get("entryHash"), "entryHash")
    return sha256(canonical(document)).hexdigest()


def is_redacted(document: Document) -> bool:
    """Whether only the envelope of this entry is left."""
    return document.get("redacted") is True


def entry_of(document: Document) -> Entry | None:
    """The place that an activity claims in a project's log, or None when it is in none.

    Raises Malformed("bad_log") naming the field, or Malformed("log_party") when the party is not the actor's own host.
    """
    fields = document.get("log")
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise _bad("log")
    project, party, seq = fields.get("project"), fields.get("party"), fields.get("seq")
    if not isinstance(project, str) or not isinstance(party, str):
        raise _bad("log.project" if not isinstance(project, str) else "log.party")
    if type(seq) is not int or not 0 < seq < 2**53:
        raise _bad("log.seq")
    prev = None if seq == 1 and "prev" not in fields else _hash(fields.get("prev"), "log.prev")
    if seq == 1 and prev is not None:
        raise _bad("log.prev")
    said = compacted_part(document, "id", "actor")
    actor, iri = id_of(said.get("actor")), id_of(said)
    if actor is None or iri is None or host_of(actor) != party or host_of(iri) != party:
        raise Malformed(
            "log_party", party, safe="log.party must be the host of the actor and of the activity."
        )
    return Entry(project, party, seq, prev, entry_hash(document), iri)


def _bad(field: str) -> Malformed:
    return Malformed("bad_log", field, safe=f"{field} cannot be read.")


def _hash(value: object, field: str) -> str:
    if not isinstance(value, str) or len(value) != 64 or not set(value) <= _HEX:
        raise _bad(field)
    return value


def check_next(head: Head | None, entry: Entry, *, held_hash: str | None = None) -> Placement:
    """Where `entry` stands behind `head`; `held_hash` is the hash we hold at its number, if we hold one."""
    end = head or Head(0, "")
    if held_hash is not None:
        return Placement(Place.DUPLICATE if held_hash == entry.hash else Place.FORK)
    if entry.seq <= end.seq:
        return Placement(Place.DUPLICATE if entry.seq == end.seq and entry.hash == end.hash else Place.FORK)
    if entry.seq > end.seq + 1:
        return Placement(Place.GAP, end.seq + 1, entry.seq - 1)
    return Placement(Place.APPEND if (entry.prev or "") == end.hash else Place.FORK)


def check_chain(entries: Iterable[Entry]) -> Head | None:
    """The head of a party's entries given in order from the first. Raises Malformed("broken_chain") at the first that does not fit."""
    head: Head | None = None
    for entry in entries:
        if check_next(head, entry).place is not Place.APPEND:
            raise Malformed("broken_chain", f"{entry.party} {entry.seq}")
        head = Head(entry.seq, entry.hash)
    return head


def gaps(ours: Heads, theirs: Heads) -> dict[str, tuple[int, int]]:
    """For each party, the first and last entries that `theirs` has and `ours` lacks."""
    none = Head(0, "")
    return {
        party: (ours.get(party, none).seq + 1, head.seq)
        for party, head in theirs.items()
        if head.seq > ours.get(party, none).seq
    }


def redacted(document: Document) -> Document:
    """The envelope of an entry whose content is gone. Redacting twice changes nothing."""
    if is_redacted(document):
        return document
    said = compacted(document)
    kept = {name: document.get(name, said[name]) for name in _KEPT_WHEN_REDACTED if name in said}
    return {
        **kept,
        "object": id_of(said.get("object")),
        "redacted": True,
        "entryHash": entry_hash(document),
    }


def heads_header(project: str, heads: Heads) -> str:
    """Heads as one HTTP header value: `<project IRI>; host=seq:hash; …`, parties in order."""
    return "; ".join(
        [f"<{project}>", *(f"{party}={heads[party].seq}:{heads[party].hash}" for party in sorted(heads))]
    )


def parse_heads(value: str) -> tuple[str, Heads]:
    """The project and heads of a `Cordee-Heads` header. Raises Malformed("bad_heads")."""
    named = _NAMED.fullmatch(value)
    items = named["heads"].split(";")[1:] if named else []
    read = [_HEAD.fullmatch(item.strip()) for item in items]
    heads: Heads = {found["party"]: Head(int(found["seq"]), found["hash"]) for found in read if found}
    if named is None or len(heads) != len(items) or len(heads) > _HEADS_LIMIT:
        raise Malformed("bad_heads", value[:200], safe=f"{HEADER} cannot be read.")
    return named["project"], heads
