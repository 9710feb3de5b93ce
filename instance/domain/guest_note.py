"""What guests have of a project: for each post a note of the project's own actor, for each boost an announcement of one.

The rule kept here: a note says who said it by name and company ("Bob, Globex: …") and carries no id but the project's and its own. It is
made of what was said in the project, by us or by a partner, on the node that hosts the project, and nowhere else.
"""

from typing import NamedTuple

from federation.document import Document, first_type, id_of
from federation.letters import Draft
from federation.origin import host_of
from federation.vocabulary import POST_CONTEXT
from instance import ids
from instance.domain import guest, guest_words, saying, thread
from instance.domain.post import note_facts
from instance.domain.render import NoteFacts, timestamp
from instance.ids import snowflake
from instance.policy import guests_space
from instance.storage import actors, charters, guests, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.guests import BOOST, NOTE, NoteRow
from instance.storage.posts import PostRow

NOTHING: tuple[Draft, ...] = ()


class Told(NamedTuple):
    """A post as guests get it: what it is made of, the company of its author, the note before it in the thread, and the notes' collection."""

    row: NoteRow
    facts: NoteFacts
    companies: dict[str, str]
    parent: str | None
    context: str


def mirrored(tx: Tx, activity: Document, project: str) -> tuple[Draft, ...]:
    """What guests of a project of ours are told, now that this activity of it has taken effect; writes what they have from now on."""
    if host_of(project) != tx.home.host or not guests.is_heard(tx, project):
        return NOTHING
    kind, carried = first_type(activity), activity.get("object")
    about = id_of(carried) or ""
    if kind in {"Create", "Update"}:
        post = posts.by_iri(tx, about)
        return NOTHING if post is None else _said(tx, post, kind)
    if kind == "Delete":
        return _gone(tx, about)
    if kind == "Announce":
        return _boosted(tx, activity, about)
    return _unboosted(tx, about) if kind == "Undo" and first_type(carried) == "Announce" else NOTHING


def _said(tx: Tx, post: PostRow, kind: str) -> tuple[Draft, ...]:
    """A post, or new words for one that guests have; that votes were counted changes no words."""
    row = guests.note_of(tx, post.iri)
    if kind == "Update":
        known = row is not None and row.deleted_at_ms is None and post.edited_at_ms is not None
        return (_say(tx, kind, row, post),) if row is not None and known else NOTHING
    if row is not None or post.deleted_at_ms is not None:
        return NOTHING
    return (_say(tx, kind, _new(tx, post.space, post.iri, NOTE, label=post.label), post),)


def _say(tx: Tx, kind: str, row: NoteRow, post: PostRow) -> Draft:
    document = render(told(tx, row, post))
    space = guests_space(row.project_iri)
    return saying.to_guests(tx, kind, document, space=space, label=post.label)


def _gone(tx: Tx, post_iri: str) -> tuple[Draft, ...]:
    row = guests.note_of(tx, post_iri)
    if row is None or row.deleted_at_ms is not None:
        return NOTHING
    guests.note_gone(tx, row.id)
    present = [each for each in guests.of_projects(tx, [row.project_iri]) if each.is_open(tx.now_ms)]
    return tuple(guest.say_delete(tx, row, each.host) for each in present)


def _boosted(tx: Tx, activity: Document, post_iri: str) -> tuple[Draft, ...]:
    """A boost; guests who came later get the post itself first."""
    post, boost_iri = posts.by_iri(tx, post_iri), id_of(activity) or ""
    if post is None or post.deleted_at_ms is not None or guests.note_of(tx, boost_iri) is not None:
        return NOTHING
    first = _said(tx, post, "Create")
    note = guests.note_of(tx, post_iri)
    if note is None or note.deleted_at_ms is not None:
        return NOTHING
    boost = _new(tx, post.space, boost_iri, BOOST, label=post.label)
    return (*first, _announced(tx, boost, note, post.label))


def _announced(tx: Tx, boost: NoteRow, note: NoteRow, label: int) -> Draft:
    """The announcement; its own id is what an Undo names."""
    space = guests_space(boost.project_iri)
    return saying.to_guests(tx, "Announce", note.iri, space=space, label=label, iri=boost.iri)


def _unboosted(tx: Tx, boost_iri: str) -> tuple[Draft, ...]:
    row = guests.note_of(tx, boost_iri)
    if row is None or row.deleted_at_ms is not None:
        return NOTHING
    guests.note_gone(tx, row.id)
    undone = {"id": row.iri, "type": "Announce", "actor": row.project_iri}
    return (saying.to_guests(tx, "Undo", undone, space=guests_space(row.project_iri)),)


def _new(tx: Tx, project: str, source_iri: str, kind: str, *, label: int) -> NoteRow:
    row_id = snowflake(tx.now_ms)
    row = NoteRow(row_id, tx.home.iri("notes", row_id), project, source_iri, kind, tx.now_ms, None)
    ids.mint(tx, row.iri, kind=kind, space=guests_space(project), label=label)
    guests.add_note(tx, row)
    return row


def document_of(tx: Tx, row: NoteRow) -> Document | None:
    """A note as a guest gets it that asks for it; None when there is none any more."""
    post = posts.by_iri(tx, row.source_iri)
    if row.kind != NOTE or row.deleted_at_ms is not None or post is None or post.deleted_at_ms is not None:
        return None
    return {"@context": POST_CONTEXT, **render(told(tx, row, post))}


def told(tx: Tx, row: NoteRow, post: PostRow) -> Told:
    """What a note is made of."""
    author = actors.by_id(tx, post.author_id)
    assert author is not None
    before = guests.note_of(tx, post.in_reply_to_iri) if post.in_reply_to_iri else None
    parent = before.iri if before is not None and before.deleted_at_ms is None else None
    context = thread.of_notes(tx, post) or f"{row.iri}/{thread.POSTS}"
    return Told(row, note_facts(tx, post, author), companies_of(tx, row.project_iri), parent, context)


def companies_of(tx: Tx, project: str) -> dict[str, str]:
    """The names of the companies of a project, by host."""
    charter = charters.in_force(tx, project)
    named = charters.parties(tx, charter.id) if charter is not None else []
    return {party.host: party.company for party in named} | {tx.home.host: tx.home.company}


def render(note: Told) -> Document:
    """The note of a post: pure."""
    post, row = note.facts.post, note.row
    document: Document = {
        "id": row.iri,
        "type": "Note",
        "attributedTo": row.project_iri,
        "to": [f"{row.project_iri}/followers"],
        "cc": [],
        "published": timestamp(post.created_at_ms),
        "content": _content(note),
        "sensitive": bool(post.sensitive),
        "tag": [],
        "attachment": [],
        "interactionPolicy": {"canQuote": {"automaticApproval": [row.project_iri]}},
    }
    people = _people(note.facts)
    more = {
        "summary": guest_words.plain_for_guests(post.spoiler, people=people, hosts=note.companies) or None,
        "inReplyTo": note.parent,
        "context": note.context,
        "contentMap": {post.language: document["content"]} if post.language else None,
        "updated": timestamp(post.edited_at_ms) if post.edited_at_ms else None,
    }
    return document | {key: value for key, value in more.items() if value is not None}


def _content(note: Told) -> str:
    facts, people = note.facts, _people(note.facts)
    said = guest_words.for_guests(facts.post.content, people=people, hosts=note.companies)
    if (
        facts.author.iri != note.row.project_iri
    ):  # what the project says itself is a guest's answer, and says whose
        company = note.companies.get(facts.author.host, facts.author.host)
        said = guest_words.signed(said, name=facts.author.display_name, company=company)
    options = [f"– {option}" for option, _ in facts.poll.options()] if facts.poll else []
    shown = [
        f"[{picture.media_type.partition('/')[0]}] {picture.description}".strip() for picture in facts.media
    ]
    more = [
        guest_words.plain_for_guests(line, people=people, hosts=note.companies) for line in (*options, *shown)
    ]
    return said + guest_words.lines(more)


def _people(facts: NoteFacts) -> dict[str, str]:
    """The names of those whom a post mentions, by IRI and by handle."""
    found: dict[str, str] = {}
    for actor in (facts.author, *facts.mentions):
        found |= {actor.iri: actor.display_name, _handle(actor): actor.display_name}
    return found


def _handle(actor: ActorRow) -> str:
    return f"@{actor.username}@{actor.host}".casefold()
