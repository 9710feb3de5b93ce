"""Conversations as rows: where a partner says that its collections are, and what is in them. The rule kept here: a thread is of one space."""

from typing import NamedTuple

from sqlalchemy import bindparam, select

from instance.storage.database import Command, Query, Tx
from instance.storage.guest_notes import NOTE, NoteRow
from instance.storage.guest_tables import GuestNote
from instance.storage.log import APPLIED, REDACTED, EntryRow
from instance.storage.sql import columns, table, upsert
from instance.storage.tables import LogEntry, Post
from instance.storage.thread_tables import PostContext


class ContextRow(NamedTuple):
    """The collections of a conversation as a partner says it. All columns of the table, in order."""

    post_id: int
    context_iri: str
    history_iri: str


class Item(NamedTuple):
    """A post of a conversation, or what is left of it."""

    iri: str
    space: str
    deleted_at_ms: int | None


_post, _entry, _note, _context = columns(Post), columns(LogEntry), columns(GuestNote), columns(PostContext)
_IN_THREAD = (_post.thread_id == bindparam("of_thread"), _post.boost_of_id.is_(None))

_SAID = Query(select(*_context).where(_context.post_id == bindparam("of_post")), ContextRow)
_SAY = Command(upsert(PostContext, ["post_id"], ["context_iri", "history_iri"]))
# Nothing but the conversation is asked for: by the index of spaces or projects the planner would read a whole project.
_POSTS = Query(
    select(_post.iri, _post.space, _post.deleted_at_ms)
    .where(*_IN_THREAD)
    .order_by(_post.id)
    .limit(bindparam("limit"))
    .offset(bindparam("start")),
    Item,
)
_ENTRIES = Query(
    select(*(_entry[name] for name in EntryRow._fields))
    .join_from(table(Post), table(LogEntry), _post.iri == _entry.object_iri)
    .where(*_IN_THREAD, _entry.state.in_((APPLIED, REDACTED)))
    .order_by(_entry.received_at_ms, _entry.party, _entry.seq)
    .limit(bindparam("limit"))
    .offset(bindparam("start")),
    EntryRow,
)
_NOTES = Query(
    select(*_note)
    .join_from(table(Post), table(GuestNote), _post.iri == _note.source_iri)
    .where(*_IN_THREAD, _note.kind == NOTE, _note.project_iri == bindparam("of_project"))
    .order_by(
        _note.created_at_ms, _note.id
    )  # not by the id alone: the planner would go through all notes in its order
    .limit(bindparam("limit"))
    .offset(bindparam("start")),
    NoteRow,
)


def said(tx: Tx, post_id: int) -> ContextRow | None:
    """What a partner says of the conversation that begins with this post."""
    return tx.first(_SAID, of_post=post_id)


def say(tx: Tx, row: ContextRow) -> None:
    """Write what a partner says, in place of what it said before."""
    tx.run(_SAY, **row._asdict())


def posts_of(tx: Tx, thread_id: int, *, start: int, limit: int) -> list[Item]:
    """The posts of a conversation, oldest first, deleted ones included, from the `start`-th on."""
    return tx.all(_POSTS, of_thread=thread_id, start=start, limit=limit)


def entries_of(tx: Tx, thread_id: int, *, start: int, limit: int) -> list[EntryRow]:
    """The entries of a log that act on the posts of a conversation, as they came in, from the `start`-th on."""
    return tx.all(_ENTRIES, of_thread=thread_id, start=start, limit=limit)


def notes_of(tx: Tx, thread_id: int, project_iri: str, *, start: int = 0, limit: int) -> list[NoteRow]:
    """What guests have of a conversation, in the order in which they got it, notes that are gone included."""
    return tx.all(_NOTES, of_thread=thread_id, of_project=project_iri, start=start, limit=limit)
