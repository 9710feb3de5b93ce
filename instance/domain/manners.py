"""Whom one wants to hear at once, after a look, or never. The rule kept here: what is said in a project always comes; a policy is about the rest of the house."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from instance import ids
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotFound
from instance.events import NotificationsMerged
from instance.policy import INTERNAL
from instance.storage import actors, follows, manners, notifications, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.manners import PolicyRow, RequestRow

Treatment = Literal["accept", "filter", "drop"]
TREATMENTS = ("accept", "filter", "drop")
NEW_FOR_MS = 30 * 24 * 3_600_000
# What no policy touches: it was asked for, or it is a task.
EXEMPT = frozenset({"status", "update", "poll", "follow_request", "admin.report", "quoted_update"})


class Acquaintance(NamedTuple):
    """How the owner of a policy knows who did something."""

    following: bool = False
    followed_by: bool = False
    is_new: bool = False
    is_private: bool = False


def treatment(policy: PolicyRow, how: Acquaintance) -> Treatment:
    """The strictest that the policy says of somebody who is known like that."""
    said = [
        policy.not_following if not how.following else "accept",
        policy.not_followers if not how.followed_by else "accept",
        policy.new_accounts if how.is_new and not how.following else "accept",
        policy.private_mentions if how.is_private and not how.following else "accept",
    ]
    return cast("Treatment", max(said, key=TREATMENTS.index))


def treatments(
    tx: Tx, kind: str, owner_ids: Sequence[int], *, actor_id: int, post_id: int | None
) -> dict[int, Treatment]:
    """How those of these people who have a policy treat a notification; the others accept it."""
    policies = manners.policies(tx, owner_ids) if kind not in EXEMPT else {}
    if not policies:
        return {}
    post = posts.by_id(tx, post_id) if post_id is not None else None
    if post is not None and post.space != INTERNAL:
        return {}
    actor = actors.by_id(tx, actor_id)
    permitted = manners.permitting(tx, policies, actor_id)
    marks = follows.marks_of(tx, actor_id, policies)
    parent = posts.by_id(tx, post.in_reply_to_id) if post and post.in_reply_to_id is not None else None
    found: dict[int, Treatment] = {}
    for owner_id, policy in policies.items():
        how = Acquaintance(
            following=owner_id in marks.followed_by,
            followed_by=owner_id in marks.following,
            is_new=actor is not None and actor.created_at_ms > tx.now_ms - NEW_FOR_MS,
            is_private=post is not None
            and post.visibility == "direct"
            and (parent is None or parent.author_id != owner_id),
        )
        found[owner_id] = "accept" if owner_id in permitted else treatment(policy, how)
    return found


def hold(tx: Tx, owner_id: int, *, actor_id: int, post_id: int | None) -> None:
    """Note that somebody's notifications wait for their owner's decision."""
    manners.put_request(tx, RequestRow(ids.snowflake(tx.now_ms), owner_id, actor_id, post_id, tx.now_ms))


def set_policy(tx: Tx, owner: ActorRow, said: dict[str, str]) -> Outcome[PolicyRow]:
    """Change what a policy says of some kinds of people. Raises BadInput."""
    for name, value in said.items():
        if value not in TREATMENTS:
            raise BadInput(f"for_{name}", "A notification is one of accept, filter, drop.")
    row = manners.policies(tx, [owner.id]).get(owner.id, PolicyRow(owner.id))
    row = PolicyRow(**{**row._asdict(), **said})
    manners.put_policy(tx, row)
    return Outcome(row)


def accept(tx: Tx, owner: ActorRow, request_ids: Sequence[int]) -> Outcome[None]:
    """Let people through, with what was held back of them. Raises NotFound."""
    rows = _mine(tx, owner, request_ids)
    for row in rows:
        manners.permit(tx, owner.id, row.actor_id)
    notifications.let_through(tx, owner.id, [row.actor_id for row in rows])
    manners.drop_requests(tx, owner.id, [row.id for row in rows])
    tx.emit(NotificationsMerged(owner.id))
    return Outcome(None)


def dismiss(tx: Tx, owner: ActorRow, request_ids: Sequence[int]) -> Outcome[None]:
    """Throw away what was held back of people; they are not let through. Raises NotFound."""
    rows = _mine(tx, owner, request_ids)
    notifications.forget_filtered(tx, owner.id, [row.actor_id for row in rows])
    manners.drop_requests(tx, owner.id, [row.id for row in rows])
    return Outcome(None)


def _mine(tx: Tx, owner: ActorRow, request_ids: Sequence[int]) -> list[RequestRow]:
    rows = manners.requests_of(tx, owner.id, request_ids)
    if not rows:
        raise NotFound("request")
    return rows
