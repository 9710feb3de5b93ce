"""What a person filters. The rule kept here: a filter marks or hides what its owner reads, and nobody else's reading."""

from sqlmodel import SQLModel

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
