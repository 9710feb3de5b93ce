"""The one client socket, over real sockets: what leaves, what comes back, and where it does not go."""

import asyncio
import gzip
import socket
import ssl
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

from federation.errors import Gone, Malformed, Refused, Unreachable
from federation.keys import generate_rsa, private_to_pem
from federation.signature import Form
from federation.wire import ANSWER_LIMIT_BYTES
from tests.fakes import FakeNames, an_inquiry, an_outbound
from tests.federation.peer import Handler, a_wire, closing, globex, rule_of

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
