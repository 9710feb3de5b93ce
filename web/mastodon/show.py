"""From rows to what is shown, in one unit of work. The rule kept here: a page costs a fixed number of queries, and shows only what its viewer may read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import orjson

from instance.domain import emoji_reaction, filtering, text
from instance.domain.about import about_of
from instance.domain.emoji import in_posts, shortcodes_in
from instance.policy import INTERNAL
from instance.storage import (
    actors,
    charters,
    delivery,
    emoji_reactions,
    emojis,
    filters,
    follows,
    log,
    members,
    polls,
    posts,
    quotes,
)
from instance.storage.actors import ActorRow
from instance.storage.charters import PartyRow
from instance.storage.database import Tx
from instance.storage.filters import Known as KnownFilter
from instance.storage.follows import FollowCounts
from instance.storage.media import MediaRow
from instance.storage.polls import PollSeen
from instance.storage.posts import PageFacts, PostRow
from web.files import PictureKeys, hour_after
from web.mastodon import entities
from web.mastodon import filter_entities as filter_shown
from web.mastodon import poll_entities as poll_shown
from web.mastodon import quote_entities as quote_shown
from web.mastodon import reaction_entities as reaction_shown
from web.mastodon.card_entities import Card, cards_of
from web.mastodon.emoji_entities import custom_emoji
from web.mastodon.entities import AccountFacts, Json, StatusFacts, Trouble, Viewed
from web.mastodon.media_entities import media_attachment
from web.mastodon.quote_entities import Quoted

FOREVER_S = 1 << 40
FAILURES = 2  # once is no trouble: it is tried again within seconds


class Rendered(NamedTuple):
    """A status as bytes: the head is the same for everybody, the tail is the viewer's for whom it was read (see `whole`).

    A poll stands at the end of the head, open: the tail begins with what the viewer has chosen, and closes it.

    `actor_ids` are those shown in it; its links work until `until_s`. `quote` is what it quotes and `card` what its first link leads
    to, a member of the status, as that viewer sees them; `is_plain` when everybody who may read it sees the same while it is new.
    """

    head: bytes
    tail: bytes
    boost_of_id: int | None
    actor_ids: frozenset[int]
    until_s: int
    is_open: bool = False
    quote: Quoted | None = None
    card: bytes = b""
    is_plain: bool = True


class Seen(NamedTuple):
    """A status with the end that is one viewer's."""

    rendered: Rendered
    tail: bytes
    quote: Quoted | None
    card: bytes


Known = Callable[[int], Seen | None]


@lru_cache(4096)
def _shared(tail: bytes) -> bytes:
    """One copy of what many posts have in common: most tails are one of a few."""
    return tail


def tail_of(as_seen: Viewed) -> bytes:
    """The end of a status for one viewer."""
    return _shared(b"," + orjson.dumps(entities.viewed(as_seen))[1:])


AS_NEW = tail_of(Viewed())


def composed(post_id: int, known: Known) -> bytes | None:
    """The JSON of a status, with what it boosts and quotes, as the viewer sees it; None when a part of it is not known."""
    seen = known(post_id)
    if seen is None:
        return None
    boosted_id = seen.rendered.boost_of_id
    if boosted_id is None:
        return _whole(seen, known)
    boosted = known(boosted_id)
    inner = _whole(boosted, known) if boosted is not None else None
    if boosted is None or inner is None:
        return None
    # The boost itself asks nothing, and quotes nothing.
    marks = boosted.tail.partition(b"}")[2] if boosted.rendered.is_open else boosted.tail
    return b"".join((seen.rendered.head, b',"reblog":', inner, marks))


def _whole(seen: Seen, known: Known) -> bytes | None:
    quote = seen.quote
    if quote is None:
        return _closed(seen, b"")
    if quote.post_id is None:
        return _closed(seen, quote_shown.whole(quote, None))
    quoted = known(quote.post_id)
    if quoted is None:
        return None
    inner = _closed(quoted, quote_shown.shallow(quoted.quote) if quoted.quote else b"")
    return _closed(seen, quote_shown.whole(quote, inner))


def _closed(seen: Seen, quote: bytes) -> bytes:
    """A status with what is the viewer's alone at its end."""
    if not seen.card and not quote:
        return seen.rendered.head + seen.tail
    return b"".join((seen.rendered.head, seen.tail[:-1], seen.card, quote, b"}"))


def as_new(rendered: Rendered) -> bytes:
    """The JSON of a status that is no boost, without marks, and of a poll without what anybody has chosen."""
    return rendered.head + (b"}" if rendered.is_open else b"") + AS_NEW


def account_facts(tx: Tx, row: ActorRow) -> AccountFacts:
    """What an account is shown from."""
    return facts_of(tx, [row])[row.id]


def facts_of(tx: Tx, rows: Iterable[ActorRow]) -> dict[int, AccountFacts]:
    """What several accounts are shown from: however many people, in one query."""
    found = list(rows)
    counts = follows.counts_of(tx, [row.id for row in found if row.kind != "project"])
    return {
        row.id: _facts_of_project(tx, row)
        if row.kind == "project"
        else AccountFacts(row, counts.get(row.id, FollowCounts(0, 0)), emojis=_emojis_of_person(tx, row))
        for row in found
    }


def _facts_of_project(tx: Tx, row: ActorRow) -> AccountFacts:
    charter = charters.in_force(tx, row.iri)
    parties = tuple(charters.parties(tx, charter.id)) if charter else ()
    counts = FollowCounts(len(members.of_project(tx, row.iri)), 0)
    return AccountFacts(row, counts, charter, parties, troubles=tuple(_troubles(tx, row.iri, parties)))


def _troubles(tx: Tx, project_iri: str, parties: Iterable[PartyRow]) -> Iterator[Trouble]:
    """What an app should tell of a project: who cannot be reached, and whose words are missing here."""
    late = {lane.host: lane for lane in delivery.busy_lanes(tx) if lane.failures >= FAILURES}
    for party in parties:
        if party.left_at_ms is not None or party.host == tx.home.host:
            continue
        if party.host in late:
            yield Trouble(party.company, late[party.host].reached_at_ms or party.signed_at_ms or tx.now_ms)
        if log.first_held(tx, project_iri, party.host) is not None:
            yield Trouble(party.company, None)


def _emojis_of_person(tx: Tx, row: ActorRow) -> tuple[Json, ...]:
    """Those in what one of our people says of themselves; most write none, and cost no query."""
    if row.host != tx.home.host:
        return ()
    fields = (words for field in about_of(row).fields for words in field)
    names = shortcodes_in(row.display_name, row.summary, *fields)
    found = emojis.named(tx, names, hosts=[row.host], spaces=[INTERNAL]) if names else []
    return tuple(custom_emoji(one, tx.home) for one in found)


def account(tx: Tx, row: ActorRow) -> Json:
    """Account."""
    return entities.account(account_facts(tx, row), tx.home)


def accounts(tx: Tx, actor_ids: Iterable[int]) -> list[Json]:
    """Accounts in the order of these ids; those that do not exist are left out."""
    wanted = list(actor_ids)
    found = actors.by_ids(tx, wanted)
    shown = account_of_each(tx, found.values())
    return [shown[actor_id] for actor_id in wanted if actor_id in shown]


def account_of_each(tx: Tx, rows: Iterable[ActorRow]) -> dict[int, Json]:
    """Accounts by id."""
    return {key: entities.account(facts, tx.home) for key, facts in facts_of(tx, rows).items()}


def statuses(
    tx: Tx, post_ids: Iterable[int], viewer_id: int, *, pictures: PictureKeys, filters_any: bool = True
) -> dict[int, Rendered]:
    """The statuses of these ids that the viewer may read, by id, with those that they boost and quote.

    `filters_any`: False when the viewer is known to have no filter.
    """
    facts, quoted = _with_quoted(tx, posts.page_facts(tx, list(post_ids), viewer_id), viewer_id)
    asked = polls.seen(tx, facts.posts, viewer_id)
    known = filters.in_force(tx, viewer_id) if filters_any else []
    drawn = emojis_of(tx, facts.posts.values(), facts.actors, asked)
    following = _followed(tx, facts, viewer_id)
    page = _Page(
        tx,
        facts,
        _authors(tx, facts),
        pictures,
        tx.now_ms / 1000,
        viewer_id,
        asked,
        known,
        drawn,
        quoted,
        following,
        cards_of(tx, facts.posts.values(), viewer_id),
        _reactions(tx, facts, viewer_id),
    )
    return {post_id: page.status(post) for post_id, post in facts.posts.items()}


def _authors(tx: Tx, facts: PageFacts) -> dict[int, Json]:
    """The author's account of each post, by the post's id: in a project with the badge of what the author is there."""
    authors = {row.author_id for row in facts.posts.values()}
    people = facts_of(tx, [facts.actors[actor_id] for actor_id in authors])
    roles = members.roles(tx, facts.projects, authors) if facts.projects else {}
    shown: dict[tuple[int, str], Json] = {}
    found: dict[int, Json] = {}
    for post in facts.posts.values():
        key = post.author_id, roles.get((post.space, post.author_id), "")
        if key not in shown:
            shown[key] = entities.account(people[post.author_id], tx.home, role=key[1])
        found[post.id] = shown[key]
    return found


def _with_quoted(tx: Tx, facts: PageFacts, viewer_id: int) -> tuple[PageFacts, dict[int, Quoted]]:
    """The facts with those of what is quoted and shown to the viewer, and what the viewer sees of every quote."""
    quoted = _quotes(tx, facts, viewer_id)
    missing = {one.post_id for one in quoted.values() if one.post_id is not None} - facts.posts.keys()
    if not missing:
        return facts, quoted
    more = posts.page_facts(tx, missing, viewer_id)
    return posts.joined(facts, more), quoted | _quotes(tx, more, viewer_id)


def _quotes(tx: Tx, facts: PageFacts, viewer_id: int) -> dict[int, Quoted]:
    found = quotes.seen(tx, facts.posts, viewer_id)
    return {post_id: quote_shown.quoted(row) for post_id, row in found.items()}


def _reactions(tx: Tx, facts: PageFacts, viewer_id: int) -> dict[int, list[Json]]:
    """The emojis under each post, by its id."""
    counted = emoji_reactions.counts(tx, facts.posts, viewer_id)
    drawn = emoji_reaction.drawn_of(tx, counted, {one: facts.posts[one].space for one in counted})
    return {
        post_id: reaction_shown.reactions(counts, drawn.get(post_id, {}), tx.home)
        for post_id, counts in counted.items()
    }


def _followed(tx: Tx, facts: PageFacts, viewer_id: int) -> frozenset[int]:
    """Which authors the viewer follows, among those whose followers alone may quote."""
    asked = {row.author_id for row in facts.posts.values() if row.quote_policy == "followers"}
    return frozenset(follows.marks_of(tx, viewer_id, asked).following if asked else ())


def emojis_of(
    tx: Tx, rows: Iterable[PostRow], authors: Mapping[int, ActorRow], asked: Mapping[int, PollSeen]
) -> dict[int, list[Json]]:
    """The CustomEmojis in the words of each post, by its id."""
    found = in_posts(tx, rows, authors, {post_id: seen.poll for post_id, seen in asked.items()})
    return {post_id: [custom_emoji(one, tx.home) for one in drawn] for post_id, drawn in found.items()}


def emojis_of_one(tx: Tx, row: PostRow, viewer_id: int) -> list[Json]:
    """The CustomEmojis in the words of one post."""
    asked = polls.seen(tx, [row.id], viewer_id)
    return emojis_of(tx, [row], actors.by_ids(tx, [row.author_id]), asked).get(row.id, [])


def attachments(tx: Tx, rows: Iterable[MediaRow], pictures: PictureKeys) -> list[Json]:
    """MediaAttachments."""
    now_s = tx.now_ms / 1000
    return [media_attachment(row, _links(row, pictures, now_s)) for row in rows]


def _links(row: MediaRow, pictures: PictureKeys, now_s: float) -> entities.PictureLinks | None:
    return pictures.links(row.id, now_s) if row.state == "ready" else None


def _good_until_s(now_s: float, card: Card | None, *, has_pictures: bool) -> int:
    """How long a status can be kept: its links to pictures end; a post that its card shows may change or go at any moment."""
    if card is not None and card.is_of_post:
        return 0
    return hour_after(now_s) if has_pictures else FOREVER_S


class _Page(NamedTuple):
    """The facts of one page, shared by its statuses."""

    tx: Tx
    facts: PageFacts
    authors: dict[int, Json]
    pictures: PictureKeys
    now_s: float
    viewer_id: int
    polls: dict[int, PollSeen]
    filters: list[KnownFilter]
    emojis: dict[int, list[Json]]
    quotes: dict[int, Quoted]
    following: frozenset[int]
    cards: dict[int, Card]
    reactions: dict[int, list[Json]]

    def status(self, post: PostRow) -> Rendered:
        facts = self.facts
        pictures = facts.media.get(post.id, ())
        mentions = [facts.actors[one] for one in facts.mentions.get(post.id, ()) if one in facts.actors]
        shown = StatusFacts(
            post=post,
            account=self.authors[post.id],
            project=facts.projects.get(post.space),
            mentions=mentions,
            tags=facts.tags.get(post.id, ()),
            media=attachments(self.tx, pictures, self.pictures),
            parent_author_id=facts.parents.get(post.id),
            emojis=self.emojis.get(post.id, ()),
        )
        body = entities.status(shown, self.tx.home) | ({} if post.boost_of_id else {"reblog": None})
        quote, card, asked = self.quotes.get(post.id), self.cards.get(post.id), self.polls.get(post.id)
        for name, told in (("quote", quote), ("card", card), ("poll", asked)):
            if told is not None:  # told to each viewer apart
                del body[name]
        rendered = Rendered(
            head=b"" if asked else orjson.dumps(body)[:-1],
            tail=tail_of(self._viewed(post)),
            boost_of_id=post.boost_of_id,
            actor_ids=frozenset({post.author_id, *(row.id for row in mentions)}),
            until_s=_good_until_s(self.now_s, card, has_pictures=bool(pictures)),
            quote=quote,
            card=b',"card":' + orjson.dumps(card.shown) if card else b"",
            is_plain=quote is None
            and card is None
            and post.quote_policy == "public"
            and post.id not in self.reactions,
        )
        return rendered if asked is None else self._asking(rendered, body, post, asked)

    def _asking(self, rendered: Rendered, body: Json, post: PostRow, asked: PollSeen) -> Rendered:
        """The same with a poll, whose end makes it stale."""
        shown = poll_shown.poll(asked.poll, now_ms=self.tx.now_ms, emojis=self.emojis.get(post.id, ()))
        ends_ms = asked.poll.ends_at_ms
        running = ends_ms is not None and ends_ms > self.tx.now_ms
        own = poll_shown.own(asked, is_author=post.author_id == self.viewer_id)
        return rendered._replace(
            head=orjson.dumps(body | {"poll": shown})[:-2],
            tail=b"," + orjson.dumps(own)[1:] + rendered.tail,
            until_s=ends_ms // 1000 if ends_ms is not None and running else rendered.until_s,
            is_open=True,
        )

    def _viewed(self, post: PostRow) -> Viewed:
        marks = self.facts.marks
        return Viewed(
            favourited=post.id in marks.favourited,
            reblogged=post.id in marks.boosted,
            bookmarked=post.id in marks.bookmarked,
            muted=post.id in marks.muted,
            pinned=post.id in marks.pinned if post.author_id == self.viewer_id else None,
            filtered=self._filtered(post) if self.filters else (),
            quote_approval=quote_shown.approval(
                post, self.viewer_id, is_follower=post.author_id in self.following
            ),
            reactions=self.reactions.get(post.id, ()),
        )

    def _filtered(self, post: PostRow) -> list[Json]:
        """What the viewer's filters say of a post; nobody filters their own."""
        if post.author_id == self.viewer_id:
            return []
        asked = self.polls.get(post.id)
        described = [row.description for row in self.facts.media.get(post.id, ())]
        options = [title for title, _ in asked.poll.options()] if asked else []
        words = "\n".join([post.spoiler, text.plain(post.content), *described, *options])
        found = filtering.matches(self.filters, post.id, words, now_ms=self.tx.now_ms)
        return [filter_shown.result(match, post.id) for match in found]
