"""What guests have of a project, and what they have yet to be told. The rule kept here: what was said to a host is read from its letters.

A note has one IRI for good, made of what it stands for with a secret of the node: who restores a backup says nothing anew.
"""

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, delete, func, or_, select, update

from instance import renaming
from instance.storage import other_names
from instance.storage.database import Command, Query, Tx
from instance.storage.delivery import CLOSED, DONE, EXPIRED, QUEUED, REFUSED
from instance.storage.guest_tables import BOOST as BOOST
from instance.storage.guest_tables import NOTE as NOTE
from instance.storage.guest_tables import Guest, GuestFollower, GuestNote, GuestOwed
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Delivery, Meta, Outgoing

_SECRET = "guest_secret"  # noqa: S105  the name of a row
_AGAIN = "said_again"
_NAME_LETTERS = 32
REMEMBERED_MS = 80 * 24 * 3_600_000  # letters are forgotten after 90 days: what is older was said


class NoteRow(NamedTuple):
    """What guests have in place of a post or boost. All columns of the table, in order."""

    id: int
    iri: str
    project_iri: str
    source_iri: str
    kind: str
    created_at_ms: int
    deleted_at_ms: int | None
    about_iri: str = ""
    version: int = 0
    digest: str = ""
    reworded_at_ms: int | None = None


class Told(NamedTuple):
    """The activities about a note that letters to one host carried: those that arrived or will, and all that may have."""

    said: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()


class Listener(NamedTuple):
    """A host that IT lets in from which somebody follows a project or did; `since_ms` is None when nobody does now."""

    host: str
    since_ms: int | None


class LostRow(NamedTuple):
    """A letter to a guest that did not arrive."""

    id: int
    host: str
    activity_iri: str


class OwedRow(NamedTuple):
    """A place where something is owed: how much."""

    project_iri: str
    host: str
    notes: int


class _Letter(NamedTuple):
    host: str
    activity_iri: str
    state: str


class _Value(NamedTuple):
    value: str


_n, _w, _g, _f = columns(GuestNote), columns(GuestOwed), columns(Guest), columns(GuestFollower)
_d, _o, _meta = columns(Delivery), columns(Outgoing), columns(Meta)
_LET_IN = (_g.revoked_at_ms.is_(None), or_(_g.ends_at_ms.is_(None), _g.ends_at_ms > bindparam("now_ms")))

_ADD = Command(insert_or_ignore(GuestNote))
_BY_IRIS = Query(select(*_n).where(in_list(_n.iri, "iris")), NoteRow)
_OF_SOURCE = Query(select(*_n).where(_n.source_iri == bindparam("of_source")), NoteRow)
_BOOSTS = Query(
    select(*_n).where(_n.about_iri == bindparam("about"), _n.kind == BOOST, _n.deleted_at_ms.is_(None)),
    NoteRow,
)
_OF_PROJECT = Query(
    select(*_n)
    .where(
        _n.project_iri == bindparam("of_project"),
        _n.id > bindparam("after_id"),
        _n.kind == NOTE,
        or_(_n.deleted_at_ms.is_(None), _n.deleted_at_ms > bindparam("since_ms")),
    )
    .order_by(_n.id)
    .limit(bindparam("limit")),
    NoteRow,
)
_GONE = Command(
    update(table(GuestNote)).where(_n.id == bindparam("note_id")).values(deleted_at_ms=bindparam("at_ms"))
)
_REWORD = Command(
    update(table(GuestNote))
    .where(_n.id == bindparam("note_id"))
    .values(version=bindparam("to_version"), digest=bindparam("to_digest"), reworded_at_ms=bindparam("at_ms"))
)
_STAND_FOR = Command(
    update(table(GuestNote)).where(_n.id == bindparam("note_id")).values(source_iri=bindparam("to_source"))
)
_LISTENERS = Query(
    select(_g.host, func.min(case((_f.ended_at_ms.is_(None), _f.since_ms))))
    .join_from(table(Guest), table(GuestFollower), and_(_f.project_iri == _g.project_iri, _f.host == _g.host))
    .where(_g.project_iri == bindparam("of_project"), *_LET_IN)
    .group_by(_g.host)
    .order_by(_g.host),
    Listener,
)
_TOLD = Query(
    select(_d.host, _o.activity_iri, _d.state)
    .join_from(table(Outgoing), table(Delivery), _d.outgoing_id == _o.id)
    .where(_o.activity_iri >= bindparam("from_iri"), _o.activity_iri < bindparam("to_iri")),
    _Letter,
)
_LOST = Query(
    select(_d.id, _d.host, _o.activity_iri)
    .join_from(table(Delivery), table(Outgoing), _d.outgoing_id == _o.id)
    .where(
        in_list(_d.host, "hosts"),
        _d.state.in_([CLOSED, EXPIRED]),
        _d.rule == "released_guest",
        _d.last_error.not_in(["deleted", _AGAIN]),
    )
    .order_by(_d.id)
    .limit(bindparam("limit")),
    LostRow,
)
_NOTE_LOST = Command(update(table(Delivery)).where(in_list(_d.id, "letters")).values(last_error=_AGAIN))
_OWE = Command(insert_or_ignore(GuestOwed))
_OWED = Query(
    select(_n.project_iri, _w.host, func.count())
    .join_from(table(GuestOwed), table(GuestNote), _n.id == _w.note_id)
    .group_by(_n.project_iri, _w.host),
    OwedRow,
)
_OWED_THERE = Query(
    select(*_n)
    .join_from(table(GuestOwed), table(GuestNote), _n.id == _w.note_id)
    .where(_w.host == bindparam("of_host"), _n.project_iri == bindparam("of_project"))
    .order_by(_n.id)
    .limit(bindparam("limit")),
    NoteRow,
)
_PAY = Command(delete(table(GuestOwed)).where(_w.host == bindparam("of_host"), in_list(_w.note_id, "notes")))
_READ_SECRET = Query(select(_meta.value).where(_meta.key == _SECRET), _Value)
_KEEP_SECRET = Command(insert_or_ignore(Meta))


def name_of(tx: Tx, source_iri: str) -> str:
    """What the IRI of a note ends in: always the same for the same source, and nobody outside can tell which that is."""
    return hmac.digest(secret(tx), source_iri.encode(), hashlib.sha256).hex()[:_NAME_LETTERS]


def secret(tx: Tx) -> bytes:
    """The secret that names of notes are made with: made once, and in every backup from then on."""
    found = tx.first(_READ_SECRET)
    if found is None:
        tx.run(_KEEP_SECRET, key=_SECRET, value=secrets.token_hex(32))
        found = tx.first(_READ_SECRET)
    assert found is not None
    return bytes.fromhex(found.value)


def add(tx: Tx, row: NoteRow) -> bool:
    """Write what guests have in place of something; False when there is something already."""
    return tx.run(_ADD, **row._asdict()) == 1


def by_iri(tx: Tx, iri: str) -> NoteRow | None:
    """What guests know by this IRI."""
    return by_iris(tx, [iri]).get(iri)


def by_iris(tx: Tx, iris: Collection[str]) -> dict[str, NoteRow]:
    """What guests know by these IRIs, or by the ones that those had under a name that we gave up."""
    backs = [[row.renaming.back] for row in other_names.former(tx, tx.home.host)]
    called = {renaming.iri(back, iri): iri for back in backs for iri in iris}
    return {called.get(row.iri, row.iri): row for row in tx.all(_BY_IRIS, iris=array({*iris, *called}))}


def of_source(tx: Tx, source_iri: str) -> NoteRow | None:
    """What guests have in place of the post or boost with this IRI."""
    return tx.first(_OF_SOURCE, of_source=source_iri)


def boosts_of(tx: Tx, post_iri: str) -> list[NoteRow]:
    """What guests have in place of the boosts of a post: one, as long as anybody boosts it."""
    return tx.all(_BOOSTS, about=post_iri)


def of_project(tx: Tx, project_iri: str, *, since_ms: int, after_id: int, limit: int) -> list[NoteRow]:
    """The notes behind `after_id` that guests of a project have, or had until after `since_ms`, oldest first."""
    return tx.all(_OF_PROJECT, of_project=project_iri, since_ms=since_ms, after_id=after_id, limit=limit)


def gone(tx: Tx, note_id: int) -> None:
    """Write that guests shall have it no longer."""
    tx.run(_GONE, note_id=note_id, at_ms=tx.now_ms)


def reword(tx: Tx, row: NoteRow) -> None:
    """Write which wording of a note is the last."""
    tx.run(_REWORD, note_id=row.id, to_version=row.version, to_digest=row.digest, at_ms=row.reworded_at_ms)


def stand_for(tx: Tx, note_id: int, *, source_iri: str) -> None:
    """Write that a boost stands for another one from now on."""
    tx.run(_STAND_FOR, note_id=note_id, to_source=source_iri)


def listeners(tx: Tx, project_iri: str) -> list[Listener]:
    """The hosts that IT lets in from which somebody follows a project, or did."""
    return tx.all(_LISTENERS, of_project=project_iri, now_ms=tx.now_ms)


def told(tx: Tx, iri: str) -> Mapping[str, Told]:
    """What letters said about the note with this IRI, by host. Letters are kept for 90 days."""
    letters = tx.all(_TOLD, from_iri=iri, to_iri=f"{iri}~")
    said: dict[str, set[str]] = defaultdict(set)
    tried: dict[str, set[str]] = defaultdict(set)
    for letter in letters:
        if letter.activity_iri.removeprefix(iri)[:1] not in {"", "/", "#"}:
            continue  # of another one, whose IRI begins alike
        tried[letter.host].add(letter.activity_iri)
        if letter.state in {QUEUED, DONE, REFUSED}:
            said[letter.host].add(letter.activity_iri)
    return {host: Told(frozenset(said[host]), frozenset(found)) for host, found in tried.items()}


def is_past_telling(tx: Tx, row: NoteRow) -> bool:
    """Whether letters cannot tell who has it: they are forgotten, or were written when activities had other ids."""
    return row.created_at_ms < tx.now_ms - REMEMBERED_MS or row.iri == tx.home.iri("notes", row.id)


def may_have(tx: Tx, row: NoteRow, host: str) -> bool:
    """Whether a host may have the note, as far as letters can tell."""
    return is_past_telling(tx, row) or bool(told(tx, row.iri).get(host, Told()).tried)


def lost(tx: Tx, hosts: Collection[str], limit: int) -> list[LostRow]:
    """Letters to these guest hosts that did not arrive because their way was shut or they waited too long, each once."""
    found = tx.all(_LOST, hosts=array(hosts), limit=limit) if hosts else []
    if found:
        tx.run(_NOTE_LOST, letters=array(row.id for row in found))
    return found


def owe(tx: Tx, host: str, note_id: int) -> None:
    """Write that a host has yet to be told something of a note."""
    tx.run(_OWE, host=host, note_id=note_id)


def owed(tx: Tx) -> list[OwedRow]:
    """Where something is owed, and how much."""
    return tx.all(_OWED)


def owed_there(tx: Tx, project_iri: str, host: str, limit: int) -> list[NoteRow]:
    """The notes of a project that a host has yet to be told something of, oldest first."""
    return tx.all(_OWED_THERE, of_project=project_iri, of_host=host, limit=limit)


def pay(tx: Tx, host: str, note_ids: Collection[int]) -> None:
    """Write that a host was told what there was to say of these notes, or will never be."""
    tx.run(_PAY, of_host=host, notes=array(note_ids))
