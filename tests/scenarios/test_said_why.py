"""IT asks why something did not arrive, and how far the way to a partner goes, from the command line."""

from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate

import pytest
import pytest_asyncio
import structlog

from federation.keys import rsa_key_id
from federation.vocabulary import ACTIVITY_JSON
from instance.storage import delivery, received
from tests.nodes import Company, a_company, free_port, running, three_nodes, until
from tests.scenarios.desk import Desk
from tests.scenarios.raw import raw_send

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def _servers_are_silent() -> Iterator[None]:
    """The servers run in this process: what they log would stand among what the commands print."""
    structlog.configure(logger_factory=structlog.testing.CapturingLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Desk, Desk]]:
    """Acme and Globex, tied with Initech; alice of acme has said something."""
    async with three_nodes(tmp_path_factory.mktemp("why")) as (acme, globex, _):
        post = await acme.post("alice", "@apollo Look at the drawing")
        await until(lambda: _has(globex, post.iri))
        yield Desk(acme), Desk(globex)


async def _has(company: Company, iri: str) -> bool:
    return await company.find_post(iri) is not None


async def test_what_came_stands_in_the_log_of_its_host_with_its_reason(desks: tuple[Desk, Desk]):
    acme, globex = desks
    rows = await globex.json(f"federation log --host {acme.host}")
    (row,) = [row for row in rows if row["rule"] == "post_of_a_member"]
    assert (row["way"], row["kind"], row["outcome"]) == ("came", "Create", "taken")
    assert row["why"] == "A member posted in the project."


async def test_what_went_stands_there_as_well(desks: tuple[Desk, Desk]):
    acme, globex = desks
    rows = await acme.json(f"federation log --host {globex.host}")
    assert {"done"} == {row["outcome"] for row in rows if row["way"] == "went"}


async def test_an_activity_is_followed_to_each_host_that_it_went_to(desks: tuple[Desk, Desk]):
    acme, globex = desks
    went = await acme.json(f"federation log --host {globex.host}")
    iri = next(row["what"] for row in reversed(went) if row["way"] == "went")
    told = await acme.json(f"federation why {iri}")
    assert {(row["host"], row["outcome"]) for row in told if row["way"] == "went"} >= {(globex.host, "done")}


async def test_of_what_never_was_there_is_no_trace(desks: tuple[Desk, Desk]):
    assert "no such trace" in await desks[0].run("federation why https://nowhere.example/1", status=1)


async def test_a_forged_request_in_a_partners_name_is_noted_with_what_to_do(desks: tuple[Desk, Desk]):
    acme, globex = desks
    key = rsa_key_id(acme.company.node.home.node)
    head = [
        "POST /inbox HTTP/1.1",
        f"Host: {globex.host}",
        f"Date: {formatdate(usegmt=True)}",
        f"Content-Type: {ACTIVITY_JSON}",
        "Digest: SHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=",
        f'Signature: keyId="{key}",headers="(request-target) host date digest",signature="AAAA"',
        "Content-Length: 2",
    ]
    status, _ = await raw_send(globex.company, ("\r\n".join(head) + "\r\n\r\n{}").encode())
    assert status == 401
    rows = await globex.json(f"federation log --host {acme.host}")
    (turned_away,) = [row for row in rows if row["outcome"] == "refused"]
    assert (turned_away["rule"], "proxy" in turned_away["why"]) == ("signature", True)


async def test_the_way_to_a_partner_goes_up_to_a_letter_that_it_takes(desks: tuple[Desk, Desk]):
    acme, globex = desks
    steps = await acme.json(f"federation probe {globex.host}")
    assert [step["name"] for step in steps if step["ok"]] == [
        "node",
        "webfinger",
        "actor",
        "key",
        "signed question",
        "letter",
    ]
    came = await globex.company.node.read(lambda tx: received.latest(tx, 1))
    assert (came[0].type, came[0].rule, came[0].status) == ("View", "view_noted", 202)


async def test_what_the_probe_sent_is_in_the_ledger(desks: tuple[Desk, Desk]):
    acme, globex = desks
    await acme.run(f"federation probe {globex.host}")
    (line,) = await acme.json(f"egress log --host {globex.host} --limit 1")
    assert (line["verdict"], line["letter"], line["rule"]) == ("released", "outbound", "released_public")
    assert "whole" in await acme.run("egress verify")


async def test_the_way_to_a_company_in_no_charter_ends_before_anything_is_proven_to_it(
    desks: tuple[Desk, Desk], tmp_path
):
    stranger = a_company(tmp_path, "umbrella")
    async with running(stranger):
        told = await desks[0].run(f"federation probe {stranger.host}", status=1)
    assert "BAD  signed question" in told
    assert "letter" not in told


async def test_the_way_to_a_dead_host_ends_at_its_door_and_says_what_to_look_at(desks: tuple[Desk, Desk]):
    told = await desks[0].run(f"federation probe nobody.localhost:{free_port()}", status=1)
    assert "BAD  node" in told
    assert "firewall" in told


async def test_every_node_is_listed_with_when_it_was_heard_and_reached(desks: tuple[Desk, Desk]):
    acme, globex = desks
    rows = {row["host"]: row for row in await acme.json("federation hosts")}
    assert rows[globex.host]["reached"]
    assert rows[globex.host]["waiting"] == 0


async def test_what_was_refused_or_waits_goes_when_it_is_mended_and_asked_for(desks: tuple[Desk, Desk]):
    acme, globex = desks
    company, host = acme.company, globex.host
    await globex.company.shut_door()
    posts = [await company.post("alice", f"Part {number}") for number in range(3)]

    async def last_error() -> str:
        lane = await company.node.read(lambda tx: delivery.lane(tx, host))
        return lane.last_error if lane else ""

    await until(last_error, "connect")
    (first, *_) = await company.node.read(lambda tx: delivery.next_letters(tx, host, 1))
    refused = delivery.Result(first.id, delivery.REFUSED, "401 clock")
    await company.node.write(lambda tx: delivery.settle(tx, [refused]))
    await globex.company.open_door()
    assert f"3 letters to {host} are tried now; 1 of them" in await acme.run(f"federation retry {host}")

    async def there() -> int:
        return sum([await globex.company.find_post(post.iri) is not None for post in posts])

    await until(there, 3)
    assert "There is no such node" in await acme.run("federation retry nobody.example", status=1)
