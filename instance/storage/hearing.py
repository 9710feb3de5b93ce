"""Whom a person would rather not hear: mutes, blocks, companies, conversations, as rows. The rule kept here: nobody learns of it, but for who is blocked."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, literal, or_, select, union_all

from instance.storage.database import Command, Query, Tx
from instance.storage.people_tables import Block, DomainBlock, Mute, ThreadMute
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table, upsert
from instance.storage.tables import Actor, Post
from instance.storage.visible import blocks_company_of, deaf_to
from instance.storage.window import Window, paged


class MuteRow(NamedTuple):
    """A mute: `notifications` says whether these are meant as well, `until_ms` when it ends."""

    id: int
    owner_id: int
    actor_id: int
    notifications: int
    until_ms: int | None


class BlockRow(NamedTuple):
    """A block."""

    id: int
    owner_id: int
    actor_id: int


class DomainRow(NamedTuple):
    """A company that somebody does not want to read."""

    id: int
    owner_id: int
    host: str


class Silences(NamedTuple):
    """How a viewer stands with some actors: mutes by actor, who is blocked, who blocks the viewer, whose company is blocked."""

    mutes: dict[int, MuteRow]
    blocking: frozenset[int]
    blocked_by: frozenset[int]
    domain_blocking: frozenset[int]


class _Mark(NamedTuple):
    kind: int
    actor_id: int


class _Id(NamedTuple):
    id: int


_mute, _block, _domain = columns(Mute), columns(Block), columns(DomainBlock)
_thread, _actor, _post = columns(ThreadMute), columns(Actor), columns(Post)
_OWNER = bindparam("owner_id", type_=_actor.id.type)
_OTHER = bindparam("actor_id", type_=_actor.id.type)

_MUTES = paged(select(*_mute).where(_mute.owner_id == _OWNER), _mute.id, MuteRow)
_BLOCKS = paged(select(*_block).where(_block.owner_id == _OWNER), _block.id, BlockRow)
_DOMAINS = paged(select(*_domain).where(_domain.owner_id == _OWNER), _domain.id, DomainRow)
_MUTES_OF = Query(
    select(*_mute).where(_mute.owner_id == _OWNER, in_list(_mute.actor_id, "actor_ids")), MuteRow
)
_MARKS = Query(
    union_all(
        select(literal(0), _block.actor_id).where(
            _block.owner_id == _OWNER, in_list(_block.actor_id, "actor_ids")
        ),
        select(literal(1), _block.owner_id).where(
            _block.actor_id == _OWNER, in_list(_block.owner_id, "actor_ids")
        ),
        select(literal(2), _actor.id)
        .join(table(DomainBlock), _domain.host == _actor.host)
        .where(_domain.owner_id == _OWNER, in_list(_actor.id, "actor_ids")),
    ),
    _Mark,
)
_BLOCKED = Query(select(*_block).where(_block.owner_id == _OWNER, _block.actor_id == _OTHER), BlockRow)
_DUE = Query(select(*_mute).where(_mute.until_ms <= bindparam("now_ms")), MuteRow)


_owners = in_list(_actor.id, "owners")
_mutes_notifications = exists().where(
    _mute.owner_id == _actor.id, _mute.actor_id == _OTHER, _mute.notifications == 1
)
_mutes_thread = exists().where(
    _thread.owner_id == _actor.id, _post.id == bindparam("post_id"), _thread.thread_id == _post.thread_id
)
_blocks_other = exists().where(_block.owner_id == _actor.id, _block.actor_id == _OTHER)
_is_blocked_by = exists().where(_block.owner_id == _OTHER, _block.actor_id == _actor.id)
_deaf, _blocks_company = deaf_to(_actor.id, _OTHER), blocks_company_of(_actor.id, _OTHER)
_DEAF = Query(select(_actor.id).where(_owners, _deaf), _Id)
_APART = Query(select(_actor.id).where(_owners, or_(_deaf, _is_blocked_by)), _Id)
_UNTOLD = Query(
    select(_actor.id).where(
        _owners, or_(_mutes_notifications, _mutes_thread, _blocks_other, _blocks_company)
    ),
    _Id,
)
_PUT_MUTE = Command(upsert(Mute, ["owner_id", "actor_id"], ["notifications", "until_ms"]))
_DROP_MUTE = Command(delete(Mute).where(_mute.owner_id == _OWNER, _mute.actor_id == _OTHER))
_ADD_BLOCK = Command(insert_or_ignore(Block))
_DROP_BLOCK = Command(delete(Block).where(_block.owner_id == _OWNER, _block.actor_id == _OTHER))
_ADD_DOMAIN = Command(insert_or_ignore(DomainBlock))
_DROP_DOMAIN = Command(
    delete(DomainBlock).where(_domain.owner_id == _OWNER, _domain.host == bindparam("host"))
)
_ADD_THREAD = Command(insert_or_ignore(ThreadMute))
_DROP_THREAD = Command(
    delete(ThreadMute).where(_thread.owner_id == _OWNER, _thread.thread_id == bindparam("thread_id"))
)


def mutes(tx: Tx, owner_id: int, window: Window) -> list[MuteRow]:
    """Whom the owner has muted, the latest first."""
    return _MUTES.rows(tx, window, owner_id=owner_id)


def blocks(tx: Tx, owner_id: int, window: Window) -> list[BlockRow]:
    """Whom the owner has blocked, the latest first."""
    return _BLOCKS.rows(tx, window, owner_id=owner_id)


def domains(tx: Tx, owner_id: int, window: Window) -> list[DomainRow]:
    """The companies that the owner does not want to read, the latest first."""
    return _DOMAINS.rows(tx, window, owner_id=owner_id)


def silences_of(tx: Tx, viewer_id: int, actor_ids: Iterable[int]) -> Silences:
    """How the viewer stands with these actors, in two queries."""
    wanted = array(actor_ids)
    muted = {row.actor_id: row for row in tx.all(_MUTES_OF, owner_id=viewer_id, actor_ids=wanted)}
    found: tuple[set[int], set[int], set[int]] = set(), set(), set()
    for mark in tx.all(_MARKS, owner_id=viewer_id, actor_ids=wanted):
        found[mark.kind].add(mark.actor_id)
    return Silences(muted, *map(frozenset, found))


def is_blocked(tx: Tx, owner_id: int, actor_id: int) -> bool:
    """Whether the owner has blocked the actor."""
    return tx.first(_BLOCKED, owner_id=owner_id, actor_id=actor_id) is not None


def deaf(tx: Tx, owner_ids: Iterable[int], actor_id: int) -> frozenset[int]:
    """Those of these people who do not want to read the actor."""
    return frozenset(row.id for row in tx.all(_DEAF, owners=array(owner_ids), actor_id=actor_id))


def apart(tx: Tx, viewer_ids: Iterable[int], author_id: int) -> frozenset[int]:
    """Those of these people who do not want to read the author, or whom the author has blocked."""
    return frozenset(row.id for row in tx.all(_APART, owners=array(viewer_ids), actor_id=author_id))


def untold(tx: Tx, owner_ids: Iterable[int], actor_id: int, *, post_id: int | None) -> frozenset[int]:
    """Those of these people who do not want to be told of what the actor does, or of anything about the post."""
    params = {"owners": array(owner_ids), "actor_id": actor_id, "post_id": post_id or 0}
    return frozenset(row.id for row in tx.all(_UNTOLD, **params))


def due(tx: Tx) -> list[MuteRow]:
    """The mutes whose time is over."""
    return tx.all(_DUE, now_ms=tx.now_ms)


def put_mute(tx: Tx, row: MuteRow) -> None:
    """Write a mute, or how it is meant from now on."""
    tx.run(_PUT_MUTE, **row._asdict())


def drop_mute(tx: Tx, owner_id: int, actor_id: int) -> bool:
    """Remove a mute; False when there is none."""
    return tx.run(_DROP_MUTE, owner_id=owner_id, actor_id=actor_id) == 1


def add_block(tx: Tx, row: BlockRow) -> bool:
    """Write a block; False when there is one already."""
    return tx.run(_ADD_BLOCK, **row._asdict()) == 1


def drop_block(tx: Tx, owner_id: int, actor_id: int) -> bool:
    """Remove a block; False when there is none."""
    return tx.run(_DROP_BLOCK, owner_id=owner_id, actor_id=actor_id) == 1


def add_domain(tx: Tx, row: DomainRow) -> bool:
    """Write that a company is not to be read; False when that is so already."""
    return tx.run(_ADD_DOMAIN, **row._asdict()) == 1


def drop_domain(tx: Tx, owner_id: int, host: str) -> bool:
    """Read a company again; False when it was not blocked."""
    return tx.run(_DROP_DOMAIN, owner_id=owner_id, host=host) == 1


def mute_thread(tx: Tx, owner_id: int, thread_id: int) -> None:
    """Write that a conversation is not to be heard of."""
    tx.run(_ADD_THREAD, owner_id=owner_id, thread_id=thread_id)


def unmute_thread(tx: Tx, owner_id: int, thread_id: int) -> None:
    """Hear of a conversation again."""
    tx.run(_DROP_THREAD, owner_id=owner_id, thread_id=thread_id)
