"""Colleagues' collections of accounts. The rule kept here: nobody is in one who has left it."""

from sqlalchemy import Index
from sqlmodel import SQLModel

from instance.storage.tables import big


class Collection(SQLModel, table=True):
    """A collection of accounts that one of our people puts together for colleagues."""

    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id", index=True)
    name: str
    description: str
    language: str | None
    tag: str
    sensitive: int
    discoverable: int
    created_at_ms: int = big()
    updated_at_ms: int = big()


class CollectionItem(SQLModel, table=True):
    """An account in a collection. One that `has_left` stays as a row, so that it is not put in again."""

    __tablename__ = "collection_item"
    __table_args__ = (Index("ix_collection_item", "collection_id", "actor_id", unique=True),)
    id: int = big(primary_key=True)
    collection_id: int = big(foreign_key="collection.id")
    actor_id: int = big(foreign_key="actor.id", index=True)
    has_left: int = 0
