"""`cordee egress`: what left this company and what was held back, and the proof that nobody rewrote it since."""

from enum import StrEnum
from typing import Annotated

import orjson
import typer

from instance.cli import lookup, terminal
from instance.cli.terminal import AsJson
from instance.errors import Conflict
from instance.storage import ledger
from instance.storage.database import Tx
from instance.storage.ledger import LineRow

COLUMNS = ("seq", "at", "verdict", "letter", "rule", "host", "what")

app = typer.Typer(help="What left this company, and what was held back.", no_args_is_help=True)


class Decision(StrEnum):
    """What the gate said."""

    released = "released"
    withheld = "withheld"


@app.command("log")
def log(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Only letters to this host.")] = None,
    verdict: Annotated[Decision | None, typer.Option(help="Only what was released, or withheld.")] = None,
    project: Annotated[str | None, typer.Option(help="Only things of this project.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many lines, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Print the newest lines of the ledger, oldest of them first.

    Example: cordee egress log --verdict withheld --host globex.example
    """

    def query(tx: Tx) -> list[dict[str, object]]:
        space = lookup.project(tx, project).iri if project else None
        wanted = verdict.value if verdict else None
        lines = ledger.lines(tx, host=host, verdict=wanted, space=space, limit=limit)
        return [_shown(line) for line in reversed(lines)]

    terminal.show(terminal.look(ctx, query), COLUMNS, as_json=as_json)


@app.command()
def verify(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Read the whole ledger and check that no line was changed, moved or taken out.

    Keep the hash that it prints somewhere else: later it shows that nothing was cut off at the end.

    Example: cordee egress verify
    """
    gate = terminal.gate(terminal.settings(ctx))
    proof, head = terminal.look(ctx, lambda tx: (gate.verify_ledger(tx), ledger.last(tx)))
    if as_json:
        terminal.print_json(proof._asdict() | {"head": head.hash})
    elif proof.ok:
        typer.echo(f"{proof.lines} lines, whole. Head: {head.hash}")
    if not proof.ok:
        raise Conflict(
            "ledger_broken",
            f"The ledger does not fit from line {proof.broken_at} on: it was changed outside of Cordée. "
            "Keep the file as evidence and compare it with a backup.",
        )


def _shown(line: LineRow) -> dict[str, object]:
    return line._asdict() | {"at": terminal.moment(line.at_ms), "names": orjson.loads(line.names)}
