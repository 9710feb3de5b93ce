"""Transport signatures of both forms: they tell who sent a request, and that it is whole.

The rule kept here: whatever is wrong, the answer is Unauthentic (401) and names the part; nothing else is raised.
Called in this order: `parse_signature` needs no key, so the caller can ask whether it knows the sender's host at all
before anything is fetched; `verify` proves the claims; `ReplayWindow.admit` lets each proven request through once.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from multidict import MultiMapping

from federation import _cavage, _rfc9421, httpdate
from federation._arithmetic import check_strength
from federation._message import Claims as Claims
from federation._message import Form as Form
from federation._message import Request as Request
from federation._message import refusal
from federation._rfc9421 import Wish as Wish
from federation._rfc9421 import accept_signature as accept_signature
from federation.errors import FederationError, Unauthentic
from federation.keys import PublicKey
from federation.origin import host_of, same_origin

MAX_AHEAD_S = 5 * 60
MAX_AGE_S = 60 * 60
_KEY_ID = re.compile(r'keyid="([^"]{1,2048})"', re.IGNORECASE)
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request, proven. `covered` are the names of what the signature covers; nothing else is proven."""

    key_id: str
    owner: str
    form: Form
    created_ms: int
    covered: tuple[str, ...]
    replay_key: bytes


def _all_unauthentic(function: Callable[P, T]) -> Callable[P, T]:
    """Whatever a stranger's bytes set off in here or in a library is an Unauthentic."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Unauthentic:
            raise
        except FederationError as error:
            raise Unauthentic(error.rule, error.detail, safe=error.safe) from error
        except Exception as error:
            raise refusal("syntax", "it cannot be read") from error

    return guarded


def sign(
    request: Request, *, key: RSAPrivateKey, key_id: str, form: Form, now: float, wish: Wish | None = None
) -> dict[str, str]:
    """The headers to add to a request so that it is signed: host, date, digest of a body, signature.

    All of `request.headers` are covered. `now` is in seconds since the epoch; `wish` is what the receiver wants of a signature in
    the form of RFC 9421, and is fulfilled as far as it can be. About 260 µs, all but 15 of them RSA.
    """
    if not (key_id.isascii() and key_id.isprintable()) or '"' in key_id or "\\" in key_id:
        raise ValueError(f"a key id must be a plain IRI: {key_id!r}")
    if form is Form.CAVAGE:
        return _cavage.sign(request, key=key, key_id=key_id, now=now)
    return _rfc9421.sign(request, key=key, key_id=key_id, now=now, wish=wish)


def said_host(headers: MultiMapping[str]) -> str:
    """The host whose key a request says it is signed with, also when the rest cannot be read; nothing when there is none. It proves nothing."""
    for name in ("signature-input", "signature"):
        for value in headers.getall(name, ()):
            named = _KEY_ID.search(value)
            if named is not None:
                with suppress(FederationError):
                    return host_of(named[1])
    return ""


def wanted(method: str) -> str:
    """What a signature has to cover, as an Accept-Signature header says it (RFC 9421, section 5): for who signed in no way that we take."""
    digest = ' "content-digest"' if method == "POST" else ""
    return f'sig1=("@method" "@target-uri"{digest});created;keyid'


@_all_unauthentic
def parse_signature(request: Request) -> Claims:
    """What the request's signature claims; nothing is proven yet, and no key is needed. Raises Unauthentic.

    Rules: unsigned, syntax, duplicate, algorithm, coverage, target.
    """
    value = request.header("signature")
    if value is None:
        raise refusal("unsigned", "there is none", header="signature")
    _check_target(request)
    input_value = request.header("signature-input")
    return (
        _cavage.parse(request, value) if input_value is None else _rfc9421.parse(request, input_value, value)
    )


@_all_unauthentic
def verify(request: Request, *, key: PublicKey, now: float, claims: Claims | None = None) -> Sender:
    """Who sent the request, proven with `key`. Give the `claims` that were parsed already. Raises Unauthentic.

    Rules, besides those of `parse_signature`: clock, expired, key, digest, signature, host.
    """
    claims = claims or parse_signature(request)
    created = _check_clock(claims, now)
    check_strength(key.key)
    if not same_origin(key.owner, claims.key_id):
        raise refusal("key", "the key's owner lives on another host than the key")
    _check_fit(request, claims, key)
    replay_key = hashlib.sha256(claims.signature).digest()
    return Sender(key.id, key.owner, claims.form, int(created * 1000), claims.covered, replay_key)


def _check_fit(request: Request, claims: Claims, key: PublicKey) -> None:
    """Holds when the signature fits.

    It has to be for our own host: Host as it was sent counts only when it is a way to write our name. A proxy between may call us
    something else, or nothing (HTTP/1.0); then the signature is checked for the name that we have.
    """
    check = _cavage.check if claims.form is Form.CAVAGE else _rfc9421.check
    sent = request.header("host")
    if sent is not None and request.is_for_us:
        try:
            check(request, claims, key=key.key)
        except Unauthentic as error:
            if error.rule != "signature" or sent == request.authority:
                raise
        else:
            return
    try:
        check(request.as_called(), claims, key=key.key)
    except Unauthentic as error:
        if error.rule != "signature" or request.is_for_us:
            raise
        detail = f"the request is for the host {sent}, this is {request.authority}"
        raise refusal("host", detail, header="host") from error


def _check_target(request: Request) -> None:
    if not request.target.startswith("/") or not request.target.isascii() or not request.target.isprintable():
        raise refusal("target", "the request's target is not a path")
    request.header("host")  # once, and in plain characters


def _check_clock(claims: Claims, now: float) -> float:
    """The earliest time that the signature gives, when all are near enough to now."""
    moments = [moment for moment in (claims.created, claims.date) if moment is not None]
    for moment in moments:
        if not now - MAX_AGE_S <= moment <= now + MAX_AHEAD_S:
            said, here = httpdate.write(moment), httpdate.write(now)
            raise refusal("clock", f"it is dated {said}, here it is {here}", header=_dated_by(claims))
    if claims.expires is not None and claims.expires < now:
        raise refusal(
            "expired",
            f"it expired at {httpdate.write(claims.expires)}, here it is {httpdate.write(now)}",
            header=claims.header,
        )
    return min(moments)


def _dated_by(claims: Claims) -> str:
    return "date" if claims.created is None else claims.header


class ReplayWindow:
    """Lets a signature through once, within bounded memory (about 300 bytes for each that is remembered).

    What is too old to be verified is forgotten. When a host has sent more than is remembered, its oldest is forgotten
    early, and from then on whatever of that host is not younger is refused: it signs anew when it tries again, so
    nothing is lost, nothing passes twice, and no host can bring that upon another. The window starts empty with the
    process: behind it stands the once-only rule of the inbox, by the activity's IRI.
    """

    def __init__(self, capacity_per_host: int = 20_000) -> None:
        self._capacity = capacity_per_host
        self._hosts: dict[str, _Seen] = defaultdict(_Seen)

    def admit(self, sender: Sender, *, now: float) -> None:
        """Remember a proven sender's signature. Raises Unauthentic("replay") when it was here before, or may have been."""
        seen = self._hosts[host_of(sender.owner)]
        seen.forget(now, self._capacity)
        if sender.replay_key in seen.signatures or sender.created_ms <= seen.floor_ms:
            raise refusal(
                "replay", f"it was used before; here it is {httpdate.write(now)}", header="signature"
            )
        seen.signatures[sender.replay_key] = (now, sender.created_ms)

    def release(self, sender: Sender) -> None:
        """Let a signature through again: what it came with could not be taken, and a proxy may bring the same request once more."""
        self._hosts[host_of(sender.owner)].signatures.pop(sender.replay_key, None)


@dataclass(slots=True)
class _Seen:
    """What one host sent: when each signature came and was made, in order of arrival; none made up to the floor is remembered."""

    signatures: dict[bytes, tuple[float, int]] = field(default_factory=dict)
    floor_ms: int = 0

    def forget(self, now: float, capacity: int) -> None:
        while self.signatures:
            key, (arrived, created_ms) = next(iter(self.signatures.items()))
            is_past = arrived + MAX_AGE_S + MAX_AHEAD_S < now
            if not is_past and len(self.signatures) < capacity:
                return
            del self.signatures[key]
            if not is_past:
                self.floor_ms = max(self.floor_ms, created_ms)
