"""What a node throws away by itself: what nobody can use any more, and nothing that somebody can."""

import asyncio
import io
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from instance.domain import media, post
from instance.domain.compose import PostDraft
from instance.domain.picture import Picture
from instance.node import DAY_MS, KEEP_MS
from instance.storage import marks, oauth, received, sessions, tokens
from instance.storage import media as pictures
from instance.storage.database import now_ms
from instance.storage.oauth import AppRow, CodeRow
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
    await acme.stop()
    with closing(sqlite3.connect(acme.config.database)) as connection, connection:
        connection.execute("INSERT INTO received VALUES ('old', 'h', 't', 202, 'r', 0)")
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


def a_picture() -> Picture:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return media.accept(file.getvalue())


def files(acme: Company) -> set[str]:
    return {path.name for path in acme.config.media_dir.glob("*/*")}


async def sweep(acme: Company) -> set[str]:
    """The files that are left of those of long ago, after the node swept at its start, which one without a row shows."""
    stray = acme.config.media_dir / "aa" / "stray.png"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    for path in acme.config.media_dir.glob("*/*"):
        os.utime(path, (0, 0))
    await acme.stop()
    await acme.start()
    await until(lambda: asyncio.sleep(0, "stray.png" in files(acme)), wanted=False)
    return files(acme)


async def test_the_files_of_a_picture_stay_while_a_post_has_it_and_go_with_it(acme: Company):
    picture, alice = a_picture(), acme.people["alice"]
    media.save(acme.config.media_dir, picture)
    row = await acme.node.perform(lambda tx: media.store(tx, alice, picture))
    draft = PostDraft("look", media_ids=(row.id,))
    made = await acme.node.perform(lambda tx: post.publish(tx, acme.node.gate, alice, draft))
    assert len(await sweep(acme)) == 2
    await acme.node.perform(lambda tx: post.delete(tx, alice, made.id))
    assert await sweep(acme) == set()


async def test_a_file_that_has_no_row_yet_is_given_an_hour(acme: Company):
    new = acme.config.media_dir / "bb" / "new.png"
    assert await sweep(acme) == set()
    new.parent.mkdir()
    new.write_bytes(b"x")
    for path in (new.with_name("old.png"), acme.config.media_dir / "aa" / "old.png"):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    await acme.stop()
    await acme.start()
    await until(lambda: asyncio.sleep(0, files(acme)), {"new.png"})


async def test_an_upload_that_no_post_took_is_forgotten_after_a_day(acme: Company):
    alice = acme.people["alice"]
    row = await acme.node.perform(lambda tx: media.store(tx, alice, a_picture()))
    await pass_ms(acme, DAY_MS)
    assert await acme.node.read(lambda tx: pictures.by_id(tx, row.id))
    await pass_ms(acme, 1)
    assert await acme.node.read(lambda tx: pictures.by_id(tx, row.id)) is None


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
