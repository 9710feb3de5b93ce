"""Posts as pages show them. The rule kept here: pure, but for one read of the facts; what the viewer may not see is not among them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any, NamedTuple
from urllib.parse import quote

from instance.domain import emoji, emoji_reaction, text
from instance.domain.attendance import MILESTONE
from instance.storage import attendances, emoji_reactions, polls, posts, quotes
from instance.storage.actors import ActorRow
from instance.storage.attendances import Attending
from instance.storage.database import Tx
from instance.storage.emoji_reactions import Count
from instance.storage.emojis import EmojiRow
from instance.storage.media import MediaRow
from instance.storage.polls import PollSeen
from instance.storage.posts import PageFacts, PostRow
from web.i18n import Locale, phrase, translate
from web.pages.emoji_view import emoji_urls, with_emojis
from web.pages.place import Company

EXCERPT_CHARS = 60
WORK = {
    "deliverable": phrase("deliverable"),
    "decision": phrase("decision"),
    "blocker": phrase("blocker"),
    "question": phrase("question"),
    "task": phrase("task"),
    "milestone": phrase("milestone"),
    "idea": phrase("idea"),
}
_LINK = re.compile(
    r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>|<span class="hashtag">#(?P<tag>[^<>]*)</span>', re.DOTALL
)


class PostFacts(NamedTuple):
    """Posts to show, in order, with all that is said of them; `around` are these posts and those that they answer or quote.

    `reactions` are the emojis under each, `drawn` their pictures; `authors` are who wrote them; `quoted` is what a post quotes, by its id, where the viewer is shown that.
    """

    ids: list[int]
    page: PageFacts
    around: dict[int, PostRow]
    authors: dict[int, ActorRow]
    polls: dict[int, PollSeen]
    now_ms: int
    quoted: dict[int, int]
    emojis: dict[int, list[EmojiRow]]
    reactions: dict[int, list[Count]]
    drawn: dict[int, dict[str, EmojiRow]]
    attending: dict[int, list[Attending]]


class Manner(NamedTuple):
    """How posts are shown: to whom, in which language, with the companies and the links to pictures."""

    viewer_id: int
    locale: Locale
    companies: Mapping[str, Company]
    picture_url: Callable[[MediaRow], str]
    host: str


def post_facts(tx: Tx, ids: list[int], viewer_id: int) -> PostFacts:
    """Everything it takes to show these posts to the viewer."""
    page = posts.page_facts(tx, ids, viewer_id)
    answered = {post.in_reply_to_id for post in page.posts.values() if post.in_reply_to_id is not None}
    quoted = _quoted(tx, page, viewer_id)
    missing = (answered | set(quoted.values())) - page.posts.keys()
    beside = posts.page_facts(tx, missing, viewer_id) if missing else None
    elsewhere, strangers = (beside.posts, beside.actors) if beside else ({}, {})
    asked = polls.seen(tx, page.posts, viewer_id)
    drawn = emoji.in_posts(
        tx, page.posts.values(), page.actors, {post_id: seen.poll for post_id, seen in asked.items()}
    )
    counted = emoji_reactions.counts(tx, page.posts, viewer_id)
    return PostFacts(
        ids,
        page,
        page.posts | elsewhere,
        strangers | page.actors,
        asked,
        tx.now_ms,
        quoted,
        drawn,
        counted,
        emoji_reaction.drawn_of(tx, counted, {one: page.posts[one].space for one in counted}),
        _attending(tx, page),
    )


def _attending(tx: Tx, page: PageFacts) -> dict[int, list[Attending]]:
    """Who takes part in each milestone of a page; of one without milestones nothing is asked."""
    milestones = [post.id for post in page.posts.values() if post.work_kind == MILESTONE]
    return attendances.of_posts(tx, milestones) if milestones else {}


def _quoted(tx: Tx, page: PageFacts, viewer_id: int) -> dict[int, int]:
    """What each post quotes, as far as its author lets it and the viewer may read and wants to."""
    found = quotes.seen(tx, page.posts, viewer_id).values()
    return {
        row.post_id: row.quoted_id
        for row in found
        if row.quoted_id is not None and row.state == "accepted" and row.is_readable
        if not (row.is_blocked or row.is_domain_blocked or row.is_muted)
    }


def post_views(facts: PostFacts, manner: Manner) -> list[dict[str, Any]]:
    """What the templates say of each post."""
    found = (facts.page.posts.get(post_id) for post_id in facts.ids)
    return [_view(post, facts, manner) for post in found if post is not None]


def _view(post: PostRow, facts: PostFacts, manner: Manner) -> dict[str, Any]:
    page = facts.page
    author = page.actors[post.author_id]
    return {
        "id": post.id,
        "author": _name(author),
        **_company(author, manner),
        "answers": _answered(post, facts),
        "quotes": _quotation(post, facts, manner),
        "work": translate(manner.locale, WORK[post.work_kind]) if post.work_kind in WORK else "",
        "content": with_emojis(_with_pages(post.content, page), emoji_urls(facts.emojis.get(post.id, ()))),
        "spoiler": post.spoiler,
        "language": post.language,
        "created_at_ms": post.created_at_ms,
        "iso": datetime.fromtimestamp(post.created_at_ms / 1000, UTC).isoformat(),
        "edited_at_ms": post.edited_at_ms,
        "replies": post.replies_count,
        "favourites": post.favourites_count,
        "boosts": post.boosts_count,
        "reactions": [
            _reaction(one, facts.drawn.get(post.id, {}), manner) for one in facts.reactions.get(post.id, ())
        ],
        "attending": _part(facts.attending.get(post.id, []), manner) if post.work_kind == MILESTONE else None,
        "favourited": post.id in page.marks.favourited,
        "boosted": post.id in page.marks.boosted,
        "may_boost": post.visibility in {"public", "unlisted"},
        "pictures": [
            _picture(media, manner) for media in page.media.get(post.id, ()) if media.state == "ready"
        ],
        "mine": post.author_id == manner.viewer_id,
        "poll": _poll(facts.polls[post.id], post, facts, manner) if post.id in facts.polls else None,
    }


def _reaction(one: Count, drawn: Mapping[str, EmojiRow], manner: Manner) -> dict[str, Any]:
    """An emoji under a post; one that is drawn has a picture when that is there, and only its own company's people put it."""
    plain, host = emoji_reaction.name_and_host(one.name)
    picture = drawn.get(one.name)
    return {
        "name": one.name,
        "shown": f":{plain}:" if host else plain,
        "count": one.people,
        "mine": bool(one.is_mine),
        "may": host in {"", manner.host},
        "url": emoji_urls([picture])[picture.shortcode] if picture else "",
    }


def _part(attending: list[Attending], manner: Manner) -> dict[str, Any]:
    """Who takes part in a milestone, each with the colour of the company, and whether the viewer does."""
    return {
        "mine": any(one.actor_id == manner.viewer_id for one in attending),
        "people": [
            {"name": one.name, "colour": manner.companies.get(one.host, {}).get("colour", 0)}
            for one in attending
        ],
    }


def _poll(asked: PollSeen, post: PostRow, facts: PostFacts, manner: Manner) -> dict[str, Any]:
    """What a post asks: the answers as long as the viewer may choose among them, then the totals, as far as they are told."""
    row, over = asked.poll, asked.poll.is_over(facts.now_ms)
    options = [
        {"number": number, "title": title, "count": None if row.hide_totals and not over else count}
        for number, (title, count) in enumerate(row.options())
    ]
    return {
        "options": [option | {"chosen": option["number"] in asked.choices} for option in options],
        "most": max(1, *(option["count"] or 0 for option in options)),
        "voters": row.voters_count,
        "multiple": bool(row.multiple),
        "may_vote": not over and not asked.choices and post.author_id != manner.viewer_id,
        "is_over": over,
        "ends_at_ms": row.ends_at_ms,
    }


def _picture(media: MediaRow, manner: Manner) -> dict[str, Any]:
    return {
        "kind": media.media_type.partition("/")[0],
        "url": manner.picture_url(media),
        "description": media.description,
        "width": media.width,
        "height": media.height,
    }


def _answered(post: PostRow, facts: PostFacts) -> dict[str, Any] | None:
    """Whom the post answers, and the first words of what it answers when the viewer may read that."""
    author_id = facts.page.parents.get(post.id)
    if author_id is None or author_id not in facts.page.actors:
        return None
    parent = facts.around.get(post.in_reply_to_id or 0)
    return {
        "name": _name(facts.page.actors[author_id]),
        "id": parent.id if parent else None,
        "excerpt": excerpt(parent) if parent else "",
    }


def _quotation(post: PostRow, facts: PostFacts, manner: Manner) -> dict[str, Any] | None:
    """Whom the post quotes, and their first words."""
    quoted = facts.around.get(facts.quoted.get(post.id, 0))
    if quoted is None:
        return None
    author = facts.authors[quoted.author_id]
    return {"id": quoted.id, "excerpt": excerpt(quoted), "author": _name(author), **_company(author, manner)}


def _company(author: ActorRow, manner: Manner) -> dict[str, Any]:
    known = manner.companies.get(author.host, {"company": author.host, "colour": 0})
    return {"company": known["company"], "colour": known["colour"]}


def excerpt(post: PostRow) -> str:
    """The first words of a post; of one behind a warning, the warning."""
    words = " ".join((post.spoiler or text.plain(post.content)).split())
    return words if len(words) <= EXCERPT_CHARS else words[:EXCERPT_CHARS].rsplit(" ", 1)[0] + "…"


def _with_pages(content: str, page: PageFacts) -> str:
    """Cleaned HTML in which a project's name and a hashtag lead to their pages here, and a person's, who has none, nowhere."""
    people = {actor.iri: actor for actor in page.actors.values()}

    def link(found: re.Match[str]) -> str:
        if found["tag"] is not None:
            return f'<a class="hashtag" href="/app/tags/{quote(unescape(found["tag"]))}">#{found["tag"]}</a>'
        iri, words = unescape(found[1]), found[2]
        if iri in page.projects:
            return f'<a href="/app/projects/{page.projects[iri].id}">{words}</a>'
        if iri in people:
            return f'<span class="mention" title="{escape(_name(people[iri]))}">{words}</span>'
        return found[0]

    return _LINK.sub(link, content)


def _name(actor: ActorRow) -> str:
    return actor.display_name or actor.username
