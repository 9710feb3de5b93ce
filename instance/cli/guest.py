"""`cordee guest`: which ordinary servers may follow a project, one host and one project at a time."""

from datetime import datetime
from typing import Annotated

import typer

from instance.cli import charter, lookup, terminal
from instance.cli.terminal import AsJson
from instance.domain import guest, guest_standing
from instance.domain.charter_document import LABELS
from instance.domain.guest_standing import Standing
from instance.domain.outcome import Outcome
from instance.storage import actors
from instance.storage import guest_standing as rows_of
from instance.storage.database import Tx
from instance.storage.guests import GuestRow

COLUMNS = (
    "project",
    "host",
    "state",
    "label",
    "until",
    "followers",
    "heard",
    "reached",
    "waiting",
    "taken_back",
    "problem",
)
PEOPLE_COLUMNS = ("person", "name", "project", "since", "state")

Person = Annotated[str, typer.Argument(help="Somebody there: @ann@mastodon.example, or their address.")]

app = typer.Typer(help="Which ordinary servers may follow a project.", no_args_is_help=True)

Project = Annotated[str, typer.Option(help="A project that this company hosts.")]
Host = Annotated[str, typer.Option(help="The server, as mastodon.example.")]


@app.command()
def allow(
    ctx: typer.Context,
    project: Project,
    host: Host,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day. Default: until revoked.")
    ] = None,
    label: Annotated[str, typer.Option(help="Highest label that goes there: C0, C1, C2 or C3.")] = "C1",
) -> None:
    """Let the people of a server follow a project. The charter has to allow guests.

    Example: cordee guest allow --project apollo --host mastodon.example --until 2027-06-30
    """
    highest = charter.label(label)

    def verb(tx: Tx) -> Outcome[GuestRow]:
        return guest.allow(
            tx,
            lookup.project(tx, project).iri,
            host=host.lower(),
            label=highest,
            ends_at_ms=charter.ends_at_ms(until),
        )

    row = terminal.perform(ctx, verb)
    typer.echo(f"{row.host} may follow {project}, up to {LABELS[row.label]}.")


@app.command()
def revoke(ctx: typer.Context, project: Project, host: Host) -> None:
    """Let a server follow a project no longer, and take back what it had.

    Example: cordee guest revoke --project apollo --host mastodon.example
    """
    terminal.perform(
        ctx, lambda tx: guest.revoke(tx, lookup.project(tx, project).iri, host=host.strip().lower())
    )
    typer.echo(f"{host} may follow {project} no longer; it is asked to delete what it had.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the servers that may follow a project and those that no longer may, with what goes to and fro.

    Of a revoked one "taken_back" says how much of what it had, notes and followings, was taken back, of how much.

    Example: cordee guest list
    """
    terminal.show(terminal.look(ctx, _guests), COLUMNS, as_json=as_json)


def _guests(tx: Tx) -> list[dict[str, object]]:
    return [_row(each) for each in guest_standing.standings(tx)]


def _row(each: Standing) -> dict[str, object]:
    total = each.deleted + each.to_delete
    return {
        "project": each.project,
        "host": each.row.host,
        "state": each.state,
        "label": LABELS[each.row.label],
        "until": terminal.moment(each.row.ends_at_ms),
        "followers": each.followers,
        "heard": terminal.moment(each.heard_at_ms),
        "reached": terminal.moment(each.reached_at_ms),
        "waiting": each.waiting + each.owed,
        "taken_back": f"{each.deleted}/{total}" if each.row.revoked_at_ms is not None else "",
        "problem": each.problem,
    }


@app.command()
def people(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List who follows from guest hosts, and whom IT keeps out.

    Example: cordee guest people
    """
    terminal.show(terminal.look(ctx, _people), PEOPLE_COLUMNS, as_json=as_json)


def _people(tx: Tx) -> list[dict[str, object]]:
    rows = rows_of.people(tx)
    projects = actors.by_iris(tx, [row.project_iri for row in rows if row.project_iri])
    return [
        {
            "person": f"@{row.username}@{row.host}",
            "name": row.display_name,
            "project": f"@{projects[row.project_iri].username}@{tx.home.host}" if row.project_iri else "",
            "since": terminal.moment(row.since_ms),
            "state": "kept out" if row.blocked_at_ms else "gone" if row.ended_at_ms else "follows",
        }
        for row in rows
    ]


@app.command()
def block(ctx: typer.Context, person: Person) -> None:
    """Keep somebody at a guest host out, while their host stays let in.

    Example: cordee guest block @ann@mastodon.example
    """
    terminal.perform(ctx, lambda tx: guest_standing.block(tx, lookup.guest(tx, person)))
    typer.echo(f"{person} follows nothing any more, and is not heard.")


@app.command()
def unblock(ctx: typer.Context, person: Person) -> None:
    """Let somebody follow again, and be heard.

    Example: cordee guest unblock @ann@mastodon.example
    """
    terminal.perform(ctx, lambda tx: guest_standing.unblock(tx, lookup.guest(tx, person)))
    typer.echo(f"{person} may follow again.")
