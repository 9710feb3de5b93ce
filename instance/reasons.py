"""Why something came in, was refused or did not arrive, in the words of an administrator. The rule kept here: every rule that decides has its words, and what to do where something can be done."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from instance import policy

Locale = Literal["en", "fr"]
_FILE = Path(__file__).with_suffix(".toml")
_TOLD = re.compile(r"(?P<status>\d{3})\b\W*(?:(?P<rule>[a-z_]+)(?=:|$))?")


@cache
def reasons() -> dict[str, tuple[str, str]]:
    """Every rule with its reason in English and French."""
    found = tomllib.loads(_FILE.read_text("utf-8"))
    release = {rule: (words["en"], words["fr"]) for rule, words in policy.RULES.items()}
    return {rule: (english, french) for rule, (english, french) in found.items()} | release


def explain(rule: str, locale: Locale = "en") -> str:
    """The reason behind a rule, or behind what another server answered ("403 closed: …", "502 Bad Gateway"); nothing for what has none."""
    told = _TOLD.match(rule)
    words = reasons().get(rule) if told is None else _of_answer(told["status"], told["rule"] or "")
    return words[locale == "fr"] if words else ""


def _of_answer(status: str, rule: str) -> tuple[str, str] | None:
    """By the rule that the answer names; else by its status, or the kind of status."""
    names = (rule, f"status_{status}", f"status_{status[0]}xx")
    return next((reasons()[name] for name in names if name in reasons()), None)
