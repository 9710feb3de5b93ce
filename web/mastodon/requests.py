"""Requests to follow: a project, as a follower of it, or somebody who decides about that.

The rule kept here: a project's leads decide, each company's for its own people; about oneself one decides alone.
"""

from collections.abc import Awaitable, Callable

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import follow_request, member
from instance.domain.outcome import Outcome
from instance.storage import follow_requests, members
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.follows import FollowRow
from instance.storage.members import MemberRow
from web.doors import NODE, api, caller
from web.errors import NotFound
from web.mastodon import show
from web.mastodon.params import path_id
from web.mastodon.relations import relationships
from web.mastodon.reply import reply

OfPerson = Callable[[Tx, ActorRow, int], Outcome[FollowRow]]
Decide = Callable[[Tx, MemberRow], Outcome[MemberRow]]


def waiting_for(tx: Tx, lead_id: int) -> list[MemberRow]:
    """The requests that wait for an answer of this person, who leads the projects asked for."""
    led = [row.project_iri for row in members.projects_of(tx, lead_id) if row.role == "lead"]
    found = [row for iri in led for row in members.requests(tx, iri)]
    return [row for row in found if row.host == tx.home.host]


def who_waits(tx: Tx, owner_id: int) -> list[int]:
    """Who waits for an answer of this person, each once."""
    of_projects = [row.actor_id for row in waiting_for(tx, owner_id)]
    return list(
        dict.fromkeys([*of_projects, *(row.follower_id for row in follow_requests.waiting(tx, owner_id))])
    )


async def get_requests(request: Request) -> Response:
    """Who waits for an answer of the caller."""
    me = caller(request)
    return reply(await request.app[NODE].read(lambda tx: show.accounts(tx, who_waits(tx, me.id))))


def _answer(decide: Decide, of_person: OfPerson) -> Callable[[Request], Awaitable[Response]]:
    """A handler that decides about every request of one account that waits for the caller."""

    async def handle(request: Request) -> Response:
        me, actor_id = caller(request), path_id(request)

        def verb(tx: Tx) -> Outcome[None]:
            rows = [row for row in waiting_for(tx, me.id) if row.actor_id == actor_id]
            asks_person = follow_requests.one(tx, me.id, actor_id) is not None
            if not rows and not asks_person:
                raise NotFound
            if asks_person:
                of_person(tx, me.actor, actor_id)
            return Outcome(None, tuple(draft for row in rows for draft in decide(tx, row).drafts))

        await request.app[NODE].perform(verb)
        return reply((await request.app[NODE].read(lambda tx: relationships(tx, me.id, [actor_id])))[0])

    return handle


def _let_in(tx: Tx, row: MemberRow) -> Outcome[MemberRow]:
    return member.add(tx, row.project_iri, actor_id=row.actor_id, role=row.role)


def _turn_away(tx: Tx, row: MemberRow) -> Outcome[MemberRow]:
    return member.remove(tx, row.project_iri, actor_id=row.actor_id)


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/follow_requests", get_requests, "read:follows"),
    api(
        "POST",
        "/api/v1/follow_requests/{id}/authorize",
        _answer(_let_in, follow_request.admit),
        "write:follows",
    ),
    api(
        "POST",
        "/api/v1/follow_requests/{id}/reject",
        _answer(_turn_away, follow_request.refuse),
        "write:follows",
    ),
)
