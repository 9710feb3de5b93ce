"""Answers of guests: a note that mentions the project, or answers a note of it, becomes a post of the project's own actor, where the charter lets guests answer.

The rule kept here: what a guest says names nothing of the project but the project, whether that exists or not, so that nobody learns by
trying what there is; and only who follows the project is heard in it.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from federation.document import Document, first_type, id_of, ids_of, one_or_many
from federation.letters import Draft
from instance import ids, names
from instance.domain import guest, guest_words, index, render, thread, timeline
from instance.domain import post as posting
from instance.domain.charter_document import GUESTS_ANSWER
from instance.domain.guest_note import companies_of
from instance.domain.note import MENTIONS_LIMIT, Note, read_note
from instance.domain.outcome import Incoming, Ruling
from instance.domain.render import NoteFacts
from instance.storage import actors, guest_notes, guest_standing, guests, log, posts, things
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.guest_notes import NOTE
from instance.storage.guests import GuestActorRow, ReplyRow
from instance.storage.posts import PostRow

NOTHING: tuple[Draft, ...] = ()
ANSWER_LIMIT_CHARS = 5000
NAME_LIMIT_CHARS = 50
HOUR_MS = 3_600_000
PERSON_AN_HOUR, HOST_AN_HOUR = 60, 600  # each answer is an entry of a log that all companies keep

_PRETENCE = re.compile(r"[^\w'’.-]+")  # of punctuation only what names have


class _Answer(NamedTuple):
    """An answer as it would be written into the project: its words, by whom, after what."""

    note: Note
    html: str
    spoiler: str
    project: ActorRow
    parent: PostRow | None


def verify_create(tx: Tx, incoming: Incoming) -> Ruling:
    """A note by a follower at a guest host that mentions the project."""
    carried = incoming.activity.object
    project = _project_of(tx, incoming, carried)
    if project is None:
        return Ruling(taken=False, rule="guest_mentions_no_project")
    if (refusal := _refuse_speaker(tx, incoming, project)) is not None:
        return refusal
    if guests.reply(tx, id_of(carried) or "") is not None:
        return Ruling(taken=False, rule="guest_said_it_already")
    refusal = _refuse_words(tx, _read(tx, incoming, project))
    return refusal or Ruling(taken=True, rule="guest_answers")


def _refuse_speaker(tx: Tx, incoming: Incoming, project: ActorRow) -> Ruling | None:
    """Who is not heard: where guests may not answer, whom IT keeps out, who does not follow, who says too much."""
    who = incoming.activity.actor
    if guest.may_do(tx, project.iri) != GUESTS_ANSWER:
        return Ruling(taken=False, rule="guest_may_not_answer")
    if guest_standing.is_blocked(tx, who):
        return Ruling(taken=False, rule="guest_is_blocked")
    if not guest.follows(tx, project.iri, who, host=incoming.host):
        return Ruling(taken=False, rule="guest_does_not_follow")
    return Ruling(taken=False, rule="guest_says_too_often") if _is_too_often(tx, incoming) else None


def apply_create(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the post, in the thread of what the note answers, and say it in the project's name."""
    project = _project_of(tx, incoming, incoming.activity.object)
    assert project is not None
    answer = _read(tx, incoming, project)
    post = _row(tx, answer)
    ids.mint(tx, post.iri, kind="post", space=post.space, label=post.label)
    timeline.enter(tx, post, project, (), parent=answer.parent)
    index.keep(tx, post.id)
    guests.add_reply(
        tx,
        ReplyRow(answer.note.iri, post.iri, project.iri, incoming.activity.actor, incoming.host, tx.now_ms),
    )
    activity = render.create(_facts(tx, post, project), iri=posting.mint_activity(tx, "create", post))
    return (posting.draft_of(activity, post.space),)


def verify_update(tx: Tx, incoming: Incoming) -> Ruling:
    """New words for an answer, by who gave it."""
    found = _answered(tx, incoming)
    if found is None:
        return Ruling(taken=False, rule="guest_has_none")
    reply, project = found
    if not guest.is_open(tx, reply.project_iri, incoming.host):
        return Ruling(taken=False, rule="guest_not_allowed")
    if guest.may_do(tx, reply.project_iri) != GUESTS_ANSWER:
        return Ruling(taken=False, rule="guest_may_not_answer")
    answer, before = _read(tx, incoming, project), posts.by_iri(tx, reply.post_iri)
    if before is not None and _is_same(answer, before):
        return Ruling(taken=False, rule="guest_says_the_same")
    if guest_standing.is_blocked(tx, incoming.activity.actor):
        return Ruling(taken=False, rule="guest_is_blocked")
    refusal = _refuse_words(tx, answer)
    return refusal or Ruling(taken=True, rule="guest_rewords")


def _is_same(answer: _Answer, post: PostRow) -> bool:
    """Whether nothing that is shown would change, as when votes were counted in a guest's own poll."""
    said = (answer.html, answer.spoiler, int(answer.note.sensitive), answer.note.language)
    return said == (post.content, post.spoiler, post.sensitive, post.language)


def apply_update(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the new words and say so."""
    found = _answered(tx, incoming)
    assert found is not None
    reply, project = found
    before = posts.by_iri(tx, reply.post_iri)
    assert before is not None
    answer = _read(tx, incoming, project)
    post = before._replace(
        content=answer.html,
        spoiler=answer.spoiler,
        sensitive=int(answer.note.sensitive),
        language=answer.note.language,
        edited_at_ms=tx.now_ms,
    )
    posting.reword(tx, before, post, mentions=(), hashtags=())
    index.keep(tx, post.id)
    iri = posting.mint_activity(tx, "update", post)
    activity = render.update(_facts(tx, post, project), iri=iri, at_ms=tx.now_ms)
    return (posting.draft_of(activity, post.space),)


def verify_delete(tx: Tx, incoming: Incoming) -> Ruling:
    """An answer is taken back by who gave it, whether or not the host is a guest of that project still."""
    if _answered(tx, incoming) is None:
        return Ruling(taken=False, rule="guest_has_none")
    return Ruling(taken=True, rule="guest_takes_back")


def apply_delete(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Delete the post, here, in the log and at the companies."""
    found = _answered(tx, incoming)
    assert found is not None
    reply, project = found
    post = posts.by_iri(tx, reply.post_iri)
    assert post is not None
    timeline.leave(tx, post)
    log.redact(tx, post.space, post.iri)
    return (posting.say_delete(tx, post._replace(content="", deleted_at_ms=tx.now_ms), project),)


def _facts(tx: Tx, post: PostRow, project: ActorRow) -> NoteFacts:
    return NoteFacts(post, project, thread=thread.of_post(tx, post))


def _is_too_often(tx: Tx, incoming: Incoming) -> bool:
    since_ms = tx.now_ms - HOUR_MS
    said = guests.said_lately(tx, incoming.activity.actor, host=incoming.host, since_ms=since_ms)
    return said.of_host >= HOST_AN_HOUR or (said.of_actor or 0) >= PERSON_AN_HOUR


def _project_of(tx: Tx, incoming: Incoming, carried: Any) -> ActorRow | None:
    """The project of which its host is a guest that a note mentions in whatever way, else the one of what it answers."""
    if not isinstance(carried, dict):
        return None
    projects = actors.by_iris(tx, guest.open_projects(tx, incoming.host))
    for said in _mentioning(carried):
        named = things.named_in(tx, said)
        found = [row for row in projects.values() if not named.isdisjoint(_names_of(row))]
        if found:
            return min(found, key=lambda row: row.iri)
    return projects.get(_place_of(tx, id_of(carried.get("inReplyTo"))))


def _mentioning(note: Document) -> Iterator[list[str]]:
    """What may mention somebody: the Mentions one by one, those it is for, its words."""
    for tag in one_or_many(note.get("tag"))[:MENTIONS_LIMIT]:
        if first_type(tag) == "Mention":
            yield [part for part in (tag.get("href"), tag.get("name")) if isinstance(part, str)]
    yield [iri for field in ("to", "cc", "audience") for iri in ids_of(note.get(field))]
    yield [read_note(note, now_ms=0).content]


def _names_of(project: ActorRow) -> set[str]:
    return {names.canonical(project.iri), names.canonical(f"@{project.username}@{project.host}")}


def _place_of(tx: Tx, iri: str | None) -> str:
    """The project in which guests know something by this IRI, a note or one of their own answers; empty when they do not."""
    note, reply = guest_notes.by_iri(tx, iri or ""), guests.reply(tx, iri or "")
    known = note or reply
    return known.project_iri if known is not None else ""


def _answered(tx: Tx, incoming: Incoming) -> tuple[ReplyRow, ActorRow] | None:
    """The answer that an activity of its own author is about, with the project, while the post is there."""
    reply = guests.reply(tx, incoming.activity.object_iri or "")
    if reply is None or (reply.actor_iri, reply.host) != (incoming.activity.actor, incoming.host):
        return None
    post, project = posts.by_iri(tx, reply.post_iri), actors.by_iri(tx, reply.project_iri)
    is_there = post is not None and post.deleted_at_ms is None
    return (reply, project) if is_there and project is not None else None


def _read(tx: Tx, incoming: Incoming, project: ActorRow) -> _Answer:
    """The words without any name of the project's companies, with who said them in front."""
    document: Document = incoming.activity.object
    note, who = read_note(document, now_ms=tx.now_ms), guests.actor(tx, incoming.activity.actor)
    people, hosts = (
        {project.iri: "", f"@{project.username}@{project.host}": ""},
        companies_of(tx, project.iri),
    )
    said = guest_words.for_guests(note.content, people=people, hosts=hosts)
    shown = [guest_words.plain_for_guests(line, people=people, hosts=hosts) for line in _asked(note)]
    html = guest_words.signed(
        guest_words.tidied(said), name=_name(who, incoming), company=incoming.host
    ) + guest_words.lines(shown)
    spoiler = guest_words.plain_for_guests(note.spoiler, people=people, hosts=hosts)
    return _Answer(note, html, spoiler, project, _parent(tx, note.parent_iri, project.iri))


def _name(who: GuestActorRow | None, incoming: Incoming) -> str:
    """The name that stands in front of the words; without what would let it pass for somebody of a company ("Bob, Globex: …")."""
    called = who.display_name if who is not None else incoming.activity.actor.rpartition("/")[2]
    return " ".join(_PRETENCE.sub(" ", called)[:NAME_LIMIT_CHARS].split()) or incoming.host


def _asked(note: Note) -> list[str]:
    """The answers of a poll of a guest's; who is in the project cannot vote there."""
    return [f"– {title}" for title in note.poll.titles] if note.poll else []


def _parent(tx: Tx, iri: str | None, project: str) -> PostRow | None:
    """What the note answers, when that is a note of the project or an answer of a guest."""
    if not iri:
        return None
    note, reply = guest_notes.by_iri(tx, iri), guests.reply(tx, iri)
    source = note.source_iri if note is not None and note.kind == NOTE else reply.post_iri if reply else ""
    parent = posts.by_iri(tx, source) if source else None
    is_there = parent is not None and parent.space == project and parent.deleted_at_ms is None
    return parent if is_there else None


def _refuse_words(tx: Tx, answer: _Answer) -> Ruling | None:
    if len(answer.html) > ANSWER_LIMIT_CHARS:
        return Ruling(taken=False, rule="guest_says_too_much")
    named = things.named_in(tx, [answer.html, answer.spoiler])
    own = names.canonical(answer.project.iri)
    if any(fact.name != own and fact.kind != "node" for fact in things.facts(tx, named)):
        return Ruling(taken=False, rule="guest_names_what_it_may_not")
    return None


def _row(tx: Tx, answer: _Answer) -> PostRow:
    row_id, parent = ids.snowflake(tx.now_ms), answer.parent
    post = posting.empty_row(
        row_id, tx.home.iri("posts", row_id), answer.project.id, answer.project.iri, tx.now_ms
    )
    return post._replace(
        content=answer.html,
        spoiler=answer.spoiler,
        sensitive=int(answer.note.sensitive),
        language=answer.note.language,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_iri=parent.iri if parent else None,
        thread_id=parent.thread_id if parent else row_id,
    )
