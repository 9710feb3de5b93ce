"""Emojis as rows, with what is known of their pictures. The rule kept here: an emoji is looked for in the space of the post that writes it, never beyond."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from instance.policy import INTERNAL
from instance.storage.database import Command, Query, Tx
from instance.storage.emoji_tables import Emoji
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Media


class EmojiRow(NamedTuple):
    """An emoji with its picture."""

    id: int
    shortcode: str
    host: str
    space: str
    category: str
    is_listed: int
    media_id: int
    created_at_ms: int
    iri: str
    media_type: str
    sha256: str
    size_bytes: int
    link_key: str
    state: str


_OWN = tuple(columns(Emoji).keys())
_emoji, _media = columns(Emoji), columns(Media)
_ALL = select(
    *_emoji,
    _media.iri,
    _media.media_type,
    _media.sha256,
    _media.size_bytes,
    _media.link_key,
    _media.state,
).join(table(Media), _media.id == _emoji.media_id)
_HERE = (_emoji.host == bindparam("host"), _emoji.space == bindparam("space"))

_OF_SPACE = Query(_ALL.where(*_HERE).order_by(_emoji.category, _emoji.shortcode), EmojiRow)
_NAMED = Query(
    _ALL.where(
        in_list(_emoji.shortcode, "shortcodes"),
        in_list(_emoji.host, "hosts"),
        in_list(_emoji.space, "spaces"),
    ),
    EmojiRow,
)
_OF_HOST = Query(
    _ALL.where(_emoji.shortcode == bindparam("shortcode"), _emoji.host == bindparam("host")), EmojiRow
)
_INSERT = Command(insert(table(Emoji)))
_DELETE = Command(delete(table(Emoji)).where(_emoji.id == bindparam("emoji_id")))


def own(tx: Tx) -> list[EmojiRow]:
    """The company's own, by category and name."""
    return tx.all(_OF_SPACE, host=tx.home.host, space=INTERNAL)


def named(
    tx: Tx, shortcodes: Iterable[str], *, hosts: Iterable[str], spaces: Iterable[str]
) -> list[EmojiRow]:
    """The emojis of these names that these companies have in these spaces."""
    return tx.all(_NAMED, shortcodes=array(shortcodes), hosts=array(hosts), spaces=array(spaces))


def everywhere(tx: Tx, shortcode: str, host: str) -> list[EmojiRow]:
    """A company's emoji of that name in every space."""
    return tx.all(_OF_HOST, shortcode=shortcode, host=host)


def insert_one(tx: Tx, row: EmojiRow) -> None:
    """Write a new emoji, whose picture is there already."""
    tx.run(_INSERT, **{name: getattr(row, name) for name in _OWN})


def remove(tx: Tx, emoji_id: int) -> None:
    """Remove an emoji; its picture is removed by whom it belongs to."""
    tx.run(_DELETE, emoji_id=emoji_id)
