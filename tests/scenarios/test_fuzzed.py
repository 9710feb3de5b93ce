"""What nobody would write, said by a member of the project as proven entries of its log: never an error of ours, and what was taken can be read."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote, urlencode

import orjson
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from federation.document import Document
from federation.errors import FederationError
from federation.log import Head
from instance.domain import guest
from instance.reasons import reasons
from instance.storage import charters
from instance.storage import log as entries
from tests.fuzz.shapes import broken
from tests.instance.arriving import decided, proven, said
from tests.nodes import Company, a_company, agree, running, tie
from tests.outsider import Outsider, an_outsider
from tests.scenarios.shapes import SHAPES, create
from tests.scenarios.test_others_come_in import as_said_by
from tests.scenarios.test_rope_forgeries import post_bytes, send, signed_by, signed_get
from tests.web.client import App, apps_of
from web.app import build_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)
BEHIND = "own_log_is_behind"  # Globex hears of entries that its own log does not have
APOLLO = "https://acme.example/projects/apollo"
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
HEADERS = ("Signature", "Signature-Input", "Digest", "Content-Digest", "Date", "Content-Type", "Cordee-Heads")
VALUES = (
    'keyId="http://globex.localhost/actor#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="eA=="',
    'sig1=("@method" "@target-uri" "content-digest");created=1795600000;keyid="http://globex.localhost/actor#main-key"',
    "sig1=:eA==:",
    "application/activity+json",
    "SHA-256=x",
    "sha-256=:x:",
    "Wed, 25 Nov 2026 08:00:00 GMT",
    "Wed, 99 Nov 0000 08:00:00 GMT",
)
FUZZ = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@dataclass
class Place:
    """Acme, whose alice reads, and Globex, whose bob and node say whatever comes."""

    acme: Company
    globex: Company
    mastodon: Outsider
    alice: App
    head: Head | None = None

    async def say(self, author: str, document: Document) -> str:
        """Bring the next entry of Globex's log; the id it got. What has no canonical form comes without a proof."""
        entry = as_said_by(self.globex, author, document, number=next(_numbers))
        with suppress(FederationError):
            entry = await proven(self.globex, author, entry, head=self.head)
        await self.bring(entry)
        seq = (self.head.seq if self.head else 0) + 1
        row = await self.acme.node.read(
            lambda tx: entries.at(tx, self.acme.project_iri, self.globex.host, seq=seq)
        )
        if row is not None:
            self.head = Head(row.seq, row.hash)
            outcome = await decided(self.acme, entry["id"])
            assert outcome is not None, entry
            assert outcome[1] in reasons(), outcome
        return str(entry["id"])

    async def bring(self, said: Document) -> None:
        """Bring anything; Acme answers, and nothing of it breaks."""
        with capture_logs() as logs:
            status, rule = await send(self.globex, self.acme, said)
        assert status < 500, (rule, said)
        assert not [line for line in logs if line["log_level"] == "error" and line["event"] != BEHIND], logs

    async def held(self) -> str:
        """All that Acme holds of Globex's log."""
        rows = await self.acme.node.read(
            lambda tx: entries.after(
                tx, self.acme.project_iri, self.globex.host, seq=0, upto=2**53, limit=100_000
            )
        )
        return "".join(row.document for row in rows)

    async def pages(self, path: str) -> int:
        """Alice reads a list to its end in her app; how many things are in it."""
        found, last = 0, {}
        while page := await self.alice.get(path, limit=40, **last):
            found, last = found + len(page), {"max_id": page[-1]["id"]}
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("fuzzed")
    acme, globex = a_company(directory, "acme", app_of=build_app), a_company(directory, "globex")
    async with running(acme, globex), an_outsider() as mastodon:
        await tie(acme, globex, guests="answer")
        for company, name in ((acme, "alice"), (globex, "bob")):
            await company.hire(name)
            await company.join(name)
        await agree(acme, globex)
        await acme.post("alice", "Say what you like")
        async with apps_of(acme, "alice") as (alice,):
            await acme.node.perform(lambda tx: guest.allow(tx, acme.project_iri, host=mastodon.host))
            await mastodon.follow(acme, "ann")
            found = Place(acme, globex, mastodon, alice, (await globex.heads())[globex.host])
            yield found


@FUZZ
@given(document=broken())
async def test_whatever_a_member_says_is_taken_or_not(place: Place, document: Document):
    await place.say(place.globex.people["bob"].iri, document)


@FUZZ
@given(data=st.data())
async def test_whatever_a_node_says_of_its_people_is_taken_or_not(place: Place, data: st.DataObject):
    person, bob = await said(place.globex, 1), place.globex.people["bob"].iri
    of_itself = {**person, "type": "Update", "object": {**person["object"], "type": "Application"}}
    document = data.draw(
        broken(
            [
                person,
                {**person, "type": "Remove", "object": f"{bob}by"},
                {**person, "type": "Update"},
                of_itself,
            ]
        )
    )
    await place.say(place.globex.node.home.node, document)


@FUZZ
@given(data=st.data())
async def test_whatever_a_node_says_of_charters_is_taken_or_not(place: Place, data: st.DataObject):
    row = (await place.acme.node.read(lambda tx: charters.of_project(tx, place.acme.project_iri)))[0]
    node, base = place.globex.node.home.node, place.globex.config.base_url
    offer = orjson.loads(row.document) | {"id": f"{base}/charters/{next(_numbers)}", "attributedTo": node}
    about = {"id": row.iri, "type": "Charter"}
    shapes = [
        {
            "id": f"{base}/captured/{next(_numbers)}",
            "actor": node,
            "type": kind,
            "object": carried,
            "result": {},
        }
        for kind, carried in (("Offer", offer), ("Accept", about), ("Reject", about), ("Update", offer))
    ]
    document = data.draw(broken(shapes))
    if isinstance(document.get("object"), dict):
        with suppress(FederationError):
            document["object"] = await signed_by(place.globex, document["object"] | {"proof": []})
    await place.bring(document)


ANSWER = create(
    {
        "type": "Note",
        "content": f'<p><a href="{APOLLO}" class="u-url mention">@apollo</a> Ask <b>Bob</b></p>',
        "to": [APOLLO],
        "tag": [{"type": "Mention", "href": APOLLO, "name": "@apollo"}],
        "attachment": [
            {
                "type": "Document",
                "mediaType": "image/png",
                "url": "https://social.example/1.png",
                "name": "A rail",
            }
        ],
        "inReplyTo": "https://acme.example/notes/1",
    },
    to=[APOLLO],
)


@FUZZ
@given(document=broken([*SHAPES, *[ANSWER] * 20]))
async def test_whatever_a_guest_says_is_taken_or_not(place: Place, document: Document):
    """A guest proves nothing but who signed the request."""
    mastodon = place.mastodon
    text = json.dumps(document).replace("https://social.example/users/ann", mastodon.iri("ann"))
    text = text.replace("https://social.example/o/1", mastodon.new_id("notes"))
    moved = json.loads(text.replace("https://social.example", mastodon.base))
    moved = json.loads(json.dumps(moved).replace(APOLLO, place.acme.project_iri))
    with capture_logs() as logs:
        status = await mastodon.send(place.acme, "ann", {**moved, "id": mastodon.new_id("activities")})
    assert status < 500, moved
    assert not [line for line in logs if line["log_level"] == "error" and line["event"] != BEHIND], logs


@FUZZ
@given(
    body=st.binary(max_size=300) | st.sampled_from([b"[" * 40, b'{"a":' * 40, b'{"id":"\\ud800"}', b"null"])
)
async def test_whatever_bytes_a_partner_sends_are_answered(place: Place, body: bytes):
    assert (await post_bytes(place.globex, place.acme, body)).status < 500


QUERIES = st.dictionaries(
    st.sampled_from(("project", "party", "after", "upto", "resource", "page", "x")),
    st.sampled_from(
        (APOLLO, "globex.example", "0", "-1", "9" * 30, "acct:apollo@acme.example", "acct:@", "%00")
    )
    | st.text(max_size=20),
    max_size=4,
)
PATHS = st.sampled_from(
    ("/log", "/.well-known/webfinger", "/notes/1", "/actor/outbox", "/nodeinfo/2.1")
) | st.text(max_size=20).map(lambda text: f"/people/{text}")


@FUZZ
@given(path=PATHS, query=QUERIES)
async def test_whatever_a_partner_asks_for_is_answered(place: Place, path: str, query: dict[str, str]):
    words = urlencode(
        {k: v.replace(APOLLO, place.acme.project_iri) for k, v in query.items()}, errors="replace"
    )
    url = f"{place.acme.config.base_url}{quote(path, errors='replace')}?{words}"
    assert await signed_get(place.globex, url) < 500


@FUZZ
@given(
    headers=st.dictionaries(
        st.sampled_from(HEADERS), st.sampled_from(VALUES) | st.text(PRINTABLE, max_size=60)
    )
)
async def test_whatever_stands_in_the_headers_is_answered(place: Place, headers: dict[str, str]):
    url = f"http://127.0.0.1:{place.acme.port}/inbox"
    async with place.alice.session.post(url, data=b"{}", headers=headers) as answer:
        assert answer.status < 500


async def test_a_post_of_several_types_is_redacted_like_any_other(place: Place):
    """What came of it: the type of an activity may be a list, and its content stayed when the post was deleted."""
    bob = place.globex.people["bob"].iri
    note = {"id": "https://globex.example/n", "type": "Note", "attributedTo": bob, "content": "Thirty bolts"}
    await place.say(bob, {"type": ["Create"], "object": note})
    assert "Thirty bolts" in await place.held()
    await place.say(bob, {"type": "Delete", "object": note["id"]})
    assert "Thirty bolts" not in await place.held()


async def test_what_was_taken_of_it_can_be_read_and_the_node_still_takes_what_is_said(place: Place):
    bob = place.globex.people["bob"].iri
    note = {"id": "https://globex.example/last", "type": "Note", "attributedTo": bob, "content": "Still here"}
    await place.say(bob, {"type": "Create", "object": note})
    assert (await place.alice.get("/api/v1/timelines/home"))[0]["content"] == "Still here"
    assert await place.pages("/api/v1/timelines/home") > 1
    await place.pages("/api/v1/notifications")
    for path in ("/api/v2/notifications", "/api/v1/conversations"):
        await place.alice.get(path)
