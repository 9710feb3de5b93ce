"""Entities that only those read who administer the node. The rule kept here: pure; a person of another company has what that company told, and no more."""

from typing import NamedTuple

from instance.home import Home
from instance.storage.actors import ActorRow
from instance.storage.logins import LoginRow
from web.mastodon.entities import Json, timestamp

_MADE_AT = "2026-01-01T00:00:00.000Z"


class PersonFacts(NamedTuple):
    """A person as IT reads of them: the account as rendered, and the login that our own people have."""

    row: ActorRow
    account: Json
    login: LoginRow | None


def role(*, is_admin: bool) -> Json:
    """Role: there are two."""
    return {
        "id": "1" if is_admin else "-99",
        "name": "Admin" if is_admin else "",
        "permissions": "1" if is_admin else "0",
        "color": "",
        "position": 1 if is_admin else -1,
        "highlighted": False,
        "created_at": _MADE_AT,
        "updated_at": _MADE_AT,
    }


def admin_account(facts: PersonFacts, home: Home) -> Json:
    """Admin::Account. Addresses from which people sign in are not kept, and nobody waits to be let in."""
    row, login = facts.row, facts.login
    closed = row.state != "active"
    return {
        "id": str(row.id),
        "username": row.username,
        "domain": None if row.host == home.host else row.host,
        "created_at": timestamp(row.created_at_ms),
        "email": login.email if login else "",
        "ip": None,
        "ips": [],
        "role": role(is_admin=bool(login and login.is_admin)),
        "confirmed": True,
        "approved": True,
        "disabled": closed and login is not None,
        "silenced": False,
        "sensitized": False,
        "suspended": closed,
        "locale": login.locale if login else "",
        "invite_request": None,
        "account": facts.account,
    }
