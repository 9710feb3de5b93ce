"""A company on its way to another domain; for the scenarios of moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from instance import moving
from instance.domain import charter, move
from instance.storage import actors, charters
from tests.nodes import Company, agree, three_nodes, until

NEW = "acme-group"
Trio = tuple[Company, Company, Company]


def new_base(acme: Company) -> str:
    return f"http://{NEW}.localhost:{acme.port}"


async def approve(company: Company) -> None:
    """Meet whom one has not met, and sign, as the desk does."""
    row = (await company.node.read(charters.waiting))[0]
    for party in await company.node.read(lambda tx: charter.unmet(tx, row.iri)):
        await company.node.meet(party.host)
    await company.node.perform(lambda tx: charter.approve(tx, row.iri, by="IT"))


async def begin(acme: Company) -> None:
    """Choose the new name as the command does; the server notices."""
    await acme.node.perform(lambda tx: move.start(tx, new_base(acme)))
    await acme.node.read(acme.node.know_names)


async def states(acme: Company) -> list[str]:
    return sorted(row.state for row in await acme.node.read(move.standings))


async def sign(acme: Company, *others: Company) -> None:
    for other in others:
        await until(other.charter_state, "offered")
        await approve(other)
    await until(lambda: states(acme), ["signed"] * len(others))


async def take(acme: Company) -> None:
    """Take the new name, as the command does while the server runs, and start the server again."""
    await acme.node.write(lambda tx: moving.take(tx, gate=acme.node.gate))
    await acme.stop()
    await acme.start()
    acme.config = acme.node.config
    acme.project_iri = acme.project_iri.replace("//acme.", f"//{NEW}.")
    people = await acme.node.read(actors.persons)
    acme.people = {person.username: person for person in people}


async def arrived(acme: Company, *others: Company) -> None:
    """Wait until the others have taken the new name in."""
    for other in others:
        other.project_iri = acme.project_iri
        await until(other.charter_state, "live")


@asynccontextmanager
async def moved(directory: Path) -> AsyncIterator[Trio]:
    """Acme has moved; there is a post of each from before."""
    async with three_nodes(directory) as (acme, globex, initech):
        await acme.post("alice", "Before, by Alice")
        await globex.post("bob", "Before, by Bob")
        await agree(acme, globex, initech)
        await begin(acme)
        await sign(acme, globex, initech)
        await take(acme)
        await arrived(acme, globex, initech)
        yield acme, globex, initech
