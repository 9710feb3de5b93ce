"""Where apps want to be told that something happened, and what is still to be told. The rule kept here: no content, only which notification for which subscription."""

from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class PushSubscription(SQLModel, table=True):
    """Where the app of one token is reached. `token` is that token, readable with the node's seal key only; `alerts` the kinds wanted, a JSON array."""

    __tablename__ = "push_subscription"
    id: int = big(primary_key=True)
    token_id: int = big(foreign_key="oauth_token.id", ondelete="CASCADE", unique=True)
    owner_id: int = big(foreign_key="actor.id", index=True)
    endpoint: str
    p256dh: str
    auth: str
    standard: int
    alerts: str
    policy: str
    token: str
    created_at_ms: int = big()


class PushWaiting(SQLModel, table=True):
    """A notification that an app is still to be told of."""

    __tablename__ = "push_waiting"
    notification_id: int = big(primary_key=True, foreign_key="notification.id", ondelete="CASCADE")
    subscription_id: int = big(
        primary_key=True, foreign_key="push_subscription.id", ondelete="CASCADE", index=True
    )
    attempts: int = Field(default=0)
    due_at_ms: int = big(index=True)
    created_at_ms: int = big()
