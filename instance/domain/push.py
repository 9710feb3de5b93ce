"""What an app wants to be told of while nobody looks at it. The rule kept here: one subscription for each token, which nobody but that token sees or changes.

An app finds out by its own token which of its accounts a message is for, so the token goes into the message, which only the app can read. Here it
stands sealed with a key that is not in the database.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from federation import webpush
from federation.errors import Malformed
from federation.origin import host_of
from federation.webpush import Reader
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotFound
from instance.storage import pushes
from instance.storage.database import Tx
from instance.storage.pushes import SubscriptionRow
from instance.storage.tokens import TokenRow

ALERTS = (
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quote",
    "quoted_update",
    "admin.sign_up",
    "admin.report",
)
POLICIES = ("all", "followed", "follower", "none")
ENDPOINT_LIMIT_CHARS = 2000
_NONCE_BYTES = 12


def subscribe(
    tx: Tx, token: TokenRow, *, endpoint: str, reader: Reader, sealed: bytes
) -> Outcome[SubscriptionRow]:
    """Reach the app of a token at this address from now on, and at no other. `sealed` is the token (see `seal_token`)."""
    assert token.actor_id is not None
    row = SubscriptionRow(
        id=0,
        token_id=token.id,
        owner_id=token.actor_id,
        endpoint=endpoint,
        p256dh=webpush.encode(reader.public),
        auth=webpush.encode(reader.secret),
        standard=int(reader.standard),
        alerts="[]",
        policy=POLICIES[0],
        token=webpush.encode(sealed),
        created_at_ms=tx.now_ms,
    )
    return Outcome(pushes.add(tx, row))


def choose(tx: Tx, token: TokenRow, *, alerts: Iterable[str], policy: str) -> Outcome[SubscriptionRow]:
    """Tell the app of a token of these kinds from now on. Raises NotFound."""
    wanted = set(alerts)
    kinds = orjson.dumps([kind for kind in ALERTS if kind in wanted]).decode()
    pushes.change(tx, token.id, alerts=kinds, policy=policy if policy in POLICIES else POLICIES[0])
    return Outcome(find(tx, token))


def unsubscribe(tx: Tx, token: TokenRow) -> Outcome[None]:
    """Tell the app of a token nothing more; one that has no subscription is fine."""
    pushes.remove(tx, token.id)
    return Outcome(None)


def find(tx: Tx, token: TokenRow) -> SubscriptionRow:
    """The subscription of a token. Raises NotFound."""
    row = pushes.of_token(tx, token.id)
    if row is None:
        raise NotFound("subscription")
    return row


def check_endpoint(endpoint: str, *, own_host: str, plain_too: bool) -> str:
    """An address of a push service: https, elsewhere than here. `plain_too`: http as well, which the wire takes to allowed networks only.

    Raises BadInput("endpoint").
    """
    schemes = {"https", "http"} if plain_too else {"https"}
    try:
        parts = urlsplit(endpoint)
        is_good = (
            parts.scheme in schemes
            and endpoint.isascii()
            and endpoint.isprintable()
            and not {" ", "\\"} & set(endpoint)
            and "@" not in parts.netloc
            and len(endpoint) <= ENDPOINT_LIMIT_CHARS
            and host_of(endpoint) != own_host
        )
    except (ValueError, Malformed):
        is_good = False
    if not is_good:
        raise BadInput("endpoint", "Endpoint is not a valid URL")
    return endpoint


def check_reader(p256dh: str, auth: str, *, standard: bool) -> Reader:
    """The keys of an app. Raises BadInput("keys")."""
    try:
        return webpush.check_reader(p256dh, auth, standard=standard)
    except Malformed as error:
        raise BadInput("keys", "Key p256dh or auth is invalid") from error


def seal_token(seal_key: bytes, token: str) -> bytes:
    """The token as it is stored: nobody reads it without the node's seal key."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(seal_key).encrypt(nonce, token.encode(), None)


def open_token(seal_key: bytes, sealed: bytes) -> str:
    """The token that was sealed. Raises cryptography's InvalidTag when it was with another key."""
    return _cipher(seal_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()


def _cipher(seal_key: bytes) -> AESGCM:
    return AESGCM(hmac.new(seal_key, b"push tokens", hashlib.sha256).digest())
