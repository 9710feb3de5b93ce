"""What people of Acme do in Apollo, as the node does it; for the tests of what guests get of it."""

from collections.abc import Callable
from typing import Any

from instance import outbox
from instance.domain import member, post
from instance.domain.compose import PostDraft
from instance.domain.outcome import Outcome
from instance.domain.poll import PollDraft
from instance.errors import Refusal
from instance.policy import INTERNAL
from instance.storage import actors
from instance.storage.actors import ActorRow
from instance.storage.database import SqliteTx
from tests.instance.companies import ACME, APOLLO, GATE

PUBLISHING = frozenset({"post", "internal", "poll", "quote", "reply"})
Verb = Callable[[SqliteTx, ActorRow, str, int], Outcome[Any]]
VERBS: dict[str, Verb] = {
    "post": lambda tx, who, words, _: post.publish(tx, GATE, who, PostDraft(words, project=APOLLO)),
    "internal": lambda tx, who, words, _: post.publish(tx, GATE, who, PostDraft(words, project=INTERNAL)),
    "poll": lambda tx, who, words, _: post.publish(
        tx, GATE, who, PostDraft(words, project=APOLLO, poll=PollDraft((words[:40], "another"), 3600))
    ),
    "quote": lambda tx, who, words, of: post.publish(
        tx, GATE, who, PostDraft(words, project=APOLLO, quoted_id=of)
    ),
    "reply": lambda tx, who, words, of: post.publish(tx, GATE, who, PostDraft(words, in_reply_to_id=of)),
    "edit": lambda tx, who, words, of: post.edit(tx, GATE, who, of, PostDraft(words)),
    "delete": lambda tx, who, _, of: post.delete(tx, who, of),
    "boost": lambda tx, who, _, of: post.boost(tx, GATE, who, of),
    "unboost": lambda tx, who, _, of: post.unboost(tx, GATE, who, of),
    "leave": lambda tx, who, _, __: member.remove(tx, APOLLO, actor_id=who.id),
    "join": lambda tx, who, _, __: member.add(tx, APOLLO, actor_id=who.id, role="member"),
}


def do(tx: SqliteTx, made: list[int], kind: str, words: str, place: int, *, by: str = "alice") -> None:
    """One deed of somebody at Acme; one that is refused changes nothing. `made` are the posts there are."""
    who = actors.by_username(tx, by, ACME)
    assert who is not None
    tx.now_ms += 1000
    of = made[place % len(made)] if made else 0
    try:
        outcome = VERBS[kind](tx, who, words, of)
    except Refusal:
        return
    if kind in PUBLISHING:
        made.append(outcome.value.id)
    outbox.send(tx, outcome.drafts, gate=GATE)
