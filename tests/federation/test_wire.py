"""The one client socket, over real sockets: what leaves, what comes back, and where it does not go."""

import asyncio
import gzip
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.web import Request, Response, StreamResponse
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from federation import signature
from federation.errors import Gone, Malformed, Refused, Unreachable
from federation.keys import generate_rsa, private_to_pem
from federation.signature import Form
from federation.wire import ANSWER_LIMIT_BYTES, FORM_AGE_S, KnownForm
from tests.fakes import FakeNames, an_inquiry, an_outbound
from tests.federation.peer import Handler, a_wire, closing, globex, rule_of
from tests.federation.signing import PUBLIC

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
        assert [known.form for known in wire.known_forms.values()] == [Form.RFC9421]


async def test_a_host_known_to_take_rfc_9421_gets_it_first() -> None:
    async with globex() as there:
        host = there.url.partition("://")[2]
        async with closing(a_wire(known_forms={host: KnownForm(Form.RFC9421, time.time())})) as wire:
            await wire.post(an_outbound(f"{there.url}/inbox"))
        assert there.proven == [Form.RFC9421]


async def test_what_form_a_host_takes_is_found_out_anew_after_a_week() -> None:
    now = [1_000_000.0]
    async with globex(takes_both_late) as there, closing(a_wire(clock=lambda: now[0])) as wire:
        await wire.post(an_outbound(f"{there.url}/inbox"))
        forms = [form_of(request) for request in there.requests]
        assert forms == [Form.CAVAGE, Form.RFC9421]
        now[0] += FORM_AGE_S - 1
        await wire.post(an_outbound(f"{there.url}/inbox"))
        now[0] += 2
        await wire.post(an_outbound(f"{there.url}/inbox"))
        forms = [form_of(request) for request in there.requests[2:]]
        assert forms == [Form.RFC9421, Form.CAVAGE, Form.RFC9421]
        assert [known.at_s for known in wire.known_forms.values()] == [now[0]]


def form_of(request: Request) -> Form:
    return Form.RFC9421 if "Signature-Input" in request.headers else Form.CAVAGE


async def takes_both_late(request: Request) -> Response:
    """Takes RFC 9421 alone."""
    return Response(status=202 if form_of(request) is Form.RFC9421 else 401)


@pytest.mark.parametrize("status", [400, 403])
async def test_a_server_that_cannot_read_a_form_may_say_so_in_other_words(status: int) -> None:
    async def answer(request: Request) -> Response:
        return Response(status=202 if form_of(request) is Form.RFC9421 else status)

    async with globex(answer) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202
        assert [known.form for known in wire.known_forms.values()] == [Form.RFC9421]


async def test_a_refusal_with_its_rule_is_no_question_of_the_form() -> None:
    async def refuse(_: Request) -> Response:
        return Response(status=403, text='{"status": 403, "rule": "closed"}')

    async with globex(refuse) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 403
        assert len(there.requests) == 1


async def test_a_refusal_of_both_forms_is_told_as_it_first_came() -> None:
    async def refuse(request: Request) -> Response:
        return Response(status=403 if form_of(request) is Form.CAVAGE else 500)

    async with globex(refuse) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 403
        assert wire.known_forms == {}


async def test_a_host_that_says_what_to_cover_gets_it() -> None:
    wish = 'go=("@method" "@authority" "@path" "content-digest" "date");created;nonce="n-1";tag="fed"'

    async def ask(request: Request) -> Response:
        if form_of(request) is Form.CAVAGE:
            return Response(status=401, headers={"Accept-Signature": wish})
        body = await request.read()
        message = signature.Request("POST", there.url, request.raw_path, request.headers, body)
        sender = signature.verify(message, key=PUBLIC, now=time.time())
        assert {"@authority", "@path", "date", "@target-uri", "content-digest"} <= {*sender.covered}
        said = request.headers["Signature-Input"]
        return Response(status=202 if 'nonce="n-1";tag="fed"' in said and said.startswith("go=") else 400)

    async with globex(ask) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202
        assert [known.form for known in wire.known_forms.values()] == [Form.RFC9421]


@pytest.mark.parametrize(
    "wish",
    [
        "sig1=",
        'sig1=("@status")',
        'sig1=("@method");alg="hmac-sha256"',
        'sig1=("cookie")',
        'sig1=("@method";req)',
        "sig1",
        "ü",
    ],
)
async def test_a_wish_that_cannot_be_fulfilled_is_passed_over(wish: str) -> None:
    async def ask(request: Request) -> Response:
        if form_of(request) is Form.CAVAGE:
            return Response(status=401, headers={"Accept-Signature": wish})
        return Response(status=202)

    async with globex(ask) as there, closing(a_wire()) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202


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

    async with globex(slow) as there, closing(a_wire(total_timeout_s=0.3, letter_timeout_s=0.3)) as wire:
        assert await rule_of(wire.post(an_outbound(there.url + "/inbox"))) == (Unreachable, "timeout")
        assert await rule_of(wire.get(an_inquiry(there.url + "/actor"))) == (Unreachable, "timeout")


async def test_a_letter_is_given_longer_than_a_question() -> None:
    """Who takes a letter late has taken it; who asks again only loads a slow host more."""

    async def late(_: Request) -> Response:
        await asyncio.sleep(0.5)
        return Response(status=202)

    async with globex(late) as there, closing(a_wire(total_timeout_s=0.3)) as wire:
        assert (await wire.post(an_outbound(there.url + "/inbox"))).status == 202
        assert await rule_of(wire.get(an_inquiry(there.url + "/actor"))) == (Unreachable, "timeout")
    assert a_wire().letter_timeout_s > 30


async def test_a_host_that_takes_the_connection_and_says_nothing_is_given_up() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # the machine takes it, and nobody reads
        letter = an_outbound(f"http://globex.localhost:{listening.getsockname()[1]}/inbox")
        async with closing(a_wire(letter_timeout_s=0.3)) as wire:
            assert await rule_of(wire.post(letter)) == (Unreachable, "timeout")


def packed(data: bytes, coding: str) -> Handler:
    async def answer(_: Request) -> Response:
        return Response(body=data, headers={"Content-Encoding": coding})

    return answer


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_proxy_may_pack_a_document_though_nobody_asked(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    async with globex(packed(pack(b"{}" * 100), coding)) as there, closing(a_wire()) as wire:
        assert (await wire.get(an_inquiry(there.url))).body == b"{}" * 100
        assert there.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("data", "coding", "rule"),
    [
        (b"\x1f\x8b", "gzip", "content_encoding"),
        (gzip.compress(b"{}" * 100, mtime=0)[:-9], "gzip", "content_encoding"),
        (b"no gzip", "gzip", "content_encoding"),
        (b"{}", "br", "content_encoding"),
        (gzip.compress(b"x" * 3_000_000, mtime=0), "gzip", "too_large"),
    ],
)
async def test_what_cannot_be_unpacked_or_grows_past_the_limit_is_refused(
    data: bytes, coding: str, rule: str
) -> None:
    async with globex(packed(data, coding)) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(there.url))) == (Malformed, rule)


async def test_a_letter_that_was_taken_was_taken_whatever_the_answer_says_besides() -> None:
    for answer in (packed(b"?", "br"), packed(b"x" * (ANSWER_LIMIT_BYTES + 1), "identity")):
        async with globex(answer) as there, closing(a_wire()) as wire:
            taken = await wire.post(an_outbound(f"{there.url}/inbox"))
            assert (taken.status, taken.body) == (200, b"")


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


def moving(status: int, to: str) -> Handler:
    """Answers every path but /end with a redirect of this kind."""

    async def answer(request: Request) -> Response:
        if request.path == "/end":
            return Response(status=202, text=f"{request.method} {len(await request.read())}")
        return Response(status=status, headers={"Location": to})

    return answer


@pytest.mark.parametrize("status", [307, 308])
async def test_a_letter_follows_a_redirect_that_keeps_it_a_letter(status: int) -> None:
    async with globex(moving(status, "/end")) as there, closing(a_wire()) as wire:
        answer = await wire.post(an_outbound(f"{there.url}/inbox", body=b"{...}"))
        assert (answer.status, answer.body) == (202, b"POST 5")
        first, second = (request.headers["Signature"] for request in there.requests)
        assert first != second


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_would_make_a_question_of_a_letter_is_not_followed(status: int) -> None:
    async with globex(moving(status, "/end")) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.post(an_outbound(f"{there.url}/inbox"))) == (Refused, "redirect")
        assert len(there.requests) == 1


@pytest.mark.parametrize("to", ["http://initech.localhost/end", "//initech.localhost/end", "", "http://["])
async def test_a_letter_stays_on_its_host(to: str) -> None:
    async with globex(moving(308, to)) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.post(an_outbound(f"{there.url}/inbox"))) == (Refused, "redirect")
        assert {request.host for request in there.requests} == {there.url.partition("://")[2]}


async def test_a_letter_that_is_led_in_a_circle_ends() -> None:
    async with globex(moving(307, "/inbox")) as there, closing(a_wire()) as wire:
        assert await rule_of(wire.post(an_outbound(f"{there.url}/inbox"))) == (Refused, "redirect")
        assert len(there.requests) == 4


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
