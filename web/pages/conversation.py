"""One post with all that belongs to its conversation, and what its reader can do: answer, favourite, boost, and change one's own.

The rule kept here: an answer reaches who reads the post that it answers, no one else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, NamedTuple

from aiohttp.web import HTTPNotFound, HTTPSeeOther, Request, Response

from federation.doors import Route
from instance.domain import attendance, emoji_reaction, pin, post, reaction, vote
from instance.domain.compose import AsksGate, PostDraft
from instance.domain.outcome import Outcome
from instance.domain.poll import AS_IT_IS
from instance.errors import NotFound, Refusal
from instance.policy import INTERNAL
from instance.storage import actors, posts, timelines
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from web.doors import NODE, session_of
from web.i18n import Locale, translate
from web.pages.compose import Draft, draft_of, kept, manner_of, publish, typed
from web.pages.frame import in_words, locale_of, number, refused, respond
from web.pages.place import Place, place_of, place_view
from web.pages.post_view import PostFacts, excerpt, post_facts, post_views
from web.session import local_path, page

# The verb of a form → what it does to a post.
REACTIONS: dict[str, Callable[[Tx, AsksGate, ActorRow, int], Outcome[PostRow]]] = {
    "favourite": reaction.favourite,
    "unfavourite": reaction.unfavourite,
    "boost": post.boost,
    "unboost": post.unboost,
    "join": attendance.join,
    "leave": attendance.leave,
    "pin": pin.pin_in_project,
    "unpin": pin.unpin_in_project,
}


class Conversation(NamedTuple):
    """A post that the viewer may read, its author, its place, and the posts around it in order."""

    post: PostRow
    author: ActorRow
    place: Place
    posts: PostFacts


async def get_post(request: Request) -> Response:
    """A post with what it answers and what answers it, and a form to answer."""
    return await _show(request, await _conversation(request))


async def answer(request: Request) -> Response:
    """Publish what the form says as an answer."""
    found, text = await _conversation(request), await typed(request)
    row = found.post
    visibility = row.visibility if row.space == INTERNAL else "public"
    draft = replace(draft_of(request, text), in_reply_to_id=row.id, visibility=visibility)
    try:
        made = await publish(request, draft)
    except Refusal as refusal:
        return await _show(request, found, kept(request, text, refusal))
    raise HTTPSeeOther(f"/app/posts/{row.id}#p{made.id}")


async def react(request: Request) -> Response:
    """Favourite or boost a post, or take that back."""
    verb = REACTIONS.get(request.match_info["verb"])
    if verb is None:
        raise HTTPNotFound
    return await _done(request, verb)


def _with_emoji(
    verb: Callable[[Tx, AsksGate, ActorRow, int, str], Outcome[PostRow]],
) -> Callable[[Request], Awaitable[Response]]:
    """A handler that puts the emoji of a form under a post, or takes it back."""

    async def handle(request: Request) -> Response:
        name = str((await request.post()).get("name", ""))
        return await _done(request, lambda tx, gate, me, post_id: verb(tx, gate, me, post_id, name))

    return handle


async def _done(
    request: Request, verb: Callable[[Tx, AsksGate, ActorRow, int], Outcome[PostRow]]
) -> Response:
    """Do something with a post and lead back to where it was seen."""
    node, me, post_id = request.app[NODE], session_of(request).actor, _post_id(request)
    try:
        await node.perform(lambda tx: verb(tx, node.gate, me, post_id))
    except NotFound as refusal:
        raise HTTPNotFound from refusal
    except Refusal as refusal:
        return await refused(request, refusal.status, problem=in_words(refusal, locale_of(request)))
    back = str((await request.post()).get("back", ""))
    raise HTTPSeeOther(local_path(back, f"/app/posts/{post_id}"))


async def choose(request: Request) -> Response:
    """Vote among the answers of a poll."""
    node, me, post_id = request.app[NODE], session_of(request).actor, _post_id(request)
    form = await request.post()
    chosen = [number(str(value)) for value in form.getall("choices", [])]
    choices = [-1 if value is None else value for value in chosen]
    try:
        await node.perform(lambda tx: vote.vote(tx, node.gate, me, post_id, choices))
    except NotFound as refusal:
        raise HTTPNotFound from refusal
    except Refusal as refusal:
        return await refused(request, refusal.status, problem=in_words(refusal, locale_of(request)))
    raise HTTPSeeOther(local_path(str(form.get("back", "")), f"/app/posts/{post_id}"))


async def get_edit(request: Request) -> Response:
    """The form that changes a post of one's own."""
    found = await _own(request)
    return await _form(request, found, Draft(found.post.source))


async def edit(request: Request) -> Response:
    """Write the new words of a post of one's own; its pictures, its poll and its warning stay."""
    found, text, node = await _own(request), await typed(request), request.app[NODE]
    row, me = found.post, session_of(request).actor
    draft = PostDraft(
        text,
        media_ids=tuple(picture.id for picture in found.posts.page.media.get(row.id, ())),
        spoiler=row.spoiler,
        sensitive=bool(row.sensitive),
        language=row.language,
        poll=AS_IT_IS,
    )
    limit = node.config.text_limit_chars
    try:
        await node.perform(lambda tx: post.edit(tx, node.gate, me, row.id, draft, limit_chars=limit))
    except Refusal as refusal:
        return await _form(request, found, kept(request, text, refusal))
    raise HTTPSeeOther(f"/app/posts/{row.id}#p{row.id}")


async def delete(request: Request) -> Response:
    """Delete a post of one's own, here and at the partners."""
    node, me, post_id = request.app[NODE], session_of(request).actor, _post_id(request)
    try:
        gone = await node.perform(lambda tx: post.delete(tx, me, post_id))
    except NotFound as refusal:
        raise HTTPNotFound from refusal
    place = await node.read(lambda tx: place_of(tx, me.id, gone.space))
    raise HTTPSeeOther(place_view(place, home=node.home, locale=locale_of(request))["path"])


def _post_id(request: Request) -> int:
    return number(request.match_info["post_id"]) or 0


async def _conversation(request: Request) -> Conversation:
    viewer, post_id = session_of(request).actor, _post_id(request)
    found = await request.app[NODE].read(lambda tx: _load(tx, viewer.id, post_id))
    if found is None:
        raise HTTPNotFound
    return found


async def _own(request: Request) -> Conversation:
    found = await _conversation(request)
    if found.post.author_id != session_of(request).actor.id:
        raise HTTPNotFound
    return found


def _load(tx: Tx, viewer_id: int, post_id: int) -> Conversation | None:
    row = posts.meant_by(tx, viewer_id, post_id)
    author = actors.by_id(tx, row.author_id) if row is not None else None
    if row is None or author is None:
        return None
    top = [*timelines.thread(tx, viewer_id, row.id).ancestors, row.id][0]
    ids = [top, *timelines.thread(tx, viewer_id, top).descendants]
    return Conversation(row, author, place_of(tx, viewer_id, row.space), post_facts(tx, ids, viewer_id))


async def _show(request: Request, found: Conversation, draft: Draft | None = None) -> Response:
    node, row, me = request.app[NODE], found.post, session_of(request).actor
    # Who answers a direct post without naming its author would write to nobody.
    opening = f"@{found.author.username} " if row.visibility == "direct" and found.author.id != me.id else ""
    draft = draft or Draft(opening)
    place = place_view(found.place, home=node.home, locale=locale_of(request))
    answered = {
        "id": row.id,
        "author": found.author.display_name or found.author.username,
        "excerpt": excerpt(row),
    }
    return await respond(
        request,
        "conversation.html",
        here=place["here"],
        status=draft.status,
        at=f"/app/posts/{row.id}",
        place=place,
        reach=_reach(found, locale_of(request)),
        posts=post_views(found.posts, manner_of(request, found.place)),
        answered=answered,
        problem=draft.problem,
        draft=draft.text,
        limit=node.config.text_limit_chars,
    )


def _reach(found: Conversation, locale: Locale) -> str:
    """Who reads an answer, where that is not simply everybody in the place."""
    if found.post.space != INTERNAL or found.post.visibility in {"public", "unlisted"}:
        return ""
    if found.post.visibility == "private":
        return translate(locale, "your colleagues who follow you")
    return translate(locale, "those whom you name, and nobody else")


async def _form(request: Request, found: Conversation, draft: Draft) -> Response:
    node = request.app[NODE]
    place: dict[str, Any] = place_view(found.place, home=node.home, locale=locale_of(request))
    return await respond(
        request,
        "edit.html",
        here=place["here"],
        status=draft.status,
        at=f"/app/posts/{found.post.id}/edit",
        place=place,
        post_id=found.post.id,
        problem=draft.problem,
        draft=draft.text,
        limit=node.config.text_limit_chars,
    )


ROUTES: tuple[Route, ...] = (
    page("GET", "/app/posts/{post_id}", get_post),
    page("POST", "/app/posts/{post_id}/answers", answer),
    page("GET", "/app/posts/{post_id}/edit", get_edit),
    page("POST", "/app/posts/{post_id}/edit", edit),
    page("POST", "/app/posts/{post_id}/delete", delete),
    page("POST", "/app/posts/{post_id}/vote", choose),
    page("POST", "/app/posts/{post_id}/react", _with_emoji(emoji_reaction.react)),
    page("POST", "/app/posts/{post_id}/unreact", _with_emoji(emoji_reaction.unreact)),
    page("POST", "/app/posts/{post_id}/{verb}", react),
)
