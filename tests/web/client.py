"""An app as the tests use one: a real HTTP client of a real node, with the token of one person."""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, DummyCookieJar

from instance import passwords
from instance.domain import token
from tests.nodes import Company

PASSWORD = "a rope holds three"
PASSWORD_HASH = passwords.hash_of(PASSWORD)
EVERYTHING = "read write follow push"
REDIRECT = "https://app.example/callback"


class Answer(NamedTuple):
    """What came back: status, headers, and the content read from JSON (or the text, when it is none)."""

    status: int
    headers: Any
    content: Any


@dataclass
class App:
    """An app with somebody's token, or with none."""

    company: Company
    session: ClientSession
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The node by address: no resolver has to know the name."""
        return f"http://127.0.0.1:{self.company.port}"

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        headers = self.headers | options.pop("headers", {})
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        options.setdefault("allow_redirects", False)
        async with self.session.request(method, self.base + path, headers=headers, **options) as response:
            return Answer(response.status, response.headers, await _content(response))

    async def get(self, path: str, **query: Any) -> Any:
        """The content of a GET that must succeed."""
        answer = await self.call("GET", path, params=query)
        assert answer.status == 200, answer
        return answer.content

    async def post(self, path: str, **body: Any) -> Any:
        """The content of a POST of JSON that must succeed."""
        answer = await self.call("POST", path, json=body)
        assert answer.status == 200, answer
        return answer.content

    async def socket(self, query: str = "", **options: Any) -> ClientWebSocketResponse:
        return await self.session.ws_connect(f"{self.base}/api/v1/streaming{query}", **options)


async def _content(response: ClientResponse) -> Any:
    return await response.json() if "json" in response.content_type else await response.text()


@asynccontextmanager
async def apps_of(company: Company, *names: str) -> AsyncIterator[tuple[App, ...]]:
    """Apps with a token of each of these people, who are hired when they are not there yet; "" is an app without one."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield tuple([App(company, session, await token_for(company, name)) for name in names])


async def token_for(company: Company, name: str, scopes: str = EVERYTHING) -> str:
    """A token of one of the company's people."""
    if not name:
        return ""
    person = company.people.get(name) or await company.hire(name, password_hash=PASSWORD_HASH)
    return await company.node.perform(lambda tx: token.issue(tx, actor_id=person.id, scopes=scopes))


@dataclass
class Later:
    """A clock that can be moved on: a company's `clock` before it starts."""

    base: Callable[[], int]
    by_ms: int = 0

    def __call__(self) -> int:
        return self.base() + self.by_ms


@dataclass
class Browser:
    """A browser: it keeps its cookie, sends its origin with every form, and reads the fields of a page."""

    app: App
    cookie: str = ""

    async def get(self, path: str, **options: Any) -> Answer:
        return self._kept(await self.app.call("GET", path, headers=self._headers(), **options))

    async def submit(self, path: str, *, origin: str = "", **form: str) -> Answer:
        headers = self._headers() | {"Origin": origin or self.app.company.config.base_url}
        return self._kept(await self.app.call("POST", path, data=form, headers=headers))

    async def sign_in(self, name: str, password: str = PASSWORD) -> Answer:
        return await self.submit("/app/sign-in", name=name, password=password)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}

    def _kept(self, answer: Answer) -> Answer:
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the form on a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: value.replace("&amp;", "&").replace("&#34;", '"') for name, value in found}


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def a_verifier() -> tuple[str, str]:
    """A PKCE verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, urlsafe_b64encode(digest).rstrip(b"=").decode()
