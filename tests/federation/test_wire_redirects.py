"""Where letters and questions follow a redirect, and where they do not."""

from collections.abc import Callable

import pytest
from aiohttp.web import Request, Response

from federation.errors import Refused
from tests.fakes import FakeNames, an_inquiry, an_outbound
from tests.federation.peer import Handler, a_wire, closing, globex, rule_of


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
