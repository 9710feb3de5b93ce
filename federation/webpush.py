"""Web Push: what a push service is shown (RFC 8292), and a message that only the app can read (RFC 8291, and the draft before it).

The rule kept here: pure functions of bytes and keys; every message has a key pair and a salt of its own, so nothing can be linked or replayed.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from federation.errors import Malformed

SUBJECT_LIFE_S: Final = 12 * 3600  # of the word that we give a push service; 24 h is the most
RECORD_BYTES: Final = 4096
AUTH_BYTES: Final = 16
_POINT_BYTES: Final = 65
_SALT_BYTES: Final = 16
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


@dataclass(frozen=True, slots=True)
class Reader:
    """Who can read a message: the public key of the app (65 bytes, a point of P-256), its secret (16 bytes), and which form it reads.

    `standard`: RFC 8291 (aes128gcm); otherwise the draft that older apps were made for (aesgcm).
    """

    public: bytes
    secret: bytes
    standard: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the form in which it is posted to a push service."""

    body: bytes
    headers: dict[str, str]


def encode(data: bytes, *, padded: bool = False) -> str:
    """Base64 for addresses and headers."""
    text = urlsafe_b64encode(data).decode()
    return text if padded else text.rstrip("=")


def decode(text: str) -> bytes:
    """The bytes of a Base64 text of either alphabet, padded or not. Raises Malformed("bad_push_key")."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError as error:
        raise Malformed("bad_push_key", "not Base64") from error


def server_key(secret: bytes) -> EllipticCurvePrivateKey:
    """The key pair by which push services know a server, made of a secret of at least 32 bytes: the same secret, the same key."""
    number = int.from_bytes(_hkdf(b"", secret, b"cordee web push server key", 48), "big")
    return derive_private_key(number % (_ORDER - 1) + 1, SECP256R1())


def public_bytes(key: EllipticCurvePrivateKey) -> bytes:
    """The public half as a point, uncompressed: 65 bytes."""
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def check_reader(public: str, secret: str, *, standard: bool) -> Reader:
    """A reader of what an app told us. Raises Malformed("bad_push_key")."""
    point, auth = decode(public), decode(secret)
    if len(point) != _POINT_BYTES or len(auth) != AUTH_BYTES:
        raise Malformed("bad_push_key", "of the wrong length")
    _point(point)
    return Reader(point, auth, standard)


def message(
    text: bytes, reader: Reader, *, key: EllipticCurvePrivateKey, claims: dict[str, object]
) -> Message:
    """The text, readable for `reader` alone, with the word of the server whose `key` it is.

    `claims` are those of RFC 8292: `aud` the origin of the push service, `exp` in seconds since the epoch, `sub` whom to write to.
    """
    token, server = _signed(claims, key), encode(public_bytes(key))
    salt, pair = os.urandom(_SALT_BYTES), generate_private_key(SECP256R1())
    if reader.standard:
        body = _aes128gcm(text, reader, salt, pair)
        return Message(
            body, {"Content-Encoding": "aes128gcm", "Authorization": f"vapid t={token}, k={server}"}
        )
    return Message(
        _aesgcm(text, reader, salt, pair),
        {
            "Content-Encoding": "aesgcm",
            "Authorization": f"WebPush {token}",
            "Encryption": f"salt={encode(salt)}",
            "Crypto-Key": f"dh={encode(public_bytes(pair))};p256ecdsa={server}",
        },
    )


def _signed(claims: dict[str, object], key: EllipticCurvePrivateKey) -> str:
    """A JWT, ES256 (RFC 7515, 7518 3.4): the signature is the two numbers side by side, not DER."""
    head = encode(orjson.dumps({"typ": "JWT", "alg": "ES256"}))
    signed = f"{head}.{encode(orjson.dumps(claims))}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _aes128gcm(text: bytes, reader: Reader, salt: bytes, pair: EllipticCurvePrivateKey) -> bytes:
    """RFC 8291 3.4 and RFC 8188 2: one record, which says of itself whose key it needs."""
    ours = public_bytes(pair)
    info = b"WebPush: info\0" + reader.public + ours
    secret = _hkdf(reader.secret, pair.exchange(ECDH(), _point(reader.public)), info, 32)
    cek = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + bytes((len(ours),)) + ours
    return head + AESGCM(cek).encrypt(nonce, text + b"\x02", None)


def _aesgcm(text: bytes, reader: Reader, salt: bytes, pair: EllipticCurvePrivateKey) -> bytes:
    """draft-ietf-webpush-encryption-04: the same in other words, with two bytes in front that say there is no padding."""
    ours, size = public_bytes(pair), _POINT_BYTES.to_bytes(2, "big")
    secret = _hkdf(
        reader.secret, pair.exchange(ECDH(), _point(reader.public)), b"Content-Encoding: auth\0", 32
    )
    context = b"P-256\0" + size + reader.public + size + ours
    cek = _hkdf(salt, secret, b"Content-Encoding: aesgcm\0" + context, 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0" + context, 12)
    return AESGCM(cek).encrypt(nonce, b"\0\0" + text, None)


def _hkdf(salt: bytes, secret: bytes, info: bytes, size: int) -> bytes:
    return HKDF(SHA256(), size, salt, info).derive(secret)


def _point(data: bytes) -> EllipticCurvePublicKey:
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data)
    except ValueError as error:
        raise Malformed("bad_push_key", "not a point of P-256") from error
