"""Where posts are written and read: one's own company, or a project. The rule kept here: who reads along is said before anything is written."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from instance.home import Home
from instance.policy import INTERNAL
from instance.storage import actors, charters, members, pins
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.database import Tx
from instance.storage.members import MemberRow
from web.i18n import Locale, translate
from web.pages.charter_view import colours

Company = dict[str, Any]


class Place(NamedTuple):
    """A project with its charter, the viewer's part in it, and the posts that stand first; all of it absent inside the company."""

    project: ActorRow | None = None
    charter: CharterRow | None = None
    parties: Sequence[PartyRow] = ()
    mine: MemberRow | None = None
    pinned: tuple[int, ...] = ()


def charter_of(tx: Tx, project_iri: str) -> CharterRow | None:
    """The version in force, else the newest."""
    versions = charters.of_project(tx, project_iri)
    return charters.in_force(tx, project_iri) or (versions[0] if versions else None)


def place_of(tx: Tx, viewer_id: int, space: str) -> Place:
    """The place of a space that the viewer is known to read, or of a project that IT looks at."""
    if space == INTERNAL:
        return Place()
    charter, mine = charter_of(tx, space), members.one(tx, space, viewer_id)
    parties = charters.parties(tx, charter.id) if charter else ()
    inside = mine if mine is not None and mine.state == "active" else None
    project = actors.by_iri(tx, space)
    pinned = pins.of(tx, project.id, viewer_id=viewer_id) if project is not None and inside else []
    return Place(project, charter, parties, inside, tuple(pinned))


def companies_of(place: Place, home: Home) -> dict[str, Company]:
    """Every company that has a word here, by host, each with its colour."""
    if place.project is None:
        return {home.host: {"company": home.company, "colour": 0}}
    colour = colours(home.host, (party.host for party in place.parties))
    return {party.host: {"company": party.company, "colour": colour[party.host]} for party in place.parties}


def place_view(place: Place, *, home: Home, locale: Locale) -> dict[str, Any]:
    """What the templates say of a place: its title, its path, who reads along, and whether the viewer may write."""
    companies = companies_of(place, home)
    gone = {party.host for party in place.parties if party.left_at_ms is not None}
    why_not = _why_not(place, locale)
    return {
        "title": place.project.display_name if place.project else home.company,
        "path": f"/app/projects/{place.project.id}" if place.project else "/app/company",
        "here": "projects" if place.project else "company",
        "readers": [company for host, company in companies.items() if host not in gone],
        "may_post": not why_not,
        "may_pin": not why_not and place.mine is not None and place.mine.role == "lead",
        "pinned": place.pinned,
        "why_not": why_not,
    }


def _why_not(place: Place, locale: Locale) -> str:
    if place.project is None:
        return ""
    if place.mine is None:
        return translate(
            locale, "You see this project as IT: its charter and its people. Its posts are for its members."
        )
    if place.charter is None or place.charter.state != "live":
        return translate(locale, "The charter is not in force now, so nobody can post. Your IT knows more.")
    if place.mine.role == "follower":
        return translate(locale, "You follow this project: you read, the members write.")
    return ""
