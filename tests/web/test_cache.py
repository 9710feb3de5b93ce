"""What is in memory is never older than what was committed, whatever happens while it is read."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args

import orjson

from instance import events
from instance.domain import access, member, post, reaction
from instance.domain import token as tokens
from instance.domain.token import hash_of
from instance.node import Cordee
from instance.storage.actors import ActorRow
from instance.storage.window import Window
from tests.nodes import Company
from web.files import PictureKeys
from web.mastodon import cache as memory
from web.mastodon.cache import FORGETS, Cache

T = TypeVar("T")
PAGE = Window(limit=20)
CHANGE_NOTHING_KEPT = {
    events.Notified,
    events.NotificationsMerged,
    events.ConversationChanged,
    events.AnnouncementsChanged,
    events.AnnouncementReacted,
    events.LettersQueued,
    events.InboxGone,
    events.GapNoticed,
    events.ParentMissed,
    events.MediaWanted,
}


@dataclass
class Interrupted:
    """A real node to which something happens after each read, before the reader has what it read."""

    node: Cordee
    meanwhile: Callable[[], Awaitable[Any]] | None = None

    async def read(self, query: Callable[[Any], T]) -> T:
        found = await self.node.read(query)
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        return found


@asynccontextmanager
async def a_cache(company: Company) -> AsyncIterator[tuple[Cache, Interrupted]]:
    node = Interrupted(company.node)
    pictures = PictureKeys.from_seal_key(b"k" * 32, company.config.base_url)
    cache = Cache(cast("Cordee", node), pictures, clock=company.node.now)
    stop = company.node.bus.subscribe(cache.hear)
    await cache.who_filters()  # known since the first page that anybody has read
    yield cache, node
    stop()


async def hired(company: Company, *names: str) -> list[ActorRow]:
    return [await company.hire(name) for name in names]


def content(shown: bytes | None) -> Any:
    return None if shown is None else orjson.loads(shown)["content"]


def test_every_event_is_in_the_table_or_known_to_change_nothing_that_is_kept():
    assert set(FORGETS) | CHANGE_NOTHING_KEPT == set(get_args(events.Event))
    assert not set(FORGETS) & CHANGE_NOTHING_KEPT


async def test_a_second_page_of_the_same_costs_no_query(acme: Company):
    (alice,) = await hired(acme, "alice")
    await acme.post("alice", "one", project=None)
    async with a_cache(acme) as (cache, node):
        for _ in range(2):
            ids = await cache.home(alice.id, PAGE)
            assert len(await cache.shown(ids, alice.id)) == 1

        async def fail() -> None:
            raise AssertionError("asked the database")

        node.meanwhile = fail
        assert await cache.shown(await cache.home(alice.id, PAGE), alice.id)


async def test_a_token_revoked_while_it_is_looked_up_is_not_remembered(acme: Company):
    (alice,) = await hired(acme, "alice")
    text = await acme.node.perform(lambda tx: tokens.issue(tx, actor_id=alice.id, scopes="read"))
    async with a_cache(acme) as (cache, node):
        node.meanwhile = lambda: acme.node.perform(lambda tx: tokens.revoke(tx, text))
        assert await cache.caller(hash_of(text)) is not None  # it was good when it was asked for
        assert await cache.caller(hash_of(text)) is None


async def test_a_token_that_is_good_for_nothing_is_not_remembered_as_such(acme: Company):
    async with a_cache(acme) as (cache, _):
        assert await cache.caller("x") is None
        assert len(cache.callers) == 0


async def test_a_post_changed_while_it_is_read_is_read_again(acme: Company):
    (alice,) = await hired(acme, "alice")
    made = await acme.post("alice", "one", project=None)

    async def change() -> None:
        await acme.node.perform(
            lambda tx: post.edit(tx, acme.node.gate, alice, made.id, post.PostDraft("two"))
        )

    async with a_cache(acme) as (cache, node):
        node.meanwhile = change
        assert content(await cache.one(made.id, alice.id)) == "<p>one</p>"
        assert content(await cache.one(made.id, alice.id)) == "<p>two</p>"


async def test_a_post_that_appears_while_a_home_is_read_is_on_the_next_page(acme: Company):
    (alice,) = await hired(acme, "alice")
    async with a_cache(acme) as (cache, node):
        node.meanwhile = lambda: acme.post("alice", "one", project=None)
        assert await cache.home(alice.id, PAGE) == []
        assert len(await cache.home(alice.id, PAGE)) == 1


async def test_a_mark_made_while_a_post_is_read_is_seen_the_next_time(acme: Company):
    (alice,) = await hired(acme, "alice")
    made = await acme.post("alice", "one", project=None)
    async with a_cache(acme) as (cache, node):
        node.meanwhile = lambda: acme.node.perform(lambda tx: reaction.bookmark(tx, alice, made.id))
        assert orjson.loads(await cache.one(made.id, alice.id) or b"")["bookmarked"] is False
        assert orjson.loads(await cache.one(made.id, alice.id) or b"")["bookmarked"] is True


async def test_who_leaves_a_project_while_its_post_is_read_does_not_read_it_again(
    tied: tuple[Company, Company, Company],
):
    acme = tied[0]
    (zoe,) = await hired(acme, "zoe")
    await acme.join("zoe")
    made = await acme.post("alice", "inside")
    async with a_cache(acme) as (cache, node):
        node.meanwhile = lambda: acme.node.perform(
            lambda tx: member.remove(tx, acme.project_iri, actor_id=zoe.id)
        )
        assert content(await cache.one(made.id, zoe.id)) == "<p>inside</p>"
        assert await cache.one(made.id, zoe.id) is None


async def test_what_one_may_read_is_not_shown_to_another_from_memory(acme: Company):
    alice, zoe = await hired(acme, "alice", "zoe")
    made = await acme.post("alice", "between us", project=None, visibility="direct")
    async with a_cache(acme) as (cache, _):
        assert await cache.one(made.id, alice.id) is not None
        assert await cache.one(made.id, zoe.id) is None
        assert await cache.one(made.id, alice.id) is not None


async def test_memory_has_a_bound(acme: Company):
    (alice,) = await hired(acme, "alice")
    async with a_cache(acme) as (cache, _):
        for n in range(memory.MARKS_LIMIT + 20):
            made = await acme.post("alice", str(n), project=None)
            await cache.one(made.id, alice.id)
        mine = cache.marks.get(alice.id)
        assert mine is not None
        assert len(mine) <= memory.MARKS_LIMIT


async def test_a_caller_has_a_name_for_its_app(acme: Company):
    (alice,) = await hired(acme, "alice")
    app = await acme.node.perform(
        lambda tx: access.register_app(tx, name="Rope", redirect_uris=[access.OUT_OF_BAND], scopes="read")
    )
    text = await acme.node.perform(
        lambda tx: tokens.issue(tx, actor_id=alice.id, scopes="read", app_id=app.app.id)
    )
    async with a_cache(acme) as (cache, _):
        found = await cache.caller(hash_of(text))
        assert found is not None
        assert found.app == app.app
