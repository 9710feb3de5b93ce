"""What employees sign in with. The rule kept here: only persons of this company have a login, and a disabled one has none that works."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, or_, select, update

from instance.storage.access_tables import Login, OauthCode, OauthToken, Session
from instance.storage.database import Command, Query, Tx
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Actor


class LoginRow(NamedTuple):
    """A login. All columns of the table, in order. `email` is in lower case, or empty."""

    actor_id: int
    email: str
    password_hash: str
    is_admin: int
    locale: str
    created_at_ms: int
    last_sign_in_at_ms: int | None


class _Holder(NamedTuple):
    actor_id: int


_c, _actor = columns(Login), columns(Actor)
_token, _code, _session = columns(OauthToken), columns(OauthCode), columns(Session)
_THIS = _c.actor_id == bindparam("of_id")
_OF = Query(select(*_c).where(_THIS), LoginRow)
_OF_SEVERAL = Query(select(*_c).where(in_list(_c.actor_id, "actor_ids")), LoginRow)
_BY_NAME = Query(
    select(*_c)
    .join(table(Actor), _actor.id == _c.actor_id)
    .where(
        _actor.state == "active",
        or_(
            (_actor.username == bindparam("name")) & (_actor.host == bindparam("host")),
            (_c.email == bindparam("name")) & (_c.email != ""),
        ),
    ),
    LoginRow,
)
_ADMINS = Query(
    select(*_c)
    .join(table(Actor), _actor.id == _c.actor_id)
    .where(_c.is_admin == 1, _actor.state == "active")
    .order_by(_c.actor_id),
    LoginRow,
)
_TAKEN = Query(select(_c.actor_id).where(_c.email == bindparam("email")).limit(1), _Holder)
_INSERT = Command(insert(table(Login)))
_SET_PASSWORD = Command(update(table(Login)).where(_THIS).values(password_hash=bindparam("new_hash")))
_SET_ADMIN = Command(update(table(Login)).where(_THIS).values(is_admin=bindparam("new_is_admin")))
_SET_LOCALE = Command(update(table(Login)).where(_THIS).values(locale=bindparam("new_locale")))
_SET_EMAIL = Command(update(table(Login)).where(_THIS).values(email=bindparam("new_email")))
_SIGNED_IN = Command(update(table(Login)).where(_THIS).values(last_sign_in_at_ms=bindparam("at_ms")))
_REVOKE_TOKENS = Command(
    update(table(OauthToken))
    .where(_token.actor_id == bindparam("of_id"), _token.revoked_at_ms.is_(None))
    .values(revoked_at_ms=bindparam("at_ms"))
)
_DROP_CODES = Command(delete(table(OauthCode)).where(_code.actor_id == bindparam("of_id")))
_DROP_SESSIONS = Command(delete(table(Session)).where(_session.actor_id == bindparam("of_id")))


def login_of(tx: Tx, actor_id: int) -> LoginRow | None:
    """The login of a person, whatever the person's state."""
    return tx.first(_OF, of_id=actor_id)


def logins_of(tx: Tx, actor_ids: Iterable[int]) -> dict[int, LoginRow]:
    """The logins of these people, as far as they have one, by the person's id."""
    return {row.actor_id: row for row in tx.all(_OF_SEVERAL, actor_ids=array(actor_ids))}


def login_by_name(tx: Tx, name_or_email: str) -> LoginRow | None:
    """The login of an active person by username or address, in lower or upper case."""
    return tx.first(_BY_NAME, name=name_or_email.strip().lower(), host=tx.home.host)


def is_taken(tx: Tx, email: str) -> bool:
    """Whether somebody, disabled persons included, has this address (in lower case)."""
    return tx.first(_TAKEN, email=email) is not None


def admins(tx: Tx) -> list[LoginRow]:
    """The logins of the active administrators."""
    return tx.all(_ADMINS)


def add(tx: Tx, row: LoginRow) -> None:
    """Write a new login."""
    tx.run(_INSERT, **row._asdict())


def set_password(tx: Tx, actor_id: int, password_hash: str) -> None:
    """Write the hash of a new password."""
    tx.run(_SET_PASSWORD, of_id=actor_id, new_hash=password_hash)


def set_admin(tx: Tx, actor_id: int, *, is_admin: bool) -> None:
    """Write whether the person administers the node."""
    tx.run(_SET_ADMIN, of_id=actor_id, new_is_admin=int(is_admin))


def set_locale(tx: Tx, actor_id: int, locale: str) -> None:
    """Write the language of the pages."""
    tx.run(_SET_LOCALE, of_id=actor_id, new_locale=locale)


def set_email(tx: Tx, actor_id: int, email: str) -> None:
    """Write the address, in lower case."""
    tx.run(_SET_EMAIL, of_id=actor_id, new_email=email.lower())


def signed_in(tx: Tx, actor_id: int) -> None:
    """Write that the person signed in now."""
    tx.run(_SIGNED_IN, of_id=actor_id, at_ms=tx.now_ms)


def revoke_access(tx: Tx, actor_id: int) -> None:
    """End every session, token and code of a person at once."""
    tx.run(_REVOKE_TOKENS, of_id=actor_id, at_ms=tx.now_ms)
    tx.run(_DROP_CODES, of_id=actor_id)
    tx.run(_DROP_SESSIONS, of_id=actor_id)
