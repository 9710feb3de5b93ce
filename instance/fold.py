"""Letters as people look for them. The rule kept here: what differs only in case, accents or width is one word ("Été", "ETE", "ｅｔｅ").

Accents are taken from Latin letters alone: elsewhere a mark makes another letter (Cyrillic й is no и with something on it).
"""

import re
import unicodedata

_MARKED = re.compile("([a-z])[\u0300-\u036f]+")
_JOINED = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def folded(words: str) -> str:
    """The words in lower case, without accents and ligatures."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", words).casefold())
    return unicodedata.normalize("NFC", _MARKED.sub(r"\1", apart).translate(_JOINED))
