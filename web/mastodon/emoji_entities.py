"""Emojis, rendered. The rule kept here: a link to a picture works as long as the emoji is in use."""

from instance.home import Home
from instance.storage.emojis import EmojiRow

Json = dict[str, object]


def emoji_links(row: EmojiRow, home: Home) -> Json:
    """Where the picture is, and a still one."""
    place, key = f"{home.base}/app/media/{row.media_id}", f"key={row.link_key}"
    url = f"{place}/original?{key}"
    return {"url": url, "static_url": url if row.media_type == "image/png" else f"{place}/small?{key}"}


def custom_emoji(row: EmojiRow, home: Home) -> Json:
    """CustomEmoji."""
    return {
        "shortcode": row.shortcode,
        **emoji_links(row, home),
        "visible_in_picker": bool(row.is_listed),
        "category": row.category or None,
    }
