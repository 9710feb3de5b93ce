"""httpsig on key objects that we hold. The rule kept here: it builds the text that is signed, cryptography does the arithmetic.

Loaded late, by _cavage alone: httpsig brings a cryptography library of its own that we never use.
"""

import importlib.metadata
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from federation._arithmetic import fits, sign_text
from federation._message import Claims, Request


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


class Signer(HeaderSigner):  # type: ignore[misc]
    """The signer of httpsig on a key object; its own constructor would parse a PEM for every letter."""

    def __init__(self, key: RSAPrivateKey, key_id: str, names: list[str]) -> None:
        self._rsa = key
        self.headers = names
        self.sign_header = "signature"
        escaped = key_id.replace("%", "%%")  # the template is filled in with the % operator
        self.signature_template = build_signature_template(escaped, "rsa-sha256", names, "signature")

    def _sign_rsa(self, data: bytes) -> bytes:
        return sign_text(data, key=self._rsa)


class Verifier(HeaderVerifier):  # type: ignore[misc]
    """The verifier of httpsig on a key object, and on what our own parse found instead of its own."""

    def __init__(
        self, request: Request, claims: Claims, key: RSAPublicKey, *, values: dict[str, str]
    ) -> None:
        self.headers = values
        self.auth_dict = {"headers": " ".join(claims.covered), "signature": claims.signature}
        self.required_headers = ["(request-target)"]  # what must be covered was checked by the strict parse
        self.method = request.method
        self.path = request.target
        self.host = None
        self._key = key

    def _verify(self, data: bytes, signature: bytes) -> bool:
        return fits(signature, data, key=self._key)
