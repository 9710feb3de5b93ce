"""Builders of signed requests: Globex writes to Acme."""

from collections.abc import Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from multidict import CIMultiDict

from federation.keys import PublicKey, generate_rsa
from federation.signature import Form, Request, sign

NOW = 1_800_000_000.0
ACME = "https://acme.example"
KEY_ID = "https://globex.example/actor#main-key"
OWNER = "https://globex.example/actor"
PRIVATE = generate_rsa()
PUBLIC = PublicKey(KEY_ID, OWNER, PRIVATE.public_key(), "rsa")
BODY = b'{"id":"https://globex.example/activities/1","type":"Create"}'


def unsigned(
    *,
    method: str = "POST",
    target: str = "/inbox?a=1&b=%20",
    body: bytes = BODY,
    headers: Mapping[str, str] | None = None,
) -> Request:
    """A request before it is signed; `headers` are to be covered."""
    return Request(
        method, ACME, target, CIMultiDict(headers or {"Content-Type": "application/activity+json"}), body
    )


def signed(
    form: Form,
    request: Request | None = None,
    *,
    key: RSAPrivateKey = PRIVATE,
    key_id: str = KEY_ID,
    now: float = NOW,
) -> Request:
    """The request as it arrives, signed."""
    request = request or unsigned()
    added = sign(request, key=key, key_id=key_id, form=form, now=now)
    return replace(request, headers=CIMultiDict({**request.headers, **added, "Accept": "*/*"}))


def with_header(request: Request, name: str, value: str) -> Request:
    """The request with a header replaced."""
    headers = CIMultiDict(request.headers)
    headers[name] = value
    return replace(request, headers=headers)


def with_another(request: Request, name: str, value: str) -> Request:
    """The request with a header that stands once more."""
    headers = CIMultiDict(request.headers)
    headers.add(name, value)
    return replace(request, headers=headers)


def without(request: Request, name: str) -> Request:
    """The request without a header."""
    headers = CIMultiDict(request.headers)
    del headers[name]
    return replace(request, headers=headers)
