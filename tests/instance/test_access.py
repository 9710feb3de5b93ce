"""Codes, scopes and sessions: told once, kept as hashes, over when they should be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import access, actor, session, token
from instance.domain.scopes import SCOPES, GrantRefused, check_scopes, covers
from instance.domain.token import hash_of
from instance.storage.database import SqliteTx
from instance.storage.oauth import AppRow
from tests.builders import a_tx

REDIRECT = "https://app.example/"


def an_app(tx: SqliteTx) -> AppRow:
    made = access.register_app(tx, name="Rope", redirect_uris=[REDIRECT], scopes="read write").value
    return made.app


def a_person(tx: SqliteTx) -> int:
    return actor.create_person(tx, username="alice", display_name="Alice", password_hash="x").value.id


def a_code(tx: SqliteTx, app: AppRow, actor_id: int) -> str:
    return access.grant_code(tx, app, actor_id=actor_id, scopes="read", redirect_uri=REDIRECT).value


def test_a_code_is_good_for_ten_minutes():
    tx = a_tx()
    app, alice = an_app(tx), a_person(tx)
    first, second = a_code(tx, app, alice), a_code(tx, app, alice)
    tx.now_ms += access.CODE_LIFE_MS - 1
    assert access.redeem_code(tx, app, code=first, redirect_uri=REDIRECT, verifier="").value.scopes == "read"
    tx.now_ms += 1
    with pytest.raises(GrantRefused, match="invalid_grant"):
        access.redeem_code(tx, app, code=second, redirect_uri=REDIRECT, verifier="")


def test_nothing_that_opens_a_door_stands_in_the_database():
    tx = a_tx()
    made = access.register_app(tx, name="Rope", redirect_uris=[REDIRECT], scopes="read").value
    alice = a_person(tx)
    code, cookie = a_code(tx, made.app, alice), session.start(tx, alice).value.cookie
    grant = access.app_token(tx, made.app, "read").value
    everything = "\n".join(tx._connection.iterdump())
    for secret in (made.secret, code, cookie, grant.token):
        assert secret not in everything
        assert hash_of(secret) in everything


def test_a_session_ends_by_its_date():
    tx = a_tx()
    cookie = session.start(tx, a_person(tx)).value.cookie
    tx.now_ms += session.SESSION_LIFE_MS - 1
    found = session.signed_in(tx, hash_of(cookie))
    assert found is not None
    assert found.actor.username == "alice"
    tx.now_ms += 1
    assert session.signed_in(tx, hash_of(cookie)) is None


def test_a_disabled_person_has_neither_session_nor_token():
    tx = a_tx()
    alice = a_person(tx)
    actor.create_person(tx, username="it", display_name="IT", password_hash="x", is_admin=True)
    cookie = session.start(tx, alice).value.cookie
    text = token.issue(tx, actor_id=alice, scopes="read").value
    assert access.bearer(tx, hash_of(text)) is not None
    actor.disable_person(tx, alice)
    assert session.signed_in(tx, hash_of(cookie)) is None
    assert access.bearer(tx, hash_of(text)) is None


@pytest.mark.parametrize(
    ("granted", "wanted", "covered"),
    [
        ("read", "read:lists", True),
        ("read:lists", "read:lists", True),
        ("read:lists", "read", False),
        ("read:lists", "read:statuses", False),
        ("write", "read:lists", False),
        ("follow", "write:follows", True),
        ("follow", "write:statuses", False),
        ("profile", "read:accounts", False),
        ("", "read", False),
    ],
)
def test_a_scope_covers_its_parts_and_nothing_else(granted: str, wanted: str, covered: bool):
    assert covers(granted, wanted) is covered


@given(st.lists(st.sampled_from(SCOPES)), st.lists(st.sampled_from(SCOPES)))
def test_nobody_gets_more_than_the_app_registered_for(wanted: list[str], allowed: list[str]):
    try:
        granted = check_scopes(" ".join(wanted), " ".join(allowed))
    except GrantRefused:
        return
    assert all(covers(" ".join(allowed), one) for one in granted.split())
