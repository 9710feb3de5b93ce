"""Partners' people who take part in a milestone, or no longer. The rule kept here: who is in the project says it, for themselves."""

from federation.letters import Draft
from instance import ids
from instance.domain.attendance import MILESTONE
from instance.domain.note import clamped
from instance.domain.outcome import Incoming, Ruling
from instance.domain.post_inbound import NOTHING, acted_on, known_post
from instance.events import PostChanged
from instance.storage import actors, attendances
from instance.storage.attendances import AttendanceRow
from instance.storage.database import Tx


def verify_join(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody in the project takes part in a milestone of it."""
    found = acted_on(tx, incoming)
    if isinstance(found, Ruling):
        return found
    if found[1].work_kind != MILESTONE:
        return Ruling(taken=False, rule="not_a_milestone")
    return Ruling(taken=True, rule="takes_part")


def apply_join(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write it, once for each person and milestone."""
    activity = incoming.activity
    post, actor = known_post(tx, activity.object_iri, incoming.project), actors.by_iri(tx, activity.actor)
    if post is not None and actor is not None:
        at_ms = clamped(activity.published_ms, tx.now_ms)
        attendances.add(tx, AttendanceRow(post.id, actor.id, activity.iri, at_ms))
        ids.mint(tx, activity.iri, kind="join", space=post.space, label=post.label)
        tx.emit(PostChanged(post.id))
    return NOTHING


def verify_leave(tx: Tx, incoming: Incoming) -> Ruling:
    """Somebody takes part no longer; of a Join that is undone its id is enough."""
    if _own(tx, incoming) is None:
        return Ruling(taken=False, rule="part_unknown")
    return Ruling(taken=True, rule="takes_no_part")


def apply_leave(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write it."""
    row = _own(tx, incoming)
    if row is not None:
        attendances.drop(tx, row.post_id, row.actor_id)
        tx.emit(PostChanged(row.post_id))
    return NOTHING


def _own(tx: Tx, incoming: Incoming) -> AttendanceRow | None:
    actor, activity = actors.by_iri(tx, incoming.activity.actor), incoming.activity
    if actor is None or actor.host != incoming.host:
        return None
    row = attendances.by_iri(tx, activity.object_iri or "")
    meant = activity.inner.object_iri if activity.inner is not None else activity.object_iri
    post = known_post(tx, meant, incoming.project)
    if row is None and post is not None:
        row = attendances.one(tx, post.id, actor.id)
    return row if row is not None and row.actor_id == actor.id else None
