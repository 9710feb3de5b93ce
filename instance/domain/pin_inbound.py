"""Partners' pins on their way in. The rule kept here: authors pin their own posts on their own account, leads any post of their project in it."""

from federation.document import id_of
from federation.letters import Draft
from instance import ids
from instance.domain.outcome import Incoming, Ruling
from instance.domain.pin import PINS_LIMIT
from instance.domain.post_inbound import NOTHING, known_post, member_of
from instance.storage import actors, pins
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow


def verify_pin(tx: Tx, incoming: Incoming) -> Ruling:
    """A post of the project, to stand first."""
    refusal, owner, post = _meant(tx, incoming)
    if refusal is not None or owner is None or post is None:
        return refusal or Ruling(taken=False, rule="post_unknown")
    if not pins.is_pinned(tx, owner.id, post.id) and pins.count(tx, owner.id) >= PINS_LIMIT:
        return Ruling(taken=False, rule="pins_too_many")
    return Ruling(taken=True, rule="pinned_in_the_project")


def apply_pin(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write it, once."""
    _, owner, post = _meant(tx, incoming)
    if owner is not None and post is not None:
        pins.add(tx, owner.id, post.id, pin_id=ids.snowflake(tx.now_ms))
    return NOTHING


def verify_unpin(tx: Tx, incoming: Incoming) -> Ruling:
    """A post that stands first no longer."""
    refusal, owner, post = _meant(tx, incoming)
    if refusal is not None or owner is None or post is None:
        return refusal or Ruling(taken=False, rule="post_unknown")
    if not pins.is_pinned(tx, owner.id, post.id):
        return Ruling(taken=False, rule="not_pinned")
    return Ruling(taken=True, rule="unpinned_in_the_project")


def apply_unpin(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Remove it."""
    _, owner, post = _meant(tx, incoming)
    if owner is not None and post is not None:
        pins.drop(tx, owner.id, post.id)
    return NOTHING


def _meant(tx: Tx, incoming: Incoming) -> tuple[Ruling | None, ActorRow | None, PostRow | None]:
    """Why it may not be, if so; else where the post stands first, and the post."""
    found = member_of(tx, incoming)
    if found is None:
        return Ruling(taken=False, rule="author_not_in_project"), None, None
    (actor, role), target = found, id_of(incoming.activity.target) or ""
    post = known_post(tx, incoming.activity.object_iri, incoming.project)
    if post is None or post.boost_of_id is not None:
        return Ruling(taken=False, rule="post_unknown"), None, None
    if target.startswith(f"{actor.iri}/"):
        is_own = post.author_id == actor.id
        return (None, actor, post) if is_own else (Ruling(taken=False, rule="not_the_author"), None, None)
    if target == f"{incoming.project}/featured" and role == "lead":
        return None, actors.by_iri(tx, post.space), post
    return Ruling(taken=False, rule="pinned_by_no_lead"), None, None
