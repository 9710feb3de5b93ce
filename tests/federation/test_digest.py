"""Digests of a body: what fits, and what is refused although something in it fits."""

import base64
import hashlib

import pytest

from federation._digest import check_content_digest, check_digest, render_content_digest, render_digest
from federation.errors import Unauthentic

BODY = b'{"hello": "world"}'
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
WRONG = base64.b64encode(bytes(32)).decode()


def test_what_we_render_fits() -> None:
    check_digest(render_digest(BODY), BODY)
    check_content_digest(render_content_digest(BODY), BODY)


@pytest.mark.parametrize(
    "value", [f"SHA-256={SHA256}", f"sha-256={SHA256}, SHA-512={SHA512}", f"md5=AAAA,SHA-512={SHA512}"]
)
def test_a_digest_that_fits_is_accepted(value: str) -> None:
    check_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        SHA256,
        "md5=AAAA",
        f"SHA-256={WRONG}",
        f"SHA-256={SHA256}, SHA-512={WRONG}",
        f"SHA-256={SHA256}, SHA-256={WRONG}",
        f"SHA-256={SHA256[:-1]}",
        f"SHA-256={SHA256}; q=1",
    ],
)
def test_a_digest_that_does_not_fit_is_refused(value: str) -> None:
    with pytest.raises(Unauthentic, match="digest"):
        check_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [f"sha-256=:{SHA256}:", f"sha-256=:{SHA256}:, sha-512=:{SHA512}:", f"md5=:AAAA:, sha-512=:{SHA512}:"],
)
def test_a_content_digest_that_fits_is_accepted(value: str) -> None:
    check_content_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"sha-256={SHA256}",
        "md5=:AAAA:",
        f"sha-256=:{WRONG}:",
        f"sha-256=:{SHA256}:, sha-512=:{WRONG}:",
        f"sha-256=:{SHA256}:, sha-256=:{WRONG}:",
        f"sha-256=:{SHA256}:;",
        "sha-256=1",
    ],
)
def test_a_content_digest_that_does_not_fit_is_refused(value: str) -> None:
    with pytest.raises(Unauthentic, match="digest"):
        check_content_digest(value, BODY)
