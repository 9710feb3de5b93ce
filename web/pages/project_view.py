"""A project as a page shows it. The rule kept here: one read of the database, then pure; nothing the viewer may not see is loaded."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from instance.storage import actors, charters, members, posts, timelines
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.database import Tx
from instance.storage.media import MediaRow
from instance.storage.members import MemberRow
from instance.storage.posts import PageFacts, PostRow
from instance.storage.window import Window
from web.i18n import Locale, translate
from web.pages.charter_view import charter_view, colours, state_words, tone_of

PAGE = 30


class ProjectFacts(NamedTuple):
    """A project with its charter, its people and one page of its timeline, newest first."""

    actor: ActorRow
    charter: CharterRow
    parties: list[PartyRow]
    members: list[MemberRow]
    people: dict[int, ActorRow]
    post_ids: list[int]
    page: PageFacts
    mine: MemberRow | None


def charter_of(tx: Tx, project_iri: str) -> CharterRow | None:
    """The version in force, else the newest."""
    versions = charters.of_project(tx, project_iri)
    return charters.in_force(tx, project_iri) or (versions[-1] if versions else None)


def my_projects(
    tx: Tx, viewer_id: int, *, everything: bool
) -> list[tuple[ActorRow, CharterRow, list[PartyRow]]]:
    """The projects the viewer is in (for IT: all of them), with their charters."""
    iris = (
        [row.iri for row in actors.projects(tx)]
        if everything
        else [row.project_iri for row in members.projects_of(tx, viewer_id)]
    )
    known = actors.by_iris(tx, iris)
    found = [
        (known[iri], charter) for iri in iris if iri in known and (charter := charter_of(tx, iri)) is not None
    ]
    return [(actor, charter, charters.parties(tx, charter.id)) for actor, charter in found]


def project_facts(
    tx: Tx, viewer_id: int, project_id: int, *, before: int | None, is_admin: bool
) -> ProjectFacts | None:
    """One project for one viewer; None when the viewer may not know of it. IT sees charter and people, never the posts of others."""
    actor = actors.by_id(tx, project_id)
    if actor is None or actor.kind != "project":
        return None
    mine = members.one(tx, actor.iri, viewer_id)
    inside = mine is not None and mine.state == "active"
    charter = charter_of(tx, actor.iri)
    if charter is None or not (inside or is_admin):
        return None
    everybody = members.of_project(tx, actor.iri)
    ids = timelines.project(tx, viewer_id, actor.iri, Window(max_id=before, limit=PAGE)) if inside else []
    people = actors.by_ids(tx, [row.actor_id for row in everybody])
    page = posts.page_facts(tx, ids, viewer_id)
    return ProjectFacts(
        actor,
        charter,
        charters.parties(tx, charter.id),
        everybody,
        people,
        ids,
        page,
        mine if inside else None,
    )


def project_cards(
    found: Sequence[tuple[ActorRow, CharterRow, list[PartyRow]]], *, own_host: str, locale: Locale
) -> list[dict[str, Any]]:
    """The cards of the page "My projects"."""
    cards = []
    for actor, charter, parties in found:
        colour = colours(own_host, (party.host for party in parties))
        cards.append(
            {
                "id": actor.id,
                "title": actor.display_name,
                "purpose": charter.purpose,
                "ends_at_ms": charter.ends_at_ms,
                "state": state_words(charter.state, locale),
                "tone": tone_of(charter.state),
                "parties": [{"company": party.company, "colour": colour[party.host]} for party in parties],
            }
        )
    return cards


def project_page(
    facts: ProjectFacts,
    *,
    viewer_id: int,
    own_host: str,
    locale: Locale,
    picture_url: Callable[[MediaRow], str],
) -> dict[str, Any]:
    """What the template "project.html" needs of the facts."""
    charter = charter_view(facts.charter, facts.parties, own_host=own_host, locale=locale)
    companies = {party["host"]: party for party in charter["parties"]}
    views = (_post(facts.page, post_id, companies, viewer_id, picture_url) for post_id in facts.post_ids)
    may_post = facts.charter.state == "live" and facts.mine is not None and facts.mine.role != "follower"
    return {
        "project": {
            "id": facts.actor.id,
            "title": facts.actor.display_name,
            "handle": _handle(facts.actor, own_host),
        },
        "charter": charter,
        "posts": [view for view in views if view is not None],
        "companies": [_company(party, facts) for party in charter["parties"]],
        "may_post": may_post,
        "why_not": "" if may_post else _why_not(facts, locale),
        "older": facts.post_ids[-1] if len(facts.post_ids) == PAGE else None,
    }


def _handle(actor: ActorRow, own_host: str) -> str:
    return f"@{actor.username}" if actor.host == own_host else f"@{actor.username}@{actor.host}"


def _why_not(facts: ProjectFacts, locale: Locale) -> str:
    if facts.mine is None:
        return translate(
            locale, "You see this project as IT: its charter and its people. Its posts are for its members."
        )
    if facts.charter.state != "live":
        return translate(locale, "The charter is not in force now, so nobody can post. Your IT knows more.")
    return translate(locale, "You follow this project: you read, the members write.")


def _company(party: dict[str, Any], facts: ProjectFacts) -> dict[str, Any]:
    rows = [
        (row, facts.people[row.actor_id])
        for row in facts.members
        if row.host == party["host"] and row.actor_id in facts.people
    ]
    people = [
        {"name": actor.display_name or actor.username, "title": actor.title, "role": row.role}
        for row, actor in rows
    ]
    return {"company": party["company"], "colour": party["colour"], "people": people}


def _post(
    page: PageFacts,
    post_id: int,
    companies: dict[str, dict[str, Any]],
    viewer_id: int,
    picture_url: Callable[[MediaRow], str],
) -> dict[str, Any] | None:
    shown = page.posts.get(post_id)
    post = page.posts.get(shown.boost_of_id) if shown is not None and shown.boost_of_id else shown
    if shown is None or post is None:
        return None
    author = page.actors[post.author_id]
    company = companies.get(author.host, {"company": author.host, "colour": 0})
    pictures = [
        {
            "url": picture_url(media),
            "description": media.description,
            "width": media.width,
            "height": media.height,
        }
        for media in page.media.get(post.id, ())
        if media.state == "ready"
    ]
    return {
        "id": post.id,
        "author": _name(author),
        "company": company["company"],
        "colour": company["colour"],
        "boosted_by": _name(page.actors[shown.author_id]) if shown is not post else "",
        "answers": _answers(page, post),
        "work": post.work_kind or "",
        "content": post.content,
        "spoiler": post.spoiler,
        "language": post.language,
        "created_at_ms": post.created_at_ms,
        "iso": datetime.fromtimestamp(post.created_at_ms / 1000, UTC).isoformat(),
        "edited_at_ms": post.edited_at_ms,
        "favourites": post.favourites_count,
        "boosts": post.boosts_count,
        "pictures": pictures,
        "mine": post.author_id == viewer_id and shown is post,
    }


def _answers(page: PageFacts, post: PostRow) -> str:
    parent = page.parents.get(post.id)
    return _name(page.actors[parent]) if parent is not None and parent in page.actors else ""


def _name(actor: ActorRow) -> str:
    return actor.display_name or actor.username
