"""Refusals as apps read them: {"error": "…"} in Mastodon's words. The rule kept here: what goes wrong inside is told to our log alone.

ApiError
├── Unauthorized   401   no token, or one that is good for nothing
├── OutsideScopes  403   the token may not do this
├── NotFound       404   there is no such thing, or it is not for this person: the same words
├── NeedsPerson    422   a token of an application alone asked for what only a person has
├── Invalid        422   a parameter is wrong; the text begins with "Validation failed: "
└── TooMany        429   more requests than the limit allows
"""

import logging
from typing import Any, ClassVar

import orjson
from aiohttp.web import Response

from instance.errors import BadInput, InstanceError, NotNow, Refusal
from instance.errors import NotFound as NoSuchThing
from web.i18n import Locale, catalogue

_logger = logging.getLogger(__name__)


class ApiError(Exception):
    """A request of an app that is not done."""

    status: ClassVar[int] = 400
    text: ClassVar[str] = "The request could not be read"

    def __init__(self, text: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(text or self.text)
        self.headers = headers or {}


class Unauthorized(ApiError):
    """No token, or one that is good for nothing."""

    status = 401
    text = "The access token is invalid"

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer realm="Doorkeeper", error="invalid_token"'})


class OutsideScopes(ApiError):
    """The token may not do this."""

    status = 403
    text = "This action is outside the authorized scopes"


class Forbidden(ApiError):
    """The person may not do this."""

    status = 403
    text = "This action is not allowed"


class NotFound(ApiError):
    """There is no such thing, or it is not for this person."""

    status = 404
    text = "Record not found"


class NeedsPerson(ApiError):
    """A token of an application alone asked for what only a person has."""

    status = 422
    text = "This method requires an authenticated user"


class Invalid(ApiError):
    """A parameter is wrong."""

    status = 422

    def __init__(self, text: str) -> None:
        super().__init__(f"Validation failed: {text}")


class TooMany(ApiError):
    """More requests than the limit allows."""

    status = 429
    text = "Too many requests"


def answer(error: Exception, locale: Locale = "en") -> Response:
    """The answer to a request that failed with `error`, which anybody may read who may make the request."""
    status, said, headers = told(error, locale)
    body = orjson.dumps(said)
    return Response(
        status=status, body=body, content_type="application/json", charset="utf-8", headers=headers
    )


def told(error: Exception, locale: Locale) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, content and headers of that answer."""
    if isinstance(error, ApiError):
        return error.status, {"error": str(error)}, error.headers
    if isinstance(error, NoSuchThing):
        return 404, {"error": NotFound.text}, {}
    if isinstance(error, Refusal):
        return error.status, _refused(error, locale), {}
    if isinstance(error, NotNow):
        _logger.error("not now: %s", error)
        words = catalogue(locale).gettext(error.text)
        return 503, {"error": words, "rule": error.rule}, {"Retry-After": str(error.wait_s)}
    if isinstance(error, InstanceError):
        _logger.warning("not done: %s", error)
    else:
        _logger.error("failed", exc_info=error)
    return 500, {"error": "Something went wrong on our side"}, {}


def _refused(error: Refusal, locale: Locale) -> dict[str, Any]:
    """The domain's own words in the reader's language, with the rule for those who look further."""
    words = catalogue(locale).gettext(error.text)
    if isinstance(error, BadInput):
        return {"error": f"Validation failed: {words}", "rule": error.rule, "field": error.field}
    return {"error": words, "rule": error.rule}
