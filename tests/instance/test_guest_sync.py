"""Whom we count as followers, and for whom; what is taken back of what a guest host counts among us."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.synchronization import Said, followers_digest, read, render
from instance import serving
from instance.domain import charter, guest, guest_sync
from instance.policy import guest_space, takeback_space
from instance.recount import AT_ONCE, Recount
from instance.storage import guests
from tests.instance.companies import ACME, APOLLO, GATE, GLOBEX, SLOW, Companies, copy_of
from tests.instance.guests import ANN, MASTODON, PLEROMA, a_follower, with_guests

FOLLOWERS = f"https://{ACME}/projects/apollo/followers"
PEOPLE = st.sets(
    st.tuples(st.sampled_from([MASTODON, PLEROMA]), st.sampled_from(["ann", "ben", "cleo", "dora"]))
)


@pytest.fixture(scope="module")
def world() -> Companies:
    """Apollo with two guest hosts."""
    return with_guests(MASTODON, PLEROMA)


@SLOW
@given(people=PEOPLE, gone=PEOPLE)
def test_a_host_is_told_of_its_own_followers_and_of_nobody_else(
    world: Companies, people: set[tuple[str, str]], gone: set[tuple[str, str]]
):
    net = Companies({ACME: copy_of(world[ACME])})
    for host, name in people:
        a_follower(net, f"https://{host}/users/{name}", host=host)
    for host, name in gone:
        guests.unfollow(net[ACME], APOLLO, f"https://{host}/users/{name}")
    for viewer in (MASTODON, PLEROMA):
        mine = sorted(f"https://{host}/users/{name}" for host, name in people - gone if host == viewer)
        value = guest_sync.header(net[ACME], guest_space(viewer, APOLLO))
        assert value is not None
        assert read(value, sender=APOLLO).digest == followers_digest(mine)
        assert shown(net, f"{FOLLOWERS}_synchronization", viewer)["orderedItems"] == mine
        assert shown(net, FOLLOWERS, viewer)["totalItems"] == len(mine)


def shown(net: Companies, iri: str, viewer: str) -> Any:
    """What a host gets that asks; nothing when it gets nothing."""
    answer = serving.disclose(net[ACME], GATE, iri.removeprefix(f"https://{ACME}"), viewer=viewer)
    assert not isinstance(answer, serving.Permitted)
    return orjson.loads(answer.body) if answer.status == 200 else {}


@pytest.fixture
def net(world: Companies) -> Companies:
    """The same, Ann follows."""
    net = Companies({host: copy_of(tx) for host, tx in world.nodes.items()})
    a_follower(net)
    return net


def test_a_company_is_told_how_many_follow_and_not_who(net: Companies):
    a_follower(net, f"https://{PLEROMA}/users/ben", host=PLEROMA)
    counted = shown(net, FOLLOWERS, GLOBEX)
    assert (counted["totalItems"], "orderedItems" in counted) == (2, False)
    assert shown(net, f"{FOLLOWERS}_synchronization", GLOBEX) == {}


@pytest.mark.parametrize("space", [APOLLO, takeback_space(MASTODON, APOLLO)])
def test_nobody_is_counted_where_nothing_is_said_to_followers(net: Companies, space: str):
    assert guest_sync.header(net[ACME], space) is None


def test_a_guest_of_a_suspended_project_is_served_no_followers(net: Companies):
    charter.suspend(net[ACME], APOLLO)
    assert shown(net, f"{FOLLOWERS}_synchronization", MASTODON) == {}


def test_only_a_project_that_the_host_is_a_guest_of_takes_its_following_back(net: Companies):
    listed = [APOLLO, f"https://{ACME}/people/alice", f"https://{ACME}/projects/gemini", ANN]
    [undo] = guest_sync.disown(net[ACME], ANN, listed)
    follow = {"type": "Follow", "actor": APOLLO, "object": ANN}
    assert (undo.activity["object"], undo.host, undo.activity["to"]) == (follow, MASTODON, [ANN])
    assert [letter.host for letter in GATE.release(net[ACME], undo.activity, author=APOLLO)] == [MASTODON]
    assert guest_sync.disown(net[ACME], f"https://{MASTODON}/users/nobody", listed) == ()
    guest.revoke(net[ACME], APOLLO, host=MASTODON)
    assert guest_sync.disown(net[ACME], ANN, listed) == ()


async def test_however_many_count_us_few_lists_are_read_at_once_and_each_once_an_hour():
    now, asked = [0], asyncio.Event()

    class Silent:
        """A database that does not answer."""

        async def read(self, _: Any) -> bool:
            await asked.wait()
            return False

    recount = Recount(Silent(), None, GATE, clock=lambda: now[0])  # type: ignore[arg-type]
    said = [claim(f"https://{MASTODON}/users/{number}") for number in range(AT_ONCE + 1)]
    assert [recount.hear(*each) for each in said[:AT_ONCE]] == ["followers_differ"] * AT_ONCE
    assert recount.hear(*said[AT_ONCE]) == "followers_asked_lately"
    asked.set()
    await asyncio.sleep(0)
    await recount.stop()
    assert [recount.hear(*said[0]), recount.hear(*said[AT_ONCE])] == [
        "followers_asked_lately",
        "followers_differ",
    ]
    now[0] += 3_600_000
    assert recount.hear(*said[0]) == "followers_differ"
    await recount.stop()


def claim(sender: str) -> tuple[str, str]:
    """Somebody who says that the project follows them."""
    return sender, render(Said(f"{sender}/followers", f"{sender}/list", followers_digest([APOLLO])))
