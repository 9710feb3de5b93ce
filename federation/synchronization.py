"""Followers collection synchronization (FEP-8fcf): the header of a delivery that says which followers its sender counts at the receiver.

The rule kept here: pure; a header that is not about its sender's own collection, on its sender's own origin, says nothing.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NamedTuple

from federation.errors import Malformed
from federation.origin import same_origin

HEADER: Final = "Collection-Synchronization"
LIMIT_CHARS: Final = 8192
_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)="([^"\\]*)"[ \t]*(?:,|$)')
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Said(NamedTuple):
    """What the header says: the collection, where the part of it is that concerns the receiver, and that part's digest (64 hex digits)."""

    collection: str
    url: str
    digest: str


def followers_digest(iris: Iterable[str]) -> str:
    """FEP-8fcf: the XOR of the SHA-256 of each follower's id, in hex. An id given twice counts once, else it would cancel itself."""
    total = 0
    for iri in set(iris):
        total ^= int.from_bytes(sha256(iri.encode()).digest(), "big")
    return f"{total:064x}"


def render(said: Said) -> str:
    """The value of the header."""
    return f'collectionId="{said.collection}", url="{said.url}", digest="{said.digest}"'


def read(value: str, *, sender: str) -> Said:
    """What a header says that came with a delivery of `sender` (an actor's IRI). Raises Malformed("synchronization")."""
    found: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None or match[1] in found or len(value) > LIMIT_CHARS:
            raise _unread("It cannot be read.")
        found[match[1]], position = match[2], match.end()
    said = Said(found.get("collectionId", ""), found.get("url", ""), found.get("digest", "").lower())
    if not _DIGEST.fullmatch(said.digest):
        raise _unread("Its digest is not 64 hex digits.")
    if not all(iri and same_origin(iri, sender) for iri in (said.collection, said.url)):
        raise _unread("It is about another server than its sender's.")
    return said


def _unread(why: str) -> Malformed:
    return Malformed("synchronization", safe=f"{HEADER}: {why}")
