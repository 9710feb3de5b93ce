"""What stands first: on an author's account their own posts, in a project what its leads choose. The rule kept here: no more than a few, and who reads the post sees the pin.

A pin of a project's post is said to its companies: it goes into the `featured` of the author, or of the project.
"""

from federation.letters import Draft
from instance import ids
from instance.domain import render
from instance.domain.compose import AsksGate
from instance.domain.outcome import Outcome
from instance.domain.place import writer_of
from instance.domain.post import check_open, draft_of, mint_activity, readable
from instance.errors import BadInput, NotAllowed, NotFound
from instance.events import PostChanged
from instance.policy import is_project
from instance.storage import actors, members, pins, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow

PINS_LIMIT = 5


def pin(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Show a post first on one's own account. Raises BadInput, CannotPublish, NotFound."""
    post = _seen(tx, actor, post_id)
    if post.author_id != actor.id:
        raise BadInput("pin", "Someone else's post cannot be pinned")
    if post.boost_of_id is not None:
        raise BadInput("pin", "A boost cannot be pinned")
    if post.visibility == "direct":
        raise BadInput("pin", "Posts that are only visible to mentioned users cannot be pinned")
    return Outcome(post, _put(tx, gate, actor, post, owner=actor))


def unpin(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Show a post where it stands. Raises CannotPublish, NotFound."""
    post = _seen(tx, actor, post_id)
    return Outcome(post, _take(tx, gate, actor, post, owner=actor))


def pin_in_project(tx: Tx, gate: AsksGate, lead: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Show a post first in its project, for all who are in it. Raises BadInput, CannotPublish, NotAllowed, NotFound."""
    post = readable(tx, lead, post_id)
    return Outcome(post, _put(tx, gate, lead, post, owner=_project(tx, lead, post)))


def unpin_in_project(tx: Tx, gate: AsksGate, lead: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Show a post where it stands in its project. Raises CannotPublish, NotAllowed, NotFound."""
    post = readable(tx, lead, post_id)
    return Outcome(post, _take(tx, gate, lead, post, owner=_project(tx, lead, post)))


def _put(tx: Tx, gate: AsksGate, actor: ActorRow, post: PostRow, *, owner: ActorRow) -> tuple[Draft, ...]:
    if pins.is_pinned(tx, owner.id, post.id):
        return ()
    if pins.count(tx, owner.id) >= PINS_LIMIT:
        raise BadInput("pin", "You have already pinned the maximum number of posts")
    check_open(tx, gate, writer_of(tx, actor), post)
    pins.add(tx, owner.id, post.id, pin_id=ids.snowflake(tx.now_ms))
    return _said(tx, "Add", actor, post, owner)


def _take(tx: Tx, gate: AsksGate, actor: ActorRow, post: PostRow, *, owner: ActorRow) -> tuple[Draft, ...]:
    if not pins.is_pinned(tx, owner.id, post.id):
        return ()
    check_open(tx, gate, writer_of(tx, actor), post)
    pins.drop(tx, owner.id, post.id)
    return _said(tx, "Remove", actor, post, owner)


def _said(tx: Tx, kind: str, actor: ActorRow, post: PostRow, owner: ActorRow) -> tuple[Draft, ...]:
    tx.emit(PostChanged(post.id, viewer=actor.id))
    iri = mint_activity(tx, kind.lower(), post)
    said = render.feature(kind, post, actor, owner_iri=owner.iri, iri=iri, at_ms=tx.now_ms)
    return (draft_of(said, post.space),)


def _project(tx: Tx, lead: ActorRow, post: PostRow) -> ActorRow:
    """The project of a post, of which the person is a lead."""
    row = members.one(tx, post.space, lead.id) if is_project(post.space) else None
    project = actors.by_iri(tx, post.space)
    if project is None or row is None or (row.state, row.role) != ("active", "lead"):
        raise NotAllowed("pin_by_lead", "Only a lead of the project says what stands first in it.")
    return project


def _seen(tx: Tx, actor: ActorRow, post_id: int) -> PostRow:
    post = posts.seen_by(tx, actor.id, post_id)
    if post is None:
        raise NotFound("post")
    return post
