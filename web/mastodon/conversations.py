"""Conversations: the direct posts of a thread under one head. The rule kept here: each person's are their own, paged by the last post."""

from typing import NamedTuple

from aiohttp.web import Request, Response

from federation.doors import Handler, Route
from instance.domain import conversation
from instance.storage import actors, conversations
from instance.storage.conversations import ConversationRow
from instance.storage.database import Tx
from web.doors import CACHE, NODE, api, caller
from web.mastodon import show
from web.mastodon.cache import Cache
from web.mastodon.entities import Json
from web.mastodon.paging import links, window_of
from web.mastodon.params import of_query, path_id
from web.mastodon.reply import fragment, reply


class Found(NamedTuple):
    """Conversations, and the accounts of those in them by the conversation's last post."""

    rows: list[ConversationRow]
    accounts: dict[int, list[Json]]


def found(tx: Tx, rows: list[ConversationRow]) -> Found:
    """What conversations are shown from. Their owner is named only where nobody else is."""
    parties = conversations.parties(tx, [row.last_post_id for row in rows])
    known = actors.by_ids(tx, {one for ids in parties.values() for one in ids})
    shown = show.account_of_each(tx, [row for row in known.values() if row.kind == "person"])
    return Found(
        rows,
        {
            row.last_post_id: [
                shown[one] for one in _others(parties.get(row.last_post_id, []), row.owner_id) if one in shown
            ]
            for row in rows
        },
    )


def one(tx: Tx, owner_id: int, thread_id: int) -> Found:
    """The same of one conversation, for `rendered`."""
    row = conversations.one(tx, owner_id, thread_id)
    return found(tx, [row] if row else [])


def _others(party_ids: list[int], owner_id: int) -> list[int]:
    return [one for one in party_ids if one != owner_id] or [owner_id]


async def rendered(cache: Cache, owner_id: int, known: Found) -> list[Json]:
    """Conversation."""
    statuses = await cache.found([row.last_post_id for row in known.rows], owner_id)
    return [
        {
            "id": str(row.thread_id),
            "unread": bool(row.unread),
            "accounts": known.accounts[row.last_post_id],
            "last_status": fragment(statuses[row.last_post_id]) if row.last_post_id in statuses else None,
        }
        for row in known.rows
    ]


async def get_all(request: Request) -> Response:
    """The caller's conversations, the latest first."""
    me, window = caller(request), window_of(of_query(request))
    known = await request.app[NODE].read(lambda tx: found(tx, conversations.of_owner(tx, me.id, window)))
    headers = links(request, request.app[NODE].home.base, [row.last_post_id for row in known.rows], window)
    return reply(await rendered(request.app[CACHE], me.id, known), headers=headers)


async def delete(request: Request) -> Response:
    """Remove a conversation for the caller, until somebody writes in it again."""
    me, thread_id = caller(request), path_id(request)
    await request.app[NODE].write(lambda tx: conversation.remove(tx, me.actor, thread_id))
    return reply({})


def _marking(unread: int) -> Handler:
    """A handler that marks a conversation and shows it."""

    async def handle(request: Request) -> Response:
        me, thread_id = caller(request), path_id(request)
        known = await request.app[NODE].write(
            lambda tx: found(tx, [conversation.mark(tx, me.actor, thread_id, unread=unread)])
        )
        return reply((await rendered(request.app[CACHE], me.id, known))[0])

    return handle


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/conversations", get_all, "read:statuses"),
    api("DELETE", "/api/v1/conversations/{id}", delete, "write:conversations"),
    api("POST", "/api/v1/conversations/{id}/read", _marking(0), "write:conversations"),
    api("POST", "/api/v1/conversations/{id}/unread", _marking(1), "write:conversations"),
)
