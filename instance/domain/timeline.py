"""Who gets a post at home, who is told of it, and the counts that go with it: the same for ours and for partners' posts.

The rule kept here: a post enters no home, and no notification, of who may not read it.
"""

from collections.abc import Sequence

from instance.domain import conversation, quote
from instance.domain.notification import notify
from instance.events import PostAppeared, PostChanged, PostGone
from instance.policy import INTERNAL
from instance.storage import (
    attendances,
    emoji_reactions,
    fanout,
    filters,
    follows,
    hearing,
    media,
    members,
    notifications,
    own_lists,
    pins,
    polls,
    posts,
    reactions,
    search,
    tags,
)
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.fanout import Going
from instance.storage.posts import PostRow

# A boost of what stands in a home since less than this adds nothing to that home.
BOOST_SHADOW_MS = 24 * 3_600_000


def enter(
    tx: Tx,
    post: PostRow,
    author: ActorRow,
    mentions: Sequence[ActorRow],
    *,
    parent: PostRow | None,
    hashtags: Sequence[str] = (),
) -> bool:
    """Write a new post with its mentions, hashtags, counts, homes and notifications. False when it is known already."""
    if not posts.insert_one(tx, post):
        return False
    if mentions:
        posts.add_mentions(tx, post.id, [actor.id for actor in mentions])
    posts.count_author(tx, author.id, by=1, at_ms=post.created_at_ms)
    if parent is not None:
        posts.count(tx, parent.id, "replies_count", by=1)
        tx.emit(PostChanged(parent.id))
    tag_ids = tags.put(tx, post.id, post.space, hashtags) if hashtags else []
    owners = _homes(tx, post, mentions, parent) + _homes_of_tags(tx, post, tag_ids)
    _tell_appeared(tx, post, owners)
    if conversation.is_direct(post):
        conversation.enter(tx, post, owners)
    concerned = [actor.id for actor in mentions if _is_colleague(tx, actor)] + _answered(tx, post, parent)
    notify(tx, "mention", _inside(tx, post, concerned), actor_id=author.id, post_id=post.id)
    waiting = [one for one in _waiting_for(tx, post, parent) if one not in concerned]
    notify(tx, "status", _inside(tx, post, waiting), actor_id=author.id, post_id=post.id)
    return True


def enter_boost(tx: Tx, boost: PostRow, booster: ActorRow, boosted: PostRow) -> bool:
    """Write a boost: counts, homes, and a word to the author of what is boosted. False when it is known already."""
    if not posts.insert_one(tx, boost):
        return False
    posts.count(tx, boosted.id, "boosts_count", by=1)
    shadow = boosted.id if boosted.created_at_ms > tx.now_ms - BOOST_SHADOW_MS else 0
    going = Going(boost.id, booster.id, boosted.language, boosted.author_id, shadow)
    if boost.space != INTERNAL:
        owners = fanout.put_members(tx, going, boost.space)
    else:
        owners = fanout.put_followers(tx, going)
    _tell_appeared(tx, boost, owners)
    tx.emit(PostChanged(boosted.id))
    tell_author(tx, "reblog", boosted, actor_id=booster.id)
    return True


def _tell_appeared(tx: Tx, post: PostRow, owners: Sequence[int]) -> None:
    """What stands in a home that does not show it, since its author is read in a list, is there again once that is over."""
    shown = own_lists.at_home(tx, owners, post.author_id)
    away = tuple(owner for owner in owners if owner not in shown)
    tx.emit(PostAppeared(post.id, post.author_id, post.space, post.visibility, shown, away))


def tell_author(tx: Tx, kind: str, post: PostRow, *, actor_id: int) -> None:
    """Tell the author of a post, when one of our people, what somebody did with it."""
    if is_ours(tx, post):
        notify(tx, kind, [post.author_id], actor_id=actor_id, post_id=post.id)


def tell_named(tx: Tx, post: PostRow, actors: Sequence[ActorRow]) -> None:
    """Tell colleagues that a post which is there already names them now."""
    named = [actor.id for actor in actors if _is_colleague(tx, actor)]
    notify(tx, "mention", _inside(tx, post, named), actor_id=post.author_id, post_id=post.id)


def is_ours(tx: Tx, post: PostRow) -> bool:
    """Whether one of our people wrote it: an author's posts live on the author's own host."""
    return post.iri.startswith(f"{tx.home.base}/")


def leave(tx: Tx, post: PostRow) -> None:
    """Empty a deleted post for good and take away everything that hangs on it; its row stays, so that it cannot come back."""
    for boost in posts.boosts_of(tx, post.id):
        leave_boost(tx, boost)
    posts.redact(tx, post.id, at_ms=tx.now_ms)
    reactions.forget(tx, post.id)
    emoji_reactions.forget(tx, post.id)
    attendances.forget(tx, post.id)
    pins.forget(tx, post.id)
    filters.forget(tx, post.id)
    media.forget(tx, post.id)
    polls.forget(tx, post.id)
    quote.forget(tx, post)
    tags.clear(tx, post.id)
    search.remove(tx, post.id)
    posts.count_author(tx, post.author_id, by=-1)
    if post.in_reply_to_id is not None:
        posts.count(tx, post.in_reply_to_id, "replies_count", by=-1)
        tx.emit(PostChanged(post.in_reply_to_id))
    if conversation.is_direct(post):
        conversation.leave(tx, post)
    _take(tx, post)


def leave_boost(tx: Tx, boost: PostRow) -> None:
    """Remove an undone boost."""
    assert boost.boost_of_id is not None
    posts.count(tx, boost.boost_of_id, "boosts_count", by=-1)
    notifications.take_back(tx, "reblog", actor_id=boost.author_id, post_id=boost.boost_of_id)
    tx.emit(PostChanged(boost.boost_of_id))
    _take(tx, boost)
    posts.remove(tx, boost.id)


def _take(tx: Tx, post: PostRow) -> None:
    notifications.forget(tx, post.id)
    tx.emit(PostGone(post.id, post.space, fanout.take(tx, post.id)))


def _homes(tx: Tx, post: PostRow, mentions: Sequence[ActorRow], parent: PostRow | None) -> list[int]:
    """A project's post: all our people in it. An internal one: the author and the followers, or those it is direct to."""
    going = Going(post.id, post.author_id, post.language)
    if post.space != INTERNAL:
        return fanout.put_members(tx, going, post.space)
    if post.visibility == "direct":
        named = [actor.id for actor in mentions if _is_colleague(tx, actor)]
        deaf = hearing.deaf(tx, named, post.author_id)
        return fanout.put_owners(tx, post.id, [post.author_id, *(one for one in named if one not in deaf)])
    answered = parent.author_id if parent is not None and parent.author_id != post.author_id else None
    followers = fanout.put_followers(tx, going, parent_author_id=answered)
    return followers + fanout.put_owners(tx, post.id, [post.author_id])


def _homes_of_tags(tx: Tx, post: PostRow, tag_ids: Sequence[int]) -> list[int]:
    """Colleagues who follow a hashtag of what the whole company may read; a project's posts are in the homes of all in it anyway."""
    if not tag_ids or post.space != INTERNAL or post.visibility != "public":
        return []
    return fanout.put_tag_followers(tx, Going(post.id, post.author_id), tag_ids)


def _waiting_for(tx: Tx, post: PostRow, parent: PostRow | None) -> list[int]:
    """Who wants to be told of each post of its author, when it is for them and begins or goes on with something."""
    continues = post.in_reply_to_iri is None or (parent is not None and parent.author_id == post.author_id)
    return follows.told_of(tx, post.author_id) if continues and post.visibility != "direct" else []


def _inside(tx: Tx, post: PostRow, actor_ids: list[int]) -> list[int]:
    """Those of our people who are where the post is."""
    if post.space == INTERNAL or not actor_ids:
        return actor_ids
    inside = set(members.local_active_ids(tx, post.space))
    return [actor_id for actor_id in actor_ids if actor_id in inside]


def _answered(tx: Tx, post: PostRow, parent: PostRow | None) -> list[int]:
    """The author of the parent, when the answer is one that this colleague may read without being named in it."""
    if parent is None or not is_ours(tx, parent):
        return []
    return [parent.author_id] if post.space != INTERNAL or post.visibility in {"public", "unlisted"} else []


def _is_colleague(tx: Tx, actor: ActorRow) -> bool:
    return actor.host == tx.home.host and actor.kind == "person"
