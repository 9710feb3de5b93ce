"""What a person keeps about others: private notes, and whom they recommend. The rule kept here: a note is read by its writer alone."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from instance.storage.database import Command, Query, Tx
from instance.storage.people_tables import AccountNote, Endorsement
from instance.storage.sql import array, columns, in_list, insert_or_ignore, upsert
from instance.storage.window import Window, paged


class NoteRow(NamedTuple):
    """A private note."""

    owner_id: int
    actor_id: int
    words: str


class EndorsementRow(NamedTuple):
    """A recommendation."""

    id: int
    owner_id: int
    actor_id: int


_note, _endorsement = columns(AccountNote), columns(Endorsement)
_NOTES = Query(
    select(*_note).where(_note.owner_id == bindparam("owner_id"), in_list(_note.actor_id, "actor_ids")),
    NoteRow,
)
_ENDORSED = paged(
    select(*_endorsement).where(_endorsement.owner_id == bindparam("owner_id")),
    _endorsement.id,
    EndorsementRow,
)
_ENDORSED_OF = Query(
    select(*_endorsement).where(
        _endorsement.owner_id == bindparam("owner_id"), in_list(_endorsement.actor_id, "actor_ids")
    ),
    EndorsementRow,
)
_PUT_NOTE = Command(upsert(AccountNote, ["owner_id", "actor_id"], ["words"]))
_DROP_NOTE = Command(
    delete(AccountNote).where(
        _note.owner_id == bindparam("owner_id"), _note.actor_id == bindparam("actor_id")
    )
)
_ADD = Command(insert_or_ignore(Endorsement))
_DROP = Command(
    delete(Endorsement).where(
        _endorsement.owner_id == bindparam("owner_id"), _endorsement.actor_id == bindparam("actor_id")
    )
)


def notes_of(tx: Tx, owner_id: int, actor_ids: Iterable[int]) -> dict[int, str]:
    """What the owner has noted about these actors."""
    return {row.actor_id: row.words for row in tx.all(_NOTES, owner_id=owner_id, actor_ids=array(actor_ids))}


def put_note(tx: Tx, row: NoteRow) -> None:
    """Write a note; an empty one removes it."""
    if row.words:
        tx.run(_PUT_NOTE, **row._asdict())
    else:
        tx.run(_DROP_NOTE, owner_id=row.owner_id, actor_id=row.actor_id)


def endorsed(tx: Tx, owner_id: int, window: Window) -> list[EndorsementRow]:
    """Whom the owner recommends, the latest first."""
    return _ENDORSED.rows(tx, window, owner_id=owner_id)


def endorsed_of(tx: Tx, owner_id: int, actor_ids: Iterable[int]) -> frozenset[int]:
    """Those of these actors whom the owner recommends."""
    rows = tx.all(_ENDORSED_OF, owner_id=owner_id, actor_ids=array(actor_ids))
    return frozenset(row.actor_id for row in rows)


def add_endorsement(tx: Tx, row: EndorsementRow) -> None:
    """Recommend an actor."""
    tx.run(_ADD, **row._asdict())


def drop_endorsement(tx: Tx, owner_id: int, actor_id: int) -> None:
    """Recommend an actor no longer."""
    tx.run(_DROP, owner_id=owner_id, actor_id=actor_id)
