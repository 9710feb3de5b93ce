"""What each guest host is told of a note: the difference between what it should have and what letters to it have said.

The rule kept here: what cannot be said now is owed; what a host had to delete does not come again; a Delete goes whatever state the project is in.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from federation.document import Document
from federation.letters import Draft
from instance.domain import guest, guest_names, guest_note, saying
from instance.domain.render import timestamp
from instance.policy import guests_space
from instance.storage import delivery, guest_notes, posts
from instance.storage.database import Tx
from instance.storage.guest_notes import NOTE, Listener, NoteRow, Told
from instance.storage.posts import PostRow

_NEVER = Told()
_DELETED = "/deleted/"
_WORDS = ("content", "summary", "sensitive", "attachment", "tag")


class Place(NamedTuple):
    """A project's guests as they listen now: those whose way is open, and those whose way is not."""

    open: tuple[Listener, ...]
    shut: tuple[Listener, ...]
    is_whole: bool  # nobody else listens: what is for each that is open can be said to all at once

    @property
    def all(self) -> tuple[Listener, ...]:
        """Everybody."""
        return self.open + self.shut

    @property
    def is_heard(self) -> bool:
        """Whether anybody follows now."""
        return any(row.since_ms is not None for row in self.all)


def place_of(tx: Tx, project: str, listeners: Sequence[Listener]) -> Place:
    """How these guests of a project, all that there are, listen now."""
    hosts = guest.open_hosts(tx, project, [row.host for row in listeners])
    return Place(
        tuple(row for row in listeners if row.host in hosts),
        tuple(row for row in listeners if row.host not in hosts),
        is_whole=True,
    )


def say_words(
    tx: Tx, place: Place, row: NoteRow, post: PostRow, *, is_boosted: bool = False
) -> tuple[Draft, ...]:
    """The note to each host that should have it and does not, its last wording to each that has an older one.

    A host should have what was said since somebody there follows, and what is boosted.
    """
    row, document = _reworded(tx, row, post)
    told = guest_notes.told(tx, row.iri)
    needed: dict[bool, list[Listener]] = defaultdict(list)
    for listener in place.all:
        before = told.get(listener.host, _NEVER)
        has = _version_told(tx, row, listener, before)
        if (is_boosted or has or _is_since(listener, row)) and _wants(row, listener, before, has=has):
            needed[has > 0].append(listener)
    drafts = [(_wording(tx, row, document, is_known=is_known), found) for is_known, found in needed.items()]
    return _addressed(tx, place, row, drafts)


def _wording(tx: Tx, row: NoteRow, document: Document, *, is_known: bool) -> Draft:
    first = f"{row.iri}/activity" if row.version == 1 else f"{row.iri}/activity#{row.version}"
    verb, iri = ("Update", f"{row.iri}#updates/{row.version}") if is_known else ("Create", first)
    draft = saying.to_guests(tx, verb, document, space=guests_space(row.project_iri), iri=iri)
    return guest_names.as_known(tx, draft, row.created_at_ms) if is_known else draft


def activity_of(tx: Tx, row: NoteRow) -> Document | None:
    """What a note was said with, or an announcement, for a guest that asks for it by its id; None when it is gone."""
    note, post = guest_notes.of_source(tx, row.about_iri), posts.by_iri(tx, row.about_iri)
    is_there = note is not None and note.deleted_at_ms is None and row.deleted_at_ms is None
    if note is None or post is None or post.deleted_at_ms is not None or not is_there:
        return None
    carried: Any = guest_note.render(guest_note.telling(tx, row, post)) if row.kind == NOTE else note.iri
    verb, iri = ("Create", f"{row.iri}/activity") if row.kind == NOTE else ("Announce", row.iri)
    said = saying.to_guests(tx, verb, carried, space=guests_space(row.project_iri), iri=iri)
    return said.activity | {"published": timestamp(row.created_at_ms)}


def announce(tx: Tx, place: Place, boost: NoteRow, note: NoteRow) -> tuple[Draft, ...]:
    """The announcement to each host that lacks it, and did not have to delete the note before."""
    told, words = guest_notes.told(tx, boost.iri), guest_notes.told(tx, note.iri)
    listeners = [
        row
        for row in place.all
        if row.since_ms is not None
        and boost.iri not in told.get(row.host, _NEVER).said
        and guest.delete_iri(note, row.host) not in words.get(row.host, _NEVER).said
    ]
    space = guests_space(boost.project_iri)
    announce = saying.to_guests(tx, "Announce", note.iri, space=space, iri=boost.iri)
    return _addressed(tx, place, boost, [(announce, listeners)])


def unannounce(tx: Tx, place: Place, boost: NoteRow) -> tuple[Draft, ...]:
    """The end of it to each host that has it; with one id, so that who hears it twice knows it."""
    told, iri = guest_notes.told(tx, boost.iri), f"{boost.iri}#undo"
    listeners = [
        row
        for row in place.all
        if row.since_ms is not None
        and iri not in (before := told.get(row.host, _NEVER)).said
        and (boost.iri in before.said or guest_notes.is_past_telling(tx, boost))
    ]
    undone = {"id": boost.iri, "type": "Announce", "actor": boost.project_iri}
    draft = saying.to_guests(tx, "Undo", undone, space=guests_space(boost.project_iri), iri=iri)
    undo = guest_names.as_known(tx, draft, boost.created_at_ms)
    return _addressed(tx, place, boost, [(undo, listeners)])


def take_back(tx: Tx, place: Place, row: NoteRow) -> tuple[Draft, ...]:
    """The Delete to each host that may have the note: its way is open in whatever state the project is. What waits does not go."""
    told = guest_notes.told(tx, row.iri)
    unsend(tx, told)
    return tuple(
        guest.say_delete(tx, row, listener.host)
        for listener in place.all
        if guest.delete_iri(row, listener.host) not in (before := told.get(listener.host, _NEVER)).said
        and (before.tried or guest_notes.is_past_telling(tx, row))
    )


def unsend(tx: Tx, told: Mapping[str, Told]) -> None:
    """What nobody shall have any more does not go where it still waits; what takes it back does."""
    tried = {iri for found in told.values() for iri in found.tried}
    delivery.unsend(tx, {iri for iri in tried if _DELETED not in iri})


def _addressed(
    tx: Tx, place: Place, row: NoteRow, drafts: Iterable[tuple[Draft, Sequence[Listener]]]
) -> tuple[Draft, ...]:
    """Each draft for those who listen where the way is open, in one where it is for all of them; to the others it is owed."""
    said: list[Draft] = []
    for draft, listeners in drafts:
        now = [each for each in listeners if each in place.open]
        for each in listeners:
            if each in place.shut:
                guest_notes.owe(tx, each.host, row.id)
        is_for_all = place.is_whole and now == [each for each in place.open if each.since_ms is not None]
        said += [draft] if now and is_for_all else [replace(draft, host=each.host) for each in now]
    return tuple(said)


# what a host has


def _wants(row: NoteRow, listener: Listener, before: Told, *, has: int) -> bool:
    """Whether somebody there reads, and the last wording is news; what was deleted there does not come again."""
    is_gone = guest.delete_iri(row, listener.host) in before.said
    return listener.since_ms is not None and has < row.version and not is_gone


def _is_since(listener: Listener, row: NoteRow) -> bool:
    return listener.since_ms is not None and listener.since_ms <= row.created_at_ms


def _version_told(tx: Tx, row: NoteRow, listener: Listener, before: Told) -> int:
    """Which wording a host has; 0 when it has none."""
    told = max((_version_of(row, iri) for iri in before.said), default=0)
    return told or int(guest_notes.is_past_telling(tx, row) and _is_since(listener, row))


def _version_of(row: NoteRow, activity_iri: str) -> int:
    part = activity_iri.removeprefix(row.iri)
    if part == "/activity":
        return 1
    number = part.removeprefix("/activity#").removeprefix("#updates/")
    return int(number) if number.isdecimal() else 0


def _reworded(tx: Tx, row: NoteRow, post: PostRow) -> tuple[NoteRow, Document]:
    """The note and its document; with another number when its words are others than the last time."""
    document = guest_note.render(guest_note.telling(tx, row, post))
    digest = hashlib.sha256(orjson.dumps([document.get(key) for key in _WORDS])).hexdigest()
    if digest == row.digest:
        return row, document
    said = max(row.version, int(guest_notes.is_past_telling(tx, row)))
    row = row._replace(version=said + 1, digest=digest, reworded_at_ms=tx.now_ms if said else None)
    guest_notes.reword(tx, row)
    return row, document | ({"updated": timestamp(tx.now_ms)} if said else {})
