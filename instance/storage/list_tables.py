"""Lists of one's own. The rule kept here: nobody but its owner knows of a list, or is told of being in it."""

from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from instance.storage.tables import big


class OwnList(SQLModel, table=True):
    """A list of people. `exclusive`: what they say is read in the list, not at home."""

    __tablename__ = "own_list"
    __table_args__ = (CheckConstraint("replies_policy IN ('followed', 'list', 'none')"),)
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id", index=True)
    title: str
    replies_policy: str
    exclusive: int


class ListedActor(SQLModel, table=True):
    """Somebody in a list."""

    __tablename__ = "listed_actor"
    list_id: int = big(primary_key=True, foreign_key="own_list.id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id", index=True)
