"""Filters as entities, of today (v2) and of yesterday (v1). The rule kept here: pure functions of rows."""

from instance.domain.filtering import Match
from instance.storage.filters import FilteredPostRow, FilterRow, KeywordRow, Known
from web.mastodon.entities import Json, timestamp


def shown_alone(row: FilterRow) -> Json:
    """Filter as it is named in what it matched: without what it means."""
    return {
        "id": str(row.id),
        "title": row.title,
        "context": row.contexts.split(),
        "expires_at": None if row.ends_at_ms is None else timestamp(row.ends_at_ms),
        "filter_action": row.action,
    }


def shown(known: Known) -> Json:
    """Filter."""
    return {
        **shown_alone(known.row),
        "keywords": [keyword(row) for row in known.keywords],
        "statuses": [filtered_post(row) for row in known.posts],
    }


def result(match: Match, post_id: int) -> Json:
    """FilterResult."""
    return {
        "filter": shown_alone(match.row),
        "keyword_matches": list(match.keywords) or None,
        "status_matches": [str(post_id)] if match.is_meant else None,
    }


def keyword(row: KeywordRow) -> Json:
    """FilterKeyword."""
    return {"id": str(row.id), "keyword": row.keyword, "whole_word": bool(row.whole_word)}


def filtered_post(row: FilteredPostRow) -> Json:
    """FilterStatus."""
    return {"id": str(row.id), "status_id": str(row.post_id)}


def older(known: Known, row: KeywordRow) -> Json:
    """V1::Filter: one word of a filter."""
    return {
        "id": str(row.id),
        "phrase": row.keyword,
        "context": known.row.contexts.split(),
        "whole_word": bool(row.whole_word),
        "expires_at": None if known.row.ends_at_ms is None else timestamp(known.row.ends_at_ms),
        "irreversible": known.row.action == "hide",
    }
