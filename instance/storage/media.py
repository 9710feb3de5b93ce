"""Pictures as rows. The rule kept here: a picture belongs to its owner until a post takes it, and to one post for good after that."""

from collections.abc import Iterable
from typing import NamedTuple

from instance.storage.database import Tx


class MediaRow(NamedTuple):
    """A picture. `state`: ready (the file is at `path`), wanted (a partner's, not fetched yet), broken (it failed its check)."""

    id: int
    iri: str
    owner_id: int
    post_id: int | None
    position: int
    media_type: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    blurhash: str | None
    description: str
    focus: str
    path: str | None
    state: str
    created_at_ms: int


def by_id(tx: Tx, media_id: int) -> MediaRow | None:
    """The picture, whoever asks."""


def owned(tx: Tx, owner_id: int, media_ids: Iterable[int]) -> list[MediaRow]:
    """Of these pictures the ones that the owner uploaded, in the order asked for."""


def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, tuple[MediaRow, ...]]:
    """The pictures of each post in their order."""


def wanted(tx: Tx, *, limit: int = 100) -> list[MediaRow]:
    """Partners' pictures that are not fetched yet, oldest first."""
