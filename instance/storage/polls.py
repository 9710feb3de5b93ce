"""Polls and votes as rows. The rule kept here: the votes are counted in one statement, so that no count is ever added up twice."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.poll_tables import Poll, PollVote
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Post

DUE_LIMIT = 100


class PollRow(NamedTuple):
    """What a post asks. All columns of the table, in order."""

    post_id: int
    multiple: int
    hide_totals: int
    ends_at_ms: int | None
    titles: str
    counts: str
    voters_count: int
    ended: int

    def options(self) -> list[tuple[str, int | None]]:
        """Each answer with how often it was chosen; None where the author keeps that back."""
        return list(zip(orjson.loads(self.titles), orjson.loads(self.counts), strict=True))

    def is_over(self, now_ms: int) -> bool:
        """Whether nobody can vote any more."""
        return bool(self.ended) or (self.ends_at_ms is not None and self.ends_at_ms <= now_ms)


class PollSeen(NamedTuple):
    """A poll, and what one viewer has chosen in it."""

    poll: PollRow
    choices: tuple[int, ...]


class _Seen(NamedTuple):
    post_id: int
    multiple: int
    hide_totals: int
    ends_at_ms: int | None
    titles: str
    counts: str
    voters_count: int
    ended: int
    choice: int | None


class _Tally(NamedTuple):
    choice: int
    votes: int


class _Number(NamedTuple):
    number: int


_poll, _vote, _post = columns(Poll), columns(PollVote), columns(Post)
_THIS = _poll.post_id == bindparam("post_id")
_VOTES = _vote.post_id == bindparam("post_id")

_BY_POST = Query(select(*_poll).where(_THIS), PollRow)
_SEEN = Query(
    select(*_poll, _vote.choice)
    .select_from(table(Poll))
    .outerjoin(
        table(PollVote), and_(_vote.post_id == _poll.post_id, _vote.actor_id == bindparam("viewer_id"))
    )
    .where(in_list(_poll.post_id, "post_ids"))
    .order_by(_poll.post_id, _vote.choice),
    _Seen,
)
_DUE = Query(
    select(*_poll)
    .where(_poll.ended == 0, _poll.ends_at_ms <= bindparam("now_ms"))
    .order_by(_poll.ends_at_ms)
    .limit(DUE_LIMIT),
    PollRow,
)
_ENDED_SINCE = Query(
    select(_post.id)
    .join(table(Poll), _poll.post_id == _post.id)
    .where(
        _poll.ended == 1,
        _poll.ends_at_ms >= bindparam("since_ms"),
        _post.space == bindparam("space"),
        _post.deleted_at_ms.is_(None),
    )
    .order_by(_poll.ends_at_ms),
    _Number,
)
_CHOICES = Query(
    select(_vote.choice).where(_VOTES, _vote.actor_id == bindparam("actor_id")).order_by(_vote.choice),
    _Number,
)
_VOTERS = Query(select(_vote.actor_id).where(_VOTES).distinct(), _Number)
_TALLY = Query(select(_vote.choice, func.count()).where(_VOTES).group_by(_vote.choice), _Tally)
_INSERT = Command(insert(Poll))
_INSERT_VOTE = Command(insert_or_ignore(PollVote))
_CHANGE = Command(
    update(table(Poll))
    .where(_poll.post_id == bindparam("this_post_id"))
    .values(
        {name: bindparam(f"new_{name}") for name in PollRow._fields if name != "post_id"},
    )
)
_DELETE = Command(delete(Poll).where(_THIS))
_DELETE_VOTES = Command(delete(PollVote).where(_VOTES))


def listed(values: Iterable[str | int | None]) -> str:
    """Titles or counts as a row keeps them."""
    return orjson.dumps(list(values)).decode()


def of_post(tx: Tx, post_id: int) -> PollRow | None:
    """What the post asks, if it asks anything."""
    return tx.first(_BY_POST, post_id=post_id)


def seen(tx: Tx, post_ids: Iterable[int], viewer_id: int) -> dict[int, PollSeen]:
    """What these posts ask, by post id, with the viewer's choices, in one query. Whether the viewer may read them is asked elsewhere."""
    found: dict[int, PollSeen] = {}
    for row in tx.all(_SEEN, post_ids=array(post_ids), viewer_id=viewer_id):
        before = found.get(row.post_id) or PollSeen(PollRow._make(row[:-1]), ())
        chosen = before.choices if row.choice is None else (*before.choices, row.choice)
        found[row.post_id] = before._replace(choices=chosen)
    return found


def due(tx: Tx) -> list[PollRow]:
    """Polls whose time is over and whose end was not told yet, DUE_LIMIT at most."""
    return tx.all(_DUE, now_ms=tx.now_ms)


def ended_since(tx: Tx, space: str, since_ms: int) -> list[int]:
    """Ids of the posts of a space whose polls ended since then, in that order."""
    return [row.number for row in tx.all(_ENDED_SINCE, space=space, since_ms=since_ms)]


def choices_of(tx: Tx, post_id: int, actor_id: int) -> tuple[int, ...]:
    """What one person has chosen."""
    return tuple(row.number for row in tx.all(_CHOICES, post_id=post_id, actor_id=actor_id))


def voters(tx: Tx, post_id: int) -> list[int]:
    """Ids of those who voted, as far as this node knows them."""
    return [row.number for row in tx.all(_VOTERS, post_id=post_id)]


def add(tx: Tx, row: PollRow) -> None:
    """Write a new poll."""
    tx.run(_INSERT, **row._asdict())


def change(tx: Tx, row: PollRow) -> None:
    """Write a poll as it is now."""
    fields = {f"new_{name}": value for name, value in row._asdict().items() if name != "post_id"}
    tx.run(_CHANGE, this_post_id=row.post_id, **fields)


def add_votes(tx: Tx, post_id: int, actor_id: int, choices: Sequence[int]) -> None:
    """Write what a person has chosen."""
    rows: list[Mapping[str, Any]] = [
        {"post_id": post_id, "actor_id": actor_id, "choice": choice, "created_at_ms": tx.now_ms}
        for choice in choices
    ]
    tx.run_many(_INSERT_VOTE, rows)


def counted(tx: Tx, poll: PollRow) -> PollRow:
    """The poll with the votes that stand in our own table."""
    votes = {tally.choice: tally.votes for tally in tx.all(_TALLY, post_id=poll.post_id)}
    counts = [votes.get(choice, 0) for choice in range(len(orjson.loads(poll.titles)))]
    return poll._replace(counts=listed(counts), voters_count=len(voters(tx, poll.post_id)))


def drop_votes(tx: Tx, post_id: int) -> None:
    """Forget who chose what."""
    tx.run(_DELETE_VOTES, post_id=post_id)


def forget(tx: Tx, post_id: int) -> None:
    """Remove a poll and its votes."""
    drop_votes(tx, post_id)
    tx.run(_DELETE, post_id=post_id)
