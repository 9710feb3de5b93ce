"""`cordee announcement`: what IT tells everybody in the company."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from instance.cli import terminal
from instance.cli.terminal import AsJson
from instance.domain import announcement, text
from instance.storage import announcements
from instance.storage.database import Tx

COLUMNS = ("id", "published", "starts", "ends", "text")
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]

app = typer.Typer(help="What everybody in the company is told.", no_args_is_help=True)


@app.command()
def add(
    ctx: typer.Context,
    words: Annotated[
        str, typer.Argument(metavar="TEXT", help="Light markdown; names and emojis as in posts.")
    ],
    starts: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="When what it is about begins, UTC.")
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="When it ends, UTC; it is shown until then.")
    ] = None,
    all_day: Annotated[bool, typer.Option("--all-day", help="Apps show the days without the hours.")] = False,
) -> None:
    """Tell everybody something. Apps that are open show it at once.

    Example: cordee announcement add "The node is down for an hour." --starts 2026-12-01T18:00 --ends 2026-12-01T19:00
    """
    row = terminal.perform(
        ctx,
        lambda tx: announcement.add(
            tx, words, starts_at_ms=_ms(starts), ends_at_ms=_ms(ends), all_day=all_day
        ),
    )
    typer.echo(str(row.id))


@app.command()
def remove(
    ctx: typer.Context,
    announcement_id: Annotated[int, typer.Argument(metavar="ID", help="As `cordee announcement list` says.")],
) -> None:
    """Take an announcement back.

    Example: cordee announcement remove 115612345678901234
    """
    terminal.perform(ctx, lambda tx: announcement.remove(tx, announcement_id))
    typer.echo(f"{announcement_id} is announced no longer.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the announcements, those that have ended included.

    Example: cordee announcement list
    """
    terminal.show(terminal.look(ctx, _listed), COLUMNS, as_json=as_json)


def _listed(tx: Tx) -> list[dict[str, object]]:
    return [
        {
            "id": str(row.id),
            "published": terminal.moment(row.published_at_ms),
            "starts": terminal.moment(row.starts_at_ms),
            "ends": terminal.moment(row.ends_at_ms),
            "text": text.plain(row.content),
        }
        for row in announcements.all_of(tx)
    ]


def _ms(at: datetime | None) -> int | None:
    return None if at is None else int(at.replace(tzinfo=UTC).timestamp() * 1000)
