"""Access tokens as rows. The rule kept here: a token is stored by its SHA-256 only, and a revoked one is found by nobody."""

from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, delete, func, insert, literal, select, update

from instance.storage.access_tables import OauthApp, OauthCode, OauthToken
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


class HeldRow(NamedTuple):
    """A good token of a person, and the application that holds it; 0 and empty for one that belongs to no application."""

    app_id: int
    name: str
    website: str
    scopes: str
    created_at_ms: int


_c, _app, _code = columns(OauthToken), columns(OauthApp), columns(OauthCode)
_PERSON: BindParameter[int] = bindparam("of_person")
_APP_ID: BindParameter[int] = bindparam("of_app")
_OF_PERSON = Query(
    select(
        func.coalesce(_c.app_id, literal(0)),
        func.coalesce(_app.name, literal("")),
        func.coalesce(_app.website, literal("")),
        _c.scopes,
        _c.created_at_ms,
    )
    .join_from(table(OauthToken), table(OauthApp), _app.id == _c.app_id, isouter=True)
    .where(_c.actor_id == _PERSON, _c.revoked_at_ms.is_(None))
    .order_by(_c.id.desc()),
    HeldRow,
)
_REVOKE_APP = Command(
    update(table(OauthToken))
    .where(
        _c.actor_id == _PERSON,
        func.coalesce(_c.app_id, literal(0)) == _APP_ID,
        _c.revoked_at_ms.is_(None),
    )
    .values(revoked_at_ms=bindparam("at_ms"))
)
_DROP_CODES = Command(delete(table(OauthCode)).where(_code.actor_id == _PERSON, _code.app_id == _APP_ID))
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


def of_person(tx: Tx, actor_id: int) -> list[HeldRow]:
    """The good tokens of a person, newest first."""
    return tx.all(_OF_PERSON, of_person=actor_id)


def revoke_app(tx: Tx, actor_id: int, app_id: int) -> int:
    """Make every token and code of a person that this application holds good for nothing; how many tokens."""
    tx.run(_DROP_CODES, of_person=actor_id, of_app=app_id)
    return tx.run(_REVOKE_APP, of_person=actor_id, of_app=app_id, at_ms=tx.now_ms)


def forget(tx: Tx, *, before_ms: int) -> int:
    """Drop tokens revoked before a time; how many."""
    return tx.run(_FORGET, before_ms=before_ms)
