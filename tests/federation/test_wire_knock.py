"""Which form a letter is signed in: the one that its host takes, found out with a second knock, and anew after a week."""

import time

import pytest
from aiohttp.web import Request, Response

from federation import signature
from federation.signature import Form
from federation.wire import FORM_AGE_S, KnownForm
from tests.fakes import an_outbound
from tests.federation.peer import a_wire, closing, globex
from tests.federation.signing import PUBLIC


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


async def test_a_wish_that_was_fulfilled_already_leaves_the_other_form_to_try() -> None:
    async def ask(request: Request) -> Response:
        if form_of(request) is Form.CAVAGE:
            return Response(status=202)
        return Response(status=401, headers={"Accept-Signature": signature.wanted("POST")})

    async with globex(ask) as there:
        known = {there.url.partition("://")[2]: KnownForm(Form.RFC9421, time.time())}
        async with closing(a_wire(known_forms=known)) as wire:
            assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202
            assert [each.form for each in wire.known_forms.values()] == [Form.CAVAGE]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_we_ask_of_others_we_can_give(method: str) -> None:
    wish = signature.accept_signature(signature.wanted(method))
    assert wish is not None
    assert ("content-digest" in wish.components) == (method == "POST")


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
