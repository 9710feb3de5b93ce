"""What the node says of itself. The rule kept here: strangers learn how to talk to it, and neither who works here nor with whom.

Each document is made by the gate once, and again when the node was told of a change; after that it is bytes.
"""

import html
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp.web import AppKey, Request

from federation.doors import Route
from federation.letters import Disclosure
from instance.config import Config
from instance.domain import text
from instance.node import Cordee
from web.doors import CORS, NODE, anyone, disclose
from web.i18n import NAMES
from web.mastodon.instance_entities import RULES, described, instance_v1, instance_v2

DISCLOSED: AppKey[dict[str, Disclosure]] = AppKey("disclosed", dict)
_WRITTEN_AT = "2026-01-01T00:00:00.000Z"


def _extended_description(config: Config) -> dict[str, Any]:
    return {"updated_at": _WRITTEN_AT, "content": f"<p>{text.plain(described(config))}</p>"}


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
