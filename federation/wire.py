"""THE ONLY CLIENT SOCKET: posts the gate's letters and makes the gate's inquiries, and nothing else.

The rule kept here: nothing is sent without a seal that fits, to an address that is not permitted, or past a limit of
time or size. https everywhere; plain http only inside the networks that the configuration names (a demo on one machine).
What is signed never leaves the host that it is for, wherever that host redirects.
"""

import ssl
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from multidict import CIMultiDict, MultiMapping
from yarl import URL

from federation._addresses import AddressGuard, ForbiddenAddress, LocalhostResolver, Network
from federation._desk import Desk
from federation.errors import FederationError, Gone, Malformed, Refused, Unreachable
from federation.letters import Inquiry, Outbound, check_seal
from federation.origin import host_of
from federation.signature import Form, Request, Wish, accept_signature, sign
from federation.vocabulary import ACTIVITY_JSON

ANSWER_LIMIT_BYTES: Final = 64 * 1024
DOCUMENT_LIMIT_BYTES: Final = 1024 * 1024
MAX_REDIRECTS: Final = 3
CONNECTIONS: Final = 256
CONNECTIONS_PER_HOST: Final = 8
KEEP_ALIVE_S: Final = (
    30  # less than the 60–75 s after which servers close, so that a letter seldom meets a closing door
)
FORM_AGE_S: Final = 7 * 24 * 3600.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD: Final = frozenset({307, 308})  # the others would make a GET of a letter
_OTHER: Final = {Form.CAVAGE: Form.RFC9421, Form.RFC9421: Form.CAVAGE}
_MAYBE_FORM: Final = frozenset(
    {400, 403}
)  # what some servers answer, instead of 401, to a signature that they cannot read


class KnownForm(NamedTuple):
    """The form of signature that a host took, and when (s since the epoch) that was found out. After a week it is found out anew."""

    form: Form
    at_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered, whatever its status; `url` is where it came from in the end (GETs follow redirects)."""

    status: int
    headers: MultiMapping[str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class _Message:
    """A request on its way. `covered` headers are signed, `plain` ones are not; no signer, no signature."""

    method: str
    url: URL
    signer: str
    covered: CIMultiDict[str]
    plain: dict[str, str]
    body: bytes
    limit_bytes: int
    timeout_s: float

    def to_sign(self) -> Request:
        origin = f"{self.url.scheme}://{host_of(str(self.url))}"
        return Request(self.method, origin, self.url.raw_path_qs, self.covered, self.body)


@dataclass(eq=False)
class Wire:
    """The client. `keys` gives key id and private key of a signer's IRI; `clock` seconds since the epoch.

    `known_forms` remembers, by host, the form of signature that a host took when it refused the other, and since when;
    the caller may keep it for the next start. `tls` is for a company's own certificate authority.
    Use it in one event loop, and `close` it.
    """

    seal_key: bytes = field(repr=False)
    _: KW_ONLY
    keys: Callable[[str], tuple[str, RSAPrivateKey]] = field(repr=False)
    user_agent: str
    allowed_networks: Sequence[Network] = ()
    connect_timeout_s: float = 5.0
    total_timeout_s: float = 20.0
    letter_timeout_s: float = (
        60.0  # a letter that was taken late was taken: to ask again would only load that host more
    )
    clock: Callable[[], float] = time.time
    known_forms: dict[str, KnownForm] = field(default_factory=dict)
    resolver: AbstractResolver | None = None
    tls: ssl.SSLContext | None = None
    _sessions: dict[str, aiohttp.ClientSession] = field(default_factory=dict, init=False, repr=False)
    _desk: Desk = field(default_factory=Desk, init=False, repr=False)

    async def post(self, outbound: Outbound, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Deliver a letter; `headers` are covered by the signature.

        A redirect that keeps the method (307, 308) is followed on the same host, three times at most, and signed anew; none of a push service, whose address is a secret of its own. Returns the
        answer of any status but two kinds: raises Gone for 410, Refused("redirect") for any other redirect. Raises Refused
        (seal, host, url, plain_http, private_address), Unreachable (timeout, dns, connect, tls, disconnected, protocol). What
        the answer says besides its status is read as far as it can be. A letter may arrive twice: activities have ids.
        """
        check_seal(outbound, self.seal_key)
        url = self._permitted(outbound.inbox)
        if host_of(outbound.inbox) != outbound.host:
            raise Refused("host", f"the letter is for {outbound.host}, its inbox is {outbound.inbox}")
        covered = CIMultiDict({"Content-Type": ACTIVITY_JSON, **(headers or {})})
        for _ in range(MAX_REDIRECTS + 1):
            message = _Message(
                "POST",
                url,
                outbound.signer,
                covered,
                {},
                outbound.body,
                ANSWER_LIMIT_BYTES,
                self.letter_timeout_s,
            )
            answer = await self._knock(message)
            if answer.status not in _REDIRECTS:
                return answer
            if answer.status not in _SAME_METHOD or not outbound.signer:
                raise Refused("redirect", f"{url} answers {answer.status}")
            url = self._redirected(url, answer, stays_on=outbound.host)
        raise Refused("redirect", f"{outbound.inbox} leads over more than {MAX_REDIRECTS} redirects")

    async def get(self, inquiry: Inquiry, *, limit_bytes: int = DOCUMENT_LIMIT_BYTES) -> Answer:
        """Fetch a document, over three redirects at most; a signed inquiry stays on its host.

        Judge what comes by `Answer.url`. Raises as `post` does.
        """
        check_seal(inquiry, self.seal_key)
        url, accept = self._permitted(inquiry.url), {"Accept": inquiry.accept}
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._knock(
                _Message(
                    "GET", url, inquiry.signer, CIMultiDict(), accept, b"", limit_bytes, self.total_timeout_s
                )
            )
            if answer.status not in _REDIRECTS:
                return answer
            url = self._redirected(url, answer, stays_on=host_of(inquiry.url) if inquiry.signer else "")
        raise Refused("redirect", f"{inquiry.url} leads over more than {MAX_REDIRECTS} redirects")

    async def close(self) -> None:
        """Close every connection."""
        self._desk.close()
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    def _permitted(self, text: str) -> URL:
        url = _parse_url(text)
        if url.scheme == "http" and not self.allowed_networks:
            raise Refused("plain_http", text)
        return url

    def _redirected(self, url: URL, answer: Answer, *, stays_on: str) -> URL:
        """Where to go on: a peer's redirect must not make us show our signature to a third host, nor without TLS."""
        try:
            target = str(url.join(URL(answer.headers.get("Location", ""), encoded=True)))
        except ValueError as error:
            raise Refused("redirect", f"{url} leads nowhere") from error
        if stays_on and host_of(target) != stays_on:
            raise Refused("redirect", f"{url} leads to another host, {target}")
        permitted = self._permitted(target)
        if stays_on and url.scheme == "https" != permitted.scheme:
            raise Refused("redirect", f"{url} leads away from https, {target}")
        return permitted

    async def _knock(self, message: _Message) -> Answer:
        """Send in the form that the host is known to take; when it does not take that, once more in the other form.

        A host that says in its 401 what a signature should cover (Accept-Signature, RFC 9421 section 5) is given that.
        """
        if not message.signer:
            return await self._send(message, {})
        host = host_of(str(message.url))
        known = self._known(host)
        form = known or Form.CAVAGE
        answer = await self._send(message, await self._signed(message, form))
        wish = _new_wish(answer, message, form)
        if wish is None and not _is_about_form(answer, known=known):
            return answer
        other = Form.RFC9421 if wish is not None else _OTHER[form]
        again = await self._send(message, await self._signed(message, other, wish))
        if again.status < 300 and other is not form:
            self.known_forms[host] = KnownForm(other, self.clock())
        return again if again.status < 300 or answer.status == 401 else answer

    def _known(self, host: str) -> Form | None:
        """The form that the host took, when that was found out within a week."""
        known = self.known_forms.get(host)
        return known.form if known is not None and abs(self.clock() - known.at_s) < FORM_AGE_S else None

    async def _signed(self, message: _Message, form: Form, wish: Wish | None = None) -> dict[str, str]:
        key_id, key = self.keys(message.signer)
        now = self.clock()
        return await self._desk.run(
            lambda: sign(message.to_sign(), key=key, key_id=key_id, form=form, now=now, wish=wish)
        )

    async def _send(self, message: _Message, signature: dict[str, str], *, attempts: int = 2) -> Answer:
        headers = {**message.plain, **message.covered, **signature}
        try:
            return await self._exchange(message, headers)
        except _FAILURES as error:
            if attempts > 1 and _is_closing_door(error):
                return await self._send(message, signature, attempts=attempts - 1)
            raise _as_error(error, message.url) from error

    async def _exchange(self, message: _Message, headers: dict[str, str]) -> Answer:
        session = self._session(message.url.scheme)
        async with session.request(
            message.method,
            message.url,
            data=message.body or None,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=message.timeout_s, sock_connect=self.connect_timeout_s),
        ) as response:
            if response.status == 410:
                raise Gone("gone", str(message.url))
            body = await _read_what_can_be(response, message)
            return Answer(response.status, response.headers, body, str(message.url))

    def _session(self, scheme: str) -> aiohttp.ClientSession:
        """One for https, to the internet and the allowed networks; one for http, to the allowed networks only."""
        if scheme not in self._sessions:
            self._sessions[scheme] = self._open(
                AddressGuard(self.allowed_networks, internet=scheme == "https")
            )
        return self._sessions[scheme]

    def _open(self, guard: AddressGuard) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            socket_factory=guard,
            resolver=LocalhostResolver(self.resolver or aiohttp.DefaultResolver()),
            ssl=self.tls or True,
            limit=CONNECTIONS,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=KEEP_ALIVE_S,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.user_agent, "Accept-Encoding": "identity"},
            auto_decompress=False,
        )


@lru_cache(maxsize=4096)
def _parse_url(text: str) -> URL:
    """An http(s) address in plain ASCII, without user name. Raises Refused("url")."""
    is_plain = text.isascii() and text.isprintable() and not {" ", "\\"} & set(text)
    try:
        url, has_user = URL(text, encoded=True), "@" in urlsplit(text).netloc
        if is_plain and url.scheme in ("http", "https") and url.host and url.port and not has_user:
            return url.with_fragment(None)
    except ValueError as error:
        raise Refused("url", text[:200]) from error
    raise Refused("url", text[:200])


def _new_wish(answer: Answer, message: _Message, form: Form) -> Wish | None:
    """What the host says that a signature should be like, when the one that it refused was not."""
    wish = accept_signature(answer.headers.get("Accept-Signature", "")) if answer.status == 401 else None
    if wish is None or form is Form.CAVAGE or wish.nonce or wish.tag:
        return wish
    had = {"@method", "@target-uri", "content-digest", *map(str.lower, message.covered)}
    return None if set(wish.components) <= had else wish


def _is_about_form(answer: Answer, *, known: Form | None) -> bool:
    """Whether the other form may be taken where this one was not. A host that says which rule decided (a Cordée) did read the signature."""
    if answer.status == 401:
        return True
    return answer.status in _MAYBE_FORM and known is None and b'"rule"' not in answer.body


async def _read_what_can_be(response: aiohttp.ClientResponse, message: _Message) -> bytes:
    """The body. That of a letter's answer is only for the log: what cannot be read of it changes nothing, the letter was taken or not."""
    try:
        return await _read(response, message.limit_bytes)
    except Malformed:
        if message.method != "POST":
            raise
        return b""


async def _read(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """The body, as long as it is no longer than the limit, before it is unpacked and after. None was asked to pack it; a proxy may do so all the same."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in _CODINGS:
        raise Malformed("content_encoding", f"{response.url} answers in a coding that was not asked for")
    chunks, size = [], response.content_length or 0
    if size <= limit_bytes:
        size = 0
        async for chunk in response.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > limit_bytes:
                break
    body = b"".join(chunks)
    if size <= limit_bytes and _CODINGS[coding]:
        body = _unpacked(body, limit_bytes, str(response.url))
        size = len(body)
    if size > limit_bytes:
        response.close()
        raise Malformed("too_large", f"{response.url} answers more than {limit_bytes} bytes")
    return body


_CODINGS: Final = {"identity": False, "": False, "gzip": True, "x-gzip": True, "deflate": True}
_GZIP_OR_ZLIB: Final = 47  # zlib's word for: whichever it is


def _unpacked(body: bytes, limit_bytes: int, url: str) -> bytes:
    """The body unpacked, one byte more than the limit at most."""
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        whole = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error as error:
        raise Malformed("content_encoding", f"{url} answers what cannot be unpacked") from error
    if len(whole) <= limit_bytes and not unpacker.eof:
        raise Malformed("content_encoding", f"{url} answers what is cut off")
    return whole


_FAILURES: Final = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
_RULES: Final = (  # the first that fits
    (TimeoutError, "timeout"),
    ((aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError), "tls"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientConnectorError, "connect"),
    ((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError), "disconnected"),
    (_FAILURES, "protocol"),
)


def _as_error(error: Exception, url: URL) -> FederationError:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ForbiddenAddress):
        return Refused("private_address", str(url))
    if isinstance(error, aiohttp.InvalidURL):
        return Refused("url", str(url))
    rule = next(rule for kinds, rule in _RULES if isinstance(error, kinds))
    return Unreachable(rule, f"{url}: {error}")


def _is_closing_door(error: Exception) -> bool:
    """Whether a kept connection was closed by the peer just as we used it; the next one is likely to be new."""
    return isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) and not isinstance(
        error, aiohttp.ClientConnectorError
    )
