"""Peers that are hostile or clumsy, over real sockets: each gets a named answer, none costs more than a little, and the node goes on."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
import pytest_asyncio

from federation.origin import IRI_LIMIT_CHARS
from instance.domain.guest_inbound import FOLLOWS_AN_HOUR
from instance.inbox import TYPE_LIMIT_CHARS
from instance.storage import exchanges, guests, received
from instance.storage.database import Tx
from instance.storage.exchanges import CAME, TURNED_AWAY_KEPT
from instance.storage.guests import FollowerRow
from tests.foreign import kinds
from tests.foreign.guest import Guest, a_guest
from tests.foreign.server import ACTIVITY, a_server
from tests.scenarios.desk import Desk
from tests.scenarios.raw import raw_send

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guest(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guest]:
    """A guest whose ann follows."""
    async with a_guest(tmp_path_factory.mktemp("hostile")) as found:
        yield found


def twice(guest: Guest) -> bytes:
    """The actor stands twice; the last one counts."""
    return orjson.dumps(guest.answer())[:-1] + b',"actor":"https://mastodon.example/users/eve"}'


def within(text: bytes) -> Callable[[Guest], bytes]:
    """An answer that has this in place of its words."""
    return lambda guest: orjson.dumps(guest.answer(content="WORDS")).replace(b'"WORDS"', text)


BODIES: list[tuple[str, Callable[[Guest], Any], str]] = [
    ("a key twice", twice, "id_of_another_host"),
    ("not a number", within(b"NaN"), "not_json"),
    ("endless", within(b"Infinity"), "not_json"),
    ("half a character", within(b'"\\ud800"'), "not_json"),
    ("bytes that are no text", within(b'"\xff\xfe"'), "not_json"),
    ("nothing", within(b'"\\u0000"'), "taken"),
    ("a huge number", within(b"1" + b"0" * 5_000), "not_json"),
    ("a large number", within(b"1" + b"0" * 30), "taken"),
    ("a huge exponent", within(b"1e999999"), "not_json"),
    ("deep", within(b"[" * 200 + b"]" * 200), "document_too_deep"),
    ("deep objects", within(b'{"a":' * 200 + b"1" + b"}" * 200), "document_too_deep"),
    ("a mark before it", lambda guest: b"\xef\xbb\xbf" + orjson.dumps(guest.answer()), "not_json"),
    ("another encoding", lambda guest: orjson.dumps(guest.answer()).decode().encode("utf-16"), "not_json"),
    ("a list", lambda guest: [guest.answer()], "not_an_object"),
    ("words", lambda _: b'"Hello"', "not_an_object"),
    ("nothing at all", lambda _: b"null", "not_an_object"),
    ("too large", lambda _: b" " * (1024 * 1024 + 1), "too_large"),
    ("packed", lambda guest: gzip.compress(orjson.dumps(guest.answer())), "not_json"),
]


@pytest.mark.parametrize(("body", "rule"), [it[1:] for it in BODIES], ids=[it[0] for it in BODIES])
async def test_a_body_that_nobody_should_send_is_refused_by_name(
    guest: Guest, body: Callable[[Guest], Any], rule: str
):
    assert await guest.brings(body(guest)) == rule
    await guest.is_well()


# What names no project in any of the ways in which an answer may.
TO_NOBODY: dict[str, Any] = {"tag": [], "to": [], "cc": [], "content": "<p>Hello</p>"}
IRIS = (
    "{host}:80/notes/1",
    "HTTP://{NAME}/notes/1",
    "http://ann@{host}/notes/1",
    "http://ann:secret@{host}/notes/1",
    "http://{host}\\@evil.example/notes/1",
    "http://{host}.evil.example/notes/1",
    "http://{host}%2f@evil.example/1",
    "http://mästodon.localhost/notes/1",
    "http://faß.localhost/notes/1",
    "http://{host}/../../notes/1 2",
    "http://{host}/\t1",
    "data:text/plain,1",
    "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    "ap://did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2/objects/1",
    "tag:mastodon.example,2026:1",
    "javascript:alert(1)",
    "http://[::1]/notes/1",
    "http://127.0.0.1/notes/1",
    "//{host}/notes/1",
    "http://{host}/" + "x" * 3000,
    " ",
)
STRANGE = {"bad_iri", "id_of_another_host", "object_of_another_host", "object_of_another_author"}
STRANGE |= {"signer_is_not_the_actor", "deletes_of_another_host", "undoes_anothers", "activity_without_id"}
STRANGE |= {"activity_without_object", "guest_has_none", "guest_not_allowed", "guest_names_what_it_may_not"}
STRANGE |= {"guest_said_it_already"}


@pytest.mark.parametrize("iri", IRIS, ids=[iri[:36] for iri in IRIS])
async def test_an_id_that_two_readers_read_differently_is_refused_wherever_it_stands(guest: Guest, iri: str):
    """It is an activity's, an actor's, a note's, an author's, or of what is followed, undone and deleted."""
    strange = iri.format(host=guest.foreign.host, NAME=guest.foreign.host.upper())
    create, said = guest.answer(), guest.foreign.said
    shapes = [
        create | {"id": strange},
        create | {"actor": strange},
        create | {"object": create["object"] | {"id": strange}},
        create | {"object": create["object"] | {"attributedTo": strange}},
        said(guest.who, "Follow", strange),
        said(
            guest.who,
            "Undo",
            {"id": strange, "type": "Follow", "object": guest.acme.project_iri, "actor": strange},
        ),
        said(guest.who, "Delete", strange),
    ]
    for number, shape in enumerate(shapes):
        fresh = shape if number == 0 else shape | {"id": guest.foreign.new_id("strange")}
        rule = await guest.brings(fresh)
        same_host = strange.startswith(("HTTP://", f"http://{guest.foreign.host}/x"))
        assert rule in STRANGE or (same_host and rule == "taken"), (shape, rule)
    taken = said(
        guest.who, "Create", create["object"] | {"inReplyTo": strange, "url": strange, "context": strange}
    )
    assert await guest.brings(taken) in {"taken", *STRANGE}


async def test_a_thousand_mentions_cost_no_more_than_a_hundred(guest: Guest):
    others = [
        {"type": "Mention", "href": f"{guest.foreign.base}/users/{n}", "name": f"@{n}"} for n in range(1000)
    ]
    project = {"type": "Mention", "href": guest.acme.project_iri, "name": "@apollo"}
    assert await guest.brings(guest.answer(tag=[project, *others])) == "taken"
    late = TO_NOBODY | {"tag": [*others, project]}
    assert await guest.brings(guest.answer(**late)) == "guest_mentions_no_project"


async def test_the_administrator_reads_why_what_came_was_refused_whatever_the_reason(guest: Guest):
    """At the door and behind it, each with words."""
    nobody = f"{guest.foreign.base}/users/nobody"
    follow = guest.foreign.said(nobody, "Follow", guest.acme.project_iri)
    rules = {
        await guest.brings(follow, who=nobody),
        await guest.brings(guest.answer(), forged=True),
        await guest.brings(b"[]"),
        await guest.brings(guest.foreign.said(guest.who, "Follow", nobody)),
        await guest.brings(guest.answer(**TO_NOBODY)),
        await guest.brings({"type": "Create"}),
    }
    assert len(rules) == 6
    rows = await Desk(guest.acme).json(f"federation log --host {guest.foreign.host} --limit 1000")
    told = {row["rule"]: row["why"] for row in rows if (row["way"], row["outcome"]) == (CAME, "refused")}
    assert rules <= told.keys()
    assert all(told.values())


async def test_a_flood_of_forged_letters_costs_no_question_each_and_fills_no_list(guest: Guest):
    before, taken = (
        len(guest.foreign.asked),
        await guest.acme.node.read(lambda tx: len(received.latest(tx, 10_000))),
    )
    rules = {await guest.brings(guest.answer(), forged=True) for _ in range(60)}
    assert rules == {"signature"}
    assert len(guest.foreign.asked) - before <= 1
    assert await guest.acme.node.read(lambda tx: len(received.latest(tx, 10_000))) == taken
    rows = await guest.acme.node.read(lambda tx: exchanges.with_host(tx, guest.foreign.host, 10_000))
    assert 0 < len([row for row in rows if row.rule == "signature"]) <= TURNED_AWAY_KEPT
    await guest.is_well()


async def test_a_flood_in_the_name_of_people_who_are_not_there_is_asked_about_once_each(guest: Guest):
    before = len(guest.foreign.asked)
    for number in range(20):
        nobody = f"{guest.foreign.base}/users/nobody{number}"
        for _ in range(2):
            assert (
                await guest.brings(guest.foreign.said(nobody, "Follow", guest.acme.project_iri), who=nobody)
                == "key"
            )
    assert len(guest.foreign.asked) - before == 20
    await guest.is_well()


async def test_who_follows_and_unfollows_for_ever_is_one_follower_and_answered_each_time(guest: Guest):
    for _ in range(5):
        _, follow, accept = await guest.foreign.follow(guest.acme)
        assert accept["object"]["id"] == follow["id"]
        undo = guest.foreign.kind.unfollow(guest.foreign, guest.who, guest.acme.project_iri)
        assert await guest.brings(undo) == "taken"
    assert guest.who not in await guest.place.followers()


async def test_a_stranger_does_not_choose_how_much_is_kept_of_a_letter(guest: Guest):
    assert await guest.brings(guest.answer() | {"type": "X" * 500_000}) == "taken"
    assert await guest.brings(guest.answer() | {"id": f"{guest.foreign.base}/{'x' * 500_000}"}) == "bad_iri"
    rows = await guest.acme.node.read(lambda tx: received.latest(tx, 10))
    assert max(len(row.iri) for row in rows) == IRI_LIMIT_CHARS
    assert max(len(row.type) for row in rows) == TYPE_LIMIT_CHARS


def lines(guest: Guest, *more: str, first: str = "POST /inbox HTTP/1.1") -> bytes:
    """A request by hand."""
    head = [first, f"Host: {guest.acme.host}", f"Content-Type: {ACTIVITY}", *more]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")


RAW: list[tuple[str, tuple[str, ...], bytes]] = [
    ("a huge header", (f"Signature: {'x' * 20_000}", "Content-Length: 0"), b""),
    ("many headers", tuple(f"X-{number}: x" for number in range(500)), b""),
    ("two lengths", ("Content-Length: 2", "Content-Length: 3"), b"{}}"),
    ("a length and chunks", ("Content-Length: 2", "Transfer-Encoding: chunked"), b"0\r\n\r\n"),
    ("chunks that are none", ("Transfer-Encoding: chunked",), b"zz\r\n{}\r\n"),
    ("chunks twice", ("Transfer-Encoding: chunked, chunked",), b"0\r\n\r\n"),
    ("a length that is none", ("Content-Length: -1",), b"{}"),
    ("a folded header", ("Signature: keyId=\r\n and more", "Content-Length: 2"), b"{}"),
    ("an empty name", (": x", "Content-Length: 2"), b"{}"),
    ("letters of another alphabet", ("Signature: keyId=\xe9", "Content-Length: 2"), b"{}"),
    ("another host", ("Host: evil.example", "Content-Length: 2"), b"{}"),
]


@pytest.mark.parametrize(("more", "body"), [it[1:] for it in RAW], ids=[it[0] for it in RAW])
async def test_a_request_that_is_none_is_the_senders_fault(guest: Guest, more: tuple[str, ...], body: bytes):
    code, _ = await raw_send(guest.acme, lines(guest, *more) + body)
    assert 400 <= code < 500
    await guest.is_well()


@pytest.mark.parametrize(
    "first",
    [
        "GET /inbox HTTP/1.1",
        "PUT /inbox HTTP/1.1",
        "POST /inbox HTTP/9.9",
        "POST * HTTP/1.1",
        "BREW /inbox HTTP/1.1",
        "\x00\x01",
    ],
)
async def test_a_first_line_that_is_none_is_the_senders_fault(guest: Guest, first: str):
    code, _ = await raw_send(guest.acme, lines(guest, "Content-Length: 0", first=first))
    assert 400 <= code < 506
    assert code not in {500, 502, 503}


async def test_many_that_send_slowly_hold_up_nobody(guest: Guest):
    """Bodies that come byte by byte are given up after their time; until then the others are served."""
    slow = [await asyncio.open_connection("127.0.0.1", guest.acme.port) for _ in range(200)]
    for _, writer in slow:
        writer.write(lines(guest, "Content-Length: 100") + b"{")
    await guest.is_well()
    for _, writer in slow:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in slow), return_exceptions=True)


async def test_who_follows_in_crowds_is_told_to_come_later(guest: Guest):
    async with a_server(kinds.GOTOSOCIAL) as crowd:
        await guest.place.let_in(crowd)
        who, _, _ = await crowd.follow(guest.acme)
        await guest.acme.node.write(lambda tx: fill(tx, guest.acme.project_iri, crowd.host))
        more = crowd.person("ben")
        status, problem = await crowd.send(
            guest.acme, more, crowd.kind.follow(crowd, more, guest.acme.project_iri)
        )
        assert (status, problem["rule"]) == (429, "guest_follows_too_often")
        assert who in await guest.place.followers()
        await guest.place.revoke(crowd)
    await guest.is_well()


def fill(tx: Tx, project: str, host: str) -> None:
    """As many followers as a host may bring in an hour."""
    for number in range(FOLLOWS_AN_HOUR):
        iri = f"http://{host}/users/{number}"
        guests.follow(
            tx, FollowerRow(project, iri, host, f"{iri}/inbox", f"{iri}#follow", tx.now_ms, tx.now_ms)
        )
