"""What the node says of itself. The rule kept here: strangers learn how to talk to it, and neither who works here nor with whom.

Each document is made by the gate once, and again when the node was told of a change; after that it is bytes.
"""

import html
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import orjson
from aiohttp.web import AppKey, Request

from federation.doors import Route
from federation.letters import Disclosure
from instance.config import Config
from instance.domain import about, actor, compose, film, media, picture, poll, text
from instance.node import Cordee
from web.doors import CORS, NODE, anyone, disclose
from web.i18n import NAMES

DISCLOSED: AppKey[dict[str, Disclosure]] = AppKey("disclosed", dict)
# The Mastodon whose client API this is; apps decide by it what to ask for. Its own version stands behind.
MASTODON_VERSION = "4.2.10"
VERSION = f"{MASTODON_VERSION} (compatible; Cordée {version('cordee')})"
_WRITTEN_AT = "2026-01-01T00:00:00.000Z"

# The rules of the house, as apps show them.
RULES = (
    {
        "id": "1",
        "text": "What is internal stays in the company.",
        "hint": "Without a project named, it is internal.",
    },
    {"id": "2", "text": "What is written in a project is read by all its companies.", "hint": ""},
)


def _configuration(config: Config) -> dict[str, Any]:
    return {
        "accounts": {
            "max_featured_tags": 0,
            "max_pinned_statuses": 0,
            "max_profile_fields": about.FIELDS_LIMIT,
            "profile_field_name_limit": about.FIELD_LIMIT_CHARS,
            "profile_field_value_limit": about.FIELD_LIMIT_CHARS,
            "max_display_name_length": actor.NAME_LIMIT_CHARS,
            "max_note_length": actor.SUMMARY_LIMIT_CHARS,
        },
        "statuses": {
            "max_characters": config.text_limit_chars,
            "max_media_attachments": compose.MEDIA_LIMIT,
            "characters_reserved_per_url": text.URL_LENGTH,
        },
        "media_attachments": {
            "supported_mime_types": list(media.MEDIA_TYPES),
            "description_limit": media.DESCRIPTION_LIMIT_CHARS,
            "image_size_limit": config.upload_limit_mib * 1024 * 1024,
            "image_matrix_limit": picture.PIXELS_LIMIT,
            "video_size_limit": config.upload_limit_mib * 1024 * 1024,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": film.PIXELS_LIMIT,
        },
        "polls": {
            "max_options": poll.OPTIONS_LIMIT,
            "max_characters_per_option": poll.OPTION_LIMIT_CHARS,
            "min_expiration": poll.MIN_DURATION_S,
            "max_expiration": poll.MAX_DURATION_S,
        },
    }


def _description(config: Config) -> str:
    return f"The team network of {config.company}."


def instance_v2(config: Config, vapid_key: str) -> dict[str, Any]:
    """Instance."""
    base = config.home.base
    configuration = _configuration(config) | {
        "urls": {"streaming": _streaming(base), "status": None, "about": None},
        "vapid": {"public_key": vapid_key},
        "translation": {"enabled": False},
        "limited_federation": True,
    }
    return {
        "domain": config.domain,
        "title": config.company,
        "version": VERSION,
        "source_url": f"{base}/",
        "description": _description(config),
        "usage": {"users": {"active_month": 0}},
        "thumbnail": {"url": f"{base}/static/header.png"},
        "icon": [],
        "languages": [config.locale],
        "configuration": configuration,
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "reason_required": False,
            "message": None,
            "min_age": None,
            "url": None,
        },
        "api_versions": {"mastodon": 1},
        "contact": {"email": "", "account": None},
        "rules": list(RULES),
    }


def instance_v1(config: Config) -> dict[str, Any]:
    """V1::Instance. Its counts are those of no company: how many work here is nobody's business."""
    base = config.home.base
    return {
        "uri": config.domain,
        "title": config.company,
        "short_description": _description(config),
        "description": _description(config),
        "email": "",
        "version": VERSION,
        "urls": {"streaming_api": _streaming(base)},
        "stats": {"user_count": 0, "status_count": 0, "domain_count": 0},
        "thumbnail": f"{base}/static/header.png",
        "languages": [config.locale],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _configuration(config),
        "contact_account": None,
        "rules": list(RULES),
    }


def _streaming(base: str) -> str:
    return base.replace("http", "ws", 1)


def _extended_description(config: Config) -> dict[str, Any]:
    return {"updated_at": _WRITTEN_AT, "content": f"<p>{text.plain(_description(config))}</p>"}


def _privacy_policy(config: Config) -> dict[str, Any]:
    """PrivacyPolicy: what is true of every node, whatever the company adds elsewhere."""
    told = (
        f"This is the team network of {config.company}, for its own people.",
        "What is written without a project stays in the company. What is written in a project is read by all companies in it.",
        "Nobody is counted or followed for others; the node keeps a ledger of everything that leaves it.",
    )
    return {
        "updated_at": _WRITTEN_AT,
        "content": "".join(f"<p>{html.escape(words)}</p>" for words in told),
    }


def _languages(_: Config) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in NAMES.items()]


def _said_once(make: Callable[[Cordee], Any]) -> Callable[[Request], Awaitable[Disclosure]]:
    """A handler for a document that is the same for everybody and all the time."""

    async def handle(request: Request) -> Disclosure:
        kept = request.app[DISCLOSED]
        known = kept.get(request.path)
        if known is None:
            body = orjson.dumps(make(request.app[NODE]))
            known = kept[request.path] = await disclose(request, body)
        return known

    return handle


def always(content: Any) -> Callable[[Config], Any]:
    """What says the same of every node."""
    return lambda _config: content


def open_document(path: str, make: Callable[[Config], Any]) -> Route:
    """A route for a document that `make` makes of the settings, for anyone."""
    return anyone("GET", path, _said_once(lambda node: make(node.config)), headers=CORS)


ROUTES: tuple[Route, ...] = (
    open_document("/api/v1/instance", instance_v1),
    anyone(
        "GET",
        "/api/v2/instance",
        _said_once(lambda node: instance_v2(node.config, node.vapid_key)),
        headers=CORS,
    ),
    open_document("/api/v1/instance/rules", always(RULES)),
    open_document("/api/v1/instance/extended_description", _extended_description),
    open_document("/api/v1/instance/privacy_policy", _privacy_policy),
    open_document("/api/v1/instance/languages", _languages),
    open_document("/api/v1/instance/peers", always([])),
    open_document("/api/v1/instance/activity", always([])),
    open_document("/api/v1/instance/domain_blocks", always([])),
    open_document("/api/v1/instance/translation_languages", always({})),
    open_document("/api/v1/trends/tags", always([])),
    open_document("/api/v1/trends/statuses", always([])),
    open_document("/api/v1/trends/links", always([])),
)
