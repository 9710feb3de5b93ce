"""Signed-in browsers. The rule kept here: a session ends by its date, by signing out, or with everything else its person had."""

import secrets
from typing import NamedTuple

from instance.domain import actor
from instance.domain.outcome import Outcome
from instance.domain.token import hash_of
from instance.events import TokenChanged
from instance.storage import actors, logins, sessions
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.logins import LoginRow
from instance.storage.sessions import SessionRow

SESSION_LIFE_MS = 14 * 86_400_000


class NewSession(NamedTuple):
    """A session's cookie value, which is told this once, and when it ends."""

    cookie: str
    expires_at_ms: int


class SignedIn(NamedTuple):
    """The person behind a browser session."""

    session: SessionRow
    actor: ActorRow
    login: LoginRow


def start(tx: Tx, actor_id: int) -> Outcome[NewSession]:
    """A session for a person whose password has just been verified."""
    cookie, expires = secrets.token_urlsafe(32), tx.now_ms + SESSION_LIFE_MS
    sessions.add(tx, SessionRow(hash_of(cookie), actor_id, secrets.token_urlsafe(24), tx.now_ms, expires))
    logins.signed_in(tx, actor_id)
    return Outcome(NewSession(cookie, expires))


def start_anew(tx: Tx, actor_id: int, *, password_hash: str) -> Outcome[NewSession]:
    """Give a person a new password (hashed): whatever is signed in ends, and one session begins. Raises NotFound."""
    actor.set_password(tx, actor_id, password_hash=password_hash)
    return start(tx, actor_id)


def signed_in(tx: Tx, cookie_hash: str) -> SignedIn | None:
    """The person behind a cookie; None when the session is over or the person may not come in."""
    row = sessions.by_hash(tx, cookie_hash)
    if row is None:
        return None
    person, login = actors.by_id(tx, row.actor_id), logins.login_of(tx, row.actor_id)
    return SignedIn(row, person, login) if person and login and person.state == "active" else None


def end(tx: Tx, session: SessionRow) -> Outcome[None]:
    """End a session."""
    sessions.drop(tx, session.token_hash)
    tx.emit(TokenChanged(session.actor_id))
    return Outcome(None)
