"""Hashtags: which there are, in which posts, who follows them. The rule kept here: the row of a tag in a post says the post's space, so that a space's part is one range."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class Tag(SQLModel, table=True):
    """A hashtag. `name` is what makes two of them the same one; how it is written is said where it stands, for those who may read that."""

    id: int = big(primary_key=True)
    name: str = Field(unique=True)


class PostTag(SQLModel, table=True):
    """A hashtag in a post, as it is written there."""

    __tablename__ = "post_tag"
    __table_args__ = (Index("ix_post_tag_post", "post_id"), {"sqlite_with_rowid": False})
    tag_id: int = big(primary_key=True, foreign_key="tag.id")
    space: str = Field(primary_key=True)
    post_id: int = big(primary_key=True, foreign_key="post.id")
    written: str


class TagFollow(SQLModel, table=True):
    """A hashtag whose posts come home to one of our people."""

    __tablename__ = "tag_follow"
    __table_args__ = (
        Index("ix_tag_follow_owner", "owner_id", "tag_id", unique=True),
        Index("ix_tag_follow_tag", "tag_id"),
    )
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    tag_id: int = big(foreign_key="tag.id")
    written: str


class FeaturedTag(SQLModel, table=True):
    """A hashtag that one of our people shows on their profile."""

    __tablename__ = "featured_tag"
    __table_args__ = (Index("ix_featured_tag_owner", "owner_id", "tag_id", unique=True),)
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    tag_id: int = big(foreign_key="tag.id")
    written: str
