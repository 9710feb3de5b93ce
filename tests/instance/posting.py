"""What the tests of posts share: a small node in memory with people, partners and a project, as plain rows."""

import itertools
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from federation.activity import Activity
from instance import ids
from instance.domain import post
from instance.domain.compose import PostDraft
from instance.domain.outcome import Incoming, Ruling
from instance.egress import Gate
from instance.ids import Home
from instance.storage import actors, members, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Command, SqliteTx
from instance.storage.members import MemberRow
from instance.storage.posts import PostRow
from instance.storage.sql import table
from instance.storage.tables import Charter, CharterParty, Project
from tests import databases

HOME = Home("https://acme.example", "Acme")
GLOBEX = "globex.example"
NOW_MS = 1_790_000_000_000
GATE = Gate(b"k" * 32)
_numbers = itertools.count(1)


def a_tx(now_ms: int = NOW_MS) -> SqliteTx:
    """A transaction on an empty node in memory."""
    return SqliteTx(databases.in_memory(), HOME, now_ms)


def a_person(tx: SqliteTx, name: str, host: str = HOME.host) -> ActorRow:
    """An active person, ours unless another host is named."""
    return _actor(tx, "person", name, host)


def _actor(tx: SqliteTx, kind: str, name: str, host: str) -> ActorRow:
    base = f"https://{host}"
    path = "projects" if kind == "project" else "people"
    row = ActorRow(
        id=ids.snowflake(tx.now_ms),
        iri=f"{base}/{path}/{name}",
        kind=kind,
        username=name,
        host=host,
        display_name=name.title(),
        summary="",
        inbox=f"{base}/inbox",
        state="active",
        title="",
        posts_count=0,
        last_post_at_ms=None,
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
        document=None,
    )
    actors.add(tx, row)
    return row


def a_project(
    tx: SqliteTx, name: str, *people: ActorRow, host: str = HOME.host, parties: tuple[str, ...] = (GLOBEX,)
) -> ActorRow:
    """A project with a live charter between us and `parties`, whose members are `people`."""
    project = _actor(tx, "project", name, host)
    tx.run(
        Command(insert(table(Project))), id=project.id, iri=project.iri, host=host, created_at_ms=tx.now_ms
    )
    charter_id = ids.snowflake(tx.now_ms)
    tx.run(
        Command(insert(table(Charter))),
        id=charter_id,
        iri=f"https://{host}/charters/{charter_id}",
        project_iri=project.iri,
        version=1,
        state="live",
        starts_at_ms=tx.now_ms - 1000,
        offered_by=HOME.host,
        document="{}",
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
    )
    for party in {HOME.host, *parties}:
        tx.run(
            Command(insert(table(CharterParty))),
            charter_id=charter_id,
            host=party,
            node_iri=f"https://{party}/actor",
            inbox=f"https://{party}/inbox",
            company=party.partition(".")[0].title(),
            role="host" if party == host else "client",
        )
    ids.mint(tx, project.iri, kind="project", space=project.iri)
    for person in people:
        join(tx, project, person)
    return project


def join(
    tx: SqliteTx, project: ActorRow, person: ActorRow, *, role: str = "member", state: str = "active"
) -> None:
    """Make a person a member of the project, or what `role` and `state` say."""
    members.put(tx, MemberRow(project.iri, person.id, person.host, role, state, tx.now_ms, None))


def publish(tx: SqliteTx, author: ActorRow, text: str, **draft: Any) -> PostRow:
    """Publish a post and give its row."""
    return post.publish(tx, GATE, author, PostDraft(text, **draft)).value


def reread(tx: SqliteTx, row: PostRow) -> PostRow:
    """The row as it is now."""
    found = posts.by_id(tx, row.id)
    assert found is not None
    return found


def incoming(document: Mapping[str, Any], project: ActorRow | None, host: str = GLOBEX) -> Incoming:
    """An authenticated activity of a partner's in a project."""
    activity = Activity.parse(dict(document))
    return Incoming(activity, host, activity.actor, project.iri if project else None, None)


def an_activity(kind: str, actor: ActorRow, carried: Any, **more: Any) -> dict[str, Any]:
    """An activity of a partner's person."""
    iri = f"https://{actor.host}/activities/{next(_numbers)}"
    return {"id": iri, "type": kind, "actor": actor.iri, "object": carried, **more}


def a_note(author: ActorRow, content: str = "<p>hello</p>", **more: Any) -> dict[str, Any]:
    """A Note of a partner's person."""
    iri = f"https://{author.host}/posts/{next(_numbers)}"
    return {"id": iri, "type": "Note", "attributedTo": author.iri, "content": content, **more}


def take(tx: SqliteTx, rule: Any, arrived: Incoming) -> Ruling:
    """Verify an activity and, when it is taken, apply it. `rule` is a pair (verify, apply)."""
    verify, apply = rule
    ruling = verify(tx, arrived)
    if ruling.taken:
        apply(tx, arrived)
    return ruling
