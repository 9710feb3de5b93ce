"""From rows to what is shown, in one unit of work. The rule kept here: a page costs a fixed number of queries, and shows only what its viewer may read."""

from collections.abc import Iterable
from typing import NamedTuple

import orjson

from instance.storage import actors, charters, follows, members, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.follows import FollowCounts
from instance.storage.media import MediaRow
from instance.storage.posts import PageFacts, PostRow
from web.files import PictureKeys, hour_after
from web.mastodon import entities
from web.mastodon.entities import AccountFacts, Json, StatusFacts

FOREVER_S = 1 << 40


class Rendered(NamedTuple):
    """A status as bytes, without its last part, which depends on who looks (see `whole`).

    `bits` are the marks of the viewer it was read for; `actor_ids` those shown in it; its links work until `until_s`.
    """

    head: bytes
    bits: int
    boost_of_id: int | None
    actor_ids: frozenset[int]
    until_s: int


_TAILS = tuple(b"," + orjson.dumps(entities.marks(bits))[1:] for bits in range(8))


def whole(rendered: Rendered, bits: int) -> bytes:
    """The JSON of a status that is no boost, with the marks of a viewer."""
    return rendered.head + _TAILS[bits]


def whole_boost(boost: Rendered, boosted: Rendered, bits: int) -> bytes:
    """The JSON of a boost around what it boosts; both show the viewer's marks on what is boosted."""
    tail = _TAILS[bits]
    return b"".join((boost.head, b',"reblog":', boosted.head, tail, tail))


def account_facts(tx: Tx, row: ActorRow) -> AccountFacts:
    """What an account is shown from."""
    if row.kind != "project":
        return AccountFacts(row, follows.counts(tx, row.id))
    charter = charters.in_force(tx, row.iri)
    parties = tuple(charters.parties(tx, charter.id)) if charter else ()
    return AccountFacts(row, FollowCounts(len(members.of_project(tx, row.iri)), 0), charter, parties)


def account(tx: Tx, row: ActorRow) -> Json:
    """Account."""
    return entities.account(account_facts(tx, row), tx.home)


def accounts(tx: Tx, actor_ids: Iterable[int]) -> list[Json]:
    """Accounts in the order of these ids; those that do not exist are left out."""
    wanted = list(actor_ids)
    found = actors.by_ids(tx, wanted)
    return [account(tx, found[actor_id]) for actor_id in wanted if actor_id in found]


def statuses(
    tx: Tx, post_ids: Iterable[int], viewer_id: int, *, pictures: PictureKeys
) -> dict[int, Rendered]:
    """The statuses of these ids that the viewer may read, by id, with those that they boost."""
    facts = posts.page_facts(tx, list(post_ids), viewer_id)
    authors = {row.author_id for row in facts.posts.values()}
    shown = {actor_id: account(tx, facts.actors[actor_id]) for actor_id in authors}
    page = _Page(tx, facts, shown, pictures, tx.now_ms / 1000)
    return {post_id: page.status(post) for post_id, post in facts.posts.items()}


def attachments(tx: Tx, rows: Iterable[MediaRow], pictures: PictureKeys) -> list[Json]:
    """MediaAttachments."""
    now_s = tx.now_ms / 1000
    return [entities.media_attachment(row, _links(row, pictures, now_s)) for row in rows]


def _links(row: MediaRow, pictures: PictureKeys, now_s: float) -> entities.PictureLinks | None:
    return pictures.links(row.id, now_s) if row.state == "ready" else None


class _Page(NamedTuple):
    """The facts of one page, shared by its statuses."""

    tx: Tx
    facts: PageFacts
    accounts: dict[int, Json]
    pictures: PictureKeys
    now_s: float

    def status(self, post: PostRow) -> Rendered:
        facts = self.facts
        pictures = facts.media.get(post.id, ())
        mentions = [facts.actors[one] for one in facts.mentions.get(post.id, ()) if one in facts.actors]
        shown = StatusFacts(
            post=post,
            account=self.accounts[post.author_id],
            project=facts.projects.get(post.space),
            mentions=mentions,
            media=attachments(self.tx, pictures, self.pictures),
            parent_author_id=facts.parents.get(post.id),
        )
        body = entities.status(shown, self.tx.home) | ({} if post.boost_of_id else {"reblog": None})
        return Rendered(
            head=orjson.dumps(body)[:-1],
            bits=self._bits(post.id),
            boost_of_id=post.boost_of_id,
            actor_ids=frozenset({post.author_id, *(row.id for row in mentions)}),
            until_s=hour_after(self.now_s) if pictures else FOREVER_S,
        )

    def _bits(self, post_id: int) -> int:
        marks = self.facts.marks
        return (
            entities.FAVOURITED * (post_id in marks.favourited)
            + entities.REBLOGGED * (post_id in marks.boosted)
            + entities.BOOKMARKED * (post_id in marks.bookmarked)
        )
