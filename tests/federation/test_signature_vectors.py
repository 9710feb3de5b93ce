"""Transport signatures against others: the published vectors, httpsig as it comes, and the general RFC 9421 library."""

import base64
import hashlib
import json
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from multidict import CIMultiDict

from federation import _cavage
from federation.errors import Unauthentic
from federation.keys import PublicKey, generate_ed25519, private_to_pem, public_to_pem
from federation.signature import Form, Request, parse_signature, verify
from tests.federation.signing import ACME, KEY_ID, NOW, OWNER, PRIVATE, PUBLIC, signed, unsigned
from tests.federation.vectors import VECTORS

# The general library, as a second opinion.


@dataclass
class Keys(HTTPSignatureKeyResolver):
    key: Any

    def resolve_public_key(self, key_id: str) -> Any:
        return self.key.public_key()

    def resolve_private_key(self, key_id: str) -> Any:
        return self.key


@dataclass
class Message:
    """A request as that library wants it."""

    method: str
    url: str
    headers: CIMultiDict[str]


class Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """The tests' time is not now."""


def as_message(request: Request) -> Message:
    return Message(request.method, request.origin + request.target, CIMultiDict(request.headers))


def from_library(
    algorithm: Any, key: Any, *, covered: tuple[str, ...] = ("@method", "@target-uri"), body: bytes = b"{}"
) -> Request:
    """A request that the general library signed."""
    message = Message("POST", f"{ACME}/inbox?a=%20b", CIMultiDict({"Host": "acme.example", "Date": "-"}))
    HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=Keys(key)).sign(
        message,
        key_id=KEY_ID,
        created=datetime.fromtimestamp(NOW, UTC),
        covered_component_ids=covered,
        body=body,
    )
    return Request("POST", ACME, "/inbox?a=%20b", message.headers, body)


def test_the_general_library_verifies_what_we_sign() -> None:
    request = signed(Form.RFC9421)
    verifier = Verifier(signature_algorithm=algorithms.RSA_V1_5_SHA256, key_resolver=Keys(PRIVATE))
    results = verifier.verify(as_message(request), max_age=None, body=request.body)
    assert [result.parameters["keyid"] for result in results] == [KEY_ID]


@pytest.mark.parametrize(
    "covered",
    [
        ("@method", "@target-uri"),
        ("@method", "@authority", "@path", "@query", "@scheme"),
        ("@method", "host", "@request-target", "date"),
    ],
)
def test_we_verify_what_the_general_library_signs(covered: tuple[str, ...]) -> None:
    request = from_library(algorithms.RSA_V1_5_SHA256, PRIVATE, covered=covered)
    assert verify(request, key=PUBLIC, now=NOW).owner == OWNER


def test_we_verify_ed25519_under_rfc_9421() -> None:
    private = generate_ed25519()
    request = from_library(algorithms.ED25519, private)
    key = PublicKey(KEY_ID, OWNER, private.public_key(), "ed25519")
    assert verify(request, key=key, now=NOW).owner == OWNER
    with pytest.raises(Unauthentic, match="signature"):
        verify(replace(request, target="/inbox"), key=key, now=NOW)


def test_a_tampered_body_under_the_general_librarys_signature_is_refused() -> None:
    request = from_library(algorithms.RSA_V1_5_SHA256, PRIVATE)
    with pytest.raises(Unauthentic, match="digest"):
        verify(replace(request, body=b"{ }"), key=PUBLIC, now=NOW)


def test_a_digest_by_sha_512_will_do() -> None:
    digest = base64.b64encode(hashlib.sha512(b"{}").digest()).decode()
    headers = CIMultiDict({"Host": "acme.example", "Content-Digest": f"sha-512=:{digest}:"})
    message = Message("POST", f"{ACME}/inbox", headers)
    HTTPMessageSigner(signature_algorithm=algorithms.RSA_V1_5_SHA256, key_resolver=Keys(PRIVATE)).sign(
        message,
        key_id=KEY_ID,
        created=datetime.fromtimestamp(NOW, UTC),
        covered_component_ids=("@method", "@target-uri", "content-digest"),
        use_existing_digest=True,
    )
    request = Request("POST", ACME, "/inbox", message.headers, b"{}")
    assert verify(request, key=PUBLIC, now=NOW).owner == OWNER


# httpsig, as it comes.


def test_httpsig_verifies_what_we_sign() -> None:
    request = signed(Form.CAVAGE)
    verifier = _cavage._httpsig().HeaderVerifier(
        dict(request.headers),
        public_to_pem(PRIVATE.public_key()),
        required_headers=["(request-target)", "host", "date", "digest"],
        method="POST",
        path=request.target,
        sign_header="Signature",
    )
    assert verifier.verify()


def test_we_verify_what_httpsig_signs() -> None:
    request = signed(Form.CAVAGE)
    names = ["(request-target)", "host", "date", "digest"]
    signer = _cavage._httpsig().HeaderSigner(
        KEY_ID, private_to_pem(PRIVATE), "rsa-sha256", names, "signature"
    )
    headers = signer.sign(dict(request.headers), method="POST", path=request.target)
    assert verify(replace(request, headers=CIMultiDict(headers)), key=PUBLIC, now=NOW).owner == OWNER


def test_importing_httpsig_leaves_no_stand_in_behind() -> None:
    assert getattr(sys.modules.get("pkg_resources"), "__file__", "never loaded") is not None


# (created) and (expires), which httpsig does not know.


def hs2019(*, created: int, expires: int, algorithm: str = "hs2019") -> Request:
    """A cavage signature that is dated by its parameters instead of the Date header."""
    names = ["(request-target)", "host", "(created)", "(expires)", "digest"]
    request = signed(Form.CAVAGE, unsigned(headers={"X": "y"}))
    values = {**request.headers, "(created)": str(created), "(expires)": str(expires)}
    signer = _cavage._httpsig().HeaderSigner(
        KEY_ID, private_to_pem(PRIVATE), "rsa-sha256", names, "signature"
    )
    value = signer.sign(values, method="POST", path=request.target)["signature"]
    value = value.replace("rsa-sha256", algorithm) + f",created={created}, expires={expires}"
    return replace(request, headers=CIMultiDict({**request.headers, "Signature": value}))


def test_a_signature_may_be_dated_by_created() -> None:
    request = hs2019(created=int(NOW) - 60, expires=int(NOW) + 60)
    assert verify(request, key=PUBLIC, now=NOW).created_ms == int(NOW - 60) * 1000


@pytest.mark.parametrize(
    ("request_", "rule"),
    [
        (hs2019(created=int(NOW) - 60, expires=int(NOW) - 1), "expired"),
        (hs2019(created=int(NOW) - 3700, expires=int(NOW) + 1), "clock"),
        (hs2019(created=int(NOW), expires=int(NOW), algorithm="rsa-sha256"), "algorithm"),
    ],
)
def test_created_and_expires_are_held_to(request_: Request, rule: str) -> None:
    with pytest.raises(Unauthentic, match=rule):
        verify(request_, key=PUBLIC, now=NOW)


# The published vectors, when they lie beside the checkout.


def published(vector_id: str) -> tuple[Request, Any]:
    """A published request (as if it had no body, since these do not cover one) and its public key."""
    path = VECTORS / "signatures.json"
    if not path.exists():
        pytest.skip("the published vectors are not beside this checkout")
    everything = json.loads(path.read_text())
    vector = next(vector for vector in everything["vectors"] if vector["id"] == vector_id)
    head, _, _ = vector["message"].partition("\n\n")
    first, *lines = head.splitlines()
    method, target, _ = first.split(" ")
    headers = CIMultiDict(line.split(": ", 1) for line in lines)
    key = load_pem_public_key(everything["keys"][vector["key"]]["public_key"].encode())
    return Request(method, f"https://{headers['host']}", target.partition("?")[0], headers), key


def check_published(vector_id: str) -> None:
    request, key = published(vector_id)
    owner = PublicKey("test-key-ed25519", "test-key-ed25519", key, "ed25519")
    verify(request, key=owner, now=1618884473)


@pytest.mark.parametrize("vector_id", ["rfc9421-sig-b26", "rfc9421-transform-3"])
def test_the_arithmetic_of_published_ed25519_vectors_holds(vector_id: str) -> None:
    """Their key ids are no IRIs, so nobody owns them: all holds but that."""
    request, key = published(vector_id)
    iri = "https://example.com/actor#main-key"
    claims = replace(parse_signature(request), key_id=iri)
    owner = PublicKey(iri, "https://example.com/actor", key, "ed25519")
    assert verify(request, key=owner, now=1618884473, claims=claims).form is Form.RFC9421


@pytest.mark.parametrize("vector_id", ["rfc9421-transform-5", "rfc9421-transform-6", "rfc9421-sig-b22"])
def test_published_vectors_that_must_fail_or_cover_too_little_are_refused(vector_id: str) -> None:
    with pytest.raises(Unauthentic):
        check_published(vector_id)


def test_the_arithmetic_of_the_published_cavage_vector_holds() -> None:
    """Its key has 1024 bits, so it is held against the form alone; the query is signed."""
    request, key = published("cavage-C.2")
    request = replace(request, target="/foo?param=value&pet=dog")
    claims = _cavage.parse(request, request.headers["signature"])
    _cavage.check(request, claims, key=key)
    with pytest.raises(Unauthentic, match="signature"):
        _cavage.check(replace(request, method="PUT"), claims, key=key)
