"""How apps come in: they register, get a code from the person who agrees, and change it for a token.

The rule kept here: whatever opens a door is random, told once and stored as a hash; a code is good once, for ten minutes, for the one
application and address it was made for; nobody gets more scopes than the application asked for when it registered.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from instance.domain import token
from instance.domain.outcome import Outcome
from instance.domain.scopes import DEFAULT_SCOPES, SCOPES, GrantRefused, check_scopes
from instance.domain.token import hash_of
from instance.errors import BadInput
from instance.events import TokenChanged
from instance.ids import snowflake
from instance.storage import actors, logins, oauth, pushes, tokens
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.logins import LoginRow
from instance.storage.oauth import AppRow, CodeRow
from instance.storage.tokens import TokenRow

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CODE_LIFE_MS = 10 * 60_000
NAME_LIMIT_CHARS, URI_LIMIT_CHARS, REDIRECTS_LIMIT = 60, 2000, 10

_NEVER = frozenset({"data", "javascript", "vbscript", "file", "blob", "about"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class ClientUnknown(GrantRefused):
    """The application did not prove that it is one that registered here."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, "
            "or unsupported authentication method.",
        )


class NewApp(NamedTuple):
    """An application and its secret, which is told this once."""

    app: AppRow
    secret: str


class Grant(NamedTuple):
    """A token that was just made, which is told this once."""

    token: str
    scopes: str
    created_at_ms: int


class Bearer(NamedTuple):
    """Whom a token speaks for. Without an actor it is the application alone."""

    token: TokenRow
    app: AppRow | None
    actor: ActorRow | None
    login: LoginRow | None


class AppAccess(NamedTuple):
    """An application that may act for a person. `since_ms` is when it last got a token; id 0 stands for tokens of no application."""

    app_id: int
    name: str
    website: str
    scopes: tuple[str, ...]
    since_ms: int


def register_app(
    tx: Tx, *, name: str, redirect_uris: Iterable[str], scopes: str, website: str = ""
) -> Outcome[NewApp]:
    """Take note of a client application. Raises BadInput."""
    if not name.strip() or len(name) > NAME_LIMIT_CHARS:
        raise BadInput("client_name", f"Application name must have 1 to {NAME_LIMIT_CHARS} characters")
    if website and urlsplit(website).scheme not in {"http", "https"}:
        raise BadInput("website", "Website must be a valid URL")
    secret = secrets.token_urlsafe(32)
    row = AppRow(
        id=snowflake(tx.now_ms),
        client_id=secrets.token_urlsafe(32),
        client_secret=hash_of(secret),
        name=name.strip(),
        website=website,
        redirect_uris=" ".join(_checked_redirects(redirect_uris)),
        scopes=" ".join(_checked_words(scopes)),
        created_at_ms=tx.now_ms,
    )
    oauth.add_app(tx, row)
    return Outcome(NewApp(row, secret))


def _checked_words(scopes: str) -> list[str]:
    words = list(dict.fromkeys(scopes.split())) or DEFAULT_SCOPES.split()
    if any(word not in SCOPES for word in words):
        raise BadInput("scopes", "Scopes doesn't match configured on the server.")
    return words


def _checked_redirects(redirect_uris: Iterable[str]) -> list[str]:
    uris = list(dict.fromkeys(redirect_uris))
    if not uris:
        raise BadInput("redirect_uris", "Redirect URI can't be blank")
    if len(uris) > REDIRECTS_LIMIT:
        raise BadInput("redirect_uris", f"Redirect URI may name {REDIRECTS_LIMIT} addresses")
    for uri in uris:
        check_redirect(uri)
    return uris


def check_redirect(uri: str) -> None:
    """Refuse an address that a code must not be sent to. Raises BadInput("redirect_uris")."""
    if uri == OUT_OF_BAND:
        return
    parts = _split(uri)
    if parts is None or parts[0] in _NEVER:
        raise BadInput("redirect_uris", "Redirect URI must be an absolute URI.")
    scheme, host = parts
    loopback = host in {"127.0.0.1", "::1", "localhost"} or host.endswith(".localhost")
    if scheme == "http" and not loopback:
        raise BadInput("redirect_uris", "Redirect URI must be an HTTPS/SSL URI.")


def _split(uri: str) -> tuple[str, str] | None:
    """Scheme and host of an absolute URI without a fragment, or None."""
    if len(uri) > URI_LIMIT_CHARS or not uri.isascii() or not uri.isprintable() or {" ", "#"} & set(uri):
        return None
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return None
    if not parts.scheme or (parts.scheme in {"http", "https"} and not host):
        return None
    return parts.scheme, host


def app_for_redirect(tx: Tx, client_id: str, redirect_uri: str) -> AppRow:
    """The application that registered this address, exactly as written. Raises GrantRefused: nothing may be sent to the address."""
    app = oauth.app_by_client(tx, client_id)
    if app is None:
        raise ClientUnknown
    if redirect_uri not in app.redirect_uris.split():
        raise GrantRefused("invalid_redirect_uri", "The redirect uri included is not valid.")
    return app


def app_with_secret(tx: Tx, client_id: str, secret: str) -> AppRow:
    """The application that proves itself with its secret. Raises ClientUnknown."""
    app = oauth.app_by_client(tx, client_id)
    if app is None or not hmac.compare_digest(app.client_secret, hash_of(secret)):
        raise ClientUnknown
    return app


def check_challenge(challenge: str, method: str) -> str:
    """A PKCE challenge of the only method taken, S256; none at all is fine. Raises GrantRefused("invalid_request")."""
    if challenge and method != "S256":
        raise GrantRefused("invalid_code_challenge_method", "The code_challenge_method must be S256.")
    if (challenge or method) and not _CHALLENGE.fullmatch(challenge):
        raise GrantRefused("invalid_request", "The code_challenge is not a SHA-256 in base64url.")
    return challenge


def grant_code(
    tx: Tx, app: AppRow, *, actor_id: int, scopes: str, redirect_uri: str, challenge: str = ""
) -> Outcome[str]:
    """A code with which the application gets a token for this person, who has just agreed."""
    code = secrets.token_urlsafe(32)
    expires = tx.now_ms + CODE_LIFE_MS
    oauth.add_code(
        tx, CodeRow(hash_of(code), app.id, actor_id, scopes, redirect_uri, challenge, expires, None)
    )
    return Outcome(code)


def redeem_code(tx: Tx, app: AppRow, *, code: str, redirect_uri: str, verifier: str) -> Outcome[Grant]:
    """Change a code for a token. Raises GrantRefused("invalid_grant"), and says no more than that."""
    row = oauth.code_by_hash(tx, hash_of(code))
    good = (
        row is not None
        and (row.app_id, row.redirect_uri) == (app.id, redirect_uri)
        and row.expires_at_ms > tx.now_ms
        and _fits(row.challenge, verifier)
        and oauth.use_code(tx, row.code_hash)
    )
    if row is None or not good:
        raise GrantRefused(
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI "
            "used in the authorization request, or was issued to another client.",
        )
    return _issue(tx, app, actor_id=row.actor_id, scopes=row.scopes)


def app_token(tx: Tx, app: AppRow, scopes: str) -> Outcome[Grant]:
    """A token that speaks for the application alone. Raises GrantRefused("invalid_scope")."""
    return _issue(tx, app, actor_id=None, scopes=check_scopes(scopes, app.scopes))


def _issue(tx: Tx, app: AppRow, *, actor_id: int | None, scopes: str) -> Outcome[Grant]:
    text = token.issue(tx, actor_id=actor_id, scopes=scopes, app_id=app.id).value
    return Outcome(Grant(text, scopes, tx.now_ms))


def _fits(challenge: str, verifier: str) -> bool:
    """RFC 7636 4.6. A verifier without a challenge is refused as well: somebody swapped the request."""
    if not challenge:
        return not verifier
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())


def revoke_own(tx: Tx, app: AppRow, text: str) -> Outcome[bool]:
    """Revoke a token of this application; one that is good for nothing already is fine. Raises GrantRefused."""
    row = token.find(tx, text)
    if row is None:
        return Outcome(False)
    if row.app_id != app.id:
        raise GrantRefused("unauthorized_client", "You are not authorized to revoke this token")
    return token.revoke(tx, text)


def apps_of(tx: Tx, actor_id: int) -> list[AppAccess]:
    """Which applications may act for a person, and how far; the last one let in first."""
    held: dict[int, AppAccess] = {}
    for row in tokens.of_person(tx, actor_id):
        before = held.get(row.app_id)
        scopes = dict.fromkeys((*(before.scopes if before else ()), *row.scopes.split()))
        since_ms = before.since_ms if before else row.created_at_ms
        held[row.app_id] = AppAccess(row.app_id, row.name, row.website, tuple(scopes), since_ms)
    return list(held.values())


def shut_out(tx: Tx, actor_id: int, app_id: int) -> Outcome[bool]:
    """Let an application act for a person no more; False when it could not anyway."""
    if not tokens.revoke_app(tx, actor_id, app_id):
        return Outcome(False)
    pushes.end_revoked(tx)
    tx.emit(TokenChanged(actor_id))
    return Outcome(True)


def bearer(tx: Tx, token_hash: str) -> Bearer | None:
    """Whom the token of this hash speaks for; None when it is good for nothing, or its person may not come in."""
    row = tokens.by_hash(tx, token_hash)
    if row is None:
        return None
    app = oauth.app_by_id(tx, row.app_id) if row.app_id is not None else None
    if row.actor_id is None:
        return Bearer(row, app, None, None)
    actor, login = actors.by_id(tx, row.actor_id), logins.login_of(tx, row.actor_id)
    return Bearer(row, app, actor, login) if actor and login and actor.state == "active" else None
