"""The node as other servers see it: what it serves to whom, whom it knows, and that it starts only when it is whole."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from federation.errors import FederationError, Refused
from federation.letters import ANYONE, Disclosure
from federation.signature import Form
from federation.wire import KnownForm
from instance.domain import charter, media, member
from instance.errors import ConfigError, NotNow
from instance.events import PostAppeared
from instance.node import Bus, Cordee, _lasting
from instance.storage import actors
from instance.storage.media import MediaRow
from tests.instance.arriving import said
from tests.nodes import PATIENCE_S, Company, a_company, agree, running, three_nodes
from tests.scenarios.pictures import PNG, a_picture

NOWHERE = "/posts/1"


@pytest.fixture
async def companies(tmp_path: Path) -> AsyncIterator[tuple[Company, Company, Company]]:
    async with three_nodes(tmp_path) as found:
        yield found


@pytest.fixture
async def acme(companies: tuple[Company, Company, Company]) -> Company:
    return companies[0]


@pytest.fixture
async def globex(companies: tuple[Company, Company, Company]) -> Company:
    return companies[1]


async def get(company: Company, path: str, viewer: str = ANYONE) -> Disclosure:
    path = path.removeprefix(company.config.base_url)
    return await company.node.disclose(path, viewer=viewer, accept="application/activity+json")


@pytest.mark.parametrize(
    "path", ["/actor", "/.well-known/nodeinfo", "/nodeinfo/2.0", "/nodeinfo/2.1", "/.well-known/host-meta"]
)
async def test_what_everybody_may_know(acme: Company, path: str):
    assert (await get(acme, path)).status == 200


async def test_a_project_is_shown_to_its_parties_alone(acme: Company, globex: Company):
    for path in ("", "/members", "/charter"):
        assert (await get(acme, acme.project_iri + path, globex.host)).status == 200
        assert (await get(acme, acme.project_iri + path)).status == 404
        assert (await get(acme, acme.project_iri + path, "stranger.example")).status == 404


async def test_a_person_is_shown_to_the_parties_of_a_project_that_person_is_in(
    acme: Company, globex: Company
):
    alice = acme.people["alice"]
    assert (await get(acme, alice.iri, globex.host)).status == 200
    assert (await get(acme, alice.iri)).status == 404


async def test_a_colleague_in_no_project_is_as_one_who_never_was(acme: Company, globex: Company):
    dora = await acme.hire("dora")
    assert await get(acme, dora.iri, globex.host) == await get(acme, f"{dora.iri}x", globex.host)


async def test_who_left_the_project_has_no_profile_there(acme: Company, globex: Company):
    alice = acme.people["alice"]
    await acme.node.perform(lambda tx: member.remove(tx, acme.project_iri, actor_id=alice.id))
    assert (await get(acme, alice.iri, globex.host)).status == 404


async def test_a_post_of_the_project_is_shown_to_its_parties(acme: Company, globex: Company):
    post = await acme.post("alice", "The frame is ready")
    shown = await get(acme, post.iri, globex.host)
    assert orjson.loads(shown.body)["content"] == "<p>The frame is ready</p>"
    assert (await get(acme, post.iri)).status == 404


async def test_an_internal_post_answers_as_one_that_never_was(acme: Company, globex: Company):
    post = await acme.post("alice", "Our margin is thin", project=None)
    for viewer in (ANYONE, globex.host):
        assert await get(acme, post.iri, viewer) == await get(acme, NOWHERE, viewer)


async def a_posted_picture(acme: Company) -> MediaRow:
    """A picture in a post of the project."""
    picture = media.accept(PNG)
    media.save(acme.config.media_dir, picture)
    row = await acme.node.perform(lambda tx: media.store(tx, acme.people["alice"], picture))
    await acme.post("alice", "The frame", media_ids=(row.id,))
    return row


def file_of(acme: Company, row: MediaRow) -> Path:
    assert row.path is not None
    return acme.config.media_dir / row.path


async def test_a_picture_is_served_to_parties_alone(acme: Company, globex: Company):
    row = await a_posted_picture(acme)
    assert (await get(acme, row.iri, globex.host)).body == file_of(acme, row).read_bytes()
    for viewer in (ANYONE, "stranger.example"):
        assert await get(acme, row.iri, viewer) == await get(acme, NOWHERE, viewer)


async def test_a_picture_whose_file_is_gone_or_changed_answers_as_one_that_never_was(
    acme: Company, globex: Company
):
    row = await a_posted_picture(acme)
    file_of(acme, row).write_bytes(a_picture("blue"))
    assert await get(acme, row.iri, globex.host) == await get(acme, NOWHERE, globex.host)
    file_of(acme, row).unlink()
    assert await get(acme, row.iri, globex.host) == await get(acme, NOWHERE, globex.host)


async def test_while_a_picture_is_read_the_node_goes_on(acme: Company, globex: Company):
    """The file is a pipe that nobody has written to yet: a disk that takes its time."""
    await acme.shut_door()
    row = await a_posted_picture(acme)
    data, file = file_of(acme, row).read_bytes(), file_of(acme, row)
    file.unlink()
    os.mkfifo(file)
    asked = asyncio.create_task(get(acme, row.iri, globex.host))
    try:
        await asyncio.sleep(0.05)
        await asyncio.wait_for(acme.post("alice", "Meanwhile"), PATIENCE_S)
        assert not asked.done()
    finally:
        await asyncio.to_thread(file.write_bytes, data)
    assert (await asked).body == data


async def test_an_entry_is_served_as_it_was_proven(acme: Company, globex: Company):
    await acme.post("alice", "The frame is ready")
    entry = await said(acme, 2)
    assert orjson.loads((await get(acme, entry["id"], globex.host)).body) == entry


async def test_the_log_is_served_to_parties_alone(acme: Company, globex: Company):
    path = f"/log?project={acme.project_iri}"
    heads = orjson.loads((await get(acme, path, globex.host)).body)["heads"]
    assert heads.startswith(f"<{acme.project_iri}>")
    for viewer in (ANYONE, "stranger.example"):
        assert await get(acme, path, viewer) == await get(acme, NOWHERE, viewer)


async def test_the_log_is_closed_while_the_charter_is_suspended(acme: Company, globex: Company):
    await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
    assert (await get(acme, f"/log?project={acme.project_iri}", globex.host)).status == 404


async def test_a_party_re_serves_what_another_said(acme: Company, globex: Company, companies):
    await acme.post("alice", "The frame is ready")
    await agree(*companies)
    path = f"/log?project={acme.project_iri}&party={acme.host}&after=1"
    page = orjson.loads((await get(globex, path, companies[2].host)).body)
    assert page["orderedItems"] == [await said(acme, 2)]


@pytest.mark.parametrize(
    "query", ["", "?project=", "?project=x&party=y", "?project=%00", "?after=99999999999999999999"]
)
async def test_a_question_about_no_log_is_answered_as_what_never_was(
    acme: Company, globex: Company, query: str
):
    assert await get(acme, f"/log{query}", globex.host) == await get(acme, NOWHERE, globex.host)


async def test_webfinger_knows_the_server_and_tells_no_stranger_of_people(acme: Company, globex: Company):
    server = await acme.node.webfinger(acme.config.base_url, viewer=ANYONE)
    alice = f"acct:alice@{acme.host}"
    assert server.status == 200
    assert (await acme.node.webfinger(alice, viewer=ANYONE)).status == 404
    assert (await acme.node.webfinger(alice, viewer=globex.host)).status == 200


@pytest.mark.parametrize("resource", ["acct:nobody@acme.example", "acct:", "alice", "https://", "mailto:a@b"])
async def test_webfinger_of_nobody_is_not_found(acme: Company, resource: str):
    assert (await acme.node.webfinger(resource, viewer=ANYONE)).status == 404


async def test_parties_are_known_and_strangers_are_not(acme: Company, globex: Company):
    assert await acme.node.party_known(globex.host, None)
    assert not await acme.node.party_known("stranger.example", None)


async def test_a_stranger_with_an_offer_that_names_us_is_let_in_once_in_a_while(acme: Company):
    offer = {
        "type": "Offer",
        "actor": "https://stranger.example/actor",
        "object": {"type": "Charter", "parties": [{"host": acme.host}]},
    }
    assert await acme.node.party_known("stranger.example", offer)
    assert not await acme.node.party_known("stranger.example", offer)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Create"},
        {"actor": "https://other.example/actor"},
        {"actor": None},
        {"object": {"type": "Charter", "parties": [{"host": "other.example"}]}},
        {"object": {"type": "Charter", "parties": "x"}},
        {"object": "https://stranger.example/charters/1"},
    ],
)
async def test_a_stranger_with_anything_else_is_not_let_in(acme: Company, change: dict):
    offer = {
        "type": "Offer",
        "actor": "https://stranger.example/actor",
        "object": {"type": "Charter", "parties": [{"host": acme.host}]},
    }
    assert not await acme.node.party_known("stranger.example", offer | change)


async def test_nothing_is_fetched_for_a_stranger(acme: Company):
    with pytest.raises(Refused, match="party_unknown"):
        await acme.node.find_key("https://stranger.example/actor#main-key", host="stranger.example")


async def test_a_key_is_found_on_its_own_host_only(acme: Company, globex: Company):
    with pytest.raises(FederationError):
        await acme.node.find_key("https://stranger.example/actor#main-key", host=globex.host)


async def test_a_key_that_is_not_there_is_not_asked_for_again_at_once(acme: Company, globex: Company):
    key_id = f"{globex.config.home.node}#another"
    for _ in range(2):
        with pytest.raises(FederationError, match="unknown_key"):
            await acme.node.find_key(key_id, host=globex.host)


async def test_a_fresh_key_is_fetched_and_then_remembered(acme: Company, globex: Company):
    key_id = f"{globex.config.home.node}#main-key"
    fresh = await acme.node.find_key(key_id, host=globex.host, fresh=True)
    await globex.shut_door()
    assert (await acme.node.find_key(key_id, host=globex.host, fresh=True)).id == fresh.id


async def test_meeting_a_node_keeps_its_actor(tmp_path: Path):
    async with running(a_company(tmp_path, "acme"), a_company(tmp_path, "globex")) as (acme, globex):
        await acme.node.meet(globex.host)
        found = await acme.node.read(lambda tx: actors.by_iri(tx, globex.config.home.node))
        assert found is not None
        assert found.display_name == "Globex"


async def test_the_form_of_signature_that_a_host_takes_is_remembered_with_its_age(tmp_path: Path):
    acme = a_company(tmp_path, "acme")
    found = {"globex.example": KnownForm(Form.RFC9421, 1_700_000_000.5)}
    async with running(acme):
        acme.node.wire.known_forms.update(found)
        await acme.stop()
        await acme.start()
        assert acme.node.wire.known_forms == found
        later = KnownForm(Form.CAVAGE, 1_700_000_900.0)
        acme.node.wire.known_forms["globex.example"] = later
        await acme.stop()
        await acme.start()
        assert acme.node.wire.known_forms == {"globex.example": later}


async def test_a_node_without_its_database_does_not_start(tmp_path: Path):
    company = a_company(tmp_path, "acme")
    company.config.database.unlink()
    with pytest.raises(ConfigError, match="cordee init"):
        await Cordee.open(company.config)


async def test_a_node_without_its_seal_key_does_not_start(tmp_path: Path):
    company = a_company(tmp_path, "acme")
    company.config.seal_key_path.unlink()
    with pytest.raises(ConfigError, match="cordee init"):
        await Cordee.open(company.config)


def test_a_subscriber_that_fails_does_not_keep_the_others_from_hearing():
    heard: list[object] = []

    def fails(_: object) -> None:
        raise ValueError("no")

    bus = Bus()
    bus.subscribe(fails)
    bus.subscribe(heard.append)
    event = PostAppeared(1, 2, "internal", "public", ())
    bus.tell(event)
    assert heard == [event]


def test_who_unsubscribes_hears_no_more():
    heard: list[object] = []
    bus = Bus()
    stop = bus.subscribe(heard.append)
    stop()
    bus.tell(PostAppeared(1, 2, "internal", "public", ()))
    assert heard == []


async def test_closing_ends_every_task(tmp_path: Path):
    company = a_company(tmp_path, "acme")
    node = await Cordee.open(company.config)
    tasks = list(node._tasks)
    await node.close()
    assert all(task.done() for task in tasks)


async def test_what_runs_beside_begins_again_when_the_disk_lets_it():
    """Else a charter would not end on its day any more, until somebody started the node anew."""
    begun: list[int] = []

    async def work() -> None:
        begun.append(1)
        if len(begun) < 3:
            raise NotNow("disk_full", "The disk is full.", wait_s=0)

    await _lasting(work)
    assert len(begun) == 3
