"""A project as a page shows it. The rule kept here: one read of the database, then pure; nothing the viewer may not see is loaded."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from instance.home import Home
from instance.storage import actors, charters, members, posts, timelines
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.database import Tx
from instance.storage.members import MemberRow
from instance.storage.posts import PostRow
from instance.storage.window import Window
from web.i18n import Locale
from web.pages.charter_view import charter_view, colours, state_words, tone_of
from web.pages.place import Place, charter_of, place_of, place_view
from web.pages.post_view import Manner, PostFacts, excerpt, post_facts, post_views

PAGE = 30

Listed = tuple[ActorRow, CharterRow, Sequence[PartyRow]]


class ProjectFacts(NamedTuple):
    """A project with its charter, its people and one page of its timeline, newest first."""

    actor: ActorRow
    charter: CharterRow
    place: Place
    members: list[MemberRow]
    people: dict[int, ActorRow]
    posts: PostFacts
    pinned: list[PostRow]


def my_projects(tx: Tx, viewer_id: int, *, everything: bool) -> list[Listed]:
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
    place = place_of(tx, viewer_id, actor.iri)
    if place.charter is None or not (place.mine or is_admin):
        return None
    window = Window(max_id=before, limit=PAGE)
    ids = timelines.project(tx, viewer_id, actor.iri, window) if place.mine else []
    everybody = members.of_project(tx, actor.iri)
    people = actors.by_ids(tx, [row.actor_id for row in everybody])
    first = posts.by_ids(tx, place.pinned)
    return ProjectFacts(
        actor,
        place.charter,
        place,
        everybody,
        people,
        post_facts(tx, ids, viewer_id),
        [first[one] for one in place.pinned],
    )


def project_cards(found: Sequence[Listed], *, own_host: str, locale: Locale) -> list[dict[str, Any]]:
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


def project_page(facts: ProjectFacts, *, home: Home, manner: Manner) -> dict[str, Any]:
    """What the template "project.html" needs of the facts."""
    parties = facts.place.parties
    charter = charter_view(facts.charter, parties, own_host=home.host, locale=manner.locale)
    ids = facts.posts.ids
    return {
        "project": {
            "title": facts.actor.display_name,
            "handle": _handle(facts.actor, home.host),
        },
        "charter": charter,
        "place": place_view(facts.place, home=home, locale=manner.locale),
        "posts": post_views(facts.posts, manner),
        "pinned": [{"id": row.id, "excerpt": excerpt(row)} for row in facts.pinned],
        "companies": [_company(party, facts) for party in charter["parties"]],
        "older": ids[-1] if len(ids) == PAGE else None,
    }


def _handle(actor: ActorRow, own_host: str) -> str:
    return f"@{actor.username}" if actor.host == own_host else f"@{actor.username}@{actor.host}"


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
