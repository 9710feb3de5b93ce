"""What our people have written for later. The rule kept here: it is nobody else's business before its time, and nothing of it is lost after."""

from sqlalchemy import Index
from sqlmodel import SQLModel

from instance.storage.tables import big


class Scheduled(SQLModel, table=True):
    """A draft with the time at which it is published. `refused` says why it could not be, then: it waits for its author."""

    __table_args__ = (Index("ix_scheduled_owner", "owner_id", "id"), Index("ix_scheduled_due", "due_at_ms"))
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    due_at_ms: int = big()
    draft: str
    idempotency: str
    refused: str
    created_at_ms: int = big()


class ScheduledMedia(SQLModel, table=True):
    """A picture that a scheduled post will have, and that is kept for it."""

    __tablename__ = "scheduled_media"
    scheduled_id: int = big(primary_key=True, foreign_key="scheduled.id")
    media_id: int = big(primary_key=True, foreign_key="media.id", index=True)
