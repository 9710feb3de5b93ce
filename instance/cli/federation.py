"""`cordee federation`: what was exchanged with other nodes, why something was not taken, and how far the way to a node goes."""

import asyncio
from typing import Annotated

import typer

from instance import reasons
from instance.cli import terminal
from instance.cli.terminal import AsJson
from instance.config import Config
from instance.domain.outcome import Outcome
from instance.errors import NotFound
from instance.probe import Probe, Step
from instance.storage import delivery, exchanges, peers
from instance.storage.database import Tx
from instance.storage.exchanges import Exchange
from instance.storage.peers import PeerRow

LOG_COLUMNS = ("at", "way", "kind", "what", "outcome", "rule", "why")
WHY_COLUMNS = ("at", "way", "host", "outcome", "rule", "why")
HOST_COLUMNS = ("host", "name", "heard", "reached", "waiting", "next", "error")

app = typer.Typer(help="What is exchanged with other nodes, and why it may not arrive.", no_args_is_help=True)


@app.command("log")
def log(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="The other node, as globex.example.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many exchanges, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Print the last exchanges with a host, both ways, oldest first, each with its reason.

    Example: cordee federation log --host globex.example
    """
    found = terminal.look(ctx, lambda tx: exchanges.with_host(tx, host.lower(), limit))
    terminal.show([_shown(row) for row in reversed(found)], LOG_COLUMNS, as_json=as_json)


@app.command("why")
def why(ctx: typer.Context, iri: str, as_json: AsJson = False) -> None:
    """Print what was decided about an activity or a thing, by its address: where it came from or went to, and why it was dropped.

    Example: cordee federation why https://globex.example/activities/7212
    """
    found = terminal.look(ctx, lambda tx: exchanges.about(tx, iri))
    if not found:
        raise NotFound("trace of that address: it never came, and was never sent")
    rows = [{**_shown(row), "host": row.what} for row in found]
    terminal.show(rows, WHY_COLUMNS, as_json=as_json)


@app.command("hosts")
def hosts(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Print every node we have dealings with: when it was last heard and reached, what waits for it, and until when.

    Example: cordee federation hosts
    """
    terminal.show(terminal.look(ctx, _hosts), HOST_COLUMNS, as_json=as_json)


@app.command("retry")
def retry(ctx: typer.Context, host: str) -> None:
    """Try now what waits for a node, and once more what it refused or what was given up: after the cause was mended.

    Nothing is sent twice that had arrived. What the gate holds back stays back.

    Example: cordee federation retry globex.example
    """
    again, waiting = terminal.perform(ctx, lambda tx: Outcome(_retry(tx, host.strip().lower())))
    typer.echo(f"{waiting} letters to {host} are tried now; {again} of them had been refused or given up.")


def _retry(tx: Tx, host: str) -> tuple[int, int]:
    if delivery.lane(tx, host) is None:
        raise NotFound("node that anything was ever sent to")
    again = delivery.queue_again(tx, host)
    return again, sum(row.letters for row in delivery.waiting(tx) if row.host == host)


@app.command("probe")
def probe(ctx: typer.Context, host: str, as_json: AsJson = False) -> None:
    """Walk the way to a node step by step, up to a letter that it takes, and say where it ends and what to do.

    The exit status is 1 when it does not go all the way. Each step is a line of the egress ledger.

    Example: cordee federation probe globex.example
    """
    steps = asyncio.run(_walk(terminal.settings(ctx), host.lower()))
    if as_json:
        terminal.print_json([step._asdict() for step in steps])
    else:
        for step in steps:
            _print(step)
    if not steps[-1].ok:
        raise typer.Exit(1)


async def _walk(found: Config, host: str) -> list[Step]:
    async with terminal.connected(found) as (database, wire):
        walk = Probe(database, terminal.gate(found), wire, home=found.home, host=host).walk()
        return [step async for step in walk]


def _print(step: Step) -> None:
    typer.echo(f"{'ok ' if step.ok else 'BAD'}  {step.name:16} {step.says}")
    if not step.ok and (words := reasons.explain(step.rule)):
        typer.echo(f"     {'':16} → {words}")


def _shown(row: Exchange) -> dict[str, object]:
    return row._asdict() | {"at": terminal.moment(row.at_ms), "why": reasons.explain(row.rule)}


def _hosts(tx: Tx) -> list[dict[str, object]]:
    lanes = {lane.host: lane for lane in delivery.lanes(tx)}
    waiting = {row.host: row.letters for row in delivery.waiting(tx)}
    return [_host(row, lanes.get(row.host), waiting.get(row.host, 0)) for row in peers.all_peers(tx)]


def _host(row: PeerRow, lane: delivery.LaneRow | None, letters: int) -> dict[str, object]:
    return {
        "host": row.host,
        "name": row.name,
        "software": row.software,
        "heard": terminal.moment(row.heard_at_ms),
        "reached": terminal.moment(row.reached_at_ms),
        "waiting": letters,
        "next": terminal.moment(lane.due_at_ms) if lane and letters else None,
        "error": lane.last_error if lane else "",
    }
