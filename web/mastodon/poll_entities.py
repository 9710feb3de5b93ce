"""Poll, rendered. The rule kept here: totals that the author keeps back show to nobody before the end, whoever asks."""

from collections.abc import Iterable

from instance.domain.emoji import shortcodes_in
from instance.storage.polls import PollRow, PollSeen
from web.mastodon.entities import Json, timestamp


def poll(row: PollRow, *, now_ms: int, emojis: Iterable[Json] = ()) -> Json:
    """Poll, all but what depends on who looks (see `own`); `emojis` are those of its post, of which it shows its own."""
    over = row.is_over(now_ms)
    options = [(title, count if over or not row.hide_totals else None) for title, count in row.options()]
    written = shortcodes_in(*(title for title, _ in options))
    known = [count for _, count in options if count is not None]
    return {
        "id": str(row.post_id),
        "expires_at": None if row.ends_at_ms is None else timestamp(row.ends_at_ms),
        "expired": over,
        "multiple": bool(row.multiple),
        "votes_count": sum(known) if len(known) == len(options) else row.voters_count,
        "voters_count": row.voters_count if row.multiple else None,
        "options": [{"title": title, "votes_count": count} for title, count in options],
        "emojis": [one for one in emojis if one["shortcode"] in written],
    }


def own(seen: PollSeen, *, is_author: bool) -> Json:
    """The part of a poll that depends on who looks: authors do not vote, so apps show them the totals."""
    return {"voted": bool(seen.choices) or is_author, "own_votes": list(seen.choices)}
