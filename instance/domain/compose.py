"""Before a post is written: its form, its place, whom it names, and whether the gate would let it go there.

The rule kept here: nothing is published that the author was not told about; a refusal names its rule and loses no text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from instance import policy
from instance.domain import quote, text
from instance.domain.media import with_thumbnail, worded
from instance.domain.picture import Picture
from instance.domain.place import (
    Writer,
    check_all_take_part,
    check_takes_part,
    meaning_of,
    parent_of,
    space_of,
    takes_part,
    writer_of,
)
from instance.domain.poll import AS_IT_IS, PollDraft, check_poll
from instance.domain.refusal import cannot
from instance.domain.text import Anchor, Handle
from instance.errors import CannotPublish
from instance.policy import INTERNAL, Verdict, Withheld
from instance.storage import actors, media, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.media import MediaRow
from instance.storage.posts import PostRow

TEXT_LIMIT_CHARS = 5000
MEDIA_LIMIT = 4
VISIBILITIES = ("public", "unlisted", "private", "direct")
# Inside a project visibility says nothing: everybody in it reads a post. This one lets apps offer to boost it.
IN_PROJECT = "unlisted"


class MediaWords(NamedTuple):
    """What is said otherwise of a picture with an edit, and by what it is shown (saved already); None leaves it."""

    media_id: int
    description: str | None = None
    focus: str | None = None
    thumbnail: Picture | None = None


@dataclass(frozen=True, slots=True)
class PostDraft:
    """What a person wants to publish. `visibility` counts inside the company only; `project` is what a page chose: an IRI, or INTERNAL."""

    text: str
    visibility: str = "public"
    in_reply_to_id: int | None = None
    media_ids: tuple[int, ...] = ()
    spoiler: str = ""
    sensitive: bool = False
    language: str | None = None
    project: str | None = None
    application: str | None = None
    poll: PollDraft | None = None
    media_words: tuple[MediaWords, ...] = ()
    quoted_id: int | None = None
    quote_policy: str = ""


class Checked(NamedTuple):
    """A draft that can be published: where, as what, and whom it names."""

    draft: PostDraft
    space: str
    visibility: str
    html: str
    work_kind: str | None
    mentions: tuple[ActorRow, ...]
    media: tuple[MediaRow, ...]
    parent: PostRow | None
    verdict: Verdict
    quoted: PostRow | None = None


class AsksGate(Protocol):
    """The dry run of the gate."""

    def check_text(self, tx: Tx, strings: Iterable[str], space: str) -> Verdict: ...


class _Place(NamedTuple):
    """Where a draft goes, what it answers, whom its handles mean, and the post it changes."""

    space: str
    parent: PostRow | None
    meant: dict[Handle, ActorRow]
    changes: PostRow | None = None
    quoted: PostRow | None = None


def check_publish(
    tx: Tx, gate: AsksGate, author: ActorRow, draft: PostDraft, *, limit_chars: int = TEXT_LIMIT_CHARS
) -> Checked:
    """Decide about a new post; writes nothing. Raises CannotPublish."""
    writer = writer_of(tx, author)
    _check_form(draft, writer.locale, limit_chars)
    meant = meaning_of(tx, writer, text.handles_in(draft.text))
    named, direct = tuple(meant.values()), draft.visibility == "direct"
    quoted = quote.quoted_of(tx, writer, draft.quoted_id) if draft.quoted_id is not None else None
    if draft.in_reply_to_id is None:
        chosen = draft.project or (quoted.space if quoted and quoted.space != INTERNAL else None)
        space, parent = space_of(tx, writer, named, chosen=chosen, is_direct=direct), None
    else:
        parent = parent_of(tx, writer, draft.in_reply_to_id)
        space = parent.space
        if draft.project not in {None, space}:
            raise cannot("thread_space", writer.locale)
    if quoted is not None and quoted.space != space:
        raise cannot("quote_space", writer.locale, field="quoted_status_id")
    return _check(tx, gate, writer, draft, place=_Place(space, parent, meant, quoted=quoted))


def check_edit(
    tx: Tx,
    gate: AsksGate,
    author: ActorRow,
    draft: PostDraft,
    *,
    post: PostRow,
    limit_chars: int = TEXT_LIMIT_CHARS,
) -> Checked:
    """Decide about new words for a post, which stays where it is; writes nothing. Raises CannotPublish."""
    writer = writer_of(tx, author)
    _check_form(draft, writer.locale, limit_chars)
    parent = posts.by_id(tx, post.in_reply_to_id) if post.in_reply_to_id else None
    meant = meaning_of(tx, writer, text.handles_in(draft.text))
    return _check(tx, gate, writer, draft, place=_Place(post.space, parent, meant, post))


def check_gate(tx: Tx, gate: AsksGate, writer: Writer, words: list[str], *, space: str) -> Verdict:
    """The gate's decision. Raises CannotPublish, with that decision for the ledger, unless these words may be said in that space."""
    verdict = gate.check_text(tx, words, space)
    if not verdict.allowed:
        withheld = Withheld(verdict, writer.actor.iri)
        raise CannotPublish(verdict.rule, _explain(tx, writer, verdict), withheld=withheld)
    return verdict


def _check(tx: Tx, gate: AsksGate, writer: Writer, draft: PostDraft, *, place: _Place) -> Checked:
    if not takes_part(writer, place.space):
        check_gate(tx, gate, writer, [], space=place.space)  # that it is shut for all is the better reason
    check_takes_part(tx, writer, place.space)
    mentions = tuple({actor.id: actor for actor in place.meant.values()}.values())
    check_all_take_part(tx, writer, place.space, mentions)
    pictures = _pictures(tx, writer, draft, place.changes)
    html = text.to_html(draft.text, {handle: Anchor(a.iri, a.username) for handle, a in place.meant.items()})
    acted_on = [post.iri for post in (place.parent, place.quoted) if post]
    options = draft.poll.options if draft.poll else ()
    words = [html, draft.spoiler, *(picture.description for picture in pictures), *options, *acted_on]
    verdict = check_gate(tx, gate, writer, words, space=place.space)
    return Checked(
        draft,
        place.space,
        draft.visibility if place.space == INTERNAL else IN_PROJECT,
        html,
        text.work_kind(text.tags_in(draft.text)),
        mentions,
        pictures,
        place.parent,
        verdict,
        place.quoted,
    )


def _check_form(draft: PostDraft, locale: str, limit_chars: int) -> None:
    if not draft.text.strip() and not draft.media_ids and draft.quoted_id is None:
        raise cannot("empty", locale)
    count = text.length(draft.text) + len(draft.spoiler)
    if count > limit_chars:
        raise cannot("too_long", locale, limit=limit_chars, count=count)
    if len(draft.media_ids) > MEDIA_LIMIT:
        raise cannot("too_many_media", locale, field="media_ids", limit=MEDIA_LIMIT)
    if draft.poll and draft.poll is not AS_IT_IS and draft.media_ids:
        raise cannot("poll_with_pictures", locale, field="media_ids")
    check_poll(draft.poll, locale)
    if draft.visibility not in VISIBILITIES:
        raise cannot("bad_visibility", locale, field="visibility", known=", ".join(VISIBILITIES))
    if draft.quote_policy not in {"", *quote.POLICIES}:
        known = ", ".join(quote.POLICIES)
        raise cannot("bad_quote_policy", locale, field="quote_approval_policy", known=known)


def _pictures(tx: Tx, writer: Writer, draft: PostDraft, changes: PostRow | None) -> tuple[MediaRow, ...]:
    """The author's own, each free or already in the post that is changed, with what the draft says of them. Raises BadInput as well."""
    taken_by, wanted = changes.id if changes else None, set(draft.media_ids)
    found = media.owned(tx, writer.actor.id, draft.media_ids)
    if any(row.state == "processing" for row in found):
        raise cannot("media_processing", writer.locale, field="media_ids")
    free = [row for row in found if row.state == "ready" and row.post_id in {None, taken_by}]
    if len(free) != len(wanted):
        raise cannot("no_such_media", writer.locale, field="media_ids")
    said = {words.media_id: words for words in draft.media_words}
    return tuple(_said(row, said.get(row.id)) for row in free)


def _said(row: MediaRow, words: MediaWords | None) -> MediaRow:
    if words is None:
        return row
    said = worded(row, description=words.description, focus=words.focus)
    return with_thumbnail(said, words.thumbnail) if words.thumbnail else said


def _explain(tx: Tx, writer: Writer, verdict: Verdict) -> str:
    """Why the gate would hold it back, with the names that the author knows things by."""
    known = actors.by_iris(tx, verdict.names)
    names = tuple(known[name].display_name if name in known else name for name in verdict.names)
    return policy.explain(verdict._replace(names=names), writer.locale)
