"""How the caller stands with others: follows, mutes, blocks, notes, recommendations. The rule kept here: each door says how they stand afterwards."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import acquaintance as knowing
from instance.domain import follow, hearing
from instance.domain.follow import Wish
from instance.domain.outcome import Outcome
from instance.storage import acquaintance, actors, follow_requests, follows, members
from instance.storage import hearing as silences
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.follows import FollowRow
from instance.storage.hearing import MuteRow
from instance.storage.window import Window
from web.doors import NODE, api, caller
from web.errors import NotFound
from web.mastodon import params, show
from web.mastodon.entities import Json, timestamp
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.reply import reply

IDS_LIMIT = 40

Verb = Callable[[Tx, ActorRow, int], Outcome[ActorRow]]
SaidVerb = Callable[[Tx, ActorRow, int, Params], Outcome[ActorRow]]


class Standing(NamedTuple):
    """How the viewer stands with an account. `requested`: has asked to join the project, or to follow."""

    follow: FollowRow | None = None
    followed_by: bool = False
    requested: bool = False
    requested_by: bool = False
    mute: MuteRow | None = None
    blocking: bool = False
    blocked_by: bool = False
    domain_blocking: bool = False
    endorsed: bool = False
    note: str = ""


def relationship(actor_id: int, standing: Standing) -> Json:
    """Relationship."""
    row, mute = standing.follow, standing.mute
    return {
        "id": str(actor_id),
        "following": row is not None,
        "showing_reblogs": row is not None and bool(row.boosts),
        "notifying": row is not None and bool(row.notify),
        "languages": row.languages.split() or None if row else None,
        "followed_by": standing.followed_by,
        "blocking": standing.blocking,
        "blocked_by": standing.blocked_by,
        "muting": mute is not None,
        "muting_notifications": mute is not None and bool(mute.notifications),
        "muting_expires_at": timestamp(mute.until_ms) if mute and mute.until_ms is not None else None,
        "requested": standing.requested,
        "requested_by": standing.requested_by,
        "domain_blocking": standing.domain_blocking,
        "endorsed": standing.endorsed,
        "note": standing.note,
    }


def relationships(tx: Tx, viewer_id: int, actor_ids: Sequence[int]) -> list[Json]:
    """How the viewer stands with those of these accounts that exist, in their order."""
    found = actors.by_ids(tx, actor_ids)
    marks = follows.marks_of(tx, viewer_id, found)
    asked = follow_requests.marks_of(tx, viewer_id, found)
    heard = silences.silences_of(tx, viewer_id, found)
    notes = acquaintance.notes_of(tx, viewer_id, found)
    endorsed = acquaintance.endorsed_of(tx, viewer_id, found)
    places = {row.project_iri: row for row in members.standings_of(tx, viewer_id)}
    shown = []
    for actor_id in dict.fromkeys(actor_ids):
        row = found.get(actor_id)
        if row is None:
            continue
        place = places.get(row.iri)
        state = place.state if place else ""
        joined = FollowRow(viewer_id, actor_id, place.since_ms) if place and state == "active" else None
        standing = Standing(
            follow=joined if row.kind == "project" else marks.following.get(actor_id),
            followed_by=actor_id in marks.followed_by,
            requested=state == "requested" or actor_id in asked.following,
            requested_by=actor_id in asked.followed_by,
            mute=heard.mutes.get(actor_id),
            blocking=actor_id in heard.blocking,
            blocked_by=actor_id in heard.blocked_by,
            domain_blocking=actor_id in heard.domain_blocking,
            endorsed=actor_id in endorsed,
            note=notes.get(actor_id, ""),
        )
        shown.append(relationship(actor_id, standing))
    return shown


async def get_relationships(request: Request) -> Response:
    """How the caller stands with some accounts."""
    me, actor_ids = caller(request), of_query(request).ids("id")[:IDS_LIMIT]
    return reply(await request.app[NODE].read(lambda tx: relationships(tx, me.id, actor_ids)))


def _relate(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    """A handler that does something between the caller and an account, and says how they stand then."""
    return _relate_as_said(lambda tx, me, actor_id, _: verb(tx, me, actor_id))


def _relate_as_said(verb: SaidVerb) -> Callable[[Request], Awaitable[Response]]:
    """The same for what the app says more about."""

    async def handle(request: Request) -> Response:
        me, actor_id, node = caller(request), path_id(request), request.app[NODE]
        sent = await params.of_body(request)
        await node.perform(lambda tx: verb(tx, me.actor, actor_id, sent))
        return reply((await node.read(lambda tx: relationships(tx, me.id, [actor_id])))[0])

    return handle


def _follow(tx: Tx, me: ActorRow, actor_id: int, sent: Params) -> Outcome[ActorRow]:
    wish = Wish(
        boosts=sent.flag("reblogs") if "reblogs" in sent else None,
        notify=sent.flag("notify") if "notify" in sent else None,
        languages=_languages(sent) if "languages" in sent else None,
    )
    return follow.follow(tx, me, actor_id, wish=wish)


def _languages(sent: Params) -> tuple[str, ...]:
    codes = (text.strip().lower() for text in sent.texts("languages"))
    return tuple(dict.fromkeys(code for code in codes if 2 <= len(code) <= 3 and code.isalpha()))


def _mute(tx: Tx, me: ActorRow, actor_id: int, sent: Params) -> Outcome[ActorRow]:
    too = sent.flag("notifications") if "notifications" in sent else True
    duration_ms = sent.number("duration", 0) * 1000
    return hearing.mute(tx, me, actor_id, notifications_too=too, duration_ms=duration_ms)


def _note(tx: Tx, me: ActorRow, actor_id: int, sent: Params) -> Outcome[ActorRow]:
    return knowing.note(tx, me, actor_id, sent.text("comment"))


async def get_mutes(request: Request) -> Response:
    """Whom the caller has muted, with the end of each mute."""

    def read(tx: Tx, owner_id: int, window: Window) -> tuple[list[int], list[Json]]:
        rows = {row.actor_id: row for row in silences.mutes(tx, owner_id, window)}
        shown = show.accounts(tx, rows)
        for account in shown:
            until_ms = rows[int(account["id"])].until_ms
            account["mute_expires_at"] = timestamp(until_ms) if until_ms is not None else None
        return [row.id for row in rows.values()], shown

    return await _page(request, read)


async def get_blocks(request: Request) -> Response:
    """Whom the caller has blocked."""

    def read(tx: Tx, owner_id: int, window: Window) -> tuple[list[int], list[Json]]:
        rows = silences.blocks(tx, owner_id, window)
        return [row.id for row in rows], show.accounts(tx, [row.actor_id for row in rows])

    return await _page(request, read)


async def get_endorsements(request: Request) -> Response:
    """Whom the caller recommends."""
    return await _page(request, _endorsed)


async def get_endorsed(request: Request) -> Response:
    """Whom an account recommends."""
    actor_id = path_id(request)
    return await _page(request, lambda tx, _, window: _endorsed(tx, actor_id, window))


def _endorsed(tx: Tx, owner_id: int, window: Window) -> tuple[list[int], list[Json]]:
    if actors.by_id(tx, owner_id) is None:
        raise NotFound
    rows = acquaintance.endorsed(tx, owner_id, window)
    return [row.id for row in rows], show.accounts(tx, [row.actor_id for row in rows])


async def get_domain_blocks(request: Request) -> Response:
    """The companies that the caller does not want to read."""

    def read(tx: Tx, owner_id: int, window: Window) -> tuple[list[int], list[str]]:
        rows = silences.domains(tx, owner_id, window)
        return [row.id for row in rows], [row.host for row in rows]

    return await _page(request, read, usual=100, most=200)


async def _page(
    request: Request,
    rows: Callable[[Tx, int, Window], tuple[list[int], list[Json] | list[str]]],
    *,
    usual: int = 40,
    most: int = 80,
) -> Response:
    """A page of what the caller has decided, by when that was."""
    me, node = caller(request), request.app[NODE]
    window = window_of(of_query(request), usual=usual, most=most)
    ids, shown = await node.read(lambda tx: rows(tx, me.id, window))
    return reply(shown, headers=links(request, node.home.base, ids, window))


async def post_domain_block(request: Request) -> Response:
    """Read nothing more of a company's people."""
    return await _decide_host(request, hearing.block_host)


async def delete_domain_block(request: Request) -> Response:
    """Read a company's people again."""
    return await _decide_host(request, hearing.unblock_host)


async def _decide_host(request: Request, verb: Callable[[Tx, ActorRow, str], Outcome[bool]]) -> Response:
    me, sent = caller(request), await params.of_body(request)
    host = _host(sent)
    await request.app[NODE].perform(lambda tx: verb(tx, me.actor, host))
    return reply({})


def _host(sent: Params) -> str:
    host = sent.text("domain").strip().lower()
    if not host:
        raise NotFound
    return host


async def get_domain_preview(request: Request) -> Response:
    """What blocking a company would end: how many of its people the caller follows."""
    me, host = caller(request), _host(of_query(request))

    def read(tx: Tx) -> Json:
        followed = actors.by_ids(tx, follows.following(tx, me.id, limit=hearing.FOLLOWS_MAX))
        return {
            "following_count": sum(row.host == host for row in followed.values()),
            "followers_count": 0,
        }

    return reply(await request.app[NODE].read(read))


_FOLLOWS = partial(api, "POST", scope="write:follows")
_ACCOUNTS = partial(api, "POST", scope="write:accounts")

ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/accounts/relationships", get_relationships, "read:follows"),
    _FOLLOWS("/api/v1/accounts/{id}/follow", _relate_as_said(_follow)),
    _FOLLOWS("/api/v1/accounts/{id}/unfollow", _relate(follow.unfollow)),
    _FOLLOWS("/api/v1/accounts/{id}/remove_from_followers", _relate(follow.drop_follower)),
    api("POST", "/api/v1/accounts/{id}/mute", _relate_as_said(_mute), "write:mutes"),
    api("POST", "/api/v1/accounts/{id}/unmute", _relate(hearing.unmute), "write:mutes"),
    api("POST", "/api/v1/accounts/{id}/block", _relate(hearing.block), "write:blocks"),
    api("POST", "/api/v1/accounts/{id}/unblock", _relate(hearing.unblock), "write:blocks"),
    _ACCOUNTS("/api/v1/accounts/{id}/note", _relate_as_said(_note)),
    _ACCOUNTS("/api/v1/accounts/{id}/endorse", _relate(knowing.endorse)),
    _ACCOUNTS("/api/v1/accounts/{id}/unendorse", _relate(knowing.unendorse)),
    _ACCOUNTS("/api/v1/accounts/{id}/pin", _relate(knowing.endorse)),
    _ACCOUNTS("/api/v1/accounts/{id}/unpin", _relate(knowing.unendorse)),
    api("GET", "/api/v1/accounts/{id}/endorsements", get_endorsed, "read:accounts"),
    api("GET", "/api/v1/endorsements", get_endorsements, "read:accounts"),
    api("GET", "/api/v1/mutes", get_mutes, "read:mutes"),
    api("GET", "/api/v1/blocks", get_blocks, "read:blocks"),
    api("GET", "/api/v1/domain_blocks", get_domain_blocks, "read:blocks"),
    api("GET", "/api/v1/domain_blocks/preview", get_domain_preview, "read:blocks"),
    api("POST", "/api/v1/domain_blocks", post_domain_block, "write:blocks"),
    api("DELETE", "/api/v1/domain_blocks", delete_domain_block, "write:blocks"),
)
