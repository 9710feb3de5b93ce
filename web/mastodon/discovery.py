"""Whom one might want to know: the directory, suggestions, followers one knows. The rule kept here: the names are those of colleagues and of partners' people, as everybody here sees them."""

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.storage import discovery
from instance.storage.database import Tx
from instance.storage.discovery import Suggested
from web.doors import NODE, api, caller
from web.mastodon import params, show
from web.mastodon.entities import Json
from web.mastodon.params import of_query, path_id
from web.mastodon.reply import reply

USUAL, MOST, OFFSET_LIMIT = 40, 80, 100_000
IDS_LIMIT = 40
FAMILIAR_LIMIT = 40


async def get_directory(request: Request) -> Response:
    """Who works here and at the partners, by when they last wrote or came."""
    me, asked = caller(request), of_query(request)
    limit = min(max(asked.number("limit", USUAL), 1), MOST)
    offset = min(max(asked.number("offset", 0), 0), OFFSET_LIMIT)
    order, local = asked.text("order"), asked.flag("local")

    def read(tx: Tx) -> list[Json]:
        found = discovery.directory(tx, me.id, order=order, limit=limit, offset=offset, local=local)
        return show.accounts(tx, found)

    return reply(await request.app[NODE].read(read))


async def get_suggestions(request: Request) -> Response:
    """Whom the caller does not follow: people of the same projects, those whom one's own follow, colleagues."""
    return reply(await _suggested(request))


async def get_suggestions_v1(request: Request) -> Response:
    """The same as old apps read it: the accounts alone."""
    return reply([one["account"] for one in await _suggested(request)])


async def _suggested(request: Request) -> list[Json]:
    me = caller(request)
    limit = min(max(of_query(request).number("limit", USUAL), 1), MOST)

    def read(tx: Tx) -> list[Json]:
        rows = {row.id: row for row in discovery.suggested(tx, me.id, limit=limit)}
        return [_suggestion(rows[int(one["id"])], one) for one in show.accounts(tx, rows)]

    return await request.app[NODE].read(read)


def _suggestion(row: Suggested, account: Json) -> Json:
    """Suggestion."""
    source, reason = "global", "most_followed"
    if row.projects_count:
        source, reason = "past_interactions", "most_interactions"
    elif row.friends_count:
        source, reason = "past_interactions", "friends_of_friends"
    return {"source": source, "sources": [reason], "account": account}


async def dismiss(request: Request) -> Response:
    """Have somebody suggested no more; whoever that is, the answer is the same."""
    me, actor_id = caller(request), path_id(request)
    await request.app[NODE].write(lambda tx: discovery.dismiss(tx, me.id, actor_id))
    return reply({})


async def get_familiar_followers(request: Request) -> Response:
    """Of those whom the caller follows, who follows some accounts. Mastodon.py asks with a body of JSON."""
    me, asked = caller(request), await params.of_body(request)
    actor_ids = list(dict.fromkeys(asked.ids("id")))[:IDS_LIMIT]

    def read(tx: Tx) -> list[Json]:
        known = discovery.familiar(tx, me.id, actor_ids)
        wanted = {one for some in known.values() for one in some[:FAMILIAR_LIMIT]}
        shown = {int(one["id"]): one for one in show.accounts(tx, wanted)}
        return [
            {
                "id": str(actor_id),
                "accounts": [shown[one] for one in known.get(actor_id, ())[:FAMILIAR_LIMIT] if one in shown],
            }
            for actor_id in actor_ids
        ]

    return reply(await request.app[NODE].read(read))


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/directory", get_directory, ""),
    api("GET", "/api/v2/suggestions", get_suggestions, "read:accounts"),
    api("GET", "/api/v1/suggestions", get_suggestions_v1, "read:accounts"),
    api("DELETE", "/api/v1/suggestions/{id}", dismiss, "read:accounts|write:accounts"),
    api("GET", "/api/v1/accounts/familiar_followers", get_familiar_followers, "read:follows"),
)
