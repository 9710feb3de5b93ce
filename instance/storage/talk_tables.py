"""Conversations: the direct posts of a thread, as each of those in it keeps them. The rule kept here: each keeps their own, and removes it for themselves alone."""

from sqlalchemy import Index
from sqlmodel import SQLModel

from instance.storage.tables import big


class Conversation(SQLModel, table=True):
    """A thread with direct posts for one person: the last of them, and whether it was read."""

    __table_args__ = (
        Index("ix_conversation_owner", "owner_id", "last_post_id"),
        Index("ix_conversation_last", "last_post_id"),
    )
    owner_id: int = big(primary_key=True)
    thread_id: int = big(primary_key=True)
    last_post_id: int = big(foreign_key="post.id")
    unread: int
