"""The one client socket, over real sockets: what leaves, what comes back, and where it does not go."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response, StreamResponse
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from federation import signature
from federation._addresses import AddressGuard, is_public
from federation._desk import Desk
from federation.errors import FederationError, Gone, Malformed, Refused, Unreachable
from federation.keys import generate_rsa, private_to_pem
from federation.signature import Form
from federation.wire import Answer, Wire
from tests.fakes import SEAL_KEY, FakeNames, an_inquiry, an_outbound
from tests.federation.signing import KEY_ID, PRIVATE, PUBLIC

LOOPBACK = [ip_network("127.0.0.0/8")]
BOTH = [*LOOPBACK, ip_network("::1/128")]
Handler = Callable[[Request], Awaitable[StreamResponse]]


def a_wire(**settings: object) -> Wire:
    """Acme's wire; it may go to loopback unless told otherwise."""
    settings = {"allowed_networks": LOOPBACK, "total_timeout_s": 5.0, **settings}
    return Wire(SEAL_KEY, keys=lambda _: (KEY_ID, PRIVATE), user_agent="Cordee/test", **settings)  # type: ignore[arg-type]


class Globex:
    """The other end: a real server that proves who writes to it, and remembers it."""

    def __init__(self, handler: Handler | None = None, *, takes: tuple[Form, ...] = tuple(Form)) -> None:
        self.handler = handler
        self.takes = takes
        self.requests: list[Request] = []
        self.proven: list[Form] = []
        self.url = ""

    async def answer(self, request: Request) -> StreamResponse:
        self.requests.append(request)
        if self.handler is not None:
            return await self.handler(request)
        body = await request.read()
        origin = f"http://{request.headers['Host']}"
        message = signature.Request(request.method, origin, request.raw_path, request.headers, body)
        sender = signature.verify(message, key=PUBLIC, now=datetime.now(UTC).timestamp())
        if sender.form not in self.takes:
            return Response(status=401)
        self.proven.append(sender.form)
        return Response(status=202, text="thank you")


@asynccontextmanager
async def globex(
    handler: Handler | None = None,
    *,
    takes: tuple[Form, ...] = tuple(Form),
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Globex]:
    """Globex, up and listening."""
    there, app = Globex(handler, takes=takes), Application()
    app.router.add_route("*", "/{path:.*}", there.answer)
    server = TestServer(app, scheme="https" if tls else "http", host="127.0.0.1")
    await server.start_server(ssl=tls)
    there.url = f"{server.scheme}://globex.localhost:{server.port}"
    try:
        yield there
    finally:
        await server.close()


@asynccontextmanager
async def closing(wire: Wire) -> AsyncIterator[Wire]:
    """The wire, closed in the end."""
    try:
        yield wire
    finally:
        await wire.close()


async def rule_of(attempt: Awaitable[Answer]) -> tuple[type[FederationError], str]:
    """How an attempt fails."""
    with pytest.raises(FederationError) as caught:
        await attempt
    return type(caught.value), caught.value.rule


# Letters.


async def test_a_letter_arrives_signed() -> None:
    async with globex() as there, closing(a_wire()) as wire:
        answer = await wire.post(an_outbound(f"{there.url}/inbox?x=%20y", body=b"{}"))
        assert (answer.status, answer.body) == (202, b"thank you")
        assert there.proven == [Form.CAVAGE]
        assert there.requests[0].headers["Content-Type"] == "application/activity+json"
        assert there.requests[0].headers["User-Agent"] == "Cordee/test"


async def test_headers_given_with_a_letter_are_signed() -> None:
    async with globex() as there, closing(a_wire()) as wire:
        await wire.post(an_outbound(f"{there.url}/inbox"), headers={"Cordee-Heads": "<x>"})
        assert "cordee-heads" in there.requests[0].headers["Signature"]


async def test_a_letter_without_signer_goes_unsigned() -> None:
    async def take(request: Request) -> Response:
        return Response(status=201 if "Signature" not in request.headers else 400)

    async with globex(take) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/push", signer=""))).status == 201


@pytest.mark.parametrize("change", [{"body": b"more"}, {"inbox": "http://initech.localhost/"}, {"seal": b""}])
async def test_a_letter_changed_after_the_gate_does_not_leave(change: dict[str, object]) -> None:
    async with globex() as there, closing(a_wire()) as wire:
        letter = replace(an_outbound(f"{there.url}/inbox"), **change)  # type: ignore[arg-type]
        assert await rule_of(wire.post(letter)) == (Refused, "seal")
        assert there.requests == []


async def test_an_inquiry_changed_after_the_gate_does_not_leave() -> None:
    async with globex() as there, closing(a_wire()) as wire:
        inquiry = replace(an_inquiry(f"{there.url}/actor"), url=f"{there.url}/other")
        assert await rule_of(wire.get(inquiry)) == (Refused, "seal")
        assert there.requests == []


async def test_many_letters_go_over_one_connection() -> None:
    async with globex() as there, closing(a_wire()) as wire:
        for _ in range(3):
            await wire.post(an_outbound(f"{there.url}/inbox"))
        assert (
            len(
                {
                    request.transport.get_extra_info("peername")
                    for request in there.requests
                    if request.transport
                }
            )
            == 1
        )


async def test_letters_that_wait_together_are_all_signed() -> None:
    async with globex() as there, closing(a_wire()) as wire:
        letters = [an_outbound(f"{there.url}/inbox", body=b"%d" % number) for number in range(20)]
        answers = await asyncio.gather(*map(wire.post, letters))
        assert {answer.status for answer in answers} == {202}
        assert len(there.proven) == 20


async def test_a_connection_that_was_closed_meanwhile_is_replaced() -> None:
    async def take_and_hang_up(request: Request) -> Response:
        if len(there.requests) == 2:
            assert request.transport is not None
            request.transport.abort()
        return Response(status=202)

    async with globex(take_and_hang_up) as there, closing(a_wire()) as wire:
        await wire.post(an_outbound(f"{there.url}/inbox"))
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202
        assert len(there.requests) == 3


# The double knock.


async def test_a_host_that_refuses_one_form_is_tried_in_the_other_and_remembered() -> None:
    async with globex(takes=(Form.RFC9421,)) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202
        assert len(there.requests) == 3
        assert list(wire.known_forms.values()) == [Form.RFC9421]


async def test_a_host_known_to_take_rfc_9421_gets_it_first() -> None:
    async with globex() as there:
        host = there.url.partition("://")[2]
        async with closing(a_wire(known_forms={host: Form.RFC9421})) as wire:
            await wire.post(an_outbound(f"{there.url}/inbox"))
        assert there.proven == [Form.RFC9421]


async def test_a_host_that_refuses_both_forms_is_asked_twice_and_no_more() -> None:
    async with globex(takes=()) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 401
        assert (len(there.requests), wire.known_forms) == (2, {})


# Answers.


async def test_a_document_is_fetched_signed() -> None:
    async with globex() as there, closing(a_wire()) as wire:
        answer = await wire.get(an_inquiry(f"{there.url}/actor"))
        assert (answer.status, answer.url) == (202, f"{there.url}/actor")
        assert there.requests[0].headers["Accept"] == "application/activity+json"


async def test_what_is_gone_is_gone() -> None:
    async def gone(_: Request) -> Response:
        return Response(status=410)

    async with globex(gone) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(f"{there.url}/posts/1"))) == (Gone, "gone")


@pytest.mark.parametrize("status", [200, 404, 429, 500])
async def test_every_other_status_is_the_callers_to_judge(status: int) -> None:
    async def answer(_: Request) -> Response:
        return Response(status=status, headers={"Retry-After": "5"})

    async with globex(answer) as there, closing(a_wire()) as wire:
        answered = await wire.post(an_outbound(f"{there.url}/inbox"))
        assert (answered.status, answered.headers["Retry-After"]) == (status, "5")


async def stream(request: Request, chunk: bytes, *, pause_s: float) -> StreamResponse:
    """An answer without end."""
    response = StreamResponse()
    await response.prepare(request)
    for _ in range(1000):
        await response.write(chunk)
        await asyncio.sleep(pause_s)
    return response


async def test_an_endless_body_is_refused() -> None:
    async def endless(request: Request) -> StreamResponse:
        return await stream(request, b"x" * 8192, pause_s=0)

    async with globex(endless) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(there.url))) == (Malformed, "too_large")


async def test_a_body_that_announces_too_much_is_refused_unread() -> None:
    async def large(_: Request) -> Response:
        return Response(body=b"x" * 1001)

    async with globex(large) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(there.url), limit_bytes=1000)) == (Malformed, "too_large")
        assert len((await wire.get(an_inquiry(there.url), limit_bytes=1001)).body) == 1001


async def test_a_slow_body_is_refused() -> None:
    async def slow(request: Request) -> StreamResponse:
        return await stream(request, b"x", pause_s=0.05)

    async with globex(slow) as there, closing(a_wire(total_timeout_s=0.3)) as wire:
        assert await rule_of(wire.post(an_outbound(there.url + "/inbox"))) == (Unreachable, "timeout")


async def test_a_compressed_body_is_refused_since_none_was_asked_for() -> None:
    async def compressed(_: Request) -> Response:
        return Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

    async with globex(compressed) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(there.url))) == (Malformed, "content_encoding")


async def test_what_is_no_http_is_unreachable() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.globex.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, closing(a_wire()) as wire:
        kind, rule = await rule_of(wire.post(an_outbound(f"http://globex.localhost:{port}/inbox")))
        assert (kind, rule) in {(Unreachable, "protocol"), (Unreachable, "disconnected")}


async def test_a_closed_port_is_unreachable() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with closing(a_wire()) as wire:
        assert await rule_of(wire.post(an_outbound(f"http://globex.localhost:{port}/inbox"))) == (
            Unreachable,
            "connect",
        )


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async with closing(a_wire(resolver=FakeNames({}))) as wire:
        assert await rule_of(wire.post(an_outbound("https://globex.example/inbox"))) == (Unreachable, "dns")


# Redirects.


def redirecting(to: Callable[[Request], str]) -> Handler:
    """Answers every path but /end with a redirect."""

    async def answer(request: Request) -> Response:
        if request.path == "/end":
            return Response(text="here")
        return Response(status=302, headers={"Location": to(request)})

    return answer


async def test_a_redirect_of_a_document_is_followed_and_signed_anew() -> None:
    async with globex(redirecting(lambda _: "/end")) as there, closing(a_wire()) as wire:
        answer = await wire.get(an_inquiry(f"{there.url}/start"))
        assert (answer.body, answer.url) == (b"here", f"{there.url}/end")
        first, second = (request.headers["Signature"] for request in there.requests)
        assert first != second


async def test_a_redirect_of_a_letter_is_not_followed() -> None:
    async with globex(redirecting(lambda _: "/end")) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.post(an_outbound(f"{there.url}/inbox"))) == (Refused, "redirect")


async def test_a_circle_of_redirects_ends() -> None:
    async with globex(redirecting(lambda request: request.path)) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(f"{there.url}/start"))) == (Refused, "redirect")
        assert len(there.requests) == 4


async def test_a_redirect_does_not_show_our_signature_to_a_third_host() -> None:
    elsewhere = redirecting(lambda request: f"http://initech.localhost:{request.url.port}/end")
    async with globex(elsewhere) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(f"{there.url}/start"))) == (Refused, "redirect")
        assert (await wire.get(an_inquiry(f"{there.url}/start", signer=""))).body == b"here"


@pytest.mark.parametrize(
    "target", ["https://10.0.0.1/", "https://[::ffff:169.254.169.254]/", "https://router.example/"]
)
async def test_a_redirect_to_a_private_address_is_refused(target: str) -> None:
    names = FakeNames({"router.example": [["192.168.0.1"]]})
    async with globex(redirecting(lambda _: target)) as there, closing(a_wire(resolver=names)) as wire:
        inquiry = an_inquiry(f"{there.url}/start", signer="")
        assert await rule_of(wire.get(inquiry)) == (Refused, "private_address")


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "http://[", "//user@globex.localhost/"])
async def test_a_redirect_to_what_is_no_address_is_refused(location: str) -> None:
    async with globex(redirecting(lambda _: location)) as there, closing(a_wire()) as wire:
        kind, rule = await rule_of(wire.get(an_inquiry(f"{there.url}/start", signer="")))
        assert (kind, rule) in {(Refused, "url"), (Refused, "redirect")}


# Addresses.

TRICKS = [
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://acme.localhost/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
]


@pytest.mark.parametrize("url", TRICKS)
async def test_no_spelling_of_a_private_address_leads_inside(url: str) -> None:
    async with closing(a_wire(allowed_networks=[])) as wire:
        kind, rule = await rule_of(wire.get(an_inquiry(url, signer="")))
        assert kind is Refused
        assert rule in {"private_address", "url"}


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3", "192.168.1.1"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["fd00::1"],
    ],
)
async def test_a_name_that_resolves_to_private_addresses_is_refused(addresses: list[str]) -> None:
    async with closing(
        a_wire(allowed_networks=[], resolver=FakeNames({"evil.example": [addresses]}))
    ) as wire:
        assert await rule_of(wire.get(an_inquiry("https://evil.example/"))) == (Refused, "private_address")


async def test_a_name_that_changes_its_mind_is_refused_when_it_turns_private() -> None:
    """DNS rebinding: the first answer is harmless, the one that counts is not; each connection is judged by itself."""
    async with globex() as there:
        port = there.url.rpartition(":")[2]
        names = FakeNames({"evil.example": [["127.0.0.1"], ["10.0.0.1"]]})
        wires = [a_wire(resolver=names), a_wire(resolver=names)]
        letter = an_outbound(f"http://evil.example:{port}/inbox")
        assert (await wires[0].post(letter)).status == 202
        assert await rule_of(wires[1].post(letter)) == (Refused, "private_address")
        for wire in wires:
            await wire.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://user@globex.example/",
        "https://user:word@globex.example/",
        "https://@globex.example/",
        "https://globex.example\\@127.0.0.1/",
        "https://globex.example /",
        "https://globex.example/\r\nX: y",
        "https://glöbex.example/",
        "https:///inbox",
        "https://globex.example:0/",
        "https://globex.example:99999/",
        "ftp://globex.example/",
        "unix:///var/run/x",
        "globex.example",
        "",
    ],
)
async def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    async with closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(url, signer=""))) == (Refused, "url")


async def test_plain_http_is_refused_where_no_network_is_allowed() -> None:
    async with closing(a_wire(allowed_networks=[])) as wire:
        assert await rule_of(wire.get(an_inquiry("http://globex.example/"))) == (Refused, "plain_http")


async def test_plain_http_does_not_reach_the_internet_even_where_a_network_is_allowed() -> None:
    async with closing(a_wire(resolver=FakeNames({"globex.example": [["93.184.215.14"]]}))) as wire:
        assert await rule_of(wire.get(an_inquiry("http://globex.example/"))) == (Refused, "private_address")


async def test_localhost_names_are_resolved_without_asking_anybody() -> None:
    async with globex() as there, closing(a_wire(resolver=FakeNames({}), allowed_networks=BOTH)) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "9.9.9.9", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001:801::200e"],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_translated_public_address_is_permitted() -> None:
    guard = AddressGuard([], internet=True)
    assert guard.permits(ip_address("64:ff9b::9.9.9.9"))
    assert not guard.permits(ip_address("64:ff9b::10.0.0.1"))


def test_an_allowed_network_is_permitted_however_its_address_is_written() -> None:
    guard = AddressGuard([ip_network("10.1.0.0/16")], internet=False)
    assert guard.permits(ip_address("::ffff:10.1.2.3"))
    assert not guard.permits(ip_address("::ffff:10.2.2.3"))


# TLS.


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a new certificate for `name`, and a client's that trusts it."""
    key, now = generate_rsa(), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = directory / "chain.pem", directory / "key.pem"
    chain.write_bytes(built.public_bytes(Encoding.PEM))
    secret.write_text(private_to_pem(key))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(chain, secret)
    return server, ssl.create_default_context(cafile=str(chain))


async def take(_: Request) -> Response:
    """Takes anything."""
    return Response(status=202)


async def test_a_letter_goes_over_tls_to_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "globex.localhost")
    async with globex(take, tls=server) as there, closing(a_wire(tls=trusting)) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, "globex.localhost")
    async with globex(take, tls=server) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.post(an_outbound(f"{there.url}/inbox"))) == (Unreachable, "tls")


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "initech.localhost")
    async with globex(take, tls=server) as there, closing(a_wire(tls=trusting)) as wire:
        assert await rule_of(wire.post(an_outbound(f"{there.url}/inbox"))) == (Unreachable, "tls")
        assert there.requests == []


# The desk.


async def test_the_desk_gives_each_its_own_result() -> None:
    desk = Desk(threads=2)
    assert await asyncio.gather(*(desk.run(lambda n=n: n * n) for n in range(9))) == [n * n for n in range(9)]
    desk.close()


async def test_a_failure_at_the_desk_is_the_failure_of_the_one_who_asked() -> None:
    desk = Desk(threads=2)
    results = await asyncio.gather(
        desk.run(lambda: 1 // 0), desk.run(lambda: 1), desk.run(lambda: 2), return_exceptions=True
    )
    assert [type(result) for result in results] == [ZeroDivisionError, int, int]
    desk.close()


async def test_one_who_does_not_wait_any_longer_harms_nobody_at_the_desk() -> None:
    desk = Desk(threads=2)
    impatient = asyncio.ensure_future(desk.run(lambda: 1))
    patient = asyncio.ensure_future(desk.run(lambda: 2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 2
    desk.close()
