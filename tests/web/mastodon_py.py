"""Mastodon.py as the tests use it: with a person's token, in a thread of its own, on this machine."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from mastodon import Mastodon
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from tests.nodes import Company
from tests.web.client import EVERYTHING, token_for


class Loopback(HTTPAdapter):
    """Sends what is for a name below localhost to this machine, whatever its resolver says."""

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        request.headers["Host"] = parts.netloc
        request.url = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
        return super().send(request, *args, **options)


async def a_client(company: Company, name: str, scopes: str = EVERYTHING) -> Mastodon:
    if name not in company.people:
        await company.hire(name)
    session = Session()
    session.mount("http://", Loopback())
    return Mastodon(
        access_token=await token_for(company, name, scopes),
        api_base_url=company.config.base_url,
        session=session,
        ratelimit_method="throw",
    )


async def run(script: Callable[..., Any], *clients: Any) -> Any:
    """The library waits for its answers, so it does that in a thread of its own."""
    return await asyncio.to_thread(script, *clients)
