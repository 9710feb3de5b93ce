"""`cordee move-domain`: it shows, begins, tells how far it is, and takes the name, while the servers run."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from tests.nodes import three_nodes, until
from tests.scenarios.desk import Desk
from tests.scenarios.moves import NEW


@pytest.fixture(autouse=True)
def _servers_are_silent() -> Iterator[None]:
    """The servers run in this process: what they log would stand among what the commands print."""
    structlog.configure(logger_factory=structlog.testing.CapturingLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[tuple[Desk, Desk, Desk]]:
    """Three companies, tied, with somebody at a shell in each."""
    async with three_nodes(tmp_path) as (acme, globex, initech):
        yield Desk(acme), Desk(globex), Desk(initech)


async def test_the_whole_way_at_the_shell(desks: tuple[Desk, Desk, Desk]):
    acme, *others = desks
    company = acme.company
    new = f"{NEW}.localhost:{company.port}"
    plan = await acme.json(f"move-domain --to {new}")
    assert (plan["people"], plan["charters"], plan["companies"], plan["obstacles"]) == (1, 1, 2, [])
    assert await acme.state() == "live"  # to look changes nothing
    assert f"Offered under {new}: 1 of" in await acme.run(f"move-domain --to {new} --start")
    for other in others:
        await until(other.company.charter_state, "offered")
        assert "Not signed yet" in await acme.run("move-domain --go", status=1)
        await other.run(f"charter approve @apollo@{company.host}")
    await until(lambda: signed(acme), ["signed", "signed"])
    assert f"is {new} from now on" in await acme.run("move-domain --go")
    await company.node.has_moved.wait()  # the server has noticed; `cordee serve` begins again by itself
    await company.stop()
    await company.start()
    kept = await acme.json("move-domain")
    assert (kept["old"], kept["now"], kept["followers_behind"]) == (company.host, new, 0)
    for other in others:
        other.company.project_iri = company.project_iri.replace(company.host, new)
        await until(other.company.charter_state, "live")
        assert new in await other.run("charter show apollo")
    assert "counts no more" in await acme.run("move-domain --finish")
    assert "No move is under way" in await acme.run("move-domain", status=1)


async def signed(desk: Desk) -> list[str]:
    return [row["state"] for row in (await desk.json("move-domain"))["companies"]]


async def test_what_was_begun_can_be_called_off(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    new = f"{NEW}.localhost:{acme.company.port}"
    assert "No move is under way" in await acme.run("move-domain --cancel", status=1)
    await acme.run(f"move-domain --to {new} --start --overlap 3")
    await until(globex.company.charter_state, "offered")
    assert "The old name goes on" in await acme.run("move-domain --cancel")
    await until(globex.company.charter_state, "declined")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--to {new} --start --overlap 91", "Between 1 and 90 days"),
        ("--start", "Say where to"),
        ("--start --go", "One at a time"),
        ("--to {own}", "the name that this node has"),
        ("", "No move is under way"),
        ("--finish", "No old name is kept"),
    ],
)
async def test_what_makes_no_sense_is_said_in_a_line(desks: tuple[Desk, Desk, Desk], line: str, words: str):
    acme = desks[0]
    given = line.format(new=f"{NEW}.localhost:1", own=acme.host)
    assert words in await acme.run(f"move-domain {given}", status=1)
