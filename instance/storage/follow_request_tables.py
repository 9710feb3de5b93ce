"""Who asks to follow whom. The rule kept here: a request is a follow that is not there yet, meant as its asker means it."""

from sqlmodel import SQLModel

from instance.storage.tables import big


class FollowRequest(SQLModel, table=True):
    """Somebody would like to follow a colleague who decides about that."""

    __tablename__ = "follow_request"
    followee_id: int = big(primary_key=True, foreign_key="actor.id")
    follower_id: int = big(primary_key=True, foreign_key="actor.id", index=True)
    created_at_ms: int = big()
    boosts: int
    notify: int
    languages: str
