"""What was turned away at the door, before anything of it could be believed. The rule kept here: a host's share is small, however often it comes."""

from sqlalchemy import Index
from sqlmodel import SQLModel

from instance.storage.tables import big


class TurnedAway(SQLModel, table=True):
    """A request in the name of a company we know that was refused before its sender was proven: perhaps it was not theirs."""

    __tablename__ = "turned_away"
    __table_args__ = (Index("ix_turned_away_host", "host", "id"),)
    id: int = big(primary_key=True)
    host: str
    at_ms: int = big()
    status: int
    rule: str
    detail: str
