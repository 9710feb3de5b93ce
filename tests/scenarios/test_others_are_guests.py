"""What twenty-six kinds of server send, brought by a guest host: taken, or refused with a rule that says what to do, and never an error of ours."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from federation.document import Document, parse
from federation.errors import FederationError
from instance.domain.guest_answer import PERSON_AN_HOUR
from instance.reasons import explain, reasons
from tests.federation.vectors import CORPUS
from tests.foreign import kinds
from tests.foreign.server import Foreign, a_server
from tests.scenarios.guest_place import Place, a_place
from tests.scenarios.shapes import SHAPES
from tests.web.client import App, apps_of
from web.app import build_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HOST = re.compile(r"https?://(?!www\.w3\.org|w3id\.org)[^/\"\s<>\\\\]+")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """Acme and Globex, whose charter lets guests answer."""
    async with a_place(tmp_path_factory.mktemp("guests"), may="answer", app_of=build_app) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def foreign(place: Place) -> AsyncIterator[Foreign]:
    """The guest."""
    async with a_server(kinds.MASTODON) as found:
        await place.let_in(found)
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(place: Place) -> AsyncIterator[App]:
    """Alice of Acme in her app."""
    async with apps_of(place.acme, "alice") as (app,):
        yield app


def captured() -> list[bytes]:
    """Every body that was captured, whatever it is, and shapes of our own."""
    bodies = [path.read_bytes() for path in sorted(CORPUS.rglob("*.json"))] if CORPUS.exists() else []
    return [*bodies, *(json.dumps(shape).encode() for shape in SHAPES)]


def read() -> list[Document]:
    """Those that can be read."""
    found = []
    for body in captured():
        with suppress(FederationError):
            found.append(parse(body))
    return found


def as_said_by(foreign: Foreign, who: str, document: Document, *, number: int) -> Document:
    """The document as if somebody there had said it: every address is on their host, and it is theirs."""
    moved: Any = json.loads(_HOST.sub(foreign.base, json.dumps(document)))
    moved |= {"id": f"{foreign.base}/captured/{number}", "actor": who}
    carried = moved.get("object")
    if isinstance(carried, dict):
        moved["object"] = carried | {name: who for name in ("attributedTo", "actor") if name in carried}
    return dict(moved)


def meant(document: Document, project: str) -> Document:
    """The same about the project: what is followed, blocked or liked is the project, and a note mentions it."""
    carried = document.get("object")
    if isinstance(carried, dict) and document.get("type") in {"Create", "Update"}:
        return document | {"object": carried | {"tag": [{"type": "Mention", "href": project}]}}
    return document | {"object": project}


async def check_answer(place: Place, foreign: Foreign, who: str, body: Any) -> str:
    """Bring it; the rule by which it is refused, nothing when it is taken. Nothing breaks on the way."""
    with capture_logs() as logs:
        status, problem = await foreign.send(place.acme, who, body)
    assert status < 500, (problem, body)
    assert not [line for line in logs if line["log_level"] == "error"], (logs, body)
    if status < 300:
        return ""
    assert explain(problem["rule"]), problem
    assert problem["detail"] == explain(problem["rule"])
    assert problem["status"] == status
    return str(problem["rule"])


async def test_what_others_say_is_not_believed_of_a_guest(place: Place, foreign: Foreign):
    """As it was captured: the words of somebody else, brought by ann."""
    who, _, _ = await foreign.follow(place.acme)
    told = {await check_answer(place, foreign, who, body) for body in captured()}
    assert told - {""} <= set(reasons())
    assert "signer_is_not_the_actor" in told


async def test_what_its_own_people_say_in_all_their_ways_is_taken_or_refused(place: Place, foreign: Foreign):
    told: set[str] = set()
    for number, document in enumerate(read()):
        name = f"ann{number // PERSON_AN_HOUR}"
        who = foreign.person(name)
        if who not in await place.followers():  # one of them said that they unfollow, block or are gone
            await foreign.follow(place.acme, name)
        said = as_said_by(foreign, who, document, number=number)
        told.add(await check_answer(place, foreign, who, said))
        if "object" in said:
            about = meant(said, place.acme.project_iri) | {"id": f"{said['id']}/again"}
            told.add(await check_answer(place, foreign, who, about))
    assert {"", "activity_without_object", "guest_mentions_no_project"} <= told <= {"", *reasons()}


async def test_what_came_of_it_can_be_read_and_the_guest_is_still_heard(
    place: Place, foreign: Foreign, alice: App
):
    who, _, _ = await foreign.follow(place.acme, "last")
    note = foreign.kind.note(foreign, who, place.acme.project_iri)
    assert await check_answer(place, foreign, who, foreign.said(who, "Create", note)) == ""
    seen: list[str] = []
    while page := await alice.get(
        "/api/v1/timelines/home", limit=40, **({"max_id": seen[-1]} if seen else {})
    ):
        seen += [status["id"] for status in page]
    assert len(seen) == len(set(seen)) > 1
