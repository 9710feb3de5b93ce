"""Quotes as rows. The rule kept here: what a viewer is told of a quoted post begins with whether that viewer may read it."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Integer, and_, bindparam, delete, exists, select, update
from sqlalchemy import cast as sql_cast

from instance.storage.database import Command, Query, Tx
from instance.storage.people_tables import Block, DomainBlock, Mute
from instance.storage.quote_tables import Quote
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Actor, Post
from instance.storage.visible import visible_to
from instance.storage.window import PostId, Window, paged


class QuoteRow(NamedTuple):
    """A quote. All columns of the table, in order."""

    post_id: int
    quoted_id: int | None
    quoted_iri: str
    state: str
    stamp_iri: str


class QuoteSeen(NamedTuple):
    """A quote as one viewer may see it: the last five are 0 or 1, of what is quoted and its author."""

    post_id: int
    quoted_id: int | None
    state: str
    is_deleted: int
    is_readable: int
    is_blocked: int
    is_domain_blocked: int
    is_muted: int


_q, _post, _actor = columns(Quote), columns(Post), columns(Actor)
_mute, _block, _domain = columns(Mute), columns(Block), columns(DomainBlock)
_posts, _quoted = table(Post), table(Post).alias("quoted")
_VIEWER: BindParameter[int] = bindparam("viewer_id")


def _is(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return sql_cast(condition, Integer)


_OF_POSTS = Query(select(*_q).where(in_list(_q.post_id, "post_ids")), QuoteRow)
_SEEN = Query(
    select(
        _q.post_id,
        _q.quoted_id,
        _q.state,
        _is(_quoted.c.deleted_at_ms.is_not(None)),
        _is(and_(_quoted.c.id.is_not(None), visible_to(_quoted))),
        _is(exists().where(_block.owner_id == _VIEWER, _block.actor_id == _quoted.c.author_id)),
        _is(
            exists().where(
                _domain.owner_id == _VIEWER, _domain.host == _actor.host, _actor.id == _quoted.c.author_id
            )
        ),
        _is(exists().where(_mute.owner_id == _VIEWER, _mute.actor_id == _quoted.c.author_id)),
    )
    .outerjoin_from(table(Quote), _quoted, _quoted.c.id == _q.quoted_id)
    .where(in_list(_q.post_id, "post_ids")),
    QuoteSeen,
)
_QUOTING = Query(select(*_q).where(_q.quoted_id == bindparam("quoted_id")), QuoteRow)
_WAITING = Query(
    select(*_q).where(_q.quoted_iri == bindparam("quoted_iri"), _q.quoted_id.is_(None)), QuoteRow
)
_LIST = paged(
    select(_q.post_id)
    .join_from(table(Quote), _posts, _post.id == _q.post_id)
    .where(_q.quoted_id == bindparam("quoted_id"), _q.state == "accepted", visible_to(_posts)),
    _q.post_id,
    PostId,
)
_ADD = Command(insert_or_ignore(Quote))
_DROP = Command(delete(Quote).where(_q.post_id == bindparam("of_post")))
_PUT = Command(
    update(Quote)
    .where(_q.post_id == bindparam("of_post"))
    .values(
        quoted_id=bindparam("new_quoted_id"),
        state=bindparam("new_state"),
        stamp_iri=bindparam("new_stamp_iri"),
    )
)
_SET_POLICY = Command(
    update(Post).where(_post.id == bindparam("of_post")).values(quote_policy=bindparam("new_policy"))
)


def of_post(tx: Tx, post_id: int) -> QuoteRow | None:
    """What a post quotes."""
    return tx.first(_OF_POSTS, post_ids=array([post_id]))


def seen(tx: Tx, post_ids: Iterable[int], viewer_id: int) -> dict[int, QuoteSeen]:
    """What these posts quote, by the id of the post that quotes, as the viewer may see it."""
    return {row.post_id: row for row in tx.all(_SEEN, post_ids=array(post_ids), viewer_id=viewer_id)}


def quoting(tx: Tx, quoted_id: int) -> list[QuoteRow]:
    """Every quote of a post, whatever came of it."""
    return tx.all(_QUOTING, quoted_id=quoted_id)


def waiting(tx: Tx, quoted_iri: str) -> list[QuoteRow]:
    """Quotes of a post that was not here when they came."""
    return tx.all(_WAITING, quoted_iri=quoted_iri)


def page(tx: Tx, quoted_id: int, viewer_id: int, window: Window) -> list[int]:
    """Ids of the posts that quote a post, as far as the viewer may read them, newest first."""
    return _LIST.ids(tx, window, quoted_id=quoted_id, viewer_id=viewer_id)


def add(tx: Tx, row: QuoteRow) -> bool:
    """Write a new quote; False when the post quotes already."""
    return tx.run(_ADD, **row._asdict()) == 1


def put(tx: Tx, row: QuoteRow) -> None:
    """Write what became of a quote."""
    tx.run(
        _PUT,
        of_post=row.post_id,
        new_quoted_id=row.quoted_id,
        new_state=row.state,
        new_stamp_iri=row.stamp_iri,
    )


def drop(tx: Tx, post_id: int) -> None:
    """Remove the quote of a post that is deleted."""
    tx.run(_DROP, of_post=post_id)


def set_policy(tx: Tx, post_id: int, policy: str) -> None:
    """Write who may quote a post: public, followers or nobody."""
    tx.run(_SET_POLICY, of_post=post_id, new_policy=policy)
