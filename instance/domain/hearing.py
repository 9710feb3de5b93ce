"""Whom and what one would rather not hear. The rule kept here: it is one's own decision; it changes what one reads, and never what a project holds."""

from instance import ids
from instance.domain.outcome import Outcome
from instance.domain.post import readable
from instance.errors import NotAllowed, NotFound
from instance.events import TimelineChanged
from instance.storage import actors, fanout, follow_requests, follows, hearing, members, notifications
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.hearing import BlockRow, DomainRow, MuteRow
from instance.storage.posts import PostRow

FOLLOWS_MAX = 10_000


def mute(
    tx: Tx, owner: ActorRow, actor_id: int, *, notifications_too: bool, duration_ms: int = 0
) -> Outcome[ActorRow]:
    """Read nothing of somebody, or of a project, for a while or (nought) for good. Raises NotAllowed, NotFound."""
    other = _other(tx, owner, actor_id)
    until_ms = tx.now_ms + duration_ms if duration_ms > 0 else None
    hearing.put_mute(
        tx, MuteRow(ids.snowflake(tx.now_ms), owner.id, other.id, int(notifications_too), until_ms)
    )
    if notifications_too:
        notifications.forget_actor(tx, owner.id, other.id)
    _hear_less(tx, owner.id)
    if other.kind == "project":
        fanout.take_space(tx, owner.id, other.iri)
    return Outcome(other)


def unmute(tx: Tx, owner: ActorRow, actor_id: int) -> Outcome[ActorRow]:
    """Read somebody again: what was missed comes home. Raises NotAllowed, NotFound."""
    other = _other(tx, owner, actor_id)
    if hearing.drop_mute(tx, owner.id, other.id):
        _hear_again(tx, owner.id)
    return Outcome(other)


def end_due(tx: Tx) -> Outcome[int]:
    """End the mutes whose time is over; how many."""
    due = hearing.due(tx)
    for row in due:
        hearing.drop_mute(tx, row.owner_id, row.actor_id)
        _hear_again(tx, row.owner_id)
    return Outcome(len(due))


def block(tx: Tx, owner: ActorRow, actor_id: int) -> Outcome[ActorRow]:
    """Have nothing to do with somebody: no posts, no notifications, no follows; the other no longer sees the owner's internal posts.

    What is said in a project stays for all who are in it. Raises NotAllowed, NotFound.
    """
    other = _other(tx, owner, actor_id)
    if other.kind == "project":
        raise NotAllowed("block_project", "A project cannot be blocked. Leave it, or mute it.")
    if hearing.add_block(tx, BlockRow(ids.snowflake(tx.now_ms), owner.id, other.id)):
        follows.drop(tx, owner.id, other.id)
        follows.drop(tx, other.id, owner.id)
        follow_requests.drop(tx, owner.id, other.id)
        follow_requests.drop(tx, other.id, owner.id)
        notifications.forget_actor(tx, owner.id, other.id)
        _hear_less(tx, owner.id)
        if other.host == tx.home.host:
            fanout.take_author(tx, other.id, owner.id)
            tx.emit(TimelineChanged(other.id))
    return Outcome(other)


def unblock(tx: Tx, owner: ActorRow, actor_id: int) -> Outcome[ActorRow]:
    """Take a block back; nobody follows anybody again by it. Raises NotAllowed, NotFound."""
    other = _other(tx, owner, actor_id)
    if hearing.drop_block(tx, owner.id, other.id):
        _hear_again(tx, owner.id)
        if other.host == tx.home.host:
            tx.emit(TimelineChanged(other.id))
    return Outcome(other)


def block_host(tx: Tx, owner: ActorRow, host: str) -> Outcome[bool]:
    """Read nothing of another company's people. Raises NotAllowed for one's own company."""
    if host == tx.home.host:
        raise NotAllowed("block_home", "This is your own company.")
    added = hearing.add_domain(tx, DomainRow(ids.snowflake(tx.now_ms), owner.id, host))
    if added:
        _hear_less(tx, owner.id)
    return Outcome(added)


def unblock_host(tx: Tx, owner: ActorRow, host: str) -> Outcome[bool]:
    """Read a company's people again."""
    dropped = hearing.drop_domain(tx, owner.id, host)
    if dropped:
        _hear_again(tx, owner.id)
    return Outcome(dropped)


def mute_thread(tx: Tx, owner: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Be told nothing more of a conversation. Raises NotFound."""
    post = readable(tx, owner, post_id)
    hearing.mute_thread(tx, owner.id, post.thread_id)
    tx.emit(TimelineChanged(owner.id))
    return Outcome(post)


def unmute_thread(tx: Tx, owner: ActorRow, post_id: int) -> Outcome[PostRow]:
    """Be told of a conversation again. Raises NotFound."""
    post = readable(tx, owner, post_id)
    hearing.unmute_thread(tx, owner.id, post.thread_id)
    tx.emit(TimelineChanged(owner.id))
    return Outcome(post)


def _hear_less(tx: Tx, owner_id: int) -> None:
    fanout.take_unheard(tx, owner_id)
    tx.emit(TimelineChanged(owner_id))


def _hear_again(tx: Tx, owner_id: int) -> None:
    """Fill the home again from all that the owner follows and is in: what is not wanted stays out."""
    for followee_id in follows.following(tx, owner_id, limit=FOLLOWS_MAX):
        fanout.put_author(tx, owner_id, followee_id)
    for row in members.projects_of(tx, owner_id):
        fanout.put_space(tx, owner_id, row.project_iri)
    tx.emit(TimelineChanged(owner_id))


def _other(tx: Tx, owner: ActorRow, actor_id: int) -> ActorRow:
    row = actors.by_id(tx, actor_id)
    if row is None or row.kind == "node":
        raise NotFound("person or project")
    if row.id == owner.id:
        raise NotAllowed("self", "This is yourself.")
    return row
