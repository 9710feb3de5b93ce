"""Direct posts, gathered by thread for each of those in it. The rule kept here: what one removes or has read says nothing to the other."""

from collections.abc import Iterable

from instance.errors import NotFound
from instance.events import ConversationChanged
from instance.policy import INTERNAL
from instance.storage import conversations
from instance.storage.actors import ActorRow
from instance.storage.conversations import ConversationRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow


def is_direct(post: PostRow) -> bool:
    """Whether a post is for those alone whom it names. In a project visibility says nothing."""
    return post.space == INTERNAL and post.visibility == "direct"


def enter(tx: Tx, post: PostRow, owner_ids: Iterable[int]) -> None:
    """Bring a direct post into the conversations of these people of ours: unread, but for its author."""
    rows = [
        ConversationRow(owner_id, post.thread_id, post.id, int(owner_id != post.author_id))
        for owner_id in dict.fromkeys(owner_ids)
    ]
    conversations.put(tx, rows)
    for row in rows:
        tx.emit(ConversationChanged(row.owner_id, row.thread_id))


def leave(tx: Tx, post: PostRow) -> None:
    """Take a deleted post out: the conversation ends with the one before it, or is no more."""
    for row in conversations.ending_with(tx, post.id):
        last = conversations.last_of(tx, row.owner_id, row.thread_id)
        if last is None:
            conversations.remove(tx, row)
        else:
            conversations.put(tx, [row._replace(last_post_id=last)])


def mark(tx: Tx, owner: ActorRow, thread_id: int, *, unread: int) -> ConversationRow:
    """Mark one's conversation as read (0) or unread (1). Raises NotFound."""
    row = _own(tx, owner, thread_id)
    conversations.mark(tx, row, unread=unread)
    return row._replace(unread=unread)


def remove(tx: Tx, owner: ActorRow, thread_id: int) -> None:
    """Remove one's conversation, until somebody writes in it again. Raises NotFound."""
    conversations.remove(tx, _own(tx, owner, thread_id))


def _own(tx: Tx, owner: ActorRow, thread_id: int) -> ConversationRow:
    row = conversations.one(tx, owner.id, thread_id)
    if row is None:
        raise NotFound("conversation of yours")
    return row
