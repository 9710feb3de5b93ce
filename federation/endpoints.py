"""The doors for other servers: inboxes, objects, collections, the log, discovery.

The rule kept here: nothing is fetched for a stranger, nothing is believed before it is proven, and nothing is served but
a Disclosure made for the very host that asks. What is not for the viewer answers as what never was.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import orjson
from aiohttp.web import Request, Response, StreamResponse

from federation import log, signature, synchronization
from federation.activity import Activity
from federation.document import LIMIT_BYTES, Document, first_type, id_of, parse
from federation.doors import Door, Route
from federation.errors import FederationError, Malformed, Refused, TooFast, Unauthentic, Unavailable
from federation.keys import PublicKey
from federation.letters import ANYONE, Disclosure, check_seal
from federation.node import Node, Receipt
from federation.origin import host_of
from federation.pace import BURST, Pace
from federation.signature import Claims, ReplayWindow, Sender
from federation.vocabulary import is_activity_media_type

BODY_TIMEOUT_S: Final = 20.0
_LARGE_BYTES: Final = (
    256 * 1024
)  # of a body whose seal takes longer to check (1 ms a MiB) than the way to a thread
PROBLEM_JSON: Final = "application/problem+json"
_FIXED_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_FOUND: Final = orjson.dumps({"type": "about:blank", "title": "Not found.", "status": 404})
_logger = logging.getLogger(__name__)

INBOXES: Final = ("/inbox", "/actor/inbox", "/people/{name}/inbox", "/projects/{name}/inbox")
OBJECTS: Final = (
    "/actor",
    "/people/{name}",
    "/people/{name}/outbox",
    "/people/{name}/followers",
    "/people/{name}/following",
    "/projects/{name}",
    "/projects/{name}/outbox",
    "/projects/{name}/members",
    "/projects/{name}/followers",
    "/projects/{name}/followers_synchronization",
    "/projects/{name}/charter",
    "/posts/{id}",
    "/posts/{id}/context",
    "/posts/{id}/context-history",
    "/notes/{id}",
    "/notes/{id}/activity",
    "/notes/{id}/context",
    "/activities/{id}",
    "/charters/{id}",
    "/media/{id:.+}",
    "/log",
    "/.well-known/nodeinfo",
    "/.well-known/host-meta",
    "/nodeinfo/2.0",
    "/nodeinfo/2.1",
)
WEBFINGER: Final = "/.well-known/webfinger"


def routes(
    node: Node, seal_key: bytes, *, body_timeout_s: float = BODY_TIMEOUT_S, burst: int = BURST
) -> list[Route]:
    """Every route of the protocol, with its door. `body_timeout_s`: how long a sender may take for a body; `burst`: see Pace."""
    endpoints = _Endpoints(node, seal_key, body_timeout_s, posts=Pace(burst), questions=Pace(burst))
    return [
        *(Route("POST", path, endpoints.post_inbox, Door.PARTNER) for path in INBOXES),
        *(Route("GET", path, endpoints.get_object, Door.ANYONE) for path in OBJECTS),
        Route("GET", WEBFINGER, endpoints.get_webfinger, Door.ANYONE),
    ]


def _answering(
    handler: Callable[["_Endpoints", Request], Awaitable[Response]],
) -> Callable[["_Endpoints", Request], Awaitable[StreamResponse]]:
    """A FederationError of the handler becomes its answer."""

    @wraps(handler)
    async def answer(endpoints: "_Endpoints", request: Request) -> StreamResponse:
        try:
            return await handler(endpoints, request)
        except FederationError as error:
            _logger.info("refused rule=%s path=%r detail=%r", error.rule, request.raw_path, error.detail)
            response = _problem(
                endpoints.node, error.status, error.safe, rule=error.rule, header=error.header
            )
            if isinstance(error, TooFast | Unavailable):
                response.headers["Retry-After"] = str(error.wait_s)
            if error.status == HTTPStatus.UNAUTHORIZED:
                response.headers["Accept-Signature"] = signature.wanted(request.method)
            return response

    return answer


class _Letter(NamedTuple):
    """What a request brought. Without a `sender` it is the end of somebody whom we do not know: nobody needs to prove that, and nothing comes of it."""

    activity: Activity
    body: bytes
    sender: Sender | None


@dataclass(frozen=True, slots=True)
class _Endpoints:
    node: Node
    seal_key: bytes = field(repr=False)
    body_timeout_s: float
    posts: Pace
    questions: Pace  # of parties: each is a line of the ledger
    replays: ReplayWindow = field(default_factory=ReplayWindow)

    @_answering
    async def post_inbox(self, request: Request) -> Response:
        """Take an activity in: 202 when it is safe on disk."""
        try:
            letter = await self._opened(request)
        except FederationError as error:
            await self._turn_away(request, error)
            raise
        if letter.sender is None:
            return Response(status=HTTPStatus.ACCEPTED)
        heads = _covered(request, letter.sender, log.HEADER)
        try:
            receipt = await self.node.receive(
                letter.activity, signer=letter.sender, raw=letter.body, heads=heads
            )
        except Unavailable:
            self.replays.release(letter.sender)
            raise
        followers = _covered(request, letter.sender, synchronization.HEADER)
        if followers is not None and receipt.status < HTTPStatus.BAD_REQUEST:
            await self.node.followers_said(letter.activity.actor, followers)
        return self._acknowledge(receipt)

    async def _opened(self, request: Request) -> "_Letter":
        """The activity in a request, its sender proven and its pace charged. Raises FederationError."""
        _check_media_type(request)
        body = await _read_body(request, self.body_timeout_s)
        message = self._message(request, body)
        claims = signature.parse_signature(message)
        host = host_of(claims.key_id)
        self.posts.check(host, now=self.node.now())
        document = await self._admit(host, body)
        if await self._is_strangers_end(document, claims):
            return _Letter(Activity.parse(document), body, None)
        sender = await self._prove(message, claims)
        self.replays.admit(sender, now=self.node.now())
        # After the replays: who repeats another's words spends nothing of it.
        self.posts.charge(host, now=self.node.now())
        return _Letter(Activity.parse(document), body, sender)

    async def _is_strangers_end(self, document: Document, claims: Claims) -> bool:
        """Whether somebody whom we do not know is gone. Large servers tell that to all whom they know, and the key is gone as well."""
        actor = id_of(document.get("actor"))
        if first_type(document) != "Delete" or actor is None or id_of(document.get("object")) != actor:
            return False
        return not (await self.node.knows_key(claims.key_id) or await self.node.knows_key(actor))

    async def _turn_away(self, request: Request, error: FederationError) -> None:
        """Let the host in whose name a request came know why in our administrator's list, whoever it was."""
        host = signature.said_host(request.headers)
        if host and not isinstance(error, Unavailable):
            with suppress(Unavailable):
                await self.node.turned_away(host, error)

    @_answering
    async def get_object(self, request: Request) -> Response:
        """Whatever is at this path, as far as it is for the one who asks."""
        viewer = await self._viewer(request)
        accept = request.headers.get("Accept", "")
        at = self.node.origin_at(request.headers.get("Host", ""))
        disclosure = await self.node.disclose(request.raw_path, viewer=viewer, accept=accept, at=at)
        return await self._serve(disclosure, viewer)

    @_answering
    async def get_webfinger(self, request: Request) -> Response:
        """Who is behind a handle or an address (RFC 7033)."""
        resource = request.query.get("resource")
        if not resource:
            raise Malformed("resource", safe="The parameter resource is missing.")
        viewer = await self._viewer(request)
        if viewer == ANYONE:
            viewer = await self._named_guest(request)
        return await self._serve(await self.node.webfinger(resource, viewer=viewer), viewer)

    def _message(self, request: Request, body: bytes) -> signature.Request:
        origin = self.node.origin_at(request.headers.get("Host", ""))
        return signature.Request(request.method, origin, request.raw_path, request.headers, body)

    async def _admit(self, host: str, body: bytes) -> Document:
        """The document, when its host is known. A stranger may bring one thing: an offer of a charter."""
        known = await self.node.party_known(host, None)
        document = parse(body)
        if not known and not await self.node.party_known(host, document):
            raise Refused("party_unknown", host, safe="Your server is not a party to any charter with us.")
        return document

    async def _viewer(self, request: Request) -> str:
        """The proven host of whoever asks. A stranger is anyone, whatever it signs: its key is not worth a fetch."""
        if "Signature" not in request.headers:
            return ANYONE
        try:
            return await self._asking(self._message(request, b""))
        except FederationError as error:
            await self._turn_away(request, error)
            raise

    async def _asking(self, message: signature.Request) -> str:
        """The host that a signed question is from, proven; ANYONE for a stranger. Raises FederationError."""
        claims = signature.parse_signature(message)
        host = host_of(claims.key_id)
        if not await self.node.party_known(host, None):
            return ANYONE
        self.questions.check(host, now=self.node.now())
        await self._prove(message, claims)
        self.questions.charge(host, now=self.node.now())
        return host

    async def _named_guest(self, request: Request) -> str:
        """The guest host that the User-Agent of an unsigned WebFinger question names: most servers sign none (docs/decisions/0011)."""
        host = await self.node.guest_named(request.headers.get("User-Agent", ""))
        if host != ANYONE:
            self.questions.check(f"{host} unsigned", now=self.node.now())
            self.questions.charge(f"{host} unsigned", now=self.node.now())
        return host

    async def _prove(self, message: signature.Request, claims: Claims) -> Sender:
        key = await self._find_key(claims)
        try:
            return signature.verify(message, key=key, now=self.node.now(), claims=claims)
        except Unauthentic as error:
            if error.rule != "signature":
                raise
            newer = await self._find_key(claims, fresh=True)
            if newer.key == key.key:
                raise
            return signature.verify(message, key=newer, now=self.node.now(), claims=claims)

    async def _find_key(self, claims: Claims, *, fresh: bool = False) -> PublicKey:
        """A key that cannot be had is the sender's fault (401), never an error of ours (5xx)."""
        try:
            return await self.node.find_key(claims.key_id, host=host_of(claims.key_id), fresh=fresh)
        except (TooFast, Unavailable):
            raise
        except FederationError as error:
            safe = f"The key {claims.key_id} could not be had ({error.rule})."
            raise Unauthentic("key", f"{claims.key_id}: {error}", safe=safe) from error

    def _acknowledge(self, receipt: Receipt) -> Response:
        if receipt.status < 400:
            return Response(status=receipt.status, headers=receipt.headers)
        title = HTTPStatus(receipt.status).phrase
        response = _problem(self.node, receipt.status, title, rule=receipt.rule)
        response.headers.update(receipt.headers)
        return response

    async def _serve(self, disclosure: Disclosure, viewer: str) -> Response:
        try:
            if len(disclosure.body) > _LARGE_BYTES:
                await asyncio.to_thread(check_seal, disclosure, self.seal_key)
            else:
                check_seal(disclosure, self.seal_key)
        except Refused as error:
            _logger.error("not served rule=%s viewer=%s", error.rule, viewer)  # noqa: TRY400 - no trace: it is not ours
            return _not_found()
        if disclosure.viewer != viewer:
            _logger.error("not served rule=viewer viewer=%s made_for=%s", viewer, disclosure.viewer)
            return _not_found()
        if disclosure.status == HTTPStatus.NOT_FOUND:
            return _not_found()
        headers = {**_FIXED_HEADERS, **dict(disclosure.headers), "Content-Type": disclosure.media_type}
        return Response(status=disclosure.status, body=disclosure.body, headers=headers)


def _covered(request: Request, sender: Sender, name: str) -> str | None:
    """A header that counts only under the signature."""
    return request.headers.get(name) if name.lower() in sender.covered else None


def _check_media_type(request: Request) -> None:
    if not is_activity_media_type(request.headers.get("Content-Type", "")):
        raise Malformed(
            "media_type", safe="An activity is sent as application/activity+json.", header="content-type"
        )
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Malformed(
            "content_encoding", safe="An activity is sent without compression.", header="content-encoding"
        )


async def _read_body(request: Request, timeout_s: float) -> bytes:
    """The body, never more of it than the limit, and not longer than the time."""
    chunks, size = [], request.content_length or 0
    if size <= LIMIT_BYTES:
        size = 0
        try:
            async with asyncio.timeout(timeout_s):
                async for chunk in request.content.iter_any():
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > LIMIT_BYTES:
                        break
        except TimeoutError as error:
            raise Malformed("slow_body", safe=f"A body is sent within {timeout_s:g} s.") from error
    if size > LIMIT_BYTES:
        raise Malformed("too_large", safe=f"A body may have {LIMIT_BYTES} bytes.")
    return b"".join(chunks)


def _not_found() -> Response:
    """The one answer for what is not there and for what is not for the viewer: the same bytes, the same headers."""
    return Response(status=404, body=_NOT_FOUND, content_type=PROBLEM_JSON, headers=_FIXED_HEADERS)


def _problem(node: Node, status: int, title: str, *, rule: str, header: str = "") -> Response:
    """Problem details (RFC 9457): the rule that decided, the header that it is about, what can be done about it, and the time that we have."""
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": node.explain(rule) or title,
        "rule": rule,
        "now": datetime.fromtimestamp(node.now(), UTC).isoformat(timespec="seconds"),
    }
    if header:
        problem["header"] = header
    return Response(
        status=status, body=orjson.dumps(problem), content_type=PROBLEM_JSON, headers=_FIXED_HEADERS
    )
