"""Pictures as rows. The rule kept here: a picture belongs to its owner until a post takes it, and to one post for good after that."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, union, update

from instance.storage.database import Command, Query, Tx
from instance.storage.scheduled_tables import ScheduledMedia
from instance.storage.sql import array, columns, in_list, insert_or_ignore
from instance.storage.tables import Media


class MediaRow(NamedTuple):
    """A picture.

    `state`: ready (the file is at `path`), processing (ours, being decoded), wanted (a partner's, not fetched yet), broken (it failed its
    check).
    """

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
    purpose: str = "post"
    link_key: str = ""
    thumbnail: str = ""
    thumbnail_size: str = ""
    duration_ms: int = 0


class _Path(NamedTuple):
    path: str


_media = columns(Media)
_BY_ID = Query(select(*_media).where(_media.id == bindparam("media_id")), MediaRow)
_BY_IRI = Query(select(*_media).where(_media.iri == bindparam("iri")), MediaRow)
_OWNED = Query(
    select(*_media).where(
        _media.owner_id == bindparam("owner_id"), _media.purpose == "post", in_list(_media.id, "media_ids")
    ),
    MediaRow,
)
_OF_POSTS = Query(
    select(*_media).where(in_list(_media.post_id, "post_ids")).order_by(_media.post_id, _media.position),
    MediaRow,
)
_WANTED = Query(
    select(*_media).where(_media.state == "wanted").order_by(_media.id).limit(bindparam("limit")), MediaRow
)
_PATHS = Query(
    union(
        select(_media.path).where(in_list(_media.path, "paths")),
        select(_media.thumbnail).where(in_list(_media.thumbnail, "paths")),
    ),
    _Path,
)
_INSERT = Command(insert_or_ignore(Media))
_ATTACH = Command(
    update(Media)
    .where(_media.id == bindparam("media_id"))
    .values(post_id=bindparam("new_post_id"), position=bindparam("new_position"))
)
_WORDS = Command(
    update(Media)
    .where(_media.id == bindparam("media_id"))
    .values(description=bindparam("new_description"), focus=bindparam("new_focus"))
)
_FILL = ("media_type", "sha256", "size_bytes", "width", "height", "blurhash", "path", "state", "duration_ms")
_FILLED = Command(
    update(Media)
    .where(_media.id == bindparam("media_id"))
    .values({name: bindparam(f"new_{name}") for name in _FILL})
)
_THUMBNAIL = Command(
    update(Media)
    .where(_media.id == bindparam("media_id"))
    .values(
        thumbnail=bindparam("new_thumbnail"),
        thumbnail_size=bindparam("new_size"),
        blurhash=bindparam("new_blurhash"),
    )
)
_BROKEN = Command(update(Media).where(_media.id == bindparam("media_id")).values(state="broken"))
_KEEP_ONLY = Command(
    delete(Media).where(_media.post_id == bindparam("post_id"), ~in_list(_media.id, "media_ids"))
)
_FORGET = Command(delete(Media).where(_media.post_id == bindparam("post_id")))
_FORGET_FREE = Command(
    delete(Media).where(
        _media.post_id.is_(None),
        _media.purpose == "post",
        _media.created_at_ms < bindparam("before_ms"),
        _media.id.not_in(select(columns(ScheduledMedia).media_id)),
    )
)


_DROP = Command(delete(Media).where(_media.id == bindparam("media_id")))


def by_id(tx: Tx, media_id: int) -> MediaRow | None:
    """The picture, whoever asks."""
    return tx.first(_BY_ID, media_id=media_id)


def by_iri(tx: Tx, iri: str) -> MediaRow | None:
    """The picture of that IRI, whoever asks."""
    return tx.first(_BY_IRI, iri=iri)


def owned(tx: Tx, owner_id: int, media_ids: Iterable[int]) -> list[MediaRow]:
    """Of these pictures the ones that the owner uploaded, in the order asked for."""
    wanted_ids = list(dict.fromkeys(media_ids))
    found = (
        {row.id: row for row in tx.all(_OWNED, owner_id=owner_id, media_ids=array(wanted_ids))}
        if wanted_ids
        else {}
    )
    return [found[media_id] for media_id in wanted_ids if media_id in found]


def of_posts(tx: Tx, post_ids: Iterable[int]) -> dict[int, tuple[MediaRow, ...]]:
    """The pictures of each post in their order."""
    found: dict[int, tuple[MediaRow, ...]] = {}
    for row in tx.all(_OF_POSTS, post_ids=array(post_ids)):
        assert row.post_id is not None
        found[row.post_id] = (*found.get(row.post_id, ()), row)
    return found


def wanted(tx: Tx, *, limit: int = 100) -> list[MediaRow]:
    """Partners' pictures that are not fetched yet, oldest first."""
    return tx.all(_WANTED, limit=limit)


def paths_in_use(tx: Tx, paths: Iterable[str]) -> frozenset[str]:
    """Which of these files still belong to a picture."""
    return frozenset(row.path for row in tx.all(_PATHS, paths=array(paths)))


def insert_one(tx: Tx, row: MediaRow) -> bool:
    """Write a new picture; False when its IRI is known already."""
    return tx.run(_INSERT, **row._asdict()) == 1


def attach(tx: Tx, media_id: int, *, post_id: int, position: int) -> None:
    """Give a picture to a post."""
    tx.run(_ATTACH, media_id=media_id, new_post_id=post_id, new_position=position)


def keep_only(tx: Tx, post_id: int, media_ids: Iterable[int]) -> None:
    """Drop the pictures that an edit took out of a post."""
    tx.run(_KEEP_ONLY, post_id=post_id, media_ids=array(media_ids))


def set_words(tx: Tx, media_id: int, *, description: str, focus: str) -> None:
    """Change what is said of a picture."""
    tx.run(_WORDS, media_id=media_id, new_description=description, new_focus=focus)


def fill(tx: Tx, row: MediaRow) -> None:
    """The file is here and decoded: keep what is known of it now."""
    tx.run(_FILLED, media_id=row.id, **{f"new_{name}": getattr(row, name) for name in _FILL})


def set_thumbnail(tx: Tx, row: MediaRow) -> None:
    """Show another picture's preview in place of its own."""
    tx.run(
        _THUMBNAIL,
        media_id=row.id,
        new_thumbnail=row.thumbnail,
        new_size=row.thumbnail_size,
        new_blurhash=row.blurhash,
    )


def set_broken(tx: Tx, media_id: int) -> None:
    """The file could not be had, or is not what it should be."""
    tx.run(_BROKEN, media_id=media_id)


def drop(tx: Tx, media_id: int) -> None:
    """Remove a picture; its file goes when nothing else has the same."""
    tx.run(_DROP, media_id=media_id)


def forget(tx: Tx, post_id: int) -> None:
    """Drop the pictures of a post that is deleted."""
    tx.run(_FORGET, post_id=post_id)


def forget_free(tx: Tx, *, before_ms: int) -> int:
    """Drop uploads made before a time that no post took, and none waits for; how many."""
    return tx.run(_FORGET_FREE, before_ms=before_ms)
