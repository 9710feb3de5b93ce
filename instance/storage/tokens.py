"""Access tokens as rows. The rule kept here: a token is stored by its SHA-256 only, and a revoked one is found by nobody."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from instance.storage.access_tables import OauthToken
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table


class TokenRow(NamedTuple):
    """A token that is good. Without an actor it speaks for its application alone."""

    id: int
    token_hash: str
    app_id: int | None
    actor_id: int | None
    scopes: str
    created_at_ms: int


_c = columns(OauthToken)
_GOOD = select(*(_c[name] for name in TokenRow._fields)).where(_c.revoked_at_ms.is_(None))
_BY_HASH = Query(_GOOD.where(_c.token_hash == bindparam("token_hash")), TokenRow)
_INSERT = Command(insert(table(OauthToken)))
_REVOKE = Command(
    update(table(OauthToken))
    .where(_c.id == bindparam("token_id"), _c.revoked_at_ms.is_(None))
    .values(revoked_at_ms=bindparam("at_ms"))
)
_FORGET = Command(delete(table(OauthToken)).where(_c.revoked_at_ms < bindparam("before_ms")))


def by_hash(tx: Tx, token_hash: str) -> TokenRow | None:
    """The good token with this hash."""
    return tx.first(_BY_HASH, token_hash=token_hash)


def add(tx: Tx, row: TokenRow) -> None:
    """Write a new token."""
    tx.run(_INSERT, **row._asdict())


def revoke(tx: Tx, token_id: int) -> bool:
    """Make a token good for nothing; False when it was already, or never was."""
    return tx.run(_REVOKE, token_id=token_id, at_ms=tx.now_ms) == 1


def forget(tx: Tx, *, before_ms: int) -> int:
    """Drop tokens revoked before a time; how many."""
    return tx.run(_FORGET, before_ms=before_ms)
