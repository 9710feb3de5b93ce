"""What guests read in place of a post: a note of the project's own actor.

The rule kept here: a note says who said it by name and company ("Bob, Globex: …") and carries no id but the project's and its own.
"""

from typing import NamedTuple

from federation.document import Document
from federation.vocabulary import POST_CONTEXT
from instance.domain import guest_words, thread
from instance.domain.post import note_facts
from instance.domain.render import NoteFacts, timestamp
from instance.storage import actors, charters, guest_notes, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.guest_notes import NOTE, NoteRow
from instance.storage.posts import PostRow


class Telling(NamedTuple):
    """A post as guests get it: what it is made of, the company of its author, the note before it in the thread, and the notes' collection."""

    row: NoteRow
    facts: NoteFacts
    companies: dict[str, str]
    parent: str | None
    context: str


def document_of(tx: Tx, row: NoteRow) -> Document | None:
    """A note as a guest gets it that asks for it; None when there is none any more."""
    post = posts.by_iri(tx, row.source_iri)
    if row.kind != NOTE or row.deleted_at_ms is not None or post is None or post.deleted_at_ms is not None:
        return None
    return {"@context": POST_CONTEXT, **render(telling(tx, row, post))}


def telling(tx: Tx, row: NoteRow, post: PostRow) -> Telling:
    """What a note is made of."""
    author = actors.by_id(tx, post.author_id)
    assert author is not None
    before = guest_notes.of_source(tx, post.in_reply_to_iri) if post.in_reply_to_iri else None
    parent = before.iri if before is not None and before.deleted_at_ms is None else None
    context = thread.of_notes(tx, post) or f"{row.iri}/{thread.POSTS}"
    return Telling(row, note_facts(tx, post, author), companies_of(tx, row.project_iri), parent, context)


def companies_of(tx: Tx, project: str) -> dict[str, str]:
    """The names of the companies of a project, by host."""
    charter = charters.in_force(tx, project)
    named = charters.parties(tx, charter.id) if charter is not None else []
    return {party.host: party.company for party in named} | {tx.home.host: tx.home.company}


def render(note: Telling) -> Document:
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
        "updated": timestamp(row.reworded_at_ms) if row.reworded_at_ms else None,
    }
    return document | {key: value for key, value in more.items() if value is not None}


def _content(note: Telling) -> str:
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
