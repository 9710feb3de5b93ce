"""What an author shows first. The rule kept here: only one's own posts, and no more than a few."""

from instance import ids
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotFound
from instance.events import PostChanged
from instance.storage import pins, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow

PINS_LIMIT = 5


def pin(tx: Tx, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Show a post first on one's own account. Raises BadInput, NotFound."""
    post = _seen(tx, actor, post_id)
    if post.author_id != actor.id:
        raise BadInput("pin", "Someone else's post cannot be pinned")
    if post.boost_of_id is not None:
        raise BadInput("pin", "A boost cannot be pinned")
    if post.visibility == "direct":
        raise BadInput("pin", "Posts that are only visible to mentioned users cannot be pinned")
    if post.id not in pins.of(tx, actor.id, viewer_id=actor.id):
        if pins.count(tx, actor.id) >= PINS_LIMIT:
            raise BadInput("pin", "You have already pinned the maximum number of posts")
        pins.add(tx, actor.id, post.id, pin_id=ids.snowflake(tx.now_ms))
        tx.emit(PostChanged(post.id, viewer=actor.id))
    return Outcome(post)


def unpin(tx: Tx, actor: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Show a post where it stands. Raises NotFound."""
    post = _seen(tx, actor, post_id)
    pins.drop(tx, actor.id, post.id)
    tx.emit(PostChanged(post.id, viewer=actor.id))
    return Outcome(post)


def _seen(tx: Tx, actor: ActorRow, post_id: int) -> PostRow:
    post = posts.seen_by(tx, actor.id, post_id)
    if post is None:
        raise NotFound("post")
    return post
