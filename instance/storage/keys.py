"""Keys by actor. The rule kept here: a private key is read by the one function that says so, and stands in no other row type."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table, upsert
from instance.storage.tables import ActorKey

RSA, ED25519 = "rsa", "ed25519"


class KeyRow(NamedTuple):
    """A public key, PEM. `kind` is "rsa" or "ed25519"."""

    key_iri: str
    actor_iri: str
    kind: str
    public_pem: str
    created_at_ms: int


class _Private(NamedTuple):
    private_pem: str | None


_c = columns(ActorKey)
_PUBLIC = select(*(_c[name] for name in KeyRow._fields))
_OF_ACTOR = Query(_PUBLIC.where(_c.actor_iri == bindparam("actor_iri")).order_by(_c.key_iri), KeyRow)
_BY_IRI = Query(_PUBLIC.where(_c.key_iri == bindparam("key_iri")), KeyRow)
_PRIVATE = Query(
    select(_c.private_pem).where(_c.actor_iri == bindparam("actor_iri"), _c.kind == bindparam("kind")),
    _Private,
)
_INSERT = Command(insert(table(ActorKey)))
_PUT = Command(upsert(ActorKey, ["key_iri"], ("kind", "public_pem", "created_at_ms")))
_FORGET = Command(
    delete(table(ActorKey)).where(_c.actor_iri == bindparam("actor_iri"), _c.private_pem.is_(None))
)


def keys_of(tx: Tx, actor_iri: str) -> list[KeyRow]:
    """The public keys of an actor."""
    return tx.all(_OF_ACTOR, actor_iri=actor_iri)


def key_by_iri(tx: Tx, key_iri: str) -> KeyRow | None:
    """The public key with this id."""
    return tx.first(_BY_IRI, key_iri=key_iri)


def key_of(tx: Tx, actor_iri: str, kind: str) -> KeyRow | None:
    """The public key of one kind that an actor has."""
    return next((row for row in keys_of(tx, actor_iri) if row.kind == kind), None)


def private_pem(tx: Tx, actor_iri: str, kind: str) -> str | None:
    """The private key of one of our own actors, PEM (PKCS #8)."""
    row = tx.first(_PRIVATE, actor_iri=actor_iri, kind=kind)
    return None if row is None else row.private_pem


def add_own(tx: Tx, row: KeyRow, private: str) -> None:
    """Write a key pair of one of our own actors."""
    tx.run(_INSERT, **row._asdict(), private_pem=private)


def replace_partners(tx: Tx, actor_iri: str, rows: list[KeyRow]) -> None:
    """Make `rows` all the keys we know of a partner's actor. A key of our own is never touched."""
    tx.run(_FORGET, actor_iri=actor_iri)
    for row in rows:
        tx.run(_PUT, **row._asdict())
