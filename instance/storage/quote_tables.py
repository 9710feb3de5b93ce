"""Posts that quote posts. The rule kept here: what a quote may show is asked of what it quotes, each time and for each reader."""

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class Quote(SQLModel, table=True):
    """A post that quotes another one, which may not be here (yet). `stamp_iri` is its author's approval, where one was given on the wire."""

    __table_args__ = (
        CheckConstraint("state IN ('pending', 'accepted', 'rejected', 'revoked')"),
        Index("ix_quote_quoted", "quoted_id", "post_id"),
    )
    post_id: int = big(primary_key=True, foreign_key="post.id")
    quoted_id: int | None = big(default=None)
    quoted_iri: str = Field(index=True)
    state: str
    stamp_iri: str = ""
