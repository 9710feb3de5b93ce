"""What a node throws away by itself: what nobody can use any more, and nothing that somebody can."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from instance.node import DAY_MS, KEEP_MS
from instance.storage import marks, oauth, received, sessions, tokens
from instance.storage.database import now_ms
from instance.storage.oauth import AppRow, CodeRow
from instance.storage.received import ReceivedRow
from instance.storage.sessions import SessionRow
from instance.storage.tokens import TokenRow
from tests.nodes import Company, a_company, until


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now_ms: int

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Company]:
    acme = a_company(tmp_path, "acme", clock=Clock(now_ms()))
    await acme.start()
    await acme.hire("alice")
    yield acme
    await acme.stop()


async def pass_ms(acme: Company, spent_ms: int) -> None:
    """Let time pass while the node is off, and let it tidy at its start, which the oldest of all things shows."""
    clock = acme.clock
    assert isinstance(clock, Clock)
    await acme.node.write(lambda tx: received.record(tx, ReceivedRow("old", "h", "t", 202, "r", 0)))
    await acme.stop()
    clock.now_ms += spent_ms
    await acme.start()
    await until(lambda: acme.node.read(lambda tx: received.by_iri(tx, "old")), None)


async def test_an_idempotency_key_is_good_for_a_day(acme: Company):
    alice = acme.people["alice"].id
    await acme.node.write(lambda tx: marks.remember_key(tx, alice, "key", 7))
    await pass_ms(acme, DAY_MS)
    assert await acme.node.read(lambda tx: marks.post_for_key(tx, alice, "key")) == 7
    await pass_ms(acme, 1)
    assert await acme.node.read(lambda tx: marks.post_for_key(tx, alice, "key")) is None


async def test_a_session_that_has_ended_is_dropped_and_another_stays(acme: Company):
    alice, now = acme.people["alice"].id, acme.clock()
    for name, ends_at_ms in (("short", now + 1_000), ("long", now + DAY_MS)):
        row = SessionRow(name, alice, "csrf", now, ends_at_ms)
        await acme.node.write(lambda tx, row=row: sessions.add(tx, row))
    await pass_ms(acme, 1_000)
    assert await acme.node.write(sessions.forget) == 0
    assert await acme.node.read(lambda tx: sessions.by_hash(tx, "long"))


async def an_app(acme: Company) -> int:
    app = AppRow(1, "client", "secret", "Tusky", "", "urn:x", "read", acme.clock())
    await acme.node.write(lambda tx: oauth.add_app(tx, app))
    return app.id


async def test_a_code_is_remembered_for_a_day_so_that_its_second_use_is_seen(acme: Company):
    app_id, alice, now = await an_app(acme), acme.people["alice"].id, acme.clock()
    await acme.node.write(
        lambda tx: oauth.add_code(tx, CodeRow("code", app_id, alice, "read", "urn:x", "", now, None))
    )
    assert await acme.node.write(lambda tx: oauth.use_code(tx, "code"))
    await pass_ms(acme, DAY_MS)
    assert not await acme.node.write(lambda tx: oauth.use_code(tx, "code"))
    assert await acme.node.read(lambda tx: oauth.code_by_hash(tx, "code"))
    await pass_ms(acme, 1)
    assert await acme.node.read(lambda tx: oauth.code_by_hash(tx, "code")) is None


async def test_a_token_is_dropped_ninety_days_after_it_was_revoked_and_a_good_one_never(acme: Company):
    alice = acme.people["alice"].id
    for token_id, name in ((1, "revoked"), (2, "good")):
        row = TokenRow(token_id, name, None, alice, "read", acme.clock())
        await acme.node.write(lambda tx, row=row: tokens.add(tx, row))
    await acme.node.write(lambda tx: tokens.revoke(tx, 1))
    await pass_ms(acme, KEEP_MS)
    assert await acme.node.write(lambda tx: tokens.forget(tx, before_ms=tx.now_ms - KEEP_MS)) == 0
    assert await acme.node.write(lambda tx: tokens.forget(tx, before_ms=tx.now_ms)) == 1
    assert await acme.node.read(lambda tx: tokens.by_hash(tx, "good"))


async def test_a_token_revoked_longer_ago_than_that_is_gone(acme: Company):
    alice = acme.people["alice"].id
    row = TokenRow(1, "revoked", None, alice, "read", acme.clock())
    await acme.node.write(lambda tx: tokens.add(tx, row))
    await acme.node.write(lambda tx: tokens.revoke(tx, 1))
    await pass_ms(acme, KEEP_MS + 1)
    assert await acme.node.write(lambda tx: tokens.forget(tx, before_ms=tx.now_ms + 1)) == 0
