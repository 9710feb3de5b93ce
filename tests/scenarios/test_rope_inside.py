"""What is internal stays inside: whatever one does with it, however one asks for it, and whoever looks at the line."""

import json
from dataclasses import replace
from typing import Any

import pytest

from federation.letters import Inquiry, seal_of
from tests.scenarios.app import STATUSES, Rope
from tests.scenarios.pictures import PNG
from tests.scenarios.raw import raw_answer, tapped

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "Kestrel margin is nineteen percent"
NEVER = "113000000000000000"


async def test_nothing_internal_is_among_the_bytes_that_reach_a_partner(rope: Rope):
    await rope.bob.sees((await rope.alice.say("@apollo Before"))["uri"])
    async with tapped(rope.globex) as theirs, tapped(rope.initech) as others, tapped(rope.acme) as ours:
        secret = await rope.alice.say(SECRET)
        inner = await everything_done_with(rope, secret)
        last = await rope.alice.say("@apollo After")
        await rope.bob.sees(last["uri"])
        await rope.carol.sees(last["uri"])
    wire = theirs.inward + others.inward + bytes(ours.outward)
    assert last["uri"].encode() in wire, "the tap records, so this can fail"
    for trace in ("Kestrel", "nineteen", "people/zoe", "@zoe", "Zoe", *inner):
        assert trace.encode() not in wire
        assert json.dumps(trace)[1:-1].replace("/", "\\/").encode() not in wire


async def everything_done_with(rope: Rope, secret: dict[str, Any]) -> set[str]:
    """Do with an internal post whatever an app can; the ids of all that came of it."""
    alice, zoe, of_it = rope.alice, rope.zoe, f"{STATUSES}/{secret['id']}"
    answer = await zoe.say(f"@alice about the Kestrel: {secret['uri']}", in_reply_to_id=secret["id"])
    boost = await alice.post(f"{of_it}/reblog")
    await zoe.post(f"{of_it}/reblog")
    for verb in ("favourite", "bookmark"):
        await alice.post(f"{of_it}/{verb}")
        await zoe.post(f"{of_it}/{verb}")
    await alice.edit(secret, f"{SECRET} now")
    for verb in ("unreblog", "unfavourite", "unbookmark"):
        await zoe.post(f"{of_it}/{verb}")
    for verb in ("pin", "unpin", "mute", "translate"):
        await alice.call("POST", f"{of_it}/{verb}")
    quote = await alice.try_to_say("@apollo see", quoted_status_id=secret["id"])
    assert quote.status == 422
    others = [await alice.say(f"Kestrel, {kind}", visibility=kind) for kind in ("unlisted", "private")]
    direct = await alice.say("@zoe Kestrel between us", visibility="direct")
    await alice.post(f"/api/v1/accounts/{rope.acme.people['zoe'].id}/follow")
    await alice.delete(secret)
    made = [secret, answer, boost, *others, direct]
    return {one["id"] for one in made} | {one["uri"] for one in made}


@pytest.mark.parametrize(
    "disguise",
    [
        "{uri}",
        "see {uri}#note",
        "HTTP://{HOST}/posts/{id}",
        "{host}/posts/{id}",
        "http://{host}//posts/./{id}",
        "http://{host}/posts/%{hex}{rest}",
        "http://{host}/app/../posts/{id}",
        "http&#58;//{host}/posts/{id}",
    ],
)
async def test_an_internal_posts_address_in_a_project_post_is_refused_in_any_spelling(
    rope: Rope, disguise: str
):
    secret = await rope.alice.say(SECRET)
    host, number = rope.acme.host, secret["id"]
    spelt = {"uri": secret["uri"], "host": host, "HOST": host.upper(), "id": number}
    spelt |= {"hex": f"{ord(number[0]):02x}", "rest": number[1:]}
    before = await rope.acme.heads()
    answer = await rope.alice.try_to_say(f"@apollo compare {disguise.format(**spelt)}")
    assert (answer.status, answer.content["rule"]) == (422, "withheld_internal")
    assert answer.content["error"].startswith("It names what is known only inside the company")
    assert await rope.acme.heads() == before


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("status", "@zoe"),
        ("status", "@zoe@{host}"),
        ("status", "@ZOE@{HOST}"),
        ("status", "zoe@{host}"),
        ("status", "http://{host}/people/zoe"),
        ("spoiler_text", "@zoe@{host}"),
        ("spoiler_text", "http://{host}/people/zoe"),
    ],
)
async def test_a_colleague_outside_the_project_is_not_to_be_named_in_it(rope: Rope, field: str, name: str):
    named = name.format(host=rope.acme.host, HOST=rope.acme.host.upper())
    body = {"status": "@apollo a question", field: f"@apollo ask {named}"}
    answer = await rope.alice.call("POST", STATUSES, json=body)
    assert answer.status == 422
    assert answer.content["rule"] in {"mentions_a_stranger", "withheld_internal"}
    assert "Zoe" in answer.content["error"]


async def test_a_refused_post_loses_nothing_and_goes_once_it_is_mended(rope: Rope):
    picture = await rope.alice.upload(PNG, description="The rail")
    more = {"media_ids": [picture["id"]], "spoiler_text": "Rail"}
    refused = await rope.alice.try_to_say("@apollo ask @zoe about the rail", **more)
    assert refused.content == {
        "error": f"Not in Apollo, so not to be named there: Zoe (@zoe@{rope.acme.host}). "
        "Take that out, or have them added to the project.",
        "rule": "mentions_a_stranger",
    }
    mended = await rope.alice.say("@apollo ask me about the rail", **more)
    assert mended["media_attachments"][0]["id"] == picture["id"]
    assert (await rope.bob.sees(mended["uri"]))["spoiler_text"] == "Rail"


async def test_an_edit_cannot_carry_out_what_a_post_could_not(rope: Rope):
    said = await rope.alice.say("@apollo As it was")
    for text in ("ask @zoe", f"see {(await rope.alice.say(SECRET))['uri']}"):
        answer = await rope.alice.call("PUT", f"{STATUSES}/{said['id']}", json={"status": text})
        assert answer.status == 422
    await rope.agree()
    assert (await rope.bob.sees(said["uri"]))["edited_at"] is None
    assert "As it was" in (await rope.alice.sees(said["uri"]))["content"]


async def test_a_description_of_a_picture_is_words_like_any_other(rope: Rope):
    picture = await rope.alice.upload(PNG, description=f"drawn by zoe@{rope.acme.host}")
    answer = await rope.alice.try_to_say("@apollo the plan", media_ids=[picture["id"]])
    assert (answer.status, answer.content["rule"]) == (422, "withheld_internal")


async def test_an_internal_post_may_name_partners_and_tells_them_nothing(rope: Rope):
    said = await rope.alice.say(f"I will ask @bob@{rope.globex.host}")
    await rope.bob.sees((await rope.alice.say("@apollo a word after it"))["uri"])
    assert await rope.bob.read(said["uri"]) is None
    assert all("I will ask" not in str(one) for one in await rope.bob.get("/api/v1/notifications"))


async def inner_names(rope: Rope) -> list[tuple[str, str]]:
    """Paths of what is there but not for outsiders, each with a twin of what never was."""
    secret, said = await rope.alice.say(SECRET), await rope.alice.say("@apollo for the project")
    picture = await rope.alice.upload(PNG)
    pairs = [(f"/posts/{secret['id']}", f"/posts/{NEVER}"), (f"/media/{picture['id']}", f"/media/{NEVER}")]
    pairs += [
        (f"/people/zoe{rest}", f"/people/nix{rest}") for rest in ("", "/outbox", "/followers", "/following")
    ]
    finger = "/.well-known/webfinger?resource="
    pairs.append((f"{finger}acct:zoe@{rope.acme.host}", f"{finger}acct:nix@{rope.acme.host}"))
    pairs.append(
        (f"{finger}http://{rope.acme.host}/people/zoe", f"{finger}http://{rope.acme.host}/people/nix")
    )
    assert len(said["id"]) == len(NEVER)
    return pairs


async def project_names(rope: Rope) -> list[tuple[str, str]]:
    """Paths of what is for the project's companies alone, each with a twin of what never was."""
    said, finger = await rope.alice.say("@apollo for the project"), "/.well-known/webfinger?resource="
    pairs = [(f"/posts/{said['id']}", f"/posts/{NEVER}"), ("/people/alice", "/people/never")]
    pairs += [(f"/projects/apollo{rest}", f"/projects/absent{rest}") for rest in ("", "/members", "/charter")]
    pairs.append((f"{finger}acct:alice@{rope.acme.host}", f"{finger}acct:never@{rope.acme.host}"))
    pairs.append((f"/log?project={rope.acme.project_iri}", f"/log?project={rope.acme.project_iri}x"))
    return pairs


@pytest.mark.parametrize("accept", ["application/activity+json", "text/html", "*/*"])
async def test_a_stranger_gets_the_answer_of_a_name_that_never_was(rope: Rope, accept: str):
    for there, never in [*await inner_names(rope), *await project_names(rope)]:
        found = await raw_answer(rope.acme, "GET", there, f"Accept: {accept}")
        assert found.startswith(b"HTTP/1.1 404 ")
        assert found == await raw_answer(rope.acme, "GET", never, f"Accept: {accept}"), there


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
async def test_no_other_method_tells_more(rope: Rope, method: str):
    length = "Content-Length: 0"
    for there, never in [*await inner_names(rope), *await project_names(rope)]:
        found = await raw_answer(rope.acme, method, there, length)
        assert found == await raw_answer(rope.acme, method, never, length), there


async def test_a_partner_who_signs_gets_that_answer_too(rope: Rope):
    for there, never in await inner_names(rope):
        found, absent = [await signed_get(rope, path) for path in (there, never)]
        assert found[0] == 404
        assert found == absent, there


async def test_a_partner_who_signs_reads_what_is_for_the_project(rope: Rope):
    """The twin of the test before: the signature is good, it is the names that are not for it."""
    for there, never in await project_names(rope):
        assert (await signed_get(rope, there))[0] == 200, there
        assert (await signed_get(rope, never))[0] == 404, never


async def signed_get(rope: Rope, path: str) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """What Globex gets from Acme for a signed GET: status, headers but for the time of day, and body."""
    node, url = rope.globex.node, f"{rope.acme.config.base_url}{path}"
    letter = Inquiry(url, "*/*", node.home.node, "test")
    answer = await node.wire.get(replace(letter, seal=seal_of(letter, node.seal_key)))
    headers = tuple((name, value) for name, value in answer.headers.items() if name != "Date")
    return answer.status, headers, answer.body


async def test_nodeinfo_counts_no_heads(rope: Rope):
    for version in ("2.0", "2.1"):
        usage = (await rope.zach.get(f"/nodeinfo/{version}"))["usage"]
        assert usage == {"users": {}}


@pytest.mark.parametrize(
    "path", ["/api/v1/instance", "/api/v2/instance", "/api/v1/instance/peers", "/nodeinfo/2.1", "/actor"]
)
async def test_what_strangers_read_of_a_node_names_no_partner_no_project_and_no_person(rope: Rope, path: str):
    told = (await raw_answer(rope.acme, "GET", path)).decode()
    assert told.startswith("HTTP/1.1 200 ")
    for name in ("globex", "initech", "apollo", "alice", "zoe", "Kestrel"):
        assert name not in told.lower()
