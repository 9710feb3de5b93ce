"""`cordee project`: the projects this company hosts or takes part in."""

from typing import Annotated

import typer

from instance.cli import charter as charter_cli
from instance.cli import lookup, terminal
from instance.cli.terminal import AsJson
from instance.domain import project
from instance.storage import actors, charters, log, members
from instance.storage.actors import ActorRow
from instance.storage.database import Tx

COLUMNS = ("handle", "title", "charter", "until", "members")

app = typer.Typer(help="The projects this company hosts or takes part in.", no_args_is_help=True)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="HANDLE", help="Short name: apollo becomes @apollo@acme.example.")
    ],
    title: Annotated[str, typer.Option(help="Name in full.")],
    purpose: Annotated[str, typer.Option(help="What it is for.")],
) -> None:
    """Create a project that this company hosts. It has no partners until a charter is offered and signed.

    Example: cordee project create apollo --title Apollo --purpose "New braking unit"
    """
    row = terminal.perform(ctx, lambda tx: project.create(tx, name=name, title=title, purpose=purpose))
    typer.echo(f"@{row.username}@{row.host}  {row.iri}")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the projects, with the state of their charters.

    Example: cordee project list
    """

    def query(tx: Tx) -> list[dict[str, object]]:
        known = actors.by_ids(tx, [row.id for row in actors.projects(tx)])
        return [_summary(tx, row) for row in known.values()]

    terminal.show(terminal.look(ctx, query), COLUMNS, as_json=as_json)


@app.command()
def show(
    ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="PROJECT")], as_json: AsJson = False
) -> None:
    """Show a project: its charter, its parties, and up to where each party's log is held here.

    Example: cordee project show apollo
    """

    def query(tx: Tx) -> tuple[dict[str, object], list[dict[str, object]]]:
        row = lookup.project(tx, name)
        return _summary(tx, row), _parties(tx, row)

    summary, parties = terminal.look(ctx, query)
    if as_json:
        terminal.print_json(summary | {"parties": parties})
        return
    terminal.show([summary], COLUMNS, as_json=False)
    typer.echo()
    terminal.show(parties, ("host", "company", "role", "state", "log"), as_json=False)


def _summary(tx: Tx, row: ActorRow) -> dict[str, object]:
    latest = charters.in_force(tx, row.iri) or next(iter(charters.of_project(tx, row.iri)), None)
    return {
        "iri": row.iri,
        "handle": f"@{row.username}@{row.host}",
        "title": row.display_name,
        "purpose": row.summary,
        "charter": latest.state if latest else "none",
        "until": terminal.moment(latest.ends_at_ms) if latest else None,
        "members": len(members.of_project(tx, row.iri)),
    }


def _parties(tx: Tx, row: ActorRow) -> list[dict[str, object]]:
    charter = charters.in_force(tx, row.iri)
    heads = log.heads(tx, row.iri)
    return [
        {
            "host": party.host,
            "company": party.company,
            "role": party.role,
            "state": charter_cli.standing(party),
            "log": heads[party.host].seq if party.host in heads else 0,
        }
        for party in (charters.parties(tx, charter.id) if charter else [])
    ]
