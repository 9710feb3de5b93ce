"""Who may quote a post, who does, and taking it back. The rule kept here: a list of quotes shows those posts that its reader may read."""

from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import post, quote
from instance.errors import BadInput
from instance.storage import posts, quotes
from instance.storage.database import Tx
from web.doors import CACHE, NODE, api, caller
from web.errors import NotFound
from web.mastodon import params
from web.mastodon.paging import links, window_of
from web.mastodon.params import of_query, path_id
from web.mastodon.reply import reply_bytes, reply_list


async def set_policy(request: Request) -> Response:
    """Say anew who may quote the caller's own post."""
    me, post_id, sent = caller(request), path_id(request), await params.of_body(request)
    policy = sent.text("quote_approval_policy")
    if policy not in quote.POLICIES:
        raise BadInput("quote_approval_policy", "Who may quote is one of public, followers, nobody")
    await request.app[NODE].perform(lambda tx: post.set_quote_policy(tx, me.actor, post_id, policy))
    return await _shown(request, post_id)


async def get_quotes(request: Request) -> Response:
    """Posts that quote a post, newest first."""
    me, post_id, window = caller(request), path_id(request), window_of(of_query(request))

    def read(tx: Tx) -> list[int]:
        if posts.seen_by(tx, me.id, post_id) is None:
            raise NotFound
        return quotes.page(tx, post_id, me.id, window)

    ids = await request.app[NODE].read(read)
    headers = links(request, request.app[NODE].home.base, ids, window)
    return reply_list(await request.app[CACHE].shown(ids, me.id), headers=headers)


async def revoke(request: Request) -> Response:
    """Take the caller's own post out of one that quotes it, and show that one."""
    me, post_id, quoting_id = caller(request), path_id(request), path_id(request, "quoting_id")
    await request.app[NODE].perform(lambda tx: post.revoke_quote(tx, me.actor, post_id, quoting_id))
    return await _shown(request, quoting_id)


async def _shown(request: Request, post_id: int) -> Response:
    shown = await request.app[CACHE].one(post_id, caller(request).id)
    if shown is None:
        raise NotFound
    return reply_bytes(shown)


_WRITE = partial(api, scope="write:statuses")

ROUTES: tuple[Route, ...] = (
    _WRITE("PUT", "/api/v1/statuses/{id}/interaction_policy", set_policy),
    api("GET", "/api/v1/statuses/{id}/quotes", get_quotes, "read:statuses"),
    _WRITE("POST", "/api/v1/statuses/{id}/quotes/{quoting_id}/revoke", revoke),
)
