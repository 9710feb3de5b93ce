"""What showing statuses asks of the database, counted; and what is kept of it, and for whom."""

from typing import Any

import orjson

from instance.domain import post, reaction
from instance.domain.compose import PostDraft
from instance.domain.poll import PollDraft
from instance.storage import timelines
from instance.storage.actors import ActorRow
from instance.storage.window import Window
from tests.counting import Counting
from tests.nodes import Company
from tests.web.client import apps_of
from tests.web.test_cache import a_cache, content, hired
from web.files import PictureKeys
from web.mastodon import cache as memory
from web.mastodon import show

PICTURES = PictureKeys.from_seal_key(b"k" * 32, "https://acme.example")


async def asked_for_home(company: Company, viewer: ActorRow, size: int, *, filters_any: bool) -> Counting:
    """What a page of a home that is not in memory asks."""

    def read(tx: Any) -> Counting:
        counted = Counting(tx)
        ids = timelines.home(counted, viewer.id, Window(limit=size))
        found = show.statuses(counted, ids, viewer.id, pictures=PICTURES, filters_any=filters_any)
        assert len(found) == size
        return counted

    return await company.node.read(read)


async def test_a_page_of_home_asks_at_most_eleven_statements_whatever_its_length(acme: Company):
    (alice,) = await hired(acme, "alice")
    for n in range(30):
        await acme.post("alice", f"part {n}", project=None)
    one, many = [await asked_for_home(acme, alice, size, filters_any=False) for size in (1, 30)]
    assert one.asked == many.asked
    assert one.count <= 11


async def test_a_page_of_home_with_projects_asks_at_most_three_more(tied: tuple[Company, Company, Company]):
    acme = tied[0]
    for n in range(4):
        await acme.post("alice", f"part {n}", project=None)
        await acme.post("alice", f"part {n}")
    page = await asked_for_home(acme, acme.people["alice"], 8, filters_any=True)
    assert page.count <= 14


async def test_only_who_has_filters_is_asked_for_them(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        await zoe.post(
            "/api/v2/filters", title="no frames", context=["home"], keywords_attributes=[{"keyword": "frame"}]
        )
        made = await alice.post("/api/v1/statuses", status="The frame is ready")
        seen = [await app.get(f"/api/v1/statuses/{made['id']}") for app in (alice, zoe, alice, zoe)]
        assert [bool(one["filtered"]) for one in seen] == [False, True, False, True]


async def test_a_filter_made_after_a_post_was_shown_is_seen_on_the_next_reading(acme: Company):
    async with apps_of(acme, "alice", "zoe", "yves") as (alice, zoe, yves):
        made = await alice.post("/api/v1/statuses", status="The frame is ready")
        path = f"/api/v1/statuses/{made['id']}"
        assert not any([(await app.get(path))["filtered"] for app in (zoe, yves)])
        await zoe.post(
            "/api/v2/filters", title="no frames", context=["home"], keywords_attributes=[{"keyword": "frame"}]
        )
        assert [bool((await app.get(path))["filtered"]) for app in (zoe, yves)] == [True, False]


async def test_past_the_limit_the_oldest_marks_go_and_the_others_stay(acme: Company):
    (alice,) = await hired(acme, "alice")
    made = [await acme.post("alice", str(n), project=None) for n in range(memory.MARKS_LIMIT + 1)]
    async with a_cache(acme) as (cache, _):
        for row in made:
            await cache.one(row.id, alice.id)
        mine = cache.marks.get(alice.id) or {}
        assert set(mine) == {row.id for row in made[1:]}
        assert content(await cache.one(made[0].id, alice.id)) == "<p>0</p>"


async def test_marks_that_go_for_one_viewer_stay_for_another(acme: Company):
    alice, zoe = await hired(acme, "alice", "zoe")
    made = [await acme.post("alice", str(n), project=None) for n in range(memory.MARKS_LIMIT + 1)]
    await acme.node.perform(lambda tx: reaction.bookmark(tx, zoe, made[0].id))
    async with a_cache(acme) as (cache, _):
        assert orjson.loads(await cache.one(made[0].id, zoe.id) or b"")["bookmarked"]
        await cache.found([row.id for row in made], alice.id)
        assert set(cache.marks.get(zoe.id) or {}) == {made[0].id}
        assert not orjson.loads(await cache.one(made[0].id, alice.id) or b"")["bookmarked"]


async def test_a_poll_is_shown_with_each_viewers_own_choices(acme: Company):
    alice, zoe = await hired(acme, "alice", "zoe")
    draft = PostDraft("Which?", poll=PollDraft(("this", "that"), expires_in_s=3600))
    made = await acme.node.perform(lambda tx: post.publish(tx, acme.node.gate, alice, draft))
    async with a_cache(acme) as (cache, _):
        for viewer, voted in ((alice, True), (zoe, False), (alice, True)):
            poll = orjson.loads(await cache.one(made.id, viewer.id) or b"")["poll"]
            assert (poll["voted"], [one["title"] for one in poll["options"]]) == (voted, ["this", "that"])
