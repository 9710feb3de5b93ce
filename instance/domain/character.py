"""What is one emoji of Unicode. The rule kept here: as somebody sees one, however many code points it is made of."""

import re
import unicodedata

_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_DRESSING = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_JOINER = "\u200d"
_ODD_ONES = frozenset("‼⁉ℹ↔〰〽㊗㊙")


def is_character(name: str) -> bool:
    """Whether this is one emoji of Unicode, as somebody sees one: with a colour of skin, joined to a family, a flag."""
    if _KEYCAP.fullmatch(name) or _FLAG.fullmatch(name):
        return True
    parts = _DRESSING.sub("", name).split(_JOINER)
    return len(parts) <= 10 and all(len(part) == 1 and _is_pictogram(part) for part in parts)


def _is_pictogram(character: str) -> bool:
    is_half_a_flag = "\U0001f1e6" <= character <= "\U0001f1ff"
    return character in _ODD_ONES or (unicodedata.category(character) == "So" and not is_half_a_flag)
