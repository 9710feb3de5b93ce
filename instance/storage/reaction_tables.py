"""What people say of a post without words: an emoji, that they take part. The rule kept here: one row for each person, post and emoji."""

from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class EmojiReaction(SQLModel, table=True):
    """Somebody's emoji under a post: the character itself, or the name of a company's ("bolt@globex.example"); `iri` is its activity's."""

    __tablename__ = "emoji_reaction"
    post_id: int = big(primary_key=True, foreign_key="post.id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id")
    name: str = Field(primary_key=True)
    iri: str = Field(unique=True)
    created_at_ms: int = big()


class Attendance(SQLModel, table=True):
    """Somebody takes part in a milestone; `iri` is the Join's."""

    post_id: int = big(primary_key=True, foreign_key="post.id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id")
    iri: str = Field(unique=True)
    created_at_ms: int = big()
