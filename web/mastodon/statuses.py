"""Statuses: written, read, changed, marked. The rule kept here: the domain decides; this turns an app's words into a draft and back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import orjson
from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import emoji_reaction, hearing, pin, post, reaction, schedule
from instance.domain.about import about_of
from instance.domain.compose import AsksGate, PostDraft
from instance.domain.missing import FRESH_MS
from instance.domain.outcome import Outcome
from instance.storage import marks, media, missing, posts, reactions, timelines
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.missing import MissingRow
from instance.storage.posts import PostRow
from instance.storage.window import Placed, Window
from web.doors import CACHE, NODE, PICTURES, Caller, api, caller
from web.errors import NotFound
from web.files import PictureKeys
from web.mastodon import entities, params, refreshes, show
from web.mastodon import media as uploads
from web.mastodon.entities import Json
from web.mastodon.paging import links, window_of
from web.mastodon.params import Params, of_query, path_id
from web.mastodon.polls import asked, titles_of
from web.mastodon.reply import array, fragment, reply, reply_bytes, reply_list
from web.mastodon.scheduled import due_of, scheduled_status

IDS_LIMIT = 40
KEY_LIMIT_CHARS = 200

Verb = Callable[[Tx, ActorRow, int], Outcome[PostRow]]
SaidVerb = Callable[[Tx, AsksGate, ActorRow, int], Outcome[PostRow]]


async def create(request: Request) -> Response:
    """Publish a post, now or later, once for each Idempotency-Key."""
    me, sent, node = caller(request), await params.of_body(request), request.app[NODE]
    draft = _draft(me, sent)
    key = request.headers.get("Idempotency-Key", "")[:KEY_LIMIT_CHARS]
    if sent.text("scheduled_at"):
        return await _schedule(request, draft, due_at_ms=due_of(sent), key=key)

    def verb(tx: Tx) -> Outcome[int]:
        known = marks.post_for_key(tx, me.id, key) if key else None
        if known is not None:
            return Outcome(known)
        outcome = post.publish(tx, node.gate, me.actor, draft, limit_chars=node.config.text_limit_chars)
        if key:
            marks.remember_key(tx, me.id, key, outcome.value.id)
        return Outcome(outcome.value.id, outcome.drafts)

    return await _shown(request, await node.perform(verb))


async def _schedule(request: Request, draft: PostDraft, *, due_at_ms: int, key: str) -> Response:
    """Keep a post for later."""
    me, node, pictures = caller(request), request.app[NODE], request.app[PICTURES]

    def verb(tx: Tx) -> Outcome[Json]:
        row = schedule.schedule(
            tx,
            node.gate,
            me.actor,
            draft,
            due_at_ms=due_at_ms,
            key=key,
            limit_chars=node.config.text_limit_chars,
        )
        return Outcome(scheduled_status(tx, row, pictures))

    return reply(await node.perform(verb))


async def update(request: Request) -> Response:
    """Change the words and pictures of the caller's own post."""
    me, post_id, node = caller(request), path_id(request), request.app[NODE]
    sent = await params.of_body(request, limit_bytes=uploads.body_limit(request))
    draft = replace(_draft(me, sent), media_words=await uploads.said_of(request, sent))
    await node.perform(
        lambda tx: post.edit(
            tx, node.gate, me.actor, post_id, draft, limit_chars=node.config.text_limit_chars
        )
    )
    return await _shown(request, post_id)


def _draft(me: Caller, sent: Params) -> PostDraft:
    usual = about_of(me.actor)
    return PostDraft(
        text=sent.text("status"),
        visibility=sent.text("visibility") or usual.privacy,
        in_reply_to_id=sent.row_id("in_reply_to_id"),
        media_ids=tuple(sent.ids("media_ids")),
        spoiler=sent.text("spoiler_text"),
        sensitive=sent.flag("sensitive") if "sensitive" in sent else usual.sensitive,
        language=_language(sent.text("language")) or usual.language or me.locale,
        application=me.app_name,
        poll=asked(sent),
        quoted_id=sent.row_id("quoted_status_id"),
        quote_policy=sent.text("quote_approval_policy"),
    )


def _language(text: str) -> str | None:
    """ISO 639-1, of a tag its first part; what is none counts as absent."""
    code = text.partition("-")[0].lower()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


async def get_one(request: Request) -> Response:
    """One status."""
    return await _shown(request, path_id(request))


async def get_several(request: Request) -> Response:
    """Several statuses by id."""
    ids = of_query(request).ids("id")[:IDS_LIMIT]
    return reply_list(await request.app[CACHE].shown(ids, caller(request).id))


async def delete(request: Request) -> Response:
    """Delete the caller's own post; what it said comes back once, so that an app can offer to write it anew."""
    me, post_id, node = caller(request), path_id(request), request.app[NODE]
    row = await node.read(lambda tx: _seen(tx, me.id, post_id))
    before = await request.app[CACHE].one(post_id, me.id)
    await node.perform(lambda tx: post.delete(tx, me.actor, post_id))
    if before is None:
        raise NotFound
    return reply({**orjson.loads(before), "text": row.source})


async def get_context(request: Request) -> Response:
    """What a post answers, and what answers it; in a header, whether more of it is being fetched."""
    me, post_id = caller(request), path_id(request)

    def read(tx: Tx) -> tuple[timelines.Thread, MissingRow | None]:
        row = _seen(tx, me.id, post_id)
        since_ms = tx.now_ms - FRESH_MS
        return timelines.thread(tx, me.id, row.id), missing.of_thread(tx, row.thread_id, since_ms=since_ms)

    thread, awaited = await request.app[NODE].read(read)
    found = await request.app[CACHE].found([*thread.ancestors, *thread.descendants], me.id)
    above = array(found[one] for one in thread.ancestors if one in found)
    below = array(found[one] for one in thread.descendants if one in found)
    found_now = {"ancestors": fragment(above), "descendants": fragment(below)}
    return reply(found_now, headers=refreshes.header(awaited))


async def get_source(request: Request) -> Response:
    """The caller's own words as they were typed; of others' posts nobody has them."""
    me, post_id = caller(request), path_id(request)
    row = await request.app[NODE].read(lambda tx: _seen(tx, me.id, post_id))
    if row.author_id != me.id:
        raise NotFound
    return reply(entities.status_source(row))


async def get_history(request: Request) -> Response:
    """Every wording of a post, the oldest first."""
    me, post_id, pictures = caller(request), path_id(request), request.app[PICTURES]
    return reply(await request.app[NODE].read(lambda tx: _history(tx, me.id, post_id, pictures)))


def _history(tx: Tx, viewer_id: int, post_id: int, pictures: PictureKeys) -> list[Json]:
    row = _seen(tx, viewer_id, post_id)
    author = show.accounts(tx, [row.author_id])[0]
    drawn = show.emojis_of_one(tx, row, viewer_id)
    attached = show.attachments(tx, media.of_posts(tx, [row.id]).get(row.id, ()), pictures)
    edits = entities.status_edits(row, posts.edits_of(tx, row.id), author, attached)
    return [edit | {"poll": titles_of(tx, row.id), "emojis": drawn} for edit in edits]


async def get_card(request: Request) -> Response:
    """The card of a status, as apps before 3.0 ask for it: nothing in it when there is none."""
    shown = await request.app[CACHE].one(path_id(request), caller(request).id)
    if shown is None:
        raise NotFound
    return reply(orjson.loads(shown)["card"] or {})


async def get_favourited_by(request: Request) -> Response:
    """Who has favourited a post."""
    return await _people(request, reactions.favouriters)


async def get_reblogged_by(request: Request) -> Response:
    """Who has boosted a post."""
    return await _people(request, posts.boosters)


async def _people(request: Request, who: Callable[[Tx, int, Window], list[Placed]]) -> Response:
    me, post_id, window = caller(request), path_id(request), window_of(of_query(request), usual=40, most=80)

    def read(tx: Tx) -> tuple[list[int], list[Json]]:
        rows = who(tx, _seen(tx, me.id, post_id).id, window)
        return [row.place for row in rows], show.accounts(tx, [row.actor_id for row in rows])

    places, shown = await request.app[NODE].read(read)
    return reply(shown, headers=links(request, request.app[NODE].home.base, places, window))


def _marking(verb: Verb) -> Callable[[Request], Awaitable[Response]]:
    """A handler that does something with a post, and shows what came of it."""

    async def handle(request: Request) -> Response:
        me, post_id = caller(request), path_id(request)
        row = await request.app[NODE].perform(lambda tx: verb(tx, me.actor, post_id))
        return await _shown(request, row.id)

    return handle


def _saying(verb: SaidVerb) -> Callable[[Request], Awaitable[Response]]:
    """The same for what the project's other companies hear of: the gate is asked first."""

    async def handle(request: Request) -> Response:
        gate = request.app[NODE].gate
        return await _marking(lambda tx, actor, post_id: verb(tx, gate, actor, post_id))(request)

    return handle


async def react(request: Request) -> Response:
    """Put an emoji under a post."""
    gate, name = request.app[NODE].gate, request.match_info["name"]
    return await _marking(lambda tx, me, post_id: emoji_reaction.react(tx, gate, me, post_id, name))(request)


async def unreact(request: Request) -> Response:
    """Take one's emoji back."""
    gate, name = request.app[NODE].gate, request.match_info["name"]
    return await _marking(lambda tx, me, post_id: emoji_reaction.unreact(tx, gate, me, post_id, name))(
        request
    )


async def _shown(request: Request, post_id: int) -> Response:
    shown = await request.app[CACHE].one(post_id, caller(request).id)
    if shown is None:
        raise NotFound
    return reply_bytes(shown)


def _seen(tx: Tx, viewer_id: int, post_id: int) -> PostRow:
    row = posts.seen_by(tx, viewer_id, post_id)
    if row is None:
        raise NotFound
    return row


_FAVOURITES = partial(api, scope="write:favourites")
_BOOKMARKS = partial(api, scope="write:bookmarks")
_ACCOUNTS = partial(api, scope="write:accounts")
_MUTES = partial(api, scope="write:mutes")
_WRITE = partial(api, scope="write:statuses")
_READ = partial(api, scope="read:statuses")

ROUTES: tuple[Route, ...] = (
    _WRITE("POST", "/api/v1/statuses", create),
    _READ("GET", "/api/v1/statuses", get_several),
    _READ("GET", "/api/v1/statuses/{id}", get_one),
    _WRITE("PUT", "/api/v1/statuses/{id}", update),
    _WRITE("DELETE", "/api/v1/statuses/{id}", delete),
    _READ("GET", "/api/v1/statuses/{id}/context", get_context),
    _READ("GET", "/api/v1/statuses/{id}/source", get_source),
    _READ("GET", "/api/v1/statuses/{id}/history", get_history),
    _READ("GET", "/api/v1/statuses/{id}/card", get_card),
    _READ("GET", "/api/v1/statuses/{id}/favourited_by", get_favourited_by),
    _READ("GET", "/api/v1/statuses/{id}/reblogged_by", get_reblogged_by),
    _FAVOURITES("POST", "/api/v1/statuses/{id}/favourite", _saying(reaction.favourite)),
    _FAVOURITES("POST", "/api/v1/statuses/{id}/unfavourite", _saying(reaction.unfavourite)),
    _FAVOURITES("PUT", "/api/v1/statuses/{id}/emoji_reactions/{name}", react),
    _FAVOURITES("DELETE", "/api/v1/statuses/{id}/emoji_reactions/{name}", unreact),
    _FAVOURITES("POST", "/api/v1/statuses/{id}/react/{name}", react),
    _FAVOURITES("POST", "/api/v1/statuses/{id}/unreact/{name}", unreact),
    _BOOKMARKS("POST", "/api/v1/statuses/{id}/bookmark", _marking(reaction.bookmark)),
    _BOOKMARKS("POST", "/api/v1/statuses/{id}/unbookmark", _marking(reaction.unbookmark)),
    _WRITE("POST", "/api/v1/statuses/{id}/reblog", _saying(post.boost)),
    _WRITE("POST", "/api/v1/statuses/{id}/unreblog", _saying(post.unboost)),
    _ACCOUNTS("POST", "/api/v1/statuses/{id}/pin", _saying(pin.pin)),
    _ACCOUNTS("POST", "/api/v1/statuses/{id}/unpin", _saying(pin.unpin)),
    _MUTES("POST", "/api/v1/statuses/{id}/mute", _marking(hearing.mute_thread)),
    _MUTES("POST", "/api/v1/statuses/{id}/unmute", _marking(hearing.unmute_thread)),
)
