"""Voting, counting, and the end of a poll. The rule kept here: a vote goes to the asker's company alone; what all companies get are the totals.

The asker's node counts and tells the others; a voter's node adds its own vote at once, and is put right by the asker's next word.
"""

from collections.abc import Sequence

from federation.letters import Draft
from instance.domain import guest_mirror, render
from instance.domain.compose import AsksGate
from instance.domain.notification import remind
from instance.domain.outcome import Outcome
from instance.domain.place import writer_of
from instance.domain.post import check_open, draft_of, mint_activity, note_facts, readable
from instance.domain.timeline import is_ours
from instance.errors import BadInput, NotFound
from instance.events import PostChanged
from instance.policy import INTERNAL
from instance.storage import actors, polls, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.polls import PollRow
from instance.storage.posts import PostRow

TOLD_WITHIN_MS = 60_000  # so long after its time an end may be noticed; saying it twice does no harm
_FIELD = "choices"


def vote(tx: Tx, gate: AsksGate, voter: ActorRow, post_id: int, choices: Sequence[int]) -> Outcome[PostRow]:
    """Choose, once, among the answers of a poll. Raises BadInput, CannotPublish, NotFound."""
    post = readable(tx, voter, post_id)
    poll = polls.of_post(tx, post.id)
    if poll is None:
        raise NotFound("poll")
    chosen = tuple(dict.fromkeys(choices))
    _check_ballot(tx, voter, post, poll, chosen)
    check_open(tx, gate, writer_of(tx, voter), post)
    if is_ours(tx, post):
        return Outcome(post, enter(tx, post, poll, voter, chosen))
    polls.add_votes(tx, post.id, voter.id, chosen)
    polls.change(tx, _with_ours(poll, chosen))
    tx.emit(PostChanged(post.id))
    return Outcome(post, _ballot(tx, voter, post, poll, chosen))


def enter(tx: Tx, post: PostRow, poll: PollRow, voter: ActorRow, choices: Sequence[int]) -> tuple[Draft, ...]:
    """Write a vote in a poll of ours, our own people's or a partner's, and count anew; what the project's companies are told."""
    polls.add_votes(tx, post.id, voter.id, choices)
    polls.change(tx, polls.counted(tx, poll))
    tx.emit(PostChanged(post.id))
    return _say_totals(tx, post)


def end(tx: Tx, post_id: int) -> Outcome[None]:
    """End a poll whose time is over, once: its author and our voters hear of it, and the project's companies get the totals."""
    post, poll = posts.by_id(tx, post_id), polls.of_post(tx, post_id)
    if post is None or poll is None or poll.ended or not poll.is_over(tx.now_ms):
        return Outcome(None)  # it was changed or deleted a moment ago
    polls.change(tx, poll._replace(ended=1))
    ours = is_ours(tx, post)
    people = actors.by_ids(tx, polls.voters(tx, post.id))
    told = [person.id for person in people.values() if person.host == tx.home.host]
    remind(tx, "poll", [*told, *([post.author_id] if ours else [])], actor_id=post.author_id, post_id=post.id)
    tx.emit(PostChanged(post.id))
    return Outcome(None, _say_totals(tx, post) if ours else guest_mirror.poll_ended(tx, post))


def unsaid_totals(tx: Tx, project_iri: str, since_ms: int) -> tuple[Draft, ...]:
    """The totals of our polls that ended while the project was shut, to be said now that it is open."""
    ended = posts.by_ids(tx, polls.ended_since(tx, project_iri, since_ms - TOLD_WITHIN_MS))
    return tuple(draft for row in ended.values() if is_ours(tx, row) for draft in _say_totals(tx, row))


def _check_ballot(tx: Tx, voter: ActorRow, post: PostRow, poll: PollRow, chosen: tuple[int, ...]) -> None:
    if poll.is_over(tx.now_ms):
        raise BadInput(_FIELD, "The poll has already ended")
    if post.author_id == voter.id:
        raise BadInput(_FIELD, "You cannot vote in your own polls")
    if not chosen or not set(chosen) <= set(range(len(poll.options()))):
        raise BadInput(_FIELD, "The chosen vote option does not exist")
    if len(chosen) > 1 and not poll.multiple:
        raise BadInput(_FIELD, "This poll takes one answer")
    if polls.choices_of(tx, post.id, voter.id):
        raise BadInput(_FIELD, "You have already voted on this poll")


def _with_ours(poll: PollRow, chosen: Sequence[int]) -> PollRow:
    """A partner's poll with a vote that its author has not counted yet; totals that are kept back stay unknown."""
    counts = [
        count if count is None else count + (choice in chosen)
        for choice, (_, count) in enumerate(poll.options())
    ]
    return poll._replace(counts=polls.listed(counts), voters_count=poll.voters_count + 1)


def _ballot(
    tx: Tx, voter: ActorRow, post: PostRow, poll: PollRow, chosen: Sequence[int]
) -> tuple[Draft, ...]:
    """What the asker's company is told, and no other: an activity for each answer."""
    asker, titles = actors.by_ids(tx, [post.author_id])[post.author_id], poll.options()
    said = (
        render.vote(
            voter,
            name=titles[choice][0],
            question_iri=post.iri,
            to=asker.iri,
            iri=mint_activity(tx, "vote", post),
            at_ms=tx.now_ms,
        )
        for choice in chosen
    )
    return tuple(Draft(activity, voter.iri, host=asker.host) for activity in said)


def _say_totals(tx: Tx, post: PostRow) -> tuple[Draft, ...]:
    """The Question anew, for the companies of its project; inside the company nobody has to be told."""
    if post.space == INTERNAL:
        return ()
    author = actors.by_ids(tx, [post.author_id])[post.author_id]
    facts = note_facts(tx, post, author)
    update = render.update(facts, iri=mint_activity(tx, "update", post), at_ms=tx.now_ms)
    return (draft_of(update, post.space),)
