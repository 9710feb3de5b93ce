"""Partners' posts on their way in: `verify_*` reads and decides, `apply_*` writes what was decided, and twice is as once.

The rule kept here: a company speaks for its own people only, about a project they take part in, and a thread never changes its space.
"""

from collections.abc import Sequence

from federation.letters import Draft
from federation.origin import host_of
from instance import ids
from instance.domain import emoji, guest, index, missing, quote, thread, timeline
from instance.domain import post as posting
from instance.domain.note import Attached, Note, clamped, contexts_of, is_by, parent_of, read_note
from instance.domain.outcome import Incoming, Ruling
from instance.events import MediaWanted
from instance.storage import actors, log, media, members, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.media import MediaRow
from instance.storage.posts import PostRow

NOTHING: tuple[Draft, ...] = ()


def member_of(tx: Tx, incoming: Incoming) -> tuple[ActorRow, str] | None:
    """The author and the role in the project; None unless the speaking company's own, known and in it, as far as that company's log has come."""
    actor = actors.by_iri(tx, incoming.activity.actor)
    if incoming.project is None or actor is None or actor.host != incoming.host or actor.state != "active":
        return None
    member = members.one(tx, incoming.project, actor.id)
    return (actor, member.role) if member is not None and members.spoke_for_project(tx, member) else None


def refuse_author(tx: Tx, incoming: Incoming) -> Ruling | None:
    """The refusal of an author who may not post in the project, if so."""
    found = member_of(tx, incoming)
    if found is None:
        return Ruling(taken=False, rule="author_not_in_project")
    return Ruling(taken=False, rule="author_only_follows") if found[1] == "follower" else None


def refuse_writer(tx: Tx, incoming: Incoming) -> Ruling | None:
    """The refusal of an author who may not write in the project, if so. The project itself may where guests answer: it says what they say."""
    if incoming.activity.actor != incoming.project or host_of(incoming.activity.actor) != incoming.host:
        return refuse_author(tx, incoming)
    return (
        None
        if guest.may_ever_answer(tx, incoming.project)
        else Ruling(taken=False, rule="guest_may_not_answer")
    )


def verify_create(tx: Tx, incoming: Incoming) -> Ruling:
    """A Note by a member of the project, in a thread of the project."""
    refusal = refuse_writer(tx, incoming)
    if refusal is not None:
        return refusal
    note = incoming.activity.object
    if not is_by(note, incoming.activity.actor):
        return Ruling(taken=False, rule="not_the_author")
    parent_iri = parent_of(note)
    parent = posts.by_iri(tx, parent_iri) if parent_iri else None
    if parent is not None and parent.space != incoming.project:
        return Ruling(taken=False, rule="thread_of_another_space")
    assert incoming.project is not None
    if thread.is_elsewhere(tx, contexts_of(note), incoming.project):
        return Ruling(taken=False, rule="thread_of_another_space")
    return Ruling(taken=True, rule="post_of_a_member")


def apply_create(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the post as publishing writes ours, with the homes and notifications of our people."""
    note = read_note(incoming.activity.object, now_ms=tx.now_ms)
    author = actors.by_iri(tx, incoming.activity.actor)
    assert author is not None
    assert incoming.project is not None
    parent = posts.by_iri(tx, note.parent_iri) if note.parent_iri else None
    post = _row(note, author, incoming.project, parent)
    if not timeline.enter(tx, post, author, _mentioned(tx, note), parent=parent, hashtags=note.hashtags):
        return NOTHING
    ids.mint(tx, post.iri, kind="post", space=post.space, label=post.label)
    _want(tx, post, note.pictures)
    emoji.receive(tx, author, post.space, note.emojis)
    posts.adopt(tx, post)
    thread.learn(tx, post, note, host=incoming.host)
    missing.arrived(tx, post)
    if note.parent_iri and parent is None:
        missing.note(tx, post, note)
    _quote(tx, post, author, note.quote_iri)
    quote.adopt(tx, post, author)
    index.keep(tx, post.id)
    return NOTHING


def _quote(tx: Tx, post: PostRow, author: ActorRow, quoted_iri: str | None) -> None:
    """Write what a partner's post quotes; a thing of another space is not shown in it, whatever they say."""
    if quoted_iri is None:
        return
    quoted = posts.by_iri(tx, quoted_iri)
    if quoted is None or (quoted.space == post.space and quoted.boost_of_id is None):
        quote.enter(tx, post, author, quoted=quoted, quoted_iri=quoted_iri)


def verify_update(tx: Tx, incoming: Incoming) -> Ruling:
    """New words by the author of a post that is there, later than the words it has."""
    refusal = refuse_writer(tx, incoming)
    if refusal is not None:
        return refusal
    post = _known(tx, incoming)
    if post is None:
        return Ruling(taken=False, rule="post_unknown")
    if not _is_author(tx, incoming, post):
        return Ruling(taken=False, rule="not_the_author")
    note = read_note(incoming.activity.object, now_ms=tx.now_ms)
    if not _is_newer(note, post):
        if note.quote_policy != post.quote_policy:
            return Ruling(taken=True, rule="quote_policy_by_the_author")
        return Ruling(taken=False, rule="not_newer")
    return Ruling(taken=True, rule="edit_by_the_author")


def apply_update(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the new words and keep the old ones."""
    before = _known(tx, incoming)
    assert before is not None
    note = read_note(incoming.activity.object, now_ms=tx.now_ms)
    quote.set_policy(tx, before, note.quote_policy)
    thread.learn(tx, before, note, host=incoming.host)
    if not _is_newer(note, before):
        return NOTHING
    post = _worded(before, note)._replace(edited_at_ms=note.updated_at_ms)
    posting.reword(tx, before, post, mentions=tuple(_mentioned(tx, note)), hashtags=note.hashtags)
    kept = {row.iri: row.id for row in media.of_posts(tx, [post.id]).get(post.id, ())}
    media.keep_only(tx, post.id, [kept[p.iri] for p in note.pictures if p.iri in kept])
    for picture in note.pictures:
        if picture.iri in kept:
            media.set_words(tx, kept[picture.iri], description=picture.description, focus=picture.focus)
    _want(tx, post, note.pictures)
    author = actors.by_id(tx, post.author_id)
    assert author is not None
    emoji.receive(tx, author, post.space, note.emojis)
    index.keep(tx, post.id)
    return NOTHING


def _is_newer(note: Note, post: PostRow) -> bool:
    return note.updated_at_ms > (post.edited_at_ms or post.created_at_ms)


def verify_delete(tx: Tx, incoming: Incoming) -> Ruling:
    """A post of the project, by its author; who has left the project may still take back what they said."""
    post = _known(tx, incoming)
    if post is None or post.boost_of_id is not None:
        return Ruling(taken=False, rule="post_unknown")
    if not _is_author(tx, incoming, post):
        return Ruling(taken=False, rule="not_the_author")
    return Ruling(taken=True, rule="delete_by_the_author")


def apply_delete(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Empty the post here and in the log."""
    post = _known(tx, incoming)
    if post is not None:
        timeline.leave(tx, post)
        log.redact(tx, post.space, post.iri)
    return NOTHING


def verify_announce(tx: Tx, incoming: Incoming) -> Ruling:
    """A boost by a member, of a post of the same project."""
    refusal = refuse_author(tx, incoming)
    if refusal is not None:
        return refusal
    boosted = _known(tx, incoming)
    if boosted is None or boosted.boost_of_id is not None:
        return Ruling(taken=False, rule="post_unknown")
    return Ruling(taken=True, rule="boost_in_the_project")


def apply_announce(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the boost, once for each person and post."""
    boosted = _known(tx, incoming)
    booster = actors.by_iri(tx, incoming.activity.actor)
    if boosted is None or booster is None or posts.boost_by(tx, booster.id, boosted.id) is not None:
        return NOTHING
    at_ms = clamped(incoming.activity.published_ms, tx.now_ms)
    row = posting.boost_row(at_ms, incoming.activity.iri, booster, boosted)
    if timeline.enter_boost(tx, row, booster, boosted):
        ids.mint(tx, row.iri, kind="announce", space=row.space, label=row.label)
    return NOTHING


def verify_undo_announce(tx: Tx, incoming: Incoming) -> Ruling:
    """A boost that its booster takes back."""
    row = _boost(tx, incoming)
    if row is None or not _is_author(tx, incoming, row):
        return Ruling(taken=False, rule="boost_unknown")
    return Ruling(taken=True, rule="undo_by_the_booster")


def apply_undo_announce(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Remove the boost."""
    row = _boost(tx, incoming)
    if row is not None:
        timeline.leave_boost(tx, row)
    return NOTHING


def known_post(tx: Tx, iri: str | None, project: str | None) -> PostRow | None:
    """The post when it is there, not deleted, and of that project."""
    post = posts.by_iri(tx, iri) if iri else None
    return post if post is not None and post.space == project and post.deleted_at_ms is None else None


def acted_on(tx: Tx, incoming: Incoming) -> tuple[ActorRow, PostRow] | Ruling:
    """Who in the project acts on which post of it; what is acted on is a post itself, never a boost of one. Or why not."""
    found = member_of(tx, incoming)
    if found is None:
        return Ruling(taken=False, rule="author_not_in_project")
    post = _known(tx, incoming)
    if post is None or post.boost_of_id is not None:
        return Ruling(taken=False, rule="post_unknown")
    return found[0], post


def _known(tx: Tx, incoming: Incoming) -> PostRow | None:
    return known_post(tx, incoming.activity.object_iri, incoming.project)


def _boost(tx: Tx, incoming: Incoming) -> PostRow | None:
    row = _known(tx, incoming)
    return row if row is not None and row.boost_of_id is not None else None


def _is_author(tx: Tx, incoming: Incoming, post: PostRow) -> bool:
    actor = actors.by_iri(tx, incoming.activity.actor)
    return actor is not None and actor.id == post.author_id and actor.host == incoming.host


def _mentioned(tx: Tx, note: Note) -> Sequence[ActorRow]:
    """The actors that a Note names and we know; who is told is decided where homes are filled."""
    found = actors.by_iris(tx, note.mentions) if note.mentions else {}
    return [found[iri] for iri in note.mentions if iri in found and found[iri].kind != "node"]


def _row(note: Note, author: ActorRow, project: str, parent: PostRow | None) -> PostRow:
    row_id = ids.snowflake(note.published_at_ms)
    post = posting.empty_row(row_id, note.iri, author.id, project, note.published_at_ms)
    return _worded(post, note)._replace(
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_iri=note.parent_iri,
        quote_policy=note.quote_policy,
        thread_id=parent.thread_id if parent else row_id,
        edited_at_ms=note.updated_at_ms if note.updated_at_ms > note.published_at_ms else None,
    )


def _worded(post: PostRow, note: Note) -> PostRow:
    return post._replace(
        content=note.content,
        spoiler=note.spoiler,
        sensitive=int(note.sensitive),
        language=note.language,
        work_kind=note.work_kind,
    )


def _want(tx: Tx, post: PostRow, pictures: Sequence[Attached]) -> None:
    """Note the post's pictures and ask for those that are new."""
    for position, picture in enumerate(pictures):
        row = _media_row(tx, post, picture, position)
        if media.insert_one(tx, row):
            ids.mint(tx, row.iri, kind="media", space=post.space, label=post.label)
            tx.emit(MediaWanted(row.id))


def _media_row(tx: Tx, post: PostRow, picture: Attached, position: int) -> MediaRow:
    return MediaRow(
        **picture._asdict(),
        id=ids.snowflake(tx.now_ms),
        owner_id=post.author_id,
        post_id=post.id,
        position=position,
        path=None,
        state="wanted",
        created_at_ms=tx.now_ms,
    )
