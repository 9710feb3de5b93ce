"""How our own people get in: logins, browser sessions, apps and their tokens. The rule kept here: secrets stand as their hashes only."""

from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class Login(SQLModel, table=True):
    """What an employee signs in with. Only persons of this company have one."""

    actor_id: int = big(primary_key=True, foreign_key="actor.id")
    email: str = Field(default="", index=True)
    password_hash: str
    is_admin: int = 0
    locale: str = "en"
    created_at_ms: int = big()
    last_sign_in_at_ms: int | None = big(default=None)


class Session(SQLModel, table=True):
    """A signed-in browser, by the SHA-256 of its cookie."""

    token_hash: str = Field(primary_key=True)
    actor_id: int = big(foreign_key="actor.id", index=True)
    csrf: str
    created_at_ms: int = big()
    expires_at_ms: int = big()


class OauthApp(SQLModel, table=True):
    """A client application."""

    __tablename__ = "oauth_app"
    id: int = big(primary_key=True)
    client_id: str = Field(unique=True)
    client_secret: str
    name: str
    website: str = ""
    redirect_uris: str
    scopes: str
    created_at_ms: int = big()


class OauthCode(SQLModel, table=True):
    """An authorization code, by its SHA-256; good once and for ten minutes."""

    __tablename__ = "oauth_code"
    code_hash: str = Field(primary_key=True)
    app_id: int = big(foreign_key="oauth_app.id")
    actor_id: int = big(foreign_key="actor.id")
    scopes: str
    redirect_uri: str
    challenge: str = ""
    expires_at_ms: int = big()
    used_at_ms: int | None = big(default=None)


class OauthToken(SQLModel, table=True):
    """An access token, by its SHA-256. Without an actor it speaks for the application alone."""

    __tablename__ = "oauth_token"
    id: int = big(primary_key=True)
    token_hash: str = Field(unique=True)
    app_id: int | None = big(default=None, foreign_key="oauth_app.id")
    actor_id: int | None = big(default=None, foreign_key="actor.id", index=True)
    scopes: str
    created_at_ms: int = big()
    revoked_at_ms: int | None = big(default=None)
