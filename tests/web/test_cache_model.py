"""Whatever people do in whatever order, what is shown from memory is what the database would have said.

One company with two of its people at their apps, and a partner's person, all in one project. After each thing done somebody may look;
what they are shown then from the memory that has heard of all of it is compared with what a memory shows that knows nothing yet.
"""

import os
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar, cast

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from instance import outbox
from instance.domain import (
    about,
    actor,
    charter,
    emoji,
    emoji_reaction,
    filtering,
    follow,
    hearing,
    member,
    own_list,
    pin,
    post,
    reaction,
    tag,
    vote,
)
from instance.domain.compose import PostDraft
from instance.domain.filtering import Word
from instance.domain.outcome import Outcome
from instance.domain.own_list import ListDraft
from instance.domain.picture import Picture
from instance.domain.poll import PollDraft
from instance.errors import Refusal
from instance.events import Event
from instance.node import Cordee
from instance.storage import actors, filters, own_lists, polls, quotes
from instance.storage import log as entries
from instance.storage.actors import ActorRow
from instance.storage.database import SqliteTx, Tx
from instance.storage.window import Window
from tests.instance.companies import (
    ACME,
    APOLLO,
    GATE,
    GLOBEX,
    Companies,
    add_member,
    bring,
    copy_of,
    in_force,
)
from tests.scenarios.pictures import a_picture
from web.files import PictureKeys
from web.mastodon.cache import Cache

T = TypeVar("T")
ALICE, ZOE, BOB = "alice", "zoe", "bob"
OURS = (ALICE, ZOE)
READERS = st.sampled_from([None, *OURS])
PAGE = Window(limit=40)
HOUR_MS = 3_600_000
# Nobody waits for these to move: they are told as they were when a status was rendered.
SLOW_NUMBERS = frozenset({"statuses_count", "followers_count", "following_count", "last_status_at"})
PICTURES = PictureKeys.from_seal_key(b"k" * 32, f"https://{ACME}")
Verb = Callable[[Tx, ActorRow, ActorRow, int], Outcome[Any] | None]


def say(text: str, **draft: Any) -> Verb:
    return lambda tx, me, _, __: post.publish(tx, GATE, me, PostDraft(text, **draft))


def say_of(text: str, field: str, **draft: Any) -> Verb:
    """Say something about a post: an answer, or a quote."""
    return lambda tx, me, _, at: post.publish(tx, GATE, me, PostDraft(text, **{field: at}, **draft))


def make_filter(action: str, word: str) -> Verb:
    wish = filtering.Wish("bolts", ("home", "public", "thread"), action, 0, (Word(word, whole_word=True),))
    return lambda tx, me, _, __: filtering.make(tx, me, wish)


def drop_filter(tx: Tx, me: ActorRow, _: ActorRow, __: int) -> Outcome[Any] | None:
    found = filters.of_owner(tx, me.id)
    return filtering.remove(tx, me, found[0].row.id) if found else None


def filter_post(tx: Tx, me: ActorRow, _: ActorRow, at: int) -> Outcome[Any] | None:
    found = filters.of_owner(tx, me.id)
    return filtering.add_post(tx, me, found[0].row.id, at) if found else None


def exclusive_list(tx: Tx, me: ActorRow, other: ActorRow, _: int) -> None:
    row = own_list.make(tx, me, ListDraft("Rope", exclusive=True))
    own_list.put(tx, me, row.id, [other.id])


def drop_list(tx: Tx, me: ActorRow, _: ActorRow, __: int) -> None:
    for row in own_lists.of_owner(tx, me.id)[:1]:
        own_list.remove(tx, me, row.id)


def change_list(tx: Tx, me: ActorRow, *, exclusive: bool) -> None:
    for row in own_lists.of_owner(tx, me.id)[:1]:
        own_list.change(tx, me, row.id, ListDraft(exclusive=exclusive))


def take_from_list(tx: Tx, me: ActorRow, other: ActorRow, _: int) -> None:
    for row in own_lists.of_owner(tx, me.id)[:1]:
        own_list.take(tx, me, row.id, [other.id])


def revoke_quote(tx: Tx, me: ActorRow, _: ActorRow, at: int) -> Outcome[Any] | None:
    """Take back from a post of somebody's that it may quote one of mine."""
    quoted = quotes.of_post(tx, at)
    return post.revoke_quote(tx, me, quoted.quoted_id, at) if quoted and quoted.quoted_id else None


def about_changed(tx: Tx, me: ActorRow, **wanted: bool) -> None:
    about.change(tx, me.id, about.Change(**wanted))


def end_polls(tx: Tx, _: ActorRow, __: ActorRow, ___: int) -> None:
    for poll in polls.due(tx):
        vote.end(tx, poll.post_id)


@cache
def a_bolt() -> Picture:
    return emoji.check_picture(a_picture("red"))


def without_boosts(tx: Tx, me: ActorRow, other: ActorRow, _: int) -> Outcome[Any]:
    return follow.follow(tx, me, other.id, wish=follow.Wish(boosts=False))


# Which posts a verb is for; the others are refused soon enough.
MEANT = {
    **dict.fromkeys(("edit", "delete", "pin", "unpin", "who may quote"), "author_id = :me"),
    "vote": "author_id != :me AND id IN (SELECT post_id FROM poll)",
    "unboost": "id IN (SELECT boost_of_id FROM post)",
    "unfavourite": "favourites_count > 0",
}
STANDING = "deleted_at_ms IS NULL AND boost_of_id IS NULL"
# What a person of ours does, with another person, to a post.
OURS_DO: dict[str, Verb] = {
    "say": say("The frame is ready #rope"),
    "say unlisted": say("Bolts arrived :bolt:", visibility="unlisted"),
    "say privately": say("For who follows me", visibility="private"),
    "say to one": lambda tx, me, other, _: post.publish(
        tx, GATE, me, PostDraft(f"@{other.username} look", visibility="direct")
    ),
    "say in the project": say("Bolts :bolt: #rope", project=APOLLO),
    "ask": say("M8 or M10?", poll=PollDraft(("M8", "M10"), 6 * 3600)),
    "ask in the project": say(
        "When?", project=APOLLO, poll=PollDraft(("now", "later"), 6 * 3600, multiple=True)
    ),
    "answer": say_of("It fits", "in_reply_to_id"),
    "quote": say_of("See this", "quoted_id"),
    "quote in the project": say_of("See this", "quoted_id", project=APOLLO),
    "edit": lambda tx, me, _, at: post.edit(tx, GATE, me, at, PostDraft("The bolts are ready, and painted")),
    "delete": lambda tx, me, _, at: post.delete(tx, me, at),
    "boost": lambda tx, me, _, at: post.boost(tx, GATE, me, at),
    "unboost": lambda tx, me, _, at: post.unboost(tx, GATE, me, at),
    "favourite": lambda tx, me, _, at: reaction.favourite(tx, GATE, me, at),
    "unfavourite": lambda tx, me, _, at: reaction.unfavourite(tx, GATE, me, at),
    "bookmark": lambda tx, me, _, at: reaction.bookmark(tx, me, at),
    "unbookmark": lambda tx, me, _, at: reaction.unbookmark(tx, me, at),
    "pin": lambda tx, me, _, at: pin.pin(tx, GATE, me, at),
    "unpin": lambda tx, me, _, at: pin.unpin(tx, GATE, me, at),
    "vote": lambda tx, me, _, at: vote.vote(tx, GATE, me, at, [1]),
    "who may quote": lambda tx, me, _, at: post.set_quote_policy(tx, me, at, "nobody"),
    "mute a thread": lambda tx, me, _, at: hearing.mute_thread(tx, me, at),
    "unmute a thread": lambda tx, me, _, at: hearing.unmute_thread(tx, me, at),
    "follow": lambda tx, me, other, _: follow.follow(tx, me, other.id),
    "follow without boosts": without_boosts,
    "unfollow": lambda tx, me, other, _: follow.unfollow(tx, me, other.id),
    "drop a follower": lambda tx, me, other, _: follow.drop_follower(tx, me, other.id),
    "mute": lambda tx, me, other, _: hearing.mute(
        tx, me, other.id, notifications_too=True, duration_ms=HOUR_MS
    ),
    "unmute": lambda tx, me, other, _: hearing.unmute(tx, me, other.id),
    "block": lambda tx, me, other, _: hearing.block(tx, me, other.id),
    "unblock": lambda tx, me, other, _: hearing.unblock(tx, me, other.id),
    "block a company": lambda tx, me, _, __: hearing.block_host(tx, me, GLOBEX),
    "unblock a company": lambda tx, me, _, __: hearing.unblock_host(tx, me, GLOBEX),
    "follow a hashtag": lambda tx, me, _, __: tag.follow(tx, me, "rope"),
    "unfollow a hashtag": lambda tx, me, _, __: tag.unfollow(tx, me, "rope"),
    "hide by word": make_filter("hide", "bolts"),
    "warn by word": make_filter("warn", "frame"),
    "filter a post": filter_post,
    "filter no longer": drop_filter,
    "list alone": exclusive_list,
    "list no longer": drop_list,
    "react": lambda tx, me, _, at: emoji_reaction.react(tx, GATE, me, at, "🔩"),
    "react with a drawing": lambda tx, me, _, at: emoji_reaction.react(tx, GATE, me, at, "bolt"),
    "unreact": lambda tx, me, _, at: emoji_reaction.unreact(tx, GATE, me, at, "🔩"),
    "list as well": lambda tx, me, _, __: change_list(tx, me, exclusive=False),
    "list alone again": lambda tx, me, _, __: change_list(tx, me, exclusive=True),
    "take from a list": take_from_list,
    "revoke a quote": revoke_quote,
    "shut out": lambda tx, _, other, __: actor.disable_person(tx, other.id),
    "let in": lambda tx, _, other, __: actor.enable_person(tx, other.id),
    "leave the project": lambda tx, me, _, __: member.remove(tx, APOLLO, actor_id=me.id),
    "join the project": lambda tx, me, _, __: member.add(tx, APOLLO, actor_id=me.id, role="member"),
    "locked": lambda tx, me, _, __: about_changed(tx, me, locked=True),
    "a robot": lambda tx, me, _, __: about_changed(tx, me, bot=True),
    "another name": lambda tx, me, _, __: actor.update_profile(tx, me.id, display_name=f"{me.display_name}!"),
    "emoji": lambda tx, _, __, ___: emoji.add(tx, "bolt", a_bolt()),
    "no emoji": lambda tx, _, __, ___: emoji.remove(tx, "bolt"),
    "what is due": end_polls,
    "mutes are over": lambda tx, _, __, ___: hearing.end_due(tx),
    "filters are over": lambda tx, _, __, ___: filtering.end_due(tx),
}
IT_DOES: dict[str, Verb] = {
    "suspend": lambda tx, _, __, ___: charter.suspend(tx, APOLLO),
    "resume": lambda tx, _, __, ___: charter.resume(tx, APOLLO),
}
BOB_DOES = (
    "say in the project",
    "ask in the project",
    "answer",
    "quote in the project",
    "edit",
    "delete",
    "boost",
    "unboost",
    "favourite",
    "unfavourite",
    "vote",
    "another name",
    "leave the project",
    "join the project",
)


@cache
def beginning() -> Companies:
    """Two companies with a project; alice and zoe are of the one, bob of the other, all are in it."""
    net = in_force(ACME, GLOBEX)
    add_member(net, GLOBEX)
    add_member(net, ACME)
    zoe = actor.create_person(net[ACME], username=ZOE, display_name="Zoe", password_hash="-").value
    net.perform(ACME, lambda tx: member.add(tx, APOLLO, actor_id=zoe.id, role="member"))
    net.carry()
    return net


class Node:
    """A node for the memory to read from, on this thread."""

    def __init__(self, tx: SqliteTx) -> None:
        self._tx = tx

    async def read(self, work: Callable[[Tx], T]) -> T:
        return work(self._tx)


def at_once(asked: Coroutine[Any, Any, T]) -> T:
    """The answer to a question that waits for nobody."""
    try:
        asked.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    raise AssertionError("it waited")


def told(shown: bytes) -> Any:
    """A status as people see it."""
    return without_slow(orjson.loads(shown))


def without_slow(part: Any) -> Any:
    if isinstance(part, list):
        return [without_slow(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {key: without_slow(value) for key, value in part.items() if key not in SLOW_NUMBERS}


class Memory(RuleBasedStateMachine):
    """The company, its partner, and the memory that hears of everything."""

    @initialize()
    def begin(self) -> None:
        self.net = Companies({host: copy_of(tx) for host, tx in beginning().nodes.items()})
        self.tx = self.net[ACME]
        self.tx.now_ms += HOUR_MS
        self.net[GLOBEX].now_ms = self.tx.now_ms
        self.heard = 0
        self.cache = self.a_memory()
        self.do(GLOBEX, "ask in the project", me=BOB)
        self.do(ACME, "say in the project")
        self.do(ACME, "ask", me=ZOE)
        self.do(ACME, "follow")

    def a_memory(self) -> Cache:
        node = cast("Cordee", Node(self.tx))
        return Cache(node, PICTURES, clock=lambda: self.tx.now_ms / 1000)

    @rule(
        name=st.sampled_from(sorted(OURS_DO)),
        me=st.sampled_from(OURS),
        other=st.sampled_from((*OURS, BOB)),
        at=st.integers(0, 9),
        reader=READERS,
    )
    def somebody_here(self, name: str, me: str, other: str, at: int, reader: str | None) -> None:
        self.read(reader)
        self.do(ACME, name, me=me, other=other, at=at)

    @rule(
        name=st.sampled_from(list(BOB_DOES)),
        other=st.sampled_from(OURS),
        at=st.integers(0, 9),
        reader=READERS,
    )
    def somebody_there(self, name: str, other: str, at: int, reader: str | None) -> None:
        self.read(reader)
        self.do(GLOBEX, name, me=BOB, other=other, at=at)

    @rule(hours=st.integers(1, 3), shut=st.integers(0, 4).map(lambda chance: not chance))
    def time_passes(self, hours: int, *, shut: bool) -> None:
        """Some of the time the project is shut."""
        if shut:
            self.do(ACME, "suspend")
            for who in OURS:
                self.look(who)
        self.net.pass_ms(hours * HOUR_MS)
        if shut:
            self.do(ACME, "resume")

    def read(self, who: str | None) -> None:
        """Somebody has just read everything: all that they may is in memory."""
        if who is not None:
            viewer = self.person(self.tx, who)
            at_once(self.cache.home(viewer.id, PAGE))
            at_once(self.cache.found(self.posts(self.tx), viewer.id))
            at_once(self.cache.who_filters())

    @rule(who=st.sampled_from(OURS))
    def look(self, who: str) -> None:
        viewer = self.person(self.tx, who)
        fresh = self.a_memory()
        assert at_once(self.cache.home(viewer.id, PAGE)) == at_once(fresh.home(viewer.id, PAGE))
        everything = self.posts(self.tx)
        shown, right = (at_once(one.found(everything, viewer.id)) for one in (self.cache, fresh))
        assert {at: told(one) for at, one in shown.items()} == {at: told(one) for at, one in right.items()}
        assert at_once(self.cache.who_filters()) == at_once(fresh.who_filters())

    def teardown(self) -> None:
        if hasattr(self, "net"):
            for who in OURS:
                self.look(who)
            for tx in self.net.nodes.values():
                tx._connection.close()

    def do(self, host: str, name: str, *, me: str = ALICE, other: str = ZOE, at: int = 0) -> None:
        """Do something, or be refused, and let both companies hear of it."""
        self.net.pass_ms(1000)
        tx = self.net[host]
        person = self.person(tx, me)
        known = self.posts(tx, f"{STANDING} AND {MEANT.get(name, '1')}", me=person.id)
        seqs = {party: self.head(party) for party in (ACME, GLOBEX)}
        tx._connection.execute("SAVEPOINT verb")
        events = len(tx.events)
        try:
            meant = known[at % len(known)] if known else 0
            outcome = (OURS_DO | IT_DOES)[name](tx, person, self.person(tx, other), meant)
            outbox.send(tx, outcome.drafts if outcome else (), gate=GATE)
        except Refusal:
            tx._connection.execute("ROLLBACK TO verb")
            del tx.events[events:]
        tx._connection.execute("RELEASE verb")
        self.tell(host, GLOBEX if host == ACME else ACME, seqs[host])
        self.hear()

    def tell(self, host: str, other: str, seq: int) -> None:
        for row in entries.after(self.net[host], APOLLO, host, seq=seq, upto=2**53, limit=100):
            bring(self.net[other], orjson.loads(row.document))

    def head(self, party: str) -> int:
        head = entries.head(self.net[party], APOLLO, party)
        return head.seq if head else 0

    def hear(self) -> None:
        fresh: list[Event] = self.tx.events[self.heard :]
        self.heard = len(self.tx.events)
        for event in fresh:
            self.cache.hear(event)

    @staticmethod
    def person(tx: SqliteTx, name: str) -> ActorRow:
        found = actors.by_username(tx, name, GLOBEX if name == BOB else ACME)
        assert found is not None
        return found

    @staticmethod
    def posts(tx: SqliteTx, where: str = "1", *, me: int = 0) -> list[int]:
        """The newest posts first, deleted ones as well."""
        asked = f"SELECT id FROM post WHERE {where} ORDER BY id DESC LIMIT 40"
        return [row[0] for row in tx._connection.execute(asked, {"me": me})]


Memory.TestCase.settings = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "20")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestMemory = Memory.TestCase
