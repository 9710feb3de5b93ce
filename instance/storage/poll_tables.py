"""Questions with answers to choose from, and who chose what. The rule kept here: who voted is known to the author's node and the voter's, to no other."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class Poll(SQLModel, table=True):
    """What a post asks. `titles` and `counts` are JSON arrays of the same length; a count is null while its author keeps it back."""

    __table_args__ = (Index("ix_poll_due", "ended", "ends_at_ms"),)
    post_id: int = big(primary_key=True, foreign_key="post.id")
    multiple: int
    hide_totals: int
    ends_at_ms: int | None = big(default=None)
    titles: str
    counts: str
    voters_count: int
    ended: int


class PollVote(SQLModel, table=True):
    """One choice of one voter: of our people in any poll, of partners' in ours."""

    __tablename__ = "poll_vote"
    post_id: int = big(primary_key=True, foreign_key="poll.post_id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id")
    choice: int = Field(primary_key=True)
    created_at_ms: int = big()
