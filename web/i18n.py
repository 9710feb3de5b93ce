"""Words in the reader's language. The rule kept here: English stands in the code, other languages in `locale/<language>.po`.

Catalogues are read as text at start (no compiled files to forget), and once.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Literal

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po

Locale = Literal["en", "fr"]
LOCALES: tuple[Locale, ...] = ("en", "fr")
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
    return "" if at_ms is None else format_date(_moment(at_ms), format="long", locale=locale)


def moment(at_ms: int | None, locale: Locale) -> str:
    """A date and time in words, UTC, or nothing."""
    return "" if at_ms is None else format_datetime(_moment(at_ms), format="medium", locale=locale)


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
