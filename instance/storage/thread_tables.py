"""Conversations across companies: where their collections are, and what is missing of them. The rule kept here: a partner's word is kept as such."""

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class PostContext(SQLModel, table=True):
    """What a partner says of the conversation that begins with this post: the collection of its posts, and of its activities (empty: none)."""

    __tablename__ = "post_context"
    post_id: int = big(primary_key=True, foreign_key="post.id")
    context_iri: str
    history_iri: str = ""


class MissingParent(SQLModel, table=True):
    """A post that was answered and is not here, and how often it was looked for. `post_id` is the first answer; the collections are as that says."""

    __tablename__ = "missing_parent"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'found', 'given_up')"),
        Index("ix_missing_parent_due", "state", "due_at_ms"),
    )
    id: int = big(primary_key=True)
    parent_iri: str = Field(unique=True)
    project_iri: str
    post_id: int = big(foreign_key="post.id", index=True)
    context_iri: str = ""
    history_iri: str = ""
    state: str = "waiting"
    tries: int = 0
    due_at_ms: int = big()
    noticed_at_ms: int = big()
