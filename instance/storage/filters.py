"""Filters as rows. The rule kept here: every read and write names the owner; another's filter is as good as none."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.hearing_tables import Filter, FilterKeyword, FilterPost
from instance.storage.sql import array, columns, in_list, table, upsert


class FilterRow(NamedTuple):
    """A filter: where it works (" home public "), what it does ("warn", "hide", "blur_media"), when it ends."""

    id: int
    owner_id: int
    title: str
    contexts: str
    action: str
    ends_at_ms: int | None
    is_over: int


class KeywordRow(NamedTuple):
    """A word or phrase of a filter."""

    id: int
    filter_id: int
    keyword: str
    whole_word: int


class FilteredPostRow(NamedTuple):
    """One post that a filter means."""

    id: int
    filter_id: int
    post_id: int


class Known(NamedTuple):
    """A filter with its words and posts."""

    row: FilterRow
    keywords: tuple[KeywordRow, ...]
    posts: tuple[FilteredPostRow, ...]


class _Owner(NamedTuple):
    owner_id: int


_filter, _keyword, _filtered = columns(Filter), columns(FilterKeyword), columns(FilterPost)
_MINE = _filter.owner_id == bindparam("owner_id")
_THIS = _filter.id == bindparam("filter_id")

_OF_OWNER = Query(select(*_filter).where(_MINE).order_by(_filter.id), FilterRow)
_IN_FORCE = Query(select(*_filter).where(_MINE, _filter.is_over == 0).order_by(_filter.id), FilterRow)
_ONE = Query(select(*_filter).where(_MINE, _THIS), FilterRow)
_OWNERS = Query(select(_filter.owner_id).where(_filter.is_over == 0).distinct(), _Owner)
_KEYWORDS = Query(
    select(*_keyword).where(in_list(_keyword.filter_id, "filter_ids")).order_by(_keyword.id), KeywordRow
)
_POSTS = Query(
    select(*_filtered).where(in_list(_filtered.filter_id, "filter_ids")).order_by(_filtered.id),
    FilteredPostRow,
)
_KEYWORD = Query(
    select(*_keyword)
    .join(table(Filter), _filter.id == _keyword.filter_id)
    .where(_MINE, _keyword.id == bindparam("row_id")),
    KeywordRow,
)
_POST = Query(
    select(*_filtered)
    .join(table(Filter), _filter.id == _filtered.filter_id)
    .where(_MINE, _filtered.id == bindparam("row_id")),
    FilteredPostRow,
)
_PUT = Command(upsert(Filter, ["id"], ["title", "contexts", "action", "ends_at_ms", "is_over"]))
_PUT_KEYWORD = Command(upsert(FilterKeyword, ["id"], ["keyword", "whole_word"]))
_ADD_POST = Command(insert(FilterPost))
_DROP_KEYWORD = Command(delete(FilterKeyword).where(_keyword.id == bindparam("row_id")))
_DROP_POST = Command(delete(FilterPost).where(_filtered.id == bindparam("row_id")))
_DROP_KEYWORDS = Command(delete(FilterKeyword).where(_keyword.filter_id == bindparam("filter_id")))
_DROP_POSTS = Command(delete(FilterPost).where(_filtered.filter_id == bindparam("filter_id")))
_DROP = Command(delete(Filter).where(_THIS))
_FORGET = Command(delete(FilterPost).where(_filtered.post_id == bindparam("post_id")))
_END_DUE = Query(
    update(Filter)
    .where(_filter.is_over == 0, _filter.ends_at_ms <= bindparam("now_ms"))
    .values(is_over=1)
    .returning(_filter.owner_id),
    _Owner,
)


def of_owner(tx: Tx, owner_id: int) -> list[Known]:
    """All filters of a person, those that are over too, oldest first."""
    return _known(tx, tx.all(_OF_OWNER, owner_id=owner_id))


def in_force(tx: Tx, owner_id: int) -> list[Known]:
    """The filters of a person that work now."""
    rows = tx.all(_IN_FORCE, owner_id=owner_id)
    return _known(tx, rows) if rows else []


def one(tx: Tx, owner_id: int, filter_id: int) -> Known | None:
    """The owner's filter of that id."""
    row = tx.first(_ONE, owner_id=owner_id, filter_id=filter_id)
    return _known(tx, [row])[0] if row else None


def owners(tx: Tx) -> frozenset[int]:
    """Who has a filter that works now."""
    return frozenset(row.owner_id for row in tx.all(_OWNERS))


def keyword(tx: Tx, owner_id: int, row_id: int) -> KeywordRow | None:
    """The owner's keyword of that id."""
    return tx.first(_KEYWORD, owner_id=owner_id, row_id=row_id)


def post(tx: Tx, owner_id: int, row_id: int) -> FilteredPostRow | None:
    """The owner's filtered post of that id."""
    return tx.first(_POST, owner_id=owner_id, row_id=row_id)


def put(tx: Tx, row: FilterRow) -> None:
    """Write a filter, new or changed."""
    tx.run(_PUT, **row._asdict())


def put_keyword(tx: Tx, row: KeywordRow) -> None:
    """Write a keyword, new or changed."""
    tx.run(_PUT_KEYWORD, **row._asdict())


def add_post(tx: Tx, row: FilteredPostRow) -> None:
    """Write that a filter means a post."""
    tx.run(_ADD_POST, **row._asdict())


def drop(tx: Tx, filter_id: int) -> None:
    """Remove a filter with all that it means."""
    for command in (_DROP_KEYWORDS, _DROP_POSTS, _DROP):
        tx.run(command, filter_id=filter_id)


def drop_keyword(tx: Tx, row_id: int) -> None:
    """Remove a keyword."""
    tx.run(_DROP_KEYWORD, row_id=row_id)


def drop_post(tx: Tx, row_id: int) -> None:
    """Take a post out of a filter."""
    tx.run(_DROP_POST, row_id=row_id)


def forget(tx: Tx, post_id: int) -> None:
    """Take a deleted post out of every filter."""
    tx.run(_FORGET, post_id=post_id)


def end_due(tx: Tx) -> list[int]:
    """Note which filters are over now; whose they are."""
    return [row.owner_id for row in tx.all(_END_DUE, now_ms=tx.now_ms)]


def _known(tx: Tx, rows: Iterable[FilterRow]) -> list[Known]:
    found = list(rows)
    ids = array(row.id for row in found)
    words, meant = tx.all(_KEYWORDS, filter_ids=ids), tx.all(_POSTS, filter_ids=ids)
    return [
        Known(
            row,
            tuple(word for word in words if word.filter_id == row.id),
            tuple(one for one in meant if one.filter_id == row.id),
        )
        for row in found
    ]
