"""Words in the reader's language. The rule kept here: English stands in the code, other languages in `locale/<language>.po`.

Catalogues are read as text at start (no compiled files to forget), and once.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Literal

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.units import format_unit

Locale = Literal["en", "fr"]
LOCALES: tuple[Locale, ...] = ("en", "fr")
NAMES: dict[Locale, str] = {"en": "English", "fr": "Français"}
# Whose way of writing dates is meant: the English of this side of the ocean, with days before months.
_REGIONS: dict[Locale, str] = {"en": "en_GB", "fr": "fr_FR"}
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")
_UNITS = ("year", "month", "week", "day")
_DIRECTORY = Path(__file__).parent / "locale"


class Catalogue(NullTranslations):
    """The sentences of one language; what is missing stays English."""

    def __init__(self, sentences: dict[str, str]) -> None:
        super().__init__()
        self._sentences = sentences

    def gettext(self, message: str) -> str:
        """The sentence in this language."""
        return self._sentences.get(message) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The sentence for n things; French counts zero as one."""
        return self.gettext(msgid1 if n == 1 or (n == 0 and self._sentences) else msgid2)


@cache
def catalogue(locale: Locale) -> Catalogue:
    """The sentences of `locale`."""
    path = _DIRECTORY / f"{locale}.po"
    if not path.exists():
        return Catalogue({})
    with path.open("rb") as file:
        entries = read_po(file, locale=locale)
    return Catalogue({str(m.id): str(m.string) for m in entries if m.id and m.string})


def translate(locale: Locale, message: str, **values: object) -> str:
    """One sentence with its `{placeholders}` filled in."""
    return catalogue(locale).gettext(message).format(**values)


def phrase(message: str) -> str:
    """Mark a sentence of a table of words, so that its translations are asked for; it is given back as it is."""
    return message


def best_locale(accept_language: str, *, default: Locale = "en") -> Locale:
    """The first language of an Accept-Language header that we speak (RFC 9110 12.5.4), else the default."""
    for tag in _by_weight(accept_language.split(",")):
        for locale in LOCALES:
            if tag.partition("-")[0] == locale:
                return locale
    return default


def _by_weight(ranges: Iterable[str]) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for item in ranges:
        tag, _, weight = item.strip().lower().partition(";q=")
        try:
            weighted.append((-float(weight or 1), tag))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(weighted, key=lambda pair: pair[0]) if weight]


def day(at_ms: int | None, locale: Locale) -> str:
    """A date in words ("25 November 2026"), or nothing."""
    return "" if at_ms is None else format_date(_moment(at_ms), format="long", locale=_REGIONS[locale])


def moment(at_ms: int | None, locale: Locale) -> str:
    """A date and time in words ("25 Nov 2026, 14:05"), UTC, or nothing."""
    return "" if at_ms is None else format_datetime(_moment(at_ms), "d MMM y, HH:mm", locale=_REGIONS[locale])


def duration(text: str, locale: Locale) -> str:
    """A duration such as P1Y6M in words ("1 year, 6 months"); what is none stays as it is."""
    found = _DURATION.fullmatch(text)
    amounts = found.groups() if found else ()
    parts = [
        format_unit(int(amount), unit, locale=locale)
        for amount, unit in zip(amounts, _UNITS, strict=False)
        if amount
    ]
    return ", ".join(parts) or text


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
