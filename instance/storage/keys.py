"""Keys by actor. The rule kept here: a private key is read by the one function that says so, and stands in no other row type.

A key that ceases to sign keeps its row: what was proven with it before still can be checked. Its private half is gone at once.
"""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, null, or_, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, table, upsert
from instance.storage.tables import ActorKey

RSA, ED25519 = "rsa", "ed25519"
FORMER_MOST = 16


class KeyRow(NamedTuple):
    """A public key, PEM. `kind` is "rsa" or "ed25519"; from `ends_at_ms` on nothing counts that it signs.

    `asked_at_ms`: when its actor's own host showed it to us, as long as nothing that the actor said in a log has named it.
    """

    key_iri: str
    actor_iri: str
    kind: str
    public_pem: str
    created_at_ms: int
    ends_at_ms: int | None = None
    asked_at_ms: int | None = None


class PrivateKeyRow(NamedTuple):
    """The private key in use of one of our own actors, PEM (PKCS #8), and its id."""

    key_iri: str
    private_pem: str


_c = columns(ActorKey)
_PUBLIC = select(*(_c[name] for name in KeyRow._fields))
_THIS_ACTOR = _c.actor_iri == bindparam("actor_iri")
_OF_ACTOR = Query(_PUBLIC.where(_THIS_ACTOR).order_by(_c.created_at_ms, _c.key_iri), KeyRow)
_BY_IRI = Query(_PUBLIC.where(_c.key_iri == bindparam("key_iri")), KeyRow)
_PRIVATE = Query(
    select(_c.key_iri, _c.private_pem)
    .where(_THIS_ACTOR, _c.kind == bindparam("kind"), _c.private_pem.is_not(None))
    .order_by(_c.created_at_ms.desc())
    .limit(1),
    PrivateKeyRow,
)
_INSERT = Command(insert(table(ActorKey)))
_PUT = Command(upsert(ActorKey, ["key_iri"], ("kind", "public_pem", "ends_at_ms", "asked_at_ms")))
_FORGET = Command(
    delete(table(ActorKey)).where(in_list(_c.key_iri, "key_iris"), _THIS_ACTOR, _c.private_pem.is_(None))
)
_RETIRE = Command(
    update(table(ActorKey))
    .where(_c.key_iri == bindparam("this_key"))
    .values(private_pem=null(), ends_at_ms=bindparam("at_ms"))
)
_CEASE = Command(
    update(table(ActorKey))
    .where(
        _c.key_iri == bindparam("this_key"),
        _c.private_pem.is_(None),
        or_(_c.ends_at_ms.is_(None), _c.ends_at_ms > bindparam("at_ms")),
    )
    .values(ends_at_ms=bindparam("at_ms"))
)
_FORGET_TRANSPORT = Command(
    delete(table(ActorKey)).where(_c.kind == RSA, _c.ends_at_ms <= bindparam("now_ms"))
)


def keys_of(tx: Tx, actor_iri: str) -> list[KeyRow]:
    """The public keys of an actor, those that ceased too, oldest first."""
    return tx.all(_OF_ACTOR, actor_iri=actor_iri)


def key_by_iri(tx: Tx, key_iri: str) -> KeyRow | None:
    """The public key with this id."""
    return tx.first(_BY_IRI, key_iri=key_iri)


def key_of(tx: Tx, actor_iri: str, kind: str) -> KeyRow | None:
    """The public key of one kind that an actor signs with now."""
    found = [row for row in keys_of(tx, actor_iri) if row.kind == kind]
    in_use = [row for row in found if row.ends_at_ms is None]
    return next(iter(in_use[::-1] or found[::-1]), None)


def private_key(tx: Tx, actor_iri: str, kind: str) -> PrivateKeyRow | None:
    """The private key with which one of our own actors signs."""
    return tx.first(_PRIVATE, actor_iri=actor_iri, kind=kind)


def add_own(tx: Tx, row: KeyRow, private: str) -> None:
    """Write a key pair of one of our own actors."""
    tx.run(_INSERT, **row._asdict(), private_pem=private)


def retire_own(tx: Tx, key_iri: str, *, at_ms: int) -> None:
    """Sign no more with a key of our own: its private half is gone, what others see of it ends at that moment."""
    tx.run(_RETIRE, this_key=key_iri, at_ms=at_ms)


def put_partners(tx: Tx, actor_iri: str, rows: list[KeyRow], *, asked: bool) -> None:
    """Make `rows` the keys that a partner's actor has; those it had and has no more cease now. A key of our own is never touched.

    `asked`: its host has just shown them. Else the actor said so in a log, some time ago perhaps: what the host has shown since, and no
    entry has named yet, is newer; and no entry makes a key count again, or longer.
    """
    known = {row.key_iri: row for row in keys_of(tx, actor_iri)}
    listed = {row.key_iri for row in rows}
    gone = [row for row in known.values() if row.key_iri not in listed and (asked or row.asked_at_ms is None)]
    for former in gone:
        tx.run(_CEASE, this_key=former.key_iri, at_ms=tx.now_ms)
    for row in rows:
        merged = row._replace(asked_at_ms=tx.now_ms) if asked else _as_said(row, known.get(row.key_iri))
        tx.run(_PUT, **merged._asdict())
    oldest = [row.key_iri for row in gone[: max(0, len(gone) - FORMER_MOST)]]
    if oldest:
        tx.run(_FORGET, actor_iri=actor_iri, key_iris=array(oldest))


def _as_said(row: KeyRow, known: KeyRow | None) -> KeyRow:
    """A key as an entry names it, with what we knew of it: the earlier end counts, and what the host has shown since."""
    if known is None:
        return row
    if known.asked_at_ms is not None and known.public_pem != row.public_pem:
        return known
    ends = [end for end in (row.ends_at_ms, known.ends_at_ms) if end is not None]
    return row._replace(ends_at_ms=min(ends, default=None))


def forget_transport(tx: Tx) -> None:
    """Forget keys of transport that ceased: no letter is checked twice, so nobody needs them again."""
    tx.run(_FORGET_TRANSPORT, now_ms=tx.now_ms)
