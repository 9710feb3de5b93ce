"""Polls: asked with a post, seen, voted in. The rule kept here: a poll is known by its post, and is for who may read that."""

from typing import Any

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import vote
from instance.domain.poll import PollDraft
from instance.storage import polls, posts
from instance.storage.database import Tx
from web.doors import NODE, api, caller
from web.errors import ApiError, NotFound
from web.mastodon import params, poll_entities, show
from web.mastodon.entities import Json
from web.mastodon.params import Params, path_id
from web.mastodon.reply import reply


def asked(sent: Params) -> PollDraft | None:
    """What an app wants to ask with a post, if anything. Answers that are empty count as absent."""
    form = sent.inside("poll")
    if not any(name in form for name in ("options", "expires_in", "multiple", "hide_totals")):
        return None
    options = tuple(option.strip() for option in form.texts("options"))
    return PollDraft(
        options=tuple(option for option in options if option),
        expires_in_s=form.number("expires_in", 0),
        multiple=form.flag("multiple"),
        hide_totals=form.flag("hide_totals"),
    )


def titles_of(tx: Tx, post_id: int) -> dict[str, Any] | None:
    """What a post asks, as its history tells it."""
    row = polls.of_post(tx, post_id)
    return None if row is None else {"options": [{"title": title} for title, _ in row.options()]}


async def get_one(request: Request) -> Response:
    """What a post asks, and what the caller has chosen."""
    me, post_id = caller(request), path_id(request)
    return reply(await request.app[NODE].read(lambda tx: _seen(tx, me.id, post_id)))


async def post_votes(request: Request) -> Response:
    """Choose among the answers."""
    me, post_id, node = caller(request), path_id(request), request.app[NODE]
    sent = await params.of_body(request)
    if "choices" not in sent:
        raise ApiError("param is missing or the value is empty: choices")
    chosen = [_index(text) for text in sent.texts("choices")]
    await node.perform(lambda tx: vote.vote(tx, node.gate, me.actor, post_id, chosen))
    return reply(await node.read(lambda tx: _seen(tx, me.id, post_id)))


def _index(text: str) -> int:
    """The place of an answer, from nought; what is none is the place of no answer."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else -1


def _seen(tx: Tx, viewer_id: int, post_id: int) -> Json:
    post = posts.seen_by(tx, viewer_id, post_id)
    found = polls.seen(tx, [post_id], viewer_id).get(post_id) if post else None
    if post is None or found is None:
        raise NotFound
    own = poll_entities.own(found, is_author=post.author_id == viewer_id)
    emojis = show.emojis_of_one(tx, post, viewer_id)
    return poll_entities.poll(found.poll, now_ms=tx.now_ms, emojis=emojis) | own


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/polls/{id}", get_one, "read:statuses"),
    api("POST", "/api/v1/polls/{id}/votes", post_votes, "write:statuses"),
)
