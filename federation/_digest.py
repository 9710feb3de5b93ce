"""Digest (RFC 3230) and Content-Digest (RFC 9530) of a body, over its raw bytes, compared in constant time.

The rule kept here: every digest that we can compute must fit, and there must be one.
"""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Any, cast

import http_sf

from federation._message import refusal

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_MEMBER = re.compile(r"[ \t]*([A-Za-z0-9-]+)=([A-Za-z0-9+/]+={0,2})[ \t]*")


def render_digest(body: bytes) -> str:
    """The Digest header of a body: "SHA-256=X48E9q…="."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def render_content_digest(body: bytes) -> str:
    """The Content-Digest header of a body: "sha-256=:X48E9q…=:"."""
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


def check_digest(value: str, body: bytes) -> None:
    """Holds when the Digest header fits the body. Raises Unauthentic("digest")."""
    digests: dict[str, bytes] = {}
    for part in value.split(","):
        member = _MEMBER.fullmatch(part)
        if member is None or member[1].lower() in digests:
            raise refusal("digest", "the Digest header cannot be read", header="digest")
        digests[member[1].lower()] = _unbase64(member[2])
    _check(digests, body, "digest")


def check_content_digest(value: str, body: bytes) -> None:
    """Holds when the Content-Digest header fits the body. Raises Unauthentic("digest")."""
    try:
        members = http_sf.parse(value.encode(), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
    except ValueError as error:
        raise refusal(
            "digest", "the Content-Digest header cannot be read", header="content-digest"
        ) from error
    digests = cast("dict[str, tuple[Any, dict[str, Any]]]", members)
    _check(
        {name: digest for name, (digest, _) in digests.items() if isinstance(digest, bytes)},
        body,
        "content-digest",
    )


def _refuse_duplicate(key: str, context: str) -> None:
    raise refusal(
        "digest", f"the Content-Digest header names {key} twice in its {context}", header="content-digest"
    )


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise refusal("digest", "the Digest header is not base64", header="digest") from error


def _check(digests: dict[str, bytes], body: bytes, header: str) -> None:
    known = digests.keys() & _HASHES.keys()
    if not known:
        raise refusal("digest", "there is no digest by sha-256 or sha-512", header=header)
    for name in known:
        if not hmac.compare_digest(_HASHES[name](body).digest(), digests[name]):
            raise refusal("digest", f"the {name} digest does not fit the body", header=header)
