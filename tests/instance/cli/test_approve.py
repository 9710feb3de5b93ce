"""`cordee charter approve` asks every company's node for its own key before anything is signed."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from instance.storage import keys
from tests.nodes import a_company, running, until
from tests.scenarios.desk import Desk


@pytest.fixture(autouse=True)
def _servers_are_silent() -> Iterator[None]:
    """The servers run in this process: what they log would stand among what the commands print."""
    structlog.configure(logger_factory=structlog.testing.CapturingLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[tuple[Desk, Desk, Desk]]:
    """Acme has offered a charter to Globex and Initech, which do not know each other."""
    companies = [a_company(tmp_path, name) for name in ("acme", "globex", "initech")]
    async with running(*companies):
        acme, globex, initech = Desk(companies[0]), Desk(companies[1]), Desk(companies[2])
        await acme.run("project create apollo --title Apollo --purpose Brakes")
        await acme.run(
            f"charter offer apollo --party {globex.host} --party {initech.host} --purpose 'New braking unit'"
        )
        for other in (globex, initech):
            await until(other.state, "offered")
        yield acme, globex, initech


async def test_it_meets_the_companies_that_only_the_offer_vouches_for(desks: tuple[Desk, Desk, Desk]):
    acme, globex, initech = desks
    node, ask = f"{initech.company.config.base_url}/actor", globex.company.node.read
    assert await ask(lambda tx: keys.keys_of(tx, node)) == []
    assert "it is approved" in await globex.run(f"charter approve @apollo@{acme.host}")
    assert await ask(lambda tx: keys.keys_of(tx, node)) != []


async def test_it_signs_nothing_when_one_cannot_be_met_and_names_it(desks: tuple[Desk, Desk, Desk]):
    acme, globex, initech = desks
    await initech.company.shut_door()
    said = await globex.run(f"charter approve @apollo@{acme.host}", status=1)
    assert f"No key from the node of {initech.host}" in said
    assert "--unmet-ok" in said
    assert await globex.state() == "offered"


async def test_it_signs_all_the_same_when_it_is_told_to_and_the_history_says_so(
    desks: tuple[Desk, Desk, Desk],
):
    acme, globex, initech = desks
    await initech.company.shut_door()
    said = await globex.run(f"charter approve @apollo@{acme.host} --unmet-ok")
    assert f"the offering company's word for the key of {initech.host}" in said
    shown = await globex.json(f"charter show @apollo@{acme.host}")
    assert f"not met: {initech.host}" in str(shown["events"])
