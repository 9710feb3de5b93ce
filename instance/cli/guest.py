"""`cordee guest`: which ordinary servers may follow a project, one host and one project at a time."""

from datetime import datetime
from typing import Annotated

import typer

from instance.cli import charter, lookup, terminal
from instance.cli.terminal import AsJson
from instance.domain import guest
from instance.domain.charter_document import LABELS
from instance.domain.outcome import Outcome
from instance.storage import actors, guests
from instance.storage.database import Tx
from instance.storage.guests import FollowerRow, GuestRow

COLUMNS = ("project", "host", "state", "label", "until", "followers")

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
    """List the servers that may follow a project, and those that no longer may.

    Example: cordee guest list
    """
    terminal.show(terminal.look(ctx, _guests), COLUMNS, as_json=as_json)


def _guests(tx: Tx) -> list[dict[str, object]]:
    rows = guests.all_guests(tx)
    projects = actors.by_iris(tx, [row.project_iri for row in rows])
    followers = guests.followers(tx, list(projects))
    return [
        {
            "project": f"@{projects[row.project_iri].username}@{tx.home.host}",
            "host": row.host,
            "state": _state(row, tx.now_ms),
            "label": LABELS[row.label],
            "until": terminal.moment(row.ends_at_ms),
            "followers": sum(_follows(each, row) for each in followers),
        }
        for row in rows
    ]


def _state(row: GuestRow, now_ms: int) -> str:
    if row.revoked_at_ms is not None:
        return "revoked"
    return "allowed" if row.is_open(now_ms) else "over"


def _follows(follower: FollowerRow, guest_row: GuestRow) -> bool:
    place = (follower.project_iri, follower.host)
    return place == (guest_row.project_iri, guest_row.host) and follower.ended_at_ms is None
