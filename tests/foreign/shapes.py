"""How kinds of software write what their people say. A template has {base}, {actor}, {project}, {what} and {serial}."""

from typing import Any
from urllib.parse import urlsplit

from federation.document import id_of
from tests.foreign.server import PUBLIC, Foreign, Json, Shape

MOMENT = "2026-11-26T01:00:00Z"


def _filled(template: Any, facts: dict[str, str]) -> Any:
    """The template, at any depth, with what stands for the braces."""
    if isinstance(template, dict):
        return {name: _filled(item, facts) for name, item in template.items()}
    if isinstance(template, list):
        return [_filled(item, facts) for item in template]
    return template.format(**facts) if isinstance(template, str) else template


def _facts(foreign: Foreign, who: str, what: str) -> dict[str, str]:
    serial = foreign.new_id("n").rpartition("/")[2]
    return {"base": foreign.base, "actor": who, "project": what, "what": what, "serial": serial}


def followed(**more: Any) -> Shape:
    """A Follow of a project."""

    def made(foreign: Foreign, who: str, project: str) -> Json:
        return foreign.said(who, "Follow", project, **_filled(more, _facts(foreign, who, project)))

    return made


def undone(**more: Any) -> Shape:
    """An Undo that carries the whole Follow."""

    def made(foreign: Foreign, who: str, project: str) -> Json:
        follow = {key: item for key, item in foreign.follows[who].items() if key != "@context"}
        return foreign.said(who, "Undo", follow, **_filled(more, _facts(foreign, who, project)))

    return made


def undone_by_id(**more: Any) -> Shape:
    """An Undo that names the Follow by its id."""

    def made(foreign: Foreign, who: str, project: str) -> Json:
        carried = foreign.follows[who]["id"]
        return foreign.said(who, "Undo", carried, **_filled(more, _facts(foreign, who, project)))

    return made


def noted(*, tag: str = "one of a list", **more: Any) -> Shape:
    """A note that mentions the project. `tag`: "one" for a Mention that stands in no list, "two" with another tag before it."""

    def made(foreign: Foreign, who: str, project: str) -> Json:
        handle = f"@{project.rpartition('/')[2]}@{urlsplit(project).netloc}"
        mention = {"type": "Mention", "href": project, "name": handle}
        before = {"type": "Hashtag", "name": "#rail", "href": f"{foreign.base}/tags/rail"}
        note = {
            "id": foreign.new_id("notes"),
            "type": "Note",
            "attributedTo": who,
            "content": f'<p><a href="{project}" class="mention">{handle}</a> We have two left</p>',
            "published": MOMENT,
            "to": [PUBLIC],
            "cc": [project, f"{who}/followers"],
            "tag": mention if tag == "one" else [before, mention] if tag == "two" else [mention],
        }
        return note | _filled(more, _facts(foreign, who, project))

    return made


def deleted(**more: Any) -> Shape:
    """A Delete of who says it."""

    def made(foreign: Foreign, who: str, what: str) -> Json:
        return foreign.said(who, "Delete", who, **_filled(more, _facts(foreign, who, what)))

    return made


def feels(kind: str, **more: Any) -> Shape:
    """A reaction to a note of the project."""

    def made(foreign: Foreign, who: str, note: str) -> Json:
        return foreign.said(who, kind, note, **_filled(more, _facts(foreign, who, note)))

    return made


def blocked(foreign: Foreign, who: str, project: str) -> Json:
    """A Block of the project."""
    return foreign.said(who, "Block", project)


def accepted_by_id(accept: Json, follow: Json) -> bool:
    """Whether an Accept names the Follow by its id, embedded or not."""
    return id_of(accept["object"]) == follow["id"] and accepted_by_actor(accept, follow)


def accepted_by_actor(accept: Json, follow: Json) -> bool:
    """Whether an Accept is by who was to be followed."""
    return bool(accept["actor"] == id_of(follow["object"]))


def accepted_whole(accept: Json, follow: Json) -> bool:
    """Whether an Accept carries the whole Follow, as who finds nothing by its id needs it."""
    told = accept["object"]
    same = all(id_of(told[name]) == id_of(follow[name]) for name in ("actor", "object"))
    return bool(same and told["type"] == "Follow" and accepted_by_id(accept, follow))
