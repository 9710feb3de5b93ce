"""Small pictures that stand for a word between colons. The rule kept here: a company's emoji is in each space a row and a picture of its own."""

from sqlalchemy import Index
from sqlmodel import SQLModel

from instance.storage.tables import big


class Emoji(SQLModel, table=True):
    """An emoji of one company in one space: `internal` those that IT made, in a project those that somebody of that company has used there."""

    __table_args__ = (Index("ix_emoji_shortcode", "shortcode", "host", "space", unique=True),)
    id: int = big(primary_key=True)
    shortcode: str
    host: str
    space: str
    category: str
    is_listed: int
    media_id: int = big(foreign_key="media.id")
    created_at_ms: int = big()
