"""What a form asks to publish. The rule kept here: whatever is refused comes back with its reason, and the words are still in the form."""

from typing import NamedTuple

from aiohttp.web import Request

from instance.domain import post
from instance.domain.compose import PostDraft
from instance.domain.outcome import Outcome
from instance.errors import Refusal
from instance.storage.database import Tx
from instance.storage.media import MediaRow
from instance.storage.posts import PostRow
from web.doors import NODE, PICTURES, session_of
from web.pages.frame import in_words, locale_of
from web.pages.place import Place, companies_of
from web.pages.post_view import Manner

APPLICATION = "Cordée"


class Draft(NamedTuple):
    """What stands in a form: the words, and what was wrong with them when they were sent."""

    text: str = ""
    problem: str = ""
    status: int = 200


async def typed(request: Request) -> str:
    """The words in the form."""
    return str((await request.post()).get("text", ""))


def kept(request: Request, text: str, refusal: Refusal) -> Draft:
    """The form as it was sent, with the reason why it was not taken."""
    return Draft(text, in_words(refusal, locale_of(request)), refusal.status)


def draft_of(request: Request, text: str) -> PostDraft:
    """A post of the signed-in person, not placed yet."""
    return PostDraft(text, language=session_of(request).login.locale, application=APPLICATION)


async def publish(request: Request, draft: PostDraft) -> PostRow:
    """Publish for the signed-in person. Raises CannotPublish."""
    node, author = request.app[NODE], session_of(request).actor
    limit = node.config.text_limit_chars

    def verb(tx: Tx) -> Outcome[PostRow]:
        return post.publish(tx, node.gate, author, draft, limit_chars=limit)

    return await node.perform(verb)


def manner_of(request: Request, place: Place) -> Manner:
    """How the signed-in person is shown the posts of a place."""
    node, pictures = request.app[NODE], request.app[PICTURES]

    def picture_url(media: MediaRow) -> str:
        return pictures.links(media.id, node.now()).url

    return Manner(
        session_of(request).actor.id,
        locale_of(request),
        companies_of(place, node.home),
        picture_url,
        node.home.host,
    )
