"""Polls, posts for later, lists and conversations as the best-known client library speaks of them: what it reads, it reads whole."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mastodon import Mastodon

from tests.nodes import Company
from tests.web.client import App, apps_of

T = TypeVar("T")


async def by(app: App, work: Callable[[Mastodon], T]) -> T:
    """What the library makes of it, on a thread of its own: it waits for answers where it stands."""
    library = Mastodon(
        access_token=app.token, api_base_url=app.base, version_check_mode="none", ratelimit_method="throw"
    )
    return await asyncio.to_thread(work, library)


async def test_a_poll_is_asked_and_voted_in(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):

        def ask(library: Mastodon) -> Any:
            return library.status_post("Which?", poll=library.make_poll(["a", "b"], 3600, multiple=True))

        made = await by(alice, ask)
        voted = await by(amine, lambda library: library.poll_vote(made.poll, [0, 1]))
        assert (voted.voted, list(voted.own_votes), voted.votes_count, voted.voters_count) == (
            True,
            [0, 1],
            2,
            1,
        )
        seen = await by(alice, lambda library: library.poll(made.poll))
        assert [option.votes_count for option in seen.options] == [1, 1]


async def test_a_post_is_scheduled_moved_and_cancelled(acme: Company):
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    async with apps_of(acme, "alice") as (alice,):
        made = await by(alice, lambda library: library.status_post("later", scheduled_at=at))
        assert (made.scheduled_at, made.params.text) == (at, "later")
        moved = await by(
            alice, lambda library: library.scheduled_status_update(made, at + timedelta(hours=1))
        )
        assert moved.scheduled_at == at + timedelta(hours=1)
        assert [one.id for one in await by(alice, lambda library: library.scheduled_statuses())] == [made.id]
        await by(alice, lambda library: library.scheduled_status_delete(made))
        assert await by(alice, lambda library: library.scheduled_statuses()) == []


async def test_a_list_is_made_filled_and_read(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):

        def fill(library: Mastodon) -> Any:
            person = library.account_lookup("amine")
            library.account_follow(person)
            made = library.list_create("Friends", replies_policy="none", exclusive=True)
            library.list_accounts_add(made, [person])
            return library.list(made), library.list_accounts(made), library.account_lists(person)

        made, people, lists = await by(alice, fill)
        assert (made.title, made.replies_policy, made.exclusive) == ("Friends", "none", True)
        assert ([one.acct for one in people], [one.id for one in lists]) == (["amine"], [made.id])
        await by(amine, lambda library: library.status_post("hello"))
        shown = await by(alice, lambda library: library.timeline_list(made))
        assert [one.content for one in shown] == ["<p>hello</p>"]
        await by(alice, lambda library: library.list_delete(made))
        assert await by(alice, lambda library: library.lists()) == []


async def test_a_conversation_is_read(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await by(alice, lambda library: library.status_post("@amine hello", visibility="direct"))
        (talk,) = await by(amine, lambda library: library.conversations())
        assert (talk.unread, [one.acct for one in talk.accounts], talk.last_status.account.acct) == (
            True,
            ["alice"],
            "alice",
        )
        await by(amine, lambda library: library.conversations_read(talk))
        assert [one.unread for one in await by(amine, lambda library: library.conversations())] == [False]
