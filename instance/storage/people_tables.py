"""What a person has decided for themselves: pins, notes on others, whom and what they would rather not hear. The rule kept here: nobody else reads these."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class Pin(SQLModel, table=True):
    """A post that stands first: on its author's account, or in a project."""

    __table_args__ = (Index("ix_pin", "actor_id", "post_id", unique=True),)
    id: int = big(primary_key=True)
    actor_id: int = big(foreign_key="actor.id")
    post_id: int = big(foreign_key="post.id", index=True)


class ThreadMute(SQLModel, table=True):
    """A conversation of which a person wants no more notifications."""

    __tablename__ = "thread_mute"
    owner_id: int = big(primary_key=True)
    thread_id: int = big(primary_key=True, index=True)


class Mute(SQLModel, table=True):
    """Whom a person does not want to read, until when, and whether notifications are meant as well."""

    __table_args__ = (
        Index("ix_mute", "owner_id", "actor_id", unique=True),
        Index("ix_mute_until", "until_ms"),
    )
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    actor_id: int = big(foreign_key="actor.id", index=True)
    notifications: int = 1
    until_ms: int | None = big(default=None)


class Block(SQLModel, table=True):
    """Whom a person wants nothing to do with."""

    __table_args__ = (Index("ix_block", "owner_id", "actor_id", unique=True),)
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    actor_id: int = big(foreign_key="actor.id", index=True)


class DomainBlock(SQLModel, table=True):
    """A company whose people a person does not want to read."""

    __tablename__ = "domain_block"
    __table_args__ = (Index("ix_domain_block", "owner_id", "host", unique=True),)
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    host: str = Field(index=True)


class AccountNote(SQLModel, table=True):
    """What a person has noted for themselves about another."""

    __tablename__ = "account_note"
    owner_id: int = big(primary_key=True)
    actor_id: int = big(primary_key=True)
    words: str


class Endorsement(SQLModel, table=True):
    """Whom a person recommends to colleagues."""

    __table_args__ = (Index("ix_endorsement", "owner_id", "actor_id", unique=True),)
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    actor_id: int = big(foreign_key="actor.id", index=True)
