"""A company under another name: what is said under the one read as said under the other. The rule kept here: pure; only names of things change, never words.

A node's things have the same paths under each of its names, so a name stands for a thing whichever it is written with:
`https://acme.example/people/alice` is `https://acme-group.example/people/alice`. What carries a proof is read under the new name, and kept as it came.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from federation.document import Document, first_type
from federation.origin import host_of
from instance import names

# What a node names: below these paths, and at them. All else on the host is somebody's words (a company has a web site).
BELOW = ("people", "projects", "posts", "activities", "charters", "notes", "media", "nodeinfo")
AT = ("actor", "inbox", "log")


class Renaming(NamedTuple):
    """From one name to another, both as base URLs without a slash at the end. `until_ms`: when letters under the old one end to be taken."""

    old: str
    new: str
    since_ms: int = 0
    until_ms: int = 0

    @property
    def old_host(self) -> str:
        """The host given up."""
        return host_of(self.old)

    @property
    def new_host(self) -> str:
        """The host that counts."""
        return host_of(self.new)

    @property
    def back(self) -> "Renaming":
        """The other way round."""
        return self._replace(old=self.new, new=self.old)


Renamings = tuple[Renaming, ...]


def iri(renamings: Iterable[Renaming], text: str) -> str:
    """An IRI, or any text, with the names of things as they are now."""
    for each in renamings:
        if each.old in text:
            text = _things(each.old).sub(lambda _, new=each.new: new, text)  # type: ignore[misc]
    return text


def host(renamings: Iterable[Renaming], name: str) -> str:
    """A host as it is called now."""
    return next((each.new_host for each in renamings if each.old_host == name), name)


def name(renamings: Iterable[Renaming], found: str) -> str:
    """A canonical name (instance/names.py) under the host that counts."""
    for each in renamings:
        old, new = names.host_name(each.old_host), names.host_name(each.new_host)
        if found == old or found.startswith(f"{old}/"):
            return new + found[len(old) :]
        if found.startswith("@") and found.endswith(f"@{old}"):
            return found[: -len(old)] + new
    return found


def document(renamings: Renamings, found: Document) -> Document:
    """An activity or object as it reads now; the very same where nothing has another name. Charters and proofs are left as they are."""
    return _document(renamings, found) if renamings else found


def _document(renamings: Renamings, value: Any) -> Any:
    if isinstance(value, str):
        return iri(renamings, value)
    if isinstance(value, list):
        return [_document(renamings, item) for item in value]
    if not isinstance(value, dict) or _is_proven(value):
        return value
    read = {key: _document(renamings, item) for key, item in value.items()}
    if isinstance(read.get("log"), dict) and isinstance(read["log"].get("party"), str):
        read["log"] = {**read["log"], "party": host(renamings, read["log"]["party"])}
    return read


def _is_proven(value: Document) -> bool:
    """What its signers compare to the last byte: a proof, and a charter in full."""
    kind = first_type(value)
    return kind == "DataIntegrityProof" or (kind == "Charter" and "parties" in value)


@lru_cache(maxsize=64)
def _things(base: str) -> re.Pattern[str]:
    """The base where the name of a thing follows it."""
    below, at = "|".join(BELOW), "|".join(AT)
    return re.compile(rf"{re.escape(base)}(?=/(?:{below})/|/(?:{at})(?![\w-]))")
