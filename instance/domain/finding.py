"""What people type to find posts, understood. The rule kept here: no text makes a wrong query; what cannot be meant finds nothing.

Words must all be there, a "phrase" as it stands; `-word` must not. `from:me`, `from:alice`, `in:library`, `in:project`, `in:company`,
`in:apollo`, `has:media|poll|link|embed`, `is:reply|sensitive`, `language:fr`, `before:2026-11-25`, `after:`, `during:`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from instance.domain import index
from instance.stems import terms, ways
from instance.storage import actors, search
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.search import Sought

LIMIT_CHARS = 1000
PARTS_LIMIT = 50
_QUOTES = re.compile(r"«\s*|\s*»|[“”„]")
_PART = re.compile(r'(?P<sign>[-+]?)(?:(?P<key>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))')
_KINDS = {"has": {"media", "poll", "link", "embed"}, "is": {"reply", "sensitive"}}
_YEARS = range(1970, 3000)  # beyond, a time would not fit into an id
_DAYS = {"before", "after", "during"}
_KEYS = frozenset({"from", "in", "language", *_KINDS, *_DAYS})


class Fact(NamedTuple):
    """`key:value`, wanted or not."""

    key: str
    value: str
    wanted: bool


@dataclass(slots=True)
class Asked:
    """What was typed: phrases (one word or more) that must be there, phrases that must not, and facts."""

    phrases: list[Sequence[str]] = field(default_factory=list)
    refused: list[Sequence[str]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def parse(query: str) -> Asked:
    """Read what was typed."""
    asked = Asked()
    for part in islice(_PART.finditer(_QUOTES.sub('"', query[:LIMIT_CHARS])), PARTS_LIMIT):
        value = part["quoted"] if part["quoted"] is not None else part["bare"]
        key, wanted = (part["key"] or "").lower(), part["sign"] != "-"
        if key in _KEYS:
            asked.facts.append(Fact(key, value.strip(), wanted))
        elif phrase := terms(f"{key} {value}" if key else value):
            (asked.phrases if wanted else asked.refused).append(phrase)
    return asked


def sought(tx: Tx, viewer: ActorRow, asked: Asked, *, author_id: int | None = None) -> Sought | None:
    """What to ask the index for, as the viewer may read it; None when nothing was typed that could be found."""
    if not (asked.phrases or asked.facts):
        return None
    wanted, refused = [_words(one) for one in asked.phrases], [_words(one) for one in asked.refused]
    facts = [_any_of([index.author(author_id)])] if author_id is not None else []
    bounds = Sought("")
    for fact in asked.facts:
        if fact.key in {"before", "after"}:
            bounds = _bounded(bounds, fact)
        elif fact.key == "in" and fact.value.lower() == "library":
            bounds = bounds._replace(kept=1 if fact.wanted else -1)
        elif (token := _token(tx, viewer, fact)) is not None:
            (facts if fact.wanted else refused).append(_any_of([token]))
    return bounds._replace(match=_match(wanted, [_any_of(_readers(tx, viewer.id)), *facts], refused))


def _match(words: list[str], facts: list[str], refused: list[str]) -> str:
    """The words apart from what the posts are: most posts are for the viewer, and to ask that of each word would cost more than the words."""
    what = f"({' AND '.join(words or facts)}) NOT ({' OR '.join(refused or [_any_of([index.NOTHING])])})"
    return " AND ".join([f"({what})", *facts])


def _readers(tx: Tx, viewer_id: int) -> list[str]:
    projects = map(index.project, search.project_ids(tx, viewer_id))
    return [index.OPEN, index.CLOSED, index.reader(viewer_id), *projects]


def _any_of(tokens: Iterable[str]) -> str:
    return f"facts:({_or(tokens)})"


def _words(phrase: Sequence[str]) -> str:
    return f"words:({_or(' '.join(way) for way in ways(phrase))})"


def _or(tokens: Iterable[str]) -> str:
    """Quoted each, so that none is read as a command; there are letters and digits in them only."""
    return " OR ".join(f'"{token}"' for token in tokens)


def _token(tx: Tx, viewer: ActorRow, fact: Fact) -> str | None:
    """The token that says so; None when everything is so."""
    value = fact.value.lower()
    if fact.key in _KINDS:
        return f"{fact.key}{value}" if value in _KINDS[fact.key] else index.NOTHING
    if fact.key == "language":
        return f"lang{value}" if value.isascii() and value.isalpha() else index.NOTHING
    if fact.key == "from":
        found = viewer if value == "me" else _actor(tx, value)
        return index.author(found.id) if found else index.NOTHING
    if fact.key == "during":
        on = _day(value)
        return index.day(on) if on else index.NOTHING
    return _place(tx, value)


def _place(tx: Tx, value: str) -> str | None:
    if value == "all":
        return None
    if value in {"project", "company", "public"}:
        return f"in{value}"
    found = _actor(tx, value)
    return index.project(found.id) if found and found.kind == "project" else index.NOTHING


def _actor(tx: Tx, handle: str) -> ActorRow | None:
    name, _, host = handle.removeprefix("@").partition("@")
    return actors.by_username(tx, name, host or tx.home.host)


def _bounded(bounds: Sought, fact: Fact) -> Sought:
    """`before` a day is up to its beginning, `after` from its end on."""
    on = _day(fact.value)
    if on is None:
        return bounds._replace(before_ms=0)
    if (fact.key == "before") is fact.wanted:
        end = on if fact.wanted else on + timedelta(days=1)
        return bounds._replace(before_ms=min(bounds.before_ms, _start_ms(end)))
    start = on + timedelta(days=1) if fact.wanted else on
    return bounds._replace(from_ms=max(bounds.from_ms, _start_ms(start)))


def _day(value: str) -> date | None:
    try:
        on = date.fromisoformat(value[:10])
    except ValueError:
        return None
    return on if on.year in _YEARS else None


def _start_ms(on: date) -> int:
    return int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp() * 1000)
