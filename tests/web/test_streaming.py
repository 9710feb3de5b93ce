"""Apps are told the moment something happens, on the streams they listen to and of what they may read."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import member
from instance.domain import token as tokens
from tests.nodes import Company
from tests.web.client import App, apps_of, token_for
from web.mastodon.streaming import STREAMS, text_frame

Tied = tuple[Company, Company, Company]
SOON_S = 5.0
QUIET_S = 0.2


async def heard(ear: ClientWebSocketResponse) -> tuple[list[str], str, Any]:
    """The next event: its stream, its name, and its payload read from the text that carries it."""
    event = orjson.loads(await ear.receive_str(timeout=SOON_S))
    payload = event["payload"]
    assert isinstance(payload, str)
    return event["stream"], event["event"], payload if event["event"] == "delete" else orjson.loads(payload)


async def silent(ear: ClientWebSocketResponse) -> bool:
    """Whether nothing comes for a while."""
    try:
        message = await ear.receive(timeout=QUIET_S)
    except TimeoutError:
        return True
    return message.type is WSMsgType.CLOSED


async def listening(app: App, *streams: str, **more: str) -> ClientWebSocketResponse:
    """A socket that listens to these streams, each known to be subscribed."""
    ear = await app.socket(headers={"Authorization": f"Bearer {app.token}"})
    for stream in streams:
        await ear.send_json({"type": "subscribe", "stream": stream, **more})
    await ear.send_json({"type": "subscribe", "stream": "nonsense"})  # answered in order, after the others
    assert "error" in orjson.loads(await ear.receive_str(timeout=SOON_S))
    return ear


async def follow(app: App, name: str) -> None:
    account = await app.get("/api/v1/accounts/lookup", acct=name)
    await app.post(f"/api/v1/accounts/{account['id']}/follow")


async def test_a_post_a_change_and_a_deletion_are_told_to_who_has_them_at_home(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        await follow(amine, "alice")
        ear, other = await listening(amine, "user"), await listening(zoe, "user")
        made = await alice.post("/api/v1/statuses", status="hello")
        seen = await amine.get(f"/api/v1/statuses/{made['id']}")
        assert await heard(ear) == (["user"], "update", seen)
        await alice.call("PUT", f"/api/v1/statuses/{made['id']}", json={"status": "changed"})
        stream, event, payload = await heard(ear)
        assert (stream, event, payload["content"]) == (["user"], "status.update", "<p>changed</p>")
        await alice.call("DELETE", f"/api/v1/statuses/{made['id']}")
        assert await heard(ear) == (["user"], "delete", made["id"])
        assert await silent(other)


async def test_a_notification_is_told_to_its_owner_on_both_streams(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        both = await listening(alice, "user:notification", "user")
        quiet = await listening(amine, "user:notification")
        made = await amine.post("/api/v1/statuses", status="@alice hello")
        for name in ("user", "user:notification"):
            stream, event, payload = await heard(both)
            assert (stream, event) == ([name], "notification")
            assert (payload["type"], payload["status"]["id"]) == ("mention", made["id"])
        assert await silent(quiet)


async def test_the_company_hears_public_posts_on_the_local_stream_and_nothing_else(tied: Tied):
    acme, globex, _ = tied
    async with (
        apps_of(acme, "alice", "zoe", "amine") as (alice, zoe, amine),
        apps_of(globex, "bob") as (bob,),
    ):
        ear = await listening(zoe, "public:local", "public", "user")
        other = await listening(bob, "public:local")
        for text, options in (
            ("@apollo inside", {}),
            ("unlisted", {"visibility": "unlisted"}),
            ("@alice direct", {"visibility": "direct"}),
        ):
            await alice.post("/api/v1/statuses", status=text, **options)
        made = await alice.post("/api/v1/statuses", status="for all")
        await amine.post("/api/v1/statuses", status="an answer", in_reply_to_id=made["id"])
        more = await alice.post("/api/v1/statuses", status="and more", in_reply_to_id=made["id"])
        for wanted in (made, more):
            stream, event, payload = await heard(ear)
            assert (stream, event, payload["id"]) == (["public:local"], "update", wanted["id"])
        assert await silent(ear)
        assert await silent(other)


async def test_a_project_is_heard_on_its_list_by_its_people_alone(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice", "zoe") as (alice, zoe), apps_of(globex, "bob") as (bob,):
        (mine,), (theirs,) = await alice.get("/api/v1/lists"), await bob.get("/api/v1/lists")
        here = await listening(alice, "list", list=mine["id"])
        there = await listening(bob, "list", list=theirs["id"])
        made = await alice.post("/api/v1/statuses", status="@apollo inside")
        stream, event, payload = await heard(here)
        assert (stream, event, payload["id"]) == (["list", mine["id"]], "update", made["id"])
        stream, _, payload = await heard(there)
        assert (stream, payload["uri"]) == (["list", theirs["id"]], made["uri"])
        refused = await zoe.socket(f"?stream=list&list={mine['id']}&access_token={zoe.token}")
        assert orjson.loads(await refused.receive_str(timeout=SOON_S))["error"] == "Record not found"


async def test_who_leaves_a_project_hears_nothing_more_of_it(tied: Tied):
    acme = tied[0]
    await acme.hire("zoe")
    await acme.join("zoe")
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        (mine,) = await zoe.get("/api/v1/lists")
        ear = await listening(zoe, "list", "user", "public", list=mine["id"])
        await alice.post("/api/v1/statuses", status="@apollo one")
        assert [(await heard(ear))[0][0] for _ in range(3)] == ["list", "public", "user"]
        zoe_id = acme.people["zoe"].id
        await acme.node.perform(lambda tx: member.remove(tx, acme.project_iri, actor_id=zoe_id))
        await alice.post("/api/v1/statuses", status="@apollo two")
        assert await silent(ear)


async def test_each_sees_their_own_marks_on_what_is_boosted(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe", "eve") as (alice, amine, zoe, eve):
        made = await alice.post("/api/v1/statuses", status="look")
        ears = []
        for app in (amine, eve):
            await follow(app, "zoe")
            ears.append(await listening(app, "user"))
        await amine.post(f"/api/v1/statuses/{made['id']}/favourite")
        await zoe.post(f"/api/v1/statuses/{made['id']}/reblog")
        seen = [(await heard(ear))[2]["reblog"] for ear in ears]
        assert [one["id"] for one in seen] == [made["id"]] * 2
        assert [one["favourited"] for one in seen] == [True, False]
        assert [one["favourites_count"] for one in seen] == [1, 1]


@pytest.mark.parametrize("way", ["quote", "link"])
async def test_what_a_post_quotes_or_links_to_is_told_to_who_may_read_it_alone(acme: Company, way: str):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        await follow(amine, "alice")
        hidden = await alice.post("/api/v1/statuses", status="Hush", visibility="private")
        ears = [await listening(app, "public:local") for app in (amine, zoe, amine)]
        quoted = {"quoted_status_id": hidden["id"]} if way == "quote" else {}
        await alice.post("/api/v1/statuses", status=f"See {'' if quoted else hidden['uri']}", **quoted)
        told = ["Hush" in str((await heard(ear))[2]) for ear in ears]
        assert told == [True, False, True]


async def test_a_socket_takes_several_streams_and_leaves_them(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        ear = await listening(alice, "user", "public:local")
        await alice.post("/api/v1/statuses", status="one")
        assert [(await heard(ear))[0] for _ in range(2)] == [["public:local"], ["user"]]
        await ear.send_json({"type": "unsubscribe", "stream": "public:local"})
        await ear.send_json({"type": "subscribe", "stream": "nonsense"})
        await ear.receive_str(timeout=SOON_S)
        await alice.post("/api/v1/statuses", status="two")
        assert (await heard(ear))[0] == ["user"]
        assert await silent(ear)


@pytest.mark.parametrize("way", ["header", "query", "protocol"])
async def test_the_token_comes_where_an_app_can_put_it(acme: Company, way: str):
    async with apps_of(acme, "alice") as (alice,):
        if way == "header":
            ear = await alice.socket("?stream=user", headers={"Authorization": f"Bearer {alice.token}"})
        elif way == "query":
            ear = await alice.socket(f"?stream=user&access_token={alice.token}")
        else:
            ear = await alice.socket("?stream=user", protocols=[alice.token])
            assert ear.protocol == alice.token
        made = await alice.post("/api/v1/statuses", status="x")
        assert (await heard(ear))[2]["id"] == made["id"]


@pytest.mark.parametrize("token", ["", "guessed"])
async def test_no_socket_without_a_good_token(acme: Company, token: str):
    async with apps_of(acme, "") as (nobody,):
        with pytest.raises(WSServerHandshakeError) as refused:
            await nobody.socket(f"?stream=user&access_token={token}")
        assert refused.value.status == 401


@pytest.mark.parametrize(
    ("scopes", "stream", "allowed"),
    [
        ("read", "user", True),
        ("read:statuses", "user", True),
        ("read:statuses", "user:notification", False),
        ("read:notifications", "user:notification", True),
        ("write", "public:local", False),
    ],
)
async def test_a_stream_needs_the_scope_of_its_timeline(
    acme: Company, scopes: str, stream: str, allowed: bool
):
    await acme.hire("alice")
    async with apps_of(acme, "") as (app,):
        app.token = await token_for(acme, "alice", scopes)
        ear = await app.socket(f"?stream={stream}&access_token={app.token}")
        await ear.send_str("not json")
        await ear.send_json({"type": "subscribe", "stream": "nonsense"})
        answer = orjson.loads(await ear.receive_str(timeout=SOON_S))
        assert (answer["error"] == "Unknown stream type") is allowed


async def test_a_socket_is_closed_when_its_token_is_revoked(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        ear, other = await listening(alice, "user"), await listening(amine, "user")
        await acme.node.perform(lambda tx: tokens.revoke(tx, alice.token))
        assert (await ear.receive(timeout=SOON_S)).type is WSMsgType.CLOSE
        assert await silent(other)
        assert not other.closed


async def test_a_plain_request_is_told_that_streaming_is_here(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        assert (await alice.call("GET", "/api/v1/streaming")).status == 404
        assert (await alice.call("GET", "/api/v1/streaming/health")).content == "OK"


@asynccontextmanager
async def one_who_never_reads(app: App) -> AsyncIterator[None]:
    """A socket that is opened with a small buffer and listens to the local stream, and never reads."""
    loop = asyncio.get_running_loop()
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)
        await loop.sock_connect(slow, ("127.0.0.1", app.company.port))
        request = (
            f"GET /api/v1/streaming?stream=public:local&access_token={app.token} HTTP/1.1\r\nHost: {app.company.host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await loop.sock_sendall(slow, request.encode())
        assert b" 101 " in await loop.sock_recv(slow, 64)
        yield


async def test_a_socket_that_does_not_keep_up_is_dropped_and_the_others_are_not(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine), one_who_never_reads(alice):
        fast = await listening(amine, "public:local")
        assert acme.runner is not None
        streams = acme.runner.app[STREAMS]
        slow_id, posts = acme.people["alice"].id, 0
        assert streams.of(slow_id)
        while streams.of(slow_id):
            posts += 1
            assert posts < 3000
            await acme.post("amine", "🪢" * 4900, project=None)
            assert (await heard(fast))[1] == "update"
        assert not fast.closed


@given(st.binary(min_size=0, max_size=70_000))
def test_a_frame_says_its_own_length(body: bytes):
    frame = text_frame(body)
    assert frame.endswith(body)
    head = frame[: len(frame) - len(body)]
    assert head[0] == 0x81
    size = head[1] if head[1] < 126 else int.from_bytes(head[2:], "big")
    assert size == len(body)
    assert head[1] & 0x80 == 0
