"""The collections of a conversation, as others GET them (FEP-7888, FEP-f228): its posts, its activities, and the notes that guests have of it.

The rule kept here: a collection holds what its viewer may have, thing by thing, and then the gate is asked about the whole. Of a conversation
that is not for the viewer it answers what it answers about one that never was.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from federation import collection, log
from federation.document import Document
from federation.letters import Disclosure
from federation.vocabulary import ACTIVITY_JSON, POST_CONTEXT
from instance.domain import thread
from instance.egress import Gate
from instance.storage import actors, guest_notes, posts, threads
from instance.storage.database import Tx
from instance.storage.log import EntryRow
from instance.storage.posts import PostRow

PAGE_ITEMS = 100
PAGE_ENTRIES = 50
PAGE_BYTES = 1024 * 1024
_START = "start"


class _Part(NamedTuple):
    """Some things of a collection from the `start`-th on, and where those behind them start."""

    start: int
    items: list[Any]
    following: int | None


def posts_page(tx: Tx, gate: Gate, root_iri: str, query: Mapping[str, str], *, viewer: str) -> Disclosure:
    """The posts of a conversation that one of our people began, by their ids; what is left of deleted ones."""
    root = _root(tx, root_iri)
    if root is None:
        return gate.not_found(viewer)
    start = _start(query)
    rows = threads.posts_of(tx, root.thread_id, start=start, limit=PAGE_ITEMS + 1)
    items = [row.iri if row.deleted_at_ms is None else {"id": row.iri, "type": "Tombstone"} for row in rows]
    context = thread.of_root(root.iri)
    said = {"attributedTo": _author_iri(tx, root), "history": context.history_iri}
    part = _admitted(tx, gate, _Part(start, items, None), root.iri, viewer)
    return _disclosed(tx, gate, _document(context.iri, part, said, query), viewer, of=root.iri)


def notes_page(tx: Tx, gate: Gate, note_iri: str, query: Mapping[str, str], *, viewer: str) -> Disclosure:
    """What guests have of a conversation, by the ids of their notes: the collection that the first of these gave its name."""
    note = guest_notes.by_iri(tx, note_iri)
    post = None if note is None else posts.by_iri(tx, note.source_iri)
    if note is None or post is None or thread.of_notes(tx, post) != thread.of_root(note_iri).iri:
        return gate.not_found(viewer)
    start = _start(query)
    rows = threads.notes_of(tx, post.thread_id, note.project_iri, start=start, limit=PAGE_ITEMS + 1)
    items = [row.iri if row.deleted_at_ms is None else {"id": row.iri, "type": "Tombstone"} for row in rows]
    part = _admitted(tx, gate, _Part(start, items, None), note_iri, viewer)
    said = {"attributedTo": note.project_iri}
    return _disclosed(
        tx, gate, _document(f"{note_iri}/{thread.POSTS}", part, said, query), viewer, of=note_iri
    )


def history_page(tx: Tx, gate: Gate, root_iri: str, query: Mapping[str, str], *, viewer: str) -> Disclosure:
    """The entries of the log that act on the posts of a conversation that one of our people began, each as its author proved it."""
    root = _root(tx, root_iri)
    if root is None:
        return gate.not_found(viewer)
    return _history(tx, gate, root, thread.of_root(root.iri).history_iri, query, viewer)


def log_page(tx: Tx, gate: Gate, post_iri: str, query: Mapping[str, str], *, viewer: str) -> Disclosure:
    """The same of a conversation that anybody began, asked for by any post in it: so one company stands in for another."""
    project = query.get("project", "")
    post = posts.by_iri(tx, post_iri)
    if post is None or post.space != project or post.boost_of_id is not None:
        return gate.not_found(viewer)
    iri = f"{tx.home.base}/log?{urlencode({'project': project, 'thread': post_iri})}"
    return _history(tx, gate, thread.root_of(tx, post), iri, query, viewer)


def _root(tx: Tx, iri: str) -> PostRow | None:
    """The post, when a conversation begins with it."""
    post = posts.by_iri(tx, iri)
    begins = post is not None and post.boost_of_id is None and post.thread_id == post.id
    return post if begins else None


def _author_iri(tx: Tx, post: PostRow) -> str:
    author = actors.by_id(tx, post.author_id)
    assert author is not None
    return author.iri


def _history(
    tx: Tx, gate: Gate, root: PostRow, iri: str, query: Mapping[str, str], viewer: str
) -> Disclosure:
    start = _start(query)
    rows = threads.entries_of(tx, root.thread_id, start=start, limit=PAGE_ENTRIES + 1)
    fitting = _fitting(rows)
    following = start + len(fitting) if len(fitting) < len(rows) else None
    part = _Part(
        start,
        _shown(tx, gate, [row for row in fitting if row.project_iri == root.space], root.iri, viewer),
        following,
    )
    document = _document(iri, part, {"attributedTo": _author_iri(tx, root)}, query)
    return _disclosed(tx, gate, document, viewer, of=root.iri)


def _document(iri: str, part: _Part, said: Document, query: Mapping[str, str]) -> Document:
    """The collection with its things in it; of a long one where its pages begin, or the page that was asked for. It says no number: not all are for everybody."""
    following = None if part.following is None else _at(iri, part.following)
    if _START in query:
        page = collection.render_page(_at(iri, part.start), part.items, part_of=iri, following=following)
        return {**page, **said, "@context": POST_CONTEXT}
    whole: Document = {"@context": POST_CONTEXT, "id": iri, "type": "OrderedCollection", **said}
    return {**whole, "first": _at(iri, 0)} if following else {**whole, "orderedItems": part.items}


def _admitted(tx: Tx, gate: Gate, part: _Part, beside: str, viewer: str) -> _Part:
    """As many as a page has, and of these what the viewer may be told of."""
    items, more = part.items[:PAGE_ITEMS], len(part.items) > PAGE_ITEMS
    admitted = gate.admitted(tx, items, beside=beside, viewer=viewer)
    shown = [item for item, may in zip(items, admitted, strict=True) if may]
    return _Part(part.start, shown, part.start + PAGE_ITEMS if more else None)


def _fitting(rows: list[EntryRow]) -> list[EntryRow]:
    """As many entries as a page may have and weigh, at least one."""
    chosen: list[EntryRow] = []
    size = 0
    for row in rows[:PAGE_ENTRIES]:
        size += len(row.document)
        if chosen and size > PAGE_BYTES:
            break
        chosen.append(row)
    return chosen


def _shown(tx: Tx, gate: Gate, rows: list[EntryRow], root_iri: str, viewer: str) -> list[Document]:
    """The entries; of what this viewer may not read the envelope, of what it may not know nothing."""
    documents = [orjson.loads(row.document) for row in rows]
    whole = gate.admitted(tx, documents, beside=root_iri, viewer=viewer)
    said = [one if may else log.redacted(one) for one, may in zip(documents, whole, strict=True)]
    admitted = whole if all(whole) else gate.admitted(tx, said, beside=root_iri, viewer=viewer)
    return [one for one, may in zip(said, admitted, strict=True) if may]


def _disclosed(tx: Tx, gate: Gate, document: Document, viewer: str, *, of: str = "") -> Disclosure:
    return gate.disclose(tx, document, viewer=viewer, media_type=ACTIVITY_JSON, of=of)


def _start(query: Mapping[str, str]) -> int:
    text = query.get(_START, "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0


def _at(iri: str, start: int) -> str:
    return f"{iri}{'&' if '?' in iri else '?'}{_START}={start}"
