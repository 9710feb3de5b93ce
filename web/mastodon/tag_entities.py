"""Hashtags in Mastodon's words, rendered. The rule kept here: pure; a link to a page of ours is made when a post is shown, since nothing that goes out may name one."""

import html
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from instance.domain import text
from instance.home import Home
from instance.storage.tag_timelines import DAY_MS, Use
from instance.storage.tags import Featured, TagMarks, TagRow

HISTORY_DAYS = 7
Json = dict[str, Any]
# Links are passed over as a whole, so that no link comes to stand in another.
_LINK_OR_TAG = re.compile(
    r'<a\b(?P<facts>[^>]*)>(?P<inner>.*?)</a>|<span class="hashtag">(?P<tag>#[^<>]*)</span>', re.DOTALL
)
_HASHTAG_CLASS = re.compile(r'\bclass="(?:[^"]*\s)?hashtag[\s"]')


def tag_url(name: str, home: Home) -> str:
    """Where people look at a hashtag."""
    return f"{home.base}/app/tags/{quote(name.lower())}"


def status_tag(written: str, home: Home) -> Json:
    """Status::Tag."""
    return {"name": written.lower(), "url": tag_url(written, home)}


def tag(row: TagRow, home: Home, marks: TagMarks, history: Iterable[Json]) -> Json:
    """Tag. The name serves as its id: a number would tell that somebody uses a hashtag somewhere."""
    return {
        "id": row.name,
        "name": row.written,
        "url": tag_url(row.written, home),
        "history": list(history),
        "following": row.id in marks.following,
        "featuring": row.id in marks.featuring,
    }


def history(uses: Mapping[int, Use], now_ms: int) -> list[Json]:
    """Tag::History, today first; `uses` by the first millisecond of their day."""
    today = now_ms - now_ms % DAY_MS
    days = [today - n * DAY_MS for n in range(HISTORY_DAYS)]
    return [
        {
            "day": str(day // 1000),
            "accounts": str(uses[day].authors_count if day in uses else 0),
            "uses": str(uses[day].posts_count if day in uses else 0),
        }
        for day in days
    ]


def featured_tag(row: Featured, home: Home) -> Json:
    """FeaturedTag."""
    last = row.last_at_ms
    return {
        "id": str(row.id),
        "name": row.written,
        "url": tag_url(row.written, home),
        "statuses_count": str(row.posts_count),
        "last_status_at": None if last is None else f"{datetime.fromtimestamp(last / 1000, UTC):%Y-%m-%d}",
    }


def with_tag_links(content: str, home: Home) -> str:
    """The HTML of a post with its hashtags as links to our pages."""
    return (
        _LINK_OR_TAG.sub(lambda found: _tag_link(found, home), content) if "hashtag" in content else content
    )


def _tag_link(found: re.Match[str], home: Home) -> str:
    written = html.unescape(found["tag"] or text.plain(found["inner"] or ""))
    is_hashtag = found["tag"] is not None or _HASHTAG_CLASS.search(found["facts"]) is not None
    name = text.as_tag(written)
    if not is_hashtag or name is None or not written.startswith("#"):
        return found[0]
    href = html.escape(tag_url(name, home))
    return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{html.escape(name)}</span></a>'
