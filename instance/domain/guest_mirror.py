"""What guests are told of a project: each post as a note of the project's own actor, each boosted one announced once, each change of it.

The rule kept here: what a host is told is the difference between what it should have and what letters to it have said, so nothing is
lost while its way is shut and nothing is said twice. What cannot be said now is owed, and said when the way is open again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urldefrag

import orjson

from federation.document import Document, first_type, id_of
from federation.letters import Draft
from federation.origin import host_of
from instance import ids
from instance.domain import guest, guest_note, saying
from instance.domain.outcome import Outcome
from instance.domain.render import timestamp
from instance.ids import snowflake
from instance.policy import guests_space
from instance.storage import delivery, guest_notes, guests, posts, quotes
from instance.storage.database import Tx
from instance.storage.guest_notes import BOOST, NOTE, Listener, NoteRow, Told
from instance.storage.posts import PostRow

NOTHING: tuple[Draft, ...] = ()
AT_ONCE = 200
REMEMBERED_MS = 80 * 24 * 3_600_000  # letters are forgotten after 90 days: what is older was said
_NEVER = Told()
_DELETED = "/deleted/"
_WORDS = ("content", "summary", "sensitive", "attachment", "tag")


class _Place(NamedTuple):
    """A project's guests as they listen now: those whose way is open, and those whose way is not."""

    open: tuple[Listener, ...]
    shut: tuple[Listener, ...]
    is_whole: bool  # nobody else listens: what is for each that is open can be said to all at once

    @property
    def all(self) -> tuple[Listener, ...]:
        """Everybody."""
        return self.open + self.shut


def mirrored(tx: Tx, activity: Document, project: str) -> tuple[Draft, ...]:
    """What guests of a project of ours are told, now that this activity of it has taken effect; writes what they shall have from now on."""
    if host_of(project) != tx.home.host or not (listeners := guest_notes.listeners(tx, project)):
        return NOTHING
    place = _place(tx, project, listeners)
    kind, carried = first_type(activity), activity.get("object")
    about = id_of(carried) or ""
    if quoting := _quoting(kind, carried):
        return _worded(tx, place, quoting, is_new=False)
    if kind in {"Create", "Update"}:
        return _worded(tx, place, about, is_new=kind == "Create") + _requoted(tx, place, about)
    if kind == "Delete":
        return _gone(tx, place, about) + _requoted(tx, place, about)
    if kind == "Announce":
        return _boosted(tx, place, about, boost_iri=id_of(activity) or "")
    return _unboosted(tx, place, about) if kind == "Undo" and first_type(carried) != "Like" else NOTHING


def poll_ended(tx: Tx, post: PostRow) -> tuple[Draft, ...]:
    """What guests are told when a poll is noticed to be over, of which its own company says the totals."""
    return mirrored(tx, {"type": "Update", "object": post.iri}, post.space)


def _quoting(kind: str, carried: Any) -> str:
    """The IRI of the post that quotes, where the activity is about a quote."""
    is_answered = kind in {"Accept", "Reject"} and first_type(carried) == "QuoteRequest"
    is_revoked = kind == "Delete" and first_type(carried) == "QuoteAuthorization"
    if not is_answered and not is_revoked:
        return ""
    return id_of(carried.get("interactingObject" if is_revoked else "instrument")) or ""


def catch_up(tx: Tx) -> Outcome[int]:
    """Tell guests what they have yet to be told, as much as is said in one go; of how many notes that was."""
    for letter in guest_notes.lost(tx, sorted(guests.open_hosts(tx)), AT_ONCE):
        note = guest_notes.by_iri(tx, urldefrag(letter.activity_iri).url.removesuffix("/activity"))
        if note is not None:
            guest_notes.owe(tx, letter.host, note.id)
    for owed in guest_notes.owed(tx):
        lane = delivery.lane(tx, owed.host)
        listening = [row for row in guest_notes.listeners(tx, owed.project_iri) if row.host == owed.host]
        if not listening:  # revoked, or nobody has ever followed there: nothing is owed
            rows = guest_notes.owed_there(tx, owed.project_iri, owed.host, AT_ONCE)
            guest_notes.pay(tx, owed.host, [row.id for row in rows])
            return Outcome(len(rows))
        place = _place(tx, owed.project_iri, listening)._replace(is_whole=False)
        if place.open and (lane is None or lane.failures == 0):
            rows = guest_notes.owed_there(tx, owed.project_iri, owed.host, AT_ONCE)
            guest_notes.pay(tx, owed.host, [row.id for row in rows])
            drafts = [draft for row in rows for draft in _owed(tx, place, row)]
            once = {
                draft.activity["id"]: draft for draft in drafts
            }  # a boost brings its note, which may be owed too
            return Outcome(len(rows), tuple(once.values()))
    return Outcome(0)


def _place(tx: Tx, project: str, listeners: Sequence[Listener]) -> _Place:
    hosts = guest.open_hosts(tx, project, [row.host for row in listeners])
    return _Place(
        tuple(row for row in listeners if row.host in hosts),
        tuple(row for row in listeners if row.host not in hosts),
        is_whole=True,
    )


# what becomes of what guests should have


def _worded(tx: Tx, place: _Place, post_iri: str, *, is_new: bool) -> tuple[Draft, ...]:
    """A post, or new words for one that guests have."""
    post, row = posts.by_iri(tx, post_iri), guest_notes.of_source(tx, post_iri)
    if post is None or post.deleted_at_ms is not None or (row is None and not is_new):
        return NOTHING
    return _say_words(tx, place, row or _new(tx, post, post.iri, NOTE), post)


def _requoted(tx: Tx, place: _Place, post_iri: str) -> tuple[Draft, ...]:
    """The posts that quote one whose words are others now, or which is gone: their notes have its words in them."""
    post = posts.by_iri(tx, post_iri)
    rows = quotes.quoting(tx, post.id)[:AT_ONCE] if post is not None else []
    found = posts.by_ids(tx, [row.post_id for row in rows if row.state == "accepted"])
    return tuple(draft for each in found.values() for draft in _worded(tx, place, each.iri, is_new=False))


def _gone(tx: Tx, place: _Place, post_iri: str) -> tuple[Draft, ...]:
    """A post that is deleted; its boosts go with it, there as here."""
    row = guest_notes.of_source(tx, post_iri)
    if row is None or row.deleted_at_ms is not None:
        return NOTHING
    for boost in guest_notes.boosts_of(tx, post_iri):
        guest_notes.gone(tx, boost.id)
        _unsend(tx, guest_notes.told(tx, boost.iri))
    guest_notes.gone(tx, row.id)
    return _take_back(tx, place, row)


def _boosted(tx: Tx, place: _Place, post_iri: str, *, boost_iri: str) -> tuple[Draft, ...]:
    """A boost: the first one is announced, behind the post itself where guests lack it."""
    post = posts.by_iri(tx, post_iri)
    if post is None or post.deleted_at_ms is not None or guest_notes.of_source(tx, boost_iri) is not None:
        return NOTHING
    if guest_notes.boosts_of(tx, post_iri):
        return NOTHING
    note = guest_notes.of_source(tx, post_iri) or _new(tx, post, post.iri, NOTE)
    boost = _new(tx, post, boost_iri, BOOST)
    first = _say_words(tx, place, note, post, is_boosted=True)
    return first + _announce(tx, place, boost, note)


def _unboosted(tx: Tx, place: _Place, boost_iri: str) -> tuple[Draft, ...]:
    """A boost that is taken back; the announcement stands as long as anybody boosts the post."""
    row = guest_notes.of_source(tx, boost_iri)
    if row is None or row.kind != BOOST or row.deleted_at_ms is not None:
        return NOTHING
    post = posts.by_iri(tx, row.about_iri)
    others = posts.boosts_of(tx, post.id) if post is not None else []
    if others:
        guest_notes.stand_for(tx, row.id, source_iri=others[0].iri)
        return NOTHING
    guest_notes.gone(tx, row.id)
    return _unannounce(tx, place, row)


def _owed(tx: Tx, place: _Place, row: NoteRow) -> tuple[Draft, ...]:
    """What a place has yet to be told of a note or boost, whatever became of it meanwhile."""
    post, note = posts.by_iri(tx, row.about_iri), guest_notes.of_source(tx, row.about_iri)
    if note is None or note.deleted_at_ms is not None or post is None or post.deleted_at_ms is not None:
        return _take_back(tx, place, row) if row.kind == NOTE else NOTHING
    if row.kind == BOOST and row.deleted_at_ms is not None:
        return _unannounce(tx, place, row)
    words = _say_words(tx, place, note, post, is_boosted=True)
    return words + _announce(tx, place, row, note) if row.kind == BOOST else words


# what each host is told of it


def _say_words(
    tx: Tx, place: _Place, row: NoteRow, post: PostRow, *, is_boosted: bool = False
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
    return saying.to_guests(tx, verb, document, space=guests_space(row.project_iri), iri=iri)


def _announce(tx: Tx, place: _Place, boost: NoteRow, note: NoteRow) -> tuple[Draft, ...]:
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


def _unannounce(tx: Tx, place: _Place, boost: NoteRow) -> tuple[Draft, ...]:
    """The end of it to each host that has it; with one id, so that who hears it twice knows it."""
    told, iri = guest_notes.told(tx, boost.iri), f"{boost.iri}#undo"
    listeners = [
        row
        for row in place.all
        if row.since_ms is not None
        and iri not in (before := told.get(row.host, _NEVER)).said
        and (boost.iri in before.said or _is_past_telling(tx, boost))
    ]
    undone = {"id": boost.iri, "type": "Announce", "actor": boost.project_iri}
    undo = saying.to_guests(tx, "Undo", undone, space=guests_space(boost.project_iri), iri=iri)
    return _addressed(tx, place, boost, [(undo, listeners)])


def _take_back(tx: Tx, place: _Place, row: NoteRow) -> tuple[Draft, ...]:
    """The Delete to each host that may have the note: its way is open in whatever state the project is. What waits does not go."""
    told = guest_notes.told(tx, row.iri)
    _unsend(tx, told)
    return tuple(
        guest.say_delete(tx, row, listener.host)
        for listener in place.all
        if guest.delete_iri(row, listener.host) not in (before := told.get(listener.host, _NEVER)).said
        and (before.tried or _is_past_telling(tx, row))
    )


def _unsend(tx: Tx, told: Mapping[str, Told]) -> None:
    """What nobody shall have any more does not go where it still waits; what takes it back does."""
    tried = {iri for found in told.values() for iri in found.tried}
    delivery.unsend(tx, {iri for iri in tried if _DELETED not in iri})


def _addressed(
    tx: Tx, place: _Place, row: NoteRow, drafts: Iterable[tuple[Draft, Sequence[Listener]]]
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


def _is_past_telling(tx: Tx, row: NoteRow) -> bool:
    """Whether letters cannot tell who has it: they are forgotten, or were written when activities had other ids."""
    return row.created_at_ms < tx.now_ms - REMEMBERED_MS or row.iri == tx.home.iri("notes", row.id)


def _version_told(tx: Tx, row: NoteRow, listener: Listener, before: Told) -> int:
    """Which wording a host has; 0 when it has none."""
    told = max((_version_of(row, iri) for iri in before.said), default=0)
    return told or int(_is_past_telling(tx, row) and _is_since(listener, row))


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
    said = max(row.version, int(_is_past_telling(tx, row)))
    row = row._replace(version=said + 1, digest=digest, reworded_at_ms=tx.now_ms if said else None)
    guest_notes.reword(tx, row)
    return row, document | ({"updated": timestamp(tx.now_ms)} if said else {})


def _new(tx: Tx, post: PostRow, source_iri: str, kind: str) -> NoteRow:
    iri = tx.home.iri("notes", guest_notes.name_of(tx, source_iri))
    row = NoteRow(snowflake(tx.now_ms), iri, post.space, source_iri, kind, tx.now_ms, None, post.iri)
    ids.mint(tx, row.iri, kind=kind, space=guests_space(post.space), label=post.label)
    guest_notes.add(tx, row)
    return row
