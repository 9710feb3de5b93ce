"""Pictures for our own people, by links that expire. The rule kept here: a link opens one picture, that of a post for two hours at most.

What is for no post (a profile's) has a link of its own that works as long as the picture is in use: apps keep accounts for days. Apps fetch pictures without a token, so the link itself is the key. It is made only for who has just been shown the post.
"""

import hashlib
import hmac
from pathlib import Path
from typing import NamedTuple

from instance.domain import media
from web.mastodon.entities import PictureLinks


class PictureKeys(NamedTuple):
    """What makes and opens links to pictures."""

    key: bytes
    base: str

    @classmethod
    def from_seal_key(cls, seal_key: bytes, base: str) -> "PictureKeys":
        """A key of its own, so that a link says nothing about seals."""
        return cls(hmac.new(seal_key, b"picture links", hashlib.sha256).digest(), base)

    def links(self, media_id: int, now_s: float) -> PictureLinks:
        """Links that work for one hour at least. They change with the hour only, so that apps can keep pictures."""
        until_s = hour_after(now_s) + media.LINK_SECONDS
        query = f"until={until_s}&key={media.link_token(self.key, media_id, until_s)}"
        place = f"{self.base}/app/media/{media_id}"
        return PictureLinks(f"{place}/original?{query}", f"{place}/small?{query}")

    def opens(self, media_id: int, until: str, token: str, *, now_s: float) -> bool:
        """Whether a link opens this picture now."""
        if not (until.isascii() and until.isdecimal() and len(until) < 12):
            return False
        return media.check_link(self.key, media_id, int(until), token=token, now_s=int(now_s))


def hour_after(now_s: float) -> int:
    """When the current hour ends, and with it what was rendered with links of this hour."""
    return (int(now_s) // 3600 + 1) * 3600


def path_below(directory: Path, path: str, size: str) -> Path:
    """The file of a stored picture: the original, or its preview for "small"."""
    return directory / (media.preview_of(path) if size == "small" else path)
