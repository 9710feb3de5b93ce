"""The arithmetic of signatures, on `cryptography`. The rule kept here: the key's type is the algorithm; no header chooses it.

RSA is PKCS #1 v1.5 with SHA-256, the one that every ActivityPub server verifies, from 2048 bits up.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation._message import refusal

RSA_MIN_BITS = 2048
VerifyingKey = RSAPublicKey | Ed25519PublicKey
_PADDING = PKCS1v15()
_SHA256 = SHA256()


def sign_text(text: bytes, *, key: RSAPrivateKey) -> bytes:
    """The RSA signature of a text (245 µs for 2048 bits; the GIL is released)."""
    return key.sign(text, _PADDING, _SHA256)


def fits(signature: bytes, text: bytes, *, key: VerifyingKey) -> bool:
    """Whether the signature of the text was made with the private half of the key."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, text, _PADDING, _SHA256)
        else:
            key.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def check_strength(key: object) -> None:
    """Holds for RSA from 2048 bits up, and for Ed25519. Raises Unauthentic("key")."""
    if isinstance(key, RSAPublicKey):
        if key.key_size < RSA_MIN_BITS:
            raise refusal("key", f"the RSA key has {key.key_size} bits, {RSA_MIN_BITS} are needed")
    elif not isinstance(key, Ed25519PublicKey):
        raise refusal("key", "the key is neither RSA nor Ed25519")
