"""What other servers may GET of us. The rule kept here: this finds the document, and the gate decides for whom; the answer to all else is one.

Every path has one function, in the table at the end. A function returns a Found, or None for what is not there. Pictures are apart: the gate
decides about them in the transaction, their bytes are read outside of it.
"""

import re
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import orjson

from federation import collection, discovery, log
from federation.document import Document
from federation.errors import FederationError
from federation.letters import Disclosure
from federation.vocabulary import ACTIVITY_JSON, JRD_JSON, POST_CONTEXT
from instance import renaming, thread_pages
from instance.domain import guest, guest_note, guest_sync, guest_told, post, profile, render
from instance.egress import Fill, Gate
from instance.storage import actors, charters, guest_notes, media, members, other_names, posts
from instance.storage import log as entries
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.log import EntryRow
from instance.storage.other_names import NameRow

PAGE_ENTRIES = 100
PAGE_BYTES = 4 * 1024 * 1024
_SIZES = (PAGE_ENTRIES, 10, 1)
_VERSION = version("cordee")


class Found(NamedTuple):
    """What is at a path: its content, its media type, and of which IRI it is."""

    content: Document | bytes | str
    media_type: str = ACTIVITY_JSON
    of: str = ""


class Asked(NamedTuple):
    """A question: the name in the path, the query's parameters, and who asks."""

    name: str
    query: Mapping[str, str]
    viewer: str


class Permitted(NamedTuple):
    """A picture that the viewer may have: where it lies below the media directory, and what makes the answer of its bytes."""

    path: str
    fill: Fill


Answer = Callable[[Tx, Asked], "Found | None"]


def disclose(tx: Tx, gate: Gate, path: str, *, viewer: str, at: str = "") -> Disclosure | Permitted:
    """The answer to a GET of `path` (with its query, as sent), made for `viewer`; of a picture, what `read` makes the answer of.

    `at` is the origin that was asked, where it is not the one that counts. A name to come answers who it is, and nothing else.
    """
    parts, other = urlsplit(path), _other(tx, at)
    for pattern, answer in _PATHS:
        match = pattern.fullmatch(parts.path)
        if match is not None:
            if other is not None and other.is_coming and answer not in _WHO_IT_IS:
                break
            asked = Asked("".join(match.groups()), _parameters(parts.query), viewer)
            found = answer(tx, asked)
            if found is not None and answer in _NAMED:
                found = found._replace(
                    content=_as_called(tx, found.content, other, is_actor=answer in _ACTORS)
                )
            return _disclosed(tx, gate, found, viewer)
    if other is not None and other.is_coming:
        return gate.not_found(viewer)
    for pattern, kind, page in _COLLECTIONS:
        if match := pattern.fullmatch(parts.path):
            iri = tx.home.iri(kind, match[1])
            return page(tx, gate, iri, _parameters(parts.query), viewer=viewer)
    if picture := _PICTURE.fullmatch(parts.path):
        return _picture(tx, gate, tx.home.iri("media", picture[1]), viewer) or gate.not_found(viewer)
    if parts.path == "/log":
        return _log_page(tx, gate, _parameters(parts.query), viewer)
    return gate.not_found(viewer)


def _other(tx: Tx, at: str) -> NameRow | None:
    """The other name of ours that was asked, if it was one."""
    if at in {"", tx.home.base}:
        return None
    return next(
        (row for row in other_names.every(tx) if row.base == at and row.to_host == tx.home.host), None
    )


def _as_called(
    tx: Tx, content: Document | bytes | str, other: NameRow | None, *, is_actor: bool
) -> Document | bytes | str:
    """What says who we are, under the name that was asked; an actor with the names that it has besides (FEP-7628)."""
    if not isinstance(content, dict):
        return content if other is None else _text_called(content, other)
    if other is not None:
        known = renaming.document((other.renaming.back,), content)
        if not is_actor:
            return known
        return known | ({"alsoKnownAs": [content["id"]]} if other.is_coming else {"movedTo": content["id"]})
    kept = [row for row in other_names.former(tx, tx.home.host) if row.until_ms > tx.now_ms]
    if not kept or not is_actor:
        return content
    return content | {"alsoKnownAs": [row.base + content["id"].removeprefix(tx.home.base) for row in kept]}


def _text_called(content: bytes | str, other: NameRow) -> str:
    text = content.decode() if isinstance(content, bytes) else content
    return text.replace(other.to_base, other.base)


def read(media_dir: Path, permitted: Permitted) -> Disclosure:
    """The answer with a picture's bytes; the answer of what never was when they are gone or changed. For a thread: they may be 16 MiB."""
    try:
        data = (media_dir / permitted.path).read_bytes()
    except OSError:
        data = b""
    return permitted.fill(data)


def webfinger(tx: Tx, gate: Gate, resource: str, *, viewer: str) -> Disclosure:
    """The answer to a WebFinger question, made for `viewer`."""
    return _disclosed(tx, gate, _finger(tx, renaming.iri(other_names.known(tx), resource)), viewer)


def _disclosed(tx: Tx, gate: Gate, found: Found | None, viewer: str) -> Disclosure:
    if found is None:
        return gate.not_found(viewer)
    return gate.disclose(tx, found.content, viewer=viewer, media_type=found.media_type, of=found.of)


def _parameters(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, max_num_fields=10).items()}


def _finger(tx: Tx, resource: str) -> Found | None:
    if discovery.names_the_server(resource, origin=tx.home.base):
        handle = f"acct:{tx.home.host}@{tx.home.host}"
        return Found(discovery.render_webfinger(handle, actor=tx.home.node, is_server=True), JRD_JSON)
    row = _resource(tx, resource)
    if row is None or row.host != tx.home.host or row.state != "active" or row.kind == "node":
        return None
    subject = f"acct:{row.username}@{row.host}"
    return Found(discovery.render_webfinger(subject, actor=row.iri), JRD_JSON, row.iri)


def _resource(tx: Tx, resource: str) -> ActorRow | None:
    if resource.startswith(("https://", "http://")):
        return actors.by_iri(tx, resource)
    try:
        handle = discovery.acct(resource)
    except FederationError:
        return None
    return actors.by_username(tx, handle.name, handle.host)


def _node(tx: Tx, _: Asked) -> Found | None:
    row = actors.by_iri(tx, tx.home.node)
    return None if row is None else Found(profile.document_of(tx, row))


def _person(tx: Tx, asked: Asked) -> Found | None:
    row = actors.by_iri(tx, tx.home.iri("people", asked.name))
    if row is None or row.state != "active":
        return None
    return Found(profile.document_of(tx, row))


def _project(tx: Tx, asked: Asked) -> Found | None:
    row = actors.by_iri(tx, tx.home.iri("projects", asked.name))
    if row is None:
        return None
    keys = actors.keys_of(tx, row.iri)
    if guest.is_guest(tx, asked.viewer):
        return Found(profile.render_for_guests(row, keys, home=tx.home))
    charter = charters.in_force(tx, row.iri)
    parties = charters.parties(tx, charter.id) if charter else ()
    return Found(profile.render_project(row, keys, home=tx.home, charter=charter, parties=parties))


def _followers(tx: Tx, asked: Asked) -> Found | None:
    """How many follow a project from guest hosts."""
    project = actors.by_iri(tx, tx.home.iri("projects", asked.name))
    return None if project is None else Found(guest_sync.counted(tx, project, viewer=asked.viewer))


def _followers_there(tx: Tx, asked: Asked) -> Found | None:
    """Who follows a project from the guest host that asks."""
    project = actors.by_iri(tx, tx.home.iri("projects", asked.name))
    document = None if project is None else guest_sync.partial(tx, project, viewer=asked.viewer)
    return None if document is None else Found(document)


def _members(tx: Tx, asked: Asked) -> Found | None:
    """The members of a project as all parties know them."""
    project = actors.by_iri(tx, tx.home.iri("projects", asked.name))
    if project is None:
        return None
    active = [row.actor_id for row in members.of_project(tx, project.iri) if row.state == "active"]
    people = actors.by_ids(tx, active)
    iris = [people[actor_id].iri for actor_id in active]
    return Found(collection.render_items(f"{project.iri}/members", iris))


def _collection_of(kind: str, collection_name: str) -> Answer:
    """Collections that ActivityPub wants to exist; what is in them is told by the log alone, to those whom it concerns."""

    def answer(tx: Tx, asked: Asked) -> Found | None:
        iri = tx.home.iri(kind, asked.name)
        if actors.by_iri(tx, iri) is None:
            return None
        return Found(collection.render_items(f"{iri}/{collection_name}", []), of=iri)

    return answer


def _post(tx: Tx, asked: Asked) -> Found | None:
    row = posts.by_iri(tx, tx.home.iri("posts", asked.name))
    if row is None or row.deleted_at_ms is not None:
        return None
    author = actors.by_id(tx, row.author_id)
    if author is None:
        return None
    return Found({"@context": POST_CONTEXT, **render.note(post.note_facts(tx, row, author))})


def _guest_note(tx: Tx, asked: Asked) -> Found | None:
    """What guests have in place of a post or a boost."""
    row = guest_notes.by_iri(tx, tx.home.iri("notes", asked.name))
    if row is None:
        return None
    is_note = row.kind == guest_notes.NOTE
    document = guest_note.document_of(tx, row) if is_note else guest_told.activity_of(tx, row)
    return None if document is None else Found(document)


def _guest_activity(tx: Tx, asked: Asked) -> Found | None:
    """What a note was said with."""
    row = guest_notes.by_iri(tx, tx.home.iri("notes", asked.name))
    is_note = row is not None and row.kind == guest_notes.NOTE
    document = guest_told.activity_of(tx, row) if row is not None and is_note else None
    return None if document is None else Found(document)


def _activity(tx: Tx, asked: Asked) -> Found | None:
    """An entry of ours, as it was proven."""
    row = entries.of_activity(tx, tx.home.iri("activities", asked.name))
    return None if row is None else Found(orjson.loads(row.document))


def _charter(tx: Tx, asked: Asked) -> Found | None:
    row = charters.by_iri(tx, tx.home.iri("charters", asked.name))
    return None if row is None else Found(orjson.loads(row.document))


def _charter_in_force(tx: Tx, asked: Asked) -> Found | None:
    row = charters.in_force(tx, tx.home.iri("projects", asked.name))
    return None if row is None else Found(orjson.loads(row.document))


def _picture(tx: Tx, gate: Gate, iri: str, viewer: str) -> Permitted | None:
    row = media.by_iri(tx, iri)
    if row is None or row.path is None:
        return None
    fill = gate.permit(
        tx,
        row.iri,
        viewer=viewer,
        media_type=row.media_type,
        digest=row.sha256,
        size_bytes=row.size_bytes,
    )
    return None if fill is None else Permitted(row.path, fill)


def _nodeinfo_links(tx: Tx, _: Asked) -> Found | None:
    return Found(discovery.render_nodeinfo_links(tx.home.base, actor=tx.home.node), "application/json")


def _nodeinfo(tx: Tx, asked: Asked) -> Found | None:
    number: Any = asked.name
    document = discovery.render_nodeinfo(number, software_version=_VERSION, name=tx.home.company)
    return Found(document, discovery.nodeinfo_media_type(number))


def _host_meta(tx: Tx, _: Asked) -> Found | None:
    return Found(discovery.render_host_meta(tx.home.base), discovery.XRD_XML)


def _log_page(tx: Tx, gate: Gate, query: Mapping[str, str], viewer: str) -> Disclosure:
    """A project's heads, or a page of a party's entries; as many as the gate lets this viewer have at once."""
    others = other_names.known(tx)
    query = {
        **query,
        **{name: renaming.iri(others, query[name]) for name in ("project",) if name in query},
        **{name: renaming.host(others, query[name]) for name in ("party",) if name in query},
    }
    project = query.get("project", "")
    if viewer not in charters.open_hosts(tx, project):
        return gate.not_found(viewer)
    if "thread" in query:
        return thread_pages.log_page(tx, gate, query["thread"], query, viewer=viewer)
    if "party" not in query:
        return _disclosed(tx, gate, Found(_heads_document(tx, project)), viewer)
    after, upto = _whole(query.get("after", "0")), _whole(query.get("upto", str(2**53)))
    for size in _SIZES:
        rows = _fitting(entries.after(tx, project, query["party"], seq=after, upto=upto, limit=size))
        page = _disclosed(tx, gate, _entries_document(tx, query, rows), viewer)
        if page.status == 200:
            return page
    return _disclosed(tx, gate, _entries_document(tx, query, [_without_content(row) for row in rows]), viewer)


def _heads_document(tx: Tx, project: str) -> Document:
    heads = entries.heads(tx, project)
    iri = f"{tx.home.base}/log?project={quote(project, safe='')}"
    whole = collection.render_collection(iri, total=sum(head.seq for head in heads.values()))
    return {**whole, "heads": log.heads_header(project, heads)}


def _entries_document(tx: Tx, query: Mapping[str, str], rows: list[EntryRow]) -> Found:
    part_of = f"{tx.home.base}/log?project={quote(query['project'], safe='')}"
    iri = f"{part_of}&party={quote(query['party'])}"
    following = f"{iri}&after={rows[-1].seq}" if rows else None
    items = [orjson.loads(row.document) for row in rows]
    page = collection.render_page(
        f"{iri}&after={query.get('after', '0')}", items, part_of=part_of, following=following
    )
    return Found(page, of=query["project"])


def _fitting(rows: list[EntryRow]) -> list[EntryRow]:
    """The entries up to the first that is missing or only held, as many as a page may weigh, at least one."""
    chosen: list[EntryRow] = []
    size = 0
    for row in rows:
        size += len(row.document)
        is_next = not chosen or row.seq == chosen[-1].seq + 1
        if not is_next or row.state == entries.HELD or (chosen and size > PAGE_BYTES):
            break
        chosen.append(row)
    return chosen


def _without_content(row: EntryRow) -> EntryRow:
    """What this viewer may not read is served as its envelope, so that the chain goes on."""
    return row._replace(document=orjson.dumps(log.redacted(orjson.loads(row.document))).decode())


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 else 0


_ACTORS: frozenset[Answer] = frozenset({_node, _person, _project})
_WHO_IT_IS: frozenset[Answer] = frozenset({_node, _nodeinfo_links, _nodeinfo, _host_meta})
_NAMED = _ACTORS | _WHO_IT_IS
_NAME = "([A-Za-z0-9_.-]+)"
_PICTURE = re.compile(f"/media/{_NAME}")
_COLLECTIONS = (
    (re.compile(f"/posts/{_NAME}/context"), "posts", thread_pages.posts_page),
    (re.compile(f"/posts/{_NAME}/context-history"), "posts", thread_pages.history_page),
    (re.compile(f"/notes/{_NAME}/context"), "notes", thread_pages.notes_page),
)
_PATHS: tuple[tuple[re.Pattern[str], Answer], ...] = tuple(
    (re.compile(pattern), answer)
    for pattern, answer in (
        ("/actor", _node),
        (f"/people/{_NAME}", _person),
        (f"/people/{_NAME}/outbox", _collection_of("people", "outbox")),
        (f"/people/{_NAME}/followers", _collection_of("people", "followers")),
        (f"/people/{_NAME}/following", _collection_of("people", "following")),
        (f"/projects/{_NAME}", _project),
        (f"/projects/{_NAME}/outbox", _collection_of("projects", "outbox")),
        (f"/projects/{_NAME}/followers", _followers),
        (f"/projects/{_NAME}/followers_synchronization", _followers_there),
        (f"/projects/{_NAME}/members", _members),
        (f"/projects/{_NAME}/charter", _charter_in_force),
        (f"/posts/{_NAME}", _post),
        (f"/notes/{_NAME}", _guest_note),
        (f"/notes/{_NAME}/activity", _guest_activity),
        (f"/activities/{_NAME}", _activity),
        (f"/charters/{_NAME}", _charter),
        (r"/\.well-known/nodeinfo", _nodeinfo_links),
        (r"/\.well-known/host-meta", _host_meta),
        (r"/nodeinfo/(2\.[01])", _nodeinfo),
    )
)
