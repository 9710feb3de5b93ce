"""What the caller says of themselves, and how their apps should write for them. The rule kept here: what an app does not send stays as it is."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import about, follow_request
from instance.domain import actor as people
from instance.domain.about import Change, Field
from instance.domain.media import accept_picture
from instance.domain.outcome import Outcome
from instance.domain.picture import Picture
from instance.storage import actors, tags
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from web.doors import NODE, Caller, api, caller
from web.errors import NotFound
from web.mastodon import entities, media, params, profile_entities, requests, show
from web.mastodon.entities import Json
from web.mastodon.params import Params
from web.mastodon.reply import reply

_FLAGS = (
    "locked",
    "bot",
    "discoverable",
    "indexable",
    "hide_collections",
    "show_media",
    "show_media_replies",
    "show_featured",
)
_WORDS_OF_SOURCE = ("privacy", "language", "quote_policy")


async def verify_credentials(request: Request) -> Response:
    """The person whose token it is."""
    return await _shown_credentials(request)


async def update_credentials(request: Request) -> Response:
    """Change what the person says of themselves, and how their apps should write for them."""
    await _change(request)
    return await _shown_credentials(request)


async def get_profile(request: Request) -> Response:
    """What the caller says of themselves, in the words typed."""
    return await _shown_profile(request)


async def patch_profile(request: Request) -> Response:
    """Change it."""
    await _change(request)
    return await _shown_profile(request)


async def _change(request: Request) -> None:
    me, sent = caller(request), await params.of_body(request, limit_bytes=media.body_limit(request, files=2))
    pictures = await _pictures(request, sent)
    name, note = (sent.text(key) if key in sent else None for key in ("display_name", "note"))
    wanted = _wanted(sent)

    def verb(tx: Tx) -> Outcome[ActorRow]:
        about.change(tx, me.id, wanted)
        follow_request.settle(tx, me.id)
        for which, picture in pictures.items():
            about.set_portrait(tx, me.id, which, picture)
        for which in about.SHAPES:
            if f"{which}_description" in sent:
                about.describe_portrait(tx, me.id, which, sent.text(f"{which}_description"))
        return people.update_profile(tx, me.id, display_name=name, summary=note)

    await request.app[NODE].perform(verb)


async def _pictures(request: Request, sent: Params) -> dict[str, Picture]:
    found = {}
    for which, shape in about.SHAPES.items():
        upload = media.given(sent, which)
        if upload is not None:
            found[which] = await media.saved(request, upload, accept=partial(accept_picture, shape=shape))
    return found


def _removing(which: str) -> Callable[[Request], Awaitable[Response]]:
    """A handler that takes the avatar or header away."""

    async def handle(request: Request) -> Response:
        me = caller(request)
        await request.app[NODE].write(lambda tx: about.drop_portrait(tx, me.id, which))
        return await _shown_credentials(request)

    return handle


def _wanted(sent: Params) -> Change:
    source = sent.inside("source")
    told: dict[str, Any] = {name: sent.flag(name) for name in _FLAGS if name in sent}
    told |= {name: source.text(name) for name in _WORDS_OF_SOURCE if name in source}
    return Change(
        fields=_fields(sent) if "fields_attributes" in sent else None,
        attribution_domains=_domains(sent),
        sensitive=source.flag("sensitive") if "sensitive" in source else None,
        **told,
    )


def _fields(sent: Params) -> tuple[Field, ...]:
    return tuple(Field(row.text("name"), row.text("value")) for row in sent.rows("fields_attributes"))


def _domains(sent: Params) -> tuple[str, ...] | None:
    return tuple(sent.texts("attribution_domains")) if "attribution_domains" in sent else None


async def _shown_credentials(request: Request) -> Response:
    me = caller(request)
    return reply(await request.app[NODE].read(lambda tx: _credentials(tx, me)))


def _credentials(tx: Tx, me: Caller) -> Json:
    row = _myself(tx, me)
    waiting = len(requests.who_waits(tx, me.id))
    return entities.credential_account(show.account_facts(tx, row), me.login, tx.home, requests=waiting)


async def _shown_profile(request: Request) -> Response:
    me = caller(request)
    return reply(await request.app[NODE].read(lambda tx: _profile(tx, me)))


def _profile(tx: Tx, me: Caller) -> Json:
    return profile_entities.profile(_myself(tx, me), tags.featured(tx, me.id, me.id), tx.home)


def _myself(tx: Tx, me: Caller) -> ActorRow:
    row = actors.by_id(tx, me.id)
    if row is None:
        raise NotFound
    return row


ROUTES: tuple[Route, ...] = (
    api("GET", "/api/v1/accounts/verify_credentials", verify_credentials, "profile|read:accounts"),
    api("PATCH", "/api/v1/accounts/update_credentials", update_credentials, "write:accounts"),
    api("GET", "/api/v1/profile", get_profile, "profile|read:accounts"),
    api("PATCH", "/api/v1/profile", patch_profile, "write:accounts"),
    api("DELETE", "/api/v1/profile/avatar", _removing("avatar"), "write:accounts"),
    api("DELETE", "/api/v1/profile/header", _removing("header"), "write:accounts"),
)
