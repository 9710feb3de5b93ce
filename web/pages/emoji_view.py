"""Emojis on pages. The rule kept here: a name becomes a picture in what is read alone, never inside a tag, nor in code (FEP-9098)."""

import re
from collections.abc import Iterable, Mapping
from html import escape

from instance.domain import emoji
from instance.storage.emojis import EmojiRow

_TAG = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")
_CODE = re.compile(r"<(/?)(?:code|pre)\b")


def emoji_urls(drawn: Iterable[EmojiRow]) -> dict[str, str]:
    """Where the pictures of these are, by name."""
    return {one.shortcode: f"/app/media/{one.media_id}/original?key={one.link_key}" for one in drawn}


def with_emojis(content: str, urls: Mapping[str, str]) -> str:
    """Cleaned HTML in which the names between colons that have an address here are pictures."""
    if not urls or ":" not in content:
        return content
    parts, depth = _TAG.split(content), 0
    for place, part in enumerate(parts):
        if place % 2:
            found = _CODE.match(part)
            depth += (-1 if found[1] else 1) if found else 0
        elif depth == 0:
            parts[place] = emoji.replaced(part, {name: _image(name, url) for name, url in urls.items()})
    return "".join(parts)


def _image(name: str, url: str) -> str:
    return f'<img class="emoji" src="{escape(url)}" alt=":{name}:" title=":{name}:">'
