"""Companies are tied, suspended and left from the command line, while their servers run."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import structlog
from aiohttp.web import Application, Request, StreamResponse

from instance.node import Cordee
from tests.nodes import a_company, protocol_app, running, until
from tests.scenarios.desk import Desk

LAST_DAY = f"{datetime.now(UTC).year + 1}-12-31"


@pytest.fixture(autouse=True)
def _servers_are_silent() -> Iterator[None]:
    """The servers run in this process: what they log would stand among what the commands print."""
    structlog.configure(logger_factory=structlog.testing.CapturingLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[tuple[Desk, Desk, Desk]]:
    """Three companies that do not know each other, each with one employee; apollo is a project of acme."""
    companies = [a_company(tmp_path, name) for name in ("acme", "globex", "initech")]
    async with running(*companies):
        desks = acme, globex, initech = Desk(companies[0]), Desk(companies[1]), Desk(companies[2])
        await acme.run('project create apollo --title Apollo --purpose "New braking unit"')
        for desk, name in zip(desks, ("alice", "bob", "carol"), strict=True):
            await desk.company.hire(name)
        yield acme, globex, initech


async def offer(acme: Desk, *others: Desk) -> None:
    parties = " ".join(f"--party {other.host}:supplier" for other in others)
    await acme.run(f'charter offer apollo {parties} --purpose "New braking unit" --until {LAST_DAY}')
    for other in others:
        await until(other.state, "offered")


async def tie(acme: Desk, *others: Desk) -> str:
    """Offer and approve; the handle by which the others name the project."""
    await offer(acme, *others)
    name = f"@apollo@{acme.host}"
    for other in others:
        await other.run(f"charter approve {name}")
    for desk in (acme, *others):
        await until(desk.state, "live")
    return name


async def test_an_offer_names_its_terms_at_the_other_company(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    await offer(acme, globex)
    (row,) = await globex.json("charter list --waiting")
    assert (row["project"], row["ceiling"], row["until"]) == (
        f"@apollo@{acme.host}",
        "C1",
        f"{LAST_DAY}T23:59:59Z",
    )


async def test_a_charter_is_live_once_each_company_has_approved(desks: tuple[Desk, Desk, Desk]):
    acme, globex, initech = desks
    name = await tie(acme, globex, initech)
    shown = await initech.json(f"charter show {name}")
    assert {party["host"]: party["state"] for party in shown["parties"]} == {
        acme.host: "signed",
        globex.host: "signed",
        initech.host: "signed",
    }


async def test_a_declined_offer_is_declined_for_both_with_the_reason(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    await offer(acme, globex)
    await globex.run(f'charter decline @apollo@{acme.host} --reason "Too late for us"')
    await until(acme.state, "declined")
    shown = await acme.json("charter show apollo")
    assert "Too late for us" in str(shown["events"])


async def test_who_is_added_here_is_a_member_there_until_removed(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    name = await tie(acme, globex)

    async def at_globex() -> list[str]:
        return [row["handle"] for row in await globex.json(f"member list {name}")]

    await acme.run("member add apollo alice --role lead")
    await until(at_globex, [f"@alice@{acme.host}"])
    await acme.run("member remove apollo alice")
    await until(at_globex, [])


async def test_a_company_cannot_add_the_people_of_another(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    await tie(acme, globex)
    said = await acme.run(f"member add apollo @bob@{globex.host}", status=1)
    assert "There is no such person" in said


async def test_whoever_suspends_stops_it_for_all_until_they_resume(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    name = await tie(acme, globex)
    await globex.run(f"charter suspend {name}")
    await until(acme.state, "suspended")
    await globex.run(f"charter resume {name}")
    await until(acme.state, "live")


async def test_who_leaves_has_left_everywhere(desks: tuple[Desk, Desk, Desk]):
    acme, globex, initech = desks
    name = await tie(acme, globex, initech)
    await initech.run(f"charter leave {name} --yes")

    async def standing() -> str:
        parties = (await acme.json("charter show apollo"))["parties"]
        return next(party["state"] for party in parties if party["host"] == initech.host)

    await until(standing, "left")


async def test_an_amendment_brings_a_third_company_in(desks: tuple[Desk, Desk, Desk]):
    acme, globex, initech = desks
    name = await tie(acme, globex)
    await acme.run(f"charter amend apollo --party {initech.host}:client --ceiling C2 --guests read")
    await until(initech.state, "offered")
    for desk in (globex, initech):
        await until(lambda desk=desk: _waits(desk), True)
        await desk.run(f"charter approve {name}")
    await until(lambda: _version(acme), (2, "live", "C2"))
    assert (await globex.json("charter show apollo"))["guests"] == "read"


async def _waits(desk: Desk) -> bool:
    return bool(await desk.json("charter list --waiting"))


async def _version(desk: Desk) -> tuple[int, str, str]:
    row = await desk.json("charter show apollo")
    return row["version"], row["state"], row["ceiling"]


async def test_check_finds_each_node_and_its_partners_well(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    await tie(acme, globex)
    await acme.run("person promote alice")
    said = await acme.run("check")
    assert f"{acme.host} answers" in said
    assert f"{globex.host} answers" in said


async def test_check_finds_a_partner_that_does_not_answer(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    await tie(acme, globex)
    await globex.company.shut_door()
    assert "Nothing listens there" in await acme.run("check", status=1)


def an_hour_ahead(node: Cordee) -> Application:
    """The doors of a node whose answers carry the time of an hour from now."""

    async def set_date(_request: Request, response: StreamResponse) -> None:
        response.headers["Date"] = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    served = protocol_app(node)
    served.on_response_prepare.append(set_date)
    return served


async def test_check_finds_a_clock_that_differs_from_a_partners(desks: tuple[Desk, Desk, Desk]):
    acme, globex, _ = desks
    await tie(acme, globex)
    await globex.company.shut_door()
    globex.company.app_of = an_hour_ahead
    await globex.company.open_door()
    said = await acme.run("check", status=1)
    assert f"s behind {globex.host}" in said
    assert "timedatectl set-ntp true" in said


async def test_what_left_for_a_partner_is_in_the_ledger_and_the_ledger_is_whole(
    desks: tuple[Desk, Desk, Desk],
):
    acme, globex, _ = desks
    await tie(acme, globex)
    lines = await acme.json(f"egress log --host {globex.host} --verdict released")
    assert {line["letter"] for line in lines} >= {"inquiry", "outbound"}
    assert (await acme.json("egress verify"))["ok"]


async def test_a_host_that_is_no_node_is_said_to_be_none(desks: tuple[Desk, Desk, Desk]):
    acme, _, _ = desks
    said = await acme.run("charter offer apollo --party acme.localhost:9 --purpose x", status=1)
    assert said.startswith("cordee: The other server could not be reached. (connect")
