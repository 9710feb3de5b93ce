"""Words cut to what they have in common: "études" and "étude", "reports" and "reporting". The rule kept here: what is indexed and what is looked for are cut in the same way.

Accents go first, so that who leaves them out finds the same. Chinese and Japanese, which part no words, are taken letter by letter.
"""

import re
import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from instance.fold import folded

TERM_LIMIT_CHARS = 40
_LETTERS = "\u3040-\u30ff\u3400-\u9fff"
_TERM = re.compile(rf"[{_LETTERS}]|[^\W_{_LETTERS}]+")
_LANGUAGES = _ENGLISH, _FRENCH = "english", "french"
_LOCK = threading.Lock()


def terms(words: str) -> list[str]:
    """The words of a text, folded, in order."""
    return [term[:TERM_LIMIT_CHARS] for term in _TERM.findall(folded(words))]


def stemmed(some: Sequence[str], language: str | None) -> list[str]:
    """Terms cut as their language wants it; of a language that we do not know, as English."""
    name = _FRENCH if language and language.lower().startswith("fr") else _ENGLISH
    return _cut(name, some)


def ways(some: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """How these terms may stand in the index, whatever the language of what holds them."""
    return tuple(dict.fromkeys(tuple(_cut(name, some)) for name in _LANGUAGES))


def _cut(name: str, some: Sequence[str]) -> list[str]:
    """Numbers and names of parts ("v2", "m12") have no other form."""
    return [_stem(name, term) if term.isalpha() else term for term in some]


@lru_cache(65_536)
def _stem(name: str, term: str) -> str:
    """One at a time: a stemmer keeps its place in the word that it works on."""
    with _LOCK:
        return str(_stemmers()[name].stemWord(term))


@cache
def _stemmers() -> dict[str, Any]:
    """Loaded with the first word: the library comes with 33 languages, 80 ms and 3 MiB that a start and most commands do without."""
    library = import_module("snowballstemmer")
    return {name: library.stemmer(name) for name in _LANGUAGES}
