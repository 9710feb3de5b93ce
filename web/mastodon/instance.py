"""What the node says of itself. The rule kept here: strangers learn how to talk to it, and neither who works here nor with whom.

Each document is made by the gate once, and again when the node was told of a change; after that it is bytes.
"""

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import orjson
from aiohttp.web import AppKey, Request

from federation.doors import Route
from federation.letters import Disclosure
from instance.config import Config
from instance.domain import compose, media, picture, text
from web.doors import CORS, NODE, anyone, disclose

DISCLOSED: AppKey[dict[str, Disclosure]] = AppKey("disclosed", dict)
# The Mastodon whose client API this is; apps decide by it what to ask for. Its own version stands behind.
MASTODON_VERSION = "4.2.10"
VERSION = f"{MASTODON_VERSION} (compatible; Cordée {version('cordee')})"

_RULES = (
    {
        "id": "1",
        "text": "What is internal stays in the company.",
        "hint": "Without a project named, it is internal.",
    },
    {"id": "2", "text": "What is written in a project is read by all its companies.", "hint": ""},
)


def _configuration(config: Config) -> dict[str, Any]:
    return {
        "accounts": {"max_featured_tags": 0, "max_pinned_statuses": 0},
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
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": 0,
            "max_characters_per_option": 0,
            "min_expiration": 0,
            "max_expiration": 0,
        },
    }


def _description(config: Config) -> str:
    return f"The team network of {config.company}."


def instance_v2(config: Config) -> dict[str, Any]:
    """Instance."""
    base = config.home.base
    configuration = _configuration(config) | {
        "urls": {"streaming": _streaming(base), "status": None, "about": None},
        "vapid": {"public_key": ""},
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
        "rules": list(_RULES),
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
        "rules": list(_RULES),
    }


def _streaming(base: str) -> str:
    return base.replace("http", "ws", 1)


def _extended_description(config: Config) -> dict[str, Any]:
    return {"updated_at": "2026-01-01T00:00:00Z", "content": f"<p>{text.plain(_description(config))}</p>"}


def _said_once(make: Callable[[Config], Any]) -> Callable[[Request], Awaitable[Disclosure]]:
    """A handler for a document that is the same for everybody and all the time."""

    async def handle(request: Request) -> Disclosure:
        kept = request.app[DISCLOSED]
        known = kept.get(request.path)
        if known is None:
            body = orjson.dumps(make(request.app[NODE].config))
            known = kept[request.path] = await disclose(request, body)
        return known

    return handle


def _always(content: Any) -> Callable[[Config], Any]:
    return lambda _config: content


def _open(path: str, make: Callable[[Config], Any]) -> Route:
    return anyone("GET", path, _said_once(make), headers=CORS)


ROUTES: tuple[Route, ...] = (
    _open("/api/v1/instance", instance_v1),
    _open("/api/v2/instance", instance_v2),
    _open("/api/v1/instance/rules", _always(_RULES)),
    _open("/api/v1/instance/extended_description", _extended_description),
    _open("/api/v1/instance/peers", _always([])),
    _open("/api/v1/instance/activity", _always([])),
    _open("/api/v1/instance/domain_blocks", _always([])),
    _open("/api/v1/instance/translation_languages", _always({})),
    _open("/api/v1/custom_emojis", _always([])),
    _open("/api/v1/trends/tags", _always([])),
    _open("/api/v1/trends/statuses", _always([])),
    _open("/api/v1/trends/links", _always([])),
)
