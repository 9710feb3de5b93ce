"""Whom people do not want to have suggested. The rule kept here: who was turned down does not come again."""

from sqlmodel import SQLModel

from instance.storage.tables import big


class DismissedSuggestion(SQLModel, table=True):
    """A person whom somebody does not want to have suggested."""

    __tablename__ = "dismissed_suggestion"
    owner_id: int = big(primary_key=True, foreign_key="actor.id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id")
