"""Keys: RSA for transport, Ed25519 for proofs; in PEM, as publicKey and as Multikey (FEP-521a).

The rule kept here: a key counts only for the actor that its own document names as its owner, and only under an id of that actor's host
(else a stranger's document could take the place of somebody else's key). What a key costs to read and to use is bounded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from federation.activity import moment_ms
from federation.document import Document, id_of, one_or_many
from federation.errors import Malformed
from federation.origin import same_origin

Kind = Literal["rsa", "ed25519"]
RSA_BITS = 2048
KEYS_MOST = 64  # of an actor: nobody has more, and each costs to read
_RSA_MOST_BITS = 8192
_RSA_EXPONENT_BITS = 32  # one as long as the modulus makes a check 140 times as dear
_PEM_LIMIT_CHARS = 8192
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {character: value for value, character in enumerate(_BASE58)}
_BASE58_LIMIT_CHARS = 4096
_ED25519_CODE = b"\xed\x01"
_RSA_CODE = b"\x85\x24"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its id, the actor that owns it, the key object, its kind, and when it ceases to sign (None: it does not)."""

    id: str
    owner: str
    key: RSAPublicKey | Ed25519PublicKey
    kind: Kind
    ends_at_ms: int | None = None

    def is_over(self, at_ms: int) -> bool:
        """Whether nothing that is signed at that moment counts."""
        return self.ends_at_ms is not None and self.ends_at_ms <= at_ms


def generate_rsa() -> RSAPrivateKey:
    """A new RSA key of 2048 bits (50–100 ms of CPU)."""
    return generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def generate_ed25519() -> Ed25519PrivateKey:
    """A new Ed25519 key."""
    return Ed25519PrivateKey.generate()


def private_to_pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """PKCS#8 PEM, unencrypted: the database's file rights protect it."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_to_pem(key: RSAPublicKey | Ed25519PublicKey) -> str:
    """SubjectPublicKeyInfo PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def private_from_pem(pem: str, *, own: bool = False) -> RSAPrivateKey | Ed25519PrivateKey:
    """The private key in `pem`. `own`: it comes from our own database, so the slow consistency check of RSA is left out.

    Raises Malformed("bad_key").
    """
    try:
        key = serialization.load_pem_private_key(
            pem.encode(), password=None, unsafe_skip_rsa_key_validation=own
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):  # their texts may hold parts of the key
        raise Malformed("bad_key", "not a private key in PEM") from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise Malformed("bad_key", "neither RSA nor Ed25519")
    return key


@lru_cache(maxsize=1024)
def public_from_pem(pem: str) -> RSAPublicKey | Ed25519PublicKey:
    """The public key in `pem` (RSA of 2048 to 8192 bits, or Ed25519). Raises Malformed("bad_key")."""
    if len(pem) > _PEM_LIMIT_CHARS:
        raise Malformed("bad_key", "the PEM is too long")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed("bad_key", str(error)) from error
    return _strong(key)


def _strong(key: Any) -> RSAPublicKey | Ed25519PublicKey:
    if isinstance(key, RSAPublicKey) and not _is_sound(key):
        raise Malformed("bad_key", f"RSA of {key.key_size} bits", safe=f"An RSA key needs {RSA_BITS} bits.")
    if not isinstance(key, RSAPublicKey | Ed25519PublicKey):
        raise Malformed("bad_key", "neither RSA nor Ed25519")
    return key


def _is_sound(key: RSAPublicKey) -> bool:
    in_size = RSA_BITS <= key.key_size <= _RSA_MOST_BITS
    return in_size and key.public_numbers().e.bit_length() <= _RSA_EXPONENT_BITS


def base58_encode(data: bytes) -> str:
    """Base58 with the Bitcoin alphabet."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def base58_decode(text: str) -> bytes:
    """The bytes of a Base58 text. Raises Malformed("bad_base58")."""
    if len(text) > _BASE58_LIMIT_CHARS:
        raise Malformed("bad_base58", "too long")
    number = 0
    try:
        for value in map(_BASE58_VALUE.__getitem__, text):
            number = number * 58 + value
    except KeyError as error:
        raise Malformed("bad_base58", repr(error.args[0])) from error
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def to_multikey(key: Ed25519PublicKey) -> str:
    """`publicKeyMultibase` of an Ed25519 key: z, then Base58 of the multicodec prefix and the 32 bytes."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return "z" + base58_encode(_ED25519_CODE + raw)


@lru_cache(maxsize=1024)
def from_multikey(text: str) -> RSAPublicKey | Ed25519PublicKey:
    """The key in a `publicKeyMultibase` (Ed25519 or RSA). Raises Malformed("bad_key")."""
    if not text.startswith("z"):
        raise Malformed("bad_key", "not base58btc")
    data = base58_decode(text[1:])
    try:
        if data.startswith(_ED25519_CODE):
            return Ed25519PublicKey.from_public_bytes(data[2:])
        if data.startswith(_RSA_CODE):
            return _strong(serialization.load_der_public_key(_spki_of_pkcs1(data[2:])))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed("bad_key", str(error)) from error
    raise Malformed("bad_key", "an unknown kind of Multikey")


def _spki_of_pkcs1(pkcs1: bytes) -> bytes:
    """Wrap a PKCS#1 RSAPublicKey, as Multikey carries it, into SubjectPublicKeyInfo (RFC 3279 2.3.1)."""
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    bits = b"\x03" + _der_length(len(pkcs1) + 1) + b"\0" + pkcs1
    return b"\x30" + _der_length(len(algorithm) + len(bits)) + algorithm + bits


def _der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    data = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(data)]) + data


def rsa_key_id(actor_iri: str) -> str:
    """Id of an actor's first RSA key."""
    return f"{actor_iri}#main-key"


def ed25519_key_id(actor_iri: str) -> str:
    """Id of an actor's first Ed25519 key."""
    return f"{actor_iri}#ed25519-key"


def named(actor_iri: str, key: RSAPublicKey | Ed25519PublicKey, *, number: int = 1) -> PublicKey:
    """A key of an actor under the id that its first, second … key of that kind has."""
    kind: Kind = "rsa" if isinstance(key, RSAPublicKey) else "ed25519"
    first = rsa_key_id(actor_iri) if kind == "rsa" else ed25519_key_id(actor_iri)
    return PublicKey(first if number == 1 else f"{first}-{number}", actor_iri, key, kind)


def render_keys(known: Iterable[PublicKey]) -> Document:
    """The key properties of an actor document: `publicKey` for transport, `assertionMethod` for proofs, the one in use first.

    One that ceases says when in `expires` (Controlled Identifiers 1.0, 2.2.2).
    """
    ordered = sorted(known, key=lambda key: key.ends_at_ms is not None)
    pems = [_rendered_pem(key) for key in ordered if isinstance(key.key, RSAPublicKey)]
    multikeys = [_rendered_multikey(key) for key in ordered if isinstance(key.key, Ed25519PublicKey)]
    rendered: Document = {"publicKey": pems[0] if len(pems) == 1 else pems} if pems else {}
    return rendered | ({"assertionMethod": multikeys} if multikeys else {})


def _rendered_pem(key: PublicKey) -> Document:
    return {"id": key.id, "owner": key.owner, "publicKeyPem": public_to_pem(key.key), **_end(key)}


def _rendered_multikey(key: PublicKey) -> Document:
    assert isinstance(key.key, Ed25519PublicKey)
    value = to_multikey(key.key)
    return {
        "id": key.id,
        "type": "Multikey",
        "controller": key.owner,
        "publicKeyMultibase": value,
        **_end(key),
    }


def _end(key: PublicKey) -> Document:
    if key.ends_at_ms is None:
        return {}
    return {"expires": f"{datetime.fromtimestamp(key.ends_at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"}


def public_keys_of(actor: Document) -> list[PublicKey]:
    """Every key of an actor document that its actor owns and that we can use, of the first KEYS_MOST; the others are passed over."""
    owner = id_of(actor)
    if owner is None:
        return []
    listed = [(item, _pem_key) for item in one_or_many(actor.get("publicKey"))] + [
        (item, _multikey)
        for name in ("assertionMethod", "authentication")
        for item in one_or_many(actor.get(name))
    ]
    found = (_owned(owner, item, read) for item, read in listed[:KEYS_MOST] if isinstance(item, dict))
    return list({key.id: key for key in found if key is not None}.values())


def own_keys(actor: Document, *, asked: str = "") -> list[PublicKey]:
    """The keys of an actor document whose ids lie below the actor's own (GoToSocial has `/main-key`, Hubzilla the actor's id itself).

    Else somebody could claim the id of a neighbour's key. Another counts when it is `asked` for, and its address has led to this actor.
    """
    iri = id_of(actor) or ""
    below = tuple(f"{iri}{mark}" for mark in "#/?")
    return [key for key in public_keys_of(actor) if key.id in {iri, asked} or key.id.startswith(below)]


def _owned(owner: str, item: Document, read: Any) -> PublicKey | None:
    key_id = id_of(item)
    if key_id is None or not same_origin(key_id, owner):
        return None
    if id_of(item.get("owner", item.get("controller"))) != owner:
        return None
    try:
        key = read(item)
    except Malformed:
        return None
    ends = [moment for name in ("expires", "revoked") if (moment := moment_ms(item.get(name))) is not None]
    kind: Kind = "rsa" if isinstance(key, RSAPublicKey) else "ed25519"
    return PublicKey(key_id, owner, key, kind, min(ends, default=None))


def _pem_key(item: Document) -> RSAPublicKey | Ed25519PublicKey:
    return public_from_pem(str(item.get("publicKeyPem", "")))


def _multikey(item: Document) -> RSAPublicKey | Ed25519PublicKey:
    return from_multikey(str(item.get("publicKeyMultibase", "")))
