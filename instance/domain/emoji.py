"""The company's emojis: IT makes them, everybody writes them between colons.

The rule kept here: what is drawn for the company stays in it. Who uses one in a project shows the project a copy, which belongs to it;
a partner's emoji is known in the project in which it was used, and nowhere else.
"""

import re
import secrets
from collections.abc import Iterable, Mapping

from instance import ids
from instance.domain import media
from instance.domain.note import ToldEmoji
from instance.domain.outcome import Outcome
from instance.domain.picture import Picture
from instance.errors import BadInput, Conflict, NotFound
from instance.events import EmojisChanged, MediaWanted
from instance.policy import INTERNAL
from instance.storage import actors, emojis
from instance.storage import media as pictures
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.emojis import EmojiRow
from instance.storage.media import MediaRow
from instance.storage.polls import PollRow
from instance.storage.posts import PostRow

SIZE_LIMIT_BYTES = 256 * 1024
MEDIA_TYPES = ("image/png", "image/gif", "image/webp")
CATEGORY_LIMIT_CHARS = 100
LABEL = 0  # a drawing says nothing: it goes wherever its project goes
_SHORTCODE = re.compile(r"[a-zA-Z0-9_]{2,64}")
_WRITTEN = re.compile(r"(?<![a-zA-Z0-9_:]):([a-zA-Z0-9_]{2,64}):(?![a-zA-Z0-9_:])")


def shortcodes_in(*words: str) -> frozenset[str]:
    """The names that stand between colons in these words; that there is an emoji of that name is not said."""
    return frozenset(name for text in words if ":" in text for name in _WRITTEN.findall(text))


def replaced(words: str, by: Mapping[str, str]) -> str:
    """The words with something else in place of those names between colons that are in `by`."""
    return _WRITTEN.sub(lambda found: by.get(found[1], found[0]), words)


def in_posts(
    tx: Tx, rows: Iterable[PostRow], authors: Mapping[int, ActorRow], asked: Mapping[int, PollRow]
) -> dict[int, list[EmojiRow]]:
    """The emojis in the words of each post (and its poll), by its id: those of its author's company in its space, in one query."""
    rows = list(rows)
    names = {row.id: shortcodes_in(row.content, row.spoiler, *_titles(asked.get(row.id))) for row in rows}
    wanted = frozenset[str]().union(*names.values())
    if not wanted:
        return {}
    places = {row.id: (authors[row.author_id].host, row.space) for row in rows}
    hosts, spaces = {host for host, _ in places.values()}, {space for _, space in places.values()}
    drawn = {
        (one.host, one.space, one.shortcode): one
        for one in emojis.named(tx, wanted, hosts=hosts, spaces=spaces)
        if one.state == "ready"
    }
    return {
        post_id: [drawn[*place, name] for name in sorted(names[post_id]) if (*place, name) in drawn]
        for post_id, place in places.items()
    }


def check_picture(data: bytes) -> Picture:
    """A file that can be an emoji, without metadata. For a thread. Raises BadInput("file")."""
    if len(data) > SIZE_LIMIT_BYTES:
        raise BadInput("file", "An emoji has at most 256 KiB.")
    picture = media.accept_picture(data)
    if picture.media_type not in MEDIA_TYPES:
        raise BadInput("file", "An emoji is a PNG, GIF or WebP picture.")
    return picture


def add(
    tx: Tx, shortcode: str, picture: Picture, *, category: str = "", is_listed: bool = True
) -> Outcome[EmojiRow]:
    """Make an emoji of a picture that is saved already. Raises BadInput, Conflict."""
    name = shortcode.strip().strip(":")
    if not _SHORTCODE.fullmatch(name):
        raise BadInput("shortcode", "A name is 2 to 64 of a-z, A-Z, 0-9 and _.")
    if len(category) > CATEGORY_LIMIT_CHARS:
        raise BadInput("category", f"{CATEGORY_LIMIT_CHARS} characters at most.")
    if emojis.named(tx, [name], hosts=[tx.home.host], spaces=[INTERNAL]):
        raise Conflict("emoji_taken", "There is an emoji of that name. Remove it first.")
    node = actors.by_iri(tx, tx.home.node)
    if node is None:
        raise NotFound("node")
    stored = media.store_for(tx, node, picture, purpose="emoji")
    row = _row(tx, name, tx.home.host, INTERNAL, stored)._replace(
        category=category.strip(), is_listed=int(is_listed)
    )
    emojis.insert_one(tx, row)
    tx.emit(EmojisChanged())
    return Outcome(row)


def remove(tx: Tx, shortcode: str) -> Outcome[None]:
    """Take an emoji away, here and in every project; what was written with it shows its name. Raises NotFound."""
    found = emojis.everywhere(tx, shortcode.strip().strip(":"), tx.home.host)
    if not any(row.space == INTERNAL for row in found):
        raise NotFound("emoji")
    for row in found:
        _drop(tx, row)
    tx.emit(EmojisChanged())
    return Outcome(None)


def brought(tx: Tx, post: PostRow, poll: PollRow | None) -> tuple[EmojiRow, ...]:
    """The emojis in the words of a post of ours; a project gets its copies of those that it has not."""
    names = shortcodes_in(post.content, post.spoiler, *_titles(poll))
    return tuple(_brought(tx, names, post.space)) if names else ()


def for_space(tx: Tx, shortcode: str, space: str) -> EmojiRow | None:
    """One emoji of ours in a space; a project gets its copy of one that it has not."""
    return next(iter(_brought(tx, frozenset({shortcode}), space)), None)


def _brought(tx: Tx, names: frozenset[str], space: str) -> list[EmojiRow]:
    here = emojis.named(tx, names, hosts=[tx.home.host], spaces=[space])
    missing = names - {row.shortcode for row in here}
    if space != INTERNAL and missing:
        ours = emojis.named(tx, missing, hosts=[tx.home.host], spaces=[INTERNAL])
        here += [_copied(tx, row, space) for row in ours]
    return sorted(here, key=lambda row: row.shortcode)


def written(tx: Tx, post: PostRow, poll: PollRow | None) -> tuple[EmojiRow, ...]:
    """The emojis in the words of a post of ours, as far as its space has them; writes nothing."""
    names = shortcodes_in(post.content, post.spoiler, *_titles(poll))
    rows = emojis.named(tx, names, hosts=[tx.home.host], spaces=[post.space]) if names else []
    return tuple(sorted(rows, key=lambda row: row.shortcode))


def receive(tx: Tx, author: ActorRow, space: str, told: Iterable[ToldEmoji]) -> None:
    """Note the emojis of a partner's post, and ask for the pictures that are new."""
    for shortcode, picture in told:
        known = emojis.named(tx, [shortcode], hosts=[author.host], spaces=[space])
        if known and known[0].iri == picture.iri:
            continue
        row = MediaRow(
            **picture._asdict(),
            id=ids.snowflake(tx.now_ms),
            owner_id=author.id,
            post_id=None,
            position=0,
            path=None,
            state="wanted",
            created_at_ms=tx.now_ms,
            purpose="emoji",
            link_key=secrets.token_urlsafe(24),
        )
        if not pictures.insert_one(tx, row):
            continue
        for old in known:
            _drop(tx, old)
            tx.emit(EmojisChanged())  # what showed the old picture shows none until the new one is here
        ids.mint(tx, row.iri, kind="media", space=space, label=LABEL)
        emojis.insert_one(tx, _row(tx, shortcode, author.host, space, row))
        tx.emit(MediaWanted(row.id))


def _titles(poll: PollRow | None) -> list[str]:
    return [title for title, _ in poll.options()] if poll else []


def _copied(tx: Tx, row: EmojiRow, space: str) -> EmojiRow:
    source = pictures.by_id(tx, row.media_id)
    assert source is not None
    copy = media.copied_for(tx, source)
    ids.mint(tx, copy.iri, kind="media", space=space, label=LABEL)
    made = _row(tx, row.shortcode, row.host, space, copy)
    emojis.insert_one(tx, made)
    tx.emit(EmojisChanged())  # what was written in the project before there was such a picture shows it now
    return made


def _drop(tx: Tx, row: EmojiRow) -> None:
    emojis.remove(tx, row.id)
    pictures.drop(tx, row.media_id)


def _row(tx: Tx, shortcode: str, host: str, space: str, picture: MediaRow) -> EmojiRow:
    return EmojiRow(
        id=ids.snowflake(tx.now_ms),
        shortcode=shortcode,
        host=host,
        space=space,
        category="",
        is_listed=1,
        media_id=picture.id,
        created_at_ms=tx.now_ms,
        iri=picture.iri,
        media_type=picture.media_type,
        sha256=picture.sha256,
        size_bytes=picture.size_bytes,
        link_key=picture.link_key,
        state=picture.state,
    )
