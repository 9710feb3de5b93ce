"""One shape for what others write in many: short names for full ones, one value for a list of one (JSON-LD compaction, by known names alone).

The rule kept here: pure; no context is read or fetched, so a name means the same whoever sends it. What a proof or a hash covers is left as it
came: a proof, a place in a log, and a charter. Where a thing is said under its short name and a longer one, the short one counts.
"""

import re
from typing import Any

_AS = ("https://www.w3.org/ns/activitystreams#", "http://www.w3.org/ns/activitystreams#", "as:")
_OTHERS = (
    "http://joinmastodon.org/ns#",
    "toot:",
    "http://litepub.social/ns#",
    "litepub:",
    "https://misskey-hub.net/ns#",
    "misskey:",
    "https://gotosocial.org/ns#",
    "gts:",
    "https://w3id.org/fep/044f#",
    "https://joinpeertube.org/ns#",
    "pt:",
    "http://schema.org#",
    "schema:",
    "https://w3id.org/security#",
    "sec:",
    "https://w3id.org/cordee#",
    "cordee:",
)
_PREFIXES = (*_AS, *_OTHERS)
_KEYWORDS = {"@id": "id", "@type": "type"}
_WORD = re.compile(r"\w+")
_AS_IT_CAME = frozenset({"@context", "proof", "signature", "log"})
_LISTS = frozenset({"@list", "@set"})


def short(name: str) -> str:
    """The short form of a name of a vocabulary that we know; any other as it is ("as:Public" is an id, and is not asked for)."""
    for prefix in _PREFIXES:
        if name.startswith(prefix) and _WORD.fullmatch(name, len(prefix)):
            return name[len(prefix) :]
    return name


def compacted(value: Any) -> Any:
    """A document, or a part of one, in the shape that we read."""
    if isinstance(value, list):
        found = [compacted(item) for item in value]
        return found[0] if len(found) == 1 else found
    if not isinstance(value, dict):
        return value
    if "@value" in value:
        return value["@value"]
    if value.keys() <= _LISTS and len(value) == 1:
        return compacted(next(iter(value.values())))
    if value.get("type") == "Charter":
        return value
    return _properties(value)


def compacted_part(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """These properties of a document alone, in the shape that we read: the rest of a large one is not gone through."""
    return _properties({key: item for key, item in document.items() if _name(key) in names})


def _properties(value: dict[str, Any]) -> dict[str, Any]:
    found = {key: _kept(key, item) for key, item in value.items() if key == _name(key)}
    for key, item in value.items():
        name = _name(key)
        if name not in found:
            found[name] = _kept(name, item)
    return found


def _name(key: str) -> str:
    return _KEYWORDS.get(key) or (short(key) if ":" in key else key)


def _kept(name: str, item: Any) -> Any:
    return item if name in _AS_IT_CAME else compacted(item)
