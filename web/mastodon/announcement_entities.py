"""Announcements, rendered. The rule kept here: pure functions of rows, as everywhere."""

from collections.abc import Iterable, Mapping, Sequence

from instance.domain import text
from instance.domain.emoji import shortcodes_in
from instance.home import Home
from instance.storage.actors import ActorRow
from instance.storage.announcements import AnnouncementRow, ReactionCount
from instance.storage.emojis import EmojiRow
from web.mastodon import entities
from web.mastodon.emoji_entities import custom_emoji, emoji_links
from web.mastodon.entities import Json, timestamp
from web.mastodon.tag_entities import status_tag


def announcement(
    row: AnnouncementRow,
    mentions: Sequence[ActorRow],
    reactions: list[Json],
    drawn: Mapping[str, EmojiRow],
    home: Home,
) -> Json:
    """Announcement, all but whether somebody has read it. A status that it links to is not shown: not everybody may read it."""
    return {
        "id": str(row.id),
        "content": row.content,
        "starts_at": None if row.starts_at_ms is None else timestamp(row.starts_at_ms),
        "ends_at": None if row.ends_at_ms is None else timestamp(row.ends_at_ms),
        "published": True,
        "all_day": bool(row.all_day),
        "published_at": timestamp(row.published_at_ms),
        "updated_at": timestamp(row.updated_at_ms),
        "mentions": [entities.mention(one, home) for one in mentions],
        "statuses": [],
        "tags": [status_tag(name, home) for name in text.tags_in(text.plain(row.content))],
        "emojis": [
            custom_emoji(drawn[name], home) for name in sorted(shortcodes_in(row.content)) if name in drawn
        ],
        "reactions": reactions,
    }


def reactions(counts: Iterable[ReactionCount], drawn: Mapping[str, EmojiRow], home: Home) -> list[Json]:
    """Reactions, those of the company's own emojis with their pictures."""
    return [
        {"name": one.name, "count": one.people, "me": bool(one.is_mine), **_links(one.name, drawn, home)}
        for one in counts
    ]


def reaction_told(
    announcement_id: int, name: str, count: int, drawn: Mapping[str, EmojiRow], home: Home
) -> Json:
    """What listeners are told of a reaction."""
    told = {"name": name, "count": count, "announcement_id": str(announcement_id)}
    return told | _links(name, drawn, home)


def _links(name: str, drawn: Mapping[str, EmojiRow], home: Home) -> Json:
    return emoji_links(drawn[name], home) if name in drawn else {}
