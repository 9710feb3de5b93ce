"""Favourites and bookmarks. The rule kept here: a favourite lives in the space of its post; a bookmark is nobody's business."""

from instance import ids
from instance.domain import render, timeline
from instance.domain.compose import AsksGate
from instance.domain.outcome import Outcome
from instance.domain.place import writer_of
from instance.domain.post import check_open, draft_of, mint_activity, readable
from instance.events import PostChanged
from instance.storage import notifications, posts, reactions
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from instance.storage.reactions import FavouriteRow


def favourite(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Favourite a post, once. Raises CannotPublish, NotFound."""
    post = readable(tx, actor, post_id)
    if reactions.favourite_by(tx, actor.id, post.id) is not None:
        return Outcome(post)
    check_open(tx, gate, writer_of(tx, actor), post)
    iri = mint_activity(tx, "like", post)
    enter_favourite(tx, FavouriteRow(actor.id, post.id, iri, tx.now_ms), post)
    return Outcome(post, (draft_of(render.like(post, actor, iri=iri, at_ms=tx.now_ms), post.space),))


def unfavourite(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Take a favourite back; nothing happens without one. Raises CannotPublish, NotFound."""
    post = readable(tx, actor, post_id)
    row = reactions.favourite_by(tx, actor.id, post.id)
    if row is None:
        return Outcome(post)
    check_open(tx, gate, writer_of(tx, actor), post)
    leave_favourite(tx, row)
    like = render.like(post, actor, iri=row.iri, at_ms=row.created_at_ms)
    undo = render.undo(like, iri=mint_activity(tx, "undo", post), at_ms=tx.now_ms)
    return Outcome(post, (draft_of(undo, post.space),))


def bookmark(tx: Tx, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Bookmark a post; nobody is told. Raises NotFound."""
    post = readable(tx, actor, post_id)
    reactions.add_bookmark(tx, actor.id, post.id, bookmark_id=ids.snowflake(tx.now_ms))
    tx.emit(PostChanged(post.id, viewer=actor.id))
    return Outcome(post)


def unbookmark(tx: Tx, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Remove a bookmark. Raises NotFound."""
    post = readable(tx, actor, post_id)
    reactions.drop_bookmark(tx, actor.id, post.id)
    tx.emit(PostChanged(post.id, viewer=actor.id))
    return Outcome(post)


def enter_favourite(tx: Tx, row: FavouriteRow, post: PostRow) -> None:
    """Write a favourite, ours or a partner's, with its count and a word to the author; a second one changes nothing."""
    if reactions.add_favourite(tx, row):
        posts.count(tx, post.id, "favourites_count", by=1)
        timeline.tell_author(tx, "favourite", post, actor_id=row.actor_id)
        tx.emit(PostChanged(post.id))


def leave_favourite(tx: Tx, row: FavouriteRow) -> None:
    """Remove a favourite, ours or a partner's."""
    if reactions.drop_favourite(tx, row.actor_id, row.post_id):
        posts.count(tx, row.post_id, "favourites_count", by=-1)
        notifications.take_back(tx, "favourite", actor_id=row.actor_id, post_id=row.post_id)
        tx.emit(PostChanged(row.post_id))
