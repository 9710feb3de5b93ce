"""Partners' favourites on their way in. The rule kept here: who is in the project, and so may read the post, may favourite it."""

from federation.letters import Draft
from instance import ids
from instance.domain import reaction
from instance.domain.note import clamped
from instance.domain.outcome import Incoming, Ruling
from instance.domain.post_inbound import NOTHING, acted_on, known_post
from instance.storage import actors, reactions
from instance.storage.database import Tx
from instance.storage.reactions import FavouriteRow


def verify_like(tx: Tx, incoming: Incoming) -> Ruling:
    """A favourite by somebody in the project, of a post of the project."""
    found = acted_on(tx, incoming)
    return found if isinstance(found, Ruling) else Ruling(taken=True, rule="favourite_in_the_project")


def apply_like(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the favourite, once for each person and post."""
    post = known_post(tx, incoming.activity.object_iri, incoming.project)
    actor = actors.by_iri(tx, incoming.activity.actor)
    if post is not None and actor is not None:
        at_ms = clamped(incoming.activity.published_ms, tx.now_ms)
        reaction.enter_favourite(tx, FavouriteRow(actor.id, post.id, incoming.activity.iri, at_ms), post)
        ids.mint(tx, incoming.activity.iri, kind="like", space=post.space, label=post.label)
    return NOTHING


def verify_undo_like(tx: Tx, incoming: Incoming) -> Ruling:
    """A favourite that its owner takes back."""
    if _own_favourite(tx, incoming) is None:
        return Ruling(taken=False, rule="favourite_unknown")
    return Ruling(taken=True, rule="undo_by_its_owner")


def apply_undo_like(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Remove the favourite."""
    row = _own_favourite(tx, incoming)
    if row is not None:
        reaction.leave_favourite(tx, row)
    return NOTHING


def _own_favourite(tx: Tx, incoming: Incoming) -> FavouriteRow | None:
    """The favourite by its IRI, else the one on the post that the Like names (a second Like left no row of its own)."""
    actor = actors.by_iri(tx, incoming.activity.actor)
    if actor is None or actor.host != incoming.host:
        return None
    row = reactions.favourite_by_iri(tx, incoming.activity.object_iri or "")
    inner = incoming.activity.inner
    if row is None and inner is not None:
        post = known_post(tx, inner.object_iri, incoming.project)
        row = reactions.favourite_by(tx, actor.id, post.id) if post is not None else None
    return row if row is not None and row.actor_id == actor.id else None
