"""Cards of links, rendered: of our own pages and of posts that are here. The rule kept here: nothing is fetched for a card, and it shows its viewer what that viewer may read.

A page of the open web has no card: to fetch it would tell somebody out there what the company talks about.
"""

import re
from collections.abc import Iterable
from html import unescape
from typing import Any, NamedTuple

from instance.domain import text
from instance.home import Home
from instance.storage import actors, linked, peers
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.linked import LinkedPost
from instance.storage.posts import PostRow
from web.mastodon.entities import page_of, timestamp

Json = dict[str, Any]
DESCRIPTION_CHARS = 300
_LINK = re.compile(r'<a\b(?P<facts>[^>]*?)\bhref="(?P<href>https?://[^"]+)"(?P<more>[^>]*)>')
_OF_A_NAME = re.compile(r'\bclass="[^"]*\b(?:mention|hashtag)\b')
_PAGE = re.compile(r"/app/(?:posts/(?P<post>\d{1,19})|projects/(?P<project>\d{1,19})(?:#p(?P<in>\d{1,19}))?)")


class Place(NamedTuple):
    """What a link leads to as far as its address tells: a post of that id or IRI, or a project's page."""

    href: str
    post_id: int | None = None
    project_id: int | None = None


class Card(NamedTuple):
    """What a post's first link shows one viewer, if anything; `is_of_post` when a post is behind it, which may change."""

    shown: Json | None
    is_of_post: bool


def link_in(content: str) -> str | None:
    """The first link of a post that is not a name or a hashtag."""
    if "<a" not in content:
        return None
    for found in _LINK.finditer(content):
        if not _OF_A_NAME.search(found["facts"] + found["more"]):
            return unescape(found["href"])
    return None


def place_of(href: str, home: Home) -> Place:
    """What a link leads to."""
    page = _PAGE.fullmatch(href.removeprefix(home.base)) if href.startswith(home.base) else None
    if page is None:
        return Place(href)
    post_id = page["post"] or page["in"]
    return Place(href, int(post_id) if post_id else None, int(page["project"]) if page["project"] else None)


def cards_of(tx: Tx, rows: Iterable[PostRow], viewer_id: int) -> dict[int, Card]:
    """What the first link of each of these posts shows the viewer, by the post's id; posts without a link are absent."""
    hrefs = {row.id: href for row in rows if (href := link_in(row.content)) is not None}
    if not hrefs:
        return {}
    places = {post_id: place_of(href, tx.home) for post_id, href in hrefs.items()}
    found = linked.posts(
        tx,
        viewer_id,
        iris={one.href for one in places.values()},
        post_ids={one.post_id for one in places.values() if one.post_id is not None},
    )
    by_id, by_iri = {row.id: row for row in found}, {row.iri: row for row in found}
    projects = actors.by_ids(tx, {one.project_id for one in places.values() if one.project_id is not None})
    people = actors.by_ids(tx, {row.author_id for row in found if row.is_readable})
    companies = {row.host: row.name for row in peers.all_peers(tx)} if people else {}

    def card(place: Place) -> Card:
        post = by_iri.get(place.href) if place.post_id is None else by_id.get(place.post_id)
        if post is not None:
            may = bool(post.is_readable)
            shown = _post_card(place.href, post, people[post.author_id], companies, tx.home) if may else None
            return Card(shown, is_of_post=True)
        project = projects.get(place.project_id or 0)
        if project is None or project.kind != "project" or place.post_id is not None:
            return Card(None, is_of_post=False)
        return Card(_project_card(place.href, project, tx.home), is_of_post=False)

    return {post_id: card(place) for post_id, place in places.items()}


def _post_card(href: str, post: LinkedPost, author: ActorRow, companies: dict[str, str], home: Home) -> Json:
    words = " ".join((post.spoiler or text.plain(post.content)).split())
    short = words if len(words) <= DESCRIPTION_CHARS else words[:DESCRIPTION_CHARS].rsplit(" ", 1)[0] + "…"
    ours = author.host == home.host
    return _card(
        href,
        title=author.display_name or author.username,
        description=short,
        provider=(home.company if ours else companies.get(author.host, "")) or author.host,
        author=author,
        home=home,
    ) | {"language": post.language, "published_at": timestamp(post.created_at_ms)}


def _project_card(href: str, project: ActorRow, home: Home) -> Json:
    words = text.plain(project.summary)
    return _card(
        href, title=project.display_name, description=words, provider=home.company, author=None, home=home
    )


def _card(
    href: str, *, title: str, description: str, provider: str, author: ActorRow | None, home: Home
) -> Json:
    """PreviewCard."""
    name = (author.display_name or author.username) if author else ""
    url = page_of(author, home) if author else ""
    return {
        "url": href,
        "title": title,
        "description": description,
        "type": "link",
        "author_name": name,
        "author_url": url,
        "authors": [{"name": name, "url": url, "account": None}] if author else [],
        "provider_name": provider,
        "provider_url": "",
        "html": "",
        "width": 0,
        "height": 0,
        "image": None,
        "image_description": "",
        "embed_url": "",
        "blurhash": None,
        "language": None,
        "published_at": None,
    }
