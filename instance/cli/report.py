"""`cordee report`: what people reported to IT, and IT of partners to ours."""

from typing import Annotated

import typer

from instance.cli import terminal
from instance.cli.terminal import AsJson
from instance.domain import report, report_forward
from instance.errors import NotFound
from instance.storage import actors, reports
from instance.storage.database import Tx
from instance.storage.reports import ReportRow
from instance.storage.window import LIMIT_MAX, Window

COLUMNS = ("id", "at", "target", "reporter", "category", "posts", "forwarded", "resolved")
ReportId = Annotated[
    int, typer.Argument(metavar="ID", help="The number of a report, as `report list` prints it.")
]

app = typer.Typer(
    help="What people of this company reported to IT, and IT of partners.", no_args_is_help=True
)


@app.command("list")
def list_(
    ctx: typer.Context,
    resolved: Annotated[bool, typer.Option("--resolved", help="Those that are closed instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the open reports, newest first.

    Example: cordee report list
    """

    def query(tx: Tx) -> list[dict[str, object]]:
        return _summaries(tx, reports.page(tx, Window(limit=LIMIT_MAX), resolved=resolved))

    terminal.show(terminal.look(ctx, query), COLUMNS, as_json=as_json)


@app.command()
def show(ctx: typer.Context, number: ReportId, as_json: AsJson = False) -> None:
    """Show one report with what was said. How many posts are meant is told, not what stands in them.

    Example: cordee report show 115624573222914048
    """

    def query(tx: Tx) -> dict[str, object]:
        row = reports.by_id(tx, number)
        if row is None:
            raise NotFound(f"report: {number}")
        return _summaries(tx, [row])[0] | {"comment": row.comment, "rules": row.rules}

    found = terminal.look(ctx, query)
    if as_json:
        terminal.print_json(found)
        return
    terminal.show([found], COLUMNS, as_json=False)
    if found["comment"]:
        typer.echo(f"\n{found['comment']}")


@app.command()
def resolve(ctx: typer.Context, number: ReportId) -> None:
    """Close a report.

    Example: cordee report resolve 115624573222914048
    """
    terminal.perform(ctx, lambda tx: report.resolve(tx, number))
    typer.echo(f"{number} is closed.")


@app.command()
def forward(ctx: typer.Context, number: ReportId) -> None:
    """Tell the company of the person that a report is about: what it says and which posts it means, not who reported.

    Example: cordee report forward 115624573222914048
    """
    sealing = terminal.gate(terminal.settings(ctx))
    terminal.perform(ctx, lambda tx: report_forward.forward(tx, sealing, number))
    typer.echo(f"{number} goes to the company of the person it is about.")


def _summaries(tx: Tx, rows: list[ReportRow]) -> list[dict[str, object]]:
    people = actors.by_ids(tx, {one for row in rows for one in (row.reporter_id, row.target_id)})
    handles = {actor_id: f"@{row.username}@{row.host}" for actor_id, row in people.items()}
    meant = reports.posts_of(tx, [row.id for row in rows])
    return [
        {
            "id": row.id,
            "at": terminal.moment(row.created_at_ms),
            "target": handles[row.target_id],
            "reporter": handles[row.reporter_id],
            "category": row.category,
            "posts": len(meant.get(row.id, ())),
            "forwarded": terminal.moment(row.forwarded_at_ms),
            "resolved": terminal.moment(row.resolved_at_ms),
        }
        for row in rows
    ]
