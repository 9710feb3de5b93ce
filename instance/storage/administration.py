"""Persons as IT looks for them: our own and partners', by what is known of them. The rule kept here: what is asked are accounts, never what somebody wrote."""

from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select

from instance.storage.access_tables import Login
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.sql import columns, table
from instance.storage.tables import Actor
from instance.storage.window import Window, paged


class Wanted(NamedTuple):
    """What IT looks for; nothing said of a part means whatever it is. `role` is "admin" or "user", `origin` "local" or "remote"."""

    origin: str = ""
    state: str = ""
    role: str = ""
    username: str = ""
    display_name: str = ""
    host: str = ""
    email: str = ""


_a, _login = columns(Actor), columns(Login)
_local = _a.host == bindparam("home")
_FOUND = paged(
    select(*(_a[name] for name in ActorRow._fields))
    .outerjoin_from(table(Actor), table(Login), _login.actor_id == _a.id)
    .where(
        _a.kind == "person",
        or_(
            bindparam("origin") == "",
            and_(bindparam("origin") == "local", _local),
            and_(bindparam("origin") == "remote", ~_local),
        ),
        or_(
            bindparam("state") == "",
            and_(bindparam("state") == "active", _a.state == "active"),
            and_(bindparam("state") == "closed", _a.state != "active"),
        ),
        or_(
            bindparam("role") == "",
            and_(bindparam("role") == "admin", _login.is_admin == 1),
            and_(bindparam("role") == "user", _login.is_admin == 0),
        ),
        func.lower(_a.username).like(bindparam("username"), escape="\\"),
        func.lower(_a.display_name).like(bindparam("display_name"), escape="\\"),
        or_(bindparam("host") == "", _a.host == bindparam("host")),
        or_(bindparam("email") == "%", _login.email.like(bindparam("email"), escape="\\")),
    ),
    _a.id,
    ActorRow,
)


def find(tx: Tx, wanted: Wanted, window: Window) -> list[ActorRow]:
    """Persons that fit, the latest known first."""
    return _FOUND.rows(
        tx,
        window,
        home=tx.home.host,
        origin=wanted.origin,
        state=wanted.state,
        role=wanted.role,
        username=_starts(wanted.username),
        display_name=_starts(wanted.display_name),
        host=wanted.host.lower(),
        email=_starts(wanted.email),
    )


def _starts(text: str) -> str:
    literal = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{literal}%"
