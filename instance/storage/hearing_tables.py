"""What a person filters, of posts and of notifications. The rule kept here: a filter marks or hides what its owner reads, and nobody else's reading."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class Filter(SQLModel, table=True):
    """Words and posts that a person does not want to meet, and where (" home public "). `is_over`: its time has passed."""

    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id", index=True)
    title: str
    contexts: str
    action: str
    ends_at_ms: int | None = big(default=None)
    is_over: int = 0


class FilterKeyword(SQLModel, table=True):
    """A word or phrase of a filter."""

    __tablename__ = "filter_keyword"
    id: int = big(primary_key=True)
    filter_id: int = big(foreign_key="filter.id", index=True)
    keyword: str
    whole_word: int


class FilterPost(SQLModel, table=True):
    """One post that a filter means."""

    __tablename__ = "filter_post"
    id: int = big(primary_key=True)
    filter_id: int = big(foreign_key="filter.id", index=True)
    post_id: int = big(foreign_key="post.id", index=True)


class NotificationPolicy(SQLModel, table=True):
    """Of whom a person wants notifications at once ("accept"), after a look ("filter") or never ("drop")."""

    __tablename__ = "notification_policy"
    owner_id: int = big(primary_key=True)
    not_following: str = Field(default="accept")
    not_followers: str = Field(default="accept")
    new_accounts: str = Field(default="accept")
    private_mentions: str = Field(default="accept")
    limited_accounts: str = Field(default="accept")


class NotificationPermission(SQLModel, table=True):
    """Somebody whose notifications are let through, whatever the policy says."""

    __tablename__ = "notification_permission"
    owner_id: int = big(primary_key=True)
    actor_id: int = big(primary_key=True)


class NotificationRequest(SQLModel, table=True):
    """Somebody whose notifications wait for a decision."""

    __tablename__ = "notification_request"
    __table_args__ = (Index("ix_notification_request", "owner_id", "actor_id", unique=True),)
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    actor_id: int = big(foreign_key="actor.id")
    last_post_id: int | None = big(default=None)
    updated_at_ms: int = big()
