"""The dates of HTTP (RFC 9110, section 5.6.7), written in one form and read in those that are about. The rule kept here: a moment that is not plainly in GMT is none."""

from calendar import timegm
from email.utils import formatdate, parsedate
from functools import lru_cache
from typing import Final

_GMT: Final = ("GMT", "UTC", "+0000", "-0000")


@lru_cache(maxsize=64)
def _written(second: int) -> str:
    return formatdate(second, usegmt=True)


def write(now: float) -> str:
    """An HTTP date to the second: "Tue, 25 Nov 2025 02:30:00 GMT"."""
    return _written(int(now))


@lru_cache(maxsize=1024)
def read(text: str) -> float | None:
    """Seconds since the epoch, None for what is no date in GMT.

    Besides the form in use ("Sun, 06 Nov 1994 08:49:37 GMT") the two obsolete ones, which a recipient must accept ("Sunday, 06-Nov-94
    08:49:37 GMT", "Sun Nov  6 08:49:37 1994"), and GMT in other words, as some libraries write it (UTC, +0000).
    """
    text = text.strip()
    parts = parsedate(text) if text.endswith(_GMT) or _is_asctime(text) else None
    try:
        return float(timegm(parts)) if parts else None
    except (ValueError, OverflowError):
        return None


def _is_asctime(text: str) -> bool:
    """The form of C's asctime has no zone: it ends with the year, behind the time."""
    words = text.split()
    return len(words) == 5 and words[3].count(":") == 2 and words[4].isdecimal()
