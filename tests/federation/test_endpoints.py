"""The doors for other servers, over real sockets, with a node that knows what the test tells it."""

import asyncio
import gzip
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from io import BytesIO

import orjson
import pytest
from aiohttp import ClientSession, DummyCookieJar
from aiohttp.test_utils import TestServer
from aiohttp.web import Application
from multidict import CIMultiDict
from yarl import URL

from federation import endpoints, signature
from federation.document import LIMIT_BYTES
from federation.doors import Door
from federation.keys import generate_rsa
from federation.node import Receipt
from federation.signature import Form, Request, sign
from tests.fakes import SEAL_KEY, FakeNode, a_disclosure, nothing_for
from tests.federation.signing import KEY_ID, OWNER, PRIVATE, PUBLIC

LETTER = {
    "id": "https://globex.example/activities/1",
    "type": "Create",
    "actor": OWNER,
    "object": {"id": "https://globex.example/posts/1", "type": "Note"},
}
FORMS = pytest.mark.parametrize("form", list(Form))


@dataclass(frozen=True)
class Reply:
    """What the doors answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def rule(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json"
        return str(orjson.loads(self.body)["rule"])


@dataclass
class Acme:
    """Acme's doors, and somebody before them."""

    node: FakeNode
    url: URL
    client: ClientSession

    async def post(
        self,
        letter: object = LETTER,
        *,
        form: Form = Form.CAVAGE,
        path: str = "/inbox",
        key_id: str = KEY_ID,
        covered: Mapping[str, str] | None = None,
        changed: Mapping[str, str] | None = None,
    ) -> Reply:
        """Post a letter as Globex; `covered` headers are signed, `changed` ones are changed afterwards."""
        body = letter if isinstance(letter, bytes) else orjson.dumps(letter)
        headers = CIMultiDict({"Content-Type": "application/activity+json", **(covered or {})})
        request = Request("POST", self.node.origin, path, headers, body)
        added = sign(request, key=PRIVATE, key_id=key_id, form=form, now=self.node.now())
        return await self.send("POST", path, body=body, headers={**headers, **added, **(changed or {})})

    async def get(
        self, path: str, *, signed: bool = False, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Get a path, as Globex when signed."""
        request = Request("GET", self.node.origin, path, CIMultiDict())
        now = self.node.now()
        added = sign(request, key=PRIVATE, key_id=KEY_ID, form=Form.CAVAGE, now=now) if signed else {}
        return await self.send("GET", path, headers={**added, **(headers or {})})

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | AsyncIterator[bytes] = b""
    ) -> Reply:
        url = URL(str(self.url) + path, encoded=True)
        body = BytesIO(body) if isinstance(body, bytes) else body
        async with self.client.request(
            method, url, data=body if method == "POST" else None, headers=headers, allow_redirects=False
        ) as response:
            return Reply(response.status, response.headers, await response.read())


@pytest.fixture
async def acme() -> AsyncIterator[Acme]:
    """Acme, which knows Globex."""
    async with an_acme() as found:
        yield found


@pytest.fixture
async def strict() -> AsyncIterator[Acme]:
    """An Acme that takes three letters at once, and as many questions."""
    async with an_acme(burst=3) as found:
        yield found


@asynccontextmanager
async def an_acme(**limits: int) -> AsyncIterator[Acme]:
    node = FakeNode(parties={"globex.example"}, keys={KEY_ID: PUBLIC})
    app = Application()
    for route in endpoints.routes(node, SEAL_KEY, body_timeout_s=0.2, **limits):
        app.router.add_route(route.method, route.path, route.handler)
    async with (
        TestServer(app) as server,
        ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as client,
    ):
        yield Acme(node, server.make_url(""), client)


# Inboxes.

GONE = {"id": f"{OWNER}#delete", "type": "Delete", "actor": OWNER, "object": OWNER}


async def test_the_end_of_somebody_unknown_is_taken_note_of_without_asking_for_a_key(acme: Acme) -> None:
    """Large servers tell everybody that an account is gone, and the key with it: who answered 401 would be told again for days."""
    acme.node.keys.clear()
    assert (await acme.post(GONE)).status == 202
    assert (acme.node.asked_for_keys, acme.node.received) == ([], [])


async def test_the_end_of_somebody_known_has_to_be_proven(acme: Acme) -> None:
    assert (await acme.post(GONE, changed={"Date": "Fri, 15 Jan 2027 08:00:01 GMT"})).status == 401
    assert (await acme.post(GONE)).status == 202
    assert len(acme.node.received) == 1


async def test_the_end_of_somebody_known_is_not_passed_over_for_an_unknown_key(acme: Acme) -> None:
    acme.node.keys[OWNER] = acme.node.keys.pop(KEY_ID)
    assert (await acme.post(GONE)).rule == "key"


async def test_who_is_asked_for_too_many_keys_at_once_has_to_wait(acme: Acme) -> None:
    acme.node.too_fast_s = 7
    reply = await acme.post()
    assert (reply.status, reply.rule, reply.headers["Retry-After"]) == (429, "too_fast", "7")


async def test_a_refusal_says_what_can_be_done(acme: Acme) -> None:
    acme.node.receipt = Receipt(422, "guest_has_none")
    problem = orjson.loads((await acme.post()).body)
    assert (problem["title"], problem["detail"]) == ("Unprocessable Entity", "What guest_has_none means.")
    problem = orjson.loads((await acme.post(b"{")).body)
    assert (problem["title"], problem["detail"]) == ("The body is not JSON.", "What not_json means.")


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"Content-Type": "text/plain"}, "media_type"),
        ({"Content-Encoding": "gzip"}, "content_encoding"),
        ({"Date": "yesterday"}, "syntax"),
        ({"Signature": f'keyId="{KEY_ID}",headers="date",signature="eA=="'}, "coverage"),
        ({"Signature": f'keyId="{KEY_ID}",algorithm="hmac",signature="eA=="'}, "algorithm"),
        ({"Signature": f'keyId="{KEY_ID}" and so on'}, "syntax"),
    ],
)
async def test_whatever_is_wrong_with_a_letter_is_noted_of_the_host_in_whose_name_it_comes(
    acme: Acme, changed: dict[str, str], rule: str
) -> None:
    assert (await acme.post(changed=changed)).rule == rule
    assert acme.node.refused == [("globex.example", rule)]


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ({"Date": "Fri, 15 Jan 2027 04:00:00 GMT"}, "date"),
        ({"Digest": "SHA-256=AAAA"}, "digest"),
        ({"Signature": "?"}, "signature"),
        ({"Content-Type": "text/plain"}, "content-type"),
        ({"Content-Encoding": "gzip"}, "content-encoding"),
        ({"Host": "initech.example"}, None),
    ],
)
async def test_a_refusal_names_the_header_that_it_is_about(
    acme: Acme, changed: dict[str, str], header: str | None
) -> None:
    problem = orjson.loads((await acme.post(changed=changed)).body or b"{}")
    assert problem.get("header") == header


async def test_who_signed_in_no_way_that_we_take_is_told_what_to_sign(acme: Acme) -> None:
    for reply, method in (
        (await acme.post(changed={"Signature": "?"}), "POST"),
        (await acme.get("/people/bob", signed=True, headers={"Signature": "?"}), "GET"),
    ):
        assert (reply.status, reply.headers["Accept-Signature"]) == (401, signature.wanted(method))
    assert "Accept-Signature" not in (await acme.post({**LETTER, "type": 5})).headers


async def test_what_is_wrong_with_a_signed_question_is_noted(acme: Acme) -> None:
    await acme.get("/people/bob", signed=True, headers={"Date": "Fri, 15 Jan 2027 04:00:00 GMT"})
    assert acme.node.refused == [("globex.example", "clock")]


async def test_a_letter_in_nobodys_name_is_noted_of_nobody(acme: Acme) -> None:
    for value in ("", 'keyId="ftp://x"', f'keyId="{"x" * 3000}"', "keyId=5"):
        await acme.post(changed={"Signature": value})
    assert acme.node.refused == []


@FORMS
@pytest.mark.parametrize("path", ["/inbox", "/actor/inbox", "/people/alice/inbox", "/projects/apollo/inbox"])
async def test_a_letter_of_a_party_is_received(acme: Acme, form: Form, path: str) -> None:
    assert (await acme.post(form=form, path=path)).status == 202
    [(activity, signer, raw, heads)] = acme.node.received
    assert (activity.iri, signer.owner, orjson.loads(raw), heads) == (LETTER["id"], OWNER, LETTER, None)


async def test_heads_are_passed_on_when_they_are_signed(acme: Acme) -> None:
    await acme.post(covered={"Cordee-Heads": "<x>; globex.example=1:ab"})
    assert acme.node.received[0][3] == "<x>; globex.example=1:ab"


async def test_heads_that_are_not_signed_are_not_believed(acme: Acme) -> None:
    await acme.post(changed={"Cordee-Heads": "<x>; globex.example=1:ab"})
    assert acme.node.received[0][3] is None


async def test_the_answer_carries_the_nodes_own_heads(acme: Acme) -> None:
    acme.node.receipt = Receipt(202, "accepted", (("Cordee-Heads", "<x>; acme.example=1:ab"),))
    assert (await acme.post()).headers["Cordee-Heads"] == "<x>; acme.example=1:ab"


async def test_no_key_is_fetched_for_a_stranger(acme: Acme) -> None:
    acme.node.parties.clear()
    reply = await acme.post()
    assert (reply.status, reply.rule) == (403, "party_unknown")
    assert (acme.node.asked_for_keys, acme.node.received) == ([], [])


async def test_a_stranger_may_bring_an_offer(acme: Acme) -> None:
    acme.node.parties.clear()
    assert (await acme.post({**LETTER, "type": "Offer"})).status == 202


async def test_a_letter_is_received_once(acme: Acme) -> None:
    await acme.post()
    reply = await acme.post()
    assert (reply.status, reply.rule) == (401, "replay")
    assert len(acme.node.received) == 1


async def test_what_could_not_be_taken_may_come_again_as_it_was(acme: Acme) -> None:
    """A proxy may repeat a request that was answered with 503."""
    acme.node.unavailable_s = 5
    reply = await acme.post()
    assert (reply.status, reply.rule, reply.headers["Retry-After"]) == (503, "disk_full", "5")
    acme.node.unavailable_s = 0
    assert [(await acme.post()).status for _ in range(2)] == [202, 401]


async def test_a_refusal_is_answered_with_its_rule(acme: Acme) -> None:
    acme.node.receipt = Receipt(403, "not_a_member")
    reply = await acme.post()
    assert (reply.status, reply.rule) == (403, "not_a_member")


@FORMS
async def test_a_changed_body_is_refused_before_the_node_sees_it(acme: Acme, form: Form) -> None:
    headers = CIMultiDict({"Content-Type": "application/activity+json"})
    request = Request("POST", acme.node.origin, "/inbox", headers, orjson.dumps(LETTER))
    added = sign(request, key=PRIVATE, key_id=KEY_ID, form=form, now=acme.node.now())
    body = orjson.dumps({**LETTER, "type": "Delete"})
    reply = await acme.send("POST", "/inbox", body=body, headers={**headers, **added})
    assert (reply.status, reply.rule, acme.node.received) == (401, "digest", [])
    assert [rule for _, rule in acme.node.refused] == ["digest"]


async def test_a_refused_clock_is_told_the_time(acme: Acme) -> None:
    reply = await acme.post(changed={"Date": "Fri, 15 Jan 2027 04:00:00 GMT"})
    problem = orjson.loads(reply.body)
    assert (problem["rule"], problem["now"], problem["type"]) == (
        "clock",
        "2027-01-15T08:00:00+00:00",
        "about:blank",
    )


async def test_a_new_key_of_the_sender_is_fetched_when_the_old_one_does_not_fit(acme: Acme) -> None:
    acme.node.keys[KEY_ID] = replace(PUBLIC, key=generate_rsa().public_key())
    acme.node.newer_keys[KEY_ID] = PUBLIC
    assert (await acme.post()).status == 202


async def test_a_key_that_cannot_be_had_is_the_senders_fault(acme: Acme) -> None:
    acme.node.keys.clear()
    reply = await acme.post()
    assert (reply.status, reply.rule) == (401, "key")


@pytest.mark.parametrize(
    ("letter", "rule"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"[]", "not_an_object"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "document_too_deep"),
        (orjson.dumps({"type": "Create"}), "activity_without_id"),
        (b"x" * (LIMIT_BYTES + 1), "too_large"),
    ],
)
async def test_a_letter_that_cannot_be_read_is_a_bad_request(acme: Acme, letter: bytes, rule: str) -> None:
    reply = await acme.post(letter)
    assert (reply.status, reply.rule, acme.node.received) == (400, rule, [])


@pytest.mark.parametrize(
    ("header", "value", "rule"),
    [
        ("Content-Type", "application/json", "media_type"),
        ("Content-Type", "text/plain", "media_type"),
        ("Content-Encoding", "gzip", "content_encoding"),
    ],
)
async def test_another_media_type_or_coding_is_a_bad_request(
    acme: Acme, header: str, value: str, rule: str
) -> None:
    headers = {"Content-Type": "application/activity+json", header: value}
    reply = await acme.send("POST", "/inbox", body=gzip.compress(b"{}"), headers=headers)
    assert (reply.status, reply.rule) == (400, rule)


async def test_a_body_without_declared_length_is_cut_off_at_the_limit(acme: Acme) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b"x" * (LIMIT_BYTES // 16)
            await asyncio.sleep(0)

    headers = {"Content-Type": "application/activity+json"}
    reply = await acme.send("POST", "/inbox", body=endless(), headers=headers)
    assert (reply.status, reply.rule) == (400, "too_large")


async def test_a_body_that_does_not_end_is_given_up(acme: Acme) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(10)

    headers = {"Content-Type": "application/activity+json"}
    reply = await acme.send("POST", "/inbox", body=stuck(), headers=headers)
    assert (reply.status, reply.rule) == (400, "slow_body")


async def test_an_unsigned_letter_is_refused(acme: Acme) -> None:
    headers = {"Content-Type": "application/activity+json"}
    reply = await acme.send("POST", "/inbox", body=orjson.dumps(LETTER), headers=headers)
    assert (reply.status, reply.rule) == (401, "unsigned")


@pytest.mark.parametrize(
    "key_id", ["Test", "https://user@globex.example/actor", "ftp://globex.example/", "https://"]
)
async def test_a_key_id_that_is_no_address_is_never_an_error_of_ours(acme: Acme, key_id: str) -> None:
    assert (await acme.post(key_id=key_id)).status in {400, 401}


# Objects.


async def test_what_is_for_anyone_is_served_to_anyone(acme: Acme) -> None:
    acme.node.documents["/actor"] = a_disclosure(b'{"type":"Application"}')
    reply = await acme.get("/actor")
    assert (reply.status, reply.body) == (200, b'{"type":"Application"}')
    assert reply.headers["Content-Type"] == "application/activity+json"


async def test_a_signature_makes_the_viewer(acme: Acme) -> None:
    acme.node.documents["/posts/1?page=2"] = a_disclosure(viewer="globex.example")
    reply = await acme.get("/posts/1?page=2", signed=True, headers={"Accept": "application/ld+json"})
    assert reply.status == 200
    assert acme.node.asked_for == [("/posts/1?page=2", "globex.example", "application/ld+json")]


async def test_a_signed_stranger_is_anyone_and_its_key_is_not_fetched(acme: Acme) -> None:
    acme.node.parties.clear()
    await acme.get("/posts/1", signed=True)
    assert (acme.node.asked_for, acme.node.asked_for_keys) == ([("/posts/1", "*", "*/*")], [])


async def test_a_signature_that_does_not_fit_is_refused_and_not_taken_for_anyones(acme: Acme) -> None:
    reply = await acme.get("/actor", signed=True, headers={"Date": "Fri, 15 Jan 2027 08:00:01 GMT"})
    assert (reply.status, reply.rule) == (401, "signature")


@pytest.mark.parametrize(
    "disclosure",
    [
        nothing_for("*"),
        a_disclosure(b"secret", viewer="globex.example"),
        replace(a_disclosure(b"secret"), body=b"another secret"),
        replace(a_disclosure(b"secret"), seal=b""),
        replace(nothing_for("*"), body=b"secret"),
    ],
    ids=["internal", "for another viewer", "changed after the gate", "without seal", "a telling 404"],
)
async def test_what_is_not_for_the_viewer_answers_as_what_never_was(acme: Acme, disclosure: object) -> None:
    acme.node.documents["/posts/internal"] = disclosure  # type: ignore[assignment]
    hidden, never = await acme.get("/posts/internal"), await acme.get("/posts/never")
    assert hidden.status == 404
    assert hidden.body == never.body
    assert {**hidden.headers, "Date": ""} == {**never.headers, "Date": ""}


async def test_nobody_can_ask_for_another_host_by_the_form_of_the_target(acme: Acme) -> None:
    reader, writer = await asyncio.open_connection(acme.url.host, acme.url.port)
    writer.write(
        b"GET http://globex.example/actor HTTP/1.1\r\nHost: acme.example\r\nConnection: close\r\n\r\n"
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 404 ")


async def test_the_answer_is_kept_by_no_cache_unless_the_gate_says_so(acme: Acme) -> None:
    acme.node.documents["/media/1"] = a_disclosure()
    assert (await acme.get("/media/1")).headers["Cache-Control"] == "no-store"


# Pace.

NUMBERS = itertools.count(2)


async def another(acme: Acme) -> Reply:
    """A letter that was not sent before."""
    return await acme.post(LETTER | {"id": f"https://globex.example/activities/{next(NUMBERS)}"})


async def test_who_sends_too_fast_is_told_to_wait_before_anything_is_looked_at(strict: Acme) -> None:
    assert [(await another(strict)).status for _ in range(3)] == [202] * 3
    asked = len(strict.node.asked_for_keys)
    reply = await strict.post(b"not even JSON")
    assert (reply.status, reply.rule, reply.headers["Retry-After"]) == (429, "too_fast", "1")
    assert len(strict.node.asked_for_keys) == asked


async def test_who_waited_is_taken_again(strict: Acme) -> None:
    for _ in range(4):
        await another(strict)
    strict.node.clock.now += 1
    assert (await strict.post()).status == 202


async def test_nobody_can_spend_what_another_may_send(strict: Acme) -> None:
    """Letters in the name of Globex: signed by somebody else, or sent by Globex once and repeated."""
    assert (await strict.post()).status == 202
    for _ in range(5):
        assert (await strict.post(changed={"Digest": "SHA-256=x"})).status >= 400
        assert (await strict.post()).rule == "replay"
    assert [(await another(strict)).status for _ in range(3)] == [202, 202, 429]


async def test_a_party_that_asks_too_fast_is_told_to_wait_and_may_still_send(strict: Acme) -> None:
    assert [(await strict.get("/actor", signed=True)).status for _ in range(4)] == [404, 404, 404, 429]
    assert (await strict.get("/actor")).status == 404, "strangers are none of it: they leave no line"
    assert (await strict.post()).status == 202


# WebFinger.


async def test_webfinger_answers_for_a_resource(acme: Acme) -> None:
    acme.node.documents["acct:apollo@acme.example"] = a_disclosure(b'{"subject":"x"}')
    reply = await acme.get("/.well-known/webfinger?resource=acct%3Aapollo%40acme.example")
    assert (reply.status, reply.body) == (200, b'{"subject":"x"}')


async def test_webfinger_without_a_resource_is_a_bad_request(acme: Acme) -> None:
    reply = await acme.get("/.well-known/webfinger")
    assert (reply.status, reply.rule) == (400, "resource")


# The table.


def test_every_inbox_is_for_partners_and_every_question_for_anyone() -> None:
    doors = {(route.method, route.door) for route in endpoints.routes(FakeNode(), SEAL_KEY)}
    assert doors == {("POST", Door.PARTNER), ("GET", Door.ANYONE)}
