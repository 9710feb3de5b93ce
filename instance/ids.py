"""Names of things: row ids that grow with time, and IRIs that are minted together with the space they belong to.

The rule kept here: no IRI of our own comes into being without a space and a label.
"""

import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

_SEQUENCE_BITS = 16
_sequence = 0
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Home:
    """Where this node lives: its base URL without a slash at the end ("https://acme.example"), and the company's name."""

    base: str
    company: str

    @property
    def host(self) -> str:
        """The host as the whole program writes it: lower case, with the port where it is not the scheme's own."""
        return urlsplit(self.base).netloc.lower()

    @property
    def node(self) -> str:
        """IRI of the node's Application actor."""
        return f"{self.base}/actor"

    @property
    def inbox(self) -> str:
        """IRI of the shared inbox."""
        return f"{self.base}/inbox"

    def iri(self, kind: str, name: str | int) -> str:
        """The IRI of a thing of ours: "posts" and 17 give https://…/posts/17."""
        return f"{self.base}/{kind}/{name}"


def snowflake(at_ms: int) -> int:
    """A row id of 63 bits: milliseconds in the upper 47, a counter below. Later things have larger ids."""
    global _sequence  # noqa: PLW0603  one counter per process is the point
    with _lock:
        _sequence = (_sequence + 1) % (1 << _SEQUENCE_BITS)
        return (at_ms << _SEQUENCE_BITS) | _sequence


def snowflake_ms(row_id: int) -> int:
    """The time in a row id, in milliseconds since the epoch."""
    return row_id >> _SEQUENCE_BITS
