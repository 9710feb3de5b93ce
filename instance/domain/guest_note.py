"""What guests read in place of a post: a note of the project's own actor.

The rule kept here: a note says who said it by name and company ("Bob, Globex: …") and carries no id but the project's and its own.
"""

from typing import NamedTuple

from federation.document import Document
from federation.vocabulary import POST_CONTEXT
from instance.domain import guest_words, thread
from instance.domain.post import note_facts
from instance.domain.render import NoteFacts, timestamp
from instance.storage import actors, charters, guest_notes, posts, tags
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.guest_notes import NOTE, NoteRow
from instance.storage.polls import PollRow
from instance.storage.posts import PostRow


class Telling(NamedTuple):
    """A post as guests get it: what it is made of, the companies of the project, the note before it in the thread, and the notes' collection.

    `hashtags` are without the #; `quoted` is what it quotes, when that may be shown.
    """

    row: NoteRow
    facts: NoteFacts
    companies: dict[str, str]
    parent: str | None
    context: str
    hashtags: tuple[str, ...] = ()
    quoted: NoteFacts | None = None


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
    facts = note_facts(tx, post, author)
    return Telling(
        row,
        facts,
        companies_of(tx, row.project_iri),
        parent,
        context,
        tags.of_posts(tx, [post.id]).get(post.id, ()),
        _quoted(tx, facts),
    )


def _quoted(tx: Tx, facts: NoteFacts) -> NoteFacts | None:
    """What a post quotes with its author's leave, as long as it is there; nothing that is classified higher than the post itself."""
    quote = facts.quote
    found = (
        posts.by_id(tx, quote.quoted_id) if quote and quote.quoted_id and quote.state == "accepted" else None
    )
    if found is None or found.deleted_at_ms is not None:
        return None
    author = actors.by_id(tx, found.author_id)
    is_within = found.space == facts.post.space and found.label <= facts.post.label
    return note_facts(tx, found, author) if is_within and author is not None else None


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
        "tag": [{"type": "Hashtag", "name": f"#{tag}"} for tag in note.hashtags],
        "attachment": [],
        "interactionPolicy": {"canQuote": {"automaticApproval": [row.project_iri]}},
    }
    people = _people(note, note.facts)
    more = {
        "summary": guest_words.plain_for_guests(post.spoiler, people=people, hosts=note.companies) or None,
        "inReplyTo": note.parent,
        "context": note.context,
        "contentMap": {post.language: document["content"]} if post.language else None,
        "updated": timestamp(row.reworded_at_ms) if row.reworded_at_ms else None,
    }
    return document | {key: value for key, value in more.items() if value is not None}


def _content(note: Telling) -> str:
    """The words, then what else there is to say in words: a poll, pictures, what is quoted."""
    facts = note.facts
    more = [*_asked(facts.poll, facts.post.language), *_shown(facts)]
    plain = [
        guest_words.plain_for_guests(line, people=_people(note, facts), hosts=note.companies) for line in more
    ]
    quoted = f"<blockquote>{_said(note, note.quoted)}</blockquote>" if note.quoted is not None else ""
    return _said(note, facts) + guest_words.lines(plain) + quoted


def _said(note: Telling, facts: NoteFacts) -> str:
    """The words of a post with who said them. What the project says itself is a guest's answer, and says whose."""
    people, companies = _people(note, facts), note.companies
    said = guest_words.for_guests(facts.post.content, people=people, hosts=companies)
    if facts.author.iri == note.row.project_iri:
        return said
    name = people[facts.author.iri]
    return guest_words.signed(said, name=name, company=companies.get(facts.author.host, facts.author.host))


def _asked(poll: PollRow | None, language: str | None) -> list[str]:
    """A poll in words: its answers and until when people of the project choose; once it is over how often each was chosen."""
    if poll is None:
        return []
    say = guest_words.phrases(language)
    if not poll.ended:
        until = f"{timestamp(poll.ends_at_ms)[:16].replace('T', ' ')} UTC" if poll.ends_at_ms else ""
        return [
            *(f"– {title}" for title, _ in poll.options()),
            say["poll_until" if until else "poll"].format(until),
        ]
    counted = [title if count is None else f"{title}: {count}" for title, count in poll.options()]
    return [*(f"– {line}" for line in counted), say["poll_over"].format(poll.voters_count)]


def _shown(facts: NoteFacts) -> list[str]:
    kinds = [(picture.media_type.partition("/")[0], picture.description) for picture in facts.media]
    return [f"[{kind}] {description}".strip() for kind, description in kinds]


def _people(note: Telling, facts: NoteFacts) -> dict[str, str]:
    """The names of those whom a post mentions, by IRI and by handle; a name that is a handle is none."""
    found: dict[str, str] = {}
    for actor in (facts.author, *facts.mentions):
        name = guest_words.plain_for_guests(actor.display_name, people={}, hosts=note.companies)
        found |= {actor.iri: name, _handle(actor): name}
    return found


def _handle(actor: ActorRow) -> str:
    return f"@{actor.username}@{actor.host}".casefold()
