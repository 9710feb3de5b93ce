"""Who takes part in a milestone. The rule kept here: everybody says it for themselves, where the milestone is; its companies are told."""

from instance.domain import render
from instance.domain.compose import AsksGate
from instance.domain.outcome import Outcome
from instance.domain.place import writer_of
from instance.domain.post import check_open, draft_of, mint_activity, readable
from instance.errors import BadInput
from instance.events import PostChanged
from instance.storage import attendances
from instance.storage.actors import ActorRow
from instance.storage.attendances import AttendanceRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow

MILESTONE = "milestone"


def join(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Take part in a milestone, once. Raises BadInput, CannotPublish, NotFound."""
    post = readable(tx, actor, post_id)
    if post.work_kind != MILESTONE:
        raise BadInput("post", "One takes part in a milestone; this post is none.")
    if attendances.one(tx, post.id, actor.id) is not None:
        return Outcome(post)
    check_open(tx, gate, writer_of(tx, actor), post)
    iri = mint_activity(tx, "join", post)
    attendances.add(tx, AttendanceRow(post.id, actor.id, iri, tx.now_ms))
    tx.emit(PostChanged(post.id))
    said = render.take_part("Join", post, actor, iri=iri, at_ms=tx.now_ms)
    return Outcome(post, (draft_of(said, post.space),))


def leave(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Take part no longer; nothing happens to who did not. Raises CannotPublish, NotFound."""
    post = readable(tx, actor, post_id)
    if attendances.one(tx, post.id, actor.id) is None:
        return Outcome(post)
    check_open(tx, gate, writer_of(tx, actor), post)
    attendances.drop(tx, post.id, actor.id)
    tx.emit(PostChanged(post.id))
    said = render.take_part("Leave", post, actor, iri=mint_activity(tx, "leave", post), at_ms=tx.now_ms)
    return Outcome(post, (draft_of(said, post.space),))
