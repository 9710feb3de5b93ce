"""What a poll may be, and how it is kept beside its post. The rule kept here: an author changes the answers only at the price of all votes."""

from typing import NamedTuple

from instance.domain.refusal import cannot
from instance.storage import polls
from instance.storage.database import Tx
from instance.storage.polls import PollRow

OPTIONS_LIMIT = 4
OPTION_LIMIT_CHARS = 50
MIN_DURATION_S = 300
MAX_DURATION_S = 2_629_746


class PollDraft(NamedTuple):
    """What an author wants to ask."""

    options: tuple[str, ...]
    expires_in_s: int
    multiple: bool = False
    hide_totals: bool = False


AS_IT_IS = PollDraft((), 0)  # in a change: what the post asks, if anything, stays


def check_poll(draft: PollDraft | None, locale: str) -> None:
    """Raise CannotPublish unless the poll, when there is one, is within the limits that the instance tells."""
    if draft is None or draft is AS_IT_IS:
        return
    if len(draft.options) < 2:
        raise cannot("too_few_options", locale, field="poll[options]")
    if len(draft.options) > OPTIONS_LIMIT:
        raise cannot("too_many_options", locale, field="poll[options]", limit=OPTIONS_LIMIT)
    if any(len(option) > OPTION_LIMIT_CHARS for option in draft.options):
        raise cannot("option_too_long", locale, field="poll[options]", limit=OPTION_LIMIT_CHARS)
    if len(set(draft.options)) < len(draft.options):
        raise cannot("same_option_twice", locale, field="poll[options]")
    if draft.expires_in_s < MIN_DURATION_S:
        raise cannot("poll_too_short", locale, field="poll[expires_in]", minutes=MIN_DURATION_S // 60)
    if draft.expires_in_s > MAX_DURATION_S:
        raise cannot("poll_too_long", locale, field="poll[expires_in]")


def keep(tx: Tx, post_id: int, draft: PollDraft | None) -> PollRow | None:
    """Write what one of our posts asks now; None for a post that asks nothing (any more)."""
    if draft is AS_IT_IS:
        return polls.of_post(tx, post_id)
    return replace(tx, None if draft is None else _row(tx, post_id, draft), post_id=post_id)


def replace(tx: Tx, poll: PollRow | None, *, post_id: int) -> PollRow | None:
    """Write a poll in place of the one that the post has. Other answers are another question: its votes are gone."""
    before = polls.of_post(tx, post_id)
    if poll is None:
        if before is not None:
            polls.forget(tx, post_id)
        return None
    if before is None:
        polls.add(tx, poll)
        return poll
    if (before.titles, before.multiple) == (poll.titles, poll.multiple):
        poll = poll._replace(counts=before.counts, voters_count=before.voters_count)
    else:
        polls.drop_votes(tx, post_id)
    polls.change(tx, poll)
    return poll


def _row(tx: Tx, post_id: int, draft: PollDraft) -> PollRow:
    return PollRow(
        post_id=post_id,
        multiple=int(draft.multiple),
        hide_totals=int(draft.hide_totals),
        ends_at_ms=tx.now_ms + draft.expires_in_s * 1000,
        titles=polls.listed(draft.options),
        counts=polls.listed([0] * len(draft.options)),
        voters_count=0,
        ended=0,
    )
