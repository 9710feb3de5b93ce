"""What guests are told of a project: each post as a note of the project's own actor, each boosted one announced once, each change of it.

The rule kept here: what a host is told is the difference between what it should have and what letters to it have said, so nothing is
lost while its way is shut and nothing is said twice. What cannot be said now is owed, and said when the way is open again.
"""

from typing import Any
from urllib.parse import urldefrag

from federation.document import Document, first_type, id_of
from federation.letters import Draft
from federation.origin import host_of
from instance import ids
from instance.domain import guest_told
from instance.domain.guest_told import Place
from instance.domain.outcome import Outcome
from instance.ids import snowflake
from instance.policy import guests_space
from instance.storage import delivery, guest_notes, guests, posts, quotes
from instance.storage.database import Tx
from instance.storage.guest_notes import BOOST, NOTE, NoteRow, OwedRow
from instance.storage.posts import PostRow

NOTHING: tuple[Draft, ...] = ()
AT_ONCE = 200


def mirrored(tx: Tx, activity: Document, project: str) -> tuple[Draft, ...]:
    """What guests of a project of ours are told, now that this activity of it has taken effect; writes what they shall have from now on."""
    if host_of(project) != tx.home.host or not (listeners := guest_notes.listeners(tx, project)):
        return NOTHING
    place = guest_told.place_of(tx, project, listeners)
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
    _own_up(tx)
    for owed in guest_notes.owed(tx):
        place = _place_of(tx, owed)
        if place is not None:
            rows = guest_notes.owed_there(tx, owed.project_iri, owed.host, AT_ONCE)
            guest_notes.pay(tx, owed.host, [row.id for row in rows])
            drafts = [draft for row in rows for draft in _owed(tx, place, row)]
            # By their ids: a boost brings its note, which may be owed as well.
            return Outcome(len(rows), tuple({draft.activity["id"]: draft for draft in drafts}.values()))
    return Outcome(0)


def _own_up(tx: Tx) -> None:
    """Owe what letters should have said that did not arrive."""
    for letter in guest_notes.lost(tx, sorted(guests.open_hosts(tx)), AT_ONCE):
        note = guest_notes.by_iri(tx, urldefrag(letter.activity_iri).url.removesuffix("/activity"))
        if note is not None:
            guest_notes.owe(tx, letter.host, note.id)


def _place_of(tx: Tx, owed: OwedRow) -> Place | None:
    """A host as it listens alone, when it can be told now; a place without anybody when it is a guest no longer."""
    listening = [row for row in guest_notes.listeners(tx, owed.project_iri) if row.host == owed.host]
    place, lane = guest_told.place_of(tx, owed.project_iri, listening), delivery.lane(tx, owed.host)
    is_away = bool(place.open) and lane is not None and lane.failures > 0
    return None if place.shut or is_away else place._replace(is_whole=False)


def _worded(tx: Tx, place: Place, post_iri: str, *, is_new: bool) -> tuple[Draft, ...]:
    """A post, or new words for one that guests have."""
    post, row = posts.by_iri(tx, post_iri), guest_notes.of_source(tx, post_iri)
    is_for_nobody = row is None and not (is_new and place.is_heard)
    if post is None or post.deleted_at_ms is not None or is_for_nobody:
        return NOTHING
    return guest_told.say_words(tx, place, row or _new(tx, post, post.iri, NOTE), post)


def _requoted(tx: Tx, place: Place, post_iri: str) -> tuple[Draft, ...]:
    """The posts that quote one whose words are others now, or which is gone: their notes have its words in them."""
    post = posts.by_iri(tx, post_iri)
    rows = quotes.quoting(tx, post.id)[:AT_ONCE] if post is not None else []
    found = posts.by_ids(tx, [row.post_id for row in rows if row.state == "accepted"])
    return tuple(draft for each in found.values() for draft in _worded(tx, place, each.iri, is_new=False))


def _gone(tx: Tx, place: Place, post_iri: str) -> tuple[Draft, ...]:
    """A post that is deleted; its boosts go with it, there as here."""
    row = guest_notes.of_source(tx, post_iri)
    if row is None or row.deleted_at_ms is not None:
        return NOTHING
    for boost in guest_notes.boosts_of(tx, post_iri):
        guest_notes.gone(tx, boost.id)
        guest_told.unsend(tx, guest_notes.told(tx, boost.iri))
    guest_notes.gone(tx, row.id)
    return guest_told.take_back(tx, place, row)


def _boosted(tx: Tx, place: Place, post_iri: str, *, boost_iri: str) -> tuple[Draft, ...]:
    """A boost: the first one is announced, behind the post itself where guests lack it."""
    post = posts.by_iri(tx, post_iri)
    if post is None or post.deleted_at_ms is not None or guest_notes.of_source(tx, boost_iri) is not None:
        return NOTHING
    if guest_notes.boosts_of(tx, post_iri) or not place.is_heard:
        return NOTHING
    note = guest_notes.of_source(tx, post_iri) or _new(tx, post, post.iri, NOTE)
    boost = _new(tx, post, boost_iri, BOOST)
    first = guest_told.say_words(tx, place, note, post, is_boosted=True)
    return first + guest_told.announce(tx, place, boost, note)


def _unboosted(tx: Tx, place: Place, boost_iri: str) -> tuple[Draft, ...]:
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
    return guest_told.unannounce(tx, place, row)


def _owed(tx: Tx, place: Place, row: NoteRow) -> tuple[Draft, ...]:
    """What a place has yet to be told of a note or boost, whatever became of it meanwhile."""
    post, note = posts.by_iri(tx, row.about_iri), guest_notes.of_source(tx, row.about_iri)
    if note is None or note.deleted_at_ms is not None or post is None or post.deleted_at_ms is not None:
        return guest_told.take_back(tx, place, row) if row.kind == NOTE else NOTHING
    if row.kind == BOOST and row.deleted_at_ms is not None:
        return guest_told.unannounce(tx, place, row)
    words = guest_told.say_words(tx, place, note, post, is_boosted=True)
    return words + guest_told.announce(tx, place, row, note) if row.kind == BOOST else words


def _new(tx: Tx, post: PostRow, source_iri: str, kind: str) -> NoteRow:
    iri = tx.home.iri("notes", guest_notes.name_of(tx, source_iri))
    row = NoteRow(snowflake(tx.now_ms), iri, post.space, source_iri, kind, tx.now_ms, None, post.iri)
    ids.mint(tx, row.iri, kind=kind, space=guests_space(post.space), label=post.label)
    guest_notes.add(tx, row)
    return row
