"""Partners' questions and votes on their way in. The rule kept here: the asker's company alone says the totals; who may read a poll may vote in it."""

from dataclasses import replace
from typing import NamedTuple

from federation.document import id_of
from federation.letters import Draft
from instance.domain import index, post_inbound, vote
from instance.domain import poll as asking
from instance.domain.note import Asked, read_note
from instance.domain.outcome import Incoming, Ruling
from instance.domain.post_inbound import NOTHING, known_post, member_of
from instance.events import PostChanged
from instance.storage import actors, charters, polls, posts
from instance.storage.database import Tx
from instance.storage.polls import PollRow
from instance.storage.posts import PostRow


class _Ballot(NamedTuple):
    """A vote that can be counted."""

    post: PostRow
    poll: PollRow
    choice: int


def apply_create(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the post, and what it asks."""
    drafts = post_inbound.apply_create(tx, incoming)
    post = _of_incoming(tx, incoming)
    if (
        post is not None and polls.of_post(tx, post.id) is None
    ):  # said twice, it tells no totals that are old by now
        _keep(tx, incoming)
    return drafts


def verify_update(tx: Tx, incoming: Incoming) -> Ruling:
    """New words or new totals by the author of a post that is there. Totals have no date of their own: the log orders them."""
    ruling = post_inbound.verify_update(tx, incoming)
    if ruling.rule != "not_newer":
        return ruling
    post = _of_incoming(tx, incoming)
    asks = read_note(incoming.activity.object, now_ms=tx.now_ms).poll is not None
    if post is None or not asks or polls.of_post(tx, post.id) is None:
        return ruling
    return Ruling(taken=True, rule="totals_by_the_author")


def apply_update(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the new words, when there are any, and what the post asks now."""
    if post_inbound.verify_update(tx, incoming).taken:
        post_inbound.apply_update(tx, incoming)
    _keep(tx, incoming)
    return NOTHING


def verify_vote(tx: Tx, incoming: Incoming) -> Ruling:
    """A vote in an open poll of ours, by somebody in its project, once for each answer, or once for all."""
    post = _asked_about(tx, incoming)
    if post is not None and _is_shut_for_now(tx, incoming, post):
        return Ruling(taken=False, rule="closed")
    if post is None or not _is_in_project(tx, incoming, post):
        return Ruling(taken=False, rule="poll_not_theirs")
    if _ballot(tx, incoming, post) is None:
        return Ruling(taken=False, rule="vote_not_counted")
    return Ruling(taken=True, rule="vote_in_the_project")


def apply_vote(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Count the vote; all companies of the project are told the totals."""
    post, voter = _asked_about(tx, incoming), actors.by_iri(tx, incoming.activity.actor)
    ballot = _ballot(tx, incoming, post) if post is not None else None
    if ballot is None or voter is None:
        return NOTHING
    return vote.enter(tx, ballot.post, ballot.poll, voter, [ballot.choice])


def _is_shut_for_now(tx: Tx, incoming: Incoming, post: PostRow) -> bool:
    """The company is or was a party and its vote may be counted later; who never was learns nothing of what there is."""
    if incoming.host in charters.open_hosts(tx, post.space):
        return False
    company = charters.last_party(tx, post.space, incoming.host)
    return company is not None and company.left_at_ms is None


def _is_in_project(tx: Tx, incoming: Incoming, post: PostRow) -> bool:
    if incoming.host not in charters.open_hosts(tx, post.space) or incoming.proven != incoming.activity.actor:
        return False
    return member_of(tx, replace(incoming, project=post.space)) is not None


def _asked_about(tx: Tx, incoming: Incoming) -> PostRow | None:
    """The post of ours that a vote says it answers."""
    carried = incoming.activity.object
    iri = id_of(carried.get("inReplyTo")) if isinstance(carried, dict) else None
    if iri is None or not iri.startswith(f"{tx.home.base}/"):
        return None
    post = posts.by_iri(tx, iri)
    return None if post is None or post.deleted_at_ms is not None else post


def _ballot(tx: Tx, incoming: Incoming, post: PostRow) -> _Ballot | None:
    poll, voter = polls.of_post(tx, post.id), actors.by_iri(tx, incoming.activity.actor)
    titles = [title for title, _ in poll.options()] if poll else []
    name = incoming.activity.object.get("name")
    if poll is None or voter is None or poll.is_over(tx.now_ms) or name not in titles:
        return None
    choice, before = titles.index(name), polls.choices_of(tx, post.id, voter.id)
    if choice in before or (before and not poll.multiple):
        return None
    return _Ballot(post, poll, choice)


def _keep(tx: Tx, incoming: Incoming) -> None:
    post = _of_incoming(tx, incoming)
    if post is None:
        return
    note = read_note(incoming.activity.object, now_ms=tx.now_ms)
    before = polls.of_post(tx, post.id)
    poll = asking.replace(tx, _row(note.poll, post.id) if note.poll else None, post_id=post.id)
    if poll is not None and note.poll is not None:
        polls.change(tx, _with_totals(poll, note.poll, before))
    if poll is not None or before is not None:
        tx.emit(PostChanged(post.id))
    if (before.titles if before else "") != (poll.titles if poll else ""):
        index.keep(tx, post.id)


def _with_totals(poll: PollRow, asked: Asked, before: PollRow | None) -> PollRow:
    """The totals are the author's; whether the end was told here is ours to know."""
    ended = before.ended if before and before.ends_at_ms == poll.ends_at_ms else 0
    return poll._replace(counts=_counts(asked), voters_count=asked.voters_count, ended=ended)


def _row(asked: Asked, post_id: int) -> PollRow:
    return PollRow(
        post_id=post_id,
        multiple=int(asked.multiple),
        hide_totals=int(None in asked.counts),
        ends_at_ms=asked.ends_at_ms,
        titles=polls.listed(asked.titles),
        counts=_counts(asked),
        voters_count=asked.voters_count,
        ended=0,
    )


def _counts(asked: Asked) -> str:
    return polls.listed(asked.counts)


def _of_incoming(tx: Tx, incoming: Incoming) -> PostRow | None:
    return known_post(tx, incoming.activity.object_iri, incoming.project)
