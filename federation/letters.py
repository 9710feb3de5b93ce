"""The sealed letters: the only things the wire and the outside doors accept; only the gate makes them.

The rule kept here: a letter whose seal does not fit every one of its fields does not leave.
"""

import hashlib
import hmac
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from federation.errors import Refused

ANYONE = "*"  # the viewer of a Disclosure that is fit for strangers


@dataclass(frozen=True, slots=True)
class Draft:
    """An activity that a domain verb wants said; nothing has been decided about it yet.

    `project` is the IRI of the project whose log it enters (None: outside any log, e.g. a charter handshake).
    `host` is the one host that it is for (None: every host that the gate admits), `inbox` the one inbox there (None: all that are known).
    """

    activity: dict[str, Any]
    author: str
    project: str | None = None
    host: str | None = None
    inbox: str | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """A POST that the gate released: one activity for one host's inbox.

    `body` are the exact bytes; `signer` is the IRI of the actor whose key signs the transport.
    """

    id: int
    host: str
    inbox: str
    activity: str
    signer: str
    rule: str
    space: str
    body: bytes
    seal: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The answer to an outsider's GET, made for that very viewer (a host, or ANYONE)."""

    viewer: str
    status: int
    media_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    seal: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A GET of our own that the gate released. `signer` is empty for an unsigned request (WebFinger)."""

    url: str
    accept: str
    signer: str
    reason: str
    seal: bytes = field(default=b"", repr=False)


Letter = Outbound | Disclosure | Inquiry
L = TypeVar("L", Outbound, Disclosure, Inquiry)
_SEALED = {
    kind.__name__: tuple(spec.name for spec in fields(kind) if spec.name != "seal")
    for kind in (Outbound, Disclosure, Inquiry)
}


def seal_of(letter: Letter, key: bytes) -> bytes:
    """HMAC-SHA256 over the letter's type and every field but the seal, each length-prefixed (32 bytes)."""
    mac = hmac.new(key, type(letter).__name__.encode(), hashlib.sha256)
    for name in _SEALED[type(letter).__name__]:
        value = getattr(letter, name)
        part = value if isinstance(value, bytes) else repr(value).encode()
        mac.update(len(part).to_bytes(8, "big"))
        mac.update(part)
    return mac.digest()


def check_seal(letter: L, key: bytes) -> L:
    """The letter itself when its seal fits. Raises Refused("seal") otherwise."""
    if not hmac.compare_digest(seal_of(letter, key), letter.seal):
        raise Refused("seal", f"{type(letter).__name__} was not made by the gate or was changed since")
    return letter
