"""What twenty-six kinds of server send, said by a member of the project as proven entries of its log: taken, or ignored with its rule, and never an error of ours."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from federation.activity import Activity
from federation.document import Document, first_type, parse
from federation.errors import FederationError
from federation.log import Head
from instance.reasons import reasons
from instance.storage import log as entries
from instance.storage.log import EntryRow
from tests.federation.vectors import CORPUS
from tests.instance.arriving import decided, proven
from tests.nodes import Company, three_nodes, until
from tests.scenarios.shapes import SHAPES
from tests.scenarios.test_rope_forgeries import send

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HOST = re.compile(r"https?://(?!www\.w3\.org|w3id\.org)[^/\"\s<>]+")

# How some of it must end, in words that people understand.
NAMED = {
    "post_of_a_member",
    "block_stays_at_home",
    "dislike_not_counted",
    "flag_not_by_its_node",
    "follow_stays_at_home",
    "member_by_own_company_alone",
    "move_by_both_companies",
    "no_thread_is_locked",
    "we_asked_nothing",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rope(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Company, Company]]:
    """Acme, which takes in, and Globex, whose bob is in the project and says whatever others say."""
    async with three_nodes(tmp_path_factory.mktemp("others")) as (acme, globex, _):
        yield acme, globex


def captured() -> list[Document]:
    """Every activity that was captured, and shapes of our own, as far as they are activities at all."""
    bodies = [path.read_bytes() for path in sorted(CORPUS.rglob("*.json"))] if CORPUS.exists() else []
    found = []
    for body in [*bodies, *(json.dumps(shape).encode() for shape in SHAPES)]:
        try:
            document = parse(body)
            Activity.parse(document)
        except FederationError:
            continue
        found.append(document)
    return found


def as_said_by(company: Company, author: str, document: Document, *, number: int) -> Document:
    """The activity as if this member had said it: every address is on the member's host, and it is the member's."""
    base = company.config.base_url
    moved: Any = json.loads(_HOST.sub(base, json.dumps(document)))
    moved |= {"id": f"{base}/captured/{number}", "actor": author}
    moved.pop("proof", None), moved.pop("signature", None)
    if isinstance(moved.get("object"), dict) and "attributedTo" in moved["object"]:
        moved["object"]["attributedTo"] = author
    if isinstance(moved.get("object"), dict) and "actor" in moved["object"]:
        moved["object"]["actor"] = author
    return moved


async def entry(company: Company, project: str, party: Company, seq: int) -> EntryRow | None:
    return await company.node.read(lambda tx: entries.at(tx, project, party.host, seq=seq))


async def test_every_captured_activity_ends_with_a_rule_that_has_its_reason(rope: tuple[Company, Company]):
    acme, globex = rope
    bob = globex.people["bob"].iri
    head = (await globex.heads())[globex.host]
    outcomes: dict[str, str] = {}
    for number, document in enumerate(captured()):
        moved = as_said_by(globex, bob, document, number=number)
        said = await proven(globex, bob, moved, head=head)
        status, rule = await send(globex, acme, said)
        assert status < 500, (rule, said)
        row = await entry(acme, acme.project_iri, globex, head.seq + 1)
        if row is not None:
            head = Head(row.seq, row.hash)
        told = await decided(acme, moved["id"])
        assert told is not None, (status, rule, said)
        outcomes[f"{first_type(document)} {first_type(document.get('object'))}"] = told[1]
        assert told[1] in reasons(), told
    assert outcomes["Create Note"] == "post_of_a_member"
    assert set(outcomes.values()) >= NAMED
    assert (
        "ignored_unknown" not in outcomes.values()
    )  # nothing that others are known to say is left without a row


async def test_after_all_of_it_the_node_still_takes_what_is_said(rope: tuple[Company, Company]):
    acme, globex = rope
    post = await acme.post("alice", "@apollo Still here")

    async def arrived() -> bool:
        return await globex.find_post(post.iri) is not None

    await until(arrived)
