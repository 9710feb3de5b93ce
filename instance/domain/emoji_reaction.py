"""Emojis under posts. The rule kept here: an emoji lives in the space of its post, as a favourite does; its author hears of it as of a favourite, once for each person.

A company's own emoji is named with its company ("bolt@globex.example"): two companies may have different ones of one name.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from federation.document import Document, text_of
from instance.domain import emoji, render, timeline
from instance.domain.character import is_character
from instance.domain.compose import AsksGate
from instance.domain.outcome import Outcome
from instance.domain.place import writer_of
from instance.domain.post import check_open, draft_of, mint_activity, readable
from instance.errors import BadInput
from instance.events import PostChanged
from instance.storage import emoji_reactions, emojis, notifications, reactions
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.emoji_reactions import Count, EmojiReactionRow
from instance.storage.emojis import EmojiRow
from instance.storage.posts import PostRow

OF_ONE_LIMIT = 8  # different ones by one person under one post
NAME_LIMIT_CHARS = 64
_SHORTCODE = re.compile(r":([a-zA-Z0-9_]{2,64})(?:@[\w.:-]*)?:")  # Misskey writes ":bolt@.:" of its own
_HEART = "❤"  # what a Misskey says for a favourite


def react(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int, name: str) -> Outcome[PostRow]:
    """Put an emoji under a post, once: a character, or the name of one of our own. Raises BadInput, CannotPublish, NotFound."""
    post, plain = readable(tx, actor, post_id), _own_name(tx, name)
    mine = emoji_reactions.of_one(tx, post.id, actor.id)
    if not (is_character(name) or _ours(tx, plain)):
        raise BadInput("name", "Name is not a recognized emoji")
    named = name if is_character(name) else f"{plain}@{tx.home.host}"
    if any(row.name == named for row in mine):
        return Outcome(post)
    if len(mine) >= OF_ONE_LIMIT:
        raise BadInput("name", "Limit of different reactions reached")
    check_open(tx, gate, writer_of(tx, actor), post)
    row = EmojiReactionRow(post.id, actor.id, named, mint_activity(tx, "emojireact", post), tx.now_ms)
    enter(tx, row, post)
    drawn = emoji.for_space(tx, plain, post.space) if named != name else None
    return Outcome(post, (draft_of(_said(row, post, actor, drawn), post.space),))


def unreact(tx: Tx, gate: AsksGate, actor: ActorRow, post_id: int, name: str) -> Outcome[PostRow]:
    """Take one's emoji back; nothing happens without one. Raises CannotPublish, NotFound."""
    post = readable(tx, actor, post_id)
    names = {name, f"{_own_name(tx, name)}@{tx.home.host}"}
    row = next((row for row in emoji_reactions.of_one(tx, post.id, actor.id) if row.name in names), None)
    if row is None:
        return Outcome(post)
    check_open(tx, gate, writer_of(tx, actor), post)
    leave(tx, row)
    undo = render.undo(_said(row, post, actor, None), iri=mint_activity(tx, "undo", post), at_ms=tx.now_ms)
    return Outcome(post, (draft_of(undo, post.space),))


def _said(row: EmojiReactionRow, post: PostRow, actor: ActorRow, drawn: EmojiRow | None) -> Document:
    content = row.name if is_character(row.name) else f":{row.name.partition('@')[0]}:"
    return render.emoji_react(post, actor, content=content, drawn=drawn, iri=row.iri, at_ms=row.created_at_ms)


def _own_name(tx: Tx, name: str) -> str:
    """The name of an emoji of ours as an app may write it: bare, between colons, or with our host."""
    return name.strip(":").removesuffix(f"@{tx.home.host}")


def _ours(tx: Tx, name: str) -> bool:
    return any(row.shortcode == name for row in emojis.own(tx))


def enter(tx: Tx, row: EmojiReactionRow, post: PostRow) -> None:
    """Write an emoji, ours or a partner's, with a word to the author when it is that person's first sign; a second one changes nothing."""
    is_first = not emoji_reactions.of_one(tx, post.id, row.actor_id)
    if not emoji_reactions.add(tx, row):
        return
    if is_first and reactions.favourite_by(tx, row.actor_id, post.id) is None:
        timeline.tell_author(tx, "favourite", post, actor_id=row.actor_id)
    tx.emit(PostChanged(post.id))


def leave(tx: Tx, row: EmojiReactionRow) -> None:
    """Remove an emoji, ours or a partner's; with the last sign of that person what the author was told."""
    if not emoji_reactions.drop(tx, row):
        return
    left = emoji_reactions.of_one(tx, row.post_id, row.actor_id)
    if not left and reactions.favourite_by(tx, row.actor_id, row.post_id) is None:
        notifications.take_back(tx, "favourite", actor_id=row.actor_id, post_id=row.post_id)
    tx.emit(PostChanged(row.post_id))


def name_and_host(name: str) -> tuple[str, str]:
    """The name of a drawn emoji and the company whose it is; of a character there is no company."""
    plain, _, host = name.partition("@")
    return plain, host


def drawn_of(
    tx: Tx, counted: Mapping[int, Sequence[Count]], spaces: Mapping[int, str]
) -> dict[int, dict[str, EmojiRow]]:
    """The pictures of the drawn emojis under each post, by its id and their names, in one query; `spaces` are those of the posts."""
    named = {
        one.name: name_and_host(one.name) for counts in counted.values() for one in counts if "@" in one.name
    }
    if not named:
        return {}
    rows = emojis.named(
        tx,
        {plain for plain, _ in named.values()},
        hosts={host for _, host in named.values()},
        spaces=set(spaces.values()),
    )
    ready = {(row.space, row.shortcode, row.host): row for row in rows if row.state == "ready"}
    return {
        post_id: {
            one.name: ready[spaces[post_id], *named[one.name]]
            for one in counts
            if one.name in named and (spaces[post_id], *named[one.name]) in ready
        }
        for post_id, counts in counted.items()
    }


def emoji_of(document: Document) -> str | None:
    """What an EmojiReact or a Misskey's Like says: a character, or the name of a drawn emoji between colons; None for any other words."""
    said: Any = text_of(document.get("content")) or text_of(document.get("_misskey_reaction"))
    words = said.strip()[: NAME_LIMIT_CHARS + 1]
    if len(words) > NAME_LIMIT_CHARS or not words:
        return None
    found = _SHORTCODE.fullmatch(words)
    return f":{found[1]}:" if found else (words if is_character(words) else None)


def is_reaction(document: Document) -> bool:
    """Whether a Like says which emoji is meant; a plain heart is how some servers say a favourite."""
    said = emoji_of(document)
    return said is not None and said.rstrip("\ufe0f") != _HEART
