"""Integrity proofs of documents (FEP-8b32, cryptosuite eddsa-jcs-2022).

The rule kept here: a proof is checked as it was written. What is hashed is the document without any proof, and the proof without its
value, both canonical. Several proofs on one document form a set: each covers the document alone, so they can be added in any order.
Each costs a pass over the document, so a set has a limit. A Linked Data Signature (`signature`) is made after them and left out too
(FEP-8b32). Not so in an entry of a log: of that nothing may be added or changed, else its hash would not be its author's alone.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.activity import moment_ms
from federation.document import Document, one_or_many
from federation.errors import Malformed, Unauthentic
from federation.jcs import canonical
from federation.keys import base58_decode, base58_encode

SUITE = "eddsa-jcs-2022"
MOST_PROOFS = 64
AHEAD_LIMIT_MS = (
    24 * 3_600_000
)  # entries are re-served long after: only a date that no wrong clock explains is refused
FindKey = Callable[[str], Ed25519PublicKey | None]


def add_proof(document: Document, *, key: Ed25519PrivateKey, key_id: str, created: str) -> Document:
    """A copy of the document with one more proof by `key`. `created` is an xsd:dateTime with Z."""
    proof: Document = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": created,
        "verificationMethod": key_id,
        "proofPurpose": "assertionMethod",
    }
    if "@context" in document:
        proof["@context"] = document["@context"]
    proof["proofValue"] = "z" + base58_encode(key.sign(_to_sign(document, proof)))
    earlier = proofs_of(document)
    return {**document, "proof": [*earlier, proof] if earlier else proof}


def proofs_of(document: Document) -> list[Document]:
    """The proofs on a document, those of other suites included."""
    return [proof for proof in one_or_many(document.get("proof")) if isinstance(proof, dict)]


def check_proof(document: Document, *, find_key: FindKey, now_ms: int | None = None) -> list[str]:
    """The verification methods whose proofs hold; at least one. All of our suite must hold, proofs of other suites are passed over.

    With `now_ms`, a proof made more than a day later than that is refused.
    An entry of a log carries one alone, else whoever serves it could give it another hash by adding one.
    Raises Unauthentic: no_proof, several_proofs, too_many_proofs, proof_method, unknown_key, proof_from_the_future and what `check_one` raises.
    """
    proofs = [proof for proof in proofs_of(document) if proof.get("cryptosuite") == SUITE]
    if not proofs:
        raise Unauthentic("no_proof", safe=f"The document carries no {SUITE} proof.")
    if "log" in document and not isinstance(document["proof"], dict):
        raise Unauthentic("several_proofs", safe="An entry of a log carries its author's proof and no other.")
    if len(proofs) > MOST_PROOFS:
        raise Unauthentic("too_many_proofs", safe=f"A document may carry {MOST_PROOFS} proofs.")
    return [_checked(document, proof, find_key, now_ms=now_ms) for proof in proofs]


def _checked(document: Document, proof: Document, find_key: FindKey, *, now_ms: int | None) -> str:
    if now_ms is not None and (moment_ms(proof.get("created")) or 0) > now_ms + AHEAD_LIMIT_MS:
        raise Unauthentic("proof_from_the_future", safe="The proof is dated more than a day ahead.")
    method = method_of(proof)
    key = find_key(method)
    if key is None:
        raise Unauthentic("unknown_key", method, safe="The key of the proof is not known.")
    check_one(document, proof, key)
    return method


def method_of(proof: Document) -> str:
    """The id of the key that a proof names. Raises Unauthentic("proof_method")."""
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not method:
        raise Unauthentic("proof_method", safe="The proof names no verification method.")
    return method


def check_one(document: Document, proof: Document, key: Ed25519PublicKey) -> None:
    """Raise Unauthentic unless `proof` is `key`'s proof of `document`: proof_suite, proof_purpose, proof_created, proof_context, bad_proof."""
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != SUITE:
        raise Unauthentic("proof_suite", safe=f"The proof is not a DataIntegrityProof of {SUITE}.")
    if proof.get("proofPurpose") != "assertionMethod":
        raise Unauthentic("proof_purpose", safe="The proof's purpose must be assertionMethod.")
    if "created" in proof and moment_ms(proof["created"]) is None:
        raise Unauthentic("proof_created", safe="The date of the proof cannot be read.")
    if not _context_fits(document, proof):
        raise Unauthentic("proof_context", safe="The document's @context does not begin with the proof's.")
    try:
        value = str(proof.get("proofValue", ""))
        key.verify(base58_decode(value[1:]) if value.startswith("z") else b"", _to_sign(document, proof))
    except (InvalidSignature, Malformed) as error:
        raise Unauthentic("bad_proof", safe="The proof does not fit the document.") from error


def _context_fits(document: Document, proof: Document) -> bool:
    """Data Integrity EdDSA 3.3.2: the document's @context starts with the proof's, in order; in an entry of a log it is the very same."""
    if "@context" not in proof:
        return True
    if "log" in document:
        return bool(document.get("@context") == proof["@context"])
    wanted: list[Any] = one_or_many(proof["@context"])
    return one_or_many(document.get("@context"))[: len(wanted)] == wanted


def _to_sign(document: Document, proof: Document) -> bytes:
    bare_proof = {name: value for name, value in proof.items() if name != "proofValue"}
    beside = {"proof"} if "log" in document else {"proof", "signature"}
    bare_document = {name: value for name, value in document.items() if name not in beside}
    if "@context" in proof:
        bare_document["@context"] = proof["@context"]
    return sha256(canonical(bare_proof)).digest() + sha256(canonical(bare_document)).digest()
