"""Filters, as apps of today (v2) and of yesterday (v1) know them. The rule kept here: a filter is its owner's; what it matches is told with each status."""

from functools import partial

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import filtering
from instance.domain.filtering import Wish, Word
from instance.domain.outcome import Outcome
from instance.errors import BadInput
from instance.storage import filters
from instance.storage.database import Tx
from instance.storage.filters import KeywordRow, Known
from web.doors import NODE, api, caller
from web.errors import NotFound
from web.mastodon import filter_entities as entities
from web.mastodon import params
from web.mastodon.params import Params, path_id
from web.mastodon.reply import reply


async def get_all(request: Request) -> Response:
    """The caller's filters."""
    me = caller(request)
    found = await request.app[NODE].read(lambda tx: filters.of_owner(tx, me.id))
    return reply([entities.shown(known) for known in found])


async def get_one(request: Request) -> Response:
    """One of the caller's filters."""
    return reply(entities.shown(await _mine(request)))


async def create(request: Request) -> Response:
    """Make a filter."""
    me, sent = caller(request), await params.of_body(request)
    wish = _wish(sent)
    return reply(
        entities.shown(await request.app[NODE].perform(lambda tx: filtering.make(tx, me.actor, wish)))
    )


async def update(request: Request) -> Response:
    """Change a filter and its words."""
    me, filter_id, wish = caller(request), path_id(request), _wish(await params.of_body(request))
    verb = partial(filtering.change, owner=me.actor, filter_id=filter_id, wish=wish)
    return reply(entities.shown(await request.app[NODE].perform(verb)))


async def delete(request: Request) -> Response:
    """Remove a filter."""
    me, filter_id = caller(request), path_id(request)
    await request.app[NODE].perform(lambda tx: filtering.remove(tx, me.actor, filter_id))
    return reply({})


def _wish(sent: Params) -> Wish:
    return Wish(
        title=sent.text("title") if "title" in sent else None,
        contexts=tuple(sent.texts("context")) if "context" in sent else None,
        action=sent.text("filter_action") if "filter_action" in sent else None,
        lasts_ms=_lasts_ms(sent),
        words=tuple(_word(row) for row in sent.rows("keywords_attributes")),
    )


def _lasts_ms(sent: Params) -> int | None:
    """Nothing said leaves the end as it is; an empty or other text than a number takes it away."""
    return max(0, sent.number("expires_in", 0)) * 1000 if "expires_in" in sent else None


def _word(sent: Params, *, name: str = "keyword") -> Word:
    return Word(
        text=sent.text(name) if name in sent else None,
        whole_word=sent.flag("whole_word") if "whole_word" in sent else None,
        row_id=sent.row_id("id"),
        is_dropped=sent.flag("_destroy"),
    )


async def get_keywords(request: Request) -> Response:
    """The words of a filter."""
    return reply([entities.keyword(row) for row in (await _mine(request)).keywords])


async def add_keyword(request: Request) -> Response:
    """Add a word to a filter."""
    me, filter_id, sent = caller(request), path_id(request), await params.of_body(request)
    word = _word(sent)._replace(row_id=None, is_dropped=False)
    row = await request.app[NODE].perform(lambda tx: filtering.put_word(tx, me.actor, filter_id, word))
    return reply(entities.keyword(row))


async def get_keyword(request: Request) -> Response:
    """One word of the caller's filters."""
    me, row_id = caller(request), path_id(request)
    row = await request.app[NODE].read(lambda tx: _my_keyword(tx, me.id, row_id))
    return reply(entities.keyword(row))


async def update_keyword(request: Request) -> Response:
    """Change a word."""
    me, row_id, sent = caller(request), path_id(request), await params.of_body(request)
    word = _word(sent)._replace(row_id=row_id, is_dropped=False)

    def verb(tx: Tx) -> Outcome[KeywordRow]:
        filter_id = _my_keyword(tx, me.id, row_id).filter_id
        return filtering.put_word(tx, me.actor, filter_id, word)

    return reply(entities.keyword(await request.app[NODE].perform(verb)))


async def delete_keyword(request: Request) -> Response:
    """Remove a word."""
    me, row_id = caller(request), path_id(request)
    await request.app[NODE].perform(lambda tx: filtering.drop_word(tx, me.actor, row_id))
    return reply({})


async def get_posts(request: Request) -> Response:
    """The posts that a filter means."""
    return reply([entities.filtered_post(row) for row in (await _mine(request)).posts])


async def add_post(request: Request) -> Response:
    """Have a filter mean a post."""
    me, filter_id, sent = caller(request), path_id(request), await params.of_body(request)
    post_id = sent.row_id("status_id")
    if post_id is None:
        raise NotFound
    row = await request.app[NODE].perform(lambda tx: filtering.add_post(tx, me.actor, filter_id, post_id))
    return reply(entities.filtered_post(row))


async def get_post(request: Request) -> Response:
    """One post that a filter of the caller's means."""
    me, row_id = caller(request), path_id(request)
    row = await request.app[NODE].read(lambda tx: filters.post(tx, me.id, row_id))
    if row is None:
        raise NotFound
    return reply(entities.filtered_post(row))


async def delete_post(request: Request) -> Response:
    """Have a filter mean a post no longer."""
    me, row_id = caller(request), path_id(request)
    row = await request.app[NODE].perform(lambda tx: filtering.drop_post(tx, me.actor, row_id))
    return reply(entities.filtered_post(row))


async def get_all_older(request: Request) -> Response:
    """The words of all filters, as older apps know them."""
    me = caller(request)
    found = await request.app[NODE].read(lambda tx: filters.of_owner(tx, me.id))
    return reply([entities.older(known, row) for known in found for row in known.keywords])


async def get_older(request: Request) -> Response:
    """One word, as older apps know it."""
    me, row_id = caller(request), path_id(request)
    return reply(entities.older(*await request.app[NODE].read(lambda tx: _older_one(tx, me.id, row_id))))


async def create_older(request: Request) -> Response:
    """Make a filter of one word."""
    me, sent = caller(request), await params.of_body(request)
    wish = _older_wish(sent)._replace(title=sent.text("phrase"))
    if not sent.text("phrase").strip():
        raise BadInput("phrase", "Phrase can't be blank")
    known = await request.app[NODE].perform(lambda tx: filtering.make(tx, me.actor, wish))
    return reply(entities.older(known, known.keywords[0]))


async def update_older(request: Request) -> Response:
    """Change a filter of one word; of one with several the word alone."""
    me, row_id, sent = caller(request), path_id(request), await params.of_body(request)

    def verb(tx: Tx) -> Outcome[Known]:
        known, _ = _older_one(tx, me.id, row_id)
        word = _word(sent, name="phrase")._replace(row_id=row_id, is_dropped=False)
        wish = _older_wish(sent)._replace(words=(word,))
        if len(known.keywords) > 1 and wish.contexts not in {None, tuple(known.row.contexts.split())}:
            raise BadInput("context", "This filter has several words; change it in a newer app")
        return filtering.change(tx, me.actor, known.row.id, wish)

    known = await request.app[NODE].perform(verb)
    return reply(entities.older(known, next(row for row in known.keywords if row.id == row_id)))


def _older_wish(sent: Params) -> Wish:
    irreversible = sent.flag("irreversible") if "irreversible" in sent else None
    return Wish(
        contexts=tuple(sent.texts("context")) if "context" in sent else None,
        action=None if irreversible is None else "hide" if irreversible else "warn",
        lasts_ms=_lasts_ms(sent),
        words=(_word(sent, name="phrase")._replace(row_id=None, is_dropped=False),),
    )


def _older_one(tx: Tx, owner_id: int, row_id: int) -> tuple[Known, KeywordRow]:
    row = _my_keyword(tx, owner_id, row_id)
    known = filters.one(tx, owner_id, row.filter_id)
    assert known is not None
    return known, row


def _my_keyword(tx: Tx, owner_id: int, row_id: int) -> KeywordRow:
    row = filters.keyword(tx, owner_id, row_id)
    if row is None:
        raise NotFound
    return row


async def _mine(request: Request) -> Known:
    me, filter_id = caller(request), path_id(request)
    known = await request.app[NODE].read(lambda tx: filters.one(tx, me.id, filter_id))
    if known is None:
        raise NotFound
    return known


_READ = partial(api, scope="read:filters")
_WRITE = partial(api, scope="write:filters")

ROUTES: tuple[Route, ...] = (
    _READ("GET", "/api/v2/filters", get_all),
    _WRITE("POST", "/api/v2/filters", create),
    _READ("GET", "/api/v2/filters/keywords/{id}", get_keyword),
    _WRITE("PUT", "/api/v2/filters/keywords/{id}", update_keyword),
    _WRITE("DELETE", "/api/v2/filters/keywords/{id}", delete_keyword),
    _READ("GET", "/api/v2/filters/statuses/{id}", get_post),
    _WRITE("DELETE", "/api/v2/filters/statuses/{id}", delete_post),
    _READ("GET", "/api/v2/filters/{id}", get_one),
    _WRITE("PUT", "/api/v2/filters/{id}", update),
    _WRITE("DELETE", "/api/v2/filters/{id}", delete),
    _READ("GET", "/api/v2/filters/{id}/keywords", get_keywords),
    _WRITE("POST", "/api/v2/filters/{id}/keywords", add_keyword),
    _READ("GET", "/api/v2/filters/{id}/statuses", get_posts),
    _WRITE("POST", "/api/v2/filters/{id}/statuses", add_post),
    _READ("GET", "/api/v1/filters", get_all_older),
    _WRITE("POST", "/api/v1/filters", create_older),
    _READ("GET", "/api/v1/filters/{id}", get_older),
    _WRITE("PUT", "/api/v1/filters/{id}", update_older),
    _WRITE("DELETE", "/api/v1/filters/{id}", delete_keyword),
)
