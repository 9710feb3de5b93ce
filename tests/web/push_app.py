"""An app that is pushed to: its keys, what it sends to subscribe, and how it reads a message, written after the RFCs and apart from our own code."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class PushApp:
    """An app with a key pair and a secret."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def asking(
        self, endpoint: str, *alerts: str, standard: bool = True, policy: str = "all"
    ) -> dict[str, Any]:
        """The body with which the app subscribes."""
        return {
            "subscription": {
                "endpoint": endpoint,
                "keys": {"p256dh": b64(self.public), "auth": b64(self.secret)},
                "standard": standard,
            },
            "data": {"alerts": dict.fromkeys(alerts, True), "policy": policy},
        }

    def read(self, body: bytes, headers: Mapping[str, str]) -> Any:
        """What a message says."""
        standard = headers["Content-Encoding"] == "aes128gcm"
        return json.loads(self._standard(body) if standard else self._draft(body, headers))

    def _standard(self, body: bytes) -> bytes:
        salt, size = body[:16], body[20]
        theirs, sealed = body[21 : 21 + size], body[21 + size :]
        secret = self._shared(theirs, b"WebPush: info\0" + self.public + theirs)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        text = AESGCM(key).decrypt(hkdf(salt, secret, b"Content-Encoding: nonce\0", 12), sealed, None)
        return text.rstrip(b"\0").removesuffix(b"\x02")

    def _draft(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        salt = unb64(headers["Encryption"].removeprefix("salt="))
        theirs = unb64(parameters(headers["Crypto-Key"])["dh"])
        secret = self._shared(theirs, b"Content-Encoding: auth\0")
        context = b"P-256\0" + b"\0\x41" + self.public + b"\0\x41" + theirs
        key = hkdf(salt, secret, b"Content-Encoding: aesgcm\0" + context, 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\0" + context, 12)
        text = AESGCM(key).decrypt(nonce, body, None)
        return text[2 + int.from_bytes(text[:2], "big") :]

    def _shared(self, theirs: bytes, info: bytes) -> bytes:
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
        return hkdf(self.secret, self.key.exchange(ec.ECDH(), point), info, 32)


def hkdf(salt: bytes, secret: bytes, info: bytes, size: int) -> bytes:
    return HKDF(SHA256(), size, salt, info).derive(secret)


def parameters(header: str) -> dict[str, str]:
    """Header parameters, separated by semicolons or commas."""
    parts = (part.strip().partition("=") for part in header.replace(",", ";").split(";"))
    return {name: value for name, _, value in parts}


def claims_of(headers: Mapping[str, str], server_key: str) -> Any:
    """What the server says of itself, as a push service checks it: signed with the key that the app knows."""
    scheme, _, rest = headers["Authorization"].partition(" ")
    if scheme == "vapid":
        token, told = parameters(rest)["t"], parameters(rest)["k"]
    else:
        token, told = rest, parameters(headers["Crypto-Key"])["p256ecdsa"]
    assert unb64(told) == unb64(server_key.rstrip("="))
    signed, _, signature = token.rpartition(".")
    numbers = unb64(signature)
    der = encode_dss_signature(int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big"))
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(told))
    point.verify(der, signed.encode(), ec.ECDSA(SHA256()))
    head, body = (json.loads(unb64(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return body
