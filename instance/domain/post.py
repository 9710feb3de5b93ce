"""Publishing, changing, deleting and boosting posts.

The rule kept here: every verb writes and returns Drafts, whatever the space. An internal post is drafted like any other; it is the gate
that holds it back.
"""

from federation.letters import Draft
from instance import ids
from instance.domain import emoji, index, quote_activities, render, text, thread, timeline
from instance.domain import poll as asking
from instance.domain import quote as quotation
from instance.domain.about import about_of
from instance.domain.compose import (
    IN_PROJECT,
    TEXT_LIMIT_CHARS,
    AsksGate,
    Checked,
    PostDraft,
    check_edit,
    check_gate,
    check_publish,
)
from instance.domain.outcome import Outcome
from instance.domain.place import Writer, check_takes_part, writer_of
from instance.domain.refusal import cannot
from instance.domain.render import Json, NoteFacts
from instance.errors import NotFound
from instance.events import PostChanged
from instance.policy import INTERNAL
from instance.storage import actors, log, media, polls, posts, quotes, tags
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow

__all__ = [
    "Checked",
    "PostDraft",
    "boost",
    "check_edit",
    "check_publish",
    "delete",
    "edit",
    "publish",
    "revoke_quote",
    "set_quote_policy",
    "unboost",
]


def publish(
    tx: Tx, gate: AsksGate, author: ActorRow, draft: PostDraft, *, limit_chars: int = TEXT_LIMIT_CHARS
) -> Outcome[PostRow]:
    """Publish a new post. Raises CannotPublish."""
    checked = check_publish(tx, gate, author, draft, limit_chars=limit_chars)
    post = _row(tx, author, checked)
    ids.mint(tx, post.iri, kind="post", space=post.space, label=post.label)
    timeline.enter(
        tx,
        post,
        author,
        checked.mentions,
        parent=checked.parent,
        hashtags=text.hashtags_in(draft.text),
    )
    asking = _quote(tx, post, author, checked.quoted) if checked.quoted else ()
    facts = _attached(tx, post, author, checked, is_new=True)
    activity_iri = mint_activity(tx, "create", post)
    return Outcome(post, (draft_of(render.create(facts, iri=activity_iri), post.space), *asking))


def _quote(tx: Tx, post: PostRow, author: ActorRow, quoted: PostRow) -> tuple[Draft, ...]:
    """Write what a new post quotes; of a partner's person, ask whether it may."""
    row = quotation.enter(tx, post, author, quoted=quoted, quoted_iri=quoted.iri)
    if row.state != "pending":
        return ()
    iri = mint_activity(tx, "quote_request", post)
    asked = quote_activities.request(post, author, quoted_iri=quoted.iri, iri=iri, at_ms=tx.now_ms)
    return (draft_of(asked, post.space),)


def set_quote_policy(tx: Tx, author: ActorRow, post_id: int, policy: str) -> Outcome[PostRow]:
    """Say anew who may quote the author's own post, here and to the partners that have it. Raises NotFound."""
    before = _own(tx, author, post_id)
    post = quotation.set_policy(tx, before, policy)
    if post.quote_policy == before.quote_policy:
        return Outcome(post)
    iri = mint_activity(tx, "update", post)
    said = render.update(note_facts(tx, post, author), iri=iri, at_ms=tx.now_ms)
    return Outcome(post, (draft_of(said, post.space),))


def revoke_quote(tx: Tx, author: ActorRow, quoted_id: int, quoting_id: int) -> Outcome[PostRow]:
    """Take the author's own post out of one that quotes it; the value is that one. Raises NotFound, NotAllowed."""
    quoted, row = quotation.check_revoke(tx, author, quoted_id, quoting_id)
    quoting = posts.by_id(tx, quoting_id)
    assert quoting is not None
    if row.state == "revoked":
        return Outcome(quoting)
    quotation.settle(tx, row, state="revoked")
    iri = mint_activity(tx, "delete", quoted)
    revoked = quote_activities.stamp(
        row.stamp_iri or quote_activities.stamp_iri(iri),
        author_iri=author.iri,
        quoting_iri=quoting.iri,
        quoted_iri=quoted.iri,
    )
    said = quote_activities.revocation(quoted, author, revoked=revoked, iri=iri, at_ms=tx.now_ms)
    return Outcome(quoting, (draft_of(said, quoted.space),))


def edit(
    tx: Tx,
    gate: AsksGate,
    author: ActorRow,
    post_id: int,
    draft: PostDraft,
    *,
    limit_chars: int = TEXT_LIMIT_CHARS,
) -> Outcome[PostRow]:
    """Change the words and pictures of the author's own post; it stays where it is. Raises CannotPublish, NotFound."""
    before = _own(tx, author, post_id)
    checked = check_edit(tx, gate, author, draft, post=before, limit_chars=limit_chars)
    post = before._replace(
        content=checked.html,
        source=draft.text,
        spoiler=draft.spoiler,
        sensitive=int(draft.sensitive),
        language=draft.language,
        work_kind=checked.work_kind,
        edited_at_ms=tx.now_ms,
    )
    reword(tx, before, post, mentions=checked.mentions, hashtags=text.hashtags_in(draft.text))
    if draft.quote_policy:
        post = quotation.set_policy(tx, post, draft.quote_policy)
    facts = _attached(tx, post, author, checked, is_new=False)
    activity = render.update(facts, iri=mint_activity(tx, "update", post), at_ms=tx.now_ms)
    return Outcome(post, (draft_of(activity, post.space),))


def reword(
    tx: Tx, before: PostRow, post: PostRow, *, mentions: tuple[ActorRow, ...], hashtags: tuple[str, ...]
) -> None:
    """Write a post's new words, keep the old ones, and tell those who are named now and were not."""
    posts.keep_wording(tx, before, at_ms=tx.now_ms)
    posts.reword(tx, post)
    named_before = posts.mentions_of(tx, post.id)
    posts.clear_mentions(tx, post.id)
    posts.add_mentions(tx, post.id, [actor.id for actor in mentions])
    tags.put(tx, post.id, post.space, hashtags)
    timeline.tell_named(tx, post, [actor for actor in mentions if actor.id not in named_before])
    quotation.tell_update(tx, post)
    tx.emit(PostChanged(post.id, edited=True))


def delete(tx: Tx, author: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Delete the author's own post for good: here, in the log, and at the partners that had it. Raises NotFound."""
    post = _own(tx, author, post_id)
    timeline.leave(tx, post)
    log.redact(tx, post.space, post.iri)
    gone = post._replace(content="", source="", deleted_at_ms=tx.now_ms)
    return Outcome(gone, (say_delete(tx, gone, author),))


def unsaid_deletes(tx: Tx, project_iri: str, since_ms: int) -> tuple[Draft, ...]:
    """The deletes of our people that the gate held back while the project was shut, to be said now that it is open."""
    gone = posts.deleted_since(tx, project_iri, since_ms)
    authors = actors.by_ids(tx, {row.author_id for row in gone})
    return tuple(say_delete(tx, row, authors[row.author_id]) for row in gone)


def boost(tx: Tx, gate: AsksGate, author: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Boost a post within its own space, once. Raises CannotPublish, NotFound."""
    boosted = readable(tx, author, post_id)
    already = posts.boost_by(tx, author.id, boosted.id)
    if already is not None:
        return Outcome(already)
    writer = writer_of(tx, author)
    if boosted.space == INTERNAL and boosted.visibility not in {"public", "unlisted"}:
        raise cannot("boost_of_private", writer.locale)
    check_open(tx, gate, writer, boosted)
    check_takes_part(tx, writer, boosted.space)
    row = boost_row(tx.now_ms, mint_activity(tx, "announce", boosted), author, boosted)
    timeline.enter_boost(tx, row, author, boosted)
    return Outcome(row, (draft_of(render.announce(row, author, boosted_iri=boosted.iri), row.space),))


def unboost(tx: Tx, gate: AsksGate, author: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Take a boost back; nothing happens without one. The value is the post that was boosted. Raises CannotPublish, NotFound."""
    boosted = readable(tx, author, post_id)
    row = posts.boost_by(tx, author.id, boosted.id)
    if row is None:
        return Outcome(boosted)
    check_open(tx, gate, writer_of(tx, author), boosted)
    timeline.leave_boost(tx, row)
    announce = render.announce(row, author, boosted_iri=boosted.iri)
    undo = render.undo(announce, iri=mint_activity(tx, "undo", boosted), at_ms=tx.now_ms)
    return Outcome(boosted, (draft_of(undo, row.space),))


def check_open(tx: Tx, gate: AsksGate, writer: Writer, post: PostRow) -> None:
    """Raise CannotPublish unless something can be said about a project's post now, so that all its companies count the same."""
    if post.space != INTERNAL:
        check_gate(tx, gate, writer, [post.iri], space=post.space)


def readable(tx: Tx, viewer: ActorRow, post_id: int) -> PostRow:
    """The post that the viewer means and may read; of a boost, the post boosted. Raises NotFound."""
    post = posts.meant_by(tx, viewer.id, post_id)
    if post is None:
        raise NotFound("post")
    return post


def boost_row(at_ms: int, iri: str, booster: ActorRow, boosted: PostRow) -> PostRow:
    """The row of a boost: it lives in the space of what is boosted."""
    row_id = ids.snowflake(at_ms)
    return empty_row(row_id, iri, booster.id, boosted.space, at_ms)._replace(
        boost_of_id=boosted.id, visibility=IN_PROJECT
    )


def empty_row(row_id: int, iri: str, author_id: int, space: str, at_ms: int) -> PostRow:
    """A post with nothing in it, that opens a thread of its own."""
    return PostRow(
        id=row_id,
        iri=iri,
        author_id=author_id,
        space=space,
        label=1,
        visibility=IN_PROJECT,
        in_reply_to_id=None,
        in_reply_to_iri=None,
        thread_id=row_id,
        boost_of_id=None,
        content="",
        source="",
        spoiler="",
        sensitive=0,
        language=None,
        work_kind=None,
        application=None,
        replies_count=0,
        boosts_count=0,
        favourites_count=0,
        created_at_ms=at_ms,
        edited_at_ms=None,
        deleted_at_ms=None,
    )


def mint_activity(tx: Tx, kind: str, post: PostRow) -> str:
    """The IRI of a new activity about a post; it belongs where the post belongs."""
    iri = tx.home.iri("activities", ids.snowflake(tx.now_ms))
    ids.mint(tx, iri, kind=kind, space=post.space, label=post.label)
    return iri


def draft_of(activity: Json, space: str) -> Draft:
    """The draft of an activity: a project's enters the project's log, any other stands outside all logs."""
    return Draft(activity, activity["actor"], None if space == INTERNAL else space)


def note_facts(tx: Tx, post: PostRow, author: ActorRow) -> NoteFacts:
    """What a post that is stored already is rendered from."""
    named = actors.by_ids(tx, posts.mentions_of(tx, post.id))
    pictures = media.of_posts(tx, [post.id]).get(post.id, ())
    poll = polls.of_post(tx, post.id)
    emojis = emoji.written(tx, post, poll)
    quoted = quotes.of_post(tx, post.id)
    context = thread.of_post(tx, post)
    return NoteFacts(post, author, tuple(named.values()), pictures, poll, emojis, quoted, context)


def say_delete(tx: Tx, post: PostRow, author: ActorRow) -> Draft:
    """The Delete of a post that is gone here."""
    activity = render.delete(post, author, iri=mint_activity(tx, "delete", post), at_ms=tx.now_ms)
    return draft_of(activity, post.space)


def _own(tx: Tx, author: ActorRow, post_id: int) -> PostRow:
    post = posts.seen_by(tx, author.id, post_id)
    if post is None or post.author_id != author.id or post.boost_of_id is not None:
        raise NotFound("post of yours")
    return post


def _row(tx: Tx, author: ActorRow, checked: Checked) -> PostRow:
    row_id, draft, parent = ids.snowflake(tx.now_ms), checked.draft, checked.parent
    return empty_row(row_id, tx.home.iri("posts", row_id), author.id, checked.space, tx.now_ms)._replace(
        visibility=checked.visibility,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_iri=parent.iri if parent else None,
        thread_id=parent.thread_id if parent else row_id,
        content=checked.html,
        source=draft.text,
        spoiler=draft.spoiler,
        sensitive=int(draft.sensitive),
        language=draft.language,
        work_kind=checked.work_kind,
        application=draft.application,
        quote_policy=quotation.policy_for(
            draft.quote_policy,
            usual=about_of(author).quote_policy,
            space=checked.space,
            visibility=checked.visibility,
        ),
    )


def _attached(tx: Tx, post: PostRow, author: ActorRow, checked: Checked, *, is_new: bool) -> NoteFacts:
    """Give the post its poll and its pictures, which from now on belong where the post belongs; what it is rendered from.

    What a new post has is known: nothing is asked for.
    """
    poll = None if is_new and checked.draft.poll is None else asking.keep(tx, post.id, checked.draft.poll)
    if not is_new:
        media.keep_only(tx, post.id, [picture.id for picture in checked.media])
    for position, picture in enumerate(checked.media):
        media.attach(tx, picture.id, post_id=post.id, position=position)
        if checked.draft.media_words:
            media.set_words(tx, picture.id, description=picture.description, focus=picture.focus)
            media.set_thumbnail(tx, picture)
        if picture.post_id is None:
            ids.mint(tx, picture.iri, kind="media", space=post.space, label=post.label)
    index.keep(tx, post.id)
    emojis = emoji.brought(tx, post, poll)
    quoted = None if is_new and checked.quoted is None else quotes.of_post(tx, post.id)
    context = thread.of_post(tx, post)
    return NoteFacts(post, author, checked.mentions, checked.media, poll, emojis, quoted, context)
