"""What IT tells the whole company, who has read it, and what they think of it. The rule kept here: it stays in the company."""

from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class Announcement(SQLModel, table=True):
    """An announcement; `mentions` are ids of actors, a JSON array. It is shown until it ends."""

    id: int = big(primary_key=True)
    content: str
    mentions: str
    starts_at_ms: int | None = big(default=None)
    ends_at_ms: int | None = big(default=None)
    all_day: int
    published_at_ms: int = big()
    updated_at_ms: int = big()


class AnnouncementRead(SQLModel, table=True):
    """Somebody has read an announcement."""

    __tablename__ = "announcement_read"
    announcement_id: int = big(primary_key=True, foreign_key="announcement.id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id")


class AnnouncementReaction(SQLModel, table=True):
    """Somebody's emoji under an announcement: the character itself, or the name of one of the company's."""

    __tablename__ = "announcement_reaction"
    announcement_id: int = big(primary_key=True, foreign_key="announcement.id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id")
    name: str = Field(primary_key=True)
    created_at_ms: int = big()
