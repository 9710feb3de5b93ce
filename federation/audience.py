"""Audience: to, cc, bto, bcc and audience as one value. The rule kept here: the blind fields never go out."""

from dataclasses import dataclass
from typing import Any

from federation.document import Document, ids_of
from federation.vocabulary import PUBLIC, PUBLIC_SPELLINGS

_FIELDS = ("to", "cc", "bto", "bcc", "audience")
_BLIND = ("bto", "bcc")


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a document addresses: `to` first, everything else in `cc`; PUBLIC in its one spelling."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Document) -> "Audience":
        """Read the audience of a document, in whatever shape it is written."""
        to, *others = (tuple(map(_one_spelling, ids_of(document.get(name)))) for name in _FIELDS)
        return cls(to, tuple(dict.fromkeys(iri for field in others for iri in field if iri not in to)))

    @property
    def all(self) -> frozenset[str]:
        """Everybody addressed."""
        return frozenset(self.to + self.cc)

    @property
    def is_public(self) -> bool:
        """Whether it is for everybody."""
        return PUBLIC in self.all

    def render(self) -> dict[str, list[str]]:
        """The fields `to` and `cc` of a document of ours."""
        return {"to": list(self.to), "cc": list(self.cc)}


def _one_spelling(iri: str) -> str:
    return PUBLIC if iri in PUBLIC_SPELLINGS else iri


def without_blind(document: Document) -> Document:
    """The document without bto and bcc, however deep they stand (ActivityPub 6)."""
    return {name: _without_blind(value) for name, value in document.items() if name not in _BLIND}


def _without_blind(value: Any) -> Any:
    if isinstance(value, dict):
        return without_blind(value)
    return [_without_blind(item) for item in value] if isinstance(value, list) else value
