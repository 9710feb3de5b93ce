"""draft-cavage-http-signatures-12, the form that every ActivityPub server reads, on httpsig.

The rule kept here: httpsig builds the text that is signed, and nothing else. It would take the algorithm from the
header (an HMAC keyed with somebody's public key), the last of several parameters and the last of several headers;
so our own strict parse stands before it, and the arithmetic is done with the key object that we hold.
"""

import base64
import binascii
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from federation._arithmetic import VerifyingKey, fits, sign_text
from federation._digest import check_digest, render_digest
from federation._message import Claims, Form, Request, http_date, parse_http_date, refusal


@contextmanager
def _stand_in_for_pkg_resources() -> Iterator[None]:
    """Answer what httpsig asks pkg_resources on import (its own version) without loading it: slow, and deprecated."""
    if "pkg_resources" in sys.modules:
        yield
        return
    stand_in: Any = ModuleType("pkg_resources")
    stand_in.get_distribution = importlib.metadata.distribution
    stand_in.DistributionNotFound = importlib.metadata.PackageNotFoundError
    sys.modules["pkg_resources"] = stand_in
    try:
        yield
    finally:
        del sys.modules["pkg_resources"]


with _stand_in_for_pkg_resources():
    from httpsig.sign import HeaderSigner
    from httpsig.utils import build_signature_template
    from httpsig.verify import HeaderVerifier

_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)=(?:"([^"\\]*)"|([0-9]+))[ \t]*(?:,|$)')
_NAME = re.compile(r"\((?:request-target|created|expires)\)|[a-z0-9!#$%&'*+.^_`|~-]+")
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")
_ALGORITHMS = (None, "rsa-sha256", "hs2019")


class _Signer(HeaderSigner):  # type: ignore[misc]
    """The signer of httpsig on a key object; its own constructor would parse a PEM for every letter."""

    def __init__(self, key: RSAPrivateKey, key_id: str, names: list[str]) -> None:
        self._rsa = key
        self.headers = names
        self.sign_header = "signature"
        escaped = key_id.replace("%", "%%")  # the template is filled in with the % operator
        self.signature_template = build_signature_template(escaped, "rsa-sha256", names, "signature")

    def _sign_rsa(self, data: bytes) -> bytes:
        return sign_text(data, key=self._rsa)


class _Verifier(HeaderVerifier):  # type: ignore[misc]
    """The verifier of httpsig on a key object, and on what our own parse found instead of its own."""

    def __init__(self, request: Request, claims: Claims, key: RSAPublicKey) -> None:
        self.headers = _covered_values(request, claims)
        self.auth_dict = {"headers": " ".join(claims.covered), "signature": claims.signature}
        self.required_headers = _required(request, claims.covered)
        self.method = request.method
        self.path = request.target
        self.host = None
        self._key = key

    def _verify(self, data: bytes, signature: bytes) -> bool:
        return fits(signature, data, key=self._key)


def sign(request: Request, *, key: RSAPrivateKey, key_id: str, now: float) -> dict[str, str]:
    """The headers to add: host, date, digest of a body, and a signature over these and the request's own."""
    headers = {"Host": request.authority, "Date": http_date(now)}
    if request.body:
        headers["Digest"] = render_digest(request.body)
    covered = {**headers, **request.headers}
    signer = _Signer(key, key_id, ["(request-target)", *map(str.lower, covered)])
    headers["Signature"] = signer.sign(covered, method=request.method, path=request.target)["signature"]
    return headers


def parse(request: Request, value: str) -> Claims:
    """What a Signature header claims. Raises Unauthentic("syntax" | "duplicate" | "algorithm" | "coverage")."""
    parameters = _parameters(value)
    if parameters.get("algorithm") not in _ALGORITHMS:
        raise refusal("algorithm", "the algorithm is neither rsa-sha256 nor hs2019")
    covered = tuple(parameters.get("headers", "").lower().split(" "))
    _check_coverage(request, covered)
    if "(created)" in covered and parameters.get("algorithm") == "rsa-sha256":
        raise refusal("algorithm", "(created) goes with hs2019 only")
    return Claims(
        key_id=_parameter(parameters, "keyId"),
        form=Form.CAVAGE,
        covered=covered,
        signature=_unbase64(_parameter(parameters, "signature")),
        date=parse_http_date(request.covered_header("date")) if "date" in covered else None,
        created=_seconds(parameters, "created") if "(created)" in covered else None,
        expires=_seconds(parameters, "expires") if "(expires)" in covered else None,
    )


def check(request: Request, claims: Claims, *, key: VerifyingKey) -> None:
    """Holds when the digest fits the body and the signature the request. Raises Unauthentic."""
    if not isinstance(key, RSAPublicKey):
        raise refusal("key", "this form of signature goes with RSA keys only")
    if "digest" in claims.covered:
        check_digest(request.covered_header("digest"), request.body)
    if not _Verifier(request, claims, key).verify():
        raise refusal("signature", f"it does not fit what it covers: {' '.join(claims.covered)}")


def _parameters(value: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            raise refusal("syntax", "the Signature header cannot be read")
        name, quoted, number = match.groups()
        if name in parameters:
            raise refusal("duplicate", f"the parameter {name} stands more than once")
        parameters[name] = number if quoted is None else quoted
        position = match.end()
    return parameters


def _parameter(parameters: dict[str, str], name: str) -> str:
    if not parameters.get(name):
        raise refusal("syntax", f"the parameter {name} is missing")
    return parameters[name]


def _seconds(parameters: dict[str, str], name: str) -> int:
    if not _SECONDS.fullmatch(_parameter(parameters, name)):
        raise refusal("syntax", f"the parameter {name} is not a number of seconds")
    return int(parameters[name])


def _check_coverage(request: Request, covered: tuple[str, ...]) -> None:
    if len(set(covered)) != len(covered):
        raise refusal("duplicate", "the signature covers a header twice")
    missing = [name for name in _required(request, covered) if name not in covered]
    if missing:
        raise refusal("coverage", f"the signature must cover {' '.join(missing)}")
    if not all(map(_NAME.fullmatch, covered)):
        raise refusal("syntax", "the list of covered headers cannot be read")


def _required(request: Request, covered: tuple[str, ...]) -> list[str]:
    dated = "(created)" if "(created)" in covered else "date"
    return ["(request-target)", "host", dated, *(["digest"] if request.body else [])]


def _covered_values(request: Request, claims: Claims) -> dict[str, str]:
    pseudo = {"(created)": str(claims.created), "(expires)": str(claims.expires)}
    names = (name for name in claims.covered if name != "(request-target)")
    return {name: pseudo.get(name) or request.covered_header(name) for name in names}


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise refusal("syntax", "the signature is not base64") from error
