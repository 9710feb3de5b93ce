"""Access tokens: made, found and revoked. The rule kept here: the token itself is told once, to who asked for it, and kept nowhere."""

import hashlib
import secrets

from instance.domain.outcome import Outcome
from instance.events import TokenChanged
from instance.ids import snowflake
from instance.storage import pushes, tokens
from instance.storage.database import Tx
from instance.storage.tokens import TokenRow

TOKEN_BYTES = 32


def hash_of(token: str) -> str:
    """What is stored of a token. A plain SHA-256: the token is random and long, there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(tx: Tx, *, actor_id: int | None, scopes: str, app_id: int | None = None) -> Outcome[str]:
    """Make a token with these scopes (`scopes.check_scopes`), for a person or for an application alone."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    tokens.add(tx, TokenRow(snowflake(tx.now_ms), hash_of(token), app_id, actor_id, scopes, tx.now_ms))
    tx.emit(TokenChanged(actor_id))
    return Outcome(token)


def find(tx: Tx, token: str) -> TokenRow | None:
    """The good token of this text."""
    return tokens.by_hash(tx, hash_of(token))


def revoke(tx: Tx, token: str) -> Outcome[bool]:
    """Make the token good for nothing; False when it was already, or never was."""
    row = find(tx, token)
    if row is None or not tokens.revoke(tx, row.id):
        return Outcome(False)
    pushes.end_revoked(tx)
    tx.emit(TokenChanged(row.actor_id))
    return Outcome(True)
