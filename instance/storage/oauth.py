"""Client applications and authorization codes as rows. The rule kept here: secrets and codes are stored by their SHA-256 only."""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from instance.storage.access_tables import OauthApp, OauthCode
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, table


class AppRow(NamedTuple):
    """A client application. `client_secret` is a hash; `redirect_uris` and `scopes` are words separated by spaces."""

    id: int
    client_id: str
    client_secret: str
    name: str
    website: str
    redirect_uris: str
    scopes: str
    created_at_ms: int


class CodeRow(NamedTuple):
    """An authorization code. `challenge` is the PKCE challenge (S256), or empty."""

    code_hash: str
    app_id: int
    actor_id: int
    scopes: str
    redirect_uri: str
    challenge: str
    expires_at_ms: int
    used_at_ms: int | None


_app, _code = columns(OauthApp), columns(OauthCode)
_APP_BY_ID = Query(
    select(*(_app[name] for name in AppRow._fields)).where(_app.id == bindparam("app_id")), AppRow
)
_APP_BY_CLIENT = Query(
    select(*(_app[name] for name in AppRow._fields)).where(_app.client_id == bindparam("client_id")), AppRow
)
_CODE = Query(
    select(*(_code[name] for name in CodeRow._fields)).where(_code.code_hash == bindparam("code_hash")),
    CodeRow,
)
_INSERT_APP = Command(insert(table(OauthApp)))
_INSERT_CODE = Command(insert(table(OauthCode)))
_USE_CODE = Command(
    update(table(OauthCode))
    .where(_code.code_hash == bindparam("this_hash"), _code.used_at_ms.is_(None))
    .values(used_at_ms=bindparam("at_ms"))
)
_FORGET = Command(delete(table(OauthCode)).where(_code.expires_at_ms < bindparam("before_ms")))


def app_by_id(tx: Tx, app_id: int) -> AppRow | None:
    """The application with this row id."""
    return tx.first(_APP_BY_ID, app_id=app_id)


def app_by_client(tx: Tx, client_id: str) -> AppRow | None:
    """The application with this client_id."""
    return tx.first(_APP_BY_CLIENT, client_id=client_id)


def add_app(tx: Tx, row: AppRow) -> None:
    """Write a new application."""
    tx.run(_INSERT_APP, **row._asdict())


def code_by_hash(tx: Tx, code_hash: str) -> CodeRow | None:
    """The code with this hash, used and expired ones included."""
    return tx.first(_CODE, code_hash=code_hash)


def add_code(tx: Tx, row: CodeRow) -> None:
    """Write a new code."""
    tx.run(_INSERT_CODE, **row._asdict())


def use_code(tx: Tx, code_hash: str) -> bool:
    """Write that a code was used; False when it was already."""
    return tx.run(_USE_CODE, this_hash=code_hash, at_ms=tx.now_ms) == 1


def forget_codes(tx: Tx, *, before_ms: int) -> int:
    """Drop the codes that expired before a time, used or not; how many."""
    return tx.run(_FORGET, before_ms=before_ms)
