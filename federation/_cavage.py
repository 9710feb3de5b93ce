"""draft-cavage-http-signatures-12, the form that every ActivityPub server reads, on httpsig.

The rule kept here: httpsig builds the text that is signed, and nothing else. It would take the algorithm from the
header (an HMAC keyed with somebody's public key), the last of several parameters and the last of several headers;
so our own strict parse stands before it, and the arithmetic is done with the key object that we hold.
"""

import base64
import binascii
import re
from functools import cache
from importlib import import_module
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from federation import httpdate
from federation._arithmetic import VerifyingKey
from federation._digest import check_digest, render_digest
from federation._message import Claims, Form, Request, refusal

_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)=(?:"([^"\\]*)"|([0-9]+))[ \t]*(?:,|$)')
_NAME = re.compile(r"\((?:request-target|created|expires)\)|[a-z0-9!#$%&'*+.^_`|~-]+")
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")
_ALGORITHMS = (None, "rsa-sha256", "hs2019")


@cache
def _httpsig() -> Any:
    """Our two classes on httpsig, and httpsig itself, loaded with the first letter in this form: 70 ms that a start does without."""
    return import_module("federation._httpsig")


def sign(request: Request, *, key: RSAPrivateKey, key_id: str, now: float) -> dict[str, str]:
    """The headers to add: host, date, digest of a body, and a signature over these and the request's own."""
    headers = {"Host": request.authority, "Date": httpdate.write(now)}
    if request.body:
        headers["Digest"] = render_digest(request.body)
    covered = {**headers, **request.headers}
    signer = _httpsig().Signer(key, key_id, ["(request-target)", *map(str.lower, covered)])
    headers["Signature"] = signer.sign(covered, method=request.method, path=request.target)["signature"]
    return headers


def parse(request: Request, value: str) -> Claims:
    """What a Signature header claims. Raises Unauthentic("syntax" | "written_twice" | "algorithm" | "coverage")."""
    # A library of Node.js writes the value as if it stood in Authorization.
    parameters = _parameters(value.removeprefix("Signature "))
    if parameters.get("algorithm") not in _ALGORITHMS:
        raise refusal("algorithm", "the algorithm is neither rsa-sha256 nor hs2019", header="signature")
    covered = tuple(parameters.get("headers", "").lower().split(" "))
    _check_coverage(request, covered)
    if "(created)" in covered and parameters.get("algorithm") == "rsa-sha256":
        raise refusal("algorithm", "(created) goes with hs2019 only", header="signature")
    return Claims(
        key_id=_parameter(parameters, "keyId"),
        form=Form.CAVAGE,
        covered=covered,
        signature=_unbase64(_parameter(parameters, "signature")),
        date=_moment(request.covered_header("date")) if "date" in covered else None,
        created=_seconds(parameters, "created") if "(created)" in covered else None,
        expires=_seconds(parameters, "expires") if "(expires)" in covered else None,
    )


def check(request: Request, claims: Claims, *, key: VerifyingKey) -> None:
    """Holds when the digest fits the body and the signature the request. Raises Unauthentic."""
    if not isinstance(key, RSAPublicKey):
        raise refusal("key", "this form of signature goes with RSA keys only")
    if "digest" in claims.covered:
        check_digest(request.covered_header("digest"), request.body)
    verifier = _httpsig().Verifier(request, claims, key, values=_covered_values(request, claims))
    if not verifier.verify():
        raise refusal(
            "signature", f"it does not fit what it covers: {' '.join(claims.covered)}", header="signature"
        )


def _parameters(value: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            raise refusal("syntax", "the Signature header cannot be read", header="signature")
        name, quoted, number = match.groups()
        if name in parameters:
            raise refusal("written_twice", f"the parameter {name} stands more than once", header="signature")
        parameters[name] = number if quoted is None else quoted
        position = match.end()
    return parameters


def _parameter(parameters: dict[str, str], name: str) -> str:
    if not parameters.get(name):
        raise refusal("syntax", f"the parameter {name} is missing", header="signature")
    return parameters[name]


def _seconds(parameters: dict[str, str], name: str) -> int:
    if not _SECONDS.fullmatch(_parameter(parameters, name)):
        raise refusal("syntax", f"the parameter {name} is not a number of seconds", header="signature")
    return int(parameters[name])


def _moment(text: str) -> float:
    moment = httpdate.read(text)
    if moment is None:
        raise refusal("syntax", "the Date header is not an HTTP date in GMT", header="date")
    return moment


def _check_coverage(request: Request, covered: tuple[str, ...]) -> None:
    if len(set(covered)) != len(covered):
        raise refusal("written_twice", "the signature covers a header twice", header="signature")
    missing = [name for name in _required(request, covered) if name not in covered]
    if missing:
        raise refusal("coverage", f"the signature must cover {' '.join(missing)}", header="signature")
    if not all(map(_NAME.fullmatch, covered)):
        raise refusal("syntax", "the list of covered headers cannot be read", header="signature")


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
        raise refusal("syntax", "the signature is not base64", header="signature") from error
