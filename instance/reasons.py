"""Why something came in, was refused or did not arrive, in the words of an administrator. The rule kept here: every rule that decides has its words, and what to do where something can be done."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from instance import policy

Locale = Literal["en", "fr"]
_FILE = Path(__file__).with_suffix(".toml")
_TOLD = re.compile(r"(?P<status>\d{3})\b\W*(?P<rule>[a-z_]+)?")


@cache
def reasons() -> dict[str, tuple[str, str]]:
    """Every rule with its reason in English and French."""
    found = tomllib.loads(_FILE.read_text("utf-8"))
    release = {rule: (words["en"], words["fr"]) for rule, words in policy.RULES.items()}
    return {rule: (english, french) for rule, (english, french) in found.items()} | release


def explain(rule: str, locale: Locale = "en") -> str:
    """The reason behind a rule, or behind what another node answered ("403 closed: …"); nothing for what has none."""
    told = _TOLD.match(rule)
    words = reasons().get((told["rule"] or "") if told else rule)
    return words[locale == "fr"] if words else ""
