"""What a person does not want to meet: words and posts. The rule kept here: a filter says what matched, and leaves the hiding to the reader's app."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from instance import ids
from instance.domain.outcome import Outcome
from instance.domain.post import readable
from instance.errors import BadInput, NotFound
from instance.events import FiltersChanged
from instance.storage import filters
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.filters import FilteredPostRow, FilterRow, KeywordRow, Known

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur_media")
TITLE_LIMIT_CHARS = 256
KEYWORD_LIMIT_CHARS = 512
KEYWORDS_LIMIT = 200
FILTERS_LIMIT = 100


class Match(NamedTuple):
    """What of a filter matches a post: words as they stand there, and whether the post itself is meant."""

    row: FilterRow
    keywords: tuple[str, ...]
    is_meant: bool


class Word(NamedTuple):
    """A keyword as it is asked for: a new one without `row_id`; `is_dropped` removes it."""

    text: str | None
    whole_word: bool | None
    row_id: int | None = None
    is_dropped: bool = False


class Wish(NamedTuple):
    """What a filter should be; what is None stays as it is. `lasts_ms` of nought is for good."""

    title: str | None = None
    contexts: tuple[str, ...] | None = None
    action: str | None = None
    lasts_ms: int | None = None
    words: tuple[Word, ...] = ()


def matches(known: Iterable[Known], post_id: int, words: str, *, now_ms: int) -> list[Match]:
    """Which of these filters match a post that says these words."""
    found = []
    for one in known:
        if one.row.ends_at_ms is not None and one.row.ends_at_ms <= now_ms:
            continue
        said = (_pattern(row.keyword, row.whole_word).search(words) for row in one.keywords)
        keywords = tuple(match[0] for match in said if match)
        is_meant = any(row.post_id == post_id for row in one.posts)
        if keywords or is_meant:
            found.append(Match(one.row, keywords, is_meant))
    return found


@lru_cache(4096)
def _pattern(keyword: str, whole_word: int) -> re.Pattern[str]:
    """Of a whole word only the ends that are letters are held to a boundary: "#tag" begins anywhere."""
    start = r"\b" if whole_word and re.match(r"\w", keyword) else ""
    end = r"\b" if whole_word and re.search(r"\w\Z", keyword) else ""
    return re.compile(f"{start}{re.escape(keyword)}{end}", re.IGNORECASE)


def make(tx: Tx, owner: ActorRow, wish: Wish) -> Outcome[Known]:
    """Make a filter. Raises BadInput, NotFound."""
    if len(filters.of_owner(tx, owner.id)) >= FILTERS_LIMIT:
        raise BadInput("filter", "You have as many filters as there can be")
    blank = FilterRow(ids.snowflake(tx.now_ms), owner.id, "", "", "warn", None, 0)
    return _written(tx, Known(blank, (), ()), wish)


def change(tx: Tx, owner: ActorRow, filter_id: int, wish: Wish) -> Outcome[Known]:
    """Change a filter and its words. Raises BadInput, NotFound."""
    return _written(tx, _mine(tx, owner, filter_id), wish)


def remove(tx: Tx, owner: ActorRow, filter_id: int) -> Outcome[None]:
    """Remove a filter. Raises NotFound."""
    filters.drop(tx, _mine(tx, owner, filter_id).row.id)
    tx.emit(FiltersChanged(owner.id))
    return Outcome(None)


def put_word(tx: Tx, owner: ActorRow, filter_id: int, word: Word) -> Outcome[KeywordRow]:
    """Add a word to a filter, or change the one that is named. Raises BadInput, NotFound."""
    row = _write_word(tx, _mine(tx, owner, filter_id), word)
    tx.emit(FiltersChanged(owner.id))
    return Outcome(row)


def drop_word(tx: Tx, owner: ActorRow, row_id: int) -> Outcome[None]:
    """Remove a word. Raises NotFound."""
    if filters.keyword(tx, owner.id, row_id) is None:
        raise NotFound("keyword")
    filters.drop_keyword(tx, row_id)
    tx.emit(FiltersChanged(owner.id))
    return Outcome(None)


def add_post(tx: Tx, owner: ActorRow, filter_id: int, post_id: int) -> Outcome[FilteredPostRow]:
    """Have a filter mean one post that its owner may read. Raises NotFound."""
    known, post = _mine(tx, owner, filter_id), readable(tx, owner, post_id)
    already = next((row for row in known.posts if row.post_id == post.id), None)
    if already is not None:
        return Outcome(already)
    row = FilteredPostRow(ids.snowflake(tx.now_ms), filter_id, post.id)
    filters.add_post(tx, row)
    tx.emit(FiltersChanged(owner.id))
    return Outcome(row)


def drop_post(tx: Tx, owner: ActorRow, row_id: int) -> Outcome[FilteredPostRow]:
    """Have a filter mean a post no longer. Raises NotFound."""
    row = filters.post(tx, owner.id, row_id)
    if row is None:
        raise NotFound("filtered post")
    filters.drop_post(tx, row_id)
    tx.emit(FiltersChanged(owner.id))
    return Outcome(row)


def end_due(tx: Tx) -> Outcome[int]:
    """Let filters go that are over; how many people see otherwise now."""
    owners = set(filters.end_due(tx))
    for owner_id in owners:
        tx.emit(FiltersChanged(owner_id))
    return Outcome(len(owners))


def _mine(tx: Tx, owner: ActorRow, filter_id: int) -> Known:
    known = filters.one(tx, owner.id, filter_id)
    if known is None:
        raise NotFound("filter")
    return known


def _written(tx: Tx, known: Known, wish: Wish) -> Outcome[Known]:
    row = _checked(_wished(known.row, wish, tx.now_ms))
    filters.put(tx, row)
    for word in wish.words:
        _write_word(tx, known, word)
    after = filters.one(tx, row.owner_id, row.id)
    assert after is not None
    if len(after.keywords) > KEYWORDS_LIMIT:
        raise BadInput("keywords", "A filter has at most 200 words")
    tx.emit(FiltersChanged(row.owner_id))
    return Outcome(after)


def _wished(row: FilterRow, wish: Wish, now_ms: int) -> FilterRow:
    if wish.lasts_ms is not None:
        row = row._replace(ends_at_ms=now_ms + wish.lasts_ms if wish.lasts_ms > 0 else None, is_over=0)
    return row._replace(
        title=row.title if wish.title is None else wish.title.strip(),
        contexts=row.contexts if wish.contexts is None else _spaced(wish.contexts),
        action=row.action if wish.action is None else wish.action,
    )


def _spaced(words: Sequence[str]) -> str:
    return f" {' '.join(dict.fromkeys(words))} " if words else ""


def _checked(row: FilterRow) -> FilterRow:
    if not row.title:
        raise BadInput("title", "Title can't be blank")
    if len(row.title) > TITLE_LIMIT_CHARS:
        raise BadInput("title", "Title is too long")
    if not row.contexts.split():
        raise BadInput("context", "Context can't be blank, Context None or invalid context supplied")
    if not set(row.contexts.split()) <= set(CONTEXTS):
        raise BadInput("context", "Context None or invalid context supplied")
    if row.action not in ACTIONS:
        raise BadInput("filter_action", "Filter action is not one of warn, hide, blur_media")
    return row


def _write_word(tx: Tx, known: Known, word: Word) -> KeywordRow:
    row = KeywordRow(ids.snowflake(tx.now_ms), known.row.id, "", 0)
    if word.row_id is not None:
        found = next((one for one in known.keywords if one.id == word.row_id), None)
        if found is None:
            raise NotFound("keyword")
        row = found
    if word.is_dropped:
        filters.drop_keyword(tx, row.id)
        return row
    text = row.keyword if word.text is None else word.text.strip()
    if not text:
        raise BadInput("keyword", "Keyword can't be blank")
    if len(text) > KEYWORD_LIMIT_CHARS:
        raise BadInput("keyword", "Keyword is too long")
    whole_word = row.whole_word if word.whole_word is None else int(word.whole_word)
    row = row._replace(keyword=text, whole_word=whole_word)
    filters.put_keyword(tx, row)
    return row
