"""What the node says of itself to apps, rendered. The rule kept here: the limits are those that hold, and no number says who works here or with whom."""

from importlib.metadata import version
from typing import Any

from instance.config import Config
from instance.domain import about, actor, compose, film, media, picture, pin, poll, tag, text
from web.i18n import LOCALES, catalogue, phrase

# The Mastodon whose client API this is; apps decide by it what to ask for. Its own version stands behind.
MASTODON_VERSION, API_VERSION = "4.6.0", 10
VERSION = f"{MASTODON_VERSION} (compatible; Cordée {version('cordee')})"

_AUTHENTICATED = {"local": "authenticated", "remote": "authenticated"}
_RULES = (
    (phrase("What is internal stays in the company."), phrase("Without a project named, it is internal.")),
    (phrase("What is written in a project is read by all its companies."), ""),
)


def _rule(number: int, words: str, hint: str) -> dict[str, Any]:
    """Rule, in every language that we speak."""
    return {
        "id": str(number),
        "text": words,
        "hint": hint,
        "translations": {
            locale: {
                "text": catalogue(locale).gettext(words),
                "hint": catalogue(locale).gettext(hint) if hint else "",
            }
            for locale in LOCALES
        },
    }


# The rules of the house, as apps show them.
RULES = tuple(_rule(number, *words) for number, words in enumerate(_RULES, start=1))


def _configuration(config: Config) -> dict[str, Any]:
    return {
        "accounts": {
            "max_featured_tags": tag.FEATURED_LIMIT,
            "max_pinned_statuses": pin.PINS_LIMIT,
            "max_profile_fields": about.FIELDS_LIMIT,
            "profile_field_name_limit": about.FIELD_LIMIT_CHARS,
            "profile_field_value_limit": about.FIELD_LIMIT_CHARS,
            "max_display_name_length": actor.NAME_LIMIT_CHARS,
            "max_note_length": actor.SUMMARY_LIMIT_CHARS,
            "max_avatar_description_length": media.DESCRIPTION_LIMIT_CHARS,
            "max_header_description_length": media.DESCRIPTION_LIMIT_CHARS,
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


def described(config: Config) -> str:
    """The company's network in a sentence."""
    return f"The team network of {config.company}."


def instance_v2(config: Config, vapid_key: str) -> dict[str, Any]:
    """Instance."""
    base = config.home.base
    configuration = _configuration(config) | {
        "urls": {
            "streaming": _streaming(base),
            "status": None,
            "about": None,
            "privacy_policy": None,
            "terms_of_service": None,
        },
        "vapid": {"public_key": vapid_key},
        "translation": {"enabled": False},
        "timelines_access": {
            "live_feeds": _AUTHENTICATED,
            "hashtag_feeds": _AUTHENTICATED,
            "trending_link_feeds": {"local": "disabled", "remote": "disabled"},
        },
        "limited_federation": True,
    }
    return {
        "domain": config.domain,
        "title": config.company,
        "version": VERSION,
        "source_url": f"{base}/",
        "description": described(config),
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
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": "", "account": None},
        "rules": list(RULES),
    }


def instance_v1(config: Config) -> dict[str, Any]:
    """V1::Instance. Its counts are those of no company: how many work here is nobody's business."""
    base = config.home.base
    return {
        "uri": config.domain,
        "title": config.company,
        "short_description": described(config),
        "description": described(config),
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
