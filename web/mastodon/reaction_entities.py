"""Emojis under posts, rendered. The rule kept here: one of our own is called by its name alone, a partner's with its company."""

from collections.abc import Iterable, Mapping

from instance.domain.emoji_reaction import name_and_host
from instance.home import Home
from instance.storage.emoji_reactions import Count
from instance.storage.emojis import EmojiRow
from web.mastodon.emoji_entities import emoji_links
from web.mastodon.entities import Json


def reactions(counts: Iterable[Count], drawn: Mapping[str, EmojiRow], home: Home) -> list[Json]:
    """Reactions, the drawn ones with their pictures."""
    return [
        {
            "name": shown_name(one.name, home),
            "count": one.people,
            "me": bool(one.is_mine),
            **(emoji_links(drawn[one.name], home) if one.name in drawn else {}),
        }
        for one in counts
    ]


def shown_name(name: str, home: Home) -> str:
    """The name as apps write it."""
    plain, host = name_and_host(name)
    return plain if host == home.host else name
